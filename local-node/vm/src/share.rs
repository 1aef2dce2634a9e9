//! The total that the sessions of all queries hold.
//!
//! Queries run at the same time, and each may hold much. So each counts here what it holds, and one that would bring
//! the sum beyond [`MAX_QUERY_BYTES`] is refused. Sessions of blocks have no share: queries take nothing from them.
//!
//! A session also keeps the state that it reads, when the chain has forgotten it long ago. Its extra memory is at most
//! the memory committed since, so a query ends when that is over [`MAX_QUERY_LAG_BYTES`]; then all queries together
//! keep no more than this beside the chain's own states.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::limits::{FREE_QUERY_BYTES, MAX_QUERY_BYTES, MAX_QUERY_LAG_BYTES, MachineLimit};

/// Steps in which a share grows, in bytes, so that not every event changes what all threads look at.
const STEP_BYTES: usize = 1 << 20;

/// The totals of the sessions of all queries, and of the chain's commits.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    held_bytes: AtomicUsize,
    committed_bytes: AtomicU64,
}

impl Shares {
    /// Counts pages that a commit has written.
    pub(crate) fn note_commit(&self, bytes: usize) {
        self.committed_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Their total, in bytes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.held_bytes.load(Ordering::Relaxed)
    }
}

/// Tells how far the state that a query reads lies behind the last one.
#[derive(Debug, Clone)]
pub struct Lag {
    all: Arc<Shares>,
    begun: u64,
}

impl Lag {
    /// Whether so much was committed since the query began that it must end.
    #[must_use]
    pub fn is_too_much(&self) -> bool {
        self.all.committed_bytes.load(Ordering::Relaxed) - self.begun > MAX_QUERY_LAG_BYTES as u64
    }
}

/// The share of one of these sessions. Dropping it gives all back.
#[derive(Debug)]
pub(crate) struct Share {
    lag: Lag,
    memory_bytes: usize,
    other_bytes: usize,
    /// The part of both that is counted in `all`.
    counted_bytes: usize,
}

impl Share {
    /// The share of a session that holds nothing yet.
    pub(crate) fn new(all: &Arc<Shares>) -> Self {
        let lag = Lag { all: Arc::clone(all), begun: all.committed_bytes.load(Ordering::Relaxed) };
        Self { lag, memory_bytes: 0, other_bytes: 0, counted_bytes: 0 }
    }

    /// Tells how far the session lies behind.
    pub(crate) fn lag(&self) -> &Lag {
        &self.lag
    }

    /// Says what the memories of the session's contracts hold.
    pub(crate) fn set_memory(&mut self, bytes: usize) -> Result<(), MachineLimit> {
        if self.lag.is_too_much() {
            return Err(MachineLimit::QueryLag);
        }
        self.memory_bytes = bytes;
        self.count()
    }

    /// Says what the session's call holds beside these memories.
    pub(crate) fn set_other(&mut self, bytes: usize) -> Result<(), MachineLimit> {
        self.other_bytes = bytes;
        self.count()
    }

    fn count(&mut self) -> Result<(), MachineLimit> {
        let all = &self.lag.all.held_bytes;
        let held = (self.memory_bytes + self.other_bytes).saturating_sub(FREE_QUERY_BYTES);
        let held = held.next_multiple_of(STEP_BYTES);
        let before = std::mem::replace(&mut self.counted_bytes, held);
        if held <= before {
            all.fetch_sub(before - held, Ordering::Relaxed);
            return Ok(());
        }
        let more = held - before;
        let all = all.fetch_add(more, Ordering::Relaxed) + more;
        if all > MAX_QUERY_BYTES { Err(MachineLimit::Queries) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.lag.all.held_bytes.fetch_sub(self.counted_bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted_together_and_given_back() {
        let all = Arc::<Shares>::default();
        let [mut one, mut other] = [(); 2].map(|()| Share::new(&all));
        one.set_memory(FREE_QUERY_BYTES).unwrap();
        assert_eq!(all.bytes(), 0);
        one.set_other(1).unwrap();
        assert_eq!(all.bytes(), STEP_BYTES);
        one.set_memory(FREE_QUERY_BYTES + MAX_QUERY_BYTES / 2).unwrap();
        other.set_memory(FREE_QUERY_BYTES + MAX_QUERY_BYTES / 4).unwrap();
        assert_eq!(other.set_memory(FREE_QUERY_BYTES + MAX_QUERY_BYTES / 2), Err(MachineLimit::Queries));
        // A share of zero is never refused, and a smaller share is always accepted.
        Share::new(&all).set_memory(FREE_QUERY_BYTES).unwrap();
        other.set_memory(FREE_QUERY_BYTES).unwrap();
        drop(one);
        assert_eq!(all.bytes(), 0);
        other.set_memory(FREE_QUERY_BYTES + MAX_QUERY_BYTES).unwrap();
    }

    #[test]
    fn a_query_ends_when_too_much_was_committed_since_it_began() {
        let all = Arc::<Shares>::default();
        all.note_commit(MAX_QUERY_LAG_BYTES);
        let mut share = Share::new(&all);
        all.note_commit(MAX_QUERY_LAG_BYTES);
        share.set_memory(1).unwrap();
        all.note_commit(1);
        assert_eq!(share.set_memory(0), Err(MachineLimit::QueryLag));
        Share::new(&all).set_memory(1).unwrap();
    }
}
