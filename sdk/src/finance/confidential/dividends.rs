//! Dividends on hidden holdings, paid in the asset itself.
//!
//! An officer declares a dividend for a snapshot: a rate, and a last height for claims. The maximum cost, the pot,
//! becomes a part of the public supply at once. A [claim](super::statements::Claim) makes a note with the value of one
//! held note times the rate, rounded down. The parts are hidden, so the contract adds their ciphertexts. After the last
//! height the teller opens the sum, with a [proof](super::statements::Total), and the unclaimed rest leaves the supply.
//!
//! A function that also uses the pool or the snapshots returns the contract's own error type, which contains the errors
//! of all of them as `#[from]` variants.
//!
//! The payments cannot exceed the pot: the values of all notes of the snapshot are at most its supply, and each part is
//! rounded down.

use alloc::vec::Vec;

use super::cipher::{AuditCipher, AuditorKey, NoteCipher};
use super::pool::{self, Pool};
use super::snapshots::{self, Acts, Snapshots};
use super::statements::{ClaimNative, HeldNative, TotalNative};
use super::tallies::{Coordinates, Counted, Counter};
use crate::env::{block_height, emit};
use crate::field::Field;
use crate::finance::officer::Officer;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;
use crate::zk::binding;
use crate::zk::native::Point;

/// The dividends, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dividends {
    dividends: Vec<Running>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Running {
    dividend: Dividend,
    pot: u64,
    claims: u64,
    paid: Counter,
    closed: Option<u64>,
}

/// The terms of a dividend.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Dividend {
    /// The height of the snapshot. The notes at this height have parts.
    pub snapshot: u64,
    /// The numerator of the rate.
    pub numerator: u32,
    /// The denominator of the rate.
    pub denominator: u32,
    /// The last height for claims.
    pub ends: u64,
    /// The teller's key.
    pub key: Coordinates,
}

/// The public state of a dividend.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Payout {
    /// The dividend.
    pub dividend: Dividend,
    /// The maximum cost.
    pub pot: u64,
    /// The number of notes that have claimed.
    pub claims: u64,
    /// The encrypted sum of their parts.
    pub sum: Counted,
    /// The sum of all payments, once it is known.
    pub paid: Option<u64>,
}

/// A claim: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Claiming {
    /// The number of the dividend.
    pub dividend: u32,
    /// The nullifier of the held note for this dividend.
    pub act_nullifier: Field,
    /// The commitment to the new note.
    pub commitment: Field,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The ciphertext for the receiver.
    pub note: NoteCipher,
    /// The ciphertext that is added to the sum.
    pub part: Counted,
}

/// An officer declared a dividend.
#[event]
pub struct DividendDeclared {
    /// Its number.
    pub number: u32,
    /// The dividend.
    pub dividend: Dividend,
    /// The maximum cost, which is a part of the supply from now on.
    pub pot: u64,
    /// The officer.
    pub by: Principal,
}

/// A part of a dividend became a note.
#[event]
pub struct DividendClaimed {
    /// The number of the dividend.
    pub dividend: u32,
    /// The nullifier of the held note for this dividend.
    pub act_nullifier: Field,
    /// The position of the new note.
    pub note: u64,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The number of the auditor's key.
    pub auditor: u32,
}

/// A dividend was closed.
#[event]
pub struct DividendClosed {
    /// The number of the dividend.
    pub dividend: u32,
    /// The sum of all payments.
    pub paid: u64,
    /// The amount that has left the supply.
    pub returned: u64,
}

/// The errors of dividends.
#[error(first = 9380)]
pub enum Refused {
    /// There is no dividend of this number.
    UnknownDividend,
    /// The numerator or the denominator of the rate is zero.
    ZeroRate,
    /// At this rate even a note with the whole supply of the snapshot has a part of zero.
    NothingToPay,
    /// The last height for claims has passed already.
    ClaimsEndTooEarly,
    /// The teller's key is not a point of the subgroup, or is the neutral point.
    SumKeyInvalid,
    /// The last height for claims has passed.
    DividendEnded {
        /// The last height at which they were.
        ends: u64,
    },
    /// The last height for claims has not passed yet.
    DividendRuns {
        /// The last height at which they are.
        ends: u64,
    },
    /// The dividend was closed already.
    AlreadyClosed,
    /// The stated sum of payments exceeds the pot.
    MoreThanThePot {
        /// The pot.
        pot: u64,
    },
}

/// The act of claiming a dividend, for the nullifiers of acts. The asset stands for the contract and the chain.
#[must_use]
pub fn act(asset: Field, dividend: u32) -> Field {
    binding(&(*b"dividend", asset, dividend))
}

impl Dividend {
    /// The part of a value: the value times the rate, rounded down. `None` if it needs more than 64 bits.
    #[must_use]
    pub fn part(&self, value: u64) -> Option<u64> {
        let product = u128::from(value) * u128::from(self.numerator);
        u64::try_from(product.checked_div(self.denominator.into())?).ok()
    }

    /// The statement of the proof of a claim. `snapshot` is the dividend's, `asset` that of the pool, and `auditor` its
    /// auditor.
    #[must_use]
    pub fn statement(
        &self,
        asset: Field,
        auditor: AuditorKey,
        snapshot: &snapshots::Pinned,
        claim: &Claiming,
    ) -> ClaimNative {
        ClaimNative {
            held: HeldNative {
                asset,
                note_root: snapshot.note_root,
                nullifier_root: snapshot.nullifier_root,
                act: act(asset, claim.dividend),
                act_nullifier: claim.act_nullifier,
            },
            numerator: self.numerator,
            denominator: self.denominator,
            commitment: claim.commitment,
            auditor,
            cipher: claim.cipher,
            key: self.key,
            part: claim.part,
        }
    }
}

impl Claiming {
    /// The public input that binds the proof to the receiver's ciphertext, and to `with`, the contract's own data.
    #[must_use]
    pub fn bound(&self, with: Field) -> Field {
        binding(&(*b"claim", self.note, with))
    }
}

impl Payout {
    /// The statement of the proof of the sum.
    #[must_use]
    pub fn statement(&self, paid: u64) -> TotalNative {
        TotalNative { key: self.dividend.key, sum: self.sum, total: paid }
    }
}

impl Dividends {
    /// The number of dividends, which is the number of the next one.
    #[must_use]
    pub fn count(&self) -> u32 {
        // Every dividend takes more than a byte of a memory of 4 GiB.
        u32::try_from(self.dividends.len()).unwrap_or(u32::MAX)
    }

    /// The public state of a dividend.
    ///
    /// # Errors
    /// [`Refused::UnknownDividend`].
    pub fn payout(&self, number: u32) -> Result<Payout, Refused> {
        let Running { dividend, pot, claims, paid, closed } = self.running(number)?;
        Ok(Payout { dividend: *dividend, pot: *pot, claims: *claims, sum: paid.sum(), paid: *closed })
    }

    /// Declares a dividend, and returns its number. The pot becomes a part of the supply.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn declare<E>(
        &mut self,
        by: Officer,
        pool: &mut Pool,
        snapshots: &Snapshots,
        dividend: Dividend,
    ) -> Result<u32, E>
    where
        E: From<Refused> + From<pool::Refused> + From<snapshots::Refused>,
    {
        let (number, pot) = self.add::<E>(pool, snapshots, dividend, block_height())?;
        emit(DividendDeclared { number, dividend, pot, by: by.who() });
        Ok(number)
    }

    /// Makes a note of a part, and returns its position. Anybody may submit the proof.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn claim<E>(
        &mut self,
        pool: &mut Pool,
        snapshots: &Snapshots,
        acts: &mut Acts,
        claim: &Claiming,
        verify: impl FnOnce(ClaimNative) -> bool,
    ) -> Result<u64, E>
    where
        E: From<Refused> + From<pool::Refused> + From<snapshots::Refused>,
    {
        self.take::<E>(pool, snapshots, acts, claim, block_height(), verify)?;
        let note = pool.pay(claim.commitment, claim.note)?;
        let Claiming { dividend, act_nullifier, cipher, .. } = *claim;
        emit(DividendClaimed { dividend, act_nullifier, note, cipher, auditor: pool.auditor.number() });
        Ok(note)
    }

    /// Closes a dividend, and returns the amount that leaves the supply. Anybody may submit the teller's proof.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn close<E>(
        &mut self,
        pool: &mut Pool,
        number: u32,
        paid: u64,
        verify: impl FnOnce(TotalNative) -> bool,
    ) -> Result<u64, E>
    where
        E: From<Refused> + From<pool::Refused>,
    {
        let returned = self.end::<E>(pool, number, paid, block_height(), verify)?;
        emit(DividendClosed { dividend: number, paid, returned });
        Ok(returned)
    }

    fn add<E>(&mut self, pool: &mut Pool, snapshots: &Snapshots, dividend: Dividend, now: u64) -> Result<(u32, u64), E>
    where
        E: From<Refused> + From<pool::Refused> + From<snapshots::Refused>,
    {
        ensure!(dividend.numerator > 0 && dividend.denominator > 0, Refused::ZeroRate.into());
        ensure!(now <= dividend.ends, Refused::ClaimsEndTooEarly.into());
        let supply = snapshots.at(dividend.snapshot)?.supply;
        let pot = dividend.part(supply).ok_or(pool::Refused::SupplyOverflow)?;
        ensure!(pot > 0, Refused::NothingToPay.into());
        let key = dividend.key.point().map_err(|_| Refused::SumKeyInvalid)?;
        ensure!(key != Point::IDENTITY, Refused::SumKeyInvalid.into());
        pool.fund(pot)?;
        let number = self.count();
        self.dividends.push(Running { dividend, pot, claims: 0, paid: Counter::default(), closed: None });
        Ok((number, pot))
    }

    fn take<E>(
        &mut self,
        pool: &Pool,
        snapshots: &Snapshots,
        acts: &mut Acts,
        claim: &Claiming,
        now: u64,
        verify: impl FnOnce(ClaimNative) -> bool,
    ) -> Result<(), E>
    where
        E: From<Refused> + From<pool::Refused> + From<snapshots::Refused>,
    {
        let running = self.running_mut(claim.dividend)?;
        let dividend = running.dividend;
        ensure!(now <= dividend.ends, Refused::DividendEnded { ends: dividend.ends }.into());
        acts.require_new(claim.act_nullifier)?;
        pool.require_room(1)?;
        let snapshot = snapshots.at(dividend.snapshot)?;
        let statement = dividend.statement(pool.asset(), pool.auditor.key(), &snapshot, claim);
        ensure!(verify(statement), pool::Refused::ProofInvalid.into());
        acts.act(claim.act_nullifier)?;
        running.paid.add(&claim.part);
        running.claims += 1;
        Ok(())
    }

    fn end<E>(
        &mut self,
        pool: &mut Pool,
        number: u32,
        paid: u64,
        now: u64,
        verify: impl FnOnce(TotalNative) -> bool,
    ) -> Result<u64, E>
    where
        E: From<Refused> + From<pool::Refused>,
    {
        let payout = self.payout(number)?;
        let ends = payout.dividend.ends;
        ensure!(now > ends, Refused::DividendRuns { ends }.into());
        ensure!(payout.paid.is_none(), Refused::AlreadyClosed.into());
        ensure!(verify(payout.statement(paid)), pool::Refused::ProofInvalid.into());
        let returned = payout.pot.checked_sub(paid).ok_or(Refused::MoreThanThePot { pot: payout.pot })?;
        self.running_mut(number)?.closed = Some(paid);
        pool.take_back(returned)?;
        Ok(returned)
    }

    fn running(&self, number: u32) -> Result<&Running, Refused> {
        usize::try_from(number).ok().and_then(|at| self.dividends.get(at)).ok_or(Refused::UnknownDividend)
    }

    fn running_mut(&mut self, number: u32) -> Result<&mut Running, Refused> {
        usize::try_from(number).ok().and_then(|at| self.dividends.get_mut(at)).ok_or(Refused::UnknownDividend)
    }
}

#[cfg(test)]
mod tests {
    use super::super::notes::Notes;
    use super::super::nullifiers::Nullifiers;
    use super::super::tallies::TellerKey;
    use super::*;
    use crate::zk::native::{Logarithms, Scalar};

    /// The error of a contract.
    #[derive(Debug, PartialEq)]
    enum Any {
        Dividends(Refused),
        Pool(pool::Refused),
        Snapshots(snapshots::Refused),
    }

    impl From<Refused> for Any {
        fn from(refused: Refused) -> Self {
            Self::Dividends(refused)
        }
    }

    impl From<pool::Refused> for Any {
        fn from(refused: pool::Refused) -> Self {
            Self::Pool(refused)
        }
    }

    impl From<snapshots::Refused> for Any {
        fn from(refused: snapshots::Refused) -> Self {
            Self::Snapshots(refused)
        }
    }

    const SUPPLY: u64 = 100;

    fn teller() -> TellerKey {
        TellerKey::from_seed(&[4; 64], 0)
    }

    /// A twentieth and a bit: 7 for a hundred.
    fn dividend() -> Dividend {
        Dividend { snapshot: 7, numerator: 3, denominator: 40, ends: 20, key: teller().sum() }
    }

    fn pool() -> Pool {
        let mut pool = Pool::new(9.into(), AuditorKey::new(&(Point::GENERATOR * &5.into()))).unwrap();
        pool.fund(SUPPLY).unwrap();
        pool
    }

    fn snapshots(supply: u64) -> Snapshots {
        Snapshots::with(7, &Notes::with([1.into(), 2.into()]), &Nullifiers::default(), supply)
    }

    fn claiming(nullifier: u64, part: u64) -> Claiming {
        let cipher = AuditCipher { ephemeral: [3.into(), 4.into()], fields: [5.into(), 6.into()] };
        let note = NoteCipher { ephemeral: [1; 32], fields: [1.into(); 4] };
        let key = teller().sum().point().unwrap();
        let part = Counted::seal(&key, &Scalar::from(nullifier + 40), part);
        Claiming { dividend: 0, act_nullifier: nullifier.into(), commitment: 8.into(), cipher, note, part }
    }

    #[test]
    fn strange_dividends_are_not_declared() {
        let add = |dividend: Dividend, supply, now| {
            Dividends::default().add::<Any>(&mut pool(), &snapshots(supply), dividend, now).map(|(_, pot)| pot)
        };
        assert_eq!(add(dividend(), SUPPLY, 20), Ok(7));
        assert_eq!(add(dividend(), SUPPLY, 21), Err(Refused::ClaimsEndTooEarly.into()));
        assert_eq!(add(Dividend { numerator: 0, ..dividend() }, SUPPLY, 10), Err(Refused::ZeroRate.into()));
        assert_eq!(add(Dividend { denominator: 0, ..dividend() }, SUPPLY, 10), Err(Refused::ZeroRate.into()));
        assert_eq!(add(dividend(), 13, 10), Err(Refused::NothingToPay.into()));
        assert_eq!(add(dividend(), 14, 10), Ok(1));
        let unknown = snapshots::Refused::NothingPinned;
        assert_eq!(add(Dividend { snapshot: 8, ..dividend() }, SUPPLY, 10), Err(unknown.into()));
        let overflow = || Err(pool::Refused::SupplyOverflow.into());
        assert_eq!(add(Dividend { numerator: 41, ..dividend() }, u64::MAX, 10), overflow());
        assert_eq!(add(Dividend { numerator: 40, ..dividend() }, u64::MAX - SUPPLY + 1, 10), overflow());
        for key in [Coordinates::new(&Point::IDENTITY), Coordinates { u: 1.into(), v: 1.into() }] {
            assert_eq!(add(Dividend { key, ..dividend() }, SUPPLY, 10), Err(Refused::SumKeyInvalid.into()));
        }
    }

    #[test]
    fn parts_are_counted_and_the_rest_leaves_the_supply() {
        let (mut pool, snapshots, mut acts) = (pool(), snapshots(SUPPLY), Acts::default());
        let mut it = Dividends::default();
        assert_eq!(it.add::<Any>(&mut pool, &snapshots, dividend(), 10), Ok((0, 7)));
        assert_eq!(pool.total_supply(), SUPPLY + 7);
        let mut take = |claim: &Claiming, now, valid: bool| {
            it.take::<Any>(&pool, &snapshots, &mut acts, claim, now, |statement| {
                assert_eq!((statement.held.act, statement.part), (act(9.into(), 0), claim.part));
                assert_eq!((statement.numerator, statement.denominator), (3, 40));
                valid
            })
        };
        let invalid = || Err(pool::Refused::ProofInvalid.into());
        assert_eq!(take(&Claiming { dividend: 1, ..claiming(1, 3) }, 10, true), Err(Refused::UnknownDividend.into()));
        assert_eq!(take(&claiming(1, 3), 10, false), invalid());
        assert_eq!(take(&claiming(1, 3), 10, true), Ok(()));
        let twice = snapshots::Refused::AlreadyActed { nullifier: 1.into() };
        assert_eq!(take(&claiming(1, 2), 10, true), Err(twice.into()));
        assert_eq!(take(&claiming(2, 2), 20, true), Ok(()));
        assert_eq!(take(&claiming(3, 2), 21, true), Err(Refused::DividendEnded { ends: 20 }.into()));

        let payout = it.payout(0).unwrap();
        let paid = teller().total(&payout.sum, &Logarithms::up_to(payout.pot)).unwrap();
        assert_eq!((paid, payout.claims, payout.paid), (5, 2, None));
        let about = |statement: TotalNative| (statement.sum, statement.total) == (payout.sum, 5);
        assert_eq!(it.end::<Any>(&mut pool, 0, 5, 20, about), Err(Refused::DividendRuns { ends: 20 }.into()));
        assert_eq!(it.end::<Any>(&mut pool, 0, 5, 21, |_| false), Err(pool::Refused::ProofInvalid.into()));
        assert_eq!(it.end::<Any>(&mut pool, 0, 8, 21, |_| true), Err(Refused::MoreThanThePot { pot: 7 }.into()));
        assert_eq!(it.end::<Any>(&mut pool, 0, 5, 21, about), Ok(2));
        assert_eq!(pool.total_supply(), SUPPLY + 5);
        assert_eq!(it.end::<Any>(&mut pool, 0, 5, 22, |_| true), Err(Refused::AlreadyClosed.into()));
        assert_eq!(it.payout(0).unwrap().paid, Some(5));
    }

    /// Parts of parts are not more than the part of the whole.
    #[test]
    fn rounding_makes_nothing() {
        let it = dividend();
        for values in [[1, 99], [13, 87], [14, 86], [50, 50]] {
            let parts: u64 = values.iter().filter_map(|value| it.part(*value)).sum();
            assert!(parts <= 7, "{values:?} {parts}");
        }
        assert_eq!(it.part(u64::MAX), Some(1_383_505_805_528_216_371));
        assert_eq!(Dividend { numerator: 2, denominator: 1, ..it }.part(u64::MAX), None);
        assert_eq!(Dividend { denominator: 0, ..it }.part(1), None);
    }

    #[test]
    fn a_claim_is_bound_and_counts_for_one_dividend() {
        let claim = claiming(1, 3);
        let other = NoteCipher { ephemeral: [2; 32], ..claim.note };
        assert_ne!(claim.bound(0.into()), claim.bound(1.into()));
        assert_ne!(claim.bound(0.into()), Claiming { note: other, ..claim }.bound(0.into()));
        assert_ne!(act(9.into(), 0), act(9.into(), 1));
        assert_ne!(act(9.into(), 0), super::super::polls::act(9.into(), 0));
    }
}
