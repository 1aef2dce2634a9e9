//! The parameters of a block's execution besides its transactions, and its rewards.

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::Reward;
use local_node_consensus::Voter;
use local_node_consensus::rewards::{self, NoVoters};
use local_node_types::keys::{BlsKey, DUSK_KEY};

use super::foundation_key;

/// The parameters of a block's execution besides its transactions.
#[derive(Debug, Clone)]
pub struct BlockParams {
    /// The block's height.
    pub height: u64,
    /// The receivers of its rewards; `None` if there are no rewards.
    pub payees: Option<Payees>,
    /// The slashed provisioners.
    pub slashed: Vec<PublicKey>,
    /// The most gas that the transactions may spend together.
    pub gas_limit: u64,
}

/// The receivers of a block's rewards.
#[derive(Debug, Clone)]
pub struct Payees {
    /// Its generator.
    pub generator: (BlsKey, PublicKey),
    /// The voters for its predecessor.
    pub voters: Vec<(Voter, PublicKey)>,
    /// Whether the block carries a certificate of its predecessor. It does not after genesis and an emergency block.
    pub is_certified: bool,
}

impl Payees {
    /// The rewards of the block at a height with these fees, as the stake contract takes them.
    pub(super) fn rewards(&self, height: u64, fees: u64) -> Result<Vec<Reward>, NoVoters> {
        let voters: Vec<Voter> = self.voters.iter().map(|(voter, _)| *voter).collect();
        let shares = rewards::rewards(height, fees, self.generator.0, DUSK_KEY, &voters, self.is_certified)?;
        let point = |key: &BlsKey| {
            let voter = || self.voters.iter().find(|(voter, _)| voter.key == *key).map(|(_, point)| *point);
            if *key == self.generator.0 { Some(self.generator.1) } else { voter() }
        };
        let reward = |share: rewards::Reward| Reward {
            account: point(&share.account).unwrap_or(*foundation_key()),
            value: share.value,
            reason: share.reason,
        };
        Ok(shares.into_iter().map(reward).collect())
    }
}
