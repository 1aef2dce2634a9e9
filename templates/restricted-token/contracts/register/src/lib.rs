//! A register of shares under compliance: who may hold, how many, from when on; freezing, forced transfers, dividends.
#![no_std]

mod holder;

use dusk_sdk::prelude::*;

/// A register of restricted shares. An issuer places them and pays dividends; compliance officers say who may hold them.
///
/// Dividends are credits: units of a second asset that this contract only accounts for. The issuer pays them outside of
/// it and says so with `settle`.
#[contract]
pub mod register {
    use super::*;
    use crate::holder::{Dividends, Holder};

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;
    /// The most bytes that a reason may have.
    pub const MAX_REASON_BYTES: u32 = 256;

    /// The state. The holders' shares sum to `supply` after every call.
    pub struct Register {
        name: String,
        issuer: Account,
        officers: BTreeSet<Account>,
        supply: u64,
        locked_until: u64,
        /// Who is or ever was on the allow-list.
        holders: BTreeMap<Account, Holder>,
        dividends: Dividends,
    }

    /// What the register knows of an account.
    #[contract_type]
    #[derive(Copy, Default, Eq)]
    pub struct Position {
        /// How many shares it holds.
        pub shares: u64,
        /// It may receive shares up to this number.
        pub limit: u64,
        /// Whether it is on the allow-list.
        pub listed: bool,
        /// Whether it is frozen.
        pub frozen: bool,
        /// Dividends that it may claim, in credits.
        pub claimable: u64,
        /// Dividends that it has claimed and that are not paid yet, in credits.
        pub credits: u64,
    }

    /// A holder moved shares.
    #[event]
    pub struct Transferred {
        pub from: Account,
        pub to: Account,
        pub amount: u64,
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

    /// An account was taken off the allow-list.
    #[event]
    pub struct Unlisted {
        pub account: Account,
        pub by: Account,
    }

    /// An account may receive shares up to another number.
    #[event]
    pub struct LimitChanged {
        pub account: Account,
        pub limit: u64,
        pub by: Account,
    }

    /// An account was frozen.
    #[event]
    pub struct Frozen {
        pub account: Account,
        pub by: Account,
        pub reason: String,
    }

    /// An account is not frozen any more.
    #[event]
    pub struct Unfrozen {
        pub account: Account,
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

    /// The issuer declared a dividend.
    #[event]
    pub struct Distributed {
        /// Its credits.
        pub credits: u64,
        /// What each share earns, with what was carried before.
        pub each: u64,
        /// What is carried to the next dividend.
        pub carried: u64,
    }

    /// A holder claimed its dividends.
    #[event]
    pub struct Claimed {
        pub by: Account,
        pub credits: u64,
    }

    /// The issuer paid claimed dividends.
    #[event]
    pub struct Settled {
        pub holder: Account,
        pub credits: u64,
    }

    /// Why a call was refused. The codes are part of what callers rely on: add new ones at the end.
    #[error]
    pub enum Refused {
        /// The name is empty or has more than `limit` bytes.
        NameLength { limit: u32 },
        /// A register without shares has no use.
        NoShares,
        /// Only the issuer may do this.
        NotIssuer,
        /// Only a compliance officer may do this.
        NotOfficer,
        /// The account is a compliance officer already.
        AlreadyOfficer,
        /// The account is no compliance officer.
        UnknownOfficer,
        /// An amount of zero would change nothing.
        ZeroAmount,
        /// Sender and receiver are the same.
        SameAccount,
        /// Shares are locked up until the block `until`.
        LockedUp { until: u64 },
        /// The sender is not on the allow-list.
        SenderNotListed,
        /// The receiver is not on the allow-list.
        ReceiverNotListed,
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
        /// The account is and was not on the allow-list.
        UnknownHolder,
        /// The account is frozen already.
        AlreadyFrozen,
        /// The account is not frozen.
        NotFrozen,
        /// The reason is empty or has more than `limit` bytes.
        ReasonLength { limit: u32 },
        /// Only `left` more credits can ever be distributed: they have 64 bits.
        DividendTooLarge { left: u64 },
        /// There are no dividends to claim.
        NothingToClaim,
        /// A frozen account cannot claim.
        ClaimantFrozen,
        /// An account that is not on the allow-list cannot claim.
        ClaimantNotListed,
        /// The account has claimed only `credits` that are not paid.
        CreditsExceeded { credits: u64 },
    }

    impl Register {
        /// Opens the register. The deployer is the issuer and the first compliance officer, and holds all shares; from
        /// the block `locked_until` on others may move theirs.
        pub fn init(name: String, supply: u64, locked_until: u64) -> Result<Self, Refused> {
            ensure!(fits(&name, MAX_NAME_BYTES), Refused::NameLength { limit: MAX_NAME_BYTES });
            ensure!(supply > 0, Refused::NoShares);
            let issuer = sender();
            let dividends = Dividends::default();
            let mut holder = Holder::new(supply, &dividends);
            holder.listed = true;
            holder.limit = supply;
            emit(Listed { account: issuer, limit: supply, by: issuer });
            Ok(Self {
                name,
                issuer,
                officers: [issuer].into(),
                supply,
                locked_until,
                holders: [(issuer, holder)].into(),
                dividends,
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
            self.holders.get(&account).map_or_else(Position::default, |holder| Position {
                shares: holder.shares,
                limit: holder.limit,
                listed: holder.listed,
                frozen: holder.frozen,
                claimable: holder.claimable(&self.dividends),
                credits: holder.credits,
            })
        }

        /// All credits ever distributed.
        pub fn distributed(&self) -> u64 {
            self.dividends.distributed
        }

        /// Credits that wait for the next dividend, because there are fewer than shares.
        pub fn carried(&self) -> u64 {
            self.dividends.carried
        }

        /// Whether a transfer would be accepted now, and if not, why: it is refused for the same reason.
        pub fn check_transfer(&self, from: Account, to: Account, amount: u64) -> Result<(), Refused> {
            let until = self.locked_until;
            ensure!(from == self.issuer || block_height() >= until, Refused::LockedUp { until });
            let sender =
                self.holders.get(&from).filter(|holder| holder.listed).ok_or(Refused::SenderNotListed)?;
            ensure!(!sender.frozen, Refused::SenderFrozen);
            self.check_move(from, to, amount)
        }

        /// Moves the sender's shares to a holder on the allow-list.
        pub fn transfer(&mut self, to: Account, amount: u64) -> Result<(), Refused> {
            let from = sender();
            self.check_transfer(from, to, amount)?;
            self.shift(from, to, amount);
            emit(Transferred { from, to, amount });
            Ok(())
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
            self.shift(from, to, amount);
            emit(ForceTransferred { from, to, amount, by, reason });
            Ok(())
        }

        /// Puts an account on the allow-list: it may receive shares until it holds `limit`. Only a compliance officer
        /// may.
        pub fn list(&mut self, account: Account, limit: u64) -> Result<(), Refused> {
            let by = self.officer()?;
            let holder = self.holders.entry(account).or_insert_with(|| Holder::new(0, &self.dividends));
            ensure!(!holder.listed, Refused::AlreadyListed);
            holder.listed = true;
            holder.limit = limit;
            emit(Listed { account, limit, by });
            Ok(())
        }

        /// Takes an account off the allow-list. Its shares and dividends stay where they are. Only a compliance officer
        /// may.
        pub fn unlist(&mut self, account: Account) -> Result<(), Refused> {
            let by = self.officer()?;
            self.listed(account)?.listed = false;
            emit(Unlisted { account, by });
            Ok(())
        }

        /// Changes how many shares an account may receive up to. What it holds above that it keeps. Only a compliance
        /// officer may.
        pub fn set_limit(&mut self, account: Account, limit: u64) -> Result<(), Refused> {
            let by = self.officer()?;
            self.listed(account)?.limit = limit;
            emit(LimitChanged { account, limit, by });
            Ok(())
        }

        /// Stops an account from sending, receiving and claiming. Only a compliance officer may.
        pub fn freeze(&mut self, account: Account, reason: String) -> Result<(), Refused> {
            let by = self.officer()?;
            ensure!(fits(&reason, MAX_REASON_BYTES), Refused::ReasonLength { limit: MAX_REASON_BYTES });
            let holder = self.known(account)?;
            ensure!(!holder.frozen, Refused::AlreadyFrozen);
            holder.frozen = true;
            emit(Frozen { account, by, reason });
            Ok(())
        }

        /// Ends a freeze. Only a compliance officer may.
        pub fn unfreeze(&mut self, account: Account) -> Result<(), Refused> {
            let by = self.officer()?;
            let holder = self.known(account)?;
            ensure!(holder.frozen, Refused::NotFrozen);
            holder.frozen = false;
            emit(Unfrozen { account, by });
            Ok(())
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

        /// Shares out credits among all shares, and returns what each share earns. What does not divide is carried to
        /// the next dividend. Only the issuer may.
        pub fn distribute(&mut self, credits: u64) -> Result<u64, Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            ensure!(credits > 0, Refused::ZeroAmount);
            let left = u64::MAX - self.dividends.distributed;
            let each =
                self.dividends.distribute(credits, self.supply).ok_or(Refused::DividendTooLarge { left })?;
            emit(Distributed { credits, each, carried: self.dividends.carried });
            Ok(each)
        }

        /// Claims the sender's dividends, and returns how many credits they are.
        pub fn claim(&mut self) -> Result<u64, Refused> {
            let by = sender();
            let holder =
                self.holders.get_mut(&by).filter(|holder| holder.listed).ok_or(Refused::ClaimantNotListed)?;
            ensure!(!holder.frozen, Refused::ClaimantFrozen);
            let credits = holder.claim(&self.dividends);
            ensure!(credits > 0, Refused::NothingToClaim);
            emit(Claimed { by, credits });
            Ok(credits)
        }

        /// Writes down claimed credits that were paid outside of this contract. Only the issuer may.
        pub fn settle(&mut self, holder: Account, credits: u64) -> Result<(), Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            ensure!(credits > 0, Refused::ZeroAmount);
            let open = &mut self.known(holder)?.credits;
            *open = open.checked_sub(credits).ok_or(Refused::CreditsExceeded { credits: *open })?;
            emit(Settled { holder, credits });
            Ok(())
        }

        /// The sender, who is a compliance officer.
        fn officer(&self) -> Result<Account, Refused> {
            let by = sender();
            ensure!(self.is_officer(by), Refused::NotOfficer);
            Ok(by)
        }

        fn known(&mut self, account: Account) -> Result<&mut Holder, Refused> {
            self.holders.get_mut(&account).ok_or(Refused::UnknownHolder)
        }

        fn listed(&mut self, account: Account) -> Result<&mut Holder, Refused> {
            self.holders.get_mut(&account).filter(|holder| holder.listed).ok_or(Refused::NotListed)
        }

        /// What holds for every move of shares, forced or not.
        fn check_move(&self, from: Account, to: Account, amount: u64) -> Result<(), Refused> {
            ensure!(amount > 0, Refused::ZeroAmount);
            ensure!(from != to, Refused::SameAccount);
            let receiver =
                self.holders.get(&to).filter(|holder| holder.listed).ok_or(Refused::ReceiverNotListed)?;
            ensure!(!receiver.frozen, Refused::ReceiverFrozen);
            let shares = self.holders.get(&from).map_or(0, |holder| holder.shares);
            ensure!(amount <= shares, Refused::Insufficient { shares });
            let room = receiver.room();
            ensure!(amount <= room, Refused::LimitExceeded { room });
            Ok(())
        }

        /// Moves shares after all checks.
        fn shift(&mut self, from: Account, to: Account, amount: u64) {
            if let Some(holder) = self.holders.get_mut(&from) {
                holder.set_shares(holder.shares - amount, &self.dividends);
            }
            if let Some(holder) = self.holders.get_mut(&to) {
                holder.set_shares(holder.shares + amount, &self.dividends);
            }
        }
    }

    fn fits(text: &str, limit: u32) -> bool {
        !text.is_empty() && text.len() <= limit as usize
    }
}
