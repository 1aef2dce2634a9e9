//! The statement that the parties do not live in blocked countries.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::countries::{self, PLACES};
use super::policy::Party;
use crate::zk::{ConstraintSystem, Field, Linear, Value, Wire};

/// The blocked countries: see [`BlockedCountries`](countries::BlockedCountries). It says nothing about whether an entry
/// is in the registry: use it with [`Policy`](super::Policy) about the same parties.
///
/// 1. The country of the sender's entry is not blocked.
/// 2. The country of the receiver's entry is not blocked.
///
/// As a value of a circuit it is the polynomial of degree 12 that is zero at `-1 - country` for each blocked country,
/// and at 0 for each free place. No number of 16 bits leads to 0. Use it as a public input: no constraint says which
/// countries a private one has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockedCountries([Field; PLACES]);

impl BlockedCountries {
    /// Asserts that no party of an act lives in a blocked country: 1, 2. 28 rows.
    #[track_caller]
    pub fn assert_parties(&self, cs: &mut ConstraintSystem, sender: &Party, receiver: &Party) {
        self.assert_lacks(cs, "the sender's country is not blocked", sender); // 1
        self.assert_receiver(cs, receiver);
    }

    /// Asserts that a receiver does not live in a blocked country: 2. 14 rows.
    #[track_caller]
    pub fn assert_receiver(&self, cs: &mut ConstraintSystem, receiver: &Party) {
        self.assert_lacks(cs, "the receiver's country is not blocked", receiver); // 2
    }

    /// The polynomial is not zero at the country, so none of its factors is.
    #[track_caller]
    fn assert_lacks(&self, cs: &mut ConstraintSystem, name: &'static str, party: &Party) {
        cs.gadget("blocked countries", |cs| {
            let [first, rest @ ..] = self.0;
            let place = Linear::new().minus(party.holder.country, 1).constant(-crate::Field::from(1)).value(cs);
            let first = Linear::new().plus(place, 1).plus(first, 1).value(cs);
            let product = rest.into_iter().fold(first, |sum, coefficient| sum.mul_add(cs, place, coefficient));
            product.assert_nonzero(cs, name);
        });
    }
}

impl Value for BlockedCountries {
    type Native = countries::BlockedCountries;

    fn kind() -> String {
        "BlockedCountries".to_string()
    }

    #[track_caller]
    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        let coefficients = native.map(countries::BlockedCountries::coefficients);
        Self(core::array::from_fn(|at| Field::input(cs, coefficients.as_ref().map(|coefficients| &coefficients[at]))))
    }

    fn wires(&self) -> Vec<Wire> {
        self.0.iter().map(|coefficient| coefficient.wire()).collect()
    }

    fn encode(native: &Self::Native, out: &mut Vec<crate::Field>) {
        native.coefficients().iter().for_each(|coefficient| Field::encode(coefficient, out));
    }
}
