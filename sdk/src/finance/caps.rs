//! Caps of the supply, of the number of holders in total and by country, and of one holder's share.
//!
//! A holder is a person with all its accounts, or an account without a person, that holds at least one share. The rule
//! counts holders as they come and go, without a walk over all accounts. A lower cap takes no shares away: it stops new
//! holders.

use alloc::vec::Vec;

use super::officer::Officer;
use super::rule::{Changed, Kept, Move, Rule, Tied};
use crate::env::emit;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The maximum number of counted countries. ISO 3166 has fewer.
pub const MAX_COUNTRIES: u32 = 300;
/// The largest number of a country in ISO 3166.
pub const MAX_COUNTRY: u16 = 999;
/// A whole, in the unit of a holder's share: 10,000 basis points.
pub const WHOLE_BASIS_POINTS: u16 = 10_000;

/// The rule about caps.
#[derive(Debug, Clone, Default)]
pub struct Caps {
    limits: Limits,
    /// The number of holders.
    holders: u32,
    /// Ordered by country.
    countries: Vec<Country>,
}

/// The caps for all countries together. `None` is no cap.
#[contract_type]
#[derive(Copy, Eq, Default)]
pub struct Limits {
    /// The maximum number of shares.
    pub supply: Option<u64>,
    /// The maximum number of holders.
    pub holders: Option<u32>,
    /// The largest share of one holder, in basis points of the supply.
    pub share: Option<u16>,
}

/// The holders of a country.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Country {
    /// The number of the country in ISO 3166.
    pub country: u16,
    /// The maximum number of holders.
    pub most: Option<u32>,
    /// The present number of holders.
    pub holders: u32,
}

/// The country of a holder. Zero: no officer has stated it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Home {
    country: u16,
}

/// An officer set caps.
#[event]
pub struct CapsChanged {
    /// The new caps.
    pub limits: Limits,
    /// The officer.
    pub by: Principal,
}

/// An officer set the cap of a country.
#[event]
pub struct CountryCapChanged {
    /// The country.
    pub country: u16,
    /// The maximum number of holders.
    pub most: Option<u32>,
    /// The officer.
    pub by: Principal,
}

/// An officer stated the country of a holder.
#[event]
pub struct CountryChanged {
    /// The account that the officer named.
    pub account: Principal,
    /// The country.
    pub country: u16,
    /// The officer.
    pub by: Principal,
}

/// The errors of caps.
#[error(first = 9150)]
pub enum Refused {
    /// Only `left` more shares may be issued.
    SupplyCapped {
        /// The number of shares.
        left: u64,
    },
    /// The number of holders has reached its cap.
    TooManyHolders {
        /// The limit.
        most: u32,
    },
    /// The number of holders in the receiver's country has reached its cap.
    TooManyInCountry {
        /// The country.
        country: u16,
        /// The limit.
        most: u32,
    },
    /// The receiver would hold more than `most` basis points of all shares.
    ShareTooLarge {
        /// In basis points.
        most: u16,
    },
    /// A share is at most 10,000 basis points.
    NotAShare,
    /// There is no country of this number.
    NoCountry,
    /// There would be more counted countries than `limit`.
    TooManyCountries {
        /// The limit.
        limit: u32,
    },
}

impl Home {
    /// The country; zero if no officer has stated it.
    #[must_use]
    pub fn country(self) -> u16 {
        self.country
    }
}

impl Caps {
    /// The caps for all countries together.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The number of holders.
    #[must_use]
    pub fn holders(&self) -> u32 {
        self.holders
    }

    /// The holders of each country with a holder or a cap, in order.
    #[must_use]
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// Sets the caps for all countries together.
    ///
    /// # Errors
    /// [`Refused::NotAShare`].
    pub fn set(&mut self, by: Officer, limits: Limits) -> Result<(), Refused> {
        ensure!(limits.share.is_none_or(|share| share <= WHOLE_BASIS_POINTS), Refused::NotAShare);
        self.limits = limits;
        emit(CapsChanged { limits, by: by.who() });
        Ok(())
    }

    /// Sets the cap of a country.
    ///
    /// # Errors
    /// [`Refused::NoCountry`], [`Refused::TooManyCountries`].
    pub fn set_country(&mut self, by: Officer, country: u16, most: Option<u32>) -> Result<(), Refused> {
        self.entry(country)?.most = most;
        emit(CountryCapChanged { country, most, by: by.who() });
        Ok(())
    }

    /// States the country of a holder who holds this number of shares in all its accounts.
    ///
    /// # Errors
    /// [`Refused::NoCountry`], [`Refused::TooManyCountries`].
    pub fn settle(
        &mut self,
        by: Officer,
        account: Principal,
        home: &mut Home,
        held: u64,
        country: u16,
    ) -> Result<(), Refused> {
        self.move_home(home, held, country)?;
        emit(CountryChanged { account, country, by: by.who() });
        Ok(())
    }

    fn move_home(&mut self, home: &mut Home, held: u64, country: u16) -> Result<(), Refused> {
        self.entry(country)?;
        if held > 0 {
            self.count(*home, false);
        }
        home.country = country;
        if held > 0 {
            self.count(*home, true);
        }
        Ok(())
    }

    fn entry(&mut self, country: u16) -> Result<&mut Country, Refused> {
        ensure!(country > 0 && country <= MAX_COUNTRY, Refused::NoCountry);
        let at = match self.countries.binary_search_by_key(&country, |entry| entry.country) {
            Ok(at) => at,
            Err(at) => {
                let most = MAX_COUNTRIES as usize;
                ensure!(self.countries.len() < most, Refused::TooManyCountries { limit: MAX_COUNTRIES });
                self.countries.insert(at, Country { country, most: None, holders: 0 });
                at
            }
        };
        Ok(&mut self.countries[at])
    }

    fn country(&self, home: Home) -> Option<&Country> {
        let at = self.countries.binary_search_by_key(&home.country, |entry| entry.country).ok()?;
        self.countries.get(at)
    }

    /// Counts a holder in, or out.
    fn count(&mut self, home: Home, comes: bool) {
        let change = |number: &mut u32| *number = if comes { *number + 1 } else { *number - 1 };
        change(&mut self.holders);
        if let Ok(at) = self.countries.binary_search_by_key(&home.country, |entry| entry.country) {
            change(&mut self.countries[at].holders);
        }
    }

    fn check_receiver(&self, order: &Move, from: Option<Home>, to: Home) -> Result<(), Refused> {
        let Some(side) = order.to else { return Ok(()) };
        // A sender who gives away all it has makes room.
        let leaves = order.from.filter(|from| from.held == order.amount).and(from);
        if side.held == 0 {
            if let Some(most) = self.limits.holders {
                let others = self.holders - u32::from(leaves.is_some());
                ensure!(others < most, Refused::TooManyHolders { most });
            }
            if let Some(Country { country, most: Some(most), holders }) = self.country(to).copied() {
                let others = holders - u32::from(leaves == Some(to));
                ensure!(others < most, Refused::TooManyInCountry { country, most });
            }
        }
        if let Some(most) = self.limits.share {
            let supply = if order.from.is_none() { order.supply + order.amount } else { order.supply };
            let held = u128::from(side.held) + u128::from(order.amount);
            let fits = held * u128::from(WHOLE_BASIS_POINTS) <= u128::from(supply) * u128::from(most);
            ensure!(fits, Refused::ShareTooLarge { most });
        }
        Ok(())
    }
}

impl Rule for Caps {
    type Refusal = Refused;
    type Account = ();
    type Holder = Home;

    fn check(&self, order: &Move, from: Option<Kept<'_, Self>>, to: Option<Kept<'_, Self>>) -> Result<(), Refused> {
        if let (None, Some(most)) = (order.from, self.limits.supply) {
            let left = most.saturating_sub(order.supply);
            ensure!(order.amount <= left, Refused::SupplyCapped { left });
        }
        match to {
            Some(to) if !order.is_within_person() => {
                self.check_receiver(order, from.map(|from| *from.holder), *to.holder)
            }
            _ => Ok(()),
        }
    }

    fn sent(&mut self, order: &Move, from: Changed<'_, Self>) {
        if !order.is_within_person() && order.from.is_some_and(|side| side.held == order.amount) {
            self.count(*from.holder, false);
        }
    }

    fn received(&mut self, order: &Move, to: Changed<'_, Self>) {
        if !order.is_within_person() && order.to.is_some_and(|side| side.held == 0) {
            self.count(*to.holder, true);
        }
    }

    /// The account was a holder, and is one no more where its person is another. Where nobody knows the country of the
    /// person, that of the account is its.
    fn tie(&mut self, tied: Tied<'_, Self>) {
        let Tied { shares, holder, person, held } = tied;
        if shares > 0 {
            self.count(holder, false);
        }
        if held > 0 {
            self.count(*person, false);
        }
        if person.country == 0 {
            *person = holder;
        }
        if shares > 0 || held > 0 {
            self.count(*person, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::{Act, Side};
    use super::super::testing::{kept, order, person};
    use super::*;

    const NL: Home = Home { country: 528 };
    const DE: Home = Home { country: 276 };

    fn caps(holders: &[Home]) -> Caps {
        let mut caps = Caps::default();
        for home in holders {
            caps.entry(home.country).unwrap();
            caps.count(*home, true);
        }
        caps
    }

    fn check(caps: &Caps, order: &Move, from: Home, to: Home) -> Result<(), Refused> {
        caps.check(order, Some(kept(&(), &from)), Some(kept(&(), &to)))
    }

    #[test]
    fn a_new_holder_needs_room_and_a_leaving_one_makes_it() {
        let mut caps = caps(&[NL, NL]);
        caps.limits.holders = Some(2);
        let full = Err(Refused::TooManyHolders { most: 2 });
        assert_eq!(check(&caps, &order(Act::Transfer, 10, 0, 9), NL, DE), full);
        assert_eq!(check(&caps, &order(Act::Transfer, 10, 0, 10), NL, DE), Ok(()));
        assert_eq!(check(&caps, &order(Act::Transfer, 10, 1, 9), NL, DE), Ok(()));
        let issue = Move { from: None, ..order(Act::Issue, 0, 0, 1) };
        assert_eq!(caps.check(&issue, None, Some(kept(&(), &DE))), full);
    }

    #[test]
    fn a_country_has_a_cap_of_its_own() {
        let mut caps = caps(&[NL, DE]);
        caps.entry(276).unwrap().most = Some(1);
        let full = Err(Refused::TooManyInCountry { country: 276, most: 1 });
        assert_eq!(check(&caps, &order(Act::Transfer, 10, 0, 10), NL, DE), full);
        assert_eq!(check(&caps, &order(Act::Transfer, 10, 0, 10), DE, DE), Ok(()));
        assert_eq!(check(&caps, &order(Act::Transfer, 10, 0, 10), NL, NL), Ok(()));
    }

    #[test]
    fn one_holder_has_at_most_its_share() {
        let mut caps = caps(&[NL, NL]);
        caps.limits.share = Some(2_500);
        let most = Err(Refused::ShareTooLarge { most: 2_500 });
        assert_eq!(check(&caps, &order(Act::Transfer, 500, 100, 150), NL, NL), Ok(()));
        assert_eq!(check(&caps, &order(Act::Transfer, 500, 100, 151), NL, NL), most);
        let all = Move { supply: u64::MAX, ..order(Act::Transfer, u64::MAX, 0, u64::MAX) };
        assert_eq!(check(&caps, &all, NL, NL), most, "the largest numbers fit");
    }

    #[test]
    fn the_supply_has_a_cap() {
        let mut caps = Caps::default();
        caps.limits.supply = Some(1_005);
        let issue = |amount| Move { from: None, ..order(Act::Issue, 0, 0, amount) };
        let check = |amount| caps.check(&issue(amount), None, Some(kept(&(), &NL)));
        assert_eq!((check(5), check(6)), (Ok(()), Err(Refused::SupplyCapped { left: 5 })));
    }

    #[test]
    fn holders_are_counted_as_they_come_and_go() {
        let mut caps = caps(&[NL]);
        caps.entry(276).unwrap();
        let all = order(Act::Transfer, 10, 0, 10);
        caps.sent(&all, Changed { account: &mut (), holder: &NL });
        caps.received(&all, Changed { account: &mut (), holder: &DE });
        let holders =
            |caps: &Caps| (caps.holders, caps.country(NL).unwrap().holders, caps.country(DE).unwrap().holders);
        assert_eq!(holders(&caps), (1, 0, 1));
        let within = |side: Option<Side>| Some(Side { person: Some(person(1)), ..side.unwrap() });
        let within = Move { from: within(all.from), to: within(all.to), ..all };
        caps.sent(&within, Changed { account: &mut (), holder: &DE });
        assert_eq!(caps.holders, 1);
        // Two accounts of one person are one holder.
        caps.count(NL, true);
        let mut known = DE;
        caps.tie(Tied { shares: 3, holder: NL, person: &mut known, held: 10 });
        assert_eq!(holders(&caps), (1, 0, 1));
        let mut home = DE;
        caps.move_home(&mut home, 13, 528).unwrap();
        assert_eq!((holders(&caps), home), ((1, 1, 0), NL));
        assert_eq!(caps.move_home(&mut home, 1, 0), Err(Refused::NoCountry));
        assert_eq!(caps.move_home(&mut home, 1, 1_000), Err(Refused::NoCountry));
    }

    #[test]
    fn countries_have_a_bound() {
        let mut caps = Caps::default();
        for country in 1..=300 {
            caps.entry(country).unwrap();
        }
        assert_eq!(caps.entry(301).map(drop), Err(Refused::TooManyCountries { limit: MAX_COUNTRIES }));
        assert_eq!(caps.entry(300).map(drop), Ok(()));
    }
}
