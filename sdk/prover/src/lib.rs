//! Parameters, keys and proofs of circuits from [`dusk_sdk_circuit`]. The only crate that depends on a proof system.
//!
//! ```text
//! Layout ────┐                   Assignment ─┐
//!            ├─ Keys::compile ─► Keys ─────┴─ prove ─► Proof ─┐
//! Parameters ┘                    └─ verifier key ────────────┴─ verify
//! ```
//!
//! # Modules
//!
//! [`Parameters`] are the common reference string: the development parameters, under which anyone can forge proofs, or
//! production's from a file. [`Keys`] belong to one circuit and one set of parameters. A [`KeyStore`] keeps both in a
//! folder. A [`Backend`] is a proof system; [`Plonk`] is that of the chain.
//!
//! # Invariants
//!
//! - A witness is checked before it is proved, so that a failure has the name and place of the constraint.
//! - [`Keys::prove`] returns only proofs that the verifier of `dusk-plonk` has accepted.
//! - Keys equal those of `dusk-plonk`, byte for byte, and its verifier accepts the proofs.
//! - Each polynomial of a proof has as many random terms as the proof reveals values of it: the [backend](Plonk) counts
//!   them.
//! - Values that depend on the witness are wiped when dropped, and never written to a disk.
#![deny(unsafe_code)]

// Tests of modules share the support code of the crate's tests.
#[cfg(test)]
extern crate self as dusk_sdk_prover;

mod backend;
#[cfg(test)]
#[path = "../tests/it/circuits.rs"]
mod circuits;
mod keys;
mod native;
mod parameters;
mod plonk;
mod progress;
mod proof;
#[cfg(test)]
#[allow(unsafe_code, reason = "the stock crate's quick way to read parameters")]
#[path = "../tests/it/stock.rs"]
mod stock;
mod store;

pub use crate::{
    backend::{Backend, CompileError, Compiled, VerifyError},
    keys::{Keys, ProveError, verify},
    parameters::{MAX_GATES, PRODUCTION_SHA256, Parameters, ParametersError, ParametersId},
    plonk::{Plonk, PlonkKey},
    progress::{Progress, SILENT, Stage},
    proof::{Proof, ProofError},
    store::{Entry, EntryKind, Kept, KeyStore, Origin, StoreError},
};
