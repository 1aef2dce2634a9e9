//! The second implementation: it also knows who leads.
#![no_std]

use dusk_sdk::parts::proxy;
use dusk_sdk::prelude::*;

/// Points of accounts, kept for a front, with a leader.
#[contract]
pub mod points_v2 {
    use super::*;
    use dusk_sdk::parts::proxy::Behind;
    use dusk_sdk::wire::Wire;

    /// The state.
    pub struct PointsV2 {
        front: Behind,
        points: BTreeMap<Account, u64>,
        leader: Option<Account>,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// Only the front may call.
        #[from]
        Proxy(proxy::Refused),
        /// What should be imported is no piece of a state.
        NotAPiece,
    }

    impl PointsV2 {
        /// Stands behind this front.
        pub fn init(front: ContractId) -> Self {
            Self { front: Behind::new(front), points: BTreeMap::new(), leader: None }
        }

        /// Adds to an account's points.
        pub fn collect(&mut self, account: Account, amount: u64) -> Result<u64, Refused> {
            self.front.require()?;
            Ok(self.add(account, amount))
        }

        /// How many points an account has.
        pub fn points_of(&self, account: Account) -> u64 {
            self.points.get(&account).copied().unwrap_or_default()
        }

        /// Who has the most points. New in this version.
        pub fn leader(&self) -> Option<Account> {
            self.leader
        }

        /// Takes over a piece of the state of the version before.
        pub fn import_state(&mut self, data: Vec<u8>) -> Result<(), Refused> {
            self.front.require()?;
            let entries = Vec::<(Account, u64)>::decode(&data).map_err(|_| Refused::NotAPiece)?;
            for (account, points) in entries {
                self.add(account, points);
            }
            Ok(())
        }

        fn add(&mut self, account: Account, amount: u64) -> u64 {
            let points = self.points.entry(account).or_default();
            *points += amount;
            let points = *points;
            if self.leader.is_none_or(|leader| points > self.points_of(leader)) {
                self.leader = Some(account);
            }
            points
        }
    }
}
