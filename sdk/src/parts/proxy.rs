//! Upgrades: a front whose implementation can be replaced by another one, which takes over the state.
//!
//! The code of a contract never changes, and no contract can run another's code on its own state. So an upgradable
//! application consists of two contracts: the **front**, whose id callers know, and the **implementation** behind it,
//! which holds the state and accepts calls only from the front. To upgrade, deploy a new implementation, move the state
//! from the old to the new one piece by piece, and then switch the front to the new one.
//!
//! | contract | stores | does |
//! |---|---|---|
//! | front | [`Proxy`] | passes the caller to the implementation; `self.proxy.implementation()?` is its id |
//! | implementation | [`Behind`] | accepts calls only from the front: `self.front.require()?` |
//!
//! The two implementations export and import the state themselves, because only they know its structure:
//!
//! - the old one has the query `export_state(from: u64, at_most: u32) -> Piece`: some entries starting at the position
//!   `from`, and the position where the next piece starts;
//! - the new one has the transaction `import_state(data: Vec<u8>)`, which only the front may call.
//!
//! # Limits
//!
//! - A piece passes through the argument buffer of 64 KiB twice, and its export and import must fit into the gas of one
//!   transaction.
//! - Between [`Proxy::begin`] and the last piece the front refuses all calls, so that the state does not change during
//!   the migration. An upgrade of a large state takes several transactions.
//! - The front itself never changes: its functions, and the rule for the right to upgrade. Let the front keep the
//!   money, because an upgrade does not move the DUSK of the old implementation.
//! - The account with the right to upgrade can replace everything. Tell the users. A contract that waits for some
//!   blocks between the announcement and the upgrade gives them time to leave.

use alloc::vec::Vec;

use crate::client::{self, CallFailed};
use crate::contract_id::ContractId;
use crate::env::{caller, emit};
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The part of the front that knows the implementation to call. Initially there is none: the front is deployed before
/// the implementation, which needs its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    implementation: Option<ContractId>,
    migration: Option<Migration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Migration {
    to: ContractId,
    /// The position where the next piece starts.
    next: u64,
}

/// A part of the state that an upgrade moves.
#[contract_type]
pub struct Piece {
    /// The data that the new implementation imports.
    pub data: Vec<u8>,
    /// The position where the next piece begins. `None`: this is the last one.
    pub next: Option<u64>,
}

/// An upgrade has begun: the front refuses calls until it ends.
#[event]
pub struct UpgradeBegun {
    /// The old implementation.
    pub from: ContractId,
    /// The new one.
    pub to: ContractId,
}

/// An upgrade was cancelled. The old implementation stays in use.
#[event]
pub struct UpgradeCancelled {
    /// The implementation that will not be used.
    pub to: ContractId,
}

/// The state has moved, and the new implementation is used from now on.
#[event]
pub struct Upgraded {
    /// The old implementation. `None`: this is the first.
    pub from: Option<ContractId>,
    /// The new one.
    pub to: ContractId,
}

/// The errors of a proxy.
#[error(first = 9030)]
pub enum Refused {
    /// The state is moving to another implementation. Try again later.
    Migrating,
    /// There is no implementation yet.
    NoImplementation,
    /// No upgrade has begun.
    NotMigrating,
    /// The old implementation did not export a piece of its state.
    ExportFailed,
    /// The new implementation did not import a piece of the state.
    ImportFailed,
    /// Only the front may call.
    NotFront,
}

impl Proxy {
    /// The implementation to call.
    ///
    /// # Errors
    /// [`Refused::Migrating`] during an upgrade, and [`Refused::NoImplementation`] before the first one.
    pub fn implementation(&self) -> Result<ContractId, Refused> {
        ensure!(self.migration.is_none(), Refused::Migrating);
        self.implementation.ok_or(Refused::NoImplementation)
    }

    /// Whether an upgrade is moving the state.
    #[must_use]
    pub fn is_migrating(&self) -> bool {
        self.migration.is_some()
    }

    /// Starts an upgrade to a newly deployed implementation. The first implementation has no state to take over and is
    /// used at once. Check the caller first.
    ///
    /// # Errors
    /// [`Refused::Migrating`] if an upgrade has started already.
    pub fn begin(&mut self, to: ContractId) -> Result<(), Refused> {
        ensure!(self.migration.is_none(), Refused::Migrating);
        let Some(from) = self.implementation else {
            self.turn_to(to);
            return Ok(());
        };
        self.migration = Some(Migration { to, next: 0 });
        emit(UpgradeBegun { from, to });
        Ok(())
    }

    fn turn_to(&mut self, to: ContractId) {
        let from = self.implementation.replace(to);
        self.migration = None;
        emit(Upgraded { from, to });
    }

    /// Moves one piece of the state, of at most `at_most` entries, and ends the upgrade with the last one. Returns
    /// whether the upgrade has ended. Any account may be allowed to call it.
    ///
    /// # Errors
    /// [`Refused::NotMigrating`], and the failures of both implementations. After a failure the piece can be moved
    /// again, or a smaller one.
    pub fn migrate(&mut self, at_most: u32) -> Result<bool, Refused> {
        let (Some(from), Some(migration)) = (self.implementation, &mut self.migration) else {
            return Err(Refused::NotMigrating);
        };
        let to = migration.to;
        let exported: Result<Piece, CallFailed> = client::call(from, "export_state", &(migration.next, at_most), 0);
        let Ok(Piece { data, next }) = exported else { return Err(Refused::ExportFailed) };
        if client::call::<_, ()>(to, "import_state", &(data,), 0).is_err() {
            return Err(Refused::ImportFailed);
        }
        match next {
            Some(next) => migration.next = next,
            None => self.turn_to(to),
        }
        Ok(next.is_none())
    }

    /// Cancels an upgrade: the front continues with the old implementation, which has not changed. The new one may have
    /// a part of the state; deploy another one for the next upgrade. Check the caller first.
    ///
    /// # Errors
    /// [`Refused::NotMigrating`].
    pub fn cancel(&mut self) -> Result<(), Refused> {
        let Some(Migration { to, .. }) = self.migration.take() else { return Err(Refused::NotMigrating) };
        emit(UpgradeCancelled { to });
        Ok(())
    }
}

/// The front of an implementation, the only contract that may call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    front: ContractId,
}

impl Behind {
    /// Sets the front of the implementation.
    #[must_use]
    pub fn new(front: ContractId) -> Self {
        Self { front }
    }

    /// Checks that the front calls.
    ///
    /// # Errors
    /// [`Refused::NotFront`].
    pub fn require(&self) -> Result<(), Refused> {
        ensure!(caller() == Principal::Contract(self.front), Refused::NotFront);
        Ok(())
    }
}
