//! Circuits as data: described, checked, audited and profiled without a proof system.
//!
//! A circuit states something about values, some of which only the prover knows. Its function runs against a [`Circuit`]:
//! it makes typed [values](Value), and gadgets constrain them. That gives a [`Layout`] (rows of gates over wires, with the names and
//! places that people know them by), and for a witness the [`Wires`] (the value of each). What can be done with these two needs no
//! proof:
//!
//! | function | tells |
//! |---|---|
//! | [`check`] | whether the values satisfy every constraint, and if not, which named one fails, where, with which values |
//! | [`audit`] | which values no constraint determines, so that a prover may choose them |
//! | [`profile`] | how many gates each part takes, what keys and proofs will cost, and a picture of it |
//! | [`Layout::digest`] | which circuit it is: keys belong to a digest |
//!
//! # Modules
//!
//! [`plain`] has the values outside of circuits, and the twin of each gadget. `runner` is how a tool asks a circuit that was
//! compiled into another program.
//!
//! # Rules that hold
//!
//! - A value of a type satisfies what the type promises, because it is constrained as it is made.
//! - What is built does not depend on the witness; [`witness`] refuses a function for which it does.
//! - A printed failure shows no private value, unless [`REVEAL_VARIABLE`] or [`Revealed`] asks for it.
//! - Gadgets never fail for a value: where there is no right one they compute any, and a constraint does not hold.
//! - Nothing here makes keys or proofs.
//!
//! Without the feature `zk` the crate is only the plain field element, for contracts that prove nothing.
#![no_std]

extern crate alloc;

pub mod plain;

#[cfg(feature = "zk")]
mod audit;
#[cfg(feature = "zk")]
mod catalogue;
#[cfg(feature = "zk")]
mod check;
#[cfg(feature = "zk")]
mod circuit;
#[cfg(feature = "zk")]
mod definition;
#[cfg(all(feature = "zk", not(target_family = "wasm")))]
mod exact;
#[cfg(feature = "zk")]
mod gadgets;
#[cfg(feature = "zk")]
mod gate;
#[cfg(feature = "zk")]
mod layout;
#[cfg(feature = "zk")]
mod profile;
#[cfg(all(feature = "zk", not(target_family = "wasm")))]
pub mod runner;
#[cfg(feature = "zk")]
mod scalar_serde;
#[cfg(feature = "zk")]
mod value;
#[cfg(feature = "zk")]
mod wires;

pub use dusk_bls12_381::BlsScalar;

#[cfg(feature = "zk")]
pub use crate::{
    audit::{Doubt, Finding, Report, Second, audit, audit_with},
    catalogue::{Entry, catalogue},
    check::{CheckError, HIDDEN, Held, REVEAL_VARIABLE, Revealed, Unsatisfied, check, short},
    circuit::{Circuit, MAX_ROWS_BUILT},
    definition::{Definition, WitnessError, layout, witness},
    gadgets::{
        Absence, Ciphertext, Credential, Linear, MerklePath, Multiplier, Select, Set, Signature, assert_balanced,
        assert_commits, commit, hash, nullifier,
    },
    gate::Gate,
    layout::{
        Constraint, Digest, Input, Kind, Layout, LayoutError, MAX_ROWS, Place, RESERVED_ROWS, Region, Row, Selectors,
        Wire,
    },
    profile::{Estimate, PROOF_BYTES, Profile, RegionProfile, profile},
    value::{Bits, Bool, Field, Point, Scalar, U8, U16, U32, U64, U128, Unsigned, Value, Width},
    wires::Wires,
};
