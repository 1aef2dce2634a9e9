//! The public data of a transaction, for tests that compare it between runs.

use std::collections::VecDeque;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::data::TransactionData;
use dusk_sdk_protocol::execution::Frame;
use dusk_sdk_protocol::host::{Attached, HexBytes, Response};
use dusk_sdk_protocol::observation::{self, Changed, Observation, Page, Part};
use local_node_types::keys::BlsKey;
use local_node_vm::{BLOCK_BYTES, Executed, StateChanges};

use super::chain::TransactionRequest;
use super::report::Action;

/// Keeps what the chain shows of the transactions in the last block, once somebody asks for it. It keeps one block at a
/// time, so that what the host holds does not grow with the test.
#[derive(Debug, Default)]
pub(super) struct Observer {
    is_on: bool,
    last: VecDeque<Box<Observation>>,
}

impl Observer {
    /// Observes from now on.
    pub(super) fn begin(&mut self) {
        self.is_on = true;
    }

    /// Whether it observes.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// The next transaction of the last block. Each is told once.
    pub(super) fn take(&mut self) -> Option<Response> {
        self.last.pop_front().map(|observation| Response::Observed { observation })
    }

    /// Takes what a transaction states; `None` where nothing is observed.
    pub(super) fn look_at(&self, request: &TransactionRequest, height: u64) -> Option<Box<Observation>> {
        self.is_on.then(|| Box::new(stated(request, height)))
    }

    /// Adds what came of the transactions of a block. The changes of the state are those of the whole block, and stand
    /// at its last transaction.
    pub(super) fn keep(
        &mut self,
        stated: impl IntoIterator<Item = Box<Observation>>,
        executed: &[Executed],
        changes: Option<StateChanges>,
    ) {
        let seen = stated.into_iter().zip(executed).map(|(mut seen, executed)| {
            seen.gas_spent = executed.gas_spent;
            seen.result = executed.result.clone().map(HexBytes);
            seen.events.clone_from(&executed.events);
            seen.call = executed.traces.iter().find_map(|frame| call_of(frame, &seen)).cloned();
            seen
        });
        self.last = seen.collect();
        if let (Some(last), Some(changes)) = (self.last.back_mut(), changes) {
            last.changes = changed(changes);
        }
    }
}

fn stated(request: &TransactionRequest, height: u64) -> Observation {
    let argument = match &request.data {
        Some(TransactionData::Call(call)) => call.fn_args.clone(),
        Some(TransactionData::Deploy(deploy)) => deploy.init_args.clone().unwrap_or_default(),
        _ => request.receiver.as_ref().map(receiver_bytes).unwrap_or_default(),
    };
    Observation {
        action: match request.action {
            Action::Deploy => observation::Action::Deploy,
            Action::Transfer => observation::Action::Transfer,
            Action::Call | Action::Query => observation::Action::Call,
        },
        from: request.from.clone(),
        contract: request.contract,
        function: request.function.clone(),
        argument,
        value: request.value,
        deposit: request.deposit,
        gas_limit: request.gas_limit,
        height,
        gas_spent: 0,
        result: Ok(HexBytes::default()),
        events: Vec::new(),
        call: None,
        changes: Vec::new(),
    }
}

fn receiver_bytes(receiver: &PublicKey) -> Vec<u8> {
    BlsKey::from(receiver).0.to_vec()
}

/// The frame of the call that a transaction was sent for.
fn call_of<'f>(frame: &'f Frame, seen: &Observation) -> Option<&'f Frame> {
    if frame.contract == seen.contract && frame.function == seen.function {
        return Some(frame);
    }
    frame.calls.iter().find_map(|call| call_of(call, seen))
}

fn changed(changes: StateChanges) -> Vec<Changed> {
    let part = |block: local_node_vm::BlockChange| Part {
        offset: u64::from(block.index) * BLOCK_BYTES as u64,
        bytes: Attached::new(block.bytes.into_vec()),
    };
    let page = |page: local_node_vm::PageChange| Page {
        index: page.index,
        hash: page.hash,
        parts: page.blocks.into_iter().map(part).collect(),
    };
    let contract = |change: local_node_vm::ContractChange| Changed {
        contract: change.id,
        length: change.length,
        pages: change.pages.into_iter().map(page).collect(),
    };
    // A contract that was only read is among the changes, without pages.
    changes.contracts.into_iter().map(contract).filter(|contract| !contract.pages.is_empty()).collect()
}
