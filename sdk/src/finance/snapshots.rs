//! Snapshots of the holdings at a height.
//!
//! An officer takes a snapshot at the moment of the call, without a walk over the accounts: an account stores its
//! holding before the first change after a snapshot. So it has at most one entry for each snapshot, and outsiders
//! cannot lengthen its list. A recovery moves the entries with the account.

use alloc::vec::Vec;

use super::officer::Officer;
use super::rule::{Changed, Move, Rule, Tied};
use crate::env::{block_height, emit};
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The rule that keeps the heights of snapshots.
#[derive(Debug, Clone, Default)]
pub struct Snapshots {
    taken: Vec<Taken>,
}

/// A snapshot.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Taken {
    /// The height of its block.
    pub height: u64,
    /// All shares.
    pub supply: u64,
}

/// The holding of an account at snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The number of the last snapshot with this holding, and the holding, ordered.
    entries: Vec<(u32, u64)>,
}

/// The shares of an account at a snapshot: the item of a feeder.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Held {
    /// The account.
    pub who: Principal,
    /// The number of shares.
    pub shares: u64,
}

/// An officer took a snapshot.
#[event]
pub struct SnapshotTaken {
    /// The height of its block.
    pub height: u64,
    /// All shares.
    pub supply: u64,
    /// The officer.
    pub by: Principal,
}

/// The errors of snapshots.
#[error(first = 9200)]
pub enum Refused {
    /// No snapshot was taken at this height.
    NoSnapshot,
    /// A snapshot of this height was taken already.
    AlreadyTaken,
}

impl Snapshots {
    /// All snapshots, in order.
    #[must_use]
    pub fn list(&self) -> &[Taken] {
        &self.taken
    }

    /// Takes a snapshot now, and returns its height.
    ///
    /// # Errors
    /// [`Refused::AlreadyTaken`].
    pub fn take(&mut self, by: Officer, supply: u64) -> Result<u64, Refused> {
        let height = block_height();
        self.push(Taken { height, supply })?;
        emit(SnapshotTaken { height, supply, by: by.who() });
        Ok(height)
    }

    /// The number of the snapshot at a height, for [`History::at`].
    ///
    /// # Errors
    /// [`Refused::NoSnapshot`].
    pub fn number(&self, height: u64) -> Result<u32, Refused> {
        let found = self.taken.binary_search_by_key(&height, |taken| taken.height);
        found.ok().and_then(|at| u32::try_from(at).ok()).ok_or(Refused::NoSnapshot)
    }

    fn push(&mut self, taken: Taken) -> Result<(), Refused> {
        let last = self.taken.last().map(|last| last.height);
        ensure!(last.is_none_or(|last| last < taken.height), Refused::AlreadyTaken);
        self.taken.push(taken);
        Ok(())
    }

    fn note(&self, history: &mut History, shares: u64) {
        let Some(last) = self.taken.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()) else { return };
        if history.entries.last().is_none_or(|(number, _)| *number < last) {
            history.entries.push((last, shares));
        }
    }
}

impl History {
    /// The shares that an account held at a snapshot, if it holds this number of shares now.
    #[must_use]
    pub fn at(&self, number: u32, shares: u64) -> u64 {
        let at = self.entries.partition_point(|(last, _)| *last < number);
        self.entries.get(at).map_or(shares, |(_, held)| *held)
    }
}

impl Rule for Snapshots {
    type Refusal = super::ledger::Refused;
    type Account = History;
    type Holder = ();

    fn sent(&mut self, order: &Move, from: Changed<'_, Self>) {
        self.note(from.account, order.from.map_or(0, |side| side.shares));
    }

    fn received(&mut self, order: &Move, to: Changed<'_, Self>) {
        self.note(to.account, order.to.map_or(0, |side| side.shares));
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holding_is_noted_once_for_each_snapshot() {
        let (mut snapshots, mut history) = (Snapshots::default(), History::default());
        snapshots.note(&mut history, 1);
        assert_eq!(history.entries.len(), 0, "before the first snapshot there is nothing to note");
        let take = |snapshots: &mut Snapshots, height| snapshots.push(Taken { height, supply: 0 });
        take(&mut snapshots, 5).unwrap();
        snapshots.note(&mut history, 10);
        snapshots.note(&mut history, 20);
        take(&mut snapshots, 6).unwrap();
        take(&mut snapshots, 9).unwrap();
        snapshots.note(&mut history, 30);
        take(&mut snapshots, 12).unwrap();
        let at = |height| history.at(snapshots.number(height).unwrap(), 40);
        assert_eq!([at(5), at(6), at(9), at(12)], [10, 30, 30, 40]);
        assert_eq!(history.entries.len(), 2);
        assert_eq!(snapshots.number(7), Err(Refused::NoSnapshot));
        assert_eq!(take(&mut snapshots, 12), Err(Refused::AlreadyTaken));
    }
}
