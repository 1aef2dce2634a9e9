//! The folder of a durable chain: opening it, and making sure that it holds the chain that was asked for.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use local_node_types::rules::Profile;
use redb::{Database, DatabaseError, ReadableDatabase, StorageError, TableError};

use super::running::{Running, Slot};
use super::tables::META;
use super::{FORMAT, StoreError};
use crate::block::TxId;

/// The file in the folder.
const FILE: &str = "chain.redb";
/// The file while block 0 is being written.
const DRAFT: &str = "chain.redb.new";
/// Memory for the database's pages.
const CACHE_BYTES: usize = 64 << 20;

/// The identity of a chain besides its first block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The chain's id.
    pub chain_id: u8,
    /// The rules that it follows.
    pub rules: Profile,
    /// BLAKE3 over what there is at genesis.
    pub allocation: [u8; 32],
    /// The time of block 0, in seconds since 1970, where it was asked for.
    pub genesis_time: Option<u64>,
}

/// An opened folder. Nobody else can open it meanwhile.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    pub(super) database: Database,
    /// Whether there is no chain in it yet.
    pub(super) is_new: bool,
}

impl Folder {
    /// Opens a folder, which is made if there is none.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let refused = |source| StoreError::Folder { folder: path.to_owned(), source: Arc::new(source) };
        fs::create_dir_all(path).map_err(refused)?;
        let file = path.join(FILE);
        let is_new = !file.try_exists().map_err(refused)?;
        let database = if is_new { Self::draft(path)? } else { open(path, &file, false)? };
        let folder = Self { path: path.to_owned(), database, is_new };
        if !is_new {
            folder.check_format()?;
        }
        Ok(folder)
    }

    fn draft(path: &Path) -> Result<Database, StoreError> {
        let draft = path.join(DRAFT);
        match open(path, &draft, true) {
            Err(StoreError::Damaged(_)) => {
                // A process that was ended while it made the file.
                fs::remove_file(&draft)?;
                open(path, &draft, true)
            }
            opened => opened,
        }
    }

    /// Says that block 0 is in it now.
    pub(super) fn is_begun(&mut self) -> Result<(), StoreError> {
        fs::rename(self.path.join(DRAFT), self.path.join(FILE))?;
        File::open(&self.path)?.sync_all()?;
        self.is_new = false;
        Ok(())
    }

    /// The file of running transactions, and those that it names with whoever worked on them.
    pub(super) fn running(&self) -> Result<(Running, Vec<(Slot, TxId)>), StoreError> {
        let refused = |source| StoreError::Folder { folder: self.path.clone(), source: Arc::new(source) };
        Running::open(&self.path).map_err(refused)
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let found = self.meta("format")?;
        let found =
            u32::from_le_bytes(found.try_into().map_err(|_| StoreError::Damaged("it states no format".into()))?);
        if found == FORMAT { Ok(()) } else { Err(StoreError::Version { folder: self.path.clone(), found }) }
    }

    /// Compares the chain in the folder with the one that was asked for.
    pub(super) fn check_identity(&self, asked: &Identity, genesis_time: u64) -> Result<(), StoreError> {
        let differs = |what, found: &dyn ToString, asked: &dyn ToString| {
            let (found, asked) = (found.to_string(), asked.to_string());
            Err(StoreError::OtherChain { folder: self.path.clone(), what, found, asked })
        };
        let chain_id = self.meta("chain id")?;
        if chain_id != [asked.chain_id] {
            return differs("its id is", &chain_id.first().copied().unwrap_or_default(), &asked.chain_id);
        }
        let rules = self.meta("rules")?;
        if rules != asked.rules.name().as_bytes() {
            return differs("its rules are", &String::from_utf8_lossy(&rules), &asked.rules.name());
        }
        let allocation = self.meta("allocation")?;
        if allocation != asked.allocation {
            let short = |hash: &[u8]| hex::encode(&hash[..hash.len().min(4)]);
            return differs("the hash of its genesis balances is", &short(&allocation), &short(&asked.allocation));
        }
        match asked.genesis_time {
            Some(asked) if asked != genesis_time => differs("its genesis time is", &genesis_time, &asked),
            _ => Ok(()),
        }
    }

    fn meta(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::Damaged(format!("it does not state its {name}"));
        match self.database.begin_read()?.open_table(META) {
            Ok(meta) => Ok(meta.get(name)?.ok_or_else(missing)?.value().to_vec()),
            Err(TableError::TableDoesNotExist(_)) => Err(missing()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Identity {
    /// The identity in the file, by name.
    pub(super) fn statements(&self) -> [(&'static str, Vec<u8>); 4] {
        [
            ("format", FORMAT.to_le_bytes().to_vec()),
            ("chain id", vec![self.chain_id]),
            ("rules", self.rules.name().as_bytes().to_vec()),
            ("allocation", self.allocation.to_vec()),
        ]
    }
}

fn open(folder: &Path, file: &Path, create: bool) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    // A file that was cut or overwritten can make the database panic where it trusts its own numbers.
    let opened = catch_unwind(AssertUnwindSafe(|| if create { builder.create(file) } else { builder.open(file) }));
    let refused = |source| StoreError::Folder { folder: folder.to_owned(), source: Arc::new(source) };
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(StoreError::Locked(folder.to_owned())),
        Ok(Err(DatabaseError::Storage(StorageError::Io(error)))) => Err(match error.kind() {
            io::ErrorKind::InvalidData => StoreError::Damaged(format!("{} is not a chain", file.display())),
            io::ErrorKind::UnexpectedEof => StoreError::Damaged(format!("{} is truncated", file.display())),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::NoSpace,
            _ => refused(error),
        }),
        Ok(Err(DatabaseError::Storage(error))) => Err(error.into()),
        Ok(Err(other)) => Err(StoreError::Damaged(other.to_string())),
        Err(_) => Err(StoreError::Damaged(format!("{} has other content than was written", file.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as some version has left it, with what it states of its format.
    fn left_by_another(folder: &Path, format: Option<&[u8]>) {
        let database = Database::create(folder.join(FILE)).expect("a database");
        let transaction = database.begin_write().expect("begins");
        {
            let mut meta = transaction.open_table(META).expect("a table");
            if let Some(format) = format {
                meta.insert("format", format).expect("written");
            }
        }
        transaction.commit().expect("committed");
    }

    #[test]
    fn the_format_of_another_version_is_named() {
        for found in [FORMAT - 1, FORMAT + 1, u32::MAX] {
            let place = tempfile::tempdir().expect("a folder");
            left_by_another(place.path(), Some(&found.to_le_bytes()));
            // Twice, because the first look must not change what is there.
            for _ in 0..2 {
                let error = Folder::open(place.path()).expect_err("another format");
                assert!(matches!(&error, StoreError::Version { found: told, .. } if *told == found), "{error:?}");
                assert!(error.to_string().contains(&format!("has format {found}, but this version reads")), "{error}");
            }
        }
    }

    #[test]
    fn a_chain_without_a_format_is_damaged() {
        for format in [None, Some(&b"two"[..])] {
            let place = tempfile::tempdir().expect("a folder");
            left_by_another(place.path(), format);
            let error = Folder::open(place.path()).expect_err("no format");
            assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        }
    }

    #[test]
    fn where_there_can_be_no_folder_it_is_told() {
        let place = tempfile::tempdir().expect("a folder");
        let file = place.path().join("file");
        fs::write(&file, "somebody's").expect("written");
        for folder in [file.clone(), file.join("inside")] {
            let error = Folder::open(&folder).expect_err("a file is in the way");
            assert!(matches!(&error, StoreError::Folder { folder: told, .. } if *told == folder), "{error:?}");
        }
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "somebody's");
    }
}
