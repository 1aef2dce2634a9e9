//! Work beside the node's loop, in lanes that are bounded each for itself, and panics that go no further than their
//! cause.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

/// The most bytes that are kept of the text of a panic, and of any other reason that foreign code has a part in.
pub(crate) const MAX_REASON_BYTES: usize = 1024;

/// The stack of threads that handle transactions. A blob has 128 KiB, and code that is not optimised copies it from
/// frame to frame. Give the threads of the runtime that runs a node as much.
pub const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Why a lane has not done its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LaneError {
    /// As much work waits as the lane takes.
    Full,
    /// The work panicked, with this text.
    Panicked(String),
    /// The runtime is ending.
    Ending,
}

/// Work of one kind on threads that may be busy for a while. Clones share the bounds.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    waiting: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Lane {
    /// A lane in which so many pieces of work wait or run at a time, and so many of them run.
    pub(crate) fn new(most: usize, most_at_once: usize) -> Self {
        Self { waiting: Arc::new(Semaphore::new(most)), running: Arc::new(Semaphore::new(most_at_once)) }
    }

    /// How many more pieces of work may wait.
    #[cfg(test)]
    pub(crate) fn free_places(&self) -> usize {
        self.waiting.available_permits()
    }

    /// Does a piece of work. It counts until it is done, also when whoever asked has given up waiting.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LaneError> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| LaneError::Full)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| LaneError::Ending)?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (waiting, running);
            work()
        });
        done.await.map_err(|error| match error.try_into_panic() {
            Ok(payload) => LaneError::Panicked(panic_text(&*payload)),
            Err(_) => LaneError::Ending,
        })
    }
}

/// Says that the result of a piece of work is of no use any more. Clones are one switch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The switch itself, for the machine.
    pub(crate) fn switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Does work that foreign bytes have a part in. A panic is an error with its text; the work's changes are of
/// no use then.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| panic_text(&*payload))
}

/// The message of a panic.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    shortened(text.unwrap_or("a panic without a text").to_owned())
}

/// A reason of bounded length.
pub(crate) fn shortened(mut reason: String) -> String {
    if reason.len() > MAX_REASON_BYTES {
        let end = (0..=MAX_REASON_BYTES).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or_default();
        reason.truncate(end);
        reason.push('…');
    }
    reason
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_lane_goes_on() {
        let lane = Lane::new(1, 1);
        let failed = lane.run(|| -> u8 { panic!("on purpose") }).await;
        assert_eq!(failed, Err(LaneError::Panicked("on purpose".into())));
        assert_eq!(lane.run(|| 5).await, Ok(5));
    }

    #[tokio::test]
    async fn work_counts_until_it_is_done() {
        let lane = Lane::new(2, 1);
        let (release, wait) = mpsc::channel::<()>();
        let running = lane.clone();
        let first = tokio::spawn(async move { running.run(move || wait.recv()).await });
        while lane.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // The caller gives up, but the thread is still busy.
        first.abort();
        assert!(first.await.is_err());
        assert_eq!((lane.waiting.available_permits(), lane.running.available_permits()), (1, 0));
        let queued = lane.clone();
        let second = tokio::spawn(async move { queued.run(|| 7).await });
        while lane.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(lane.run(|| 8).await, Err(LaneError::Full));
        drop(release);
        assert_eq!(second.await.expect("it ends"), Ok(7));
    }

    #[test]
    fn panics_tell_their_text_in_bounds() {
        assert_eq!(contained(|| panic!("plain")).map(|()| 0), Err("plain".into()));
        assert_eq!(contained(|| panic!("number {}", 3)).map(|()| 0), Err("number 3".into()));
        assert_eq!(contained(|| std::panic::panic_any(5)).map(|()| 0), Err("a panic without a text".into()));
        let long = contained(|| panic!("{}", "ä".repeat(MAX_REASON_BYTES))).map(|()| 0).expect_err("it panics");
        assert!(long.len() <= MAX_REASON_BYTES + '…'.len_utf8() && long.ends_with("ä…"));
        assert_eq!(contained(|| 4), Ok(4));
    }
}
