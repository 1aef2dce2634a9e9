//! The typed values of circuits.

mod curve;
mod unsigned;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::{Input, Wire};
use crate::native;

pub use curve::{Point, Scalar};
pub use unsigned::{Bits, U8, U16, U32, U64, U128, Unsigned, Width};

/// A type of values in circuits.
///
/// Its native type holds the value outside of circuits: in contracts, in tests, in witness files. A value from
/// [`Value::input`] satisfies everything that its type guarantees, because constraints enforce it.
pub trait Value: Sized {
    /// The value outside of circuits. Private inputs consist of such values, and are wiped when dropped.
    type Native: Clone + Serialize + DeserializeOwned + Zeroize;

    /// The type's name in descriptions, like `U64` or `[Field; 4]`.
    fn kind() -> String;

    /// Creates the value as an input, with its constraints. Without a witness there is no native value.
    #[track_caller]
    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self;

    /// The wires of the value, in the order of [`Value::encode`].
    fn wires(&self) -> Vec<Wire>;

    /// Encodes the native value as field elements. Prover and contract use this encoding of public inputs.
    fn encode(native: &Self::Native, out: &mut Vec<native::Field>);
}

impl ConstraintSystem {
    /// A named input that the verifier knows. Its encoding is exposed.
    #[track_caller]
    pub fn public<T: Value>(&mut self, name: &str, native: Option<&T::Native>) -> T {
        let value = self.named(name, true, native);
        T::wires(&value).iter().for_each(|wire| self.expose(*wire));
        value
    }

    /// A named input that only the prover knows.
    #[track_caller]
    pub fn private<T: Value>(&mut self, name: &str, native: Option<&T::Native>) -> T {
        self.named(name, false, native)
    }

    #[track_caller]
    fn named<T: Value>(&mut self, name: &str, public: bool, native: Option<&T::Native>) -> T {
        let (value, rows) = self.input(|cs| T::input(cs, native));
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
    type Native = native::Field;

    fn kind() -> String {
        "Field".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Field>) -> Self {
        Self(cs.input_wire(native.map(native::Field::scalar)))
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(native: &native::Field, out: &mut Vec<native::Field>) {
        put(out, native);
    }
}

/// Appends an element. A function of its own: contracts encode the public inputs of every proof by it.
#[inline(never)]
fn put(out: &mut Vec<native::Field>, element: &native::Field) {
    out.push(*element);
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
    pub fn constrain(cs: &mut ConstraintSystem, wire: Wire) -> Self {
        let one = BlsScalar::one();
        cs.gate("is a bit", Gate::new().ab(wire, wire, one).a(wire, -one));
        Self(wire)
    }
}

impl Value for Bool {
    type Native = bool;

    fn kind() -> String {
        "Bool".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&bool>) -> Self {
        let wire = cs.input_wire(native.map(|bit| BlsScalar::from(u64::from(*bit))));
        Self::constrain(cs, wire)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(native: &bool, out: &mut Vec<native::Field>) {
        put(out, &native::Field::from(u64::from(*native)));
    }
}

impl<T: Value, const N: usize> Value for [T; N] {
    type Native = native::Array<T::Native, N>;

    fn kind() -> String {
        alloc::format!("[{}; {N}]", T::kind())
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        core::array::from_fn(|i| T::input(cs, native.map(|native| &native.0[i])))
    }

    fn wires(&self) -> Vec<Wire> {
        self.iter().flat_map(Value::wires).collect()
    }

    fn encode(native: &Self::Native, out: &mut Vec<native::Field>) {
        native.0.iter().for_each(|element| T::encode(element, out));
    }
}
