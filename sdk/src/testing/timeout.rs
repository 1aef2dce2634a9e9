//! The time that a test has.

use std::env;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use dusk_sdk_protocol::host::TIMEOUT_VARIABLE;

/// How long a test may take, if there is a bound.
pub(super) fn most() -> Option<Duration> {
    let seconds = env::var(TIMEOUT_VARIABLE).ok()?.parse().ok()?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// Does the work of a test. With a bound it is done on another thread, which goes on by itself where it does not end: a
/// thread cannot be ended from outside.
///
/// # Panics
/// As the work does, or when it does not end in time.
#[track_caller]
pub(super) fn within<T: Send + 'static>(
    most: Option<Duration>,
    test: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let Some(most) = most else { return work() };
    let (ends, ended) = mpsc::channel::<()>();
    let mut builder = thread::Builder::new();
    // Panics are told with the name of the thread.
    if let Some(name) = thread::current().name() {
        builder = builder.name(name.into());
    }
    let worker = builder.spawn(move || {
        let _ends = ends;
        work()
    });
    let worker = worker.unwrap_or_else(|error| panic!("{test} has no thread to run on: {error}"));
    if ended.recv_timeout(most) == Err(RecvTimeoutError::Timeout) {
        panic!(
            "{test} did not end within {} seconds\nhint: look for an endless loop, or raise the limit with \
             `cargo dusk test --timeout SECONDS`",
            most.as_secs_f32()
        );
    }
    worker.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(panic: &(dyn core::any::Any + Send)) -> &str {
        // The compiler may have formatted a text of constants already.
        let fixed = panic.downcast_ref::<&str>().copied();
        panic.downcast_ref::<alloc::string::String>().map(alloc::string::String::as_str).or(fixed).unwrap_or_default()
    }

    #[test]
    fn work_without_end_is_named() {
        let (_held, never) = mpsc::channel::<()>();
        let caught = std::panic::catch_unwind(move || {
            within(Some(Duration::from_millis(50)), "counter::spins", move || never.recv().is_ok())
        });
        let panic = caught.expect_err("it does not end");
        assert!(
            text(&*panic).starts_with("counter::spins did not end within 0.05 seconds\nhint: "),
            "{}",
            text(&*panic)
        );
    }

    #[test]
    fn what_ends_in_time_gives_what_it_gives() {
        for most in [None, Some(Duration::from_secs(600))] {
            assert_eq!(within(most, "test", || 5), 5);
            let panicked = std::panic::catch_unwind(|| within(most, "test", || -> u8 { panic!("it is {}", 3) }));
            assert_eq!(text(&*panicked.expect_err("it panics")), "it is 3");
            let name = thread::current().name().map(alloc::borrow::ToOwned::to_owned);
            assert_eq!(within(most, "test", || thread::current().name().map(alloc::borrow::ToOwned::to_owned)), name);
        }
    }
}
