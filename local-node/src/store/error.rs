//! What can go wrong with the stored chain.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::HexId;
use local_node_types::codec::DecodeError;

/// Why the chain's memory does not open, answer or take a block.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the folder open.
    #[error("the data folder {} is in use by another node", .0.display())]
    Locked(PathBuf),
    /// The folder cannot be made, read or written.
    #[error("the data folder {} cannot be used", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// Another version of this program made it.
    #[error("the data folder {} has format {found}, but this version reads format {}", folder.display(), super::FORMAT)]
    Version {
        /// The folder.
        folder: PathBuf,
        /// The format that it states.
        found: u32,
    },
    /// It holds another chain than the one asked for.
    #[error("the data folder {} holds another chain: {what} {found}, but {asked} was asked for", folder.display())]
    OtherChain {
        /// The folder.
        folder: PathBuf,
        /// What is different.
        what: &'static str,
        /// What the stored chain has.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// What is stored is not what was written: the medium or another program has changed it.
    #[error("the stored chain is damaged: {0}")]
    Damaged(String),
    /// The disk is full. Everything up to the last block is stored.
    #[error("there is no space left for the chain")]
    NoSpace,
    /// Reading or writing failed.
    #[error("the stored chain cannot be read or written")]
    Io(#[source] Arc<io::Error>),
    /// The database failed in another way.
    #[error("the stored chain cannot be read or written")]
    Database(#[source] Arc<redb::Error>),
    /// The node has closed it.
    #[error("the chain was closed with its node")]
    Closed,
    /// There is no such snapshot.
    #[error("there is no snapshot {0}")]
    NoSuchSnapshot(u64),
    /// No snapshot was taken yet, or all were taken back.
    #[error("there is no snapshot")]
    NoSnapshots,
    /// As many snapshots as are kept were taken.
    #[error("{} snapshots are kept already", super::MAX_SNAPSHOTS)]
    TooManySnapshots,
    /// What has changed since the snapshots that there are takes too much memory.
    #[error(
        "the snapshots that are kept already take more than {} MiB: go back to one of them before you take another",
        super::MAX_KEPT_BYTES >> 20
    )]
    SnapshotsTooLarge,
    /// Reading stopped, because whoever asked may not have so much.
    #[error("more was to be read than one request may ask for")]
    TooMuch,
    /// No block has deployed the contract, or the block was taken back.
    #[error("no block of the chain has deployed contract {}", HexId(.0))]
    NotDeployed(ContractId),
    /// There is no room for a data driver.
    #[error("the node keeps {held} bytes of data drivers and has no room for {bytes} more: {most} is the most")]
    DriversFull {
        /// What it keeps besides.
        held: u64,
        /// What was to be kept.
        bytes: u64,
        /// The most that it keeps.
        most: u64,
    },
}

impl StoreError {
    /// Whether the store is of no use any more, as opposed to a request that it refused.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        use StoreError::{
            DriversFull, NoSnapshots, NoSuchSnapshot, NotDeployed, SnapshotsTooLarge, TooManySnapshots, TooMuch,
        };
        !matches!(
            self,
            NoSuchSnapshot(_)
                | NoSnapshots
                | TooManySnapshots
                | SnapshotsTooLarge
                | NotDeployed(_)
                | DriversFull { .. }
                | TooMuch
        )
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace,
            _ => Self::Io(Arc::new(error)),
        }
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => error.into(),
            redb::Error::Corrupted(what) => Self::Damaged(what),
            other => Self::Database(Arc::new(other)),
        }
    }
}

impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> Self {
        Self::Damaged(error.to_string())
    }
}

macro_rules! from_database {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

from_database!(StorageError, TableError, TransactionError, CommitError);
