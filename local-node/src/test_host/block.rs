//! Blocks of several calls, and what they share with blocks of one transaction.

use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::data::ContractCall;
use dusk_core::transfer::moonlight::{Fee, Payload};
use dusk_sdk_protocol::execution::Frame;
use dusk_sdk_protocol::host::{Call, HexBytes, MAX_BLOCK_CALLS, Outcome, Response};
use local_node_types::rules::BLOCK_GAS_LIMIT;
use local_node_vm::Executed;

use super::chain::{Answer, Chain, GAS_PRICE, Held, Problem, TransactionRequest};
use super::report::{Action, Entry};
use crate::executor::{BlockParams, RunError};

impl Chain<'_> {
    /// Makes one block of several calls, in this order. If one of them cannot be in it, the chain stays as it was.
    pub(super) fn send_together(&mut self, calls: Vec<Call>) -> Answer {
        let count = calls.len();
        if count == 0 || count > MAX_BLOCK_CALLS {
            return Err(Problem {
                message: format!("a block of a test has 1 to {MAX_BLOCK_CALLS} calls, not {count}"),
                hint: Some("divide the calls among several blocks"),
            });
        }
        let share = share_of_gas(&calls)?;
        let mut requests: Vec<_> = calls.into_iter().map(|call| called(call, share)).collect();
        let executor = &self.shared.executor;
        let (height, mut nonces) = (self.now.height + 1, self.now.nonces);
        let params = BlockParams { height, payees: None, slashed: Vec::new(), gas_limit: BLOCK_GAS_LIMIT };
        let mut block = executor.open(self.root(), params).map_err(|error| error.to_string())?.keeping_traces();
        let (mut ids, mut seen) = (Vec::new(), Vec::new());
        for (number, request) in (1..).zip(&mut requests) {
            let index = self.index_of(&request.from)?;
            let account = &self.shared.accounts[index];
            nonces[index] += 1;
            seen.extend(self.observer.look_at(request, height));
            let payload = payload(request, *account.public_key(), executor.chain_id(), nonces[index]);
            let (bytes, rules) = (payload.to_var_bytes(), executor.rules(height));
            let transaction = self.shared.signer.sign(account, payload, &bytes, executor.vm(), rules)?;
            block.set_deadline(self.deadline());
            block.run(&transaction).map_err(|error| match error {
                RunError::TooLong => self.too_long(&request.function),
                error => {
                    let which = format!("call {number} of {count}, `{}` by {},", request.function, request.from);
                    not_in_block(&which, &error)
                }
            })?;
            ids.push(transaction.id());
        }
        let committed = block.commit(self.observer.is_on()).map_err(|error| error.to_string())?;
        self.now.held = Some(Arc::new(Held { vm: executor.vm().clone(), root: committed.root }));
        (self.now.height, self.now.nonces) = (height, nonces);

        let executed: Vec<_> = committed.receipts.into_iter().map(|receipt| receipt.executed).collect();
        self.observer.keep(seen, &executed, committed.changes);
        let done = requests.into_iter().zip(ids).zip(executed);
        let outcomes = done.map(|((request, tx), executed)| self.outcome(request, tx, height, executed)).collect();
        Ok(Response::Block { outcomes })
    }

    /// Reports a transaction that is in a block, and gives its outcome for the test.
    pub(super) fn outcome(
        &mut self,
        request: TransactionRequest,
        tx: [u8; 32],
        height: u64,
        executed: Executed,
    ) -> Outcome {
        let logs = executed.traces.iter().flat_map(Frame::logged).collect();
        self.report.push(Entry {
            action: request.action,
            package: self.packages.get(&request.contract).cloned(),
            contract: request.contract,
            function: request.function,
            from: request.from,
            height,
            gas_spent: executed.gas_spent,
            result: executed.result.clone(),
            events: executed.events.clone(),
            traces: executed.traces,
        });
        Outcome {
            tx,
            height,
            contract: request.contract,
            result: executed.result.map(HexBytes),
            gas_spent: executed.gas_spent,
            fee: executed.gas_spent * request.gas_price,
            events: executed.events,
            logs,
        }
    }
}

/// The transaction of a call, with this gas limit if the call states none.
pub(super) fn called(call: Call, gas_limit: u64) -> TransactionRequest {
    let Call { from, contract, function, argument, deposit, gas_limit: stated } = call;
    let data = ContractCall::new(contract, function.clone()).with_raw_args(argument);
    TransactionRequest {
        action: Action::Call,
        from,
        contract,
        function,
        receiver: None,
        value: 0,
        deposit,
        gas_limit: stated.unwrap_or(gas_limit).min(BLOCK_GAS_LIMIT),
        gas_price: GAS_PRICE,
        data: Some(data.into()),
    }
}

/// The gas limit of each call that states none: a failed call spends its limit, and all of them have to fit into the
/// block.
fn share_of_gas(calls: &[Call]) -> Result<u64, Problem> {
    let stated = calls.iter().filter_map(|call| call.gas_limit).fold(0, u64::saturating_add);
    let left = BLOCK_GAS_LIMIT.checked_sub(stated).ok_or_else(|| Problem {
        message: format!("the calls of a block have gas limits of {stated} together; a block has {BLOCK_GAS_LIMIT}"),
        hint: Some("lower the limits, or divide the calls among several blocks"),
    })?;
    let without = calls.iter().filter(|call| call.gas_limit.is_none()).count() as u64;
    Ok(left.checked_div(without).unwrap_or(left))
}

/// The transaction that a request's account signs. Takes the data of the request.
pub(super) fn payload(request: &mut TransactionRequest, sender: PublicKey, chain_id: u8, nonce: u64) -> Payload {
    Payload {
        chain_id,
        sender,
        receiver: request.receiver.unwrap_or(sender),
        value: request.value,
        deposit: request.deposit,
        fee: Fee { gas_limit: request.gas_limit, gas_price: request.gas_price, refund_address: sender },
        nonce,
        data: request.data.take(),
    }
}

pub(super) fn not_in_block(which: &str, error: &RunError) -> Problem {
    Problem {
        message: format!("{which} cannot be in a block: {error}"),
        hint: Some("nothing was sent; look at the account's balance, the deposit and the gas limit"),
    }
}
