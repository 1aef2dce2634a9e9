//! A share that accounts and contracts hold.
#![no_std]

mod rules;

use dusk_sdk::finance::*;
use dusk_sdk::prelude::*;

/// Shares with dividends.
#[contract(
    events(ledger::Transferred, ledger::Issued, admission::Listed, operators::Approved),
    events(dividends::Distributed, dividends::Claimed)
)]
pub mod share {
    use super::*;
    pub use crate::rules::Refused;
    use crate::rules::Rules;
    use dusk_sdk::finance::limits::Limit;

    /// The state.
    pub struct Share {
        offices: Offices,
        shares: Ledger<Rules>,
    }

    impl Share {
        /// Issues all shares to who deploys it.
        pub fn init(supply: u64) -> Result<Self, Refused> {
            let mut share = Self { offices: Offices::new(caller()), shares: Ledger::default() };
            share.list(caller())?;
            let by = share.offices.officer()?;
            share.shares.issue(by, caller(), supply)?;
            Ok(share)
        }

        /// How many shares somebody holds.
        pub fn holding(&self, of: Principal) -> u64 {
            self.shares.shares(of)
        }

        /// The amount that somebody may claim.
        pub fn claimable(&self, of: Principal) -> Dusk {
            self.shares
                .with(of, |rules, shares, kept| rules.dividends.claimable(&kept.account.dividends, shares))
        }

        /// Lets an account or a contract hold shares.
        pub fn list(&mut self, account: Principal) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            let bar = &mut own.holder.admissions;
            Ok(own.account.admissions.list(by, account, bar, &mut Limit(None), u64::MAX)?)
        }

        /// Moves the caller's shares.
        pub fn transfer(&mut self, to: Principal, amount: u64) -> Result<(), Refused> {
            self.shares.transfer(caller(), to, amount, caller())
        }

        /// Moves an owner's shares, as far as the owner has allowed the caller to.
        pub fn transfer_from(&mut self, owner: Principal, to: Principal, amount: u64) -> Result<(), Refused> {
            let by = self.shares.spender(caller())?;
            self.shares.edit(owner)?.account.operators.spend(&by, amount, block_height())?;
            self.shares.transfer(owner, to, amount, by.who())
        }

        /// Allows a spender so many of the caller's shares.
        pub fn approve(&mut self, spender: Principal, allowed: u64) -> Result<(), Refused> {
            let (owner, spender) = (caller(), self.shares.spender(spender)?);
            let own = self.shares.edit(owner)?.account;
            Ok(own.operators.approve(owner, &spender, 0, allowed, u64::MAX, block_height())?)
        }

        /// Shares out what is attached.
        pub fn distribute(&mut self, amount: Dusk) -> Result<Dusk, Refused> {
            self.offices.require_issuer()?;
            let supply = self.shares.supply();
            Ok(self.shares.rules.dividends.distribute(amount, supply)?)
        }

        /// Pays the caller its dividends.
        pub fn claim(&mut self) -> Result<Dusk, Refused> {
            self.pay(caller())
        }

        /// Pays a contract its dividends, whoever calls.
        pub fn claim_for(&mut self, holder: ContractId) -> Result<Dusk, Refused> {
            self.pay(holder.into())
        }

        fn pay(&mut self, holder: Principal) -> Result<Dusk, Refused> {
            let own = self.shares.edit(holder)?;
            Ok(own.rules.dividends.claim(holder, &mut own.account.dividends, own.shares)?)
        }
    }
}
