//! The store against plain models: states that come and go, media that fill up, and losses of power.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::Event;
use local_node_types::ledger::{Header, Label};
use local_node_vm::{BLOCK_BYTES, BLOCKS_PER_PAGE, BlockChange, ContractChange, Deployed, PageChange, StateChanges};
use proptest::prelude::*;
use redb::{ReadableTable, StorageBackend};

use super::*;

/// The memories of two contracts: block index to the byte that fills the block.
type Model = BTreeMap<(u8, u32), u8>;

/// The changes of one block of the chain.
#[derive(Debug, Clone)]
struct Deed {
    /// Contract, block of its memory, byte to fill the block with.
    writes: Vec<(u8, u32, u8)>,
    /// Forgets the state at this fraction of the kept ones, if there are enough.
    forget: Option<usize>,
    /// Goes back to this fraction of the kept states.
    revert: Option<usize>,
}

fn deed() -> impl Strategy<Value = Deed> {
    let write = (0_u8..2, 0_u32..40, 0_u8..4);
    let rarely = |probability| prop::option::weighted(probability, 0_usize..8);
    (prop::collection::vec(write, 0..8), rarely(0.5), rarely(0.1)).prop_map(|(writes, forget, revert)| Deed {
        writes,
        forget,
        revert,
    })
}

fn hash_of(byte: u8) -> [u8; 32] {
    blake3::hash(&[byte]).into()
}

fn id(contract: u8) -> [u8; 32] {
    [contract + 1; 32]
}

/// The block at a height; `salt` tells apart those that had the same height at different times.
pub(super) fn block(height: u64, salt: u64) -> StoredBlock {
    let header = Header { height, timestamp: salt, state_root: hash_of(height as u8), ..Header::default() };
    let mut stored = StoredBlock::genesis(header);
    stored.block.header.hash = stored.block.header.compute_hash();
    let (topic, data) = (format!("at {height}"), vec![salt as u8; 100]);
    stored.events.push(Event { source: ContractId::from_bytes([9; 32]), topic, data, reverted: false });
    stored
}

fn pages(memory: &Model, contract: u8) -> BTreeSet<u32> {
    memory.keys().filter(|(of, _)| *of == contract).map(|(_, block)| block / BLOCKS_PER_PAGE).collect()
}

/// The changes from one memory to the next, given the written blocks.
fn changes(memory: &Model, written: &BTreeSet<(u8, u32)>, first: bool) -> StateChanges {
    let contract = |contract: u8| {
        let deployed = first.then(|| Deployed { bytecode: vec![contract; 50], owner: vec![7] });
        let touched: BTreeSet<u32> =
            written.iter().filter(|(of, _)| *of == contract).map(|(_, block)| block / BLOCKS_PER_PAGE).collect();
        let page = |index: &u32| PageChange {
            index: *index,
            hash: page_hash(memory, contract, *index),
            blocks: written
                .range((contract, index * BLOCKS_PER_PAGE)..(contract, (index + 1) * BLOCKS_PER_PAGE))
                .map(|place| BlockChange { index: place.1, bytes: vec![memory[place]; BLOCK_BYTES].into() })
                .collect(),
        };
        let pages: Vec<_> = touched.iter().map(page).collect();
        let length = pages.len() as u64;
        ContractChange { id: ContractId::from_bytes(id(contract)), deployed, length, pages }
    };
    StateChanges { contracts: (0..2).map(contract).collect() }
}

fn page_bytes(memory: &Model, contract: u8, index: u32) -> Vec<u8> {
    let blocks = index * BLOCKS_PER_PAGE..(index + 1) * BLOCKS_PER_PAGE;
    blocks.flat_map(|block| vec![memory.get(&(contract, block)).copied().unwrap_or_default(); BLOCK_BYTES]).collect()
}

fn page_hash(memory: &Model, contract: u8, index: u32) -> [u8; 32] {
    blake3::hash(&page_bytes(memory, contract, index)).into()
}

pub(super) fn begun(backend: impl StorageBackend) -> Result<Store, StoreError> {
    let database = Database::builder().create_with_backend(backend).map_err(redb::Error::from)?;
    if database.begin_read()?.list_tables()?.next().is_none() {
        begin(&database, &block(0, 0), Some(&changes(&Model::new(), &BTreeSet::new(), true)), &[])?;
    }
    Store::resume(database, true, None)
}

fn append(store: &Store, height: u64, salt: u64, changes: &StateChanges, forgotten: &[u64]) -> Result<(), StoreError> {
    store.append(&Acceptance {
        block: Arc::new(block(height, salt)),
        label: Label::Attested(1),
        relabelled: &[(height - 1, Label::Final(1))],
        changes: Some(changes),
        forgotten,
    })
}

fn assert_state(store: &Store, height: u64, memory: &Model) {
    let contracts = store.contracts(height).expect("readable");
    assert_eq!(contracts.len(), 2);
    for (contract, stored) in (0..).zip(&contracts) {
        assert_eq!((stored.id.to_bytes(), stored.deployed), (id(contract), 0));
        assert_eq!(stored.bytecode, vec![contract; 50]);
        let expected: Vec<u32> = pages(memory, contract).into_iter().collect();
        let found: Vec<u32> = stored.pages.iter().map(|(index, _)| *index).collect();
        assert_eq!(found, expected, "the pages of contract {contract} at {height}");
        let mut read = Vec::new();
        stored.source.read(&mut |index, bytes| read.push((index, bytes.to_vec()))).expect("readable");
        let whole: Vec<_> = expected.iter().map(|index| (*index, page_bytes(memory, contract, *index))).collect();
        assert!(read == whole, "the content of contract {contract} at {height}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Every kept state reads as it was, whichever others were forgotten or taken back, and nothing else is kept.
    #[test]
    fn kept_states_stay_and_nothing_else(deeds in prop::collection::vec(deed(), 1..20)) {
        let store = begun(InMemoryBackend::new()).unwrap();
        let mut kept: BTreeMap<u64, Model> = BTreeMap::from([(0, Model::new())]);
        // When the visible version of a cell was written, for each kept state.
        let mut born: BTreeMap<u64, BTreeMap<(u8, u32), u64>> = BTreeMap::from([(0, BTreeMap::new())]);
        for (salt, deed) in (1..).zip(deeds) {
            let tip = store.tip().header().height;
            if let Some(to) = deed.revert {
                let height = *kept.keys().nth(to % kept.len()).unwrap();
                let snapshot = Snapshot::at(height, &[]);
                let reverted = store.revert(&snapshot).unwrap();
                prop_assert_eq!(reverted.len() as u64, tip - height);
                kept.split_off(&(height + 1));
                born.split_off(&(height + 1));
            }
            let height = store.tip().header().height + 1;
            let (mut memory, mut versions) = (kept[&(height - 1)].clone(), born[&(height - 1)].clone());
            let mut written = BTreeSet::new();
            for (contract, block, byte) in deed.writes {
                memory.insert((contract, block), byte);
                written.insert((contract, block));
                versions.insert((contract, block), height);
            }
            let forgotten: Vec<u64> = match deed.forget {
                // The last state is the one to build on, and the first one stays as genesis does.
                Some(which) if kept.len() > 2 => vec![*kept.keys().nth(1 + which % (kept.len() - 2)).unwrap()],
                _ => vec![],
            };
            append(&store, height, salt, &changes(&memory, &written, false), &forgotten).unwrap();
            kept.insert(height, memory);
            born.insert(height, versions);
            for height in forgotten {
                kept.remove(&height);
                born.remove(&height);
            }
            prop_assert!(store.kept_states().unwrap().keys().eq(kept.keys()));
            kept.iter().for_each(|(height, memory)| assert_state(&store, *height, memory));
        }
        let visible: BTreeSet<_> = born.values().flatten().map(|(cell, born)| (*cell, *born)).collect();
        let transaction = store.0.begin_read().unwrap();
        let blocks = transaction.open_table(CELLS).unwrap();
        let blocks = blocks.iter().unwrap().filter(|cell| cell.as_ref().unwrap().0.value()[32] >= 0x10);
        prop_assert_eq!(blocks.count(), visible.len());
    }

    /// A loss of power leaves what was synchronised, and of the rest anything: the chain goes on from its last block.
    #[test]
    fn a_loss_of_power_loses_no_announced_block(blocks in 1_u64..6, seed in any::<u64>()) {
        let medium = Medium::default();
        let store = begun(medium.clone()).unwrap();
        let mut memory = Model::new();
        for height in 1..=blocks {
            memory.insert((0, height as u32), height as u8);
            let written = BTreeSet::from([(0, height as u32)]);
            append(&store, height, 1, &changes(&memory, &written, false), &[]).unwrap();
        }
        // The next block is being written when the power goes.
        medium.fail_after_writes(seed % 40);
        let next = memory.clone();
        let unfinished = append(&store, blocks + 1, 1, &changes(&next, &BTreeSet::new(), false), &[]);
        drop(store);
        let after = begun(medium.after_power_loss(seed)).unwrap();
        let tip = after.tip().header().height;
        prop_assert!(tip == blocks || tip == blocks + 1);
        prop_assert!(unfinished.is_err() || tip == blocks + 1, "an announced block is lost");
        for height in 0..=tip {
            let (found, _) = after.block(height).unwrap().unwrap();
            prop_assert_eq!(found.header().hash, block(height, u64::from(height > 0)).header().hash);
        }
        assert_state(&after, tip, &memory);
        append(&after, tip + 1, 1, &changes(&memory, &BTreeSet::new(), false), &[]).unwrap();
    }
}

#[test]
fn a_full_medium_is_told_and_loses_nothing() {
    let medium = Medium::default();
    let store = begun(medium.clone()).unwrap();
    medium.limit_bytes(medium.bytes() + 200_000);
    let mut memory = Model::new();
    let failure = (1..10_000_u64).find_map(|height| {
        memory.insert((0, height as u32 % 40), height as u8 % 4);
        let written = BTreeSet::from([(0, height as u32 % 40)]);
        // Every state is kept, so that the database grows.
        let error = append(&store, height, 1, &changes(&memory, &written, false), &[]).err()?;
        memory.insert((0, height as u32 % 40), 0);
        Some((height, error))
    });
    let (height, error) = failure.expect("the medium fills up");
    assert!(matches!(error, StoreError::NoSpace), "{error:?}");
    assert_eq!(store.tip().header().height, height - 1, "the chain in memory is the chain on the medium");
    drop(store);

    medium.limit_bytes(usize::MAX);
    let store = begun(medium).unwrap();
    assert_eq!(store.tip().header().height, height - 1);
    append(&store, height, 1, &changes(&memory, &BTreeSet::new(), false), &[]).unwrap();
}

#[test]
fn waiting_transactions_come_back_in_their_order() {
    let medium = Medium::default();
    let store = begun(medium.clone()).unwrap();
    let ids: Vec<TxId> = (0..5).rev().map(|byte| TxId([byte; 32])).collect();
    for id in &ids {
        store.note_waiting(*id, || id.0[..4].to_vec());
    }
    store.note_gone(ids[1]);
    assert!(store.has_journal_entries() && store.waiting().unwrap().is_empty());
    store.write_journal().unwrap();
    assert!(!store.has_journal_entries());
    store.note_gone(ids[3]);
    // A block brings the journal along.
    append(&store, 1, 1, &StateChanges::default(), &[]).unwrap();
    drop(store);
    let store = begun(medium).unwrap();
    let expected: Vec<_> = [ids[0], ids[2], ids[4]].into_iter().map(|id| (id, id.0[..4].to_vec())).collect();
    assert_eq!(store.waiting().unwrap(), expected);
    store.note_waiting(ids[1], || vec![1]);
    store.write_journal().unwrap();
    assert_eq!(store.waiting().unwrap().last(), Some(&(ids[1], vec![1])));
}

#[test]
fn transactions_that_come_again_keep_their_places() {
    let store = begun(InMemoryBackend::new()).unwrap();
    let expected: Vec<(TxId, Vec<u8>)> = (0..100).map(|byte| (TxId([byte; 32]), vec![byte])).collect();
    // The second time half of them come, and the node ends.
    for coming in [&expected[..], &expected[..50]] {
        for (id, bytes) in coming {
            store.note_waiting(*id, || bytes.clone());
        }
        store.write_journal().unwrap();
    }
    assert_eq!(store.waiting().unwrap(), expected);
}

#[test]
fn a_check_is_begun_once_more_after_one_process_has_ended_at_it() {
    let store = begun(InMemoryBackend::new()).unwrap();
    let (checked, run) = (TxId([1; 32]), TxId([2; 32]));
    for id in [checked, run] {
        store.note_waiting(id, || id.0.to_vec());
    }
    store.settle_running(&[(Slot::Return, checked)]).unwrap();
    assert_eq!((store.waiting().unwrap().len(), store.ended_processes().unwrap()), (2, Vec::new()));
    store.settle_running(&[(Slot::Block, run), (Slot::Return, checked)]).unwrap();
    assert_eq!((store.waiting().unwrap().len(), store.ended_processes().unwrap()), (0, vec![run, checked]));
}

#[test]
fn snapshots_are_counted_and_bring_labels_back() {
    let store = begun(InMemoryBackend::new()).unwrap();
    for height in 1..=2 {
        append(&store, height, 1, &StateChanges::default(), &[]).unwrap();
    }
    let first = store.take_snapshot(5).unwrap();
    assert_eq!((first.id, first.height, first.clock), (1, 2, 5));
    append(&store, 3, 1, &StateChanges::default(), &[]).unwrap();
    assert_eq!((store.last_final(), store.block(2).unwrap().unwrap().1), (2, Label::Final(1)));
    store.set_clock(9).unwrap();
    for _ in 1..MAX_SNAPSHOTS {
        store.take_snapshot(9).unwrap();
    }
    assert!(matches!(store.take_snapshot(9), Err(StoreError::TooManySnapshots)));

    assert_eq!(store.revert(&first).unwrap(), [(3, block(3, 1).header().hash)]);
    assert_eq!((store.last_final(), store.block(2).unwrap().unwrap().1), (1, Label::Attested(1)));
    assert_eq!((store.pending(), store.clock().unwrap()), (vec![(2, Label::Attested(1))], 5));
    assert_eq!(store.snapshots().unwrap(), [first]);
    assert!(store.block(3).unwrap().is_none() && store.height_of(&block(3, 1).header().hash).unwrap().is_none());
}

#[test]
fn room_for_drivers_is_counted_by_what_is_kept() {
    let medium = Medium::default();
    let store = begun(medium.clone()).unwrap();
    let [a, b, unknown] = [1, 2, 3].map(|byte| ContractId::from_bytes([byte; 32]));
    let deploy = |transaction: &WriteTransaction| {
        let mut deployments = transaction.open_table(DEPLOYMENTS)?;
        for contract in [a, b] {
            deployments.insert(&contract.to_bytes(), (1, 0))?;
        }
        Ok(())
    };
    store.0.write(deploy).unwrap();
    let driver = |bytes: usize| KeptDriver { wasm: vec![7; bytes], signature: [bytes as u8; 48] };
    let put = |store: &Store, contract, bytes| store.put_driver_within(100, &contract, &driver(bytes));
    put(&store, a, 90).unwrap();
    let full = put(&store, b, 11);
    assert!(matches!(full, Err(StoreError::DriversFull { held: 90, bytes: 11, most: 100 })), "{full:?}");
    assert!(store.driver(&b).unwrap().is_none());
    // One that takes the place of another needs only the difference; one that does not fit leaves the other there.
    put(&store, a, 20).unwrap();
    put(&store, b, 80).unwrap();
    assert!(matches!(put(&store, a, 21), Err(StoreError::DriversFull { held: 80, .. })));
    assert!(matches!(put(&store, unknown, 1), Err(StoreError::NotDeployed(contract)) if contract == unknown));
    drop(store);

    let store = begun(medium).unwrap();
    assert_eq!(store.driver(&a).unwrap(), Some(driver(20)));
    assert_eq!(store.driver_signature(&b).unwrap(), Some([80; 48]));
    store.0.write(|transaction| drivers::remove(transaction, &a)).unwrap();
    assert!(store.driver(&a).unwrap().is_none());
    assert!(matches!(put(&store, b, 101), Err(StoreError::DriversFull { held: 0, .. })));
    put(&store, b, 100).unwrap();
}

/// A medium in memory that knows what is safe on it, and that can fill up or fail.
#[derive(Debug, Clone, Default)]
pub(super) struct Medium(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    /// The data that a loss of power cannot remove.
    safe: Vec<u8>,
    /// Writes since the last synchronisation.
    loose: Vec<(usize, Vec<u8>)>,
    limit: Option<usize>,
    writes_left: Option<u64>,
}

impl Medium {
    fn with<T>(&self, look: impl FnOnce(&mut Content) -> T) -> T {
        look(&mut self.0.lock().expect("no panic under the lock"))
    }

    fn bytes(&self) -> usize {
        self.with(|content| content.bytes.len())
    }

    fn limit_bytes(&self, limit: usize) {
        self.with(|content| content.limit = Some(limit));
    }

    fn fail_after_writes(&self, writes: u64) {
        self.with(|content| content.writes_left = Some(writes));
    }

    /// The medium with what was safe, and any of the loose writes as the bits of `seed` say.
    fn after_power_loss(&self, seed: u64) -> Self {
        self.with(|content| {
            let mut bytes = content.safe.clone();
            bytes.resize(bytes.len().max(content.bytes.len()), 0);
            for (number, (offset, written)) in content.loose.iter().enumerate() {
                if seed.rotate_right(number as u32) & 1 == 1 {
                    bytes[*offset..offset + written.len()].copy_from_slice(written);
                }
            }
            Self(Arc::new(Mutex::new(Content { safe: bytes.clone(), bytes, ..Content::default() })))
        })
    }
}

impl StorageBackend for Medium {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.bytes() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.with(|content| {
            let found = content.bytes.get(offset as usize..offset as usize + out.len());
            out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        self.with(|content| {
            if content.limit.is_some_and(|limit| length as usize > limit) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.bytes.resize(length as usize, 0);
            Ok(())
        })
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.with(|content| {
            if content.writes_left == Some(0) {
                return Err(io::Error::other("the power is gone"));
            }
            content.safe.clone_from(&content.bytes);
            content.loose.clear();
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.with(|content| {
            match &mut content.writes_left {
                Some(0) => return Err(io::Error::other("the power is gone")),
                Some(left) => *left -= 1,
                None => {}
            }
            let offset = offset as usize;
            content.bytes[offset..offset + data.len()].copy_from_slice(data);
            content.loose.push((offset, data.to_vec()));
            Ok(())
        })
    }
}
