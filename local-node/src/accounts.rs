//! Keys from a mnemonic, and the ten development accounts of a local chain.
//!
//! A wallet is twelve English words. BIP-39 makes a seed of 64 bytes of them, and the seed gives the key of every
//! profile by its index (sheet `protocol/wallet-keys.md`, sections 1 and 2). A local chain funds the first ten profiles
//! of [`MNEMONIC`], which everybody knows: these keys protect nothing and must never hold money of worth.

use std::fmt;

use bip39::{Language, Mnemonic};
use dusk_bytes::Serializable;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::phoenix;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The words of the development accounts. They are the ones that development chains elsewhere use, so that nobody takes
/// them for a secret.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// The names of the development accounts, in the order of their profiles.
pub const NAMES: [&str; 10] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"];

/// How many of the development accounts, from the first on, have a stake at genesis.
///
/// Four is the least number of voters of which one may fail and the others still agree, so a network of four nodes with
/// one of these keys each is the smallest that shows it. It also avoids the one set that sortition cannot serve: of two
/// eligible provisioners both may be excluded from a committee (sheet `protocol/consensus.md`, section 4).
pub const STAKERS: usize = 4;

/// The length of an account's public key on the wire, in bytes.
pub const ACCOUNT_BYTES: usize = PublicKey::SIZE;

/// Why words are no mnemonic.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MnemonicError {
    /// Unknown words, a wrong number of words, or a wrong checksum.
    #[error("not a BIP-39 mnemonic ({0}): check the words and their order; they are English, and usually twelve")]
    Invalid(bip39::Error),
}

/// The seed of a wallet: all its keys follow from it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 64]);

impl Seed {
    /// The seed of an English BIP-39 mnemonic with an empty passphrase. Words are separated by single blanks or more.
    ///
    /// # Errors
    /// When the words are no mnemonic.
    pub fn from_mnemonic(words: &str) -> Result<Self, MnemonicError> {
        let words = Zeroizing::new(words.to_lowercase());
        let mnemonic =
            Mnemonic::parse_in_normalized(Language::English, words.trim()).map_err(MnemonicError::Invalid)?;
        Ok(Self(mnemonic.to_seed_normalized("")))
    }

    /// A seed as a wallet file holds it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The key of the public (Moonlight) account of a profile; the same key stakes and votes.
    #[must_use]
    pub fn account_key(&self, profile: u8) -> SecretKey {
        SecretKey::random(&mut self.rng(profile, b"SK"))
    }

    /// The shielded (Phoenix) key of a profile.
    #[must_use]
    pub fn shielded_key(&self, profile: u8) -> phoenix::SecretKey {
        phoenix::SecretKey::random(&mut self.rng(profile, b"SSK"))
    }

    fn rng(&self, profile: u8, label: &[u8]) -> ChaCha12Rng {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(u64::from(profile).to_le_bytes());
        hash.update(label);
        let mut seed: [u8; 32] = hash.finalize().into();
        let rng = ChaCha12Rng::from_seed(seed);
        seed.zeroize();
        rng
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(hidden)")
    }
}

/// A named account that a local chain funds at genesis.
#[derive(Clone)]
pub struct DevAccount {
    name: &'static str,
    secret: SecretKey,
    public: PublicKey,
}

impl DevAccount {
    /// Its name, one of [`NAMES`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its secret key. Whoever copies it zeroizes the copy.
    #[must_use]
    pub const fn secret_key(&self) -> &SecretKey {
        &self.secret
    }

    /// Its public key: the account itself.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Its address as wallets show it.
    #[must_use]
    pub fn address(&self) -> String {
        address(&self.public)
    }
}

impl fmt::Debug for DevAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevAccount").field("name", &self.name).field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Drop for DevAccount {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// The development accounts, in the order of [`NAMES`]. The keys are derived anew at each call (some milliseconds).
#[must_use]
pub fn dev_accounts() -> [DevAccount; NAMES.len()] {
    let seed = match Seed::from_mnemonic(MNEMONIC) {
        Ok(seed) => seed,
        Err(error) => unreachable!("the development mnemonic is a constant that a test reads: {error}"),
    };
    let mut profile = 0;
    NAMES.map(|name| {
        let secret = seed.account_key(profile);
        profile += 1;
        DevAccount { name, public: PublicKey::from(&secret), secret }
    })
}

/// The text form of an account: base58 of its 96 bytes, without a checksum.
#[must_use]
pub fn address(account: &PublicKey) -> String {
    bs58::encode(account.to_bytes()).into_string()
}

/// Why a text is no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It has letters that base58 does not know, or is too long.
    #[error("`{text}` is not an account: an account is about 131 base58 characters, of 96 bytes")]
    NotBase58 {
        /// The text, shortened.
        text: String,
    },
    /// It decodes to another length: 64 bytes are a shielded address.
    #[error("`{text}` has {bytes} bytes, but a public account has 96 (64 would be a shielded address)")]
    WrongLength {
        /// The text, shortened.
        text: String,
        /// What it decoded to.
        bytes: usize,
    },
    /// The bytes are not a point that can be a key.
    #[error("`{text}` is not an account: its bytes are no valid public key, so a character is wrong")]
    NotAKey {
        /// The text, shortened.
        text: String,
    },
}

/// Reads an account from its text form.
///
/// # Errors
/// When the text is not base58 of a valid public key.
pub fn parse_address(text: &str) -> Result<PublicKey, AddressError> {
    let shown = || text.chars().take(24).collect::<String>();
    let mut bytes = [0; 128];
    let length = bs58::decode(text).onto(&mut bytes[..]).map_err(|_| AddressError::NotBase58 { text: shown() })?;
    let key: &[u8; ACCOUNT_BYTES] =
        bytes[..length].try_into().map_err(|_| AddressError::WrongLength { text: shown(), bytes: length })?;
    PublicKey::from_bytes(key).ok().filter(PublicKey::is_valid).ok_or_else(|| AddressError::NotAKey { text: shown() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zero_seed() -> Seed {
        Seed::from_bytes([0; 64])
    }

    #[test]
    fn keys_are_the_production_wallets_keys() {
        assert_eq!(
            hex::encode(zero_seed().account_key(42).to_bytes()),
            "5f23a7bf6aab479e9f27540184ee98eb9a05fa9effc34f5fc13a24bd0063e656"
        );
        let shielded = zero_seed().shielded_key(42);
        assert_eq!(
            hex::encode(shielded.to_bytes()),
            "0c1048bc214c2cb2567b6b99e695ee83571e5e583481f7a71ea7a3f644fe0e09\
             da87f5680bbe8f8153ca40b39df8af789ddc62d38d32e008017d1db4cec32200"
        );
        assert_eq!(
            hex::encode(phoenix::PublicKey::from(&shielded).to_bytes()),
            "33cc2d70d42c76b794b0fe87fd75e63eb18b02391596295676ef4bc29481e126\
             848c6a4db5d9c43287b19e992b939fd900a0595f43a02a4a1301ddd87eccced1"
        );
    }

    #[test]
    fn mnemonics_make_the_seeds_of_bip39() {
        // The widely published seed of these words with an empty passphrase.
        let seed = Seed::from_mnemonic(MNEMONIC).expect("valid");
        assert_eq!(
            hex::encode(seed.0),
            "9dfc3c64c2f8bede1533b6a79f8570e5943e0b8fd1cf77107adf7b72cef42185\
             d564a3aee24cab43f80e3c4538087d70fc824eabbad596a23c97b6ee8322ccc0"
        );
        let spaced = Seed::from_mnemonic(&format!("  {} ", MNEMONIC.to_uppercase().replace(' ', "  "))).expect("valid");
        assert_eq!(seed.0, spaced.0);
    }

    #[test]
    fn wrong_words_are_refused() {
        for words in ["", "test", "test test test test test test test test test test test test", "Ärger"] {
            assert!(Seed::from_mnemonic(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn development_accounts_are_distinct_and_hide_their_secrets() {
        let accounts = dev_accounts();
        for (index, account) in accounts.iter().enumerate() {
            assert_eq!(account.name(), NAMES[index]);
            assert_eq!(*account.public_key(), PublicKey::from(account.secret_key()));
            assert!(accounts[..index].iter().all(|other| other.public_key() != account.public_key()));
            let shown = format!("{account:?}");
            assert!(shown.contains(account.name()) && shown.contains(&account.address()));
            assert!(!shown.contains(&hex::encode(account.secret_key().to_bytes())));
            assert!(!shown.contains("secret"));
        }
        assert_eq!(format!("{:?}", zero_seed()), "Seed(hidden)");
    }

    #[test]
    fn addresses_round_trip_and_wrong_ones_say_why() {
        let [alice, ..] = dev_accounts();
        assert_eq!(parse_address(&alice.address()).as_ref(), Ok(alice.public_key()));
        assert!(matches!(parse_address("0OIl"), Err(AddressError::NotBase58 { .. })));
        assert!(matches!(parse_address(&"z".repeat(4000)), Err(AddressError::NotBase58 { .. })));
        let shielded = bs58::encode([7; 64]).into_string();
        assert!(matches!(parse_address(&shielded), Err(AddressError::WrongLength { bytes: 64, .. })));
        let infinity = bs58::encode(PublicKey::from(&SecretKey::default()).to_bytes()).into_string();
        assert!(matches!(parse_address(&infinity), Err(AddressError::NotAKey { .. })));
        let damaged = format!("{}1", &alice.address()[..alice.address().len() - 1]);
        assert!(parse_address(&damaged).is_err());
    }
}
