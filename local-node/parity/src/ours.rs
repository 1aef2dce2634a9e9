//! The machine under test.

use anyhow::{Context, Result, bail};
use dusk_core::abi::ContractId;
use dusk_core::transfer::Transaction;
use dusk_sdk_protocol::execution::{CallError, Event};
use local_node_types::rules::Profile;
use local_node_vm::{BlockEnv, ExecutionError, Receipt, Session, StateRoot, Vm, VmError, execute};

use crate::protocol::{Answer, Bytes, Command, EventRecord, Failure, TransactionError};

/// Runs scripts on the machine under test.
#[derive(Debug)]
pub struct Ours {
    vm: Vm,
    last: Option<StateRoot>,
    session: Option<Session>,
}

impl Ours {
    /// A machine that holds nothing.
    ///
    /// # Errors
    /// When the machine cannot be set up.
    pub fn new() -> Result<Self> {
        Ok(Self::on(Vm::in_memory()?))
    }

    /// This machine.
    #[must_use]
    pub fn on(vm: Vm) -> Self {
        Self { vm, last: None, session: None }
    }

    /// Runs a command.
    ///
    /// # Errors
    /// When the script is wrong or the machine itself fails.
    pub fn run(&mut self, command: &Command) -> Result<Answer> {
        if let Command::Session { chain_id, height } = *command {
            let env = BlockEnv { chain_id, rules: Profile::Local.at(height) };
            self.session = Some(self.vm.session(self.last, env)?);
            return Ok(Answer::Done);
        }
        let session = self.session.as_mut().context("the script has begun no session")?;
        Ok(match command {
            Command::Session { .. } => bail!("a session was begun above"),
            Command::Deploy { id, bytecode, init, owner, gas } => {
                receipt(session.deploy(ContractId::from_bytes(*id), bytecode, Some(init), owner, *gas))
            }
            Command::Call { id, function, argument, gas } => {
                receipt(session.call(ContractId::from_bytes(*id), function, argument, *gas))
            }
            Command::Execute { transaction } => {
                let transaction = Transaction::from_slice(transaction);
                let transaction = transaction.map_err(|error| anyhow::anyhow!("no transaction: {error:?}"))?;
                match execute(session, &transaction) {
                    Ok(executed) => Answer::Executed {
                        result: executed.result.map(Bytes).map_err(failure),
                        gas_spent: executed.gas_spent,
                        events: records(executed.events),
                    },
                    Err(error) => Answer::Refused(refusal(error)?),
                }
            }
            Command::Root => Answer::Root(session.root()?),
            Command::Commit => {
                let root = self.session.take().context("the script has begun no session")?.commit()?;
                self.last = Some(root);
                Answer::Root(root)
            }
        })
    }
}

fn receipt(outcome: Result<Receipt, VmError>) -> Answer {
    match outcome {
        Ok(Receipt { data, gas_spent, events, .. }) => Answer::Receipt { data, gas_spent, events: records(events) },
        Err(error) => Answer::Failed(failure(error.as_call_error())),
    }
}

fn refusal(error: ExecutionError) -> Result<TransactionError> {
    Ok(match error {
        ExecutionError::Precondition(precondition) => TransactionError::Precondition(precondition.to_string()),
        ExecutionError::NotReady => TransactionError::NotReady,
        ExecutionError::Unspendable(error) => TransactionError::Unspendable(failure(error.as_call_error())),
        ExecutionError::FailedRefund(error) => TransactionError::FailedRefund(failure(error.as_call_error())),
        other => bail!("an error that the reference does not know: {other}"),
    })
}

fn failure(error: CallError) -> Failure {
    match error {
        CallError::Panic(text) => Failure::panic(text),
        CallError::OutOfGas => Failure::OutOfGas,
        CallError::DoesNotExist => Failure::DoesNotExist,
        CallError::Unknown => Failure::Unknown,
    }
}

fn records(events: Vec<Event>) -> Vec<EventRecord> {
    let record = |event: Event| EventRecord {
        source: event.source.to_bytes(),
        topic: event.topic,
        data: event.data,
        reverted: event.reverted,
    };
    events.into_iter().map(record).collect()
}
