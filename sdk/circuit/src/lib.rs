//! Circuits as data: described, checked, audited and profiled without a proof system.
//!
//! A circuit is a statement about values, some of which only the prover knows. Its function runs against a
//! [`ConstraintSystem`]: it creates typed [values](Value), and gadgets add constraints on them. The result is a
//! [`Layout`] (rows of gates over wires, with names and places in the source), and for each witness the [`Assignment`]
//! (the values of all wires). These functions work on the two, without a proof:
//!
//! | function | result |
//! |---|---|
//! | [`check`] | whether the values satisfy every constraint; if not, the first violated one, with place and values |
//! | [`audit`] | the under-constrained wires: values that a prover may choose |
//! | [`profile`] | the gates of each region, the costs of keys and proofs, and a flame graph |
//! | [`Layout::digest`] | the identity of the circuit: keys belong to a digest |
//!
//! # Modules
//!
//! [`native`] has the values outside of circuits, and the native counterpart of each gadget. With `runner` a tool
//! requests layouts and assignments from circuits in another program.
//!
//! # Invariants
//!
//! - A value satisfies the constraints of its type, because creating the value adds them.
//! - The rows do not depend on the witness; [`assign`] rejects a function whose rows do.
//! - A printed failure shows no private value, unless [`REVEAL_VARIABLE`] or [`Revealed`] requests it.
//! - Gadgets never fail because of a value: if there is no right result they compute any, and a constraint is violated.
//! - The crate makes neither keys nor proofs.
//!
//! # Features
//!
//! Without the feature `zk` the crate contains only the native field element, for contracts that verify no proofs.
//! `audit` adds the [audit](audit()), the [profile](profile()) and the catalogue of gadgets: tools and a circuit's own
//! tests need them, contracts and provers do not.
#![no_std]

extern crate alloc;

pub mod native;

#[cfg(feature = "zk")]
mod assignment;
#[cfg(feature = "audit")]
mod audit;
#[cfg(feature = "audit")]
mod catalogue;
#[cfg(feature = "zk")]
mod check;
#[cfg(feature = "zk")]
mod circuit;
#[cfg(feature = "zk")]
mod constraint_system;
#[cfg(all(feature = "zk", not(target_family = "wasm")))]
mod exact;
#[cfg(feature = "zk")]
mod gadgets;
#[cfg(feature = "zk")]
mod gate;
#[cfg(feature = "zk")]
mod layout;
#[cfg(feature = "zk")]
mod one_line;
#[cfg(feature = "zk")]
mod poseidon;
#[cfg(feature = "audit")]
mod profile;
mod proof_size;
#[cfg(all(feature = "zk", not(target_family = "wasm")))]
pub mod runner;
#[cfg(feature = "zk")]
mod scalar_serde;
#[cfg(feature = "zk")]
mod value;
#[cfg(feature = "zk")]
#[doc(hidden)]
pub mod verifier_key;
#[cfg(feature = "zk")]
mod zeroized;

pub use dusk_bls12_381::BlsScalar;

pub use crate::proof_size::PROOF_BYTES;

#[cfg(feature = "zk")]
pub use crate::{
    assignment::{Assignment, AssignmentBytesError},
    check::{CheckError, HIDDEN, REVEAL_VARIABLE, Revealed, Unsatisfied, WireValue, check, short},
    circuit::{AssignmentError, Circuit, assign, layout},
    constraint_system::{ConstraintSystem, MAX_ROWS_BUILT},
    gadgets::{
        Ciphertext, Credential, Linear, MerklePath, Multiplier, NonMembership, Select, Set, Signature, assert_balanced,
        assert_commits, commit, expand, hash, nullifier,
    },
    gate::Gate,
    layout::{
        Constraint, Digest, GateKind, Input, Layout, LayoutError, MAX_ROWS, Place, RESERVED_ROWS, Region, Row,
        Selectors, Wire,
    },
    value::{Bits, Bool, Field, Point, Scalar, U8, U16, U32, U64, U128, Unsigned, Value, Width},
};
#[cfg(feature = "audit")]
pub use crate::{
    audit::{Counterexample, Finding, FindingKind, Report, audit, audit_with},
    catalogue::{Entry, catalogue},
    profile::{Estimate, Profile, RegionProfile, profile},
};
