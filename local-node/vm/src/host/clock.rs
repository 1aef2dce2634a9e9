//! The clock of an engine: it makes running code look up at regular times.
//!
//! Code of contracts checks the engine's epoch at every function and loop. While calls run, a thread of the machine
//! moves the epoch on; the check then asks for the time, the memory and whether the machine is told to stop. The thread
//! starts with the first call, sleeps while nothing runs, and ends with the machine.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// Time between two ticks, in milliseconds.
const TICK_MILLIS: u64 = 10;
/// Ticks without a running call after which the thread sleeps, so that a busy machine need not wake it at every call.
const MAX_IDLE_TICKS: u32 = 100;

/// Moves an engine's epoch on while calls run.
#[derive(Debug)]
pub(crate) struct Clock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    running: AtomicUsize,
    /// Whether the thread ticks. If it sleeps, or has not started, whoever begins a call wakes it.
    awake: AtomicBool,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    stopped: bool,
}

/// The clock ticks as long as this lives.
#[derive(Debug)]
pub(crate) struct Ticking(Arc<Shared>);

impl Clock {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Lets the clock tick while a call runs.
    pub(crate) fn start(&self, engine: &Engine) -> io::Result<Ticking> {
        let shared = &self.0;
        shared.running.fetch_add(1, Ordering::SeqCst);
        let ticking = Ticking(Arc::clone(shared));
        if !shared.awake.load(Ordering::SeqCst) {
            let mut state = shared.lock();
            if !state.started {
                let (shared, engine) = (Arc::clone(shared), engine.weak());
                thread::Builder::new().name("vm-clock".to_owned()).spawn(move || shared.tick(&engine))?;
                state.started = true;
            }
            shared.wake.notify_one();
        }
        Ok(ticking)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.wake.notify_one();
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self, engine: &EngineWeak) {
        let mut idle_ticks = 0;
        let mut state = self.lock();
        while !state.stopped {
            idle_ticks = if self.running.load(Ordering::SeqCst) == 0 { idle_ticks + 1 } else { 0 };
            let sleeps = idle_ticks > MAX_IDLE_TICKS;
            self.awake.store(!sleeps, Ordering::SeqCst);
            // Between the question above and this store a call may have begun that did not wake the thread.
            state = if sleeps && self.running.load(Ordering::SeqCst) == 0 {
                self.wake.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                let tick = Duration::from_millis(TICK_MILLIS);
                self.wake.wait_timeout(state, tick).unwrap_or_else(PoisonError::into_inner).0
            };
            let Some(engine) = engine.upgrade() else { return };
            engine.increment_epoch();
        }
    }
}
