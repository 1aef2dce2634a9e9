//! Credentials, and statements about their attributes.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::linear::Linear;
use super::poseidon::hash;
use super::range::power;
use super::schnorr::Signature;
use super::set::Set;
use crate::constraint_system::ConstraintSystem;
use crate::layout::Wire;
use crate::native;
use crate::value::{Field, Point, Scalar, U8, U16, U32, Value};

/// An issuer's statement about a holder, in eight attributes; see [`native::Credential`].
///
/// As an input it is only a claim of the prover. [`Credential::assert_signed`] binds it to an issuer; alternatively,
/// prove that its [leaf](Credential::leaf) is in the issuer's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// The abscissa of the holder's public key.
    pub holder: Field,
    /// The serial number, by which the issuer revokes it.
    pub serial: Field,
    /// The day of birth.
    pub born: U32,
    /// The last day of its validity.
    pub expires: U32,
    /// The country of residence.
    pub residence: U16,
    /// The country of nationality.
    pub nationality: U16,
    /// The level of accreditation.
    pub accreditation: U8,
    /// A random element.
    pub salt: Field,
}

impl Credential {
    /// The message that the issuer signs, and the leaf in the issuer's tree: [`native::Credential::leaf`]. 573 rows.
    ///
    /// 1. The numbers are packed into one element. They are bounded and do not overlap, so other numbers give another
    ///    element.
    /// 2. The result is the Poseidon hash of holder, serial, numbers and salt.
    #[track_caller]
    #[must_use]
    pub fn leaf(&self, cs: &mut ConstraintSystem) -> Field {
        cs.gadget("credential", |cs| {
            let numbers = Linear::new()
                .plus(self.born, 1)
                .plus(self.expires, power(32))
                .plus(self.residence, power(64))
                .plus(self.nationality, power(80))
                .plus(self.accreditation, power(96));
            let numbers = numbers.value(cs);
            hash(cs, &[self.holder, self.serial, numbers, self.salt])
        })
    }

    /// Asserts that an issuer signed it. 3,432 rows; see [`Signature::assert_signs`].
    #[track_caller]
    pub fn assert_signed(&self, cs: &mut ConstraintSystem, name: &'static str, issuer: Point, signature: Signature) {
        let leaf = self.leaf(cs);
        signature.assert_signs(cs, name, issuer, leaf);
    }

    /// Asserts that this is the holder's secret key. 254 rows.
    ///
    /// 1. The holder is the abscissa of the public key, which is unique within the subgroup.
    #[track_caller]
    pub fn assert_held_by(&self, cs: &mut ConstraintSystem, name: &'static str, secret_key: Scalar) {
        let key = secret_key.public_key(cs);
        key.u().assert_eq(cs, name, self.holder);
    }

    /// Asserts that it is valid on a day. Five rows.
    #[track_caller]
    pub fn assert_valid_on(&self, cs: &mut ConstraintSystem, name: &'static str, day: U32) {
        day.assert_le(cs, name, self.expires);
    }

    /// Asserts that the holder was born on a day or before. With the day some years before today, as
    /// [`native::Date::years_before`] returns it, it asserts the holder's age. Five rows.
    #[track_caller]
    pub fn assert_born_by(&self, cs: &mut ConstraintSystem, name: &'static str, day: U32) {
        self.born.assert_le(cs, name, day);
    }

    /// Asserts that the level of accreditation is at least this one. Two rows.
    #[track_caller]
    pub fn assert_accredited(&self, cs: &mut ConstraintSystem, name: &'static str, level: U8) {
        level.assert_le(cs, name, self.accreditation);
    }

    /// Asserts that the residence is in a set. As many rows as the set has places.
    #[track_caller]
    pub fn assert_residence_in<const MOST: usize>(
        &self,
        cs: &mut ConstraintSystem,
        name: &'static str,
        countries: &Set<MOST>,
    ) {
        countries.assert_contains(cs, name, self.residence);
    }

    /// Asserts that the residence is not in a set. As many rows as the set has places, and one.
    #[track_caller]
    pub fn assert_residence_not_in<const MOST: usize>(
        &self,
        cs: &mut ConstraintSystem,
        name: &'static str,
        countries: &Set<MOST>,
    ) {
        countries.assert_lacks(cs, name, self.residence);
    }
}

impl Value for Credential {
    type Native = native::Credential;

    fn kind() -> String {
        "Credential".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Credential>) -> Self {
        Self {
            holder: Field::input(cs, native.map(|it| &it.holder)),
            serial: Field::input(cs, native.map(|it| &it.serial)),
            born: U32::input(cs, native.map(|it| &it.born)),
            expires: U32::input(cs, native.map(|it| &it.expires)),
            residence: U16::input(cs, native.map(|it| &it.residence)),
            nationality: U16::input(cs, native.map(|it| &it.nationality)),
            accreditation: U8::input(cs, native.map(|it| &it.accreditation)),
            salt: Field::input(cs, native.map(|it| &it.salt)),
        }
    }

    fn wires(&self) -> Vec<Wire> {
        let numbers = [self.born.wire(), self.expires.wire(), self.residence.wire(), self.nationality.wire()];
        let mut wires = alloc::vec![self.holder.wire(), self.serial.wire()];
        wires.extend(numbers);
        wires.extend([self.accreditation.wire(), self.salt.wire()]);
        wires
    }

    fn encode(native: &native::Credential, out: &mut Vec<native::Field>) {
        out.extend([native.holder, native.serial]);
        let numbers = [native.born, native.expires, native.residence.into(), native.nationality.into()];
        out.extend(numbers.map(|number| native::Field::from(u64::from(number))));
        out.extend([native::Field::from(u64::from(native.accreditation)), native.salt]);
    }
}
