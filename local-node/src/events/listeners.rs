//! The events that listeners have not heard yet, bounded in number and in bytes.
//!
//! All listeners share one queue, and each has its place in it. An event stays in the queue until every listener is
//! done with it, or until newer ones need the room; a listener that had not heard it then is told how many it has lost.
//! The bound of bytes counts, because contracts decide how large the events of a block are.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{MAX_BYTES_BEHIND, MAX_EVENTS_BEHIND, NodeEvent};

/// Why a listener hears no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// It was too slow. It goes on with the oldest event that is left.
    #[error("{0} events came too fast and are lost")]
    Behind(u64),
    /// The node has ended, and everything was heard.
    #[error("the node has ended")]
    Ended,
}

/// Where the node tells its events. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Announcer {
    shared: Arc<Shared>,
    told: watch::Sender<u64>,
}

/// Where listeners come from. Clones share the queue.
#[derive(Debug, Clone)]
pub(crate) struct Audience {
    shared: Arc<Shared>,
    told: watch::Receiver<u64>,
}

/// One listener to what a node tells.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
    told: watch::Receiver<u64>,
    id: u64,
    /// The number of the event that it hears next.
    next: u64,
}

#[derive(Debug, Default)]
struct Shared(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// The number of the oldest event that is held. The first of all has the number 0.
    first: u64,
    held: VecDeque<(NodeEvent, usize)>,
    bytes: usize,
    /// For each listener the number of the first event that it is not done with.
    listeners: BTreeMap<u64, u64>,
    last_id: u64,
}

/// A queue without listeners.
pub(crate) fn announcer() -> (Announcer, Audience) {
    let shared = Arc::<Shared>::default();
    let (told, receiver) = watch::channel(0);
    (Announcer { shared: Arc::clone(&shared), told }, Audience { shared, told: receiver })
}

impl Announcer {
    /// Tells all listeners. Older events give way where there is no room.
    pub(crate) fn tell(&self, event: NodeEvent) {
        let mut queue = self.shared.lock();
        if queue.listeners.is_empty() {
            queue.first += 1;
        } else {
            let bytes = event.bytes();
            queue.bytes += bytes;
            queue.held.push_back((event, bytes));
            // A single event is held however large it is, so that whoever is quick hears it.
            while queue.held.len() > MAX_EVENTS_BEHIND || queue.held.len() > 1 && queue.bytes > MAX_BYTES_BEHIND {
                queue.forget_oldest();
            }
        }
        self.told.send_replace(queue.end());
    }
}

impl Audience {
    /// A listener to what is told from now on.
    pub(crate) fn listen(&self) -> Listener {
        let mut queue = self.shared.lock();
        queue.last_id += 1;
        let (id, next) = (queue.last_id, queue.end());
        queue.listeners.insert(id, next);
        Listener { shared: Arc::clone(&self.shared), told: self.told.clone(), id, next }
    }
}

impl Listener {
    /// The next event, as soon as there is one. The one before counts as done with.
    ///
    /// # Errors
    /// [`ListenError::Behind`] when events were lost, [`ListenError::Ended`] when there will be no more.
    pub async fn recv(&mut self) -> Result<NodeEvent, ListenError> {
        loop {
            // Any event after this check wakes the listener below.
            self.told.borrow_and_update();
            if let Some(heard) = self.try_recv() {
                return heard;
            }
            if self.told.changed().await.is_err() {
                return self.try_recv().unwrap_or(Err(ListenError::Ended));
            }
        }
    }

    /// The next event, if it is there already.
    pub fn try_recv(&mut self) -> Option<Result<NodeEvent, ListenError>> {
        let mut queue = self.shared.lock();
        let lost = queue.first.saturating_sub(self.next);
        self.next += lost;
        let place = usize::try_from(self.next - queue.first).unwrap_or(usize::MAX);
        let heard = match queue.held.get(place) {
            _ if lost > 0 => Some(Err(ListenError::Behind(lost))),
            Some((event, _)) => Some(Ok(event.clone())),
            None => None,
        };
        // It is not done with the event that it is about to hear.
        queue.is_done_before(self.id, self.next);
        self.next += u64::from(matches!(heard, Some(Ok(_))));
        heard
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.listeners.remove(&self.id);
        queue.forget_heard();
    }
}

impl Queue {
    /// The number of the event that comes next.
    fn end(&self) -> u64 {
        self.first + self.held.len() as u64
    }

    fn is_done_before(&mut self, listener: u64, number: u64) {
        let before = self.listeners.insert(listener, number);
        if before.is_some_and(|before| before <= self.first) {
            self.forget_heard();
        }
    }

    /// Forgets the events that all listeners are done with.
    fn forget_heard(&mut self) {
        let wanted = self.listeners.values().min().copied().unwrap_or_else(|| self.end());
        while self.first < wanted && !self.held.is_empty() {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, bytes)) = self.held.pop_front() {
            self.bytes -= bytes;
            self.first += 1;
        }
    }
}

impl Shared {
    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use dusk_core::abi::ContractId;
    use dusk_sdk_protocol::execution::Event;
    use local_node_types::ledger::Header;

    use super::*;
    use crate::block::StoredBlock;

    /// A block with an event of so many bytes.
    fn block(height: u64, bytes: usize) -> Arc<StoredBlock> {
        let event =
            Event { source: ContractId::from_bytes([1; 32]), topic: "t".into(), data: vec![0; bytes], reverted: false };
        let header = Header { height, ..Header::default() };
        Arc::new(StoredBlock { events: vec![event], ..StoredBlock::genesis(header) })
    }

    fn tell(announcer: &Announcer, height: u64, bytes: usize) -> Weak<StoredBlock> {
        let block = block(height, bytes);
        announcer.tell(NodeEvent::BlockAccepted(Arc::clone(&block)));
        Arc::downgrade(&block)
    }

    fn height(heard: Result<NodeEvent, ListenError>) -> u64 {
        match heard {
            Ok(NodeEvent::BlockAccepted(block)) => block.header().height,
            other => panic!("{other:?}"),
        }
    }

    fn alive(blocks: &[Weak<StoredBlock>]) -> usize {
        blocks.iter().filter(|block| block.strong_count() > 0).count()
    }

    #[tokio::test]
    async fn slow_listeners_keep_few_bytes() {
        const BYTES: usize = 8 << 20;
        let (announcer, audience) = announcer();
        let mut slow = audience.listen();
        let blocks: Vec<_> = (0..100).map(|height| tell(&announcer, height, BYTES)).collect();
        let kept = alive(&blocks);
        assert!(kept * BYTES <= MAX_BYTES_BEHIND && (kept + 2) * BYTES > MAX_BYTES_BEHIND, "{kept} blocks are kept");
        assert_eq!(slow.recv().await.map(drop), Err(ListenError::Behind(100 - kept as u64)));
        // It goes on with what is left.
        for expected in 100 - kept as u64..100 {
            assert_eq!(height(slow.recv().await), expected);
        }
        assert!(slow.try_recv().is_none());
        assert_eq!(alive(&blocks), 0);
    }

    #[tokio::test]
    async fn a_block_larger_than_the_bound_is_heard() {
        let (announcer, audience) = announcer();
        let mut listener = audience.listen();
        let large = tell(&announcer, 1, MAX_BYTES_BEHIND + 1);
        assert_eq!(height(listener.recv().await), 1);
        // It gives way as soon as there is another.
        tell(&announcer, 2, 1);
        assert!(large.upgrade().is_none());
        assert_eq!(height(listener.recv().await), 2);
    }

    #[tokio::test]
    async fn small_events_are_bounded_by_their_number() {
        let (announcer, audience) = announcer();
        let mut listener = audience.listen();
        let told = MAX_EVENTS_BEHIND as u64 + 10;
        for height in 0..told {
            tell(&announcer, height, 0);
        }
        assert_eq!(listener.recv().await.map(drop), Err(ListenError::Behind(10)));
        assert_eq!(height(listener.recv().await), 10);
    }

    #[tokio::test]
    async fn an_event_stays_while_a_listener_is_busy_with_it() {
        let (announcer, audience) = announcer();
        let (mut busy, mut quick) = (audience.listen(), audience.listen());
        let first = tell(&announcer, 1, 1);
        assert_eq!((height(busy.recv().await), height(quick.recv().await)), (1, 1));
        let second = tell(&announcer, 2, 1);
        assert_eq!(height(quick.recv().await), 2);
        assert!(first.upgrade().is_some(), "one of them is not done with it");
        assert_eq!(height(busy.recv().await), 2);
        assert!(first.upgrade().is_none() && second.upgrade().is_some());
        drop((busy, quick));
        assert!(second.upgrade().is_none(), "nobody listens any more");
    }

    #[tokio::test]
    async fn who_listens_later_hears_what_comes_later() {
        let (announcer, audience) = announcer();
        assert!(tell(&announcer, 1, 1).upgrade().is_none(), "nobody listens");
        let mut late = audience.listen();
        let waiting = tokio::spawn(async move { (height(late.recv().await), late.recv().await.map(drop)) });
        tokio::task::yield_now().await;
        tell(&announcer, 2, 1);
        drop(announcer);
        assert_eq!(waiting.await.expect("it ends"), (2, Err(ListenError::Ended)));
    }
}
