//! What the handles ask of the node's loop.

use dusk_core::abi::ContractId;
use dusk_core::transfer::moonlight::AccountData;
use local_node_types::keys::BlsKey;
use tokio::sync::oneshot;

use super::{ControlError, MineError, Reverted, SubmitError, TakenSnapshot, TransactionStatus};
use crate::block::TxId;
use crate::store::{KeptDriver, StoreError};
use crate::transaction::ValidTransaction;

/// What the loop is asked.
pub(crate) enum Command {
    Submit {
        transaction: ValidTransaction,
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
    Stop,
    #[cfg(test)]
    Panic,
}

/// What only a development chain does.
pub(crate) enum Control {
    Snapshot { reply: oneshot::Sender<Result<TakenSnapshot, ControlError>> },
    Revert { snapshot: Option<u64>, reply: oneshot::Sender<Result<Reverted, ControlError>> },
    Warp { seconds: u64, reply: oneshot::Sender<Result<u64, ControlError>> },
    Reset { reply: oneshot::Sender<Result<Reverted, ControlError>> },
}
