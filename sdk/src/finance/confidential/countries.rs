//! The blocked countries: their holders neither send nor receive.
//!
//! The set is one public value of a contract, and a public input of its proofs: see the statement
//! [`BlockedCountries`](super::statements::BlockedCountries). So one call stops all holders of a country, and their
//! entries in the [registry](super::registry) do not change.
//!
//! The country of a holder is the one that its entry states. The number 0, not stated, is never blocked: an entry that
//! is made by a credential may hide the country, and then the attester's list of countries decides at admission. A
//! contract that wants each country stated must admit no entry without one.

use serde::{Deserialize, Serialize};

use crate::env::emit;
use crate::field::Field;
use crate::finance::officer::Officer;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;
use crate::zk::{Bits, Width};

/// The maximum number of blocked countries. With this number of them, the circuit of an issue still fits into 2^13
/// rows.
pub const MAX_BLOCKED_COUNTRIES: u32 = 12;

/// The largest number of a country in ISO 3166.
const LARGEST: u16 = 999;
/// The number of places.
pub(super) const PLACES: usize = MAX_BLOCKED_COUNTRIES as usize;

/// The blocked countries. In JSON it is the list of all places, where 0 is a free one. In a value from elsewhere,
/// places with numbers that no country has are free too, and a country can have several.
#[contract_type]
#[derive(Copy, Eq, Default, Serialize, Deserialize)]
pub struct BlockedCountries([u16; PLACES]);

/// An officer blocked a country, or ended the block.
#[event]
pub struct CountryBlocked {
    /// The country: its number in ISO 3166.
    pub country: u16,
    /// Whether it is blocked from now on.
    pub blocked: bool,
    /// The officer.
    pub by: Principal,
}

/// The errors of blocked countries.
#[error(first = 9390)]
pub enum Refused {
    /// No country has this number: they are from 1 to 999.
    UnknownCountry,
    /// The number of blocked countries has reached its limit.
    TooManyCountries {
        /// The limit.
        limit: u32,
    },
}

impl BlockedCountries {
    /// Creates the set of these countries.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn of(countries: &[u16]) -> Result<Self, Refused> {
        let mut blocked = Self::default();
        countries.iter().try_for_each(|country| blocked.change(*country, true))?;
        Ok(blocked)
    }

    /// The blocked countries, in no particular order.
    pub fn numbers(&self) -> impl Iterator<Item = u16> {
        self.0.into_iter().filter(|number| is_country(*number))
    }

    /// Whether a country is blocked. The number 0, not stated, never is.
    #[must_use]
    pub fn contains(&self, country: u16) -> bool {
        is_country(country) && self.0.contains(&country)
    }

    /// Blocks a country, or ends the block. All proofs for another set are void, also those of holders in other
    /// countries. If the country is in this state already, nothing changes, but the event is emitted.
    ///
    /// # Errors
    /// [`Refused::UnknownCountry`], [`Refused::TooManyCountries`].
    pub fn set(&mut self, by: Officer, country: u16, blocked: bool) -> Result<(), Refused> {
        self.change(country, blocked)?;
        emit(CountryBlocked { country, blocked, by: by.who() });
        Ok(())
    }

    fn change(&mut self, country: u16, blocked: bool) -> Result<(), Refused> {
        ensure!(is_country(country), Refused::UnknownCountry);
        if blocked {
            if !self.contains(country) {
                let free = self.0.iter_mut().find(|place| !is_country(**place));
                *free.ok_or(Refused::TooManyCountries { limit: MAX_BLOCKED_COUNTRIES })? = country;
            }
        } else {
            self.0.iter_mut().filter(|place| **place == country).for_each(|place| *place = 0);
        }
        Ok(())
    }

    /// The coefficients of the product of `x + country + 1` for each blocked country and `x` for each free place. The
    /// highest power is first; its coefficient, the leading 1, is left out.
    ///
    /// They are integers below 2^120, because no country has a number above 999. So a contract needs no arithmetic of
    /// field elements.
    pub(super) fn coefficients(&self) -> [Field; PLACES] {
        let mut sums = [0_u128; PLACES];
        for country in self.0 {
            let number = if is_country(country) { u128::from(country) + 1 } else { 0 };
            let mut before = 1_u128;
            for sum in &mut sums {
                let next = sum.wrapping_add(before.wrapping_mul(number));
                before = core::mem::replace(sum, next);
            }
        }
        sums.map(Bits::<128>::field)
    }
}

/// Whether a country has this number.
fn is_country(number: u16) -> bool {
    (1..=LARGEST).contains(&number)
}

impl zeroize::Zeroize for BlockedCountries {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn countries_are_blocked_and_unblocked() {
        let mut it = BlockedCountries::of(&[408, 840]).unwrap();
        assert!(it.contains(408) && it.contains(840) && !it.contains(756) && !it.contains(0));
        it.change(408, true).unwrap();
        it.change(756, false).unwrap();
        assert_eq!(it.numbers().collect::<Vec<_>>(), [408, 840], "a repeated call changes nothing");
        it.change(408, false).unwrap();
        assert!(!it.contains(408) && it.contains(840));
        it.change(4, true).unwrap();
        assert_eq!(it.numbers().collect::<Vec<_>>(), [4, 840], "a place is free again");
        assert_eq!(BlockedCountries::of(&[]), Ok(BlockedCountries::default()));
    }

    #[test]
    fn only_countries_are_blocked_and_only_so_many() {
        for country in [0, 1_000, u16::MAX] {
            assert_eq!(BlockedCountries::of(&[country]), Err(Refused::UnknownCountry), "{country}");
            assert_eq!(BlockedCountries::default().change(country, false), Err(Refused::UnknownCountry), "{country}");
        }
        let most: Vec<u16> = (1..=LARGEST).rev().take(PLACES).collect();
        let mut it = BlockedCountries::of(&most).unwrap();
        assert_eq!(it.change(1, true), Err(Refused::TooManyCountries { limit: MAX_BLOCKED_COUNTRIES }));
        assert_eq!(it.change(LARGEST, true), Ok(()), "a blocked country needs no further place");
        it.change(LARGEST, false).unwrap();
        assert_eq!(it.change(1, true), Ok(()));
        assert_eq!(it.numbers().count(), PLACES);
    }

    /// Bytes and documents from elsewhere can have any numbers.
    #[test]
    fn each_value_from_elsewhere_is_a_set() {
        let mut it = BlockedCountries([u16::MAX, 1_000, 408, 65_000, 408, 1_001, 408, 0, 0, 0, 0, u16::MAX]);
        assert!(it.contains(408) && !it.contains(1_000) && !it.contains(u16::MAX));
        assert!(it.numbers().all(|country| country == 408));
        let alike = BlockedCountries([408, 408, 408, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(it.coefficients(), alike.coefficients(), "numbers of no country do not count");
        it.change(408, false).unwrap();
        assert!(!it.contains(408) && it.numbers().next().is_none());
        assert_eq!(it.coefficients(), BlockedCountries::default().coefficients());
        for country in (1..).take(PLACES) {
            it.change(country, true).unwrap();
        }
        assert_eq!(it.numbers().count(), PLACES);
    }

    /// The polynomial, computed in another way: factor by factor, at a place.
    #[test]
    fn the_coefficients_are_those_of_the_product() {
        let most: Vec<u16> = (1..=LARGEST).rev().take(PLACES).collect();
        for countries in [&[][..], &[408], &[4, 408, 840], &most] {
            let it = BlockedCountries::of(countries).unwrap();
            for x in [Field::default(), 1.into(), 1_000.into(), -Field::from(5), -Field::from(409)] {
                let horner = it.coefficients().into_iter().fold(Field::from(1), |sum, next| sum * x + next);
                let factors = it.0.map(|country| match country {
                    0 => x,
                    _ => x + Field::from(u64::from(country) + 1),
                });
                let product = factors.into_iter().fold(Field::from(1), |product, factor| product * factor);
                assert_eq!(horner, product, "{countries:?}");
            }
        }
    }
}
