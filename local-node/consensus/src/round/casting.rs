//! How this node votes.

use std::sync::Arc;

use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::{Hash, StepName, Vote};
use local_node_types::message::{
    InventoryItem, Message, Ratification, SignedBy, Validation, ValidationResult, ratification_bytes, validation_bytes,
};
use tracing::{debug, warn};

use super::{Round, RoundContext};
use crate::faults::slashes;
use crate::header::Stage;
use crate::interface::{Output, Persist, RequestId, Verdict, VerifyRequest};
use crate::parameters::is_emergency;

/// The most altered copies of one candidate that are verified.
const MAX_ALTERED_COPIES: u8 = 4;

impl Round {
    /// Votes on the candidate of an iteration, or on its absence, or asks the node to verify it first.
    pub(super) fn vote_on_candidate(&mut self, context: &mut RoundContext<'_>, iteration: u8) {
        if self.own_members(context, iteration, StepName::Validation).is_empty() {
            return;
        }
        let Some(candidate) = self.iteration(iteration).candidate.clone() else {
            return self.validate(context, iteration, Vote::NoCandidate);
        };
        let hash = candidate.hash();
        if candidate.own {
            return self.validate(context, iteration, Vote::Valid(hash));
        }
        if self.verifying.values().any(|asked| *asked == (iteration, hash)) {
            return;
        }
        match self.verifier.verify(&candidate.block.header, context.now, Stage::Candidate) {
            Ok(facts) => {
                if let Some(candidate) = &mut self.iteration(iteration).candidate {
                    candidate.header_holds = true;
                }
                let id = context.request_id();
                self.verifying.insert(id, (iteration, hash));
                context.out.push(Output::Verify(Box::new(VerifyRequest {
                    id,
                    slashes: slashes(&candidate.block.header.failed_iterations, &candidate.block.faults),
                    block: Box::new(candidate.block.as_ref().clone()),
                    voters: facts.certificate_voters,
                })));
            }
            Err(problem) => {
                debug!(round = self.height, iteration, %problem, "the candidate's header breaks a rule");
                if problem.must_vote() {
                    self.validate(context, iteration, Vote::Invalid(hash));
                }
            }
        }
    }

    pub(crate) fn on_verified(&mut self, context: &mut RoundContext<'_>, request: RequestId, verdict: Verdict) {
        let Some((iteration, hash)) = self.verifying.remove(&request) else { return };
        let vote = match verdict {
            Verdict::Valid => {
                let candidate = self.iteration(iteration).candidate.as_mut();
                if let Some(candidate) = candidate.filter(|candidate| candidate.hash() == hash) {
                    candidate.request = Some(request);
                }
                Vote::Valid(hash)
            }
            Verdict::Invalid => Vote::Invalid(hash),
            Verdict::Abstain => return,
            Verdict::Altered => return self.drop_altered(context, iteration, hash),
        };
        let in_time = iteration == self.current && self.step() == Some(StepName::Validation);
        if in_time || is_emergency(iteration) {
            self.validate(context, iteration, vote);
        }
    }

    /// Drops a copy of a candidate that somebody has altered on the way, and asks for another.
    fn drop_altered(&mut self, context: &mut RoundContext<'_>, iteration: u8, hash: Hash) {
        let state = self.iteration(iteration);
        if state.candidate.as_ref().is_none_or(|candidate| candidate.hash() != hash) {
            return;
        }
        warn!(round = self.height, iteration, "the candidate was altered in transit");
        let state = self.iteration(iteration);
        state.altered += 1;
        // Each copy is executed before its blobs are looked at.
        if state.altered < MAX_ALTERED_COPIES {
            state.candidate = None;
            context.ask(InventoryItem::CandidateFromHash(hash));
        }
    }

    /// Casts this node's votes in validation, once for each iteration.
    fn validate(&mut self, context: &mut RoundContext<'_>, iteration: u8, vote: Vote) {
        if is_emergency(iteration) && !vote.is_valid() || self.iteration(iteration).has_validated {
            return;
        }
        let header = self.consensus_header(iteration);
        if !self.may_cast(context, iteration, StepName::Validation, vote) {
            return;
        }
        let bytes = validation_bytes(&header, &vote);
        self.cast(context, iteration, StepName::Validation, vote, &bytes, |signed| {
            Message::Validation(Box::new(Validation { header, vote, signed }))
        });
        self.iteration(iteration).has_validated = true;
        self.on_validation_counted(context, iteration, vote);
    }

    /// Casts this node's votes in ratification, once for each iteration.
    pub(super) fn ratify(&mut self, context: &mut RoundContext<'_>, iteration: u8, validation: ValidationResult) {
        let vote = validation.vote;
        let emergency = is_emergency(iteration);
        if emergency && !vote.is_valid() {
            return;
        }
        let header = self.consensus_header(iteration);
        if emergency {
            context.out.push(Output::Persist(Persist::ValidationResult(header, validation)));
        }
        if self.iteration(iteration).has_ratified || !self.may_cast(context, iteration, StepName::Ratification, vote) {
            return;
        }
        let (bytes, timestamp) = (ratification_bytes(&header, &vote), context.now.as_secs());
        self.cast(context, iteration, StepName::Ratification, vote, &bytes, |signed| {
            Message::Ratification(Box::new(Ratification { header, vote, timestamp, validation, signed }))
        });
        self.iteration(iteration).has_ratified = true;
        self.conclude(context, iteration, vote);
    }

    /// Whether this node has cast no other vote in the step, in this life or an earlier one. Cast votes are persisted.
    fn may_cast(&mut self, context: &mut RoundContext<'_>, iteration: u8, step: StepName, vote: Vote) -> bool {
        let header = self.consensus_header(iteration);
        if let Some(earlier) = context.memory.cast(&header, step) {
            return earlier == vote;
        }
        if !self.own_members(context, iteration, step).is_empty() {
            context.persist(Persist::Vote { header, step, vote });
        }
        true
    }

    /// The places and keys of this node's members in a committee.
    fn own_members(&mut self, context: &RoundContext<'_>, iteration: u8, step: StepName) -> Vec<(usize, BlsKey)> {
        let committee = self.iteration(iteration).tally(step).committee();
        let members = committee.members().iter().enumerate();
        members
            .filter(|(_, member)| context.keys.holds(&member.key))
            .map(|(place, member)| (place, member.key))
            .collect()
    }

    /// Signs a vote with all keys that are in the committee, counts it, and tells the others.
    fn cast(
        &mut self,
        context: &mut RoundContext<'_>,
        iteration: u8,
        step: StepName,
        vote: Vote,
        bytes: &[u8],
        message: impl Fn(SignedBy) -> Message,
    ) {
        let mut members = self.own_members(context, iteration, step);
        let version = self.verifier.version();
        let scheme = Arc::clone(self.verifier.committees().provisioners().signatures());
        let tally = self.iteration(iteration).tally(step);
        // A vote of ours may have come back to us before, from a time before a restart.
        members.retain(|(place, _)| tally.check(*place, &vote).is_ok());
        let keys: Vec<_> = members.iter().map(|(_, key)| *key).collect();
        debug!(round = self.height, iteration, ?step, ?vote, members = keys.len(), "vote");
        let signatures: Vec<_> = if context.config.alone {
            vec![BlsSignature::default(); keys.len()]
        } else {
            keys.iter().filter_map(|key| context.keys.sign(key, bytes, version)).collect()
        };
        let sum = if context.config.alone {
            context.keys.sign_together(&keys, bytes, version)
        } else {
            scheme.add(&signatures).ok()
        };
        let Some(sum) = sum else { return };
        let ballots: Vec<_> = members.iter().zip(&signatures).map(|((place, _), own)| (*place, *own)).collect();
        self.iteration(iteration).tally(step).add(vote, &ballots, sum, &*scheme).expect("own signatures are points");
        for (signer, signature) in keys.into_iter().zip(signatures) {
            context.broadcast(|| message(SignedBy { signer, signature }));
        }
    }
}
