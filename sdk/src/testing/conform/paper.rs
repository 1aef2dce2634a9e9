//! A token on paper, with faults to plant: each property is shown to fail.
#![cfg(test)]

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use super::super::failure::Failure;
use super::{Act, Holding, Outcome, Property, Report, Restricted, Violation, restricted};

/// A fault that a public implementation could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    SupplyForgetsRedemptions,
    CheckForgetsTheLimit,
    CheckHasAnotherReason,
    CheckForgetsTheFreeze,
    CheckForgetsThePart,
    CheckForgetsTheCap,
    ForceBreaksTheLimit,
    IssueBreaksTheLimit,
    IssueBreaksTheCap,
    ForceBreaksTheCap,
    TransferBreaksTheCap,
    PartIsSpendable,
    FrozenReceives,
    ForceUnfreezes,
    ForceUnlocks,
    ForceEndsThePart,
    RecoveryUnfreezes,
    RecoveryUnlocks,
    RecoveryLosesThePart,
    RecoveryLosesDividends,
    RecoveryLeavesDividends,
    RecoveryLosesTheLimit,
    RecoveryLeavesTheLimit,
    RecoveryLosesAllowances,
    RecoveryLeavesAllowances,
    RecoveryDoublesAllowances,
    OfficerIsSilent,
    DividendRoundsUp,
}

#[derive(Debug, Clone, Copy, Default)]
struct Account {
    shares: u64,
    limit: u64,
    frozen: bool,
    part: u64,
    locked: u64,
    claimable: u64,
}

#[derive(Debug)]
struct Paper {
    fault: Fault,
    accounts: RefCell<Vec<Account>>,
    /// Owner, spender, and how many shares.
    allowances: RefCell<Vec<(usize, usize, u64)>>,
    supply: RefCell<u64>,
    /// The caps of the supply and of the number of holders.
    caps: Cell<(Option<u64>, Option<u32>)>,
}

impl Paper {
    fn new(fault: Fault) -> Self {
        let account = |shares, limit| Account { shares, limit, ..Account::default() };
        let accounts = vec![account(100, 200), account(30, 60), account(0, 50), Account::default()];
        let (accounts, allowances) = (RefCell::new(accounts), RefCell::default());
        Self { fault, accounts, allowances, supply: RefCell::new(130), caps: Cell::default() }
    }

    fn free(account: &Account) -> u64 {
        account.shares.saturating_sub(account.locked.max(account.part))
    }

    fn judge(&self, act: Act, checking: bool) -> Result<(), String> {
        let accounts = self.accounts.borrow();
        let (from, to, amount) = match act {
            Act::Transfer { from, to, amount }
            | Act::Force { from, to, amount }
            | Act::Spend { from, to, amount, .. } => (Some(from), Some(to), amount),
            Act::Issue { to, amount } => (None, Some(to), amount),
            Act::Redeem { from, amount } => (Some(from), None, amount),
            _ => return Ok(()),
        };
        let refuse = |holds: bool, reason: &str| if holds { Ok(()) } else { Err(reason.to_string()) };
        refuse(amount > 0 && from != to, "amount")?;
        if let Act::Spend { by, from, amount, .. } = act {
            let allowances = self.allowances.borrow();
            let allowed =
                allowances.iter().any(|(owner, spender, left)| (*owner, *spender) == (from, by) && amount <= *left);
            refuse(allowed, "allowance")?;
        }
        if let Some(from) = from.map(|from| &accounts[from]) {
            let willing = matches!(act, Act::Transfer { .. } | Act::Spend { .. });
            let forgets = |fault: Fault| checking && self.fault == fault;
            refuse(!willing || !from.frozen || forgets(Fault::CheckForgetsTheFreeze), "frozen")?;
            let spendable = self.fault == Fault::PartIsSpendable || forgets(Fault::CheckForgetsThePart);
            let free = if spendable { from.shares } else { Self::free(from) };
            refuse(amount <= if willing { free } else { from.shares }, "insufficient")?;
        }
        if let Some(to) = to.map(|to| &accounts[to]) {
            refuse(self.fault == Fault::FrozenReceives || !to.frozen, "frozen")?;
            let broken = match act {
                Act::Force { .. } => self.fault == Fault::ForceBreaksTheLimit,
                Act::Issue { .. } => self.fault == Fault::IssueBreaksTheLimit,
                _ => checking && self.fault == Fault::CheckForgetsTheLimit,
            };
            let other = checking && self.fault == Fault::CheckHasAnotherReason;
            let reason = if other { "too much" } else { "limit" };
            refuse(broken || to.shares.saturating_add(amount) <= to.limit, reason)?;
            refuse(self.is_within_caps(act, from.map(|from| &accounts[from]), to, amount, checking), "cap")?;
        }
        Ok(())
    }

    fn is_within_caps(&self, act: Act, from: Option<&Account>, to: &Account, amount: u64, checking: bool) -> bool {
        let (supply, holders) = self.caps.get();
        let supplied = from.is_some() || supply.is_none_or(|most| self.supply.borrow().saturating_add(amount) <= most);
        let count = self.accounts.borrow().iter().filter(|account| account.shares > 0).count();
        let is_new = to.shares == 0 && from.is_none_or(|from| from.shares > amount);
        let held = !is_new || holders.is_none_or(|most| u32::try_from(count).expect("there are few") < most);
        let broken = match act {
            Act::Force { .. } => self.fault == Fault::ForceBreaksTheCap,
            Act::Issue { .. } => self.fault == Fault::IssueBreaksTheCap,
            Act::Transfer { .. } if checking => self.fault == Fault::CheckForgetsTheCap,
            _ => self.fault == Fault::TransferBreaksTheCap,
        };
        broken || (supplied && held)
    }

    fn apply(&self, act: Act) {
        let (mut accounts, mut supply) = (self.accounts.borrow_mut(), self.supply.borrow_mut());
        match act {
            Act::Transfer { from, to, amount } => {
                accounts[from].shares -= amount;
                accounts[to].shares += amount;
            }
            Act::Approve { owner, spender, amount } => self.allowances.borrow_mut().push((owner, spender, amount)),
            Act::Spend { by, from, to, amount } => {
                accounts[from].shares -= amount;
                accounts[to].shares += amount;
                let mut allowances = self.allowances.borrow_mut();
                let found = allowances.iter_mut().find(|(owner, spender, _)| (*owner, *spender) == (from, by));
                found.expect("it was judged").2 -= amount;
            }
            Act::Force { from, to, amount } => {
                let free = accounts[from].shares - accounts[from].locked;
                let taken = amount.saturating_sub(free);
                accounts[from].locked -= taken;
                accounts[to].locked += if self.fault == Fault::ForceUnlocks { 0 } else { taken };
                accounts[from].frozen &= self.fault != Fault::ForceUnfreezes;
                if self.fault == Fault::ForceEndsThePart {
                    accounts[from].part = 0;
                }
                accounts[from].shares -= amount;
                accounts[to].shares += amount;
            }
            Act::Issue { to, amount } => {
                accounts[to].shares += amount;
                *supply += amount;
            }
            Act::Redeem { from, amount } => {
                accounts[from].shares -= amount;
                *supply -= if self.fault == Fault::SupplyForgetsRedemptions { 0 } else { amount };
            }
            Act::Freeze { holder } => accounts[holder].frozen = true,
            Act::Unfreeze { holder } => accounts[holder].frozen = false,
            Act::FreezePart { holder, amount } => accounts[holder].part = amount,
            Act::Lock { holder, amount } => accounts[holder].locked += amount,
            Act::Recover { from, to } => {
                let mut moved = core::mem::take(&mut accounts[from]);
                match self.fault {
                    Fault::RecoveryUnfreezes => moved.frozen = false,
                    Fault::RecoveryUnlocks => moved.locked = 0,
                    Fault::RecoveryLosesThePart => moved.part = 0,
                    Fault::RecoveryLosesDividends => moved.claimable = 0,
                    Fault::RecoveryLeavesDividends => accounts[from].claimable = moved.claimable,
                    Fault::RecoveryLosesTheLimit => moved.limit = u64::MAX,
                    Fault::RecoveryLeavesTheLimit => accounts[from].limit = moved.limit,
                    _ => {}
                }
                accounts[to] = moved;
                for (_, spender, left) in self.allowances.borrow_mut().iter_mut().filter(|it| it.1 == from) {
                    match self.fault {
                        Fault::RecoveryLosesAllowances => *left = 0,
                        Fault::RecoveryLeavesAllowances => {}
                        Fault::RecoveryDoublesAllowances => (*spender, *left) = (to, 2 * *left),
                        _ => *spender = to,
                    }
                }
            }
            Act::Distribute { lux } => {
                let each = if self.fault == Fault::DividendRoundsUp { lux.div_ceil(*supply) } else { lux / *supply };
                for account in &mut *accounts {
                    account.claimable += account.shares * each;
                }
            }
            Act::CapSupply { most } => self.caps.set((most, self.caps.get().1)),
            Act::CapHolders { most } => self.caps.set((self.caps.get().0, most)),
        }
    }
}

impl Restricted for Paper {
    fn holders(&self) -> usize {
        self.accounts.borrow().len()
    }

    fn holding(&self, holder: usize) -> Result<Holding, Failure> {
        let account = self.accounts.borrow()[holder];
        let Account { shares, limit, frozen, claimable, .. } = account;
        Ok(Holding { shares, free: Self::free(&account), limit, frozen, claimable })
    }

    fn supply(&self) -> Result<u64, Failure> {
        Ok(*self.supply.borrow())
    }

    fn check(&self, from: usize, to: usize, amount: u64) -> Result<Option<Result<(), String>>, Failure> {
        Ok(Some(self.judge(Act::Transfer { from, to, amount }, true)))
    }

    fn act(&self, act: Act) -> Result<Outcome, Failure> {
        if let Err(reason) = self.judge(act, false) {
            return Ok(Outcome::Refused(reason));
        }
        self.apply(act);
        let silent = self.fault == Fault::OfficerIsSilent && matches!(act, Act::Force { .. });
        Ok(Outcome::Done(if silent { vec![] } else { vec!["Acted".into()] }))
    }
}

#[test]
fn a_token_without_faults_conforms() {
    let report = restricted(&Paper::new(Fault::None)).unwrap();
    assert_eq!(report.skipped(), []);
    assert_eq!(Report::default().skipped(), Property::ALL);
}

#[test]
fn each_property_fails_on_a_planted_fault() {
    let planted = [
        (Fault::SupplyForgetsRedemptions, Property::SupplyIsTheSum),
        (Fault::CheckForgetsTheLimit, Property::CheckAgrees),
        (Fault::CheckHasAnotherReason, Property::CheckAgrees),
        (Fault::CheckForgetsTheFreeze, Property::CheckAgrees),
        (Fault::CheckForgetsThePart, Property::CheckAgrees),
        (Fault::CheckForgetsTheCap, Property::CheckAgrees),
        (Fault::ForceBreaksTheLimit, Property::LimitHolds),
        (Fault::IssueBreaksTheLimit, Property::LimitHolds),
        (Fault::IssueBreaksTheCap, Property::CapHolds),
        (Fault::ForceBreaksTheCap, Property::CapHolds),
        (Fault::TransferBreaksTheCap, Property::CapHolds),
        (Fault::PartIsSpendable, Property::FrozenPartStays),
        (Fault::FrozenReceives, Property::FreezeHolds),
        (Fault::ForceUnfreezes, Property::ForceKeepsLocks),
        (Fault::ForceUnlocks, Property::ForceKeepsLocks),
        (Fault::ForceEndsThePart, Property::ForceKeepsLocks),
        (Fault::RecoveryUnfreezes, Property::RecoveryMovesAll),
        (Fault::RecoveryUnlocks, Property::RecoveryMovesAll),
        (Fault::RecoveryLosesThePart, Property::RecoveryMovesAll),
        (Fault::RecoveryLosesDividends, Property::RecoveryMovesAll),
        (Fault::RecoveryLeavesDividends, Property::RecoveryMovesAll),
        (Fault::RecoveryLosesTheLimit, Property::RecoveryMovesAll),
        (Fault::RecoveryLeavesTheLimit, Property::RecoveryMovesAll),
        (Fault::RecoveryLosesAllowances, Property::RecoveryMovesAllowances),
        (Fault::RecoveryLeavesAllowances, Property::RecoveryMovesAllowances),
        (Fault::RecoveryDoublesAllowances, Property::RecoveryMovesAllowances),
        (Fault::OfficerIsSilent, Property::OfficersAreSeen),
        (Fault::DividendRoundsUp, Property::DividendsMintNothing),
    ];
    for (fault, expected) in planted {
        match restricted(&Paper::new(fault)) {
            Err(Violation::Broken { property, .. }) => assert_eq!(property, expected, "{fault:?}"),
            other => panic!("{fault:?} gives {other:?}"),
        }
    }
    let shown: Vec<_> = planted.map(|(_, property)| property).into();
    assert!(Property::ALL.iter().all(|property| shown.contains(property)));
}
