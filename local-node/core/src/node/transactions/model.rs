//! The mempool and the prequeue of a core beside plain lists, over random sequences of transactions, blocks that are
//! accepted and taken back, and answers that come late.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::moonlight::AccountData;
use local_node_consensus::signing::Keyring;
use local_node_consensus::{Config, MIN_STAKE, Millis, Provisioners, Stake, Start};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, Header};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::interface::{ChainBlock, Event, Input, Origin, Output, Position, Restart};
use crate::mempool::tests::{Model as Pool, prepared};
use crate::mempool::{Limits, MAX_TRIES, Mempool, Prequeue, RETRY_MILLIS, TxId, ValidTransaction};
use crate::node::{Core, CoreConfig};

const SENDERS: usize = 3;
const PRICES: u64 = 3;
/// How far ahead of the next nonce of its account a transaction is.
const AHEAD: u64 = 4;
const START: u64 = 1_000_000;
const EXPIRY_MILLIS: u64 = 20_000;
const EXPIRY_INTERVAL_MILLIS: u64 = 60_000;
const LIMITS: Limits = Limits {
    max_transactions: 8,
    max_bytes: 1 << 20,
    expiry_seconds: EXPIRY_MILLIS / 1000,
    max_parked: 5,
    max_parked_per_account: 3,
    max_parked_bytes: 1 << 20,
};

/// An operation on a core.
#[derive(Debug, Clone)]
enum Deed {
    /// A transaction comes: sender, how far its nonce is ahead, price.
    Submit(usize, u64, u64),
    /// Milliseconds pass, and the timer fires.
    Pass(u64),
    /// The accounts that the core has asked for come.
    Answer,
    /// A block takes so many waiting transactions of a sender, and one of a stranger to this node at its next nonce.
    Block(usize, usize, bool),
    /// The last blocks are taken back.
    Revert(usize),
    /// The first waiting transaction of a sender can never run.
    Unfit(usize),
}

/// A transaction that waits for its predecessors.
#[derive(Debug, Clone)]
struct Rest {
    transaction: ValidTransaction,
    tries: u8,
    due: u64,
}

/// The rules in plain lists.
#[derive(Debug, Clone)]
struct Model {
    now: u64,
    nonces: [u64; SENDERS],
    pool: Pool,
    expires_at: u64,
    parked: Vec<Rest>,
    /// Those whose accounts were asked for.
    trying: Vec<Rest>,
    /// The transactions whose accounts were requested and have not arrived, in the order of the requests. A transaction
    /// that was parked again in the meantime can be here twice.
    asked: Vec<TxId>,
    blocks: Vec<Vec<ValidTransaction>>,
    /// The transactions of the last block, or of the reverted blocks.
    moved: Vec<Vec<ValidTransaction>>,
    unfit: Option<TxId>,
}

enum Tried {
    In,
    Gap,
    Refused,
}

fn number(transaction: &ValidTransaction) -> usize {
    (0..SENDERS).find(|sender| key(*sender) == transaction.sender()).expect("a sender of the test")
}

fn key(sender: usize) -> BlsKey {
    prepared(sender, 1, 1).sender()
}

impl Model {
    fn account(&self, sender: usize) -> AccountData {
        AccountData { nonce: self.nonces[sender], balance: u64::MAX }
    }

    fn try_in(&mut self, transaction: &ValidTransaction) -> Tried {
        let account = self.account(number(transaction));
        let was_empty = self.pool.ids().is_empty();
        if self.pool.insert(transaction, &account, self.now / 1000, LIMITS.max_transactions) {
            if was_empty {
                self.expires_at = self.now + EXPIRY_INTERVAL_MILLIS;
            }
            self.unpark(&transaction.id());
            return Tried::In;
        }
        let waits = |nonce| self.pool.find(transaction.sender(), nonce).is_some();
        let gap = (account.nonce + 1..transaction.nonce()).any(|nonce| !waits(nonce));
        if gap && transaction.nonce() > account.nonce && !self.pool.ids().contains(&transaction.id()) {
            Tried::Gap
        } else {
            Tried::Refused
        }
    }

    /// A transaction in the mempool or in a block is not parked as well.
    fn unpark(&mut self, id: &TxId) {
        for rests in [&mut self.parked, &mut self.trying] {
            rests.retain(|rest| rest.transaction.id() != *id);
        }
    }

    /// Those that were parked for a transaction follow it.
    fn follow(&mut self, transaction: &ValidTransaction) {
        let (sender, mut next) = (transaction.sender(), transaction.nonce() + 1);
        let is_next = |rest: &Rest, nonce| rest.transaction.sender() == sender && rest.transaction.nonce() == nonce;
        while let Some(place) = self.parked.iter().position(|rest| is_next(rest, next)) {
            let rest = self.parked.remove(place);
            match self.try_in(&rest.transaction) {
                Tried::In => next += 1,
                Tried::Gap => return self.put_back(rest),
                Tried::Refused => return,
            }
        }
    }

    fn put_back(&mut self, rest: Rest) {
        if rest.tries > 1 {
            self.parked.push(Rest { tries: rest.tries - 1, due: self.now + RETRY_MILLIS, ..rest });
        }
    }

    fn park(&mut self, transaction: &ValidTransaction) {
        let same = |rest: &Rest| {
            (rest.transaction.sender(), rest.transaction.nonce()) == (transaction.sender(), transaction.nonce())
        };
        if let Some(place) = self.trying.iter().position(same) {
            let rest = self.trying.remove(place);
            self.put_back(rest);
        }
        let of_sender = self.parked.iter().filter(|rest| rest.transaction.sender() == transaction.sender()).count();
        match self.parked.iter().position(same) {
            Some(place) if self.parked[place].transaction.gas_price() >= transaction.gas_price() => return,
            Some(place) => _ = self.parked.remove(place),
            None if of_sender >= LIMITS.max_parked_per_account || self.parked.len() >= LIMITS.max_parked => return,
            None => {}
        }
        let (transaction, due) = (transaction.clone(), self.now + RETRY_MILLIS);
        self.parked.push(Rest { transaction, tries: MAX_TRIES, due });
    }

    fn submit(&mut self, transaction: &ValidTransaction) {
        match self.try_in(transaction) {
            Tried::In => self.follow(transaction),
            Tried::Gap => self.park(transaction),
            Tried::Refused => {}
        }
    }

    fn fire(&mut self) {
        if self.expires_at <= self.now && !self.pool.ids().is_empty() {
            self.expires_at = self.now + EXPIRY_INTERVAL_MILLIS;
            self.pool.expire(self.now / 1000, LIMITS.expiry_seconds);
        }
        if self.trying.is_empty() {
            let now = self.now;
            self.trying = self.parked.extract_if(.., |rest| rest.due <= now).collect();
            self.trying.sort_by_key(|rest| (rest.transaction.sender(), rest.transaction.nonce()));
            self.asked.extend(self.trying.iter().map(|rest| rest.transaction.id()));
        }
    }

    fn answer(&mut self) {
        for id in std::mem::take(&mut self.asked) {
            let Some(place) = self.trying.iter().position(|rest| rest.transaction.id() == id) else { continue };
            let rest = self.trying.remove(place);
            match self.try_in(&rest.transaction) {
                Tried::In => self.follow(&rest.transaction),
                Tried::Gap => self.put_back(rest),
                Tried::Refused => {}
            }
        }
    }

    fn waiting_of(&self, sender: usize) -> Vec<ValidTransaction> {
        let nonces = self.nonces[sender] + 1..;
        nonces.map_while(|nonce| self.pool.find(key(sender), nonce)).collect()
    }

    fn block(&mut self, sender: usize, most: usize, foreign: bool) {
        let mut block: Vec<_> = self.waiting_of(sender).into_iter().take(most).collect();
        self.nonces[sender] += block.len() as u64;
        if foreign {
            self.nonces[sender] += 1;
            block.push(prepared(sender, self.nonces[sender], PRICES));
        }
        if !block.is_empty() {
            self.pool.used(key(sender), self.nonces[sender]);
        }
        block.iter().for_each(|transaction| self.unpark(&transaction.id()));
        self.moved = vec![block.clone()];
        self.blocks.push(block);
    }

    fn revert(&mut self, most: usize) {
        let keep = self.blocks.len().saturating_sub(most);
        self.moved = self.blocks.split_off(keep);
        let back: Vec<_> = self.moved.iter().flatten().cloned().collect();
        back.iter().for_each(|transaction| self.nonces[number(transaction)] -= 1);
        back.iter().for_each(|transaction| _ = self.try_in(transaction));
        for sender in back.iter().map(number).collect::<BTreeSet<_>>() {
            self.pool.used(key(sender), self.nonces[sender]);
        }
    }
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Deed;

    fn init_state() -> BoxedStrategy<Model> {
        let (pool, now) = (Pool::default(), START);
        let (parked, trying, asked, blocks, moved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let nonces = [0; SENDERS];
        Just(Model { now, nonces, pool, expires_at: START, parked, trying, asked, blocks, moved, unfit: None }).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Deed> {
        prop_oneof![
            10 => (0..SENDERS, 1..=AHEAD, 1..=PRICES)
                .prop_map(|(sender, ahead, price)| Deed::Submit(sender, ahead, price)),
            3 => prop_oneof![5 => 1..1500_u64, 1 => 1500..70_000_u64].prop_map(Deed::Pass),
            2 => Just(Deed::Answer),
            3 => (0..SENDERS, 0..3_usize, any::<bool>())
                .prop_map(|(sender, own, foreign)| Deed::Block(sender, own, foreign)),
            2 => (1..4_usize).prop_map(Deed::Revert),
            1 => (0..SENDERS).prop_map(Deed::Unfit),
        ]
        .boxed()
    }

    fn apply(mut model: Model, deed: &Deed) -> Model {
        match *deed {
            Deed::Submit(sender, ahead, price) => {
                let transaction = prepared(sender, model.nonces[sender] + ahead, price);
                model.submit(&transaction);
            }
            Deed::Pass(millis) => {
                model.now += millis;
                model.fire();
            }
            Deed::Answer => model.answer(),
            Deed::Block(sender, own, foreign) => model.block(sender, own, foreign),
            Deed::Revert(most) => model.revert(most),
            Deed::Unfit(sender) => {
                let first = model.waiting_of(sender).first().cloned();
                model.unfit = first.as_ref().map(ValidTransaction::id);
                first.iter().for_each(|first| model.pool.remove_with_dependents(first));
            }
        }
        model
    }
}

/// A core, the accounts that it has asked for, and what it last said of each transaction: whether it is still there.
struct Real {
    core: Core,
    nonces: [u64; SENDERS],
    asked: VecDeque<ValidTransaction>,
    held: BTreeMap<TxId, bool>,
}

impl Real {
    fn take_note(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Event(Event::Admitted(transaction)) => _ = self.held.insert(transaction.id(), true),
                Output::Event(Event::Deferred(id)) => _ = self.held.insert(id, true),
                Output::Event(Event::Removed { id, .. }) => _ = self.held.insert(id, false),
                Output::ReadAccount(transaction) => self.asked.push_back(transaction),
                _ => {}
            }
        }
    }

    fn account(&self, sender: usize) -> AccountData {
        AccountData { nonce: self.nonces[sender], balance: u64::MAX }
    }

    /// The blocks of a change, and the accounts of their senders after it.
    fn change(&self, moved: &[Vec<ValidTransaction>]) -> (Vec<Block>, Vec<(BlsKey, AccountData)>) {
        let transactions = |block: &Vec<ValidTransaction>| block.iter().map(|it| it.transaction().clone()).collect();
        let blocks = moved.iter().map(|block| Block { transactions: transactions(block), ..Block::default() });
        let senders: BTreeSet<_> = moved.iter().flatten().map(number).collect();
        let accounts = senders.into_iter().map(|sender| (key(sender), self.account(sender)));
        (blocks.collect(), accounts.collect())
    }
}

fn core() -> Core {
    let secret = SecretKey::from(BlsScalar::from(1));
    let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
    let provisioners: Provisioners = std::iter::once((PublicKey::from(&secret), stake)).collect();
    let header = Header { hash: Header::default().compute_hash(), ..Header::default() };
    let last_final = ChainBlock { header, provisioners: Arc::new(provisioners) };
    let restart =
        Restart { before: None, last_final, unsettled: Vec::new(), records: Vec::new(), position: Position(0) };
    let consensus = Config { alone: true, start: Start::OnGo, ..Config::local(Millis(0)) };
    let config = CoreConfig { pool: LIMITS, ..CoreConfig::new(consensus) };
    Core::new(config, Box::new(Keyring::new(vec![secret])), restart, Millis(START), &mut Vec::new())
}

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Machine;

    fn init_test(_: &Model) -> Self {
        Self { core: core(), nonces: [0; SENDERS], asked: VecDeque::new(), held: BTreeMap::new() }
    }

    fn apply(mut real: Self, model: &Model, deed: Deed) -> Self {
        let (now, mut out) = (Millis(model.now), Vec::new());
        match deed {
            Deed::Submit(sender, ahead, price) => {
                let transaction = prepared(sender, real.nonces[sender] + ahead, price);
                let account = real.account(sender);
                real.core.handle(now, Input::Transaction { transaction, account, origin: Origin::Client }, &mut out);
            }
            Deed::Pass(_) => real.core.handle(now, Input::Timer, &mut out),
            Deed::Answer => {
                for transaction in std::mem::take(&mut real.asked) {
                    let account = Some(Ok(real.account(number(&transaction))));
                    real.core.handle(now, Input::Account { id: transaction.id(), account }, &mut out);
                }
            }
            Deed::Block(..) => {
                real.nonces = model.nonces;
                let (blocks, accounts) = real.change(&model.moved);
                blocks.iter().for_each(|block| real.core.forget_included(block, &accounts, &mut out));
            }
            Deed::Revert(_) => {
                real.nonces = model.nonces;
                let (blocks, accounts) = real.change(&model.moved);
                real.core.bring_back(now, &blocks, &accounts, &mut out);
            }
            Deed::Unfit(_) => {
                let unfit = model.unfit.map(|id| (id, crate::mempool::Removal::CannotRun(String::new())));
                real.core.on_unfit(unfit.into_iter().collect(), None, &mut out);
            }
        }
        real.take_note(out);
        real
    }

    fn check_invariants(real: &Self, model: &Model) {
        let (pool, prequeue): (&Mempool, &Prequeue) = (real.core.mempool(), real.core.prequeue());
        let waiting: BTreeSet<TxId> = pool.iter().map(ValidTransaction::id).collect();
        assert_eq!(waiting, model.pool.ids(), "the mempool");
        let ids = |rests: &[Rest]| rests.iter().map(|rest| rest.transaction.id()).collect::<BTreeSet<_>>();
        assert_eq!(prequeue.ids().collect::<BTreeSet<_>>(), ids(&model.parked), "the prequeue");
        assert_eq!(real.core.trying.keys().copied().collect::<BTreeSet<_>>(), ids(&model.trying));
        let bytes: usize = model.parked.iter().map(|rest| rest.transaction.ledger_bytes()).sum();
        assert_eq!((prequeue.len(), prequeue.bytes()), (model.parked.len(), bytes));
        assert_eq!(prequeue.next_try(), model.parked.iter().map(|rest| rest.due).min());

        // Every transaction that was taken is somewhere, or the core has said that it is gone.
        let in_block: BTreeSet<TxId> = model.blocks.iter().flatten().map(ValidTransaction::id).collect();
        let aside: BTreeSet<TxId> = prequeue.ids().chain(real.core.trying.keys().copied()).collect();
        for (id, held) in &real.held {
            let is_here = waiting.contains(id) || aside.contains(id);
            assert!(!waiting.contains(id) || !aside.contains(id), "{id} waits twice");
            assert!(!held || is_here || in_block.contains(id), "{id} is lost");
            assert!(*held || !is_here, "{id} is said to be gone, and waits");
        }

        // The whole mempool runs, each account from its next nonce on.
        let (mut queue, mut nonces, mut ran) = (pool.queue(), model.nonces, 0);
        while let Some(next) = queue.next() {
            let nonce = &mut nonces[number(&next)];
            *nonce += 1;
            assert_eq!(next.nonce(), *nonce);
            queue.ran(&next);
            ran += 1;
        }
        assert_eq!(ran, pool.len());
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_waits_is_what_plain_lists_hold(sequential 1..120 => Real);
}
