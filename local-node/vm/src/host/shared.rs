//! The data that all sessions of a virtual machine share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::code::Code;
use super::engine::Engine;
use super::guard::caught;
use super::modules::ModuleStore;
use crate::memory::Backing;
use crate::mocks::MockKey;
use crate::module::ModuleError;
use crate::queries::Answers;
use crate::state::{self, StateRoot};

/// A committed state with compiled contracts.
pub(crate) type State = state::State<Code>;
pub(super) type Contract = state::Contract<Code>;
pub(super) type Deployment = state::Deployment<Code>;
pub(super) type Change<'a> = state::Change<'a, Code>;

/// The engine, compiled modules, committed states, and answers of host queries.
pub(crate) struct Shared {
    engine: Engine,
    modules: ModuleStore,
    backing: Arc<dyn Backing>,
    answers: Answers,
    states: Mutex<HashMap<StateRoot, Committed>>,
    /// Whether contracts may log.
    logs: AtomicBool,
    /// The host whose mock proofs are accepted.
    mocks: OnceLock<MockKey>,
}

/// A state, and how often it was committed.
struct Committed {
    state: Arc<State>,
    times: usize,
}

impl Shared {
    pub(crate) fn new(engine: Engine, modules: ModuleStore, backing: Arc<dyn Backing>) -> Self {
        Self {
            engine,
            modules,
            backing,
            answers: Answers::default(),
            states: Mutex::default(),
            logs: AtomicBool::new(false),
            mocks: OnceLock::new(),
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn backing(&self) -> &dyn Backing {
        &*self.backing
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Admits contracts that log from now on.
    pub(crate) fn record_logs(&self) {
        self.logs.store(true, Ordering::Relaxed);
    }

    /// Takes mock proofs of this key for proofs from now on; the first key stays.
    pub(crate) fn accept_mocks(&self, key: MockKey) {
        self.mocks.get_or_init(|| key);
    }

    pub(crate) fn mocks(&self) -> Option<&MockKey> {
        self.mocks.get()
    }

    /// The code of a module, compiled if need be.
    pub(crate) fn code(&self, bytecode: &[u8]) -> Result<Arc<Code>, ModuleError> {
        let compiled = caught(|| self.modules.code(&self.engine, bytecode));
        let code = compiled.unwrap_or_else(|error| Err(ModuleError::NotCompilable(error.to_string())))?;
        if code.info().logs() && !self.logs.load(Ordering::Relaxed) {
            return Err(ModuleError::Logs);
        }
        Ok(code)
    }

    /// A committed state.
    pub(crate) fn state(&self, root: &StateRoot) -> Option<Arc<State>> {
        self.lock_states().get(root).map(|found| Arc::clone(&found.state))
    }

    /// How many states are committed. Equal ones count once.
    pub(crate) fn states(&self) -> usize {
        self.lock_states().len()
    }

    /// Keeps a state.
    pub(crate) fn commit(&self, state: State) -> StateRoot {
        let root = state.root();
        let mut states = self.lock_states();
        states.entry(root).or_insert_with(|| Committed { state: Arc::new(state), times: 0 }).times += 1;
        root
    }

    /// Forgets one commit of a state.
    pub(crate) fn discard(&self, root: &StateRoot) {
        let mut states = self.lock_states();
        let Some(found) = states.get_mut(root) else { return };
        found.times -= 1;
        let forgotten = if found.times == 0 { states.remove(root) } else { None };
        // Giving many pages back takes time, for which nobody else should wait.
        drop(states);
        drop(forgotten);
    }

    fn lock_states(&self) -> MutexGuard<'_, HashMap<StateRoot, Committed>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
