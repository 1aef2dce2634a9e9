//! The provisioners, who may propose and vote.

use std::collections::BTreeMap;
use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Seed;

use crate::drawn::{Drawn, RoundDrawn};
use crate::parameters::MIN_STAKE;
use crate::signing::{SignatureVerifier, Signatures};

/// A provisioner's stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stake {
    /// Its weight in LUX, without the locked part.
    pub value: u64,
    /// The first round in which it counts.
    pub eligible_since: u64,
}

impl Stake {
    /// Whether the stake counts in `round`: mature, and at least 1000 DUSK.
    #[must_use]
    pub const fn is_eligible(&self, round: u64) -> bool {
        self.eligible_since <= round && self.value >= MIN_STAKE
    }
}

/// A provisioner: its key as a point, and its stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioner {
    /// The key.
    pub point: PublicKey,
    /// The stake.
    pub stake: Stake,
}

/// The provisioners after a block, in the order of their keys.
#[derive(Debug, Clone)]
pub struct Provisioners {
    members: BTreeMap<BlsKey, Provisioner>,
    /// Checks their signatures. Clones, and those after the next block, share it.
    signatures: Arc<dyn Signatures>,
    /// The committees that were drawn from them last. Clones share it.
    drawn: Arc<Drawn>,
}

impl Default for Provisioners {
    fn default() -> Self {
        let signatures = Arc::new(SignatureVerifier::default());
        Self { members: BTreeMap::new(), signatures, drawn: Arc::default() }
    }
}

impl PartialEq for Provisioners {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl Eq for Provisioners {}

impl Provisioners {
    /// No provisioners.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same provisioners, who share with others what was computed to check signatures.
    #[must_use]
    pub fn sharing(mut self, others: &Self) -> Self {
        self.signatures = Arc::clone(&others.signatures);
        self
    }

    /// The same provisioners, whose signatures are checked by `signatures`.
    #[must_use]
    pub fn checked_by(mut self, signatures: Arc<dyn Signatures>) -> Self {
        self.signatures = signatures;
        self
    }

    /// Checks their signatures.
    #[must_use]
    pub fn signatures(&self) -> &Arc<dyn Signatures> {
        &self.signatures
    }

    /// Sets the stake of a provisioner.
    pub fn insert(&mut self, key: PublicKey, stake: Stake) {
        self.members.insert(BlsKey::from(&key), Provisioner { point: key, stake });
        self.drawn = Arc::default();
    }

    /// Removes a provisioner.
    pub fn remove(&mut self, key: &BlsKey) {
        self.members.remove(key);
        self.drawn = Arc::default();
    }

    /// The committees drawn from them for a round on a tip with this seed.
    pub(crate) fn drawn(&self, seed: Seed, round: u64) -> Arc<RoundDrawn> {
        self.drawn.round(seed, round)
    }

    /// Undoes the changes of the last block, as the stake contract's feeder `prev_state_changes` reports them: for each
    /// changed provisioner the stake it had before, or none.
    #[must_use]
    pub fn before(&self, changes: impl IntoIterator<Item = (PublicKey, Option<Stake>)>) -> Self {
        let mut before = self.clone();
        for (key, stake) in changes {
            match stake {
                Some(stake) => before.insert(key, stake),
                None => before.remove(&BlsKey::from(&key)),
            }
        }
        before
    }

    /// The provisioner with this key.
    #[must_use]
    pub fn get(&self, key: &BlsKey) -> Option<&Provisioner> {
        self.members.get(key)
    }

    /// All provisioners, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&BlsKey, &Provisioner)> {
        self.members.iter()
    }

    /// Those whose stake counts in `round`, in the order of their keys.
    pub fn eligible(&self, round: u64) -> impl Iterator<Item = (&BlsKey, &Provisioner)> {
        self.members.iter().filter(move |(_, provisioner)| provisioner.stake.is_eligible(round))
    }
}

impl FromIterator<(PublicKey, Stake)> for Provisioners {
    fn from_iter<I: IntoIterator<Item = (PublicKey, Stake)>>(stakes: I) -> Self {
        let mut provisioners = Self::new();
        for (key, stake) in stakes {
            provisioners.insert(key, stake);
        }
        provisioners
    }
}
