//! What a block does besides its transactions, and whom it pays.

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::Reward;
use local_node_consensus::Voter;
use local_node_consensus::rewards::{self, NoVoters};
use local_node_types::keys::{BlsKey, DUSK_KEY};

use super::foundation_key;

/// What a block does besides its transactions.
#[derive(Debug, Clone)]
pub struct BlockParams {
    /// The block's height.
    pub height: u64,
    /// Who is paid for making it; `None` where there are no rewards at all.
    pub payees: Option<Payees>,
    /// Who is slashed.
    pub slashed: Vec<PublicKey>,
    /// The most gas that the transactions may spend together.
    pub gas_limit: u64,
}

/// Who is paid for a block.
#[derive(Debug, Clone)]
pub struct Payees {
    /// Who made it.
    pub generator: (BlsKey, PublicKey),
    /// Who voted for its predecessor.
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
