//! The mnemonic: the words from which all keys are derived.

use alloc::string::String;
use core::fmt;

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::randomness::{NoRandomness, fill};

/// Bytes of entropy of a new mnemonic: 24 words.
const ENTROPY_BYTES: usize = 32;
/// The most bytes of entropy that BIP-39 has.
const MAX_ENTROPY_BYTES: usize = 32;
/// The most bytes of a text that may be a mnemonic: 24 words of 8 letters, with generous blanks.
const MAX_TEXT_BYTES: usize = 1024;

/// English words after BIP-39, wiped from memory when dropped, and never printed by `Debug`.
///
/// All keys of a holder follow from the words, so a wallet can rebuild a lost file from them and from the events of the
/// chain. Anybody who has the words can spend the holdings.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Words {
    entropy: [u8; MAX_ENTROPY_BYTES],
    /// How many bytes of it count.
    length: u8,
}

/// The reason why a text is not a mnemonic. The error repeats no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WordsError {
    /// The text is longer than any mnemonic.
    TooLong,
    /// BIP-39 has 12, 15, 18, 21 or 24 words.
    Count(usize),
    /// The word at this place, counted from 1, is not in the English list.
    Unknown(usize),
    /// The words do not fit together: one is wrong, or their order.
    Checksum,
}

impl fmt::Display for WordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the text is longer than a mnemonic"),
            Self::Count(count) => write!(f, "{count} words; a mnemonic has 12, 15, 18, 21 or 24"),
            Self::Unknown(place) => write!(f, "word {place} is not in the English list of BIP-39"),
            Self::Checksum => f.write_str("the checksum of the words is wrong: check each word and their order"),
        }
    }
}

impl core::error::Error for WordsError {}

impl Words {
    /// Draws 24 new words from the randomness of the system.
    ///
    /// # Errors
    /// [`NoRandomness`] if the system has none.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut words = Self { entropy: [0; MAX_ENTROPY_BYTES], length: 32 };
        fill(&mut words.entropy[..ENTROPY_BYTES])?;
        Ok(words)
    }

    /// Reads words that are separated by blanks, in letters of any case.
    ///
    /// # Errors
    /// [`WordsError`].
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(WordsError::TooLong);
        }
        let lower = Zeroizing::new(text.to_lowercase());
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, lower.trim()).map_err(|error| match error {
            bip39::Error::BadWordCount(count) => WordsError::Count(count),
            bip39::Error::UnknownWord(place) => WordsError::Unknown(place + 1),
            _ => WordsError::Checksum,
        })?;
        let (mut entropy, length) = mnemonic.to_entropy_array();
        let words = Self::from_entropy(entropy.get(..length).unwrap_or_default());
        entropy.zeroize();
        words.ok_or(WordsError::Checksum)
    }

    /// Words that follow from a seed, for tests that can be repeated.
    #[cfg(feature = "testing")]
    #[must_use]
    pub const fn for_tests(seed: [u8; 32]) -> Self {
        Self { entropy: seed, length: 32 }
    }

    /// The words of this entropy: 16, 20, 24, 28 or 32 bytes.
    pub(super) fn from_entropy(bytes: &[u8]) -> Option<Self> {
        let mut words = Self { entropy: [0; MAX_ENTROPY_BYTES], length: u8::try_from(bytes.len()).ok()? };
        words.entropy.get_mut(..bytes.len())?.copy_from_slice(bytes);
        words.mnemonic().map(|_| words)
    }

    /// The entropy that the words stand for.
    pub(super) fn entropy(&self) -> &[u8] {
        self.entropy.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The seed after BIP-39, with an empty passphrase.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 64]> {
        Zeroizing::new(self.mnemonic().map_or([0; 64], |mnemonic| mnemonic.to_seed_normalized("")))
    }

    /// The words themselves, for a backup on paper. Anybody who reads them can spend the holdings.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT_BYTES));
        for word in self.mnemonic().iter().flat_map(Mnemonic::words) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    /// Always there: every value was made from a valid entropy.
    fn mnemonic(&self) -> Option<Mnemonic> {
        Mnemonic::from_entropy(self.entropy()).ok()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use proptest::prelude::*;

    use super::*;

    /// The first vector of BIP-39, except the passphrase, which is empty here.
    const ZEROS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn the_seed_is_that_of_bip39() {
        let seed = Words::parse(ZEROS).unwrap().seed();
        assert_eq!(seed[..8], [0x5e, 0xb0, 0x0b, 0xbd, 0xdc, 0xf0, 0x69, 0x08]);
        assert_eq!(Words::parse(&ZEROS.to_uppercase()).unwrap().reveal().as_str(), ZEROS);
    }

    #[test]
    fn each_mistake_has_its_own_error() {
        assert_eq!(Words::parse(""), Err(WordsError::Count(0)));
        assert_eq!(Words::parse("abandon"), Err(WordsError::Count(1)));
        assert_eq!(Words::parse(&ZEROS.replace("about", "abandon")), Err(WordsError::Checksum));
        assert_eq!(Words::parse(&ZEROS.replace("about", "abuot")), Err(WordsError::Unknown(12)));
        assert_eq!(Words::parse(&"abandon ".repeat(200)), Err(WordsError::TooLong));
    }

    #[test]
    fn new_words_differ_and_are_not_shown() {
        let (one, other) = (Words::generate().unwrap(), Words::generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().split(' ').count(), 24);
        assert_eq!(format!("{one:?}"), "Words(..)");
    }

    proptest! {
        #[test]
        fn words_come_back(entropy in prop::collection::vec(any::<u8>(), 0..40)) {
            let words = Words::from_entropy(&entropy);
            prop_assert_eq!(words.is_some(), [16, 20, 24, 28, 32].contains(&entropy.len()));
            if let Some(words) = words {
                prop_assert_eq!(&Words::parse(&words.reveal()).unwrap(), &words);
                prop_assert_eq!(words.entropy(), &entropy[..]);
            }
        }
    }
}
