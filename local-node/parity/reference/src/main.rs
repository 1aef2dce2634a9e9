//! The production virtual machine, driven over pipes: one command a line on standard input, one answer a line on
//! standard output. With `driver FILE` it is production's reader of data drivers that answers.

mod driver;
#[path = "../../src/protocol.rs"]
mod protocol;
#[path = "../../src/question.rs"]
mod question;

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use dusk_core::abi::{ContractError, ContractId, Event};
use dusk_core::plonk::PlonkVersion;
use dusk_core::transfer::Transaction;
use dusk_vm::host_queries::{HardFork, HostQueryPolicy, HostQueryPolicyGuard, set_host_query_policy};
use dusk_vm::{Error as VmError, ExecutionConfig, ExecutionError, Session, VM, execute};
use protocol::{Answer, Bytes, Command, EventRecord, Failure, TransactionError};

/// Production's configuration of a local network after all forks.
const TODAY: ExecutionConfig = ExecutionConfig {
    gas_per_deploy_byte: 100,
    gas_per_blob: 1_000_000,
    min_deploy_points: 5_000_000,
    min_deploy_gas_price: 2_000,
    with_public_sender: true,
    with_blob: true,
    disable_wasm64: true,
    disable_wasm32: false,
    disable_3rd_party: false,
    disable_phoenix: false,
    with_reference_types: true,
    phoenix_refund_check: true,
    deploy_remaining_gas_check: true,
    charge_init_gas: true,
    withdrawal_nullifier_check: true,
};

struct Machine {
    vm: VM,
    last: Option<[u8; 32]>,
    session: Option<Session>,
    _policy: Option<HostQueryPolicyGuard>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run_machine(),
        ["driver", file] => driver::read(file),
        _ => Err("say nothing, or `driver FILE`".into()),
    }
}

fn run_machine() -> Result<(), Box<dyn Error>> {
    let mut machine = Machine { vm: VM::ephemeral()?, last: None, session: None, _policy: None };
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let answer = machine.run(serde_json::from_str(&line?)?)?;
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

impl Machine {
    fn run(&mut self, command: Command) -> Result<Answer, Box<dyn Error>> {
        if let Command::Session { chain_id, height } = command {
            let policy = if height == 0 {
                HostQueryPolicy::from_versions(PlonkVersion::V1, HardFork::PreFork)
            } else {
                HostQueryPolicy::from_versions(PlonkVersion::V3, HardFork::Boreas)
            };
            self._policy = None;
            self._policy = Some(set_host_query_policy(policy));
            self.session = Some(match self.last {
                Some(base) => self.vm.session(base, chain_id, height)?,
                None => self.vm.genesis_session(chain_id),
            });
            return Ok(Answer::Done);
        }
        let session = self.session.as_mut().ok_or("there is no session")?;
        Ok(match command {
            Command::Session { .. } => unreachable!("handled above"),
            Command::Deploy { id, bytecode, init, owner, gas } => {
                match session.deploy_raw(Some(ContractId::from_bytes(id)), &bytecode, Some(init), owner, gas) {
                    Ok((_, Some(receipt))) => Answer::Receipt {
                        data: receipt.data,
                        gas_spent: receipt.gas_spent,
                        events: records(receipt.events),
                    },
                    Ok((_, None)) => Answer::Receipt { data: vec![], gas_spent: 0, events: vec![] },
                    Err(error) => Answer::Failed(failure(error)),
                }
            }
            Command::Call { id, function, argument, gas } => {
                match session.call_raw(ContractId::from_bytes(id), &function, argument, gas) {
                    Ok(receipt) => Answer::Receipt {
                        data: receipt.data,
                        gas_spent: receipt.gas_spent,
                        events: records(receipt.events),
                    },
                    Err(error) => Answer::Failed(failure(error)),
                }
            }
            Command::Execute { transaction } => {
                let transaction = Transaction::from_slice(&transaction).map_err(|error| format!("{error:?}"))?;
                match execute(session, &transaction, &TODAY) {
                    Ok(receipt) => Answer::Executed {
                        result: receipt.data.map(Bytes).map_err(contract_failure),
                        gas_spent: receipt.gas_spent,
                        events: records(receipt.events),
                    },
                    Err(ExecutionError::Precondition(text)) => Answer::Refused(TransactionError::Precondition(text)),
                    Err(ExecutionError::NotReady) => Answer::Refused(TransactionError::NotReady),
                    Err(ExecutionError::Unspendable(error)) => Answer::Refused(TransactionError::Unspendable(failure(error))),
                    Err(ExecutionError::FailedRefund(error)) => Answer::Refused(TransactionError::FailedRefund(failure(error))),
                }
            }
            Command::Root => Answer::Root(session.root()),
            Command::Commit => {
                let session = self.session.take().ok_or("there is no session")?;
                let root = session.commit()?;
                self.last = Some(root);
                Answer::Root(root)
            }
        })
    }
}

fn failure(error: VmError) -> Failure {
    contract_failure(ContractError::from(error))
}

fn contract_failure(error: ContractError) -> Failure {
    match error {
        ContractError::Panic(text) => Failure::panic(text),
        ContractError::OutOfGas => Failure::OutOfGas,
        ContractError::DoesNotExist => Failure::DoesNotExist,
        ContractError::Unknown => Failure::Unknown,
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
