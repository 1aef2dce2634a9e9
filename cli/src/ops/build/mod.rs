//! From sources to artefacts, and only when needed.
//!
//! | file | about |
//! |---|---|
//! | `compile` | one package compiled to WASM |
//! | `optimise` | `wasm-opt`, where it is installed |
//! | `verifiers` | the verifier keys that contracts are built with, made and confirmed |
//! | `artifact` | the files of a build, and their record |
//! | `pipeline` | all steps of a build in their order |

pub(crate) mod artifact;
pub(crate) mod compile;
pub(crate) mod optimise;
mod pipeline;
pub(crate) mod verifiers;

pub(crate) use self::compile::Recipe;
pub(crate) use self::pipeline::{build, build_as};
