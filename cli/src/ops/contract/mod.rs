//! A contract by itself: its module, its description, its arguments.
//!
//! | file | about |
//! |---|---|
//! | `wasm` | sections of a module, taken out and put in |
//! | `module_info` | sections, imports, exports and sizes of functions |
//! | `sandbox` | modules validated and data drivers run, in the virtual machine only |
//! | `check` | refusals of a network, and warnings |
//! | `floats` | floating-point arithmetic, and the exports that reach it |
//! | `schema` | differences between two descriptions |
//! | `plain` | descriptions by drivers that were not made with our SDK |
//! | `amount` | amounts of money as people write them |
//! | `arguments` | values that people give, checked against the description |
//! | `flags` | functions as commands: flags, help |
//! | `samples` | values that fit a type, for examples |
//! | `words` | types and sentences of a description as text |

pub(crate) mod amount;
pub(crate) mod arguments;
pub(crate) mod check;
pub(crate) mod flags;
pub(crate) mod floats;
pub(crate) mod module_info;
pub(crate) mod plain;
pub(crate) mod samples;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod wasm;
pub(crate) mod words;
