//! The tables of the database.

use redb::TableDefinition;

type Bytes32 = &'static [u8; 32];

/// The format of the file and the identity of its chain, by name.
pub(super) const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// Blocks without their transactions, by height.
pub(super) const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// Labels, by height.
pub(super) const LABELS: TableDefinition<u64, &[u8; 9]> = TableDefinition::new("labels");
/// Heights, by block hash.
pub(super) const HEIGHTS: TableDefinition<Bytes32, u64> = TableDefinition::new("heights");
/// Transactions in blocks, by height and place.
pub(super) const TRANSACTIONS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("transactions");
/// Where a transaction is, by its id.
pub(super) const TX_LOCATIONS: TableDefinition<Bytes32, (u64, u32)> = TableDefinition::new("places");
/// Where the transaction is that deployed a contract, by the contract's id.
pub(super) const DEPLOYMENTS: TableDefinition<Bytes32, (u64, u32)> = TableDefinition::new("deployments");
/// The index of blocks: keys of what is in them, and heights.
pub(super) const BLOCK_INDEX: TableDefinition<(Bytes32, u64), ()> = TableDefinition::new("subjects");
/// Transactions that wait, in the order of their arrival: the id and the bytes.
pub(super) const WAITING: TableDefinition<u64, (Bytes32, &[u8])> = TableDefinition::new("waiting");
/// Where a waiting transaction is, by its id.
pub(super) const WAITING_PLACES: TableDefinition<Bytes32, u64> = TableDefinition::new("waiting places");
/// Snapshots, by number: the height, the clock's offset in seconds, and the labels that were not final.
pub(super) const SNAPSHOTS: TableDefinition<u64, (u64, u64, &[u8])> = TableDefinition::new("snapshots");
/// The data drivers that were uploaded, by contract: the owner's signature and the module.
pub(super) const DRIVERS: TableDefinition<Bytes32, (&'static [u8; 48], &[u8])> = TableDefinition::new("drivers");
/// The state roots of the blocks whose states are kept, by height.
pub(super) const STATES: TableDefinition<u64, Bytes32> = TableDefinition::new("states");
/// Contracts, by id: the height at which they came, the hash of their module, their owner.
pub(super) const CONTRACTS: TableDefinition<Bytes32, (u64, Bytes32, &[u8])> = TableDefinition::new("contracts");
/// Modules, by hash.
pub(super) const MODULES: TableDefinition<Bytes32, &[u8]> = TableDefinition::new("modules");
/// The heights of the blocks that hold faults, by what the faults are about; made with the first one.
pub(super) const FAULTS: TableDefinition<Bytes32, u64> = TableDefinition::new("faults");
/// The memories of contracts, cell by cell and height by height; see [`super::states`].
pub(super) const CELLS: TableDefinition<&[u8; 44], &[u8]> = TableDefinition::new("cells");
/// Which cells of a contract a block wrote, and when each was written before; by height and contract.
pub(super) const WRITTEN: TableDefinition<(u64, Bytes32), &[u8]> = TableDefinition::new("written");
