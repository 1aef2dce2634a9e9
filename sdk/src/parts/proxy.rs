//! Upgrades: a contract in front of another, which can be replaced by a third that takes over its state.
//!
//! The code of a contract never changes, and no contract can run another's code on its own state. So an upgradable
//! application is two contracts: the **front**, whose id callers know, and the **implementation** behind it, which holds
//! the state and obeys the front alone. An upgrade deploys a new implementation, moves the state from the old to the new one piece by
//! piece, and then turns the front to the new one.
//!
//! | contract | holds | does |
//! |---|---|---|
//! | front | [`Proxy`] | tells the implementation who calls: `self.proxy.implementation()?` gives its id |
//! | implementation | [`Behind`] | serves only the front: `self.front.require()?` |
//!
//! The two implementations move the state themselves, because only they know it:
//!
//! - the old one has the query `export_state(from: u64, at_most: u32) -> Piece`: some entries beginning at the place `from`, and the
//!   place where the next piece begins;
//! - the new one has the transaction `import_state(data: Vec<u8>)`, for the front alone.
//!
//! # Limits
//!
//! - A piece passes the argument buffer of 64 KiB twice, and exporting and importing it must fit into the gas of one transaction.
//! - Between [`Proxy::begin`] and the last piece the front refuses all calls, so that nothing changes behind the migration. An upgrade
//!   of a large state takes several transactions.
//! - What is put into the front itself never changes: its functions, and who may upgrade. Money is best kept by the front, because an
//!   old implementation's DUSK does not move by itself.
//! - Whoever may upgrade can replace everything. Say so to the users; a contract that waits for a height between the announcement and
//!   the upgrade gives them time to leave.

use alloc::vec::Vec;

use dusk_core::abi::ContractId;

use crate::client::{self, CallFailed};
use crate::env::{caller, emit};
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// Which contract is behind this one. At first none is: the front is deployed before the implementation, which needs its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    implementation: Option<ContractId>,
    migration: Option<Migration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Migration {
    to: ContractId,
    /// The place where the next piece begins.
    next: u64,
}

/// A part of the state on its way.
#[contract_type]
pub struct Piece {
    /// What the new implementation imports.
    pub data: Vec<u8>,
    /// The place where the next piece begins. `None`: this is the last one.
    pub next: Option<u64>,
}

/// An upgrade has begun: no calls until it has ended.
#[event]
pub struct UpgradeBegun {
    /// The old implementation.
    pub from: ContractId,
    /// The new one.
    pub to: ContractId,
}

/// An upgrade was given up. The old implementation goes on.
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

/// Why a proxy refuses.
#[error(first = 9030)]
pub enum Refused {
    /// The state is moving to another implementation. Try again later.
    Migrating,
    /// There is no implementation yet.
    NoImplementation,
    /// No upgrade has begun.
    NotMigrating,
    /// The old implementation did not give a piece of its state.
    ExportFailed,
    /// The new implementation did not take a piece of the state.
    ImportFailed,
    /// Only the front may call.
    NotFront,
}

impl Proxy {
    /// The implementation to call.
    ///
    /// # Errors
    /// [`Refused::Migrating`] during an upgrade, and [`Refused::NoImplementation`] before the first.
    pub fn implementation(&self) -> Result<ContractId, Refused> {
        ensure!(self.migration.is_none(), Refused::Migrating);
        self.implementation.ok_or(Refused::NoImplementation)
    }

    /// Whether the state is moving.
    #[must_use]
    pub fn is_migrating(&self) -> bool {
        self.migration.is_some()
    }

    /// Begins an upgrade to a freshly deployed implementation. The first one has no state to take over and is used at once. Check first
    /// who calls.
    ///
    /// # Errors
    /// [`Refused::Migrating`] when one has begun already.
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

    /// Moves one piece of the state, of at most so many entries, and ends the upgrade with the last one. Gives whether it has ended. Anybody
    /// may be allowed to call it.
    ///
    /// # Errors
    /// [`Refused::NotMigrating`], and the failures of both implementations. The piece can be moved again then, or a smaller one.
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

    /// Gives an upgrade up: the old implementation, which has not changed, goes on. The new one may have a part of the state; deploy
    /// another for the next upgrade. Check first who calls.
    ///
    /// # Errors
    /// [`Refused::NotMigrating`].
    pub fn cancel(&mut self) -> Result<(), Refused> {
        let Some(Migration { to, .. }) = self.migration.take() else { return Err(Refused::NotMigrating) };
        emit(UpgradeCancelled { to });
        Ok(())
    }
}

/// The front that an implementation obeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    front: ContractId,
}

impl Behind {
    /// The implementation stands behind this front.
    #[must_use]
    pub fn new(front: ContractId) -> Self {
        Self { front }
    }

    /// Goes on only if the front calls.
    ///
    /// # Errors
    /// [`Refused::NotFront`].
    pub fn require(&self) -> Result<(), Refused> {
        ensure!(caller() == Principal::Contract(self.front), Refused::NotFront);
        Ok(())
    }
}
