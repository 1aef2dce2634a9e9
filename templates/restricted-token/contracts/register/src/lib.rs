//! A register of shares under compliance: who may hold, by a list or by a proof, how many, from when on; freezing, forced
//! transfers, dividends.
#![no_std]

mod eligibility;
mod holder;

use dusk_sdk::prelude::*;

/// A register of restricted shares. An issuer places them and pays dividends; compliance officers say who may hold them.
///
/// Dividends are DUSK. The issuer pays them in for all shares at once, and this contract keeps them until their holders
/// claim them.
#[contract]
pub mod register {
    use super::*;
    use crate::eligibility::{Eligibility, epoch};
    use crate::holder::{Dividends, Holder};
    use circuits::Eligible;
    use dusk_sdk::money;
    use dusk_sdk::zk::Proof;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;
    /// The most bytes that a reason may have.
    pub const MAX_REASON_BYTES: u32 = 256;
    /// How many blocks an epoch has: an hour, where a block takes ten seconds. A holder may prove once in each.
    pub const EPOCH_BLOCKS: u64 = 360;

    /// The state. The holders' shares sum to `supply` after every call.
    pub struct Register {
        name: String,
        issuer: Account,
        officers: BTreeSet<Account>,
        supply: u64,
        locked_until: u64,
        /// Who is or ever was on the allow-list, or received by a proof.
        holders: BTreeMap<Account, Holder>,
        dividends: Dividends,
        eligibility: Eligibility,
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
        /// Whether it has received shares by a proof. It may then send them and claim, as if it were on the list; what it
        /// receives it needs a proof for.
        pub proven: bool,
        /// Whether it is frozen.
        pub frozen: bool,
        /// Dividends that it may claim.
        pub claimable: Dusk,
    }

    /// What somebody must prove who is not on the allow-list. Days are counted from 1 January of the year 1, which is day 1.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Policy {
        /// Who signs credentials: the abscissa of its public key.
        pub attester: Field,
        /// The root of the attester's list of revoked credentials.
        pub revoked: Field,
        /// The day on which credentials must not have expired.
        pub today: u32,
        /// The last day on which a holder may be born.
        pub born_until: u32,
        /// The least level of accreditation.
        pub level: u8,
        /// An account may receive shares by proofs up to this number.
        pub limit: u64,
    }

    /// What a proof for one sender and receiver states now: the public inputs of the circuit `eligible`, without the
    /// nullifier, which the holder adds.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Terms {
        /// As the policy has it.
        pub attester: Field,
        /// As the policy has it.
        pub revoked: Field,
        /// As the policy has it.
        pub today: u32,
        /// As the policy has it.
        pub born_until: u32,
        /// As the policy has it.
        pub level: u8,
        /// This contract, chain and epoch.
        pub scope: Field,
        /// This contract, chain and epoch, the sender and the receiver.
        pub occasion: Field,
    }

    /// A holder moved shares.
    #[event]
    pub struct Transferred {
        pub from: Account,
        pub to: Account,
        pub amount: u64,
    }

    /// A holder moved shares to somebody who is not on the allow-list, but proves to be eligible.
    #[event]
    pub struct TransferredByProof {
        pub from: Account,
        pub to: Account,
        pub amount: u64,
        /// What the proof is spent by in this epoch. It tells nobody who has proved.
        pub nullifier: Field,
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

    /// A compliance officer said what is to be proved, or that proofs are not taken any more.
    #[event]
    pub struct PolicyChanged {
        pub policy: Option<Policy>,
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
        /// Only `left` more can ever be distributed: the sum of all dividends has 64 bits.
        DividendTooLarge { left: Dusk },
        /// There are no dividends to claim.
        NothingToClaim,
        /// A frozen account cannot claim.
        ClaimantFrozen,
        /// An account that is not on the allow-list cannot claim.
        ClaimantNotListed,
        /// Proofs are not taken: there is no policy.
        NoPolicy,
        /// The holder has proved in this epoch already.
        ProofUsed,
        /// The proof does not show that this receiver may receive from this sender, in this epoch, under this policy.
        NotEligible,
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
            self.holders.get(&account).map_or_else(Position::default, |holder| Position {
                shares: holder.shares,
                limit: holder.limit,
                listed: holder.listed,
                proven: holder.proven,
                frozen: holder.frozen,
                claimable: Dusk::from_lux(holder.claimable(&self.dividends)),
            })
        }

        /// What somebody must prove who is not on the allow-list. Nothing where proofs are not taken.
        pub fn policy(&self) -> Option<Policy> {
            self.eligibility.policy
        }

        /// What a proof must state to move shares from a sender to a receiver in this epoch.
        pub fn terms(&self, sender: Account, receiver: Account) -> Result<Terms, Refused> {
            self.eligibility.terms(sender, receiver)
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
            self.check_move(from, to, amount, None)
        }

        /// Moves the sender's shares to a holder on the allow-list.
        pub fn transfer(&mut self, to: Account, amount: u64) -> Result<(), Refused> {
            let from = sender();
            self.check_transfer(from, to, amount)?;
            self.shift(from, to, amount);
            emit(Transferred { from, to, amount });
            Ok(())
        }

        /// Moves the sender's shares to somebody who is not on the allow-list, but proves to be eligible under the
        /// [`terms`](Register::terms): once for each holder of a credential and epoch. Everything else that holds for
        /// transfers holds here, too.
        pub fn transfer_proven(
            &mut self,
            to: Account,
            amount: u64,
            nullifier: Field,
            proof: Proof<Eligible>,
        ) -> Result<(), Refused> {
            let from = sender();
            let limit = self.eligibility.policy.ok_or(Refused::NoPolicy)?.limit;
            self.check_sender(from)?;
            let receiver = self.holders.entry(to).or_insert_with(|| Holder::new(0, &self.dividends));
            ensure!(!receiver.listed, Refused::AlreadyListed);
            (receiver.proven, receiver.limit) = (true, limit);
            self.check_move(from, to, amount, Some(limit))?;
            let terms = self.eligibility.terms(from, to)?;
            self.eligibility.take(terms, nullifier, &proof)?;
            self.shift(from, to, amount);
            emit(TransferredByProof { from, to, amount, nullifier });
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
            self.check_move(from, to, amount, None)?;
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

        /// Takes an account off the allow-list, whether an officer or a proof has let it in. Its shares and dividends stay
        /// where they are. Only a compliance officer may.
        pub fn unlist(&mut self, account: Account) -> Result<(), Refused> {
            let by = self.officer()?;
            let holder = self.holders.get_mut(&account).filter(|holder| holder.admitted());
            let holder = holder.ok_or(Refused::NotListed)?;
            (holder.listed, holder.proven) = (false, false);
            emit(Unlisted { account, by });
            Ok(())
        }

        /// Says what is to be proved by who is not on the allow-list, or that proofs are not taken. Proofs under the policy
        /// before are refused from now on. Only a compliance officer may.
        pub fn set_policy(&mut self, policy: Option<Policy>) -> Result<(), Refused> {
            let by = self.officer()?;
            self.eligibility.policy = policy;
            emit(PolicyChanged { policy, by });
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
            let holder = self
                .holders
                .get_mut(&by)
                .filter(|holder| holder.admitted())
                .ok_or(Refused::ClaimantNotListed)?;
            ensure!(!holder.frozen, Refused::ClaimantFrozen);
            let amount = Dusk::from_lux(holder.claim(&self.dividends));
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

        fn known(&mut self, account: Account) -> Result<&mut Holder, Refused> {
            self.holders.get_mut(&account).ok_or(Refused::UnknownHolder)
        }

        fn listed(&mut self, account: Account) -> Result<&mut Holder, Refused> {
            self.holders.get_mut(&account).filter(|holder| holder.listed).ok_or(Refused::NotListed)
        }

        /// What holds for who moves its own shares.
        fn check_sender(&self, from: Account) -> Result<(), Refused> {
            let until = self.locked_until;
            ensure!(from == self.issuer || block_height() >= until, Refused::LockedUp { until });
            let sender = self.holders.get(&from).filter(|holder| holder.admitted());
            ensure!(!sender.ok_or(Refused::SenderNotListed)?.frozen, Refused::SenderFrozen);
            Ok(())
        }

        /// What holds for every move of shares, forced or not. `proven`: the limit of a receiver who need not be on the
        /// allow-list.
        fn check_move(
            &self,
            from: Account,
            to: Account,
            amount: u64,
            proven: Option<u64>,
        ) -> Result<(), Refused> {
            ensure!(amount > 0, Refused::ZeroAmount);
            ensure!(from != to, Refused::SameAccount);
            let receiver = self.holders.get(&to);
            let listed = receiver.filter(|holder| holder.listed).map(|holder| holder.limit);
            let limit = proven.or(listed).ok_or(Refused::ReceiverNotListed)?;
            ensure!(!receiver.is_some_and(|holder| holder.frozen), Refused::ReceiverFrozen);
            let shares = self.holders.get(&from).map_or(0, |holder| holder.shares);
            ensure!(amount <= shares, Refused::Insufficient { shares });
            let room = limit.saturating_sub(receiver.map_or(0, |holder| holder.shares));
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
