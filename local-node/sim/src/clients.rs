//! Accounts that send transfers, and what transfers do to them in the model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::data::TransactionData;
use dusk_core::transfer::moonlight::AccountData;
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_core::mempool::{ValidTransaction, most_spent};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::LedgerTransaction;

/// The chain's id.
pub const CHAIN_ID: u8 = 0xd0;
/// How many accounts send transfers.
pub const CLIENTS: u64 = 4;
/// Transfers of the first account that wait at every node from the start, so that the first blocks hold some.
pub const FIRST_TRANSFERS: u64 = 32;
/// The first balance of each account, in LUX.
pub const FUNDS: u64 = 1_000_000_000_000;
/// The value of a transfer, in LUX.
const VALUE: u64 = 1000;
/// The gas limit of a transfer in the model, and the part of it that is spent there.
pub const GAS_LIMIT: u64 = 100_000;
const GAS_SPENT: u64 = 20_000;
/// The gas limit of a transfer in the virtual machine.
pub const REAL_GAS_LIMIT: u64 = 10_000_000;

/// The accounts after a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    accounts: Arc<BTreeMap<BlsKey, AccountData>>,
    /// The fees of all transfers so far, in LUX.
    fees: u64,
}

/// Why a transfer does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Its nonce is not the next one.
    Nonce,
    /// Its sender cannot pay for it.
    Money,
    /// Its sender has no account.
    Stranger,
}

fn secret(client: u64) -> SecretKey {
    SecretKey::from(BlsScalar::from(1000 + client))
}

/// The account of a client as a point, and as bytes. Computed once in a process.
fn keys(client: u64) -> (PublicKey, BlsKey) {
    static KNOWN: Mutex<BTreeMap<u64, (PublicKey, BlsKey)>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let compute = || {
        let point = PublicKey::from(&secret(client));
        (point, BlsKey::from(&point))
    };
    *known.entry(client).or_insert_with(compute)
}

/// The account of a client.
#[must_use]
pub fn account(client: u64) -> BlsKey {
    keys(client).1
}

/// The account of a client as a point.
#[must_use]
pub fn point(client: u64) -> PublicKey {
    keys(client).0
}

/// A client's transfer to the next one; the first client's are to itself, and the shortest that there are. Signed once
/// in a process.
///
/// # Panics
/// Never: the terms of these transfers are right.
#[must_use]
pub fn transfer(client: u64, nonce: u64, gas_price: u64, gas_limit: u64) -> ValidTransaction {
    type Known = BTreeMap<(u64, u64, u64, u64), ValidTransaction>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let sign = || {
        let receiver = (client > 0).then(|| point((client + 1) % CLIENTS));
        let none = None::<TransactionData>;
        let signed =
            Transaction::moonlight(&secret(client), receiver, VALUE, 0, gas_limit, gas_price, nonce, CHAIN_ID, none);
        let signed = LedgerTransaction::new(signed.expect("a transfer can be signed"), TransactionFormat::Boreas);
        ValidTransaction::of_block(signed).expect("it is public, and its amounts are small")
    };
    known.entry((client, nonce, gas_price, gas_limit)).or_insert_with(sign).clone()
}

impl Accounts {
    /// The clients' accounts at first.
    #[must_use]
    pub fn new() -> Self {
        let funded = AccountData { nonce: 0, balance: FUNDS };
        Self { accounts: Arc::new((0..CLIENTS).map(|client| (account(client), funded.clone())).collect()), fees: 0 }
    }

    /// The accounts of a state, after blocks that took so many LUX of fees together.
    #[must_use]
    pub fn read(accounts: local_node_core::Accounts, fees: u64) -> Self {
        Self { accounts: Arc::new(accounts.into_iter().collect()), fees }
    }

    /// The fees of all transfers so far, in LUX.
    #[must_use]
    pub const fn fees(&self) -> u64 {
        self.fees
    }

    /// An account.
    #[must_use]
    pub fn get(&self, key: &BlsKey) -> AccountData {
        self.accounts.get(key).cloned().unwrap_or(AccountData { nonce: 0, balance: 0 })
    }

    /// The accounts, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&BlsKey, &AccountData)> {
        self.accounts.iter()
    }

    /// All money that there is, with what was paid as fees.
    #[must_use]
    pub fn supply(&self) -> u64 {
        self.accounts.values().map(|account| account.balance).sum::<u64>() + self.fees
    }

    /// The supply at first.
    #[must_use]
    pub const fn first_supply() -> u64 {
        CLIENTS * FUNDS
    }

    /// Moves money from one account to another, for no reason: a planted bug.
    pub(crate) fn misbook(&mut self) {
        let accounts = Arc::make_mut(&mut self.accounts);
        if let Some(account) = accounts.get_mut(&account(1)) {
            account.balance -= 1;
        }
        if let Some(account) = accounts.get_mut(&account(2)) {
            account.balance += 1;
        }
    }

    /// Runs a transfer.
    ///
    /// # Errors
    /// Why it does not run. Nothing has changed then.
    pub fn run(&mut self, transaction: &LedgerTransaction) -> Result<(), Unfit> {
        let Transaction::Moonlight(terms) = transaction.protocol() else { return Err(Unfit::Stranger) };
        let (sender, receiver) = (BlsKey::from(terms.sender()), terms.receiver().map(BlsKey::from));
        let (value, price) = (terms.value(), terms.gas_price());
        let account = self.accounts.get(&sender).ok_or(Unfit::Stranger)?;
        if terms.nonce() != account.nonce + 1 {
            return Err(Unfit::Nonce);
        }
        if account.balance < most_spent(terms).map_err(|_| Unfit::Money)? {
            return Err(Unfit::Money);
        }
        let accounts = Arc::make_mut(&mut self.accounts);
        if let Some(account) = accounts.get_mut(&sender) {
            account.nonce += 1;
            account.balance -= value + GAS_SPENT * price;
        }
        self.fees += GAS_SPENT * price;
        match accounts.get_mut(&receiver.unwrap_or(sender)) {
            Some(account) => account.balance += value,
            None => self.fees += value,
        }
        Ok(())
    }
}

impl Default for Accounts {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_run_in_the_order_of_their_nonces_and_money_is_conserved() {
        let mut accounts = Accounts::new();
        let [first, second] = [1, 2].map(|nonce| transfer(1, nonce, 3, GAS_LIMIT));
        assert_eq!(accounts.run(second.transaction()), Err(Unfit::Nonce));
        assert_eq!((accounts.run(first.transaction()), accounts.run(second.transaction())), (Ok(()), Ok(())));
        assert_eq!(accounts.run(first.transaction()), Err(Unfit::Nonce));
        assert_eq!(accounts.get(&account(1)).balance, FUNDS - 2 * (VALUE + 3 * GAS_SPENT));
        assert_eq!(accounts.get(&account(2)).balance, FUNDS + 2 * VALUE);
        assert_eq!(accounts.supply(), Accounts::first_supply());
    }

    #[test]
    fn a_sender_has_to_be_able_to_pay_for_the_whole_gas_limit() {
        let with = |balance| {
            let accounts = BTreeMap::from([(account(0), AccountData { nonce: 0, balance })]);
            Accounts { accounts: Arc::new(accounts), fees: 0 }.run(transfer(0, 1, 3, GAS_LIMIT).transaction())
        };
        assert_eq!(with(VALUE + 3 * GAS_LIMIT - 1), Err(Unfit::Money));
        assert_eq!(with(VALUE + 3 * GAS_LIMIT), Ok(()));
    }
}
