//! Accounts for tests on a network: funded by one account, lent to one test after the other, emptied in the end.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::TransactionData;
use local_node::accounts::{KeyPair, new_keys};
use local_node_types::rules::{LUX_PER_DUSK, MIN_GAS_LIMIT};

use super::network::{Problem, fitting};
use crate::ops::chain::client::Client;
use crate::ops::chain::names::Signer;
use crate::ops::chain::transact;

/// The initial balance of a test's account, in LUX.
pub(crate) const ACCOUNT_LUX: u64 = 2_000 * LUX_PER_DUSK;
/// The least balance of an account that is lent again, in LUX.
const ENOUGH_LUX: u64 = 1_000 * LUX_PER_DUSK;
/// How many accounts are funded at once: their transfers share a block.
const ACCOUNTS_AT_ONCE: usize = 16;
/// The most accounts that are funded in one run.
const MAX_ACCOUNTS: usize = 1024;
/// The gas price of transfers, in LUX.
const GAS_PRICE: u64 = 1;

/// An account with money of its own.
pub(super) struct Funded {
    pub(super) keys: KeyPair,
    /// The nonce of its last transaction.
    pub(super) nonce: u64,
}

impl Funded {
    /// Its address: base58.
    pub(super) fn address(&self) -> String {
        self.keys.id().to_string()
    }
}

/// The account whose money the tests spend.
pub(super) struct Treasury {
    client: Client,
    chain_id: u8,
    payer: Signer,
    accounts: Mutex<Accounts>,
}

#[derive(Default)]
struct Accounts {
    free: Vec<Funded>,
    made: usize,
    /// The gas limit of a transfer, once it is known.
    transfer_gas: Option<u64>,
}

impl Treasury {
    pub(super) fn new(client: Client, chain_id: u8, payer: Signer) -> Self {
        Self { client, chain_id, payer, accounts: Mutex::default() }
    }

    /// An account with at least half of the money of a new one.
    pub(super) fn give(&self) -> Result<Funded, Problem> {
        let mut accounts = self.lock();
        loop {
            while let Some(account) = accounts.free.pop() {
                if self.client.account(account.keys.public())?.balance >= ENOUGH_LUX {
                    return Ok(account);
                }
            }
            self.fund(&mut accounts)?;
        }
    }

    /// Takes the accounts of a test that has ended.
    pub(super) fn take_back(&self, accounts: impl Iterator<Item = Funded>) {
        self.lock().free.extend(accounts);
    }

    /// Funds more accounts.
    fn fund(&self, accounts: &mut Accounts) -> Result<(), Problem> {
        if accounts.made >= MAX_ACCOUNTS {
            let message = format!("the tests have used {MAX_ACCOUNTS} accounts of {ACCOUNT_LUX} LUX each");
            return Err(Problem { message, hint: Some("run fewer tests at once, by a part of their names".into()) });
        }
        let payer = self.payer.keys();
        let state = self.client.account_state(&payer.id().to_string())?;
        if state.balance < ACCOUNT_LUX * ACCOUNTS_AT_ONCE as u64 {
            let message = format!("{} cannot pay for the accounts of the tests", self.payer.name());
            let hint = "name another development account: `[defaults] account` in dusk.toml".to_owned();
            return Err(Problem { message, hint: Some(hint) });
        }
        let made: Vec<KeyPair> = (0..ACCOUNTS_AT_ONCE).map(|_| new_keys()).collect();
        let nonces = state.next_nonce..;
        let transfers = made.iter().zip(nonces).map(|(keys, nonce)| {
            let gas = self.transfer_gas(accounts, payer, keys, nonce)?;
            self.transfer(payer, keys, ACCOUNT_LUX, gas, nonce)
        });
        let transfers: Vec<Transaction> = transfers.collect::<Result<_, Problem>>()?;
        for transfer in &transfers {
            self.client.propagate(transfer)?;
        }
        for (keys, transfer) in made.into_iter().zip(&transfers) {
            let included = transact::in_block(&self.client, &hex::encode(transfer.hash().to_bytes()))?;
            if let Some(reason) = included.err {
                let message = format!("{} cannot fund an account: {reason}", self.payer.name());
                return Err(Problem { message, hint: None });
            }
            accounts.free.push(Funded { keys, nonce: 0 });
            accounts.made += 1;
        }
        Ok(())
    }

    fn transfer_gas(&self, accounts: &mut Accounts, from: &KeyPair, to: &KeyPair, nonce: u64) -> Result<u64, Problem> {
        if let Some(known) = accounts.transfer_gas {
            return Ok(known);
        }
        let simulate = |limit| Ok(self.client.simulate(&self.transfer(from, to, ACCOUNT_LUX, limit, nonce)?)?);
        let gas = fitting(MIN_GAS_LIMIT, 100 * MIN_GAS_LIMIT, simulate)?;
        accounts.transfer_gas = Some(gas);
        Ok(gas)
    }

    fn transfer(
        &self,
        from: &KeyPair,
        to: &KeyPair,
        value: u64,
        gas_limit: u64,
        nonce: u64,
    ) -> Result<Transaction, Problem> {
        let (secret, to, data) = (from.secret(), Some(*to.public()), None::<TransactionData>);
        Transaction::moonlight(secret, to, value, 0, gas_limit, GAS_PRICE, nonce, self.chain_id, data)
            .map_err(|error| Problem { message: format!("a transfer cannot be made: {error:?}"), hint: None })
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        // A thread that panicked while it held the lock left whole accounts behind.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Treasury {
    /// Gives back what is left, as far as the node takes it. Nobody waits for it.
    fn drop(&mut self) {
        let accounts = std::mem::take(self.accounts.get_mut().unwrap_or_else(PoisonError::into_inner));
        let Some(gas) = accounts.transfer_gas else { return };
        for Funded { keys, nonce } in accounts.free {
            let give_back = || -> Result<(), Problem> {
                let balance = self.client.account(keys.public())?.balance;
                if let Some(value) = balance.checked_sub(gas * GAS_PRICE).filter(|value| *value > 0) {
                    self.client.propagate(&self.transfer(&keys, self.payer.keys(), value, gas, nonce + 1)?)?;
                }
                Ok(())
            };
            if give_back().is_err() {
                // The node is gone, or busy: the rest on a development chain is worth nothing.
                return;
            }
        }
    }
}

impl fmt::Debug for Treasury {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Treasury").field("payer", &self.payer.name()).finish_non_exhaustive()
    }
}
