//! The requests of the handles to the node's loop.

use dusk_core::abi::ContractId;
use dusk_core::transfer::moonlight::AccountData;
use local_node_core::Origin;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Hash, Label};
use tokio::sync::oneshot;

use super::{ControlError, MineError, Reverted, SubmitError, TakenSnapshot, TransactionStatus};
use crate::block::TxId;
use crate::store::{KeptDriver, StoreError};
use crate::transaction::ValidTransaction;

/// A request to the loop.
pub(crate) enum Command {
    Submit {
        transaction: ValidTransaction,
        origin: Origin,
        reply: oneshot::Sender<Result<TxId, SubmitError>>,
    },
    Check {
        transaction: ValidTransaction,
        reply: oneshot::Sender<Result<TxId, SubmitError>>,
    },
    NextNonce {
        sender: BlsKey,
        account: AccountData,
        reply: oneshot::Sender<u64>,
    },
    Waiting {
        most: usize,
        reply: oneshot::Sender<Vec<ValidTransaction>>,
    },
    TransactionStatus {
        id: TxId,
        reply: oneshot::Sender<TransactionStatus>,
    },
    Mine {
        blocks: u64,
        reply: oneshot::Sender<Result<u64, MineError>>,
    },
    KeepDriver {
        contract: ContractId,
        driver: KeptDriver,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    Control(Control),
    Place {
        reply: oneshot::Sender<Place>,
    },
    Stop,
    #[cfg(test)]
    Panic,
}

/// Where the node is in the chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) height: u64,
    pub(crate) hash: Hash,
    pub(crate) label: Label,
    pub(crate) last_final: u64,
    pub(crate) position: Option<(u64, u8)>,
    pub(crate) waiting: usize,
}

/// The requests that only a development chain accepts.
pub(crate) enum Control {
    Snapshot { reply: oneshot::Sender<Result<TakenSnapshot, ControlError>> },
    Revert { snapshot: Option<u64>, reply: oneshot::Sender<Result<Reverted, ControlError>> },
    Warp { seconds: u64, reply: oneshot::Sender<Result<u64, ControlError>> },
    Reset { reply: oneshot::Sender<Result<Reverted, ControlError>> },
}
