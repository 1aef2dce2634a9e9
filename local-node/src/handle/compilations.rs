//! Compiling the contracts that transactions deploy, before the loop comes to them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use local_node_types::keys::BlsKey;
use local_node_vm::Compiled;

use super::SubmitError;
use crate::end::Stopped;
use crate::work::{Lane, LaneError};

/// The most contracts that are being compiled for deployments, or wait for it, at a time.
pub const MAX_COMPILATIONS: usize = 32;
/// The most of them that are compiled at once.
pub const MAX_COMPILATIONS_AT_ONCE: usize = 2;
/// The most of them of one sender.
pub const MAX_COMPILATIONS_PER_SENDER: usize = 8;
/// How many compiled contracts are kept for deployments that wait for their block, the last ones.
const MAX_KEPT_COMPILATIONS: usize = 64;

/// The compilation of contracts that are to be deployed: a lane of its own, so that a slow one keeps nobody else from
/// sending transactions, and only some places in it for each sender.
pub(crate) struct Compilations {
    lane: Lane,
    senders: Arc<Mutex<BTreeMap<BlsKey, usize>>>,
    /// Keeps the machine from forgetting them before they are deployed.
    kept: Mutex<VecDeque<Compiled>>,
}

/// A sender's place in the lane, given back when the work is done.
struct Place {
    sender: BlsKey,
    senders: Arc<Mutex<BTreeMap<BlsKey, usize>>>,
}

impl Compilations {
    pub(crate) fn new() -> Self {
        Self {
            lane: Lane::new(MAX_COMPILATIONS, MAX_COMPILATIONS_AT_ONCE),
            senders: Arc::default(),
            kept: Mutex::default(),
        }
    }

    /// Compiles for a sender who can pay for the deployment.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        sender: BlsKey,
        compile: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SubmitError> {
        let place = self.place(sender).ok_or(SubmitError::Compiling)?;
        let compiled = self.lane.run(move || {
            let _place = place;
            compile()
        });
        compiled.await.map_err(|error| match error {
            LaneError::Full => SubmitError::Compiling,
            LaneError::Panicked(text) => SubmitError::Failed(text),
            LaneError::Ending => Stopped::Asked.into(),
        })
    }

    fn place(&self, sender: BlsKey) -> Option<Place> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let held = senders.entry(sender).or_default();
        if *held >= MAX_COMPILATIONS_PER_SENDER {
            return None;
        }
        *held += 1;
        Some(Place { sender, senders: Arc::clone(&self.senders) })
    }

    #[cfg(test)]
    pub(crate) fn free_places(&self) -> usize {
        self.lane.free_places()
    }

    /// Keeps a compiled contract at hand until others have come after it.
    pub(super) fn keep(&self, compiled: Compiled) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT_COMPILATIONS {
            kept.pop_front();
        }
        kept.push_back(compiled);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = senders.get_mut(&self.sender) {
            *held -= 1;
            if *held == 0 {
                senders.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn sender(number: u8) -> BlsKey {
        BlsKey([number; 96])
    }

    /// A slow deployment takes a place in the lane of deployments and nowhere else; its sender takes only some of them.
    #[tokio::test]
    async fn a_sender_takes_only_its_own_places() {
        let compilations = Arc::new(Compilations::new());
        let mut releases = Vec::new();
        let mut slow = Vec::new();
        for _ in 0..MAX_COMPILATIONS_PER_SENDER {
            let (release, wait) = mpsc::channel::<()>();
            releases.push(release);
            let compilations = Arc::clone(&compilations);
            slow.push(tokio::spawn(async move { compilations.run(sender(1), move || wait.recv().is_err()).await }));
        }
        let held = || compilations.senders.lock().expect("not poisoned").get(&sender(1)).copied().unwrap_or_default();
        while held() < MAX_COMPILATIONS_PER_SENDER {
            tokio::task::yield_now().await;
        }
        assert_eq!(compilations.run(sender(1), || 1).await, Err(SubmitError::Compiling));
        let other = tokio::spawn({
            let compilations = Arc::clone(&compilations);
            async move { compilations.run(sender(2), || 2).await }
        });
        drop(releases);
        assert_eq!(other.await.expect("it ends"), Ok(2));
        for slow in slow {
            assert_eq!(slow.await.expect("it ends"), Ok(true));
        }
        assert_eq!(held(), 0);
        let failed = compilations.run(sender(1), || -> u8 { panic!("on purpose") }).await;
        assert_eq!(failed, Err(SubmitError::Failed("on purpose".into())));
        assert_eq!(compilations.run(sender(1), || 3).await, Ok(3));
    }
}
