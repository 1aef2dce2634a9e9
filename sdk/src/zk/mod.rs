//! Zero-knowledge circuits: writing them, and verifying their proofs in contracts.
//!
//! A circuit is a function over typed values; some of them only the prover knows:
//!
//! ```
//! use dusk_sdk::zk::*;
//!
//! /// The prover knows two factors of `product`.
//! #[circuit]
//! pub fn factors(
//!     cs: &mut ConstraintSystem,
//!     #[public] product: Field,
//!     #[private] left: Field,
//!     #[private] right: Field,
//! ) {
//!     let one = BlsScalar::one();
//!     cs.gate("product", Gate::new().ab(left.wire(), right.wire(), one).c(product.wire(), -one));
//! }
//!
//! let layout = layout::<Factors>();
//! let inputs = |left: u64, right: u64| FactorsPrivate { left: left.into(), right: right.into() };
//! let public = FactorsPublic { product: 15.into() };
//! let assignment = assign::<Factors>(&layout, &public, &inputs(3, 5)).unwrap();
//! assert!(check(&layout, &assignment).is_ok());
//! let assignment = assign::<Factors>(&layout, &public, &inputs(3, 6)).unwrap();
//! assert!(check(&layout, &assignment).is_err());
//! ```
//!
//! From the function `factors`, [`#[circuit]`](macro@circuit) makes the type `Factors`, which stands for the circuit,
//! and the structs `FactorsPublic` and `FactorsPrivate` with its named inputs. A contract takes a
//! [`Proof<Factors>`](Proof) as an argument and calls `Factors::verify(&proof, &FactorsPublic { product })`. A test
//! makes a proof by `chain.prove(&public, &private)`.
//!
//! This module re-exports all of `dusk-sdk-circuit`: values, gadgets, [`check`], and with the feature `audit` the
//! audit and the profile. **Here
//! [`Field`] is a value in a circuit**; the native field element is [`dusk_sdk::Field`](crate::Field), also called
//! [`native::Field`].

mod binding;
mod proof;

pub use dusk_sdk_circuit::*;
/// Makes a function a circuit.
///
/// Its first argument is `&mut ConstraintSystem`; every other is an input, `#[public]` or `#[private]`, of a type that
/// implements [`Value`]. It returns nothing, because gadgets add constraints and do not fail. Its documentation states
/// what the circuit proves. If an input is bound to the proof but in no constraint, begin its name with an underscore:
/// `_occasion` is the input `occasion`.
///
/// For a function `eligible` the macro adds, with the visibility of the function:
///
/// - `Eligible`, a type for the circuit: `Eligible::verify(&proof, &public)` for contracts.
/// - `EligiblePublic` and `EligiblePrivate`, structs with the named inputs, in the types of contracts: `u64` for a
///   [`U64`](Value), [`dusk_sdk::Field`](crate::Field) for a [`Field`].
/// - a test, `__circuit_eligible::serves`, which builds the circuit, and an entry in the list of circuits of the linked
///   program. Through them `cargo dusk` gets the circuit's layout and assignments.
///
/// Builds to wasm include the verifier key from the folder that `cargo dusk build` sets.
pub use dusk_sdk_macros::circuit;
/// Makes a struct of circuit values a circuit value: `Point2 { x: Field, y: Field }`.
///
/// For a struct `Holder` the macro adds `HolderNative`, its native counterpart, with the native types of the fields.
pub use dusk_sdk_macros::circuit_type;

pub use self::binding::binding;
pub use self::proof::{Proof, Provable};
