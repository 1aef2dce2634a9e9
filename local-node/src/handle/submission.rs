//! Transactions on their way into the mempool: checks beside the loop, compilation, simulation.

use std::sync::Arc;

use dusk_core::transfer::Transaction;
use local_node_core::Origin;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::LedgerTransaction;
use local_node_vm::ExecutionError;

use super::{Command, NodeHandle, SimulateError, SubmitError};
use crate::block::TxId;
use crate::end::Stopped;
use crate::reader::Simulation;
use crate::store::Slot;
use crate::transaction::{Received, TransactionError, ValidTransaction, decode};
use crate::work::LaneError;

impl NodeHandle {
    /// Checks a transaction's bytes (any envelope) and puts it into the mempool. One whose predecessors have not
    /// arrived yet waits some seconds for them.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn submit(&self, bytes: Vec<u8>) -> Result<TxId, SubmitError> {
        self.submit_marked(bytes, None, Origin::Client).await
    }

    /// As [`submit`](Self::submit), for the frame of a transaction that a peer has sent. It is read beside the loop and
    /// the network, once.
    pub(crate) async fn submit_of_peer(&self, frame: Arc<[u8]>) -> Result<TxId, SubmitError> {
        let transaction = self.check(Received::Frame(frame)).await?;
        self.submit_checked(transaction, None, Origin::Peer).await
    }

    /// Sends a transaction that waited when the node stopped. If checking it ends two processes, it is not tried again.
    pub(crate) async fn submit_again(&self, id: TxId, bytes: Vec<u8>) -> Result<TxId, SubmitError> {
        self.submit_marked(bytes, Some(id), Origin::Client).await
    }

    /// The sender and the nonce of a transaction that waited when the node stopped, if its bytes tell them.
    pub(crate) async fn sender_and_nonce(&self, bytes: Vec<u8>) -> Option<(BlsKey, u64)> {
        match self.check_aside(move || decode(&bytes)).await {
            Ok(Transaction::Moonlight(public)) => Some((BlsKey::from(public.sender()), public.nonce())),
            Ok(_) | Err(_) => None,
        }
    }

    async fn submit_marked(&self, bytes: Vec<u8>, marked: Option<TxId>, origin: Origin) -> Result<TxId, SubmitError> {
        let transaction = self.check_bytes(bytes, marked).await?;
        self.submit_checked(transaction, marked, origin).await
    }

    async fn submit_checked(
        &self,
        transaction: ValidTransaction,
        marked: Option<TxId>,
        origin: Origin,
    ) -> Result<TxId, SubmitError> {
        if transaction.protocol().deploy().is_some() {
            self.compile_affordable(transaction.clone(), marked).await?;
        }
        self.ask(|reply| Command::Submit { transaction, origin, reply }).await?
    }

    /// Says whether [`submit`](Self::submit) would take a transaction now.
    ///
    /// # Errors
    /// Why it would not.
    pub async fn preverify(&self, bytes: Vec<u8>) -> Result<TxId, SubmitError> {
        let transaction = self.check_bytes(bytes, None).await?;
        self.ask(|reply| Command::Check { transaction, reply }).await?
    }

    /// Runs a transaction as the first one of the next block, and forgets what it did. Its signature is checked by the
    /// transfer contract.
    ///
    /// # Errors
    /// The outer error says that it could not be tried, the inner one that it cannot be in the next block at all.
    pub async fn simulate(&self, bytes: &[u8]) -> Result<Result<Simulation, ExecutionError>, SimulateError> {
        let (bytes, policy, rules) = (bytes.to_vec(), self.0.info.policy, self.next_rules());
        let transaction = self.check_aside(move || {
            let transaction = decode(&bytes)?;
            policy.check_terms(&transaction, rules)?;
            Ok(LedgerTransaction::new(transaction, rules.fork().ledger_format()))
        });
        Ok(self.0.reader.simulate(transaction.await?).await?)
    }

    async fn check_bytes(&self, bytes: Vec<u8>, marked: Option<TxId>) -> Result<ValidTransaction, SubmitError> {
        if marked.is_none() {
            return self.check(Received::Bytes(bytes)).await;
        }
        // Not together with others, which would be to blame as well.
        let (checks, rules) = (Arc::clone(&self.0.checks), self.next_rules());
        self.check_aside(self.marking(marked, move || checks.check_here(&bytes, rules))).await
    }

    /// Checks a transaction together with others that come at the same time.
    async fn check(&self, received: Received) -> Result<ValidTransaction, SubmitError> {
        outcome(self.0.checks.check(received, self.next_rules()).await)
    }

    /// Work that says while it goes on which transaction it is about.
    fn marking<T>(
        &self,
        marked: Option<TxId>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl FnOnce() -> T + Send + 'static {
        let marked = marked.map(|id| (id, self.0.store.clone()));
        move || {
            if let Some((id, store)) = &marked {
                store.mark_running(Slot::Return, Some(id));
            }
            let done = work();
            if let Some((_, store)) = &marked {
                store.mark_running(Slot::Return, None);
            }
            done
        }
    }

    /// Does a check on a thread that may be busy for a while, no more at a time than there are processors.
    async fn check_aside<T: Send + 'static>(
        &self,
        check: impl FnOnce() -> Result<T, TransactionError> + Send + 'static,
    ) -> Result<T, SubmitError> {
        outcome(self.0.checking.run(check).await)
    }

    /// Compiles the module of a deployment here, so that the loop need not, but only for somebody who can pay for it.
    async fn compile_affordable(&self, transaction: ValidTransaction, marked: Option<TxId>) -> Result<(), SubmitError> {
        let asked = transaction.clone();
        self.ask(|reply| Command::Check { transaction: asked, reply }).await??;
        let vm = self.0.reader.vm().clone();
        let sender = transaction.sender();
        let compile =
            move || transaction.protocol().deploy().map(|deploy| vm.compile(&deploy.bytecode.bytes)).transpose();
        let compilations = &self.0.compilations;
        if let Some(compiled) =
            compilations.run(sender, self.marking(marked, compile)).await?.map_err(TransactionError::from)?
        {
            compilations.keep(compiled);
        }
        Ok(())
    }
}

fn outcome<T>(checked: Result<Result<T, TransactionError>, LaneError>) -> Result<T, SubmitError> {
    match checked {
        Ok(checked) => Ok(checked?),
        Err(LaneError::Full) => Err(SubmitError::Busy),
        Err(LaneError::Panicked(text)) => Err(SubmitError::Failed(text)),
        Err(LaneError::Ending) => Err(Stopped::Asked.into()),
    }
}
