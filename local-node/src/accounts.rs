//! Keys from a mnemonic, and the ten development accounts of a local chain.
//!
//! A wallet is twelve English words. BIP-39 makes a seed of 64 bytes of them, and the seed gives the key of every
//! profile by its index (the book, "Keys and wallets", sections "Mnemonic and seed" and "Derivation"). A local chain
//! funds the first ten profiles of [`MNEMONIC`], which everybody knows: these keys protect nothing and must never
//! hold money of worth.

mod keys_file;

use std::fmt;

use bip39::{Language, Mnemonic};
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::phoenix;
use local_node_types::keys::BlsKey;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use self::keys_file::{
    KEYS_FILE_VERSION, KeysFileError, MAX_KEYS_FILE_BYTES, new_keys, parse_keys, read_keys, write_keys,
};

/// The words of the development accounts. They are the ones that development chains elsewhere use, so that nobody takes
/// them for a secret.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// The names of the development accounts, in the order of their profiles.
pub const NAMES: [&str; 10] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"];

/// How many of the development accounts, from the first on, have a stake at genesis.
///
/// Four is the least number of voters of which one may fail and the others still agree, if slowly: in many committees
/// of four, one voter has more than a third of the credits. It also avoids the one set that sortition cannot serve: of
/// two eligible provisioners both may be excluded from a committee (the book, "Consensus", section "Sortition").
pub const STAKERS: usize = 4;

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

/// An account's two keys. The secret one is wiped when it is dropped, and not shown.
#[derive(Clone)]
pub struct KeyPair {
    secret: SecretKey,
    public: PublicKey,
}

impl KeyPair {
    /// The secret key. The holder of a copy zeroizes it.
    #[must_use]
    pub const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The public key: the account itself.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The public key as the ledger carries it. Its text is the account's address.
    #[must_use]
    pub fn id(&self) -> BlsKey {
        BlsKey::from(&self.public)
    }
}

impl From<SecretKey> for KeyPair {
    fn from(secret: SecretKey) -> Self {
        Self { public: PublicKey::from(&secret), secret }
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public", &self.id()).finish_non_exhaustive()
    }
}

impl Drop for KeyPair {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// A named account that a local chain funds at genesis.
#[derive(Debug, Clone)]
pub struct DevAccount {
    name: &'static str,
    keys: KeyPair,
}

impl DevAccount {
    /// Its name, one of [`NAMES`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its keys.
    #[must_use]
    pub const fn keys(&self) -> &KeyPair {
        &self.keys
    }

    /// Its secret key.
    #[must_use]
    pub const fn secret_key(&self) -> &SecretKey {
        self.keys.secret()
    }

    /// Its public key: the account itself.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        self.keys.public()
    }

    /// Its public key as the ledger carries it. Its text is the account's address.
    #[must_use]
    pub fn id(&self) -> BlsKey {
        self.keys.id()
    }
}

/// The keys of the first profiles of [`MNEMONIC`], at most 256. The first ten are the development accounts'.
#[must_use]
pub fn dev_keys(profiles: usize) -> Vec<KeyPair> {
    let seed = dev_seed();
    (0..=u8::MAX).take(profiles).map(|profile| KeyPair::from(seed.account_key(profile))).collect()
}

fn dev_seed() -> Seed {
    match Seed::from_mnemonic(MNEMONIC) {
        Ok(seed) => seed,
        Err(error) => unreachable!("the development mnemonic is a constant that a test reads: {error}"),
    }
}

/// The development accounts, in the order of [`NAMES`]. The keys are derived anew at each call (some milliseconds).
#[must_use]
pub fn dev_accounts() -> [DevAccount; NAMES.len()] {
    let seed = dev_seed();
    let mut profile = 0;
    NAMES.map(|name| {
        let keys = KeyPair::from(seed.account_key(profile));
        profile += 1;
        DevAccount { name, keys }
    })
}

#[cfg(test)]
mod tests {
    use dusk_bytes::Serializable;

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
    fn further_development_keys_follow_the_accounts() {
        let (keys, accounts) = (dev_keys(12), dev_accounts());
        assert_eq!(keys.len(), 12);
        assert!(accounts.iter().zip(&keys).all(|(account, keys)| account.id() == keys.id()));
        let distinct: std::collections::BTreeSet<BlsKey> = keys.iter().map(KeyPair::id).collect();
        assert_eq!(distinct.len(), 12);
        assert_eq!(dev_keys(1_000).len(), 256);
    }

    #[test]
    fn development_accounts_are_distinct_and_hide_their_secrets() {
        let accounts = dev_accounts();
        for (index, account) in accounts.iter().enumerate() {
            assert_eq!(account.name(), NAMES[index]);
            assert_eq!(*account.public_key(), PublicKey::from(account.secret_key()));
            assert!(accounts[..index].iter().all(|other| other.public_key() != account.public_key()));
            let shown = format!("{account:?}");
            assert!(shown.contains(account.name()) && shown.contains(&format!("{:?}", account.id())));
            assert!(!shown.contains(&hex::encode(account.secret_key().to_bytes())));
            assert!(!shown.contains("secret"));
        }
        assert_eq!(format!("{:?}", zero_seed()), "Seed(hidden)");
    }
}
