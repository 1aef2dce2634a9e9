//! The circuits of a project: described, proved, and their keys.
//!
//! | file | about |
//! |---|---|
//! | `programs` | circuits found in programs of the project, and asked there |
//! | `shipped` | the program with the circuits that contracts are built with |
//! | `witness` | files of witnesses |
//! | `crs` | production's parameters on this machine |
//! | `proving` | parameters, keys and proofs |
//! | `verifier_key` | the record of a verifier key in its file |

pub(crate) mod crs;
mod programs;
pub(crate) mod proving;
mod shipped;
pub(crate) mod verifier_key;
pub(crate) mod witness;

pub(crate) use self::programs::{Circuit, Circuits, Described, circuit_of};
pub(crate) use self::shipped::Plan;
