//! A register of shares under compliance: who may hold, by a list or by a proof, how many, from when on; freezes,
//! forced transfers, recovery of lost keys, new issues, dividends. `rules.rs` composes parts of `dusk_sdk::finance`.
#![no_std]

mod eligibility;
mod records;
mod rules;

use dusk_sdk::finance::*;
use dusk_sdk::parts::pausing;
use dusk_sdk::prelude::*;

/// A register of restricted shares. An issuer pays dividends and appoints compliance officers; they issue shares, say
/// who may hold them, and help holders who have lost their keys.
#[contract(
    events(ledger::Transferred, ledger::ForceTransferred, ledger::Issued, ledger::Redeemed),
    events(
        ledger::Recovered,
        ledger::Identified,
        admission::Listed,
        admission::LimitChanged,
        admission::Unlisted
    ),
    events(admission::Barred, admission::Lifted, admission::Admitted, eligibility::PolicyChanged),
    events(freezes::Frozen, freezes::Unfrozen, freezes::PartFrozen, lots::LockedUp, caps::CapsChanged),
    events(caps::CountryCapChanged, caps::CountryChanged, offices::Appointed, offices::Dismissed),
    events(offices::OfficeOffered, offices::OfficeTaken, operators::Approved, operators::OperatorChanged),
    events(documents::DocumentSet, documents::DocumentRemoved, dividends::Distributed, dividends::Claimed),
    events(dividends::DividendsMoved, snapshots::SnapshotTaken, pausing::Paused, pausing::Resumed)
)]
pub mod register {
    use super::*;
    use crate::eligibility::Eligibility;
    pub use crate::eligibility::{EPOCH_BLOCKS, Policy, PolicyChanged, Terms};
    use crate::records;
    pub use crate::records::{Holding, INTERFACES, Position, Status};
    pub use crate::rules::Refused;
    use crate::rules::Rules;
    use circuits::Eligible;
    use dusk_sdk::finance::{
        attesters::Attester, batch::Item, caps::Limits as Most, documents::Document, lots::Locked, lots::Lot,
        offices::Office, snapshots::Held,
    };
    use dusk_sdk::zk::Proof;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;

    /// The state. The shares of all accounts sum to the supply after every call.
    pub struct Register {
        name: String,
        offices: Offices,
        shares: Ledger<Rules>,
        eligibility: Eligibility,
        documents: Documents,
    }

    impl Register {
        /// Opens the register. The account that signs the deployment is the issuer and the first officer, and holds all
        /// shares. From the block `locked_until` on others may move theirs.
        pub fn init(name: String, supply: u64, locked_until: u64) -> Result<Self, Refused> {
            let limit = MAX_NAME_BYTES;
            ensure!(!name.is_empty() && name.len() <= limit as usize, Refused::NameLength { limit });
            let (issuer, documents) = (caller(), Documents::default());
            let (offices, mut shares) = (Offices::new(issuer), Ledger::<Rules>::default());
            shares.rules.lots = Lots::new(locked_until);
            let mut register = Self { name, offices, shares, eligibility: Eligibility::default(), documents };
            register.shares.edit(issuer)?.account.lots = Locked::treasury();
            register.list(issuer, supply)?;
            register.issue(issuer, supply, 0)?;
            Ok(register)
        }
        /// What the shares are called.
        pub fn name(&self) -> String {
            self.name.clone()
        }
        /// How many shares there are.
        pub fn supply(&self) -> u64 {
            self.shares.supply()
        }
        /// The state of the register as a whole.
        pub fn status(&self) -> Status {
            records::status(&self.shares, self.offices.issuer())
        }
        /// Whether somebody is a compliance officer.
        pub fn is_officer(&self, who: Principal) -> bool {
            self.offices.is_officer(who)
        }
        /// What the register knows of an account or a contract; all zero where it knows nothing.
        pub fn position(&self, account: Principal) -> Position {
            records::position(&self.shares, account)
        }
        /// What the register knows of the holder with this tag; all zero where it knows nothing.
        pub fn holder(&self, tag: Field) -> Holding {
            records::holding(&self.shares, tag)
        }
        /// What is to be proved for an account that is not on the allow-list, as of today.
        pub fn policy(&self) -> Option<Policy> {
            self.eligibility.policy(&self.shares.rules)
        }
        /// What a proof must state in this epoch to admit an account, for the first attester.
        pub fn terms(&self, account: Account) -> Result<Terms, Refused> {
            Ok(self.eligibility.terms(&self.shares.rules.admissions, account, None)?.0)
        }
        /// What a proof must state in this epoch to admit an account, for the attester with this key.
        pub fn terms_of(&self, account: Account, attester: Field) -> Result<Terms, Refused> {
            Ok(self.eligibility.terms(&self.shares.rules.admissions, account, Some(attester))?.0)
        }
        /// The documents of the issue.
        pub fn documents(&self) -> Vec<Document> {
            self.documents.list().to_vec()
        }
        /// What an account held at the snapshot of a height.
        pub fn held_at(&self, account: Principal, height: u64) -> Result<u64, Refused> {
            let number = self.shares.rules.snapshots.number(height)?;
            Ok(self.shares.with(account, |_, shares, kept| kept.account.snapshots.at(number, shares)))
        }
        /// What everybody held at the snapshot of a height, after the account `after`.
        #[contract(feeds = Held)]
        pub fn holders_at(&self, height: u64, after: Option<Principal>) {
            records::feed_holders(&self.shares, height, after);
        }
        /// Whether the register has an interface of this name.
        pub fn supports(&self, interface: String) -> bool {
            interfaces::supports(&INTERFACES, &interface)
        }
        /// How many of the owner's shares a spender may move now. An operator may move all: 2^64 − 1.
        pub fn allowance(&self, owner: Principal, spender: Principal) -> Result<u64, Refused> {
            records::allowance(&self.shares, owner, spender)
        }
        /// Whether an account may send shares now, and if not, why.
        pub fn can_send(&self, account: Principal) -> Result<(), Refused> {
            self.shares.can_send(account)
        }
        /// Whether an account may receive shares now, and if not, why.
        pub fn can_receive(&self, account: Principal) -> Result<(), Refused> {
            self.shares.can_receive(account)
        }
        /// Whether a transfer would be accepted now, and if not, why: it is refused for the same reason.
        pub fn check_transfer(&self, from: Principal, to: Principal, amount: u64) -> Result<(), Refused> {
            self.shares.check(from, to, amount)
        }
        /// Moves the caller's shares to an account that is on the allow-list or admitted by a proof.
        pub fn transfer(&mut self, to: Principal, amount: u64) -> Result<(), Refused> {
            self.shares.transfer(caller(), to, amount, caller())
        }
        /// Moves the caller's shares to several accounts, or to none of them.
        pub fn transfer_batch(&mut self, items: Vec<Item>) -> Result<(), Refused> {
            batch::each(items, |item| self.transfer(item.account, item.amount))
        }
        /// Moves an owner's shares, as far as the owner has allowed the caller to.
        pub fn transfer_from(&mut self, owner: Principal, to: Principal, amount: u64) -> Result<(), Refused> {
            let by = self.shares.spender(caller())?;
            self.shares.edit(owner)?.account.operators.spend(&by, amount, block_height())?;
            self.shares.transfer(owner, to, amount, by.who())
        }
        /// Sets what a spender may move of the caller's shares until a height, provided that it is `expected` now.
        pub fn approve(
            &mut self,
            spender: Principal,
            expected: u64,
            allowed: u64,
            until: u64,
        ) -> Result<(), Refused> {
            let (owner, spender) = (caller(), self.shares.spender(spender)?);
            let own = self.shares.edit(owner)?.account;
            Ok(own.operators.approve(owner, &spender, expected, allowed, until, block_height())?)
        }
        /// Lets an operator move all of the caller's shares until a height, or takes that back.
        pub fn set_operator(&mut self, operator: Principal, until: Option<u64>) -> Result<(), Refused> {
            let (owner, operator) = (caller(), self.shares.spender(operator)?);
            let own = self.shares.edit(owner)?.account;
            Ok(own.operators.set_operator(owner, &operator, until, block_height())?)
        }
        /// Admits the sender by a proof that it has an eligible holder, which ties it to it; returns the last day.
        pub fn admit(&mut self, tag: Field, proof: Proof<Eligible>) -> Result<u32, Refused> {
            self.eligibility.admit(&mut self.shares, None, tag, &proof)
        }
        /// The same by the word of the attester with this key.
        pub fn admit_by(
            &mut self,
            attester: Field,
            tag: Field,
            proof: Proof<Eligible>,
        ) -> Result<u32, Refused> {
            self.eligibility.admit(&mut self.shares, Some(attester), tag, &proof)
        }
        /// Pays the caller all its dividends, and returns how much that was.
        pub fn claim(&mut self) -> Result<Dusk, Refused> {
            records::claim(&mut self.shares, caller())
        }
        /// Pays a contract all its dividends, whoever calls: while a contract calls, it cannot be paid.
        pub fn claim_for(&mut self, holder: ContractId) -> Result<Dusk, Refused> {
            records::claim(&mut self.shares, holder.into())
        }

        // For compliance officers:
        /// Creates shares for an admitted account, locked until a height; zero locks nothing.
        pub fn issue(&mut self, to: Principal, amount: u64, locked_until: u64) -> Result<(), Refused> {
            self.shares.issue(self.offices.officer()?, to, amount)?;
            if locked_until > 0 { self.lock(to, amount, locked_until) } else { Ok(()) }
        }
        /// Destroys shares of a holder.
        pub fn redeem(&mut self, from: Principal, amount: u64, reason: String) -> Result<(), Refused> {
            self.shares.redeem(self.offices.officer()?, from, amount, reason)
        }
        /// Moves anybody's shares, whether locked up, frozen or off the list, to an account that may receive them.
        pub fn force_transfer(
            &mut self,
            from: Principal,
            to: Principal,
            amount: u64,
            reason: String,
        ) -> Result<(), Refused> {
            self.shares.force(self.offices.officer()?, from, to, amount, reason)
        }
        /// Moves the dividends that an account has earned to an account that may receive shares.
        pub fn move_dividends(
            &mut self,
            from: Principal,
            to: Principal,
            reason: String,
        ) -> Result<(), Refused> {
            records::move_dividends(&mut self.shares, self.offices.officer()?, from, to, reason)
        }
        /// Gives everything of an account whose key was lost to a new one.
        pub fn recover(&mut self, lost: Principal, to: Principal, reason: String) -> Result<(), Refused> {
            records::recover(&mut self.shares, &mut self.offices, lost, to, reason)
        }
        /// Puts an account on the allow-list: it may receive shares until it holds `limit`. This lifts a bar.
        pub fn list(&mut self, account: Principal, limit: u64) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            let (bar, old) = (&mut own.holder.admissions, &mut own.account.limits);
            Ok(own.account.admissions.list(by, account, bar, old, limit)?)
        }
        /// Puts several accounts on the allow-list, or none of them.
        pub fn list_batch(&mut self, items: Vec<Item>) -> Result<(), Refused> {
            batch::each(items, |item| self.list(item.account, item.amount))
        }
        /// Takes an account off the allow-list, on it or not, and bars it with its holder.
        pub fn unlist(&mut self, account: Principal) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            let (bar, old) = (&mut own.holder.admissions, &mut own.account.limits);
            Ok(own.account.admissions.unlist(by, account, bar, old)?)
        }
        /// Changes how many shares a listed account may receive up to. What it holds above that it keeps.
        pub fn set_limit(&mut self, account: Principal, limit: u64) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?.account);
            Ok(own.admissions.set_limit(by, account, &mut own.limits, limit)?)
        }
        /// Ends the bar of an account and its holder, whether `unlist` has put it up or `bar_holder`.
        pub fn lift(&mut self, account: Principal) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            Ok(own.holder.admissions.lift(by, Some(account), own.person)?)
        }
        /// Bars a holder by its tag, also before its first proof. An account on the allow-list stays there.
        pub fn bar_holder(&mut self, tag: Field) -> Result<(), Refused> {
            Ok(self.shares.person_mut(tag).admissions.bar(self.offices.officer()?, tag)?)
        }
        /// Ends the bar of a holder.
        pub fn lift_holder(&mut self, tag: Field) -> Result<(), Refused> {
            Ok(self.shares.person_mut(tag).admissions.lift(self.offices.officer()?, None, Some(tag))?)
        }
        /// Says that an account belongs to the holder with this tag, for good.
        pub fn identify(&mut self, account: Principal, tag: Field) -> Result<(), Refused> {
            Ok(self.shares.tie(account, tag, self.offices.officer()?.who())?)
        }
        /// Says in which country the holder of an account lives, for the caps.
        pub fn set_country(&mut self, account: Principal, country: u16) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            let held = self.shares.held(account);
            let own = self.shares.edit(account)?;
            Ok(own.rules.caps.settle(by, account, &mut own.holder.caps, held, country)?)
        }
        /// Sets the caps of the supply, of holders, and of one holder's share in basis points.
        pub fn set_caps(&mut self, caps: Most) -> Result<(), Refused> {
            Ok(self.shares.rules.caps.set(self.offices.officer()?, caps)?)
        }
        /// Sets the cap of holders in a country.
        pub fn set_country_cap(&mut self, country: u16, most: Option<u32>) -> Result<(), Refused> {
            Ok(self.shares.rules.caps.set_country(self.offices.officer()?, country, most)?)
        }
        /// Sets the policy for proofs, or stops accepting proofs. All admissions by proofs end.
        pub fn set_policy(&mut self, policy: Option<Policy>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.eligibility.begin(policy, &mut self.shares.rules)?;
            self.eligibility.announce(&self.shares.rules, by)
        }
        /// Corrects the day, which never goes back, and the time that a block takes.
        pub fn set_today(&mut self, today: u32, block_seconds: u32) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.shares.rules.admissions.calendar.correct(today, block_seconds, block_height())?;
            self.eligibility.announce(&self.shares.rules, by)
        }
        /// Sets the root of the list of blocked countries. All admissions by proofs end.
        pub fn set_blocked(&mut self, blocked: Field) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.eligibility.blocked = blocked;
            self.shares.rules.admissions.renew();
            self.eligibility.announce(&self.shares.rules, by)
        }
        /// Trusts an attester, in place of the one with the key `instead`: then those admissions end, and no others.
        pub fn trust(&mut self, attester: Attester, instead: Option<Field>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.shares.rules.admissions.trust(attester, instead, block_height())?;
            self.eligibility.announce(&self.shares.rules, by)
        }
        /// Ends the trust in an attester, and its admissions.
        pub fn distrust(&mut self, key: Field) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.shares.rules.admissions.attesters.distrust(key)?;
            self.eligibility.announce(&self.shares.rules, by)
        }
        /// Stops an account, also one that is not known yet, and all accounts of its holder.
        pub fn freeze(&mut self, account: Principal, reason: String) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            own.holder.freezes.freeze(by, Some(account), own.person, reason)
        }
        /// Ends a freeze.
        pub fn unfreeze(&mut self, account: Principal) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            Ok(own.holder.freezes.unfreeze(by, Some(account), own.person)?)
        }
        /// Stops all accounts of a holder, also before its first proof: the attester can compute its tag.
        pub fn freeze_holder(&mut self, tag: Field, reason: String) -> Result<(), Refused> {
            self.shares.person_mut(tag).freezes.freeze(self.offices.officer()?, None, Some(tag), reason)
        }
        /// Ends the freeze of a holder.
        pub fn unfreeze_holder(&mut self, tag: Field) -> Result<(), Refused> {
            Ok(self.shares.person_mut(tag).freezes.unfreeze(self.offices.officer()?, None, Some(tag))?)
        }
        /// Freezes a part of an account's shares: it keeps at least so many. Zero ends it.
        pub fn freeze_part(
            &mut self,
            account: Principal,
            amount: u64,
            reason: String,
        ) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?.account);
            own.freezes.set(by, account, amount, reason)
        }
        /// Locks some of an account's free shares until a height.
        pub fn lock(&mut self, account: Principal, amount: u64, until: u64) -> Result<(), Refused> {
            let (by, own) = (self.offices.officer()?, self.shares.edit(account)?);
            Ok(own.account.lots.lock(by, account, own.shares, Lot { amount, until }, block_height())?)
        }
        /// Stops holders from moving shares and claiming.
        pub fn pause(&mut self) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.shares.rules.pausing.pause()?)
        }
        /// Ends a pause.
        pub fn resume(&mut self) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.shares.rules.pausing.resume()?)
        }
        /// Sets a document, in place of one with its name.
        pub fn set_document(&mut self, name: String, hash: [u8; 32], address: String) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.documents.set(name, hash, address)?)
        }
        /// Removes a document.
        pub fn remove_document(&mut self, name: String) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.documents.remove(name)?)
        }
        /// Takes a snapshot of who holds what, and returns its height.
        pub fn take_snapshot(&mut self) -> Result<u64, Refused> {
            let supply = self.shares.supply();
            Ok(self.shares.rules.snapshots.take(self.offices.officer()?, supply)?)
        }

        // For the issuer, and for who has an office:
        /// Makes somebody a compliance officer. Only the issuer may.
        pub fn appoint(&mut self, officer: Principal) -> Result<(), Refused> {
            self.shares.require_present(officer)?;
            Ok(self.offices.appoint(officer)?)
        }
        /// Takes the office from a compliance officer. Only the issuer may.
        pub fn dismiss(&mut self, officer: Principal) -> Result<(), Refused> {
            Ok(self.offices.dismiss(officer)?)
        }
        /// Offers the caller's office to somebody, or withdraws the offer.
        pub fn offer_office(&mut self, office: Office, to: Option<Principal>) -> Result<(), Refused> {
            Ok(self.offices.offer(office, to)?)
        }
        /// Takes an office that was offered to the caller.
        pub fn take_office(&mut self, office: Office) -> Result<(), Refused> {
            self.shares.require_present(caller())?;
            Ok(self.offices.take(office)?)
        }
        /// Shares out an amount, which the transaction attaches, and returns what each share earns.
        pub fn distribute(&mut self, amount: Dusk) -> Result<Dusk, Refused> {
            self.offices.require_issuer()?;
            let supply = self.shares.supply();
            Ok(self.shares.rules.dividends.distribute(amount, supply)?)
        }
    }
}
