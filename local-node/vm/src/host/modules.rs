//! Compiled modules, in memory and, if a folder is given, on disk.
//!
//! A module is compiled for the first caller that asks for it; others who ask for the same one meanwhile wait. Nobody
//! else waits: no lock is held while a module compiles. So many modules compile at a time, and one more waits its turn.
//! A compilation for a query ([`as_question`]) leaves some turns to blocks and to accepted transactions.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use wasmtime::Module;

use super::code::Code;
use super::engine::Engine;
use crate::module::{Features, ModuleError, Objects, Prepared, inspect, prepare};

/// The most modules that are kept in memory without being in use.
const MAX_MODULES: usize = 256;
/// The most bytes of machine code that are kept in memory without being in use.
const MAX_CODE_BYTES: usize = 256 << 20;
/// The most modules that compile at a time; the compiler's memory is bounded by this number times that of the worst
/// module.
const MAX_COMPILING: usize = 4;
/// The most of them that compile for questions.
const MAX_COMPILING_FOR_QUESTIONS: usize = 2;

thread_local! {
    /// Whether this thread answers a question.
    static ANSWERS: Cell<bool> = const { Cell::new(false) };
}

/// Answers a question: a compilation for it on this thread leaves turns to everything else. Anybody can ask
/// any number of questions, for instance simulate deployments that take seconds to compile.
pub fn as_question<T>(answer: impl FnOnce() -> T) -> T {
    struct Ends(bool);
    impl Drop for Ends {
        fn drop(&mut self) {
            ANSWERS.set(self.0);
        }
    }
    let _ends = Ends(ANSWERS.replace(true));
    answer()
}

/// Whether this thread answers a question.
#[must_use]
pub fn answers_question() -> bool {
    ANSWERS.get()
}

/// Compiled modules by the BLAKE3 hash of their bytecode.
#[derive(Debug, Default)]
pub(crate) struct ModuleStore {
    loaded: Mutex<Loaded>,
    compiling: Mutex<HashMap<[u8; 32], Arc<Compiling>>>,
    turns: Turns,
    objects: Option<Objects>,
}

/// The result of compiling a module, for all threads that wait for it.
type Compiling = OnceLock<Result<Arc<Code>, ModuleError>>;

#[derive(Debug, Default)]
struct Loaded {
    codes: HashMap<[u8; 32], Arc<Code>>,
    /// Bytes of machine code in all of them.
    bytes: usize,
}

impl Loaded {
    fn keep(&mut self, hash: [u8; 32], code: Arc<Code>) {
        if self.codes.len() >= MAX_MODULES || self.bytes >= MAX_CODE_BYTES {
            self.codes.retain(|_, code| Arc::strong_count(code) > 1);
            self.bytes = self.codes.values().map(|code| code.machine_bytes()).sum();
        }
        let bytes = code.machine_bytes();
        if self.codes.insert(hash, code).is_none() {
            self.bytes += bytes;
        }
    }
}

impl ModuleStore {
    /// A store that keeps object code in a folder as well, unless others can write to it.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { objects: Some(Objects::in_folder(folder)), ..Self::default() }
    }

    /// The code of a module, compiled if need be.
    pub(crate) fn code(&self, engine: &Engine, bytecode: &[u8]) -> Result<Arc<Code>, ModuleError> {
        let hash = *blake3::hash(bytecode).as_bytes();
        if let Some(code) = lock(&self.loaded).codes.get(&hash) {
            return Ok(Arc::clone(code));
        }
        let compiling = Arc::clone(lock(&self.compiling).entry(hash).or_default());
        let _ends = Ends { store: self, hash, compiling: &compiling };
        compiling.get_or_init(|| self.make(engine, hash, bytecode)).clone()
    }

    fn make(&self, engine: &Engine, hash: [u8; 32], bytecode: &[u8]) -> Result<Arc<Code>, ModuleError> {
        // Another may have finished between the two looks.
        if let Some(code) = lock(&self.loaded).codes.get(&hash) {
            return Ok(Arc::clone(code));
        }
        let info = inspect(bytecode, Features::All)?;
        let _turn = self.turns.take();
        let Prepared { bytecode: prepared, segments, passive } = prepare(bytecode, &info)?;
        let module = self.module(engine, &hash, &prepared)?;
        let instance = engine.link(&module, &info, &passive)?;
        let code = Arc::new(Code { hash, bytecode: bytecode.to_vec(), info, segments, instance });
        lock(&self.loaded).keep(hash, Arc::clone(&code));
        Ok(code)
    }

    fn module(&self, engine: &Engine, hash: &[u8; 32], prepared: &[u8]) -> Result<Module, ModuleError> {
        let module = match &self.objects {
            Some(objects) => objects.module(engine.wasm(), hash, prepared),
            None => Module::new(engine.wasm(), prepared),
        };
        module.map_err(|error| ModuleError::NotCompilable(format!("{error:#}")))
    }
}

/// Forgets that a module is being compiled, also when the compiler panics.
struct Ends<'a> {
    store: &'a ModuleStore,
    hash: [u8; 32],
    compiling: &'a Arc<Compiling>,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        let mut compiling = lock(&self.store.compiling);
        // Somebody else may have begun anew since.
        if compiling.get(&self.hash).is_some_and(|found| Arc::ptr_eq(found, self.compiling)) {
            compiling.remove(&self.hash);
        }
    }
}

/// The right to compile, which so many have at a time.
#[derive(Debug, Default)]
struct Turns {
    taken: Mutex<Taken>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    for_questions: usize,
}

impl Taken {
    const fn has_room(&self, for_question: bool) -> bool {
        self.all < MAX_COMPILING && !(for_question && self.for_questions >= MAX_COMPILING_FOR_QUESTIONS)
    }
}

impl Turns {
    fn take(&self) -> Turn<'_> {
        let for_question = answers_question();
        let taken = self.free.wait_while(lock(&self.taken), |taken| !taken.has_room(for_question));
        let mut taken = taken.unwrap_or_else(PoisonError::into_inner);
        taken.all += 1;
        taken.for_questions += usize::from(for_question);
        Turn { turns: self, for_question }
    }
}

struct Turn<'a> {
    turns: &'a Turns,
    for_question: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = lock(&self.turns.taken);
        taken.all -= 1;
        taken.for_questions -= usize::from(self.for_question);
        // Not everybody who waits can use every turn.
        self.turns.free.notify_all();
    }
}

// The data under these locks is consistent after each statement, so a panic elsewhere does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(number: usize) -> Vec<u8> {
        wat::parse_str(format!(
            r#"(module (memory (export "memory") 1) (global (export "A") i32 (i32.const 0))
                (func (export "go") (param i32) (result i32) (i32.const {number})))"#
        ))
        .unwrap()
    }

    #[test]
    fn those_who_want_one_module_share_it() {
        let (engine, store) = (Engine::new().unwrap(), ModuleStore::default());
        let (wanted, other) = (contract(1), contract(2));
        let codes: Vec<_> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| store.code(&engine, &wanted).unwrap())).collect();
            asked.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(codes.iter().all(|code| Arc::ptr_eq(code, &codes[0])));
        assert!(!Arc::ptr_eq(&codes[0], &store.code(&engine, &other).unwrap()));
        assert!(lock(&store.compiling).is_empty());
    }

    #[test]
    fn nobody_waits_for_a_module_that_others_compile() {
        let (engine, store) = (Engine::new().unwrap(), ModuleStore::default());
        store.code(&engine, &contract(1)).unwrap();
        // One that never ends: its place is taken, and a turn with it.
        let endless = *blake3::hash(&contract(2)).as_bytes();
        lock(&store.compiling).entry(endless).or_default();
        let _turn = store.turns.take();
        store.code(&engine, &contract(1)).unwrap();
        store.code(&engine, &contract(3)).unwrap();
    }

    #[test]
    fn modules_that_are_refused_leave_nothing_behind() {
        let (engine, store) = (Engine::new().unwrap(), ModuleStore::default());
        for _ in 0..2 * MAX_COMPILING {
            store.code(&engine, b"\0asm").unwrap_err();
        }
        assert!(lock(&store.compiling).is_empty() && lock(&store.loaded).codes.is_empty());
        let taken = lock(&store.turns.taken);
        assert_eq!((taken.all, taken.for_questions), (0, 0));
    }

    #[test]
    fn questions_leave_turns_to_blocks() {
        let (engine, store) = (Engine::new().unwrap(), ModuleStore::default());
        // Questions that compile without end, as many as may.
        let mut endless: Vec<_> =
            (0..MAX_COMPILING_FOR_QUESTIONS).map(|_| as_question(|| store.turns.take())).collect();
        assert!(!lock(&store.turns.taken).has_room(true) && lock(&store.turns.taken).has_room(false));
        store.code(&engine, &contract(1)).unwrap();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| as_question(|| store.code(&engine, &contract(2)).map(drop)));
            // The running compilation does not give its turn to a query.
            for number in 3..6 {
                store.code(&engine, &contract(number)).unwrap();
            }
            assert!(!lock(&store.loaded).codes.contains_key(blake3::hash(&contract(2)).as_bytes()));
            endless.pop();
            asked.join().unwrap().unwrap();
        });
        drop(endless);
        assert_eq!(lock(&store.turns.taken).all, 0);
    }

    #[test]
    fn a_question_ends_with_its_answer() {
        assert!(!answers_question());
        assert!(as_question(answers_question));
        let panicked = std::panic::catch_unwind(|| as_question(|| panic!("on purpose")));
        assert!(panicked.map(|()| 0).is_err() && !answers_question());
    }

    #[test]
    fn modules_that_nobody_uses_make_room() {
        let (engine, store) = (Engine::new().unwrap(), ModuleStore::default());
        let used = store.code(&engine, &contract(0)).unwrap();
        for number in 1..=MAX_MODULES {
            store.code(&engine, &contract(number)).unwrap();
        }
        assert!(lock(&store.loaded).codes.len() < MAX_MODULES);
        assert!(Arc::ptr_eq(&used, &store.code(&engine, &contract(0)).unwrap()));
    }
}
