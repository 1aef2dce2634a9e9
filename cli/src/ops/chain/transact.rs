//! Transactions: simulated first, with a gas limit that fits, sent, and waited for.
//!
//! A failed transaction burns its whole gas limit, so nothing is sent that fails in the simulation, and the
//! limit is not much more than what is needed.

use std::time::{Duration, Instant};

use anyhow::Result;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::TransactionData;
use local_node_types::rules::{BLOCK_GAS_LIMIT, MIN_GAS_LIMIT};

use super::client::{Client, ClientError, Included, Simulation};
use super::connection;
use super::names::Signer;
use crate::error::Fault;
use crate::figures::{exact_money, grouped};
use crate::ops::report::Report;

/// How often a limit that does not suffice is raised before the largest is taken.
const MAX_RAISES: u32 = 6;
/// The pause between two looks for a transaction, at first and at most.
const POLL: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(500));
/// How long a transaction is waited for.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// The sender and the chain.
pub(crate) struct Sender<'a> {
    /// The node.
    pub(crate) client: &'a Client,
    /// The account that signs and pays.
    pub(crate) account: &'a Signer,
    /// The chain that the signature is for.
    pub(crate) chain_id: u8,
}

/// The options of a transaction, a deployment or a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// The account that signs and pays; the project's default if none is named.
    pub(crate) from: Option<String>,
    /// Whether it is only simulated.
    pub(crate) dry_run: bool,
    /// Whether the block must be final.
    pub(crate) until_final: bool,
    /// Gas limit; by default a simulation determines it.
    pub(crate) gas_limit: Option<u64>,
    /// Price of a unit of gas in LUX; by default the lowest accepted price.
    pub(crate) gas_price: Option<u64>,
}

/// The action.
pub(crate) struct Order {
    /// The call or deployment.
    pub(crate) data: TransactionData,
    /// LUX that go to the contract.
    pub(crate) deposit: u64,
    /// LUX for a unit of gas.
    pub(crate) gas_price: u64,
    /// The gas limit, where one is asked for. Else one is found that suffices.
    pub(crate) gas_limit: Option<u64>,
    /// The least gas limit that the chain accepts for it.
    pub(crate) least_gas_limit: u64,
    /// The account's next nonce.
    pub(crate) nonce: u64,
    /// The account's balance.
    pub(crate) balance: u64,
}

/// A signed transaction that the simulation accepts.
pub(crate) struct Prepared {
    /// The transaction.
    pub(crate) transaction: Transaction,
    /// Its id, in hexadecimal.
    pub(crate) id: String,
    /// Gas that the simulation spent.
    pub(crate) gas: u64,
}

/// The result of the simulation.
pub(crate) enum Simulated {
    /// It goes through.
    Accepted(Box<Prepared>),
    /// It does not; the node's words.
    Refused(String),
}

impl Sender<'_> {
    /// Signs the order with a gas limit that the simulation finds sufficient.
    ///
    /// # Errors
    /// When the account cannot pay for the least, or the node does not answer.
    pub(crate) fn prepare(&self, order: &Order) -> Result<Simulated> {
        let affordable = order.balance.saturating_sub(order.deposit) / order.gas_price.max(1);
        let most = affordable.min(BLOCK_GAS_LIMIT);
        let least = order.least_gas_limit.max(MIN_GAS_LIMIT);
        if let Some(limit) = order.gas_limit.filter(|limit| !(least..=BLOCK_GAS_LIMIT).contains(limit)) {
            return Err(Fault::usage(
                format!("a gas limit of {} is out of range", grouped(limit)),
                format!("use a limit from {} to {}, or omit it", grouped(least), grouped(BLOCK_GAS_LIMIT)),
            ));
        }
        let asked = order.gas_limit.unwrap_or(least);
        if most < asked {
            let needed = asked.saturating_mul(order.gas_price).saturating_add(order.deposit);
            return Err(Fault::failed(
                format!(
                    "not enough funds: {} has {}, but needs at least {}",
                    self.account.name(),
                    exact_money(order.balance),
                    exact_money(needed)
                ),
                "nothing was sent; use another account with `--from`, or send DUSK to this one",
            ));
        }
        if let Some(limit) = order.gas_limit {
            let (transaction, simulation) = self.simulate(order, limit)?;
            return Ok(match simulation.error {
                Some(reason) => Simulated::Refused(reason),
                None => Simulated::Accepted(Box::new(prepared(transaction, simulation.gas_spent))),
            });
        }
        let (transaction, first) = self.simulate(order, most)?;
        if let Some(reason) = first.error {
            return Ok(Simulated::Refused(reason));
        }
        let mut limit = (first.gas_spent + first.gas_spent / 10).clamp(least, most);
        for _ in 0..MAX_RAISES {
            // Callees get a share of what is left, so a limit near the gas spent may be too tight: it is tried out.
            let (transaction, again) = self.simulate(order, limit)?;
            if again.error.is_none() {
                return Ok(Simulated::Accepted(Box::new(prepared(transaction, again.gas_spent))));
            }
            limit = (limit + limit / 4).min(most);
        }
        Ok(Simulated::Accepted(Box::new(prepared(transaction, first.gas_spent))))
    }

    fn simulate(&self, order: &Order, gas_limit: u64) -> Result<(Transaction, Simulation)> {
        let transaction = Transaction::moonlight(
            self.account.secret_key(),
            None,
            0,
            order.deposit,
            gas_limit,
            order.gas_price,
            order.nonce,
            self.chain_id,
            Some(order.data.clone()),
        )
        .map_err(|error| Fault::failed(format!("the transaction cannot be created: {error:?}"), "shorten its data"))?;
        let simulation = self.client.simulate(&transaction).map_err(|error| match error {
            // The node has looked at the transaction, and has its reason.
            ClientError::Refused { status: 400..=428, message } => {
                Fault::failed(format!("the node does not accept the transaction: {message}"), HINT_NOT_TAKEN)
            }
            other => anyhow::Error::from(other).context("the simulation failed"),
        })?;
        Ok((transaction, simulation))
    }

    /// Sends and waits until the transaction is in a block, or final.
    ///
    /// # Errors
    /// When the node refuses it, or it does not get into a block in time.
    pub(crate) fn send(&self, prepared: &Prepared, until_final: bool, report: &dyn Report) -> Result<Included> {
        self.client.propagate(&prepared.transaction).map_err(|error| match error {
            // The node answers, and has its reason.
            ClientError::Refused { status: 400..=428, message } => {
                let is_order = ["nonce", "already", "waiting"].iter().any(|part| message.contains(part));
                let hint = if is_order { HINT_ORDER } else { HINT_NOT_TAKEN };
                Fault::failed(format!("the node refuses the transaction: {message}"), hint)
            }
            other => connection::unreachable(other).context("the transaction may not have reached the node"),
        })?;
        included(self.client, &prepared.id, until_final, report)
    }
}

/// Waits until a transaction that was sent is in a block, or final.
///
/// # Errors
/// When the node has dropped it, does not answer, or it does not get into a block in time.
pub(crate) fn included(client: &Client, id: &str, until_final: bool, report: &dyn Report) -> Result<Included> {
    let _waiting = report.waiting("waiting for the block");
    let included = in_block(client, id)?;
    if until_final {
        let height = included.block_height;
        wait(&format!("block {height} is not final"), || {
            client.is_final(height).map(|is_final| is_final.then_some(()))
        })?;
    }
    Ok(included)
}

/// Waits until a transaction that was sent is in a block, and tells nobody of it.
///
/// # Errors
/// When the node has dropped it, does not answer, or it does not get into a block in time.
pub(crate) fn in_block(client: &Client, id: &str) -> Result<Included> {
    // Nodes of public networks do not say what they have dropped, so they are asked once.
    let mut says = true;
    let outcome = wait(&format!("transaction {id} is not in a block"), || {
        if let Some(included) = client.transaction(id)? {
            return Ok(Some(Ok(included)));
        }
        let dropped = if says { client.dropped(id) } else { Ok(None) };
        says &= dropped.is_ok();
        Ok(dropped.ok().flatten().map(Err))
    })?;
    outcome.map_err(|reason: String| {
        Fault::failed(format!("the node has dropped the transaction: {reason}"), HINT_DROPPED)
    })
}

const HINT_DROPPED: &str = "it had no effect and cost nothing; fix the cause that the reason names, then send it again";
const HINT_ORDER: &str = "another transaction of this account may be pending: try again when it is in a block";
const HINT_NOT_TAKEN: &str =
    "it had no effect and cost nothing; correct the field that the node's reason names, then send it again";

fn prepared(transaction: Transaction, gas: u64) -> Prepared {
    let id = hex::encode(transaction.hash().to_bytes());
    Prepared { transaction, id, gas }
}

/// Looks again and again, at first often, then less so.
///
/// # Errors
/// When it takes too long.
pub(crate) fn wait<T>(
    what: &str,
    mut look: impl FnMut() -> Result<Option<T>, super::client::ClientError>,
) -> Result<T> {
    let begun = Instant::now();
    let (mut pause, longest) = POLL;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if begun.elapsed() > MAX_WAIT {
            let message = format!("{what} after {} s", MAX_WAIT.as_secs());
            return Err(Fault::failed(
                message,
                "check that the node makes blocks; a later one may include the transaction",
            ));
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(longest);
    }
}
