//! Cargo and the compilers of this machine.
//!
//! | file | about |
//! |---|---|
//! | `machine` | programs on this machine, and whether we may install others |
//! | `toolchain` | a compiler that makes WASM, found or installed |
//! | `command` | cargo started, and its messages read |
//! | `compiler` | this program in front of the compiler, for circuits |
//! | `progress` | the state of a build: packages that are done, and the one that cargo compiles |
//! | `configuration` | settings of the project and its user that must not reach contracts |
//! | `packages` | which packages of a workspace are contracts, and which may hold circuits |
//! | `inputs` | the inputs of packages, and whether they have changed |
//! | `documents` | the meaning of manifests, settings and `Cargo.lock` for a build |

pub(crate) mod command;
pub(crate) mod compiler;
pub(crate) mod configuration;
mod documents;
pub(crate) mod inputs;
pub(crate) mod machine;
pub(crate) mod packages;
mod progress;
pub(crate) mod toolchain;
