//! The typed values of circuits.

mod curve;
mod unsigned;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use crate::circuit::Circuit;
use crate::gate::Gate;
use crate::layout::{Input, Wire};
use crate::plain;

pub use curve::{Point, Scalar};
pub use unsigned::{Bits, U8, U16, U32, U64, U128, Unsigned, Width};

/// A type of values in circuits.
///
/// Its plain type holds the value outside of circuits: in contracts, in tests, in witness files. A value from
/// [`Value::input`] satisfies everything that its type guarantees, because constraints enforce it.
pub trait Value: Sized {
    /// The value outside of circuits. Private inputs consist of such values, and are wiped when dropped.
    type Plain: Clone + Serialize + DeserializeOwned + Zeroize;

    /// The type's name in descriptions, like `U64` or `[Field; 4]`.
    fn kind() -> String;

    /// Creates the value as an input, with its constraints. Without a witness there is no plain value.
    #[track_caller]
    fn input(circuit: &mut Circuit, plain: Option<&Self::Plain>) -> Self;

    /// The wires of the value, in the order of [`Value::encode`].
    fn wires(&self) -> Vec<Wire>;

    /// Encodes the plain value as field elements. Prover and contract use this encoding of public inputs.
    fn encode(plain: &Self::Plain, out: &mut Vec<plain::Field>);
}

impl Circuit {
    /// A named input that the verifier knows. Its encoding is exposed.
    #[track_caller]
    pub fn public<T: Value>(&mut self, name: &str, plain: Option<&T::Plain>) -> T {
        let value = self.named(name, true, plain);
        T::wires(&value).iter().for_each(|wire| self.expose(*wire));
        value
    }

    /// A named input that only the prover knows.
    #[track_caller]
    pub fn private<T: Value>(&mut self, name: &str, plain: Option<&T::Plain>) -> T {
        self.named(name, false, plain)
    }

    #[track_caller]
    fn named<T: Value>(&mut self, name: &str, public: bool, plain: Option<&T::Plain>) -> T {
        let (value, rows) = self.input(|circuit| T::input(circuit, plain));
        self.note_input(Input { name: name.to_string(), kind: T::kind(), public, wires: value.wires(), rows });
        value
    }
}

/// An element of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field(pub(crate) Wire);

impl Field {
    /// The element 0.
    pub const ZERO: Self = Self(Wire::ZERO);
    /// The element 1.
    pub const ONE: Self = Self(Wire::ONE);

    /// The element on this wire.
    #[must_use]
    pub fn from_wire(wire: Wire) -> Self {
        Self(wire)
    }

    /// The wire of the element.
    #[must_use]
    pub fn wire(self) -> Wire {
        self.0
    }
}

impl Value for Field {
    type Plain = plain::Field;

    fn kind() -> String {
        "Field".to_string()
    }

    fn input(circuit: &mut Circuit, plain: Option<&plain::Field>) -> Self {
        Self(circuit.input_wire(plain.map(plain::Field::scalar)))
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(plain: &plain::Field, out: &mut Vec<plain::Field>) {
        out.push(*plain);
    }
}

/// A bit: 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bool(pub(crate) Wire);

impl Bool {
    /// The bit 0.
    pub const FALSE: Self = Self(Wire::ZERO);
    /// The bit 1.
    pub const TRUE: Self = Self(Wire::ONE);

    /// The wire of the bit.
    #[must_use]
    pub fn wire(self) -> Wire {
        self.0
    }

    /// The bit as a field element.
    #[must_use]
    pub fn field(self) -> Field {
        Field(self.0)
    }

    /// Constrains a wire to a bit. One row.
    #[track_caller]
    pub fn constrain(circuit: &mut Circuit, wire: Wire) -> Self {
        let one = BlsScalar::one();
        circuit.gate("is a bit", Gate::new().ab(wire, wire, one).a(wire, -one));
        Self(wire)
    }
}

impl Value for Bool {
    type Plain = bool;

    fn kind() -> String {
        "Bool".to_string()
    }

    fn input(circuit: &mut Circuit, plain: Option<&bool>) -> Self {
        let wire = circuit.input_wire(plain.map(|bit| BlsScalar::from(u64::from(*bit))));
        Self::constrain(circuit, wire)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(plain: &bool, out: &mut Vec<plain::Field>) {
        out.push(plain::Field::from(u64::from(*plain)));
    }
}

impl<T: Value, const N: usize> Value for [T; N] {
    type Plain = plain::Array<T::Plain, N>;

    fn kind() -> String {
        alloc::format!("[{}; {N}]", T::kind())
    }

    fn input(circuit: &mut Circuit, plain: Option<&Self::Plain>) -> Self {
        core::array::from_fn(|i| T::input(circuit, plain.map(|plain| &plain.0[i])))
    }

    fn wires(&self) -> Vec<Wire> {
        self.iter().flat_map(Value::wires).collect()
    }

    fn encode(plain: &Self::Plain, out: &mut Vec<plain::Field>) {
        plain.0.iter().for_each(|element| T::encode(element, out));
    }
}
