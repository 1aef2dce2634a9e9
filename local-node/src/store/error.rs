//! Errors of the stored chain.

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
    /// A different version of this program created it.
    #[error("the data folder {} has format {found}, but this version reads format {}", folder.display(), super::FORMAT)]
    Version {
        /// The folder.
        folder: PathBuf,
        /// The format that it states.
        found: u32,
    },
    /// It holds a chain other than the requested one.
    #[error("the data folder {} holds another chain: {what} {found}, but {asked} was requested", folder.display())]
    OtherChain {
        /// The folder.
        folder: PathBuf,
        /// The name of the difference.
        what: &'static str,
        /// The value of the stored chain.
        found: String,
        /// The requested value.
        asked: String,
    },
    /// The stored bytes differ from the written ones: the medium or another program has changed them.
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
    #[error("the node has closed the chain")]
    Closed,
    /// There is no such snapshot.
    #[error("there is no snapshot {0}")]
    NoSuchSnapshot(u64),
    /// The node has no snapshot.
    #[error("there is no snapshot")]
    NoSnapshots,
    /// The node has reached its limit of snapshots.
    #[error("the node already keeps {} snapshots", super::MAX_SNAPSHOTS)]
    TooManySnapshots,
    /// The changes since the existing snapshots take too much memory.
    #[error(
        "the existing snapshots take more than {} MiB: revert to one of them before you take another",
        super::MAX_KEPT_BYTES >> 20
    )]
    SnapshotsTooLarge,
    /// The request exceeded the number of bytes that it may read.
    #[error("the request reads more data than one request may")]
    TooMuch,
    /// No block of the current chain has deployed the contract.
    #[error("no block of the chain has deployed contract {}", HexId(.0))]
    NotDeployed(ContractId),
    /// The storage for data drivers is full.
    #[error("the node stores {held} bytes of data drivers and cannot add {bytes}: the maximum is {most}")]
    DriversFull {
        /// The size of the stored drivers.
        held: u64,
        /// The size of the driver to store.
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
