//! What the register tells of accounts and holders.

use dusk_sdk::finance::caps::{Country, Limits};
use dusk_sdk::finance::ledger::check_reason;
use dusk_sdk::finance::lots::Lot;
use dusk_sdk::finance::operators::Grant;
use dusk_sdk::finance::snapshots::Held;
use dusk_sdk::finance::{Kept, Ledger, Officer, Offices, interfaces, ledger};
use dusk_sdk::prelude::*;

use crate::eligibility::epoch;
use crate::rules::{Refused, Rules};

/// What the register can be asked for by `supports`.
pub const INTERFACES: [&str; 6] = [
    interfaces::TOKEN,
    interfaces::RESTRICTED,
    interfaces::OPERATORS,
    interfaces::DOCUMENTS,
    interfaces::DIVIDENDS,
    interfaces::SNAPSHOTS,
];

/// The register as a whole.
#[contract_type]
#[derive(Eq)]
pub struct Status {
    /// Who appoints officers and pays dividends.
    pub issuer: Principal,
    /// How many shares there are.
    pub supply: u64,
    /// Whether it is paused: holders move nothing and claim nothing. Officers go on.
    pub paused: bool,
    /// The block from which on holders may move their shares.
    pub locked_until: u64,
    /// The day of today.
    pub today: u32,
    /// The epoch now, for proofs.
    pub epoch: u64,
    /// How many holders there are.
    pub holders: u32,
    /// The caps.
    pub caps: Limits,
    /// The holders and the caps of countries.
    pub countries: Vec<Country>,
    /// All dividends ever paid in.
    pub distributed: Dusk,
    /// What waits for the next dividend: less than a LUX for each share.
    pub carried: Dusk,
}

/// What the register knows of an account.
#[contract_type]
#[derive(Default, Eq)]
pub struct Position {
    /// How many shares it holds.
    pub shares: u64,
    /// How many of them it may move, if it may send at all.
    pub free: u64,
    /// It may receive shares up to this number; the accounts of one holder up to this number together, unless the
    /// account is on the allow-list. Zero where it may not receive at all.
    pub limit: u64,
    /// Whether it is on the allow-list.
    pub listed: bool,
    /// The last day of its admission by a proof, if attester and policy stay. Nothing where no proof admits it.
    pub proven_until: Option<u32>,
    /// Whether it is barred: no proof admits it until an officer lifts the bar.
    pub barred: bool,
    /// Whether it is frozen.
    pub frozen: bool,
    /// How many of its shares are frozen.
    pub frozen_part: u64,
    /// The shares that are locked, and until when.
    pub lots: Vec<Lot>,
    /// Its operators and spenders.
    pub grants: Vec<Grant>,
    /// The country of its holder, where an officer has said it; zero elsewhere.
    pub country: u16,
    /// The tag of the holder, whom a proof or an officer has tied it to.
    pub tag: Option<Field>,
    /// Dividends that it may claim.
    pub claimable: Dusk,
    /// The account that has taken its place, because its key was lost.
    pub successor: Option<Principal>,
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
    /// Its country, where an officer has said it; zero elsewhere.
    pub country: u16,
}

pub(crate) fn status(ledger: &Ledger<Rules>, issuer: Principal) -> Status {
    let Rules { pausing, lots, admissions, caps, dividends, .. } = &ledger.rules;
    Status {
        issuer,
        supply: ledger.supply(),
        paused: pausing.is_paused(),
        locked_until: lots.until(),
        today: admissions.calendar.today(block_height()),
        epoch: epoch(),
        holders: caps.holders(),
        caps: caps.limits(),
        countries: caps.countries().to_vec(),
        distributed: dividends.distributed(),
        carried: dividends.carried(),
    }
}

/// Gives what an account has earned to an account that may receive shares.
pub(crate) fn move_dividends(
    ledger: &mut Ledger<Rules>,
    by: Officer,
    from: Principal,
    to: Principal,
    reason: String,
) -> Result<(), Refused> {
    check_reason(&reason)?;
    ensure!(from != to, ledger::Refused::SameAccount.into());
    ledger.can_receive(to)?;
    let own = ledger.edit(from)?;
    let lux = own.rules.dividends.seize(&mut own.account.dividends, own.shares)?;
    ledger.edit(to)?.account.dividends.give(by, from, to, lux, reason);
    Ok(())
}

/// Pays a holder all that it has earned.
pub(crate) fn claim(ledger: &mut Ledger<Rules>, holder: Principal) -> Result<Dusk, Refused> {
    let own = ledger.edit(holder)?;
    own.rules.pausing.require_running()?;
    let kept = Kept { account: &own.account.admissions, holder: &own.holder.admissions };
    own.rules.admissions.require_claiming(kept, block_height())?;
    own.holder.freezes.require_claiming()?;
    Ok(own.rules.dividends.claim(holder, &mut own.account.dividends, own.shares)?)
}

/// Gives everything of an account with a lost key to a new one, its offices too.
pub(crate) fn recover(
    ledger: &mut Ledger<Rules>,
    offices: &mut Offices,
    lost: Principal,
    to: Principal,
    reason: String,
) -> Result<(), Refused> {
    let by = offices.officer()?;
    // The ledger does not know an account that has only an office.
    if offices.has_office(lost) {
        ledger.edit(lost)?;
    }
    ledger.recover(by, lost, to, reason)?;
    Ok(offices.recover(by, lost, to)?)
}

/// What an owner lets a spender move now.
pub(crate) fn allowance(
    ledger: &Ledger<Rules>,
    owner: Principal,
    spender: Principal,
) -> Result<u64, Refused> {
    let (spender, height) = (ledger.spender(spender)?, block_height());
    let allowed = ledger.with(owner, |_, _, kept| kept.account.operators.allowance(&spender, height));
    Ok(allowed.unwrap_or(u64::MAX))
}

/// Feeds what everybody held at a snapshot; nothing where there was none.
pub(crate) fn feed_holders(ledger: &Ledger<Rules>, height: u64, after: Option<Principal>) {
    let Ok(number) = ledger.rules.snapshots.number(height) else { return };
    for (who, shares, kept) in ledger.accounts(after) {
        let shares = kept.snapshots.at(number, shares);
        if shares > 0 {
            feed(&Held { who, shares });
        }
    }
}

pub(crate) fn position(ledger: &Ledger<Rules>, of: Principal) -> Position {
    let height = block_height();
    ledger.with(of, |rules, shares, kept| {
        let (own, holder) = (kept.account, kept.holder);
        let proven =
            rules.admissions.proven(Kept { account: &own.admissions, holder: &holder.admissions }, height);
        let (locked, frozen_part) = (own.lots.shares(height), own.freezes.shares());
        Position {
            shares,
            free: shares.saturating_sub(locked.max(frozen_part)),
            limit: own.limits.0.or(proven.map(|_| rules.limits.person)).unwrap_or_default(),
            listed: own.admissions.is_listed(),
            proven_until: proven.map(|admission| admission.until),
            barred: holder.admissions.is_barred(),
            frozen: holder.freezes.is_frozen(),
            frozen_part,
            lots: own.lots.lots(height).collect(),
            grants: own.operators.list().iter().map(|grant| present(ledger, *grant)).collect(),
            country: holder.caps.country(),
            tag: ledger.person_of(of),
            claimable: rules.dividends.claimable(&own.dividends, shares),
            successor: ledger.successor(of),
        }
    })
}

/// A grant with the account that has the place of its spender now.
fn present(ledger: &Ledger<Rules>, grant: Grant) -> Grant {
    Grant { spender: ledger.present(grant.spender), ..grant }
}

pub(crate) fn holding(ledger: &Ledger<Rules>, tag: Field) -> Holding {
    ledger.person(tag).map_or_else(Holding::default, |holder| Holding {
        shares: ledger.held_by(tag),
        barred: holder.admissions.is_barred(),
        frozen: holder.freezes.is_frozen(),
        country: holder.caps.country(),
    })
}
