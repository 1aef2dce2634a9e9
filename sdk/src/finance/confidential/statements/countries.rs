//! The statement that the parties do not live in blocked countries.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::countries::{self, PLACES};
use super::policy::Party;
use crate::zk::{ConstraintSystem, Field, Linear, Value, Wire};

/// The blocked countries: see [`BlockedCountries`](countries::BlockedCountries). The statement does not show that an
/// entry is in the registry: use it with [`Policy`](super::Policy) for the same parties.
///
/// 1. The country of the sender's entry is not blocked.
/// 2. The country of the receiver's entry is not blocked.
///
/// In a circuit, the value is a polynomial of degree 12. It has the root `-1 - country` for each blocked country, and
/// the root 0 for each free place. A country has 16 bits, so `-1 - country` is never 0. Use the value as a public
/// input: no constraint fixes the countries of a private one.
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

    /// Asserts that the polynomial is not zero at `-1 - country`, so the country is not blocked.
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
