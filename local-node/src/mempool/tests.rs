use std::sync::LazyLock;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::data::TransactionData;
use dusk_core::transfer::moonlight::{Fee, Payload, Transaction};
use local_node_types::rules::Profile;
use proptest::prelude::*;

use super::*;
use crate::accounts::{DevAccount, dev_accounts};

static ACCOUNTS: LazyLock<[DevAccount; 10]> = LazyLock::new(dev_accounts);

fn transaction_with_memo(sender: usize, nonce: u64, gas_price: u64, memo: usize) -> Checked {
    let key: PublicKey = *ACCOUNTS[sender].public_key();
    let payload = Payload {
        chain_id: 0,
        sender: key,
        receiver: *ACCOUNTS[9].public_key(),
        value: 1,
        deposit: 0,
        fee: Fee { gas_limit: 100_000, gas_price, refund_address: key },
        nonce,
        data: (memo > 0).then(|| TransactionData::Memo(vec![7; memo])),
    };
    let signed = Transaction::sign_payload(ACCOUNTS[sender].secret_key(), payload).expect("memo is short");
    Checked::trusted(signed.into(), Profile::Local.at(1)).expect("amounts are small")
}

fn transaction(sender: usize, nonce: u64, gas_price: u64) -> Checked {
    transaction_with_memo(sender, nonce, gas_price, 0)
}

fn rich(nonce: u64) -> AccountData {
    AccountData { nonce, balance: u64::MAX }
}

fn pool(max_transactions: usize) -> Mempool {
    Mempool::new(Limits { max_transactions, ..Limits::default() })
}

/// What a block would hold, as (sender, nonce), if everything runs.
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
    BlsKey::from(ACCOUNTS[sender].public_key())
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
    assert_eq!(try_nonce(5), Err(Refusal::NonceUsed { nonce: 5, next: 6 }));
    assert_eq!(try_nonce(7), Err(Refusal::NonceGap { nonce: 7, missing: 6 }));
    for nonce in 6..=69 {
        try_nonce(nonce).expect("in order");
    }
    assert_eq!(try_nonce(70), Err(Refusal::NonceTooFarAhead { nonce: 70, next: 6 }));
    assert_eq!(try_nonce(u64::MAX), Err(Refusal::NonceTooFarAhead { nonce: u64::MAX, next: 6 }));
    assert_eq!(pool.len(), 64);
}

#[test]
fn a_transaction_waits_once_and_needs_its_money() {
    let mut pool = pool(10);
    let first = transaction(0, 1, 2);
    pool.insert(first.clone(), &rich(0), 0).expect("fits");
    assert_eq!(pool.insert(first.clone(), &rich(0), 0), Err(Refusal::Waiting(first.id())));
    let poor = AccountData { nonce: 0, balance: 200_000 };
    assert_eq!(
        pool.insert(transaction(1, 1, 2), &poor, 0),
        Err(Refusal::NotEnoughMoney { balance: 200_000, needed: 200_001 })
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
    assert_eq!(pool.insert(same_price, &rich(0), 0), Err(Refusal::NotReplaced { nonce: 1, price: 2 }));
    let better = transaction(0, 1, 3);
    assert_eq!(pool.insert(better.clone(), &rich(0), 0), Ok(vec![(first.id(), Removal::Displaced)]));
    assert_eq!(pool.iter().map(Checked::id).collect::<Vec<_>>(), [better.id()]);
}

#[test]
fn a_full_pool_gives_way_only_to_better_prices_and_takes_dependents_along() {
    let mut pool = pool(3);
    let (first, second) = (transaction(0, 1, 1), transaction(0, 2, 5));
    for (tx, sender) in [(first.clone(), 0), (second.clone(), 0), (transaction(1, 1, 4), 1)] {
        assert_eq!(pool.insert(tx, &rich(0), 0), Ok(vec![]), "account {sender}");
    }
    assert_eq!(pool.insert(transaction(2, 1, 1), &rich(0), 0), Err(Refusal::Full { price: 1 }));
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
    assert_eq!(pool.insert(transaction(0, 2, 9), &rich(0), 0), Err(Refusal::Full { price: 1 }));
}

#[test]
fn bytes_are_bounded_too() {
    let one = transaction_with_memo(0, 1, 1, 500);
    let limits = Limits { max_bytes: one.ledger_bytes() * 2 - 1, ..Limits::default() };
    let mut pool = Mempool::new(limits);
    pool.insert(one.clone(), &rich(0), 0).expect("fits");
    assert_eq!(pool.insert(transaction_with_memo(1, 1, 1, 500), &rich(0), 0), Err(Refusal::Full { price: 1 }));
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
    assert!(pool.expire(expiry + 2).is_empty());
    assert_eq!(pool.expire(expiry + 3), [waiting[2].id(), waiting[3].id()]);
    assert!(pool.is_empty() && pool.bytes == 0 && pool.by_price.is_empty() && pool.by_account.is_empty());
}

#[test]
fn a_gap_that_a_revert_leaves_is_cleared() {
    let mut pool = pool(10);
    let tx = transaction(0, 6, 1);
    pool.insert(tx.clone(), &rich(5), 0).expect("fits");
    assert_eq!(pool.account_changed(&id_of(0), &rich(3)), [tx.id()]);
}

static PREPARED: LazyLock<Vec<Checked>> = LazyLock::new(|| {
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
            prop_assert_eq!(pool.bytes, pool.iter().map(Checked::ledger_bytes).sum::<usize>());
            // No gaps, and the whole pool can run.
            for (sender, waiting) in &pool.by_account {
                let first = nonces.get(sender).copied().unwrap_or_default() + 1;
                prop_assert!(waiting.keys().copied().eq(first..first + waiting.len() as u64));
            }
            prop_assert_eq!(order(&pool).len(), pool.len());
        }
    }
}
