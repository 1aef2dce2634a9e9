//! A node's data about itself, its transactions and its accounts.

use std::sync::Arc;

use local_node_core::mempool::Removal;
use local_node_types::keys::BlsKey;
use local_node_types::rules::Profile;

use crate::block::SpentTransaction;
use crate::config::BlockTime;
use crate::transaction::{Policy, ValidTransaction};

/// The description of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// The chain's id.
    pub chain_id: u8,
    /// The rules that it follows.
    pub rules: Profile,
    /// When blocks are made.
    pub block_time: BlockTime,
    /// Its rules for transactions.
    pub policy: Policy,
    /// The hash of block 0.
    pub genesis_hash: [u8; 32],
    /// The keys that it votes with.
    pub voters: Vec<BlsKey>,
}

/// Money and nonces of an account, the mempool included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountStatus {
    /// LUX after the last block.
    pub balance: u64,
    /// The nonce of its last transaction in a block.
    pub nonce: u64,
    /// The nonce that its next transaction should have, after those that wait.
    pub next_nonce: u64,
}

/// The prices of the waiting transactions, in LUX for each unit of gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GasPrices {
    /// The mean, rounded up.
    pub average: u64,
    /// The highest.
    pub max: u64,
    /// The one in the middle, or the mean of the two in the middle.
    pub median: u64,
    /// The lowest.
    pub min: u64,
}

/// Where a transaction is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TransactionStatus {
    /// In a block.
    Executed(Arc<SpentTransaction>),
    /// In the mempool.
    Waiting(ValidTransaction),
    /// Outside the mempool, until those that must come before it arrive.
    Deferred(ValidTransaction),
    /// It has left the mempool without a block. Only the last removals are known.
    Removed(Removal),
    /// Nowhere.
    Unknown,
}

/// A snapshot that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenSnapshot {
    /// Its number, by which to go back to it.
    pub snapshot: u64,
    /// The height of the chain.
    pub height: u64,
}

/// The result of a revert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reverted {
    /// The height of the chain now.
    pub height: u64,
    /// How many blocks were taken back.
    pub reverted: u64,
}

impl GasPrices {
    pub(super) fn of(mut prices: Vec<u64>) -> Self {
        prices.sort_unstable();
        let (Some(min), Some(max)) = (prices.first(), prices.last()) else {
            return Self { average: 1, max: 1, median: 1, min: 1 };
        };
        let (count, sum) = (prices.len() as u128, prices.iter().map(|price| u128::from(*price)).sum::<u128>());
        let average = u64::try_from(sum.div_ceil(count)).unwrap_or(u64::MAX);
        let (low, high) = (prices[(prices.len() - 1) / 2], prices[prices.len() / 2]);
        Self { average, max: *max, median: low.midpoint(high), min: *min }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_prices_are_summed_up() {
        assert_eq!(GasPrices::of(vec![]), GasPrices { average: 1, max: 1, median: 1, min: 1 });
        assert_eq!(GasPrices::of(vec![9, 1, 4]), GasPrices { average: 5, max: 9, median: 4, min: 1 });
        assert_eq!(GasPrices::of(vec![9, 1, 4, 5]), GasPrices { average: 5, max: 9, median: 4, min: 1 });
        assert_eq!(GasPrices::of(vec![u64::MAX, u64::MAX]).average, u64::MAX);
    }
}
