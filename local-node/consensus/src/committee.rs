//! Committees, and the committees of a whole round.

use std::collections::BTreeMap;
use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Seed, StepName, Vote};

use crate::drawn::RoundDrawn;
use crate::interface::Voter;
use crate::parameters::{MAJORITY, MAX_ITERATIONS, PROPOSAL_CREDITS, SUPERMAJORITY, VOTING_CREDITS};
use crate::provisioners::Provisioners;
use crate::sortition::Draw;

/// A member of a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its key.
    pub key: BlsKey,
    /// The key as a point.
    pub point: PublicKey,
    /// How many credits it was drawn for.
    pub credits: u32,
}

/// The members drawn for a step, in the order of their keys. At most 64, so that a set of them fits in a `u64`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committee {
    members: Vec<Member>,
    planted_quorum: Option<u32>,
}

impl Committee {
    /// Draws a committee.
    #[must_use]
    pub fn draw(provisioners: &Provisioners, draw: &Draw<'_>) -> Self {
        let mut credits = BTreeMap::<BlsKey, u32>::new();
        for key in draw.extract(provisioners) {
            *credits.entry(key).or_default() += 1;
        }
        let member = |(key, credits)| provisioners.get(&key).map(|found| Member { key, point: found.point, credits });
        Self { members: credits.into_iter().filter_map(member).collect(), planted_quorum: None }
    }

    /// The members, in the order of their keys.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The place of a provisioner among the members.
    #[must_use]
    pub fn place(&self, key: &BlsKey) -> Option<usize> {
        self.members.binary_search_by(|member| member.key.cmp(key)).ok()
    }

    /// The members that a bitset names. Bits beyond the last member name nobody.
    pub fn named(&self, bitset: u64) -> impl Iterator<Item = &Member> {
        self.members.iter().enumerate().filter(move |(place, _)| bitset >> place & 1 == 1).map(|(_, member)| member)
    }

    /// The credits of the members that a bitset names.
    #[must_use]
    pub fn credits(&self, bitset: u64) -> u32 {
        self.named(bitset).map(|member| member.credits).sum()
    }

    /// The credits that a vote needs to become this committee's result.
    #[must_use]
    pub const fn quorum(&self, vote: &Vote) -> u32 {
        match self.planted_quorum {
            Some(planted) if vote.is_valid() => planted,
            _ => quorum(vote),
        }
    }

    /// The members that a bitset names, with their credits.
    #[must_use]
    pub fn voters(&self, bitset: u64) -> Vec<Voter> {
        self.named(bitset).map(|member| Voter { key: member.key, credits: member.credits }).collect()
    }
}

/// The credits that a vote needs to become a step's result.
///
/// They are taken from the nominal size of a committee, also where fewer credits could be drawn.
#[must_use]
pub const fn quorum(vote: &Vote) -> u32 {
    if vote.is_valid() { SUPERMAJORITY } else { MAJORITY }
}

/// The committees of a round, drawn when they are first asked for. All who ask for those of the same provisioners share
/// them.
#[derive(Debug, Clone)]
pub struct Committees {
    provisioners: Arc<Provisioners>,
    seed: Seed,
    round: u64,
    drawn: Arc<RoundDrawn>,
    planted_quorum: Option<u32>,
}

impl Committees {
    /// The committees of `round`, drawn from `provisioners` by the seed of the block before.
    #[must_use]
    pub fn new(provisioners: Arc<Provisioners>, seed: Seed, round: u64) -> Self {
        let drawn = provisioners.drawn(seed, round);
        Self { provisioners, seed, round, drawn, planted_quorum: None }
    }

    /// The same committees with a quorum that tests plant.
    pub(crate) fn with_planted(mut self, quorum: Option<u32>) -> Self {
        if quorum.is_some() {
            // Nobody else may get a committee with such a quorum.
            self.drawn = Arc::default();
        }
        self.planted_quorum = quorum;
        self
    }

    /// The round.
    #[must_use]
    pub const fn round(&self) -> u64 {
        self.round
    }

    /// The provisioners from which they are drawn.
    #[must_use]
    pub fn provisioners(&self) -> &Provisioners {
        &self.provisioners
    }

    /// The proposer of an iteration; `None` if nobody is eligible, or beyond the last iteration.
    pub fn generator(&mut self, iteration: u8) -> Option<BlsKey> {
        let (seed, round) = (&self.seed, self.round);
        let step = step_number(iteration, StepName::Proposal)?;
        *self.drawn.open().generators.entry(iteration).or_insert_with(|| {
            let draw = Draw { seed, round, step, credits: PROPOSAL_CREDITS, excluded: &[] };
            draw.extract(&self.provisioners).first().copied()
        })
    }

    /// The committee of a voting step. It is empty when nobody is eligible, beyond the last iteration, and for the
    /// proposal.
    ///
    /// The generators of this iteration and of the next do not vote.
    pub fn voting(&mut self, iteration: u8, step: StepName) -> Arc<Committee> {
        if let Some(committee) = self.drawn.open().voting.get(&(iteration, step)) {
            return Arc::clone(committee);
        }
        let Some(number) = step_number(iteration, step).filter(|_| step != StepName::Proposal) else {
            return Arc::default();
        };
        let excluded: Vec<_> =
            [iteration, iteration + 1].into_iter().filter_map(|iteration| self.generator(iteration)).collect();
        let draw =
            Draw { seed: &self.seed, round: self.round, step: number, credits: VOTING_CREDITS, excluded: &excluded };
        let mut committee = Committee::draw(&self.provisioners, &draw);
        committee.planted_quorum = self.planted_quorum;
        let committee = Arc::new(committee);
        self.drawn.open().voting.insert((iteration, step), Arc::clone(&committee));
        committee
    }
}

/// The number of a step, for the iterations that there are.
fn step_number(iteration: u8, step: StepName) -> Option<u8> {
    step.number(iteration).filter(|_| iteration < MAX_ITERATIONS)
}
