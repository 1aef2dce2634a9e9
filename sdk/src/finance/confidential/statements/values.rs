//! The native types as values of circuits.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::{cipher, holder, tallies};
use crate::zk::{Bool, ConstraintSystem, Field, Point, U8, U16, U32, Value, Wire};

/// The public key of the auditor. As an input it is a point of the subgroup of prime order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditorKey(pub Point);

/// A point that contracts know by its coordinates. As an input it is a point of the subgroup of prime order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinates(pub Point);

/// The auditor's ciphertext of an act; see [`AuditCipher`](cipher::AuditCipher).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCipher {
    /// The coordinates of the ephemeral point.
    pub ephemeral: [Field; 2],
    /// The masked values and the masked owner.
    pub fields: [Field; 2],
}

/// The keys of a holder for the auditor; see [`ViewCipher`](cipher::ViewCipher).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewCipher {
    /// The coordinates of the ephemeral point.
    pub ephemeral: [Field; 2],
    /// The masked `ak` and `nk`.
    pub fields: [Field; 2],
}

/// The registry's entry of a holder; see [`Holder`](holder::Holder).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The owner of its notes.
    pub owner: Field,
    /// The class.
    pub class: U8,
    /// The country.
    pub country: U16,
    /// The level of accreditation.
    pub level: U8,
    /// The last day on which it may receive.
    pub valid_until: U32,
    /// Whether it is not frozen.
    pub active: Bool,
}

/// A point that contracts know by its coordinates.
macro_rules! coordinates {
    ($name:ident: $native:ty) => {
        impl Value for $name {
            type Native = $native;

            fn kind() -> String {
                stringify!($name).to_string()
            }

            #[track_caller]
            fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
                let [u, v] = [native.map(|it| it.u), native.map(|it| it.v)].map(|it| Field::input(cs, it.as_ref()));
                Self(Point::constrain(cs, u, v))
            }

            fn wires(&self) -> Vec<Wire> {
                self.0.wires()
            }

            fn encode(native: &Self::Native, out: &mut Vec<crate::Field>) {
                Field::encode(&native.u, out);
                Field::encode(&native.v, out);
            }
        }
    };
}

coordinates!(AuditorKey: cipher::AuditorKey);
coordinates!(Coordinates: tallies::Coordinates);

/// Appends elements. It is not inlined, because contracts encode the ciphertexts of every proof with it.
#[inline(never)]
fn encode_all(elements: &[crate::Field], out: &mut Vec<crate::Field>) {
    elements.iter().for_each(|element| Field::encode(element, out));
}

/// A ciphertext of two elements.
macro_rules! ciphertext {
    ($name:ident) => {
        impl Value for $name {
            type Native = cipher::$name;

            fn kind() -> String {
                stringify!($name).to_string()
            }

            #[track_caller]
            fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
                let mut pair = |of: Option<[crate::Field; 2]>| {
                    core::array::from_fn(|i| Field::input(cs, of.as_ref().map(|pair| &pair[i])))
                };
                Self { ephemeral: pair(native.map(|it| it.ephemeral)), fields: pair(native.map(|it| it.fields)) }
            }

            fn wires(&self) -> Vec<Wire> {
                self.ephemeral.iter().chain(&self.fields).map(|it| it.wire()).collect()
            }

            fn encode(native: &Self::Native, out: &mut Vec<crate::Field>) {
                encode_all(&native.ephemeral, out);
                encode_all(&native.fields, out);
            }
        }
    };
}

ciphertext!(AuditCipher);
ciphertext!(ViewCipher);

impl Value for Holder {
    type Native = holder::Holder;

    fn kind() -> String {
        "Holder".to_string()
    }

    #[track_caller]
    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        Self {
            owner: Field::input(cs, native.map(|it| &it.owner)),
            class: U8::input(cs, native.map(|it| &it.class)),
            country: U16::input(cs, native.map(|it| &it.country)),
            level: U8::input(cs, native.map(|it| &it.level)),
            valid_until: U32::input(cs, native.map(|it| &it.valid_until)),
            active: Bool::input(cs, native.map(|it| &it.active)),
        }
    }

    fn wires(&self) -> Vec<Wire> {
        let numbers = [self.class.wire(), self.country.wire(), self.level.wire(), self.valid_until.wire()];
        let mut wires = alloc::vec![self.owner.wire()];
        wires.extend(numbers);
        wires.push(self.active.wire());
        wires
    }

    fn encode(native: &Self::Native, out: &mut Vec<crate::Field>) {
        out.push(native.owner);
        let numbers = [native.class.into(), native.country.into(), native.level.into(), native.valid_until.into()];
        out.extend(numbers.map(|number: u64| crate::Field::from(number)));
        out.push(u64::from(native.active).into());
    }
}
