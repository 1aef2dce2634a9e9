//! The machine and the states that were committed to it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use dusk_core::signatures::bls::{PublicKey, Signature};
use local_node_types::rules::Rules;

use crate::error::VmError;
use crate::host::{Code, Engine, ModuleStore, Shared, State};
use crate::memory::{Backing, backing, portable_backing};
use crate::mocks::MockKey;
use crate::module::ModuleError;
use crate::queries::Query;
use crate::session::{BlockEnv, Session};
use crate::share::Share;
use crate::state::{StateChanges, StateRoot, StoredContract};

/// The virtual machine: an engine, compiled modules, and committed states. Clones share all of it.
#[derive(Clone)]
pub struct Vm(Arc<Shared>);

/// A module that was compiled ahead of its use.
#[derive(Clone)]
#[must_use = "the machine may forget the code when this is gone"]
pub struct Compiled(#[expect(dead_code, reason = "holding it keeps the code in memory")] Arc<Code>);

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").finish_non_exhaustive()
    }
}

impl fmt::Debug for Vm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vm").field("states", &self.0.states()).finish_non_exhaustive()
    }
}

impl Vm {
    /// A machine whose states live in memory.
    ///
    /// # Errors
    /// When the engine cannot be set up on this processor.
    pub fn in_memory() -> Result<Self, VmError> {
        Self::new(ModuleStore::default())
    }

    /// A machine whose states live in memory, and whose compiled modules are kept in a folder, which is made private. A
    /// folder that others can write to is not used: everything works without it, only slower, and the log says so.
    ///
    /// # Errors
    /// When the engine cannot be set up on this processor.
    pub fn with_module_cache(folder: &Path) -> Result<Self, VmError> {
        Self::new(ModuleStore::in_folder(folder))
    }

    /// As [`Vm::in_memory`], with the memories of systems that have no page map which tells written pages. For tests
    /// that both memories are the same.
    ///
    /// # Errors
    /// When the engine cannot be set up on this processor.
    #[doc(hidden)]
    pub fn in_portable_memory() -> Result<Self, VmError> {
        Self::with_backing(ModuleStore::default(), portable_backing())
    }

    /// As [`Vm::in_memory`], with code that never looks at the clock: deadlines and interrupts do not end it. To
    /// measure what looking costs.
    ///
    /// # Errors
    /// When the engine cannot be set up on this processor.
    #[doc(hidden)]
    pub fn without_clock() -> Result<Self, VmError> {
        Self::with_parts(Engine::without_clock(), ModuleStore::default(), backing())
    }

    fn new(modules: ModuleStore) -> Result<Self, VmError> {
        Self::with_backing(modules, backing())
    }

    fn with_backing(modules: ModuleStore, backing: Arc<dyn Backing>) -> Result<Self, VmError> {
        Self::with_parts(Engine::new(), modules, backing)
    }

    fn with_parts(
        engine: wasmtime::Result<Engine>,
        modules: ModuleStore,
        backing: Arc<dyn Backing>,
    ) -> Result<Self, VmError> {
        Ok(Self(Arc::new(Shared::new(engine.map_err(VmError::Engine)?, modules, backing))))
    }

    /// Admits contracts that log from now on, and records what they log in their frames. For tests: the machines of
    /// networks refuse such contracts, as production does.
    #[must_use]
    pub fn recording_logs(self) -> Self {
        self.0.record_logs();
        self
    }

    /// Takes mock proofs that were issued with this key for PLONK proofs from now on; the first key stays. For tests of
    /// contracts alone: no machine of a node is made like this.
    #[must_use]
    pub fn accepting_mocks(self, key: MockKey) -> Self {
        self.0.accept_mocks(key);
        self
    }

    /// Begins a session of the chain itself on a committed state, or on the empty one: for a block, or to read what the
    /// chain has to know. The memory of queries at the same time makes no difference to it.
    ///
    /// # Errors
    /// [`VmError::NoSuchState`].
    pub fn session(&self, base: Option<StateRoot>, env: BlockEnv) -> Result<Session, VmError> {
        self.session_with(base, env, None)
    }

    /// Begins a session for a query or a simulation on a committed state, or on the empty one. The memory of all these
    /// together is bounded ([`MAX_QUERY_BYTES`](crate::MAX_QUERY_BYTES)), so its calls may also end with
    /// [`MachineLimit::Queries`](crate::MachineLimit) or [`MachineLimit::QueryMappings`](crate::MachineLimit).
    ///
    /// # Errors
    /// [`VmError::NoSuchState`].
    pub fn query_session(&self, base: Option<StateRoot>, env: BlockEnv) -> Result<Session, VmError> {
        self.session_with(base, env, Some(Share::new(self.0.engine().shares())))
    }

    fn session_with(&self, base: Option<StateRoot>, env: BlockEnv, share: Option<Share>) -> Result<Session, VmError> {
        let base = match base {
            Some(root) => self.0.state(&root).ok_or(VmError::NoSuchState(root))?,
            None => Arc::default(),
        };
        Ok(Session::new(Arc::clone(&self.0), base, env, share))
    }

    /// A whole committed state as data, for a caller that keeps states outside the machine.
    ///
    /// # Errors
    /// [`VmError::NoSuchState`], or [`VmError::System`] when its pages cannot be read.
    pub fn export(&self, root: &StateRoot) -> Result<StateChanges, VmError> {
        let state = self.0.state(root).ok_or(VmError::NoSuchState(*root))?;
        Ok(state.as_changes(self.0.backing())?)
    }

    /// Takes back a state that was stored, as if it had just been committed. Pages are read when they are needed.
    ///
    /// # Errors
    /// [`VmError::Module`] when the bytecode of a contract is none, [`VmError::WrongState`] when the contracts do not
    /// have this root together.
    pub fn restore(&self, root: &StateRoot, contracts: Vec<StoredContract>) -> Result<(), VmError> {
        let with_code = |contract: StoredContract| Ok((self.0.code(&contract.bytecode)?, contract));
        let contracts: Vec<_> = contracts.into_iter().map(with_code).collect::<Result<_, VmError>>()?;
        let state = State::of_stored(contracts.into_iter().map(|(code, contract)| (contract, code)).collect());
        if state.root() != *root {
            return Err(VmError::WrongState { expected: *root, found: state.root() });
        }
        self.0.commit(state);
        Ok(())
    }

    /// Whether there is a committed state with this root.
    #[must_use]
    pub fn has(&self, root: &StateRoot) -> bool {
        self.0.state(root).is_some()
    }

    /// Forgets one commit of a state. A state that was committed more often, as equal blocks do, stays until it has
    /// been discarded as often.
    pub fn discard(&self, root: &StateRoot) {
        self.0.discard(root);
    }

    /// How many pages of [`PAGE_BYTES`](crate::PAGE_BYTES) the machine keeps for a state, and not for another one. It
    /// keeps none for a state that it does not have.
    #[must_use]
    pub fn own_pages(&self, root: &StateRoot, other: &StateRoot) -> usize {
        let [one, other] = [root, other].map(|root| self.0.state(root));
        one.map_or(0, |one| one.own_pages(&other.unwrap_or_default()))
    }

    /// Remembers that a BLS signature was verified under `rules`, so that executing the transaction that carries it
    /// does not verify it again.
    pub fn remember_valid_signature(&self, message: &[u8], key: &PublicKey, signature: &Signature, rules: Rules) {
        Query::remember_valid_signature(message, key, signature, rules, self.0.answers());
    }

    /// Compiles a module ahead of its use. This may take seconds: asynchronous callers use a blocking thread. Callers
    /// that want another module do not wait; those that want the same one share the work. The machine keeps the code at
    /// least as long as the result is kept.
    ///
    /// # Errors
    /// When the module cannot be a contract.
    pub fn compile(&self, bytecode: &[u8]) -> Result<Compiled, ModuleError> {
        self.0.code(bytecode).map(Compiled)
    }

    /// Ends every call that runs in a session of this machine, and every later one as it begins, with
    /// [`VmError::Interrupted`]. For a node that stops; there is no way back.
    pub fn interrupt(&self) {
        self.0.engine().interrupt();
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::SecretKey;
    use dusk_core::transfer::TRANSFER_CONTRACT;
    use local_node_types::rules::Profile;

    use super::*;
    use crate::genesis;
    use crate::queries::encoded;

    #[test]
    fn the_portable_memory_gives_the_same_roots() {
        let key = PublicKey::from(&SecretKey::from(dusk_core::BlsScalar::from(7)));
        let env = BlockEnv { chain_id: genesis::CHAIN_ID, rules: Profile::Local.at(0) };
        let roots = [backing(), portable_backing()].map(|backing| {
            let vm = Vm::with_backing(ModuleStore::default(), backing).unwrap();
            let mut session = vm.session(None, env).unwrap();
            genesis::install(&mut session, &key, &key).unwrap();
            let first = session.commit().unwrap();
            let mut session = vm.session(Some(first), env).unwrap();
            let balance = encoded(&(key, 5_u64));
            session.call(TRANSFER_CONTRACT, "add_account_balance", &balance, 10_000_000).unwrap();
            session.call(TRANSFER_CONTRACT, "sub_account_balance", &balance, 300).unwrap_err();
            (first, session.commit().unwrap())
        });
        assert_eq!(roots[0], roots[1]);
    }

    #[test]
    fn machines_are_shared_and_sessions_travel() {
        fn is_shared<T: Send + Sync>() {}
        fn travels<T: Send>() {}
        is_shared::<Vm>();
        travels::<Session>();
    }
}
