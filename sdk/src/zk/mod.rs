//! Zero-knowledge circuits: describe them, and verify their proofs in contracts.
//!
//! A circuit is a function over typed values, some of which only the prover knows:
//!
//! ```
//! use dusk_sdk::zk::*;
//!
//! /// The prover knows two factors of `product`.
//! #[circuit]
//! pub fn factors(cs: &mut Circuit, #[public] product: Field, #[private] left: Field, #[private] right: Field) {
//!     let one = BlsScalar::one();
//!     cs.gate("product", Gate::new().ab(left.wire(), right.wire(), one).c(product.wire(), -one));
//! }
//!
//! let layout = layout::<Factors>();
//! let inputs = |left: u64, right: u64| FactorsPrivate { left: left.into(), right: right.into() };
//! let public = FactorsPublic { product: 15.into() };
//! let wires = witness::<Factors>(&layout, &public, &inputs(3, 5)).unwrap();
//! assert!(check(&layout, &wires).is_ok());
//! let wires = witness::<Factors>(&layout, &public, &inputs(3, 6)).unwrap();
//! assert!(check(&layout, &wires).is_err());
//! ```
//!
//! From the function `factors`, [`#[circuit]`](macro@circuit) makes the type `Factors`, which names the circuit, and the structs
//! `FactorsPublic` and `FactorsPrivate` with its inputs by name. A contract takes a [`Proof<Factors>`](Proof) as an argument and asks
//! `Factors::verify(&proof, &FactorsPublic { product })`. A test makes one with `chain.prove(&public, &private)`.
//!
//! All of `dusk-sdk-circuit` is here: values, gadgets, [`check`], the audit, the profile. **Here [`Field`] is a value in a circuit**; outside of
//! circuits it is [`dusk_sdk::Field`](crate::Field), also called [`plain::Field`].

mod binding;
mod proof;

pub use dusk_sdk_circuit::*;
/// Makes a function a circuit.
///
/// Its first argument is `&mut Circuit`; every other is an input, `#[public]` or `#[private]`, of a type that implements [`Value`]. It returns
/// nothing: gadgets constrain, they do not fail. Its documentation says what the circuit states. An input that is only bound, and used
/// by no constraint, begins with an underscore: `_occasion` is the input `occasion`.
///
/// For a function `eligible` the macro adds, with the visibility of the function:
///
/// - `Eligible`, the circuit's name as a type: `Eligible::verify(&proof, &public)` for contracts.
/// - `EligiblePublic` and `EligiblePrivate`, structs with the inputs by name. The contract's types stand in them: `u64` for a
///   [`U64`](Value), [`dusk_sdk::Field`](crate::Field) for a [`Field`].
/// - a test, `__circuit_eligible::serves`, which builds the circuit, and an entry in the list of circuits of the program that it is linked
///   into. Through them `cargo dusk` asks for its layout and its wires.
///
/// In builds to wasm the verifier key is included from the folder that `cargo dusk build` names.
pub use dusk_sdk_macros::circuit;
/// Makes a struct of values a value: `Point2 { x: Field, y: Field }`.
///
/// For a struct `Holder` the macro adds `HolderPlain`, its twin outside of circuits, with the twins of the fields.
pub use dusk_sdk_macros::circuit_type;

pub use self::binding::binding;
pub use self::proof::{Proof, Provable};
