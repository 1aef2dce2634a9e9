//! A genesis file: the facts that all nodes of a network must agree on before its first block, as JSON.
//!
//! ```json
//! {
//!   "version": 1,
//!   "chain_id": 0,
//!   "rules": "local",
//!   "genesis_time": 1796000000,
//!   "block_time": 1,
//!   "accounts": [{ "key": "base58 of 96 bytes", "lux": 1000000000000000 }],
//!   "stakes": [{ "key": "base58 of 96 bytes", "lux": 100000000000000 }]
//! }
//! ```
//!
//! Times are whole seconds, `genesis_time` since 1970. The order of the entries is part of the chain: two files with
//! the same entries in another order describe two chains.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::DEFAULT_MINIMUM_STAKE;
use local_node_types::keys::{BlsKey, KeyError};
use local_node_types::rules::{Profile, UnknownProfile};
use serde::{Deserialize, Serialize};

use super::Allocation;

/// The version of the form that this node reads and writes.
pub const GENESIS_FILE_VERSION: u32 = 1;
/// The most bytes of a genesis file.
pub const MAX_GENESIS_FILE_BYTES: u64 = 4 << 20;
/// The most accounts, and the most stakes, of a genesis file.
pub const MAX_GENESIS_ENTRIES: usize = 10_000;
/// The longest time between two blocks of a network, in seconds.
pub const MAX_BLOCK_TIME_SECONDS: u64 = 3600;

/// The genesis that all nodes of a network must share.
#[derive(Debug, Clone)]
pub struct GenesisFile {
    /// The chain's id.
    pub chain_id: u8,
    /// The rules that it follows.
    pub rules: Profile,
    /// The time of block 0, in seconds since 1970.
    pub genesis_time: u64,
    /// The time between two blocks: whole seconds, 1 to [`MAX_BLOCK_TIME_SECONDS`].
    pub block_time: Duration,
    /// Accounts and stakes.
    pub allocation: Allocation,
}

/// Why a genesis file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisFileError {
    /// The file cannot be read.
    #[error("cannot read the genesis file {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file is longer than any genesis file.
    #[error("the genesis file has more than {MAX_GENESIS_FILE_BYTES} bytes")]
    TooLarge,
    /// The text is not the JSON of a genesis file.
    #[error("the file is not a genesis file, or is damaged: {0}")]
    Form(#[from] serde_json::Error),
    /// The file has another version of the format.
    #[error("the genesis file has version {0}; this node reads version {GENESIS_FILE_VERSION}")]
    Version(u32),
    /// The rule profile is unknown.
    #[error("the genesis file: {0}")]
    Rules(#[from] UnknownProfile),
    /// The block time is out of range.
    #[error("the genesis file: a block time of {0} s is not possible, only 1 to {MAX_BLOCK_TIME_SECONDS} s")]
    BlockTime(u64),
    /// A list has too many entries.
    #[error("the genesis file has {count} {list}, more than {MAX_GENESIS_ENTRIES}")]
    TooMany {
        /// `accounts` or `stakes`.
        list: &'static str,
        /// How many.
        count: usize,
    },
    /// An entry has no valid key.
    #[error("the genesis file: entry {place} of {list} has no valid key")]
    Key {
        /// `accounts` or `stakes`.
        list: &'static str,
        /// The place of the entry, from 1.
        place: usize,
        /// The fault.
        source: Box<KeyError>,
    },
    /// A list names a key twice.
    #[error("the genesis file names {key} twice in {list}")]
    Twice {
        /// `accounts` or `stakes`.
        list: &'static str,
        /// The key.
        key: BlsKey,
    },
    /// A stake is below the minimum of a provisioner.
    #[error("the genesis file: the stake of {key} is {lux} LUX; a provisioner needs {DEFAULT_MINIMUM_STAKE} LUX")]
    SmallStake {
        /// The provisioner.
        key: BlsKey,
        /// Its stake.
        lux: u64,
    },
    /// This number of provisioners cannot always agree on a block.
    #[error("the genesis file has {0} stakes; a chain needs 1, or at least 3")]
    Stakes(usize),
    /// The sum of all amounts overflows 64 bits.
    #[error("the genesis file has more LUX than 64 bits can count")]
    TooMuchMoney,
}

/// The file as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    chain_id: u8,
    rules: String,
    genesis_time: u64,
    block_time: u64,
    accounts: Vec<Entry>,
    stakes: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    lux: u64,
}

/// Only the version, which tells how to read the rest.
#[derive(Debug, Deserialize)]
struct Versioned {
    version: u32,
}

impl GenesisFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it cannot be read, has another form, or describes no chain that can make blocks.
    pub fn read(file: &Path) -> Result<Self, GenesisFileError> {
        let failed = |source| GenesisFileError::Read { file: file.to_owned(), source };
        let mut text = Vec::new();
        File::open(file).map_err(failed)?.take(MAX_GENESIS_FILE_BYTES + 1).read_to_end(&mut text).map_err(failed)?;
        if text.len() as u64 > MAX_GENESIS_FILE_BYTES {
            return Err(GenesisFileError::TooLarge);
        }
        Self::parse(&text)
    }

    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(text: &[u8]) -> Result<Self, GenesisFileError> {
        let Versioned { version } = serde_json::from_slice(text)?;
        if version != GENESIS_FILE_VERSION {
            return Err(GenesisFileError::Version(version));
        }
        let document: Document = serde_json::from_slice(text)?;
        if !(1..=MAX_BLOCK_TIME_SECONDS).contains(&document.block_time) {
            return Err(GenesisFileError::BlockTime(document.block_time));
        }
        let allocation = Allocation {
            accounts: entries("accounts", &document.accounts)?,
            stakes: entries("stakes", &document.stakes)?,
        };
        if let Some((key, lux)) = allocation.stakes.iter().find(|(_, lux)| *lux < DEFAULT_MINIMUM_STAKE) {
            return Err(GenesisFileError::SmallStake { key: BlsKey::from(key), lux: *lux });
        }
        // Of two eligible provisioners both may be excluded from a committee (the book, "Consensus", "Sortition").
        if matches!(allocation.stakes.len(), 0 | 2) {
            return Err(GenesisFileError::Stakes(allocation.stakes.len()));
        }
        if allocation.total() > u128::from(u64::MAX) {
            return Err(GenesisFileError::TooMuchMoney);
        }
        Ok(Self {
            chain_id: document.chain_id,
            rules: document.rules.parse()?,
            genesis_time: document.genesis_time,
            block_time: Duration::from_secs(document.block_time),
            allocation,
        })
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let entries = |list: &[(PublicKey, u64)]| {
            list.iter().map(|(key, lux)| Entry { key: BlsKey::from(key).to_string(), lux: *lux }).collect()
        };
        let document = Document {
            version: GENESIS_FILE_VERSION,
            chain_id: self.chain_id,
            rules: self.rules.name().to_owned(),
            genesis_time: self.genesis_time,
            block_time: self.block_time.as_secs(),
            accounts: entries(&self.allocation.accounts),
            stakes: entries(&self.allocation.stakes),
        };
        match serde_json::to_string_pretty(&document) {
            Ok(text) => text + "\n",
            Err(error) => unreachable!("numbers and texts are JSON: {error}"),
        }
    }

    /// The stake of a provisioner at genesis, in LUX.
    #[must_use]
    pub fn stake_of(&self, key: &BlsKey) -> Option<u64> {
        self.allocation.stakes.iter().find(|(staker, _)| BlsKey::from(staker) == *key).map(|(_, lux)| *lux)
    }
}

fn entries(list: &'static str, entries: &[Entry]) -> Result<Vec<(PublicKey, u64)>, GenesisFileError> {
    if entries.len() > MAX_GENESIS_ENTRIES {
        return Err(GenesisFileError::TooMany { list, count: entries.len() });
    }
    let mut seen = BTreeSet::new();
    let mut checked = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        let invalid = |source| GenesisFileError::Key { list, place: place + 1, source: Box::new(source) };
        let key: BlsKey = entry.key.parse().map_err(invalid)?;
        let point = key.to_point().map_err(invalid)?;
        if !seen.insert(key) {
            return Err(GenesisFileError::Twice { list, key });
        }
        checked.push((point, entry.lux));
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::accounts::dev_accounts;

    fn file() -> GenesisFile {
        GenesisFile {
            chain_id: 0,
            rules: Profile::Local,
            genesis_time: 1_796_000_000,
            block_time: Duration::from_secs(1),
            allocation: Allocation::development(&dev_accounts()),
        }
    }

    /// The file with one value replaced.
    fn with(pointer: &str, value: Value) -> Result<GenesisFile, GenesisFileError> {
        let mut document: Value = serde_json::from_str(&file().to_text()).unwrap();
        *document.pointer_mut(pointer).unwrap() = value;
        GenesisFile::parse(document.to_string().as_bytes())
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("genesis.json");
        std::fs::write(&path, file().to_text()).unwrap();
        let read = GenesisFile::read(&path).unwrap();
        assert_eq!(read.allocation.digest(), file().allocation.digest());
        assert_eq!((read.chain_id, read.rules, read.genesis_time), (0, Profile::Local, 1_796_000_000));
        assert_eq!(read.block_time, Duration::from_secs(1));
        let accounts = dev_accounts();
        assert_eq!(read.stake_of(&accounts[0].id()), Some(crate::genesis::DEV_STAKE));
        assert_eq!(read.stake_of(&accounts[9].id()), None);
        let missing = GenesisFile::read(&folder.path().join("none")).unwrap_err();
        assert!(matches!(missing, GenesisFileError::Read { .. }), "{missing}");
    }

    #[test]
    fn every_truncation_is_refused() {
        let text = file().to_text();
        for length in (0..text.len() - 2).step_by(97) {
            let refused = GenesisFile::parse(&text.as_bytes()[..length]).unwrap_err();
            assert!(matches!(refused, GenesisFileError::Form(_)), "{length}: {refused}");
        }
    }

    #[test]
    fn files_without_end_are_not_read_to_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("genesis.json");
        std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(GenesisFile::read(&path), Err(GenesisFileError::TooLarge)));
    }

    #[test]
    fn other_versions_and_unknown_fields_are_refused() {
        assert!(matches!(with("/version", json!(2)), Err(GenesisFileError::Version(2))));
        let newer = br#"{"version": 7, "something": {"new": true}}"#;
        assert!(matches!(GenesisFile::parse(newer), Err(GenesisFileError::Version(7))));
        let text = file().to_text().replacen("\"version\"", "\"colour\": 1, \"version\"", 1);
        assert!(matches!(GenesisFile::parse(text.as_bytes()), Err(GenesisFileError::Form(_))));
    }

    #[test]
    fn what_describes_no_chain_is_refused() {
        let accounts = dev_accounts();
        let stake = |index: usize, lux: u64| json!({ "key": accounts[index].id().to_string(), "lux": lux });
        assert!(matches!(with("/rules", json!("devnet")), Err(GenesisFileError::Rules(_))));
        assert!(matches!(with("/chain_id", json!(256)), Err(GenesisFileError::Form(_))));
        for wrong in [0, 3601, u64::MAX] {
            assert!(matches!(with("/block_time", json!(wrong)), Err(GenesisFileError::BlockTime(_))), "{wrong}");
        }
        for wrong in ["", "0OIl", "11111", &"1".repeat(96)] {
            let refused = with("/stakes/1/key", json!(wrong)).unwrap_err();
            assert!(matches!(refused, GenesisFileError::Key { list: "stakes", place: 2, .. }), "{wrong}: {refused}");
        }
        let twice = with("/stakes/1", stake(0, DEFAULT_MINIMUM_STAKE)).unwrap_err();
        assert!(matches!(twice, GenesisFileError::Twice { list: "stakes", .. }), "{twice}");
        let small = with("/stakes/1", stake(1, DEFAULT_MINIMUM_STAKE - 1)).unwrap_err();
        assert!(matches!(small, GenesisFileError::SmallStake { .. }), "{small}");
        assert!(matches!(with("/stakes", json!([])), Err(GenesisFileError::Stakes(0))));
        let two = json!([stake(0, DEFAULT_MINIMUM_STAKE), stake(1, DEFAULT_MINIMUM_STAKE)]);
        assert!(matches!(with("/stakes", two), Err(GenesisFileError::Stakes(2))));
        assert!(with("/stakes", json!([stake(0, DEFAULT_MINIMUM_STAKE)])).is_ok());
        assert!(matches!(with("/accounts/0/lux", json!(u64::MAX)), Err(GenesisFileError::TooMuchMoney)));
        let many: Vec<Value> = (0..=MAX_GENESIS_ENTRIES).map(|_| json!({ "key": "", "lux": 1 })).collect();
        assert!(matches!(with("/accounts", json!(many)), Err(GenesisFileError::TooMany { .. })));
    }
}
