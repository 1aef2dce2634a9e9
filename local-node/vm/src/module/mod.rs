//! Contract modules: their requirements, their preparation for the engine, and compiled ones on disk.

mod inspect;
pub mod limits;
mod objects;
mod prepare;

use std::sync::Arc;

pub(crate) use inspect::{Features, INIT, LOG, inspect, on_one_line};
pub use inspect::{MAX_MODULE_BYTES, MAX_TABLE_ELEMENTS, ModuleError, ModuleInfo, validate, validate_for_tests};
pub use limits::LimitError;
pub(crate) use objects::Objects;
pub(crate) use prepare::{BULK, HOST, Prepared, Segment, drop_name, init_name, prepare};

/// Data of a passive segment, shared with the function that copies from it.
pub(crate) type PassiveData = Arc<[u8]>;
