//! The first implementation.
#![no_std]

use dusk_sdk::parts::proxy::{self, Piece};
use dusk_sdk::prelude::*;

/// Points of accounts, kept for a front.
#[contract]
pub mod points {
    use super::*;
    use dusk_sdk::parts::proxy::Behind;

    /// The state.
    pub struct Points {
        front: Behind,
        points: BTreeMap<Account, u64>,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// Only the front may call.
        #[from]
        Proxy(proxy::Refused),
    }

    impl Points {
        /// Stands behind this front.
        pub fn init(front: ContractId) -> Self {
            Self { front: Behind::new(front), points: BTreeMap::new() }
        }

        /// Adds to an account's points.
        pub fn collect(&mut self, account: Account, amount: u64) -> Result<u64, Refused> {
            self.front.require()?;
            let points = self.points.entry(account).or_default();
            *points += amount;
            Ok(*points)
        }

        /// How many points an account has.
        pub fn points_of(&self, account: Account) -> u64 {
            self.points.get(&account).copied().unwrap_or_default()
        }

        /// A piece of the state, for the implementation that comes after.
        pub fn export_state(&self, from: u64, at_most: u32) -> Piece {
            export(&self.points, from, at_most)
        }
    }
}

/// At most so many entries from the place `from` on. All versions keep the same form on the way.
pub fn export(points: &BTreeMap<Account, u64>, from: u64, at_most: u32) -> Piece {
    use dusk_sdk::wire::Wire;

    let start = usize::try_from(from).unwrap_or(usize::MAX);
    let entries: Vec<(Account, u64)> = points
        .iter()
        .skip(start)
        .take(at_most as usize)
        .map(|(account, amount)| (*account, *amount))
        .collect();
    let end = from.saturating_add(entries.len() as u64);
    let data =
        entries.encode().unwrap_or_else(|_| panic!("a piece is too large: move fewer entries at once"));
    Piece { data, next: (end < points.len() as u64).then_some(end) }
}
