//! The known data of one iteration.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_node_types::ledger::{Attestation, Block, Hash, RatificationResult, StepName, StepVotes, Vote};
use local_node_types::message::ValidationResult;

use crate::committee::Committees;
use crate::interface::RequestId;
use crate::parameters::is_emergency;
use crate::tally::Tally;

/// A candidate whose generator, signature, hash, size and roots have been checked.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) block: Arc<Block>,
    /// Whether this node built it; then it needs no verification.
    pub(crate) own: bool,
    /// Whether its whole header is known to follow the rules.
    pub(crate) header_holds: bool,
    /// The request by which this node built or verified it.
    pub(crate) request: Option<RequestId>,
}

impl Candidate {
    pub(crate) fn hash(&self) -> Hash {
        self.block.header.hash
    }
}

/// The state of one iteration. It outlives the iteration, because in emergency mode past iterations stay open.
#[derive(Debug, Clone)]
pub(crate) struct Iteration {
    /// The candidate: the first that came.
    pub(crate) candidate: Option<Candidate>,
    /// How many copies of it were altered on the way.
    pub(crate) altered: u8,
    /// The votes of the two committees.
    pub(crate) validation: Tally,
    pub(crate) ratification: Tally,
    /// The known decisions of the validation committee, by own count or by a verified result. More than one
    /// entry takes a third of the committee to contradict itself.
    pub(crate) validated: BTreeMap<Vote, StepVotes>,
    /// The validation result on which this node's ratification rests.
    pub(crate) result: ValidationResult,
    /// Whether this node's keys have voted.
    pub(crate) has_validated: bool,
    pub(crate) has_ratified: bool,
    /// The proof that the iteration failed.
    pub(crate) failure: Option<Attestation>,
}

impl Iteration {
    pub(crate) fn new(iteration: u8, committees: &mut Committees) -> Self {
        let mut tally = |step| Tally::new(committees.voting(iteration, step), is_emergency(iteration));
        Self {
            candidate: None,
            altered: 0,
            validation: tally(StepName::Validation),
            ratification: tally(StepName::Ratification),
            validated: BTreeMap::new(),
            result: ValidationResult::default(),
            has_validated: false,
            has_ratified: false,
            failure: None,
        }
    }

    /// The tally of a voting step.
    pub(crate) fn tally(&mut self, step: StepName) -> &mut Tally {
        match step {
            StepName::Validation => &mut self.validation,
            StepName::Ratification | StepName::Proposal => &mut self.ratification,
        }
    }

    /// The attestation that the counted votes prove for `vote`, if they suffice.
    pub(crate) fn attestation(&self, vote: &Vote) -> Option<Attestation> {
        let ratification = self.ratification.quorum(vote)?;
        let validation = match vote {
            Vote::NoQuorum => StepVotes::default(),
            _ => *self.validated.get(vote)?,
        };
        Some(Attestation { result: RatificationResult::from(*vote), validation, ratification })
    }
}
