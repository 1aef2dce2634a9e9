//! Compiled modules, linked to the functions that contracts import.

use wasmtime::InstancePre;

use super::store_data::StoreData;
use crate::module::{ModuleInfo, Segment};
use crate::state::ContractCode;

/// A contract's code, ready to be instantiated.
pub(crate) struct Code {
    pub(super) hash: [u8; 32],
    pub(super) bytecode: Vec<u8>,
    pub(super) info: ModuleInfo,
    pub(super) segments: Vec<Segment>,
    pub(super) instance: InstancePre<StoreData>,
}

impl Code {
    /// BLAKE3 of the bytecode.
    pub(crate) fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The known data of the module.
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
    pub(crate) fn instance(&self) -> &InstancePre<StoreData> {
        &self.instance
    }
}

impl ContractCode for Code {
    fn bytecode(&self) -> &[u8] {
        &self.bytecode
    }

    fn memory64(&self) -> bool {
        self.info.memory64
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("info", &self.info).finish_non_exhaustive()
    }
}
