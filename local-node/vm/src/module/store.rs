//! Compiled modules, in memory and, if a folder is given, on disk.
//!
//! A file holds the engine's object code behind a header: a tag that names the machine's version, and the BLAKE3 hash
//! of all that follows. A file that does not fit is compiled anew and written over.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::Module;

use super::{Code, Features, ModuleError, Prepared, inspect, prepare};
use crate::host::Machine;

/// The most modules that are kept in memory without being in use.
const MAX_MODULES: usize = 256;
/// Changes with every change of what the object code depends on in this crate. The engine checks its own version.
const FORMAT: &[u8; 8] = b"lnvm0001";
const HASH_BYTES: usize = 32;

/// Compiled modules by the BLAKE3 hash of their bytecode.
#[derive(Debug, Default)]
pub(crate) struct ModuleStore {
    loaded: Mutex<HashMap<[u8; 32], Arc<Code>>>,
    folder: Option<PathBuf>,
}

impl ModuleStore {
    /// A store that keeps object code in a folder as well. The folder must not be writable for others.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { loaded: Mutex::default(), folder: Some(folder.to_owned()) }
    }

    /// The code of a module, compiled if need be.
    pub(crate) fn code(&self, machine: &Machine, bytecode: &[u8]) -> Result<Arc<Code>, ModuleError> {
        let hash = *blake3::hash(bytecode).as_bytes();
        if let Some(code) = self.lock().get(&hash) {
            return Ok(Arc::clone(code));
        }
        let info = inspect(bytecode, Features::All)?;
        let Prepared { bytecode: prepared, segments, passive } = prepare(bytecode, &info)?;
        let module = self.module(machine, &hash, &prepared)?;
        let instance = machine.link(&module, &info, &passive)?;
        let code = Arc::new(Code { hash, bytecode: bytecode.to_vec(), info, segments, instance });
        let mut loaded = self.lock();
        if loaded.len() >= MAX_MODULES {
            loaded.retain(|_, code| Arc::strong_count(code) > 1);
        }
        Ok(Arc::clone(loaded.entry(hash).or_insert(code)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Arc<Code>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn module(&self, machine: &Machine, hash: &[u8; 32], prepared: &[u8]) -> Result<Module, ModuleError> {
        let file = self.folder.as_ref().map(|folder| folder.join(format!("{}.object", hex(hash))));
        if let Some(module) = file.as_deref().and_then(|file| read(machine, file)) {
            return Ok(module);
        }
        let module = Module::new(machine.engine(), prepared)
            .map_err(|error| ModuleError::NotCompilable(format!("{error:#}")))?;
        if let Some(file) = file
            && let Err(error) = write(&module, &file)
        {
            tracing::warn!(file = %file.display(), %error, "a compiled module could not be kept; it will be compiled again");
        }
        Ok(module)
    }
}

fn read(machine: &Machine, file: &Path) -> Option<Module> {
    let content = fs::read(file).ok()?;
    let (hash, object) = content.strip_prefix(FORMAT)?.split_at_checked(HASH_BYTES)?;
    if blake3::hash(object).as_bytes() != hash {
        return None;
    }
    // SAFETY: the object code was written by `write` from a module that this crate compiled, and the hash shows that
    // it is unchanged; `in_folder` demands that nobody else can write to the folder. The engine refuses object code of
    // other versions, settings or processors.
    #[expect(unsafe_code, reason = "the engine cannot check object code")]
    unsafe { Module::deserialize(machine.engine(), object) }.ok()
}

fn write(module: &Module, file: &Path) -> std::io::Result<()> {
    let object = module.serialize().map_err(std::io::Error::other)?;
    let content = [FORMAT.as_slice(), blake3::hash(&object).as_bytes(), &object].concat();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // Another process may do the same: each writes a file of its own, and the last rename counts.
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, content)?;
    fs::rename(&draft, file)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
