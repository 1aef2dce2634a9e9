//! Parameters, keys and proofs of circuits that [`dusk_sdk_circuit`] describes. The one crate that knows a proof system.
//!
//! ```text
//! Layout ──┐                       Wires ─┐
//!          ├─ Keys::compile ─► Keys ──────┴─ prove ─► Proof ─┐
//! Parameters ┘                  └─ verifier key ─────────────┴─ verify
//! ```
//!
//! # Modules
//!
//! [`Parameters`] are the common reference string: development's, which anyone can forge under, or production's from a file. [`Keys`]
//! belong to one circuit and one set of parameters. A [`KeyStore`] keeps both in a folder. A [`Backend`] is a proof system; [`Plonk`] is the
//! chain's.
//!
//! # Rules that hold
//!
//! - A witness is checked before it is proved, so that a failure has a name and a place.
//! - No proof leaves [`Keys::prove`] that the stock verifier has not accepted.
//! - Keys are those of `dusk-plonk`, to the byte; proofs are those that its verifier takes.
//! - Each polynomial of a proof has as many random terms as the proof shows values of it: the [backend](Plonk) counts them.
//! - What tells of a witness is wiped when it goes, and never written to a disk.
#![deny(unsafe_code)]

// The tests of modules use what the tests of the crate do.
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
