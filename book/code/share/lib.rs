//! A share with two classes and three rules: the contract of the tutorial.
#![no_std]

mod rules;

use dusk_sdk::finance::*;
use dusk_sdk::prelude::*;

// ANCHOR: contract
/// A share with an ordinary and a preferred class.
#[contract(
    events(ledger::Transferred, ledger::ForceTransferred, ledger::Issued, ledger::Recovered),
    events(admission::Listed, freezes::Frozen, freezes::Unfrozen, offices::OfficeTaken)
)]
pub mod share {
    use super::*;
    use crate::rules::Rules;
    pub use crate::rules::{Minimum, Refused};
    use dusk_sdk::finance::limits::Limit;

    /// The state: a ledger for each class, with the same rules and its own records.
    pub struct Share {
        offices: Offices,
        ordinary: Ledger<Rules>,
        preferred: Ledger<Rules>,
    }

    /// A class of shares.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub enum Class {
        Ordinary,
        Preferred,
    }

    /// The class of the transfer in the next event.
    #[event]
    pub struct InClass {
        pub class: Class,
    }
    // ANCHOR_END: contract

    impl Share {
        // ANCHOR: init
        /// Issues both classes to the deployer, who is the first officer.
        pub fn init(ordinary: u64, preferred: u64, least: u64) -> Result<Self, Refused> {
            let issuer = caller();
            let rules = || Rules { minimum: Minimum { least }, ..Rules::default() };
            let ledger = || Ledger::new(rules());
            let mut share = Self { offices: Offices::new(issuer), ordinary: ledger(), preferred: ledger() };
            share.list(issuer)?;
            let by = share.offices.officer()?;
            share.ordinary.issue(by, issuer, ordinary)?;
            share.preferred.issue(by, issuer, preferred)?;
            Ok(share)
        }
        // ANCHOR_END: init

        /// The number of shares of a class that an account holds.
        pub fn holding(&self, class: Class, account: Principal) -> u64 {
            self.ledger(class).shares(account)
        }

        // ANCHOR: transfer
        /// Checks a transfer as `transfer` does, and fails with the same error.
        pub fn check_transfer(
            &self,
            class: Class,
            from: Principal,
            to: Principal,
            amount: u64,
        ) -> Result<(), Refused> {
            self.ledger(class).check(from, to, amount)
        }

        /// Moves the caller's shares of a class.
        pub fn transfer(&mut self, class: Class, to: Principal, amount: u64) -> Result<(), Refused> {
            emit(InClass { class });
            self.ledger_mut(class).transfer(caller(), to, amount, caller())
        }
        // ANCHOR_END: transfer

        // ANCHOR: officers
        /// Lets an account hold shares of both classes. Only an officer may call it.
        pub fn list(&mut self, account: Principal) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            for ledger in [&mut self.ordinary, &mut self.preferred] {
                let own = ledger.edit(account)?;
                let bar = &mut own.holder.admissions;
                own.account.admissions.list(by, account, bar, &mut Limit(None), u64::MAX)?;
            }
            Ok(())
        }

        /// Freezes an account in both classes. Only an officer may call it.
        pub fn freeze(&mut self, account: Principal, reason: String) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            for ledger in [&mut self.ordinary, &mut self.preferred] {
                let own = ledger.edit(account)?;
                own.holder.freezes.freeze::<Refused>(by, Some(account), own.person, reason.clone())?;
            }
            Ok(())
        }

        /// Moves everything of an account with a lost key to a new account. Only an officer may call it.
        pub fn recover(&mut self, lost: Principal, to: Principal, reason: String) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.ordinary.recover(by, lost, to, reason.clone())?;
            self.preferred.recover(by, lost, to, reason)?;
            Ok(self.offices.recover(by, lost, to)?)
        }
        // ANCHOR_END: officers

        fn ledger(&self, class: Class) -> &Ledger<Rules> {
            match class {
                Class::Ordinary => &self.ordinary,
                Class::Preferred => &self.preferred,
            }
        }

        fn ledger_mut(&mut self, class: Class) -> &mut Ledger<Rules> {
            match class {
                Class::Ordinary => &mut self.ordinary,
                Class::Preferred => &mut self.preferred,
            }
        }
    }
}
