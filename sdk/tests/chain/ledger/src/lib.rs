//! The ledger behind the front: balances, which move from one version to the next.
#![no_std]

use dusk_sdk::parts::proxy::{self, Behind, Piece};
use dusk_sdk::prelude::*;

/// Balances, kept for the front.
#[contract]
pub mod ledger {
    use super::*;

    /// The most entries in a piece: they must fit into the argument buffer.
    const MOST_IN_A_PIECE: u32 = 200;

    /// The state.
    pub struct Ledger {
        front: Behind,
        version: u32,
        balances: BTreeMap<Principal, u64>,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// The piece is not one of balances.
        Malformed,
        #[from]
        Proxy(proxy::Refused),
    }

    impl Ledger {
        /// Stands behind this front.
        pub fn init(front: ContractId, version: u32) -> Self {
            Self { front: Behind::new(front), version, balances: BTreeMap::new() }
        }

        /// Which version this is.
        pub fn version(&self) -> u32 {
            self.version
        }

        /// The balance of somebody.
        pub fn balance_of(&self, who: Principal) -> u64 {
            self.balances.get(&who).copied().unwrap_or_default()
        }

        /// Gives somebody more.
        pub fn credit(&mut self, to: Principal, amount: u64) -> Result<u64, Refused> {
            self.front.require()?;
            let balance = self.balances.entry(to).or_default();
            *balance += amount;
            Ok(*balance)
        }

        /// Some entries, by their number in order.
        pub fn export_state(&self, from: u64, at_most: u32) -> Piece {
            let at_most = at_most.clamp(1, MOST_IN_A_PIECE);
            let end = from + u64::from(at_most);
            let entries = (0u64..).zip(&self.balances).filter(|(place, _)| (from..end).contains(place));
            let entries: Vec<(Principal, u64)> = entries.map(|(_, (who, balance))| (*who, *balance)).collect();
            let next = (end < self.balances.len() as u64).then_some(end);
            Piece { data: dusk_sdk::wire::Wire::encode(&entries).unwrap_or_default(), next }
        }

        /// Takes entries of the version before.
        pub fn import_state(&mut self, data: Vec<u8>) -> Result<(), Refused> {
            self.front.require()?;
            let entries = <Vec<(Principal, u64)> as dusk_sdk::wire::Wire>::decode(&data).map_err(|_| Refused::Malformed)?;
            self.balances.extend(entries);
            Ok(())
        }
    }
}
