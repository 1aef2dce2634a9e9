//! Compiled modules, in memory and, if a folder is given, on disk.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::Module;

use super::objects::Objects;
use super::{Code, Features, ModuleError, Prepared, inspect, prepare};
use crate::host::Machine;

/// The most modules that are kept in memory without being in use.
const MAX_MODULES: usize = 256;

/// Compiled modules by the BLAKE3 hash of their bytecode.
#[derive(Debug, Default)]
pub(crate) struct ModuleStore {
    loaded: Mutex<HashMap<[u8; 32], Arc<Code>>>,
    objects: Option<Objects>,
}

impl ModuleStore {
    /// A store that keeps object code in a folder as well. The folder must not be writable for others.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { loaded: Mutex::default(), objects: Some(Objects::in_folder(folder)) }
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
        let module = match &self.objects {
            Some(objects) => objects.module(machine.engine(), hash, prepared),
            None => Module::new(machine.engine(), prepared),
        };
        module.map_err(|error| ModuleError::NotCompilable(format!("{error:#}")))
    }
}
