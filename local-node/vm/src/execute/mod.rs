//! Running a transaction (the book, "Transactions and fees", section "Execution").
//!
//! 1. Preconditions: checks of the transaction without the state.
//! 2. `spend_and_execute` of the transfer contract takes the fee, moves the value and makes the call.
//! 3. A deployment, if the transaction carries one.
//! 4. `refund` of the transfer contract gives back what was not spent.
//!
//! A failed call or deployment costs the whole gas limit; the transaction counts nevertheless.

mod precondition;
mod withdrawal;

use dusk_core::TxPreconditionError;
use dusk_core::abi::{ContractError, ContractId, Metadata};
use dusk_core::transfer::data::{ContractDeploy, gen_contract_id};
use dusk_core::transfer::{PANIC_NONCE_NOT_READY, TRANSFER_CONTRACT, Transaction};
use dusk_sdk_protocol::execution::{CallError, Event, Frame};
use local_node_types::rules::{Feature, Fork, GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS, Rules};

use crate::error::VmError;
use crate::limits::RESERVED_MEMORY_BYTES;
use crate::module::{Features, inspect};
use crate::queries::encoded;
use crate::session::{Receipt, Session};

/// A transaction that was included, whether its call succeeded or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The result of the call, or the error of the call or deployment.
    pub result: Result<Vec<u8>, CallError>,
    /// Gas that is paid for.
    pub gas_spent: u64,
    /// Gas that the transaction allowed.
    pub gas_limit: u64,
    /// All events, also those of undone calls.
    pub events: Vec<Event>,
    /// The top-level calls in order: `spend_and_execute`, `init` of a deployed contract, `refund`.
    pub traces: Vec<Frame>,
    /// The contract that was deployed.
    pub contract: Option<ContractId>,
}

impl Executed {
    /// The events that the ledger keeps: from the fork Boreas on, not those of undone calls.
    #[must_use]
    pub fn ledger_events(&self, rules: Rules) -> Vec<Event> {
        let keeps_reverted = rules.fork() < Fork::Boreas;
        self.events.iter().filter(|event| keeps_reverted || !event.reverted).cloned().collect()
    }
}

/// Why a transaction cannot be included.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutionError {
    /// The transaction is not acceptable, whatever the state.
    #[error("{0}")]
    Precondition(#[from] Precondition),
    /// Its nonce is not the next one.
    #[error("the nonce is not ready to be used yet")]
    NotReady,
    /// It cannot pay, or is not authorised to: the state is as before. Or this machine gave it up
    /// ([`VmError::ends_top_level_call`]): the state may have changed, so go back to a mark, or begin anew.
    #[error("the transaction cannot be spent: {0}")]
    Unspendable(#[source] VmError),
    /// The refund failed. The state has changed: go back to a mark, or begin anew.
    #[error("the refund failed: {0}")]
    FailedRefund(#[source] VmError),
}

/// Why a transaction is not acceptable, whatever the state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Precondition {
    /// Shielded transactions are switched off.
    #[error("phoenix is not enabled in the VM")]
    PhoenixDisabled,
    /// Deployments are switched off.
    #[error("contract deployment is not enabled in the VM")]
    DeploymentDisabled,
    /// Deployments with a 32-bit memory are switched off.
    #[error("32-bit wasm is not enabled in the VM")]
    Wasm32Disabled,
    /// Deployments with a 64-bit memory are switched off.
    #[error("64-bit wasm is not enabled in the VM")]
    Wasm64Disabled,
    /// Only the genesis contracts may be called.
    #[error("3rd party contracts are not enabled in the VM")]
    ThirdPartyDisabled,
    /// Blobs are switched off.
    #[error("Blob processing is not enabled in the VM")]
    BlobsDisabled,
    /// Its fee, its deployment or its blobs do not meet the rules.
    #[error("{}", .0.legacy_to_string())]
    Fee(TxPreconditionError),
}

/// Checks what can be said of a transaction under `rules` without the state.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_preconditions(tx: &Transaction, rules: Rules) -> Result<(), Precondition> {
    precondition::check(tx, rules).map(drop)
}

/// Runs a transaction under the session's rules.
///
/// # Errors
/// [`ExecutionError`] when the transaction cannot be included. After [`ExecutionError::FailedRefund`] the session must
/// be rewound to a mark from before.
pub fn execute(session: &mut Session, tx: &Transaction) -> Result<Executed, ExecutionError> {
    let rules = session.rules().ok_or(ExecutionError::Unspendable(VmError::Unusable))?;
    let blob_charge = precondition::check(tx, rules)?;
    if rules.active(Feature::PublicSender) {
        let sender = encoded(&tx.moonlight_sender().copied());
        session.set_meta(Metadata::PUBLIC_SENDER, sender).map_err(ExecutionError::Unspendable)?;
    }
    if let Some(hook) = withdrawal::hook(tx, rules) {
        session.set_call_hook(hook);
    }
    session.reserve_memory(RESERVED_MEMORY_BYTES);
    let executed = spend_and_refund(session, tx, rules, blob_charge);
    session.remove_meta(Metadata::PUBLIC_SENDER);
    session.clear_call_hook();
    session.reserve_memory(0);
    executed
}

fn spend_and_refund(
    session: &mut Session,
    tx: &Transaction,
    rules: Rules,
    blob_charge: Option<u64>,
) -> Result<Executed, ExecutionError> {
    let mut executed = spend(session, tx)?;
    if let Some(deploy) = tx.deploy()
        && executed.result.is_ok()
    {
        match run_deployment(session, tx, deploy, rules, &mut executed) {
            Ok(()) => {}
            Err(DeployError::Failed(error)) => executed.result = Err(error),
            Err(DeployError::GivenUp(error)) => return Err(ExecutionError::Unspendable(error)),
        }
    }
    executed.gas_spent = executed.gas_spent.max(blob_charge.unwrap_or(0));
    if executed.result.is_err() {
        executed.gas_spent = executed.gas_limit;
    }
    let refund = session.call(TRANSFER_CONTRACT, "refund", &encoded(&executed.gas_spent), u64::MAX).map_err(
        |error| match error {
            error if error.ends_top_level_call() => ExecutionError::Unspendable(error),
            error => ExecutionError::FailedRefund(error),
        },
    )?;
    executed.events.extend(refund.events);
    executed.traces.push(refund.trace);
    Ok(executed)
}

fn spend(session: &mut Session, tx: &Transaction) -> Result<Executed, ExecutionError> {
    let stripped = tx.blob_to_memo().or_else(|| tx.strip_off_bytecode());
    let argument = encoded(stripped.as_ref().unwrap_or(tx));
    let called = session.call(TRANSFER_CONTRACT, "spend_and_execute", &argument, tx.gas_limit());
    let receipt = called.map_err(|error| match error {
        VmError::Panic(text) if text == PANIC_NONCE_NOT_READY => ExecutionError::NotReady,
        error => ExecutionError::Unspendable(error),
    })?;
    let Receipt { data, gas_limit, gas_spent, events, trace } = receipt;
    let result = rkyv::from_bytes::<Result<Vec<u8>, ContractError>>(&data)
        .map_err(|_| ExecutionError::Unspendable(VmError::UnexpectedReply("spend_and_execute")))?
        .map_err(call_error);
    Ok(Executed { result, gas_spent, gas_limit, events, traces: vec![trace], contract: None })
}

/// Why a deployment did not succeed.
enum DeployError {
    /// The transaction is included with this result.
    Failed(CallError),
    /// The machine gave the transaction up.
    GivenUp(VmError),
}

impl From<CallError> for DeployError {
    fn from(error: CallError) -> Self {
        Self::Failed(error)
    }
}

/// Deploys the transaction's contract.
fn run_deployment(
    session: &mut Session,
    tx: &Transaction,
    deploy: &ContractDeploy,
    rules: Rules,
    executed: &mut Executed,
) -> Result<(), DeployError> {
    let bytecode = &deploy.bytecode.bytes;
    let charge = tx
        .deploy_charge(GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS)
        .map_err(|_| CallError::Panic("deploy charge overflow".to_owned()))?;
    let charges_init = rules.fork() >= Fork::Boreas;
    let gas_left = tx.gas_limit().saturating_sub(executed.gas_spent);
    // Before Boreas the gas spent so far was counted twice.
    let needed = if charges_init { Some(charge) } else { executed.gas_spent.checked_add(charge) };
    if needed.is_none_or(|needed| gas_left < needed) {
        return Err(CallError::OutOfGas.into());
    }
    if *blake3::hash(bytecode).as_bytes() != deploy.bytecode.hash {
        return Err(CallError::Panic("failed bytecode hash check".to_owned()).into());
    }
    if !rules.active(Feature::ReferenceTypes)
        && let Err(error) = inspect(bytecode, Features::WithoutReferenceTypes)
    {
        return Err(CallError::Panic(format!("failed deployment: bytecode validation rejected: {error}")).into());
    }
    let id = gen_contract_id(bytecode, deploy.nonce, &deploy.owner);
    let budget = if charges_init { gas_left.saturating_sub(charge) } else { gas_left };
    let deployed = session.deploy(id, bytecode, deploy.init_args.as_deref(), &deploy.owner, budget);
    let receipt = match deployed {
        Ok(receipt) => receipt,
        Err(error) if error.ends_top_level_call() => return Err(DeployError::GivenUp(error)),
        Err(error) => {
            executed.traces.extend(session.take_failed_trace());
            return Err(CallError::Panic(format!("failed deployment: {error}")).into());
        }
    };
    executed.gas_spent = executed.gas_spent.saturating_add(charge);
    if charges_init {
        executed.gas_spent = executed.gas_spent.saturating_add(receipt.gas_spent);
    }
    executed.events.extend(receipt.events);
    executed.traces.push(receipt.trace);
    executed.contract = Some(id);
    Ok(())
}

fn call_error(error: ContractError) -> CallError {
    match error {
        ContractError::Panic(text) => CallError::Panic(text),
        ContractError::OutOfGas => CallError::OutOfGas,
        ContractError::DoesNotExist => CallError::DoesNotExist,
        ContractError::Unknown => CallError::Unknown,
    }
}
