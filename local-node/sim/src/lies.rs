//! Candidates whose headers claim what is not so.

use std::collections::BTreeMap;

use local_node_consensus::header::has_certificate;
use local_node_consensus::signing::Signer;
use local_node_types::ledger::{Attestation, Block, ConsensusHeader, FailedIteration, Hash};

use crate::keys::version;
use crate::ledger::{Ledger, committees};

/// A false claim of a header. All else in it holds, and its generator has signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// The hash: the generator has signed another one than the header's.
    Hash,
    /// The root over the transactions.
    TransactionRoot,
    /// The root over the faults.
    FaultRoot,
    /// The state that the block leads to.
    StateRoot,
    /// The gas that the block may spend.
    Gas,
    /// The block before.
    Parent,
    /// The time: not after the block before.
    Early,
    /// The time: far ahead of all clocks.
    Future,
    /// The seed.
    Seed,
    /// The generator: another provisioner.
    Generator,
    /// The certificate of the block before.
    Certificate,
    /// The proof that the first iteration failed.
    Failure,
    /// A forged proof that the iteration after the block's own failed.
    LaterFailure,
}

/// A candidate that lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The false claim.
    pub lie: Lie,
    /// The iteration that it is for, as it says.
    pub about: ConsensusHeader,
}

/// Candidates that lie, by the hashes that they state.
pub type Lies = BTreeMap<Hash, Told>;

/// How a node shows that it refuses a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It rejects the message, and blames its sender.
    Rejects,
    /// It ignores the message: it may belong to another branch.
    Ignores,
    /// It votes that the candidate is invalid.
    VotesInvalid,
    /// It has the candidate and does not vote in validation: its own clock may be wrong.
    Abstains,
}

/// How far ahead a lie about the time is, in seconds: beyond all clocks of a run.
const AHEAD_SECONDS: u64 = 3600;

impl Lie {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Hash,
        Self::TransactionRoot,
        Self::FaultRoot,
        Self::StateRoot,
        Self::Gas,
        Self::Parent,
        Self::Early,
        Self::Future,
        Self::Seed,
        Self::Generator,
        Self::Certificate,
        Self::Failure,
        Self::LaterFailure,
    ];

    /// How an honest node refuses it.
    pub(crate) const fn refusal(self) -> Refusal {
        match self {
            Self::Hash | Self::TransactionRoot | Self::FaultRoot | Self::Generator => Refusal::Rejects,
            Self::Parent => Refusal::Ignores,
            Self::Future => Refusal::Abstains,
            Self::StateRoot
            | Self::Gas
            | Self::Early
            | Self::Seed
            | Self::Certificate
            | Self::Failure
            | Self::LaterFailure => Refusal::VotesInvalid,
        }
    }

    /// Makes an honest candidate lie; nothing where the lie cannot be told after the tip of this chain, or the
    /// generator's key is not held.
    pub(crate) fn tell(self, honest: &Block, ledger: &Ledger, signer: &dyn Signer) -> Option<Block> {
        let mut block = honest.clone();
        let (tip, generator) = (ledger.tip(), honest.header.generator);
        let before = &tip.block.header;
        let header = &mut block.header;
        if header.prev_block_hash != before.hash {
            return None;
        }
        match self {
            Self::Hash => {}
            Self::TransactionRoot => header.tx_root[3] ^= 1,
            Self::FaultRoot => header.fault_root[3] ^= 1,
            Self::StateRoot => header.state_root[3] ^= 1,
            Self::Gas => header.gas_limit += 1,
            Self::Parent => header.prev_block_hash[3] ^= 1,
            Self::Early => header.timestamp = before.timestamp,
            Self::Future => header.timestamp += AHEAD_SECONDS,
            Self::Seed => header.seed.0[3] ^= 1,
            Self::Generator => {
                header.generator = *tip.provisioners.iter().map(|(key, _)| key).find(|key| **key != generator)?;
            }
            // After genesis and an emergency block the field says nothing.
            Self::Certificate if has_certificate(before) => header.prev_block_cert.ratification.signature.0[3] ^= 1,
            Self::Certificate => return None,
            Self::Failure => {
                let generator = committees(tip, header.height).generator(0)?;
                let made_up = Some(FailedIteration { attestation: Attestation::default(), generator });
                let mut items = header.failed_iterations.items().to_vec();
                match items.first_mut() {
                    Some(first) => *first = made_up,
                    None => items.push(made_up),
                }
                header.failed_iterations = items.try_into().ok()?;
            }
            Self::LaterFailure => {
                let later = header.iteration.checked_add(1)?;
                let generator = committees(tip, header.height).generator(later)?;
                let mut items = header.failed_iterations.items().to_vec();
                items.resize(later.into(), None);
                items.push(Some(FailedIteration { attestation: Attestation::default(), generator }));
                // A header has room for the first iterations only.
                header.failed_iterations = items.try_into().ok()?;
            }
        }
        header.hash = header.compute_hash();
        if self == Self::Hash {
            header.hash[3] ^= 1;
        }
        header.signature = signer.sign(&generator, &header.hash, version(header.height))?;
        Some(block)
    }

    /// The lies that were told least often, so that an adversary comes to all of them.
    pub(crate) fn rarest(told: &Lies) -> Vec<Self> {
        let count = |lie: &Self| told.values().filter(|it| it.lie == *lie).count();
        let least = Self::ALL.iter().map(count).min().unwrap_or_default();
        Self::ALL.into_iter().filter(|lie| count(lie) == least).collect()
    }
}
