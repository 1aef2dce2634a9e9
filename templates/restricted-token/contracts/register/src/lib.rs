//! A register of shares under compliance: who may hold, by a list or by a proof, how many, from when on; freezing,
//! forced transfers, dividends.
#![no_std]

mod eligibility;
mod holder;

use dusk_sdk::prelude::*;

/// A register of restricted shares. An issuer places them and pays dividends; compliance officers say who may hold
/// them.
///
/// Dividends are DUSK. The issuer pays them in for all shares at once, and this contract keeps them until their holders
/// claim them.
#[contract]
pub mod register {
    use super::*;
    use crate::eligibility::{Eligibility, epoch};
    use crate::holder::{Book, Dividends, Whose};
    use circuits::Eligible;
    use dusk_sdk::money;
    use dusk_sdk::zk::Proof;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;
    /// The most bytes that a reason may have.
    pub const MAX_REASON_BYTES: u32 = 256;
    /// How many blocks an epoch has: an hour, where a block takes ten seconds. A proof is to be sent in the epoch that
    /// it is made for.
    pub const EPOCH_BLOCKS: u64 = 360;
    /// How many epochs a day has. A proof admits an account for the day that it is made for.
    pub const DAY_EPOCHS: u64 = 24;

    /// The state. The shares of all accounts sum to `supply` after every call.
    pub struct Register {
        name: String,
        issuer: Account,
        officers: BTreeSet<Account>,
        supply: u64,
        locked_until: u64,
        book: Book,
        dividends: Dividends,
        eligibility: Eligibility,
    }

    /// What the register knows of an account.
    #[contract_type]
    #[derive(Copy, Default, Eq)]
    pub struct Position {
        /// How many shares it holds.
        pub shares: u64,
        /// It may receive shares up to this number; the accounts of one holder up to this number together, unless the
        /// account is on the allow-list. Zero where it may not receive at all.
        pub limit: u64,
        /// Whether it is on the allow-list.
        pub listed: bool,
        /// The last epoch of its admission by a proof, if the policy stays. Nothing where no proof admits it.
        pub proven_until: Option<u64>,
        /// Whether it is barred: no proof admits it until an officer lifts the bar.
        pub barred: bool,
        /// Whether it is frozen.
        pub frozen: bool,
        /// The tag of the holder who has proved for it.
        pub tag: Option<Field>,
        /// Dividends that it may claim.
        pub claimable: Dusk,
    }

    /// What the register knows of the holder of a credential.
    #[contract_type]
    #[derive(Copy, Default, Eq)]
    pub struct Holding {
        /// How many shares all its accounts hold.
        pub shares: u64,
        /// Whether it is barred: no proof admits an account of its until an officer lifts the bar.
        pub barred: bool,
        /// Whether all its accounts are frozen.
        pub frozen: bool,
    }

    /// What is to be proved for an account that is not on the allow-list. Days are counted from 1 January of the year
    /// 1, which is day 1.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Policy {
        /// Who signs credentials: the abscissa of its public key.
        pub attester: Field,
        /// The root of the attester's list of revoked credentials.
        pub revoked: Field,
        /// The day on which credentials must not have expired: today. It moves on by one every [`DAY_EPOCHS`].
        pub today: u32,
        /// The last day on which a holder may be born. It moves on as `today` does.
        pub born_until: u32,
        /// The least level of accreditation.
        pub level: u8,
        /// The accounts of one holder may receive shares up to this number together.
        pub limit: u64,
    }

    /// What a proof for an account states now: the public inputs of the circuit `eligible`, without the tag, which the
    /// holder adds.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Terms {
        /// As the policy has it.
        pub attester: Field,
        /// As the policy has it.
        pub revoked: Field,
        /// As the policy has it, and the days since it was set.
        pub today: u32,
        /// As the policy has it, and the days since it was set.
        pub born_until: u32,
        /// As the policy has it.
        pub level: u8,
        /// This contract and chain.
        pub scope: Field,
        /// This contract, chain and epoch, and the account.
        pub occasion: Field,
    }

    /// A holder moved shares.
    #[event]
    pub struct Transferred {
        pub from: Account,
        pub to: Account,
        pub amount: u64,
    }

    /// A proof admitted an account.
    #[event]
    pub struct Admitted {
        pub account: Account,
        /// The same for all accounts of one holder. It tells nobody but the attester who that is.
        pub tag: Field,
        /// The last epoch of the admission, if the policy stays.
        pub until: u64,
    }

    /// A compliance officer moved shares.
    #[event]
    pub struct ForceTransferred {
        pub from: Account,
        pub to: Account,
        pub amount: u64,
        pub by: Account,
        pub reason: String,
    }

    /// An account came on the allow-list.
    #[event]
    pub struct Listed {
        pub account: Account,
        pub limit: u64,
        pub by: Account,
    }

    /// A compliance officer set a policy for proofs, or stopped accepting proofs. Every admission has ended.
    #[event]
    pub struct PolicyChanged {
        /// How many policies there have been.
        pub number: u64,
        pub policy: Option<Policy>,
        pub by: Account,
    }

    /// An account was taken off the allow-list and barred, with its holder.
    #[event]
    pub struct Unlisted {
        pub account: Account,
        pub by: Account,
    }

    /// The bar of an account and its holder was lifted.
    #[event]
    pub struct Lifted {
        pub account: Account,
        pub by: Account,
    }

    /// A holder was barred: no proof admits an account of its.
    #[event]
    pub struct HolderBarred {
        pub tag: Field,
        pub by: Account,
    }

    /// The bar of a holder was lifted.
    #[event]
    pub struct HolderLifted {
        pub tag: Field,
        pub by: Account,
    }

    /// An account may receive shares up to another number.
    #[event]
    pub struct LimitChanged {
        pub account: Account,
        pub limit: u64,
        pub by: Account,
    }

    /// An account was frozen, or a holder with all its accounts.
    #[event]
    pub struct Frozen {
        /// The account that the officer named, if it did.
        pub account: Option<Account>,
        /// The holder, if the officer named it or has named an account of its.
        pub tag: Option<Field>,
        pub by: Account,
        pub reason: String,
    }

    /// An account, or a holder with all its accounts, is not frozen any more.
    #[event]
    pub struct Unfrozen {
        /// The account that the officer named, if it did.
        pub account: Option<Account>,
        /// The holder, if the officer named it or has named an account of its.
        pub tag: Option<Field>,
        pub by: Account,
    }

    /// The issuer made an account a compliance officer.
    #[event]
    pub struct Appointed {
        pub officer: Account,
    }

    /// The issuer took the office from a compliance officer.
    #[event]
    pub struct Dismissed {
        pub officer: Account,
    }

    /// The issuer paid in a dividend.
    #[event]
    pub struct Distributed {
        /// How much.
        pub amount: Dusk,
        /// What each share earns, with what was carried before.
        pub each: Dusk,
        /// What is carried to the next dividend: less than a LUX for each share.
        pub carried: Dusk,
    }

    /// A holder was paid its dividends.
    #[event]
    pub struct Claimed {
        pub by: Account,
        pub amount: Dusk,
    }

    /// Why a call was refused. The codes are part of what callers rely on: add new ones at the end.
    #[error]
    pub enum Refused {
        /// The name is empty or has more than `limit` bytes.
        NameLength { limit: u32 },
        /// The register would have no shares.
        NoShares,
        /// Only the issuer may do this.
        NotIssuer,
        /// Only a compliance officer may do this.
        NotOfficer,
        /// The account is a compliance officer already.
        AlreadyOfficer,
        /// The account is no compliance officer.
        UnknownOfficer,
        /// The amount is zero.
        ZeroAmount,
        /// Sender and receiver are the same.
        SameAccount,
        /// Shares are locked up until the block `until`.
        LockedUp { until: u64 },
        /// The sender is neither on the allow-list nor admitted by a proof.
        SenderNotAdmitted,
        /// The receiver is neither on the allow-list nor admitted by a proof.
        ReceiverNotAdmitted,
        /// The sender is frozen.
        SenderFrozen,
        /// The receiver is frozen.
        ReceiverFrozen,
        /// The sender holds only `shares`.
        Insufficient { shares: u64 },
        /// The receiver may receive only `room` more.
        LimitExceeded { room: u64 },
        /// The account is on the allow-list already.
        AlreadyListed,
        /// The account is not on the allow-list.
        NotListed,
        /// An officer has barred the account, its holder, or another account of its holder.
        Barred,
        /// The account or the holder is frozen already.
        AlreadyFrozen,
        /// The account or the holder is not frozen.
        NotFrozen,
        /// The reason is empty or has more than `limit` bytes.
        ReasonLength { limit: u32 },
        /// Only `left` more can ever be distributed: the sum of all dividends must fit into 64 bits.
        DividendTooLarge { left: Dusk },
        /// There are no dividends to claim.
        NothingToClaim,
        /// A frozen account cannot claim.
        ClaimantFrozen,
        /// An account that is neither on the allow-list nor admitted by a proof cannot claim.
        ClaimantNotAdmitted,
        /// The register accepts no proofs: it has no policy.
        NoPolicy,
        /// Another holder has proved for this account.
        OtherHolder,
        /// The proof does not show an eligible holder with this tag, for this account, in this epoch, under this
        /// policy.
        NotEligible,
        /// Neither the account nor its holder is barred.
        NotBarred,
        /// The holder is barred already.
        AlreadyBarred,
    }

    impl Register {
        /// Opens the register. The account that signs the deployment is the issuer and the first compliance officer,
        /// and holds all shares; the owner that the deployment states has no rights. From the block `locked_until` on
        /// others may move theirs.
        pub fn init(name: String, supply: u64, locked_until: u64) -> Result<Self, Refused> {
            ensure!(fits(&name, MAX_NAME_BYTES), Refused::NameLength { limit: MAX_NAME_BYTES });
            ensure!(supply > 0, Refused::NoShares);
            let issuer = sender();
            let dividends = Dividends::default();
            let mut book = Book::default();
            let entry = book.entry_mut(issuer, &dividends);
            (entry.listed, entry.limit) = (true, supply);
            book.set_shares(issuer, supply, &dividends);
            emit(Listed { account: issuer, limit: supply, by: issuer });
            Ok(Self {
                name,
                issuer,
                officers: [issuer].into(),
                supply,
                locked_until,
                book,
                dividends,
                eligibility: Eligibility::default(),
            })
        }

        /// What the shares are called.
        pub fn name(&self) -> String {
            self.name.clone()
        }

        /// How many shares there are.
        pub fn supply(&self) -> u64 {
            self.supply
        }

        /// Who places the shares and pays dividends.
        pub fn issuer(&self) -> Account {
            self.issuer
        }

        /// The block from which on holders may move their shares.
        pub fn locked_until(&self) -> u64 {
            self.locked_until
        }

        /// Whether an account is a compliance officer.
        pub fn is_officer(&self, account: Account) -> bool {
            self.officers.contains(&account)
        }

        /// What the register knows of an account; all zero where it knows nothing.
        pub fn position(&self, account: Account) -> Position {
            let Some(entry) = self.book.entry(account) else { return Position::default() };
            let standing = self.book.standing(account);
            let admission = entry.admission.filter(|_| self.is_admitted_by_proof(account));
            Position {
                shares: entry.shares,
                limit: self.limit(account).unwrap_or_default(),
                listed: entry.listed,
                proven_until: admission.map(|admission| admission.until),
                barred: standing.barred,
                frozen: standing.frozen,
                tag: entry.tag,
                claimable: Dusk::from_lux(entry.claimable(&self.dividends)),
            }
        }

        /// What the register knows of the holder with this tag; all zero where it knows nothing.
        pub fn holder(&self, tag: Field) -> Holding {
            self.book.holder(tag).map_or_else(Holding::default, |holder| Holding {
                shares: holder.shares,
                barred: holder.standing.barred,
                frozen: holder.standing.frozen,
            })
        }

        /// What is to be proved for an account that is not on the allow-list. Nothing where the register accepts no
        /// proofs.
        pub fn policy(&self) -> Option<Policy> {
            self.eligibility.policy
        }

        /// What a proof must state in this epoch to admit an account.
        pub fn terms(&self, account: Account) -> Result<Terms, Refused> {
            self.eligibility.terms(account)
        }

        /// The epoch now.
        pub fn epoch(&self) -> u64 {
            epoch()
        }

        /// All dividends ever paid in.
        pub fn distributed(&self) -> Dusk {
            Dusk::from_lux(self.dividends.distributed)
        }

        /// What waits for the next dividend: less than a LUX for each share.
        pub fn carried(&self) -> Dusk {
            Dusk::from_lux(self.dividends.carried)
        }

        /// Whether a transfer would be accepted now, and if not, why: it is refused for the same reason.
        pub fn check_transfer(&self, from: Account, to: Account, amount: u64) -> Result<(), Refused> {
            self.check_sender(from)?;
            self.check_move(from, to, amount)
        }

        /// Moves the sender's shares to an account that is on the allow-list or admitted by a proof.
        pub fn transfer(&mut self, to: Account, amount: u64) -> Result<(), Refused> {
            let from = sender();
            self.check_transfer(from, to, amount)?;
            self.book.shift(from, to, amount, &self.dividends);
            emit(Transferred { from, to, amount });
            Ok(())
        }

        /// Admits the sender by a proof that it has an eligible holder, until the day ends or the policy changes, and
        /// returns the last epoch. The proof ties the account to the holder for good; limit, freeze and bar hold for
        /// all its accounts.
        ///
        /// An account sends its proof itself: nobody can tie it to another holder, and nobody can use its proof up.
        pub fn admit(&mut self, tag: Field, proof: Proof<Eligible>) -> Result<u64, Refused> {
            let account = sender();
            let terms = self.eligibility.terms(account)?;
            let entry = self.book.entry(account);
            ensure!(!entry.is_some_and(|entry| entry.listed), Refused::AlreadyListed);
            let tied = entry.and_then(|entry| entry.tag);
            ensure!(tied.is_none_or(|tied| tied == tag), Refused::OtherHolder);
            let holder = self.book.holder(tag).map(|holder| holder.standing).unwrap_or_default();
            for standing in [self.book.standing(account), holder] {
                ensure!(!standing.frozen, Refused::SenderFrozen);
                ensure!(!standing.barred, Refused::Barred);
            }
            ensure!(Eligible::verify(&proof, &terms.with(tag)), Refused::NotEligible);
            let admission = self.eligibility.admission();
            self.book.tie(account, tag, admission, &self.dividends);
            emit(Admitted { account, tag, until: admission.until });
            Ok(admission.until)
        }

        /// Moves anybody's shares, whether locked up, frozen or off the list. The receiver must be one who may receive
        /// them. Only a compliance officer may.
        pub fn force_transfer(
            &mut self,
            from: Account,
            to: Account,
            amount: u64,
            reason: String,
        ) -> Result<(), Refused> {
            let by = self.officer()?;
            ensure!(fits(&reason, MAX_REASON_BYTES), Refused::ReasonLength { limit: MAX_REASON_BYTES });
            self.check_move(from, to, amount)?;
            self.book.shift(from, to, amount, &self.dividends);
            emit(ForceTransferred { from, to, amount, by, reason });
            Ok(())
        }

        /// Puts an account on the allow-list: it may receive shares until it holds `limit`. This lifts what `unlist`
        /// has done. Only a compliance officer may.
        pub fn list(&mut self, account: Account, limit: u64) -> Result<(), Refused> {
            let by = self.officer()?;
            let entry = self.book.entry_mut(account, &self.dividends);
            ensure!(!entry.listed, Refused::AlreadyListed);
            (entry.listed, entry.limit) = (true, limit);
            self.book.standing_mut(account, &self.dividends).barred = false;
            emit(Listed { account, limit, by });
            Ok(())
        }

        /// Takes an account off the allow-list, and bars it: no proof admits it, nor any other account of its holder,
        /// until an officer lifts the bar. It need not be on the list. Its shares and dividends stay where they are.
        /// Only a compliance officer may.
        pub fn unlist(&mut self, account: Account) -> Result<(), Refused> {
            let by = self.officer()?;
            let was_listed = core::mem::take(&mut self.book.entry_mut(account, &self.dividends).listed);
            let standing = self.book.standing_mut(account, &self.dividends);
            ensure!(was_listed || !standing.barred, Refused::NotListed);
            standing.barred = true;
            emit(Unlisted { account, by });
            Ok(())
        }

        /// Ends the bar of an account and its holder, whether `unlist` has put it up or `bar_holder`: proofs may let
        /// them in again. Only a compliance officer may.
        pub fn lift(&mut self, account: Account) -> Result<(), Refused> {
            let by = self.officer()?;
            let standing = self.book.standing_mut(account, &self.dividends);
            ensure!(standing.barred, Refused::NotBarred);
            standing.barred = false;
            emit(Lifted { account, by });
            Ok(())
        }

        /// Bars a holder: no proof admits an account of its, until an officer lifts the bar. It works before any
        /// account is tied to the holder: the attester can compute the tag of each holder whom it has attested. An
        /// account on the allow-list stays there, whosever it is. Only a compliance officer may.
        pub fn bar_holder(&mut self, tag: Field) -> Result<(), Refused> {
            let by = self.officer()?;
            let standing = self.book.holder_standing_mut(tag);
            ensure!(!standing.barred, Refused::AlreadyBarred);
            standing.barred = true;
            emit(HolderBarred { tag, by });
            Ok(())
        }

        /// Ends the bar of a holder, whether `bar_holder` has put it up, or `unlist` for an account of its. Only a
        /// compliance officer may.
        pub fn lift_holder(&mut self, tag: Field) -> Result<(), Refused> {
            let by = self.officer()?;
            let standing = self.book.holder_standing_mut(tag);
            ensure!(standing.barred, Refused::NotBarred);
            standing.barred = false;
            emit(HolderLifted { tag, by });
            Ok(())
        }

        /// Sets the policy that accounts off the allow-list have to prove, or stops accepting proofs. All admissions by
        /// proofs end: each was for the earlier attester, revocation list and rules. Only a compliance
        /// officer may.
        pub fn set_policy(&mut self, policy: Option<Policy>) -> Result<(), Refused> {
            let by = self.officer()?;
            self.eligibility.set(policy);
            emit(PolicyChanged { number: self.eligibility.number, policy, by });
            Ok(())
        }

        /// Changes how many shares an account may receive up to. What it holds above that it keeps. Only a compliance
        /// officer may.
        pub fn set_limit(&mut self, account: Account, limit: u64) -> Result<(), Refused> {
            let by = self.officer()?;
            let entry = self.book.entry_mut(account, &self.dividends);
            ensure!(entry.listed, Refused::NotListed);
            entry.limit = limit;
            emit(LimitChanged { account, limit, by });
            Ok(())
        }

        /// Stops an account from sending, receiving and claiming, also one that the register does not know. Where a
        /// proof has tied it to a holder, all accounts of that holder are stopped. Only a compliance officer may.
        pub fn freeze(&mut self, account: Account, reason: String) -> Result<(), Refused> {
            self.set_frozen(Whose::Account(account), Some(reason))
        }

        /// Ends a freeze. Only a compliance officer may.
        pub fn unfreeze(&mut self, account: Account) -> Result<(), Refused> {
            self.set_frozen(Whose::Account(account), None)
        }

        /// Stops all accounts of a holder, also before any is tied to it: the attester can compute the tag of each
        /// holder whom it has attested. Only a compliance officer may.
        pub fn freeze_holder(&mut self, tag: Field, reason: String) -> Result<(), Refused> {
            self.set_frozen(Whose::Holder(tag), Some(reason))
        }

        /// Ends the freeze of a holder. Only a compliance officer may.
        pub fn unfreeze_holder(&mut self, tag: Field) -> Result<(), Refused> {
            self.set_frozen(Whose::Holder(tag), None)
        }

        /// Makes an account a compliance officer. Only the issuer may.
        pub fn appoint(&mut self, officer: Account) -> Result<(), Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            ensure!(self.officers.insert(officer), Refused::AlreadyOfficer);
            emit(Appointed { officer });
            Ok(())
        }

        /// Takes the office from a compliance officer. Only the issuer may.
        pub fn dismiss(&mut self, officer: Account) -> Result<(), Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            ensure!(self.officers.remove(&officer), Refused::UnknownOfficer);
            emit(Dismissed { officer });
            Ok(())
        }

        /// Shares out an amount among all shares, and returns what each share earns: whole LUX, rounded down. What does
        /// not divide is carried to the next dividend. The transaction must attach exactly the amount. Only the issuer
        /// may.
        pub fn distribute(&mut self, amount: Dusk) -> Result<Dusk, Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            ensure!(!amount.is_zero(), Refused::ZeroAmount);
            let left = Dusk::from_lux(u64::MAX - self.dividends.distributed);
            let each = self.dividends.distribute(amount.lux(), self.supply);
            let each = Dusk::from_lux(each.ok_or(Refused::DividendTooLarge { left })?);
            money::take_deposit(amount);
            emit(Distributed { amount, each, carried: self.carried() });
            Ok(each)
        }

        /// Pays the sender all its dividends, and returns how much that was. The books are changed first, the money
        /// moves last.
        pub fn claim(&mut self) -> Result<Dusk, Refused> {
            let by = sender();
            ensure!(self.is_admitted(by), Refused::ClaimantNotAdmitted);
            ensure!(!self.book.standing(by).frozen, Refused::ClaimantFrozen);
            let amount = Dusk::from_lux(self.book.entry_mut(by, &self.dividends).claim(&self.dividends));
            ensure!(!amount.is_zero(), Refused::NothingToClaim);
            money::pay(by, amount);
            emit(Claimed { by, amount });
            Ok(amount)
        }

        /// The sender, who is a compliance officer.
        fn officer(&self) -> Result<Account, Refused> {
            let by = sender();
            ensure!(self.is_officer(by), Refused::NotOfficer);
            Ok(by)
        }

        /// Freezes for a reason, or without one ends the freeze.
        fn set_frozen(&mut self, whose: Whose, reason: Option<String>) -> Result<(), Refused> {
            let by = self.officer()?;
            let (account, tag) = match whose {
                Whose::Account(account) => {
                    (Some(account), self.book.entry(account).and_then(|entry| entry.tag))
                }
                Whose::Holder(tag) => (None, Some(tag)),
            };
            let standing = match whose {
                Whose::Account(account) => self.book.standing_mut(account, &self.dividends),
                Whose::Holder(tag) => self.book.holder_standing_mut(tag),
            };
            match reason {
                Some(reason) => {
                    ensure!(
                        fits(&reason, MAX_REASON_BYTES),
                        Refused::ReasonLength { limit: MAX_REASON_BYTES }
                    );
                    ensure!(!standing.frozen, Refused::AlreadyFrozen);
                    standing.frozen = true;
                    emit(Frozen { account, tag, by, reason });
                }
                None => {
                    ensure!(standing.frozen, Refused::NotFrozen);
                    standing.frozen = false;
                    emit(Unfrozen { account, tag, by });
                }
            }
            Ok(())
        }

        /// Whether a proof admits an account now.
        fn is_admitted_by_proof(&self, account: Account) -> bool {
            let admission = self.book.entry(account).and_then(|entry| entry.admission);
            admission.is_some_and(|admission| self.eligibility.holds(admission))
                && !self.book.standing(account).barred
        }

        /// Whether the allow-list or a proof admits an account: it may send what it holds, and claim.
        fn is_admitted(&self, account: Account) -> bool {
            self.limit(account).is_some()
        }

        /// Up to how many shares an account may receive: by the allow-list, or by a proof. Nothing where neither admits
        /// it.
        fn limit(&self, account: Account) -> Option<u64> {
            let listed = self.book.entry(account).filter(|entry| entry.listed).map(|entry| entry.limit);
            let proven =
                || self.eligibility.policy.filter(|_| self.is_admitted_by_proof(account)).map(|policy| policy.limit);
            listed.or_else(proven)
        }

        /// What holds for who moves its own shares.
        fn check_sender(&self, from: Account) -> Result<(), Refused> {
            let until = self.locked_until;
            ensure!(from == self.issuer || block_height() >= until, Refused::LockedUp { until });
            ensure!(self.is_admitted(from), Refused::SenderNotAdmitted);
            ensure!(!self.book.standing(from).frozen, Refused::SenderFrozen);
            Ok(())
        }

        /// What holds for every move of shares, forced or not.
        fn check_move(&self, from: Account, to: Account, amount: u64) -> Result<(), Refused> {
            ensure!(amount > 0, Refused::ZeroAmount);
            ensure!(from != to, Refused::SameAccount);
            let limit = self.limit(to).ok_or(Refused::ReceiverNotAdmitted)?;
            ensure!(!self.book.standing(to).frozen, Refused::ReceiverFrozen);
            let shares = self.book.entry(from).map_or(0, |entry| entry.shares);
            ensure!(amount <= shares, Refused::Insufficient { shares });
            let room = self.room(from, to, limit);
            ensure!(amount <= room, Refused::LimitExceeded { room });
            Ok(())
        }

        /// How many shares an account may still receive from another. What moves between accounts of one holder that
        /// share a limit gives it no more than it has. What comes from its account on the allow-list does: that account
        /// has a limit of its own, which leaves room again.
        fn room(&self, from: Account, to: Account, limit: u64) -> u64 {
            let Some(entry) = self.book.entry(to) else { return limit };
            let Some(tag) = entry.tag.filter(|_| !entry.listed) else {
                return limit.saturating_sub(entry.shares);
            };
            let held = self.holder(tag).shares;
            match self.book.entry(from).filter(|from| from.tag == Some(tag)) {
                Some(own) if !own.listed => u64::MAX,
                Some(own) => limit.saturating_sub(held - own.shares),
                None => limit.saturating_sub(held),
            }
        }
    }

    fn fits(text: &str, limit: u32) -> bool {
        !text.is_empty() && text.len() <= limit as usize
    }
}
