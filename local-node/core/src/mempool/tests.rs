use std::sync::{LazyLock, Mutex};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::data::TransactionData;
use dusk_core::transfer::moonlight::{Fee, Payload, Transaction};
use local_node_types::rules::Profile;
use proptest::prelude::*;

use super::*;

static ACCOUNTS: LazyLock<Vec<(SecretKey, PublicKey)>> = LazyLock::new(|| {
    let secrets = (1..=10_u64).map(|number| SecretKey::from(BlsScalar::from(number)));
    secrets.map(|secret| (secret.clone(), PublicKey::from(&secret))).collect()
});

fn transaction_with_memo(sender: usize, nonce: u64, gas_price: u64, memo: usize) -> ValidTransaction {
    let key = ACCOUNTS[sender].1;
    let payload = Payload {
        chain_id: 0,
        sender: key,
        receiver: ACCOUNTS[9].1,
        value: 1,
        deposit: 0,
        fee: Fee { gas_limit: 100_000, gas_price, refund_address: key },
        nonce,
        data: (memo > 0).then(|| TransactionData::Memo(vec![7; memo])),
    };
    let signed = Transaction::sign_payload(&ACCOUNTS[sender].0, payload).expect("memo is short");
    ValidTransaction::trusted(signed.into(), Profile::Local.at(1)).expect("amounts are small")
}

fn transaction(sender: usize, nonce: u64, gas_price: u64) -> ValidTransaction {
    transaction_with_memo(sender, nonce, gas_price, 0)
}

fn rich(nonce: u64) -> AccountData {
    AccountData { nonce, balance: u64::MAX }
}

fn pool(max_transactions: usize) -> Mempool {
    Mempool::new(Limits { max_transactions, ..Limits::default() })
}

/// The transactions of a block, as (sender, nonce), if everything runs.
fn order(pool: &Mempool) -> Vec<(BlsKey, u64)> {
    let mut queue = pool.queue();
    std::iter::from_fn(|| {
        let next = queue.next()?;
        queue.ran(&next);
        Some((next.sender(), next.nonce()))
    })
    .collect()
}

fn id_of(sender: usize) -> BlsKey {
    BlsKey::from(&ACCOUNTS[sender].1)
}

#[test]
fn better_paying_transactions_come_first_but_nonces_stay_in_order() {
    let mut pool = pool(10);
    for (sender, nonce, price) in [(0, 6, 1), (0, 7, 9), (0, 8, 5), (1, 6, 3)] {
        pool.insert(transaction(sender, nonce, price), &rich(5), 0).expect("fits");
    }
    assert_eq!(order(&pool), [(id_of(1), 6), (id_of(0), 6), (id_of(0), 7), (id_of(0), 8)]);
    assert_eq!(pool.next_nonce(&id_of(0), &rich(5)), 9);
    assert_eq!(pool.next_nonce(&id_of(2), &rich(5)), 6);
}

#[test]
fn successors_of_what_does_not_run_do_not_run() {
    let mut pool = pool(10);
    for (nonce, price) in [(1, 1), (2, 9)] {
        pool.insert(transaction(0, nonce, price), &rich(0), 0).expect("fits");
    }
    let mut queue = pool.queue();
    assert_eq!(queue.next().map(|tx| tx.nonce()), Some(1));
    assert!(queue.next().is_none());
}

#[test]
fn nonces_must_be_new_near_and_without_gap() {
    let mut pool = pool(100);
    let mut try_nonce = |nonce| pool.insert(transaction(0, nonce, 1), &rich(5), 0);
    assert_eq!(try_nonce(5), Err(PoolError::NonceUsed { nonce: 5, next: 6 }));
    assert_eq!(try_nonce(7), Err(PoolError::NonceGap { nonce: 7, missing: 6 }));
    assert_eq!(try_nonce(70), Err(PoolError::NonceGap { nonce: 70, missing: 6 }));
    assert_eq!(try_nonce(71), Err(PoolError::NonceTooFarAhead { nonce: 71, next: 6 }));
    for nonce in 6..=75 {
        try_nonce(nonce).expect("in order");
    }
    assert_eq!(try_nonce(77), Err(PoolError::NonceGap { nonce: 77, missing: 76 }));
    assert_eq!(try_nonce(u64::MAX), Err(PoolError::NonceTooFarAhead { nonce: u64::MAX, next: 76 }));
    assert_eq!(pool.len(), 70);
}

#[test]
fn a_transaction_waits_once_and_needs_its_money() {
    let mut pool = pool(10);
    let first = transaction(0, 1, 2);
    pool.insert(first.clone(), &rich(0), 0).expect("fits");
    assert_eq!(pool.insert(first.clone(), &rich(0), 0), Err(PoolError::Waiting(first.id())));
    let poor = AccountData { nonce: 0, balance: 200_000 };
    assert_eq!(
        pool.insert(transaction(1, 1, 2), &poor, 0),
        Err(PoolError::NotEnoughMoney { balance: 200_000, needed: 200_001 })
    );
    let enough = AccountData { nonce: 0, balance: 200_001 };
    pool.insert(transaction(1, 1, 2), &enough, 0).expect("just enough");
}

#[test]
fn only_a_higher_price_replaces() {
    let mut pool = pool(1);
    let first = transaction(0, 1, 2);
    pool.insert(first.clone(), &rich(0), 0).expect("fits");
    let same_price = transaction_with_memo(0, 1, 2, 3);
    assert_eq!(pool.insert(same_price, &rich(0), 0), Err(PoolError::NotReplaced { nonce: 1, price: 2 }));
    let better = transaction(0, 1, 3);
    assert_eq!(pool.insert(better.clone(), &rich(0), 0), Ok(vec![(first.id(), Removal::Displaced)]));
    assert_eq!(pool.iter().map(ValidTransaction::id).collect::<Vec<_>>(), [better.id()]);
}

#[test]
fn a_full_pool_gives_way_only_to_better_prices_and_takes_dependents_along() {
    let mut pool = pool(3);
    let (first, second) = (transaction(0, 1, 1), transaction(0, 2, 5));
    for (tx, sender) in [(first.clone(), 0), (second.clone(), 0), (transaction(1, 1, 4), 1)] {
        assert_eq!(pool.insert(tx, &rich(0), 0), Ok(vec![]), "account {sender}");
    }
    assert_eq!(pool.insert(transaction(2, 1, 1), &rich(0), 0), Err(PoolError::Full { price: 1 }));
    assert_eq!(
        pool.insert(transaction(2, 1, 2), &rich(0), 0),
        Ok(vec![(first.id(), Removal::Evicted), (second.id(), Removal::Evicted)])
    );
    assert_eq!(pool.len(), 2);
}

#[test]
fn a_full_pool_never_removes_what_the_new_one_needs() {
    let mut pool = pool(1);
    pool.insert(transaction(0, 1, 1), &rich(0), 0).expect("fits");
    assert_eq!(pool.insert(transaction(0, 2, 9), &rich(0), 0), Err(PoolError::Full { price: 1 }));
}

#[test]
fn bytes_are_bounded_too() {
    let one = transaction_with_memo(0, 1, 1, 500);
    let limits = Limits { max_bytes: one.ledger_bytes() * 2 - 1, ..Limits::default() };
    let mut pool = Mempool::new(limits);
    pool.insert(one.clone(), &rich(0), 0).expect("fits");
    assert_eq!(pool.insert(transaction_with_memo(1, 1, 1, 500), &rich(0), 0), Err(PoolError::Full { price: 1 }));
    assert_eq!(pool.insert(transaction_with_memo(1, 1, 2, 500), &rich(0), 0), Ok(vec![(one.id(), Removal::Evicted)]));
}

#[test]
fn blocks_and_time_clear_the_pool() {
    let mut pool = pool(10);
    let waiting: Vec<_> = (1..=4).map(|nonce| transaction(0, nonce, 1)).collect();
    for (since, tx) in waiting.iter().enumerate() {
        pool.insert(tx.clone(), &rich(0), since as u64).expect("fits");
    }
    assert_eq!(pool.account_changed(&id_of(0), &rich(2)), [waiting[0].id(), waiting[1].id()]);
    assert_eq!(pool.account_changed(&id_of(1), &rich(2)), []);
    let expiry = Limits::default().expiry_seconds;
    assert!(pool.expire(expiry + 1).is_empty());
    assert_eq!(pool.expire(expiry + 2), [waiting[2].id(), waiting[3].id()]);
    assert!(pool.is_empty() && pool.bytes == 0 && pool.by_price.is_empty() && pool.by_account.is_empty());
}

#[test]
fn a_gap_that_a_revert_leaves_is_cleared() {
    let mut pool = pool(10);
    let tx = transaction(0, 6, 1);
    pool.insert(tx.clone(), &rich(5), 0).expect("fits");
    assert_eq!(pool.account_changed(&id_of(0), &rich(3)), [tx.id()]);
}

#[test]
fn equal_prices_are_ordered_by_the_ids_from_the_highest() {
    let mut pool = pool(10);
    let mut ids: Vec<_> = (0..5)
        .map(|sender| transaction(sender, 1, 3))
        .map(|tx| {
            pool.insert(tx.clone(), &rich(0), 0).expect("fits");
            tx.id()
        })
        .collect();
    ids.sort_unstable();
    ids.reverse();
    assert_eq!(pool.iter().map(ValidTransaction::id).collect::<Vec<_>>(), ids);
}

fn prequeue(max_parked: usize, max_parked_per_account: usize) -> Prequeue {
    Prequeue::new(Limits { max_parked, max_parked_per_account, ..Limits::default() })
}

fn nonces(parked: &[Parked]) -> Vec<u64> {
    parked.iter().map(|parked| parked.transaction().nonce()).collect()
}

#[test]
fn parked_transactions_come_back_in_time_or_in_turn() {
    let mut queue = prequeue(10, 10);
    for (nonce, at) in [(5, 0), (4, 100), (3, 100)] {
        assert_eq!(queue.park(transaction(0, nonce, 1), at), Ok(None));
    }
    assert_eq!(queue.next_try(), Some(RETRY_MILLIS));
    assert!(queue.take_due(RETRY_MILLIS - 1).is_empty());
    assert_eq!(nonces(&queue.take_due(RETRY_MILLIS)), [5]);
    assert!(queue.take_nonce(&id_of(1), 3).is_none());
    assert_eq!(queue.take_nonce(&id_of(0), 3).map(|it| it.transaction().nonce()), Some(3));
    assert_eq!(nonces(&queue.take_due(u64::MAX)), [4]);
    assert!(queue.is_empty() && queue.next_try().is_none());
}

#[test]
fn parked_transactions_are_given_up_after_the_last_try() {
    let mut queue = prequeue(10, 10);
    let tx = transaction(0, 5, 1);
    queue.park(tx.clone(), 0).expect("fits");
    for round in 1..u64::from(MAX_TRIES) {
        let mut due = queue.take_due(round * RETRY_MILLIS);
        assert_eq!(nonces(&due), [5]);
        queue.put_back(due.remove(0), round * RETRY_MILLIS).expect("not the last one");
        assert!(queue.transaction(&tx.id()).is_some());
    }
    let last = queue.take_due(u64::from(MAX_TRIES) * RETRY_MILLIS).remove(0);
    assert_eq!(queue.put_back(last, 0), Err(GivenUp::Exhausted));
    assert!(queue.is_empty() && queue.transaction(&tx.id()).is_none());
    assert!(GivenUp::Exhausted.to_string().contains("5 seconds"));
}

#[test]
fn parking_has_bounds_and_better_prices_replace() {
    let mut queue = prequeue(3, 2);
    let first = transaction(0, 5, 2);
    queue.park(first.clone(), 0).expect("fits");
    assert_eq!(queue.park(first.clone(), 0), Err(PoolError::Parked(first.id())));
    let rival = transaction_with_memo(0, 5, 2, 3);
    assert_eq!(queue.park(rival, 0), Err(PoolError::NotReplaced { nonce: 5, price: 2 }));
    queue.park(transaction(0, 6, 1), 0).expect("fits");
    assert_eq!(queue.park(transaction(0, 7, 9), 0), Err(PoolError::TooManyParkedOfAccount { most: 2 }));
    queue.park(transaction(1, 7, 1), 0).expect("fits");
    assert_eq!(queue.park(transaction(2, 7, 1), 0), Err(PoolError::TooManyParked { most: 3 }));
    // A replacement takes no room.
    let better = transaction(0, 5, 3);
    assert_eq!(queue.park(better.clone(), 40), Ok(Some(first.id())));
    assert_eq!(queue.len(), 3);
    assert_eq!(queue.ids().count(), 3);
    assert_eq!(queue.take_due(u64::MAX).len(), 3);
    assert!(queue.is_empty() && queue.next_try().is_none() && queue.transaction(&better.id()).is_none());
}

/// A transaction that is signed once in a process.
pub(crate) fn prepared(sender: usize, nonce: u64, gas_price: u64) -> ValidTransaction {
    type Known = BTreeMap<(usize, u64, u64), ValidTransaction>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().expect("nothing panics while it is held");
    known.entry((sender, nonce, gas_price)).or_insert_with(|| transaction(sender, nonce, gas_price)).clone()
}

static PREPARED: LazyLock<Vec<ValidTransaction>> = LazyLock::new(|| {
    let cases =
        (0..3).flat_map(|sender| (1..=4).flat_map(move |nonce| (1..=3).map(move |price| (sender, nonce, price))));
    cases.map(|(sender, nonce, price)| transaction(sender, nonce, price)).collect()
});

proptest! {
    #[test]
    fn the_pool_stays_consistent(
        operations in proptest::collection::vec((0_u8..8, 0_usize..36, 0_u64..3), 1..80),
        max_transactions in 1_usize..8,
    ) {
        let mut pool = pool(max_transactions);
        let mut nonces = BTreeMap::<BlsKey, u64>::new();
        for (operation, which, nonce) in operations {
            let tx = PREPARED[which].clone();
            let account = nonces.entry(tx.sender()).or_default();
            match operation {
                0 => {
                    *account = nonce.max(*account);
                    let account = rich(*account);
                    pool.account_changed(&tx.sender(), &account);
                }
                1 => { pool.remove(&tx.id()); }
                _ => { let _ = pool.insert(tx, &rich(*account), 0); }
            }
            prop_assert!(pool.len() <= max_transactions);
            prop_assert_eq!(pool.len(), pool.by_price.len());
            prop_assert_eq!(pool.len(), pool.by_account.values().map(BTreeMap::len).sum::<usize>());
            prop_assert_eq!(pool.bytes, pool.iter().map(ValidTransaction::ledger_bytes).sum::<usize>());
            // No gaps, and the whole pool can run.
            for (sender, waiting) in &pool.by_account {
                let first = nonces.get(sender).copied().unwrap_or_default() + 1;
                prop_assert!(waiting.keys().copied().eq(first..first + waiting.len() as u64));
            }
            prop_assert_eq!(order(&pool).len(), pool.len());
        }
    }
}

/// The rules of the pool once more, as plainly as possible: a list, walked again for every question.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    waiting: Vec<(ValidTransaction, u64)>,
}

impl Model {
    pub(crate) fn find(&self, sender: BlsKey, nonce: u64) -> Option<ValidTransaction> {
        let found = self.waiting.iter().find(|(tx, _)| tx.sender() == sender && tx.nonce() == nonce);
        found.map(|(tx, _)| tx.clone())
    }

    pub(crate) fn remove_with_dependents(&mut self, gone: &ValidTransaction) {
        self.waiting.retain(|(tx, _)| tx.sender() != gone.sender() || tx.nonce() < gone.nonce());
    }

    pub(crate) fn insert(&mut self, tx: &ValidTransaction, account: &AccountData, now: u64, most: usize) -> bool {
        let rival = self.find(tx.sender(), tx.nonce());
        let reachable = (account.nonce + 1..tx.nonce()).all(|nonce| self.find(tx.sender(), nonce).is_some());
        let affordable = tx.most_spent() <= account.balance;
        let better = rival.as_ref().is_none_or(|rival| rival.gas_price() < tx.gas_price());
        if tx.nonce() <= account.nonce || !reachable || !affordable || !better {
            return false;
        }
        if let Some(rival) = rival {
            self.waiting.retain(|(other, _)| other.id() != rival.id());
        } else if self.waiting.len() >= most {
            let others = self.waiting.iter().map(|(other, _)| other).filter(|other| other.sender() != tx.sender());
            match others.min_by_key(|other| (other.gas_price(), other.id())).cloned() {
                Some(worst) if worst.gas_price() < tx.gas_price() => self.remove_with_dependents(&worst),
                _ => return false,
            }
        }
        self.waiting.push((tx.clone(), now));
        true
    }

    pub(crate) fn used(&mut self, sender: BlsKey, nonce: u64) {
        self.waiting.retain(|(tx, _)| tx.sender() != sender || tx.nonce() > nonce);
        // Transactions behind a gap after the highest used nonce cannot run.
        for nonce in nonce + 1..=nonce + 10 {
            if self.find(sender, nonce).is_none() {
                self.waiting.retain(|(tx, _)| tx.sender() != sender || tx.nonce() < nonce);
            }
        }
    }

    pub(crate) fn expire(&mut self, now: u64, after: u64) {
        let old = |since: u64| now >= after && since <= now - after;
        while let Some((gone, _)) = self.waiting.iter().find(|(_, since)| old(*since)).cloned() {
            self.remove_with_dependents(&gone);
        }
    }

    pub(crate) fn ids(&self) -> BTreeSet<TxId> {
        self.waiting.iter().map(|(tx, _)| tx.id()).collect()
    }
}

const EXPIRY: u64 = 20;

proptest! {
    #[test]
    fn the_pool_does_what_the_plain_model_does(
        operations in proptest::collection::vec((0_u8..10, 0_usize..36, 0_u64..4, 0_u64..6), 1..120),
        max_transactions in 1_usize..10,
    ) {
        let limits = Limits { max_transactions, expiry_seconds: EXPIRY, ..Limits::default() };
        let (mut pool, mut model, mut now) = (Mempool::new(limits), Model::default(), 0);
        let mut nonces = BTreeMap::<BlsKey, u64>::new();
        for (operation, which, nonce, passed) in operations {
            now += passed;
            let tx = PREPARED[which].clone();
            let account = nonces.entry(tx.sender()).or_default();
            match operation {
                0 => {
                    *account = nonce.max(*account);
                    pool.account_changed(&tx.sender(), &rich(*account));
                    model.used(tx.sender(), *account);
                }
                1 => {
                    pool.expire(now);
                    model.expire(now, EXPIRY);
                }
                // One account in ten has little money.
                _ => {
                    let balance = if operation == 2 { 200_001 } else { u64::MAX };
                    let account = AccountData { nonce: *account, balance };
                    let taken = pool.insert(tx.clone(), &account, now).is_ok();
                    prop_assert_eq!(taken, model.insert(&tx, &account, now, max_transactions));
                }
            }
            prop_assert_eq!(pool.entries.keys().copied().collect::<BTreeSet<_>>(), model.ids());
        }
    }
}

#[test]
fn a_preferred_transaction_comes_first_while_it_waits() {
    let mut pool = pool(10);
    for (sender, nonce, price) in [(0, 1, 1), (0, 2, 7), (1, 1, 9), (2, 1, 5)] {
        pool.insert(transaction(sender, nonce, price), &rich(0), 0).expect("fits");
    }
    pool.prefer(transaction(0, 1, 1).id());
    assert_eq!(order(&pool), [(id_of(0), 1), (id_of(1), 1), (id_of(0), 2), (id_of(2), 1)]);
    // It still does not come before its predecessor.
    pool.prefer(transaction(0, 2, 7).id());
    assert_eq!(order(&pool)[0], (id_of(1), 1));
    pool.remove(&transaction(0, 2, 7).id());
    pool.prefer(transaction(3, 1, 1).id());
    assert_eq!(order(&pool), [(id_of(1), 1), (id_of(2), 1), (id_of(0), 1)]);
}

#[test]
fn parked_transactions_are_bounded_in_bytes() {
    let sized = |nonce, price, memo| transaction_with_memo(0, nonce, price, memo);
    let one = sized(5, 1, 400).ledger_bytes();
    let mut queue = Prequeue::new(Limits { max_parked_bytes: 2 * one, ..Limits::default() });
    queue.park(sized(5, 1, 400), 0).expect("fits");
    queue.park(sized(6, 1, 400), 0).expect("fits");
    assert_eq!(queue.park(transaction(0, 7, 1), 0), Err(PoolError::TooManyParkedBytes { most: 2 * one }));
    // A replacement counts only by its difference in size.
    queue.park(sized(6, 2, 400), 0).expect("fits in its place");
    assert_eq!(queue.park(sized(6, 3, 401), 0), Err(PoolError::TooManyParkedBytes { most: 2 * one }));
    assert!(queue.transaction(&sized(6, 2, 400).id()).is_some(), "who is refused displaces nobody");
    assert!(queue.take_nonce(&id_of(0), 5).is_some());
    queue.park(transaction(0, 7, 1), 0).expect("there is room again");
    queue.take_due(u64::MAX);
    assert_eq!(queue.bytes(), 0);
}
