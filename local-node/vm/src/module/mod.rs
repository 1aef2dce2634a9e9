//! Contract modules: what is required of them, how they are prepared for the engine, and where compiled ones are kept.

mod inspect;
pub mod limits;
mod objects;
mod prepare;
mod store;

use std::sync::Arc;

use wasmtime::InstancePre;

use crate::host::Env;

pub(crate) use inspect::{Features, INIT, LOG, inspect};
pub use inspect::{MAX_MODULE_BYTES, MAX_TABLE_ELEMENTS, ModuleError, ModuleInfo, validate, validate_for_tests};
pub use limits::LimitError;
pub(crate) use objects::Objects;
pub(crate) use prepare::{BULK, HOST, Prepared, Segment, drop_name, init_name, prepare};
pub(crate) use store::ModuleStore;
pub use store::{answers_question, as_question};

/// A contract's code, ready to be instantiated.
pub(crate) struct Code {
    hash: [u8; 32],
    bytecode: Vec<u8>,
    info: ModuleInfo,
    segments: Vec<Segment>,
    instance: InstancePre<Env>,
}

impl Code {
    /// BLAKE3 of the bytecode.
    pub(crate) fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The module as it was deployed.
    pub(crate) fn bytecode(&self) -> &[u8] {
        &self.bytecode
    }

    /// What is known of the module.
    pub(crate) fn info(&self) -> &ModuleInfo {
        &self.info
    }

    /// The data that a deployment writes into the memory.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Bytes of its machine code.
    pub(crate) fn machine_bytes(&self) -> usize {
        let range = self.instance.module().image_range();
        (range.end as usize).saturating_sub(range.start as usize)
    }

    /// The module with its imports resolved.
    pub(crate) fn instance(&self) -> &InstancePre<Env> {
        &self.instance
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("info", &self.info).finish_non_exhaustive()
    }
}

/// Data of a passive segment, shared with the function that copies from it.
pub(crate) type PassiveData = Arc<[u8]>;
