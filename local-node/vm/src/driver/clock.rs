//! A clock for calls of drivers: steps alone do not bound time, because some steps take much longer than others.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// How often the clock ticks.
pub(super) const TICK_MILLISECONDS: u64 = 100;

/// A clock that ticks while drivers run, and stands still otherwise.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// How many drivers run.
    running: Mutex<usize>,
    begun: Condvar,
    /// Whether the thread that ticks was started.
    started: OnceLock<Result<(), io::ErrorKind>>,
}

impl Clock {
    /// Lets the clock tick, at least until the value is dropped.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn tick(&'static self, engine: &Engine) -> io::Result<Ticking> {
        let start = || {
            let engine = engine.clone();
            let ticks = move || {
                loop {
                    drop(self.begun.wait_while(self.running(), |running| *running == 0));
                    thread::sleep(Duration::from_millis(TICK_MILLISECONDS));
                    engine.increment_epoch();
                }
            };
            thread::Builder::new().name("driver-clock".into()).spawn(ticks).map(drop).map_err(|error| error.kind())
        };
        (*self.started.get_or_init(start))?;
        *self.running() += 1;
        self.begun.notify_one();
        Ok(Ticking(self))
    }

    fn running(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock ticks as long as there is one of these.
#[derive(Debug)]
pub(super) struct Ticking(&'static Clock);

impl Drop for Ticking {
    fn drop(&mut self) {
        *self.0.running() -= 1;
    }
}
