//! The store beside plain lists, over random sequences of blocks, reverts, changes of the mempool and new openings.

use std::sync::{Arc, LazyLock};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::transfer::data::TransactionData;
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_types::ledger::{Label, LedgerTransaction};
use local_node_vm::StateChanges;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::tests::{Medium, begun, block};
use super::{Acceptance, Snapshot, Store};
use crate::block::{SpentTransaction, StoredBlock, TxId};

/// The transactions that there are.
static TRANSACTIONS: LazyLock<Vec<LedgerTransaction>> = LazyLock::new(|| {
    let secret = SecretKey::from(BlsScalar::from(7));
    let sign = |nonce| Transaction::moonlight(&secret, None, 1, 0, 100_000, 1, nonce, 0, None::<TransactionData>);
    let signed = |nonce| LedgerTransaction::new(sign(nonce).expect("its terms are right"), TransactionFormat::Boreas);
    (1..=6).map(signed).collect()
});

fn id(transaction: usize) -> TxId {
    TxId::of(&TRANSACTIONS[transaction])
}

fn bytes(transaction: usize) -> Vec<u8> {
    TRANSACTIONS[transaction].protocol().to_network_bytes()
}

/// An operation on a store.
#[derive(Debug, Clone)]
enum Deed {
    /// A block with these transactions, unless the chain holds them; so many of the oldest unsettled blocks become
    /// final.
    Append(Vec<usize>, usize),
    /// So many blocks are taken back, unless they are final.
    RevertTo(usize),
    Came(usize),
    Gone(usize),
    WriteJournal,
    Snapshot,
    /// The chain goes back to one of the snapshots.
    GoBack(usize),
    /// The store is closed and opened again.
    Reopen,
}

#[derive(Debug, Clone)]
struct Entry {
    salt: u64,
    label: Label,
    transactions: Vec<usize>,
}

/// The rules in plain lists.
#[derive(Debug, Clone)]
struct Model {
    salt: u64,
    chain: Vec<Entry>,
    waiting: Vec<usize>,
    /// Admissions and removals: the last change of each transaction.
    journal: Vec<(usize, bool)>,
    /// Heights and the labels of what was not final then.
    snapshots: Vec<(u64, Vec<(u64, Label)>)>,
    /// The blocks that the last revert took back.
    reverted: Vec<Entry>,
    /// The changes of earlier labels by the last block.
    relabelled: Vec<(u64, Label)>,
}

impl Model {
    fn height(&self) -> u64 {
        self.chain.len() as u64 - 1
    }

    fn last_final(&self) -> u64 {
        let last = self.chain.iter().rposition(|entry| entry.label.is_final());
        last.unwrap_or_default() as u64
    }

    fn pending(&self) -> Vec<(u64, Label)> {
        let labels = (0..).zip(self.chain.iter().map(|entry| entry.label));
        labels.filter(|(_, label)| !label.is_final()).collect()
    }

    fn holds(&self, transaction: usize) -> bool {
        self.chain.iter().any(|entry| entry.transactions.contains(&transaction))
    }

    fn note(&mut self, transaction: usize, came: bool) {
        self.journal.retain(|(noted, _)| *noted != transaction);
        self.journal.push((transaction, came));
    }

    fn write(&mut self) {
        for (transaction, came) in std::mem::take(&mut self.journal) {
            if !came {
                self.waiting.retain(|waiting| *waiting != transaction);
            } else if !self.waiting.contains(&transaction) {
                self.waiting.push(transaction);
            }
        }
    }

    fn append(&mut self, transactions: &[usize], settled: usize) {
        self.write();
        let mut new: Vec<usize> = transactions.iter().copied().filter(|it| !self.holds(*it)).collect();
        new.sort_unstable();
        new.dedup();
        self.waiting.retain(|waiting| !new.contains(waiting));
        self.relabelled =
            self.pending().into_iter().take(settled).map(|(height, _)| (height, Label::Final(1))).collect();
        for (height, label) in &self.relabelled {
            self.chain[usize::try_from(*height).expect("a height in memory")].label = *label;
        }
        self.salt += 1;
        self.chain.push(Entry { salt: self.salt, label: Label::Attested(self.salt), transactions: new });
    }

    fn revert_to(&mut self, back: usize) {
        let height = self.height().saturating_sub(back as u64).max(self.last_final());
        self.reverted = self.chain.split_off(usize::try_from(height).expect("a height in memory") + 1);
        let back: Vec<usize> = self.reverted.iter().flat_map(|entry| entry.transactions.clone()).collect();
        back.into_iter().for_each(|transaction| self.note(transaction, true));
        self.write();
        self.relabel();
        self.snapshots.retain(|(at, _)| *at <= height);
    }

    /// Labels that are folded anew after a revert.
    fn relabel(&mut self) {
        for entry in self.chain.iter_mut().filter(|entry| !entry.label.is_final()) {
            entry.label = Label::Accepted(entry.salt);
        }
    }

    fn go_back(&mut self, place: usize) {
        let (height, labels) = self.snapshots[place].clone();
        self.chain.truncate(usize::try_from(height).expect("a height in memory") + 1);
        for (height, label) in labels {
            self.chain[usize::try_from(height).expect("a height in memory")].label = label;
        }
        self.snapshots.truncate(place + 1);
        self.journal.clear();
        self.waiting.clear();
    }
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Deed;

    fn init_state() -> BoxedStrategy<Model> {
        let genesis = Entry { salt: 0, label: Label::Final(0), transactions: Vec::new() };
        let (waiting, journal, snapshots, reverted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let relabelled = Vec::new();
        Just(Model { salt: 0, chain: vec![genesis], waiting, journal, snapshots, reverted, relabelled }).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Deed> {
        let transaction = || 0..TRANSACTIONS.len();
        prop_oneof![
            6 => (prop::collection::vec(transaction(), 0..3), 0..3_usize)
                .prop_map(|(its, settled)| Deed::Append(its, settled)),
            3 => (1..4_usize).prop_map(Deed::RevertTo),
            4 => transaction().prop_map(Deed::Came),
            2 => transaction().prop_map(Deed::Gone),
            1 => Just(Deed::WriteJournal),
            1 => Just(Deed::Snapshot),
            1 => (0..8_usize).prop_map(Deed::GoBack),
            2 => Just(Deed::Reopen),
        ]
        .boxed()
    }

    fn preconditions(model: &Model, deed: &Deed) -> bool {
        match deed {
            // A transaction that a block holds does not wait.
            Deed::Came(transaction) => !model.holds(*transaction),
            Deed::GoBack(place) => *place < model.snapshots.len(),
            _ => true,
        }
    }

    fn apply(mut model: Model, deed: &Deed) -> Model {
        match deed {
            Deed::Append(transactions, settled) => model.append(transactions, *settled),
            Deed::RevertTo(back) => model.revert_to(*back),
            Deed::Came(transaction) => model.note(*transaction, true),
            Deed::Gone(transaction) => model.note(*transaction, false),
            Deed::WriteJournal => model.write(),
            Deed::Snapshot => {
                model.write();
                model.snapshots.push((model.height(), model.pending()));
            }
            Deed::GoBack(place) => model.go_back(*place),
            Deed::Reopen => model.journal.clear(),
        }
        model
    }
}

/// The block of an entry at a height.
fn stored(height: u64, entry: &Entry) -> StoredBlock {
    let mut stored = block(height, entry.salt);
    let (block_hash, timestamp) = (stored.header().hash, stored.header().timestamp);
    for transaction in &entry.transactions {
        stored.block.transactions.push(TRANSACTIONS[*transaction].clone());
        stored.transactions.push(Arc::new(SpentTransaction {
            transaction: TRANSACTIONS[*transaction].clone(),
            block_hash,
            height,
            timestamp,
            gas_spent: 1,
            result: Ok(Vec::new()),
            deployed: None,
            events: Vec::new(),
        }));
    }
    stored
}

struct Real {
    medium: Medium,
    store: Option<Store>,
    snapshots: Vec<Snapshot>,
}

impl Real {
    fn store(&self) -> &Store {
        self.store.as_ref().expect("it is open")
    }
}

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Machine;

    fn init_test(_: &Model) -> Self {
        let medium = Medium::default();
        let store = begun(medium.clone()).expect("a new store");
        Self { medium, store: Some(store), snapshots: Vec::new() }
    }

    fn apply(mut real: Self, model: &Model, deed: Deed) -> Self {
        let store = real.store().clone();
        match deed {
            Deed::Append(..) => {
                let entry = model.chain.last().expect("a block was appended");
                let acceptance = Acceptance {
                    block: Arc::new(stored(model.height(), entry)),
                    label: entry.label,
                    relabelled: &model.relabelled,
                    changes: Some(&StateChanges::default()),
                    forgotten: &[],
                };
                store.append(&acceptance).expect("it is appended");
            }
            Deed::RevertTo(_) => {
                let reverted = store.revert_to(model.height(), &model.pending()).expect("it is reverted");
                let hashes = reverted.iter().map(|block| block.header.hash);
                let heights = model.height() + 1..;
                assert!(hashes.eq(heights.zip(&model.reverted).map(|(at, entry)| block(at, entry.salt).header().hash)));
                real.snapshots.retain(|snapshot| snapshot.height <= model.height());
            }
            Deed::Came(transaction) => store.note_waiting(id(transaction), || bytes(transaction)),
            Deed::Gone(transaction) => store.note_gone(id(transaction)),
            Deed::WriteJournal => store.write_journal().expect("it is written"),
            Deed::Snapshot => real.snapshots.push(store.take_snapshot(0).expect("there is room")),
            Deed::GoBack(place) => {
                store.revert(&real.snapshots[place]).expect("it goes back");
                real.snapshots.truncate(place + 1);
            }
            Deed::Reopen => {
                real.store = None;
                drop(store);
                real.store = Some(begun(real.medium.clone()).expect("it opens again"));
            }
        }
        real
    }

    fn check_invariants(real: &Self, model: &Model) {
        let store = real.store();
        assert_eq!(store.tip().header().height, model.height());
        assert_eq!((store.last_final(), store.pending()), (model.last_final(), model.pending()));
        for (height, entry) in (0..).zip(&model.chain) {
            let (found, label) = store.block(height).expect("readable").expect("it is there");
            assert_eq!((found.header().hash, label), (block(height, entry.salt).header().hash, entry.label));
            let ids: Vec<_> = found.transactions.iter().map(|spent| spent.id()).collect();
            assert_eq!(ids, entry.transactions.iter().map(|it| id(*it)).collect::<Vec<_>>());
            assert_eq!(store.height_of(&found.header().hash).expect("readable"), Some(height));
        }
        assert!(store.block(model.height() + 1).expect("readable").is_none());
        for transaction in 0..TRANSACTIONS.len() {
            assert_eq!(store.has_transaction(&id(transaction)).expect("readable"), model.holds(transaction));
        }
        let expected: Vec<_> = model.waiting.iter().map(|it| (id(*it), bytes(*it))).collect();
        assert_eq!(store.waiting().expect("readable"), expected);
        assert_eq!(store.snapshots().expect("readable"), real.snapshots);
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_store_holds_what_plain_lists_hold(sequential 1..60 => Real);
}
