//! How iterations end.

use local_node_types::ledger::{Attestation, Block, RatificationResult, StepName, Vote};
use local_node_types::message::{InventoryItem, Message, Quorum, ValidationQuorum, ValidationResult};
use tracing::{debug, warn};

use super::{Phase, Round, RoundContext};
use crate::attestation::{self, Expected};
use crate::header::Stage;
use crate::interface::{Decision, Offence, Output};
use crate::parameters::is_emergency;

impl Round {
    /// Votes in validation were counted: has the committee come to a result?
    pub(super) fn on_validation_counted(&mut self, context: &mut RoundContext<'_>, iteration: u8, vote: Vote) {
        let Some(votes) = self.iteration(iteration).validation.quorum(&vote) else { return };
        self.on_validated(context, iteration, ValidationResult::new(vote, votes));
    }

    /// The committee's result is known, by own count or by a verified result.
    pub(super) fn on_validated(&mut self, context: &mut RoundContext<'_>, iteration: u8, result: ValidationResult) {
        self.iteration(iteration).validated.insert(result.vote, result.step_votes);
        if iteration == self.current && self.phase == Phase::Validation {
            self.record(context, StepName::Validation);
            self.enter_ratification(context, result);
        } else if is_emergency(iteration) {
            self.ratify(context, iteration, result);
        }
        self.conclude(context, iteration, result.vote);
    }

    /// A peer sent the result of a validation. It only matters in emergency mode, where this node asks for it.
    pub(super) fn on_validation_quorum(&mut self, context: &mut RoundContext<'_>, quorum: &ValidationQuorum) {
        let (iteration, vote, votes) = (quorum.header.iteration, quorum.result.vote, quorum.result.step_votes);
        let known = self.iterations.get(&iteration).is_some_and(|known| known.validated.contains_key(&vote));
        if !is_emergency(iteration) || iteration > self.current || !vote.is_valid() || known {
            return;
        }
        let version = self.verifier.version();
        let committees = self.verifier.committees();
        match attestation::verify_step(&votes, &quorum.header, StepName::Validation, &vote, committees, version) {
            Ok(_) => self.on_validated(context, iteration, ValidationResult::new(vote, votes)),
            Err(problem) => {
                debug!(round = self.height, iteration, %problem, "validation result dropped");
                context.offend(Offence::Proof);
            }
        }
    }

    /// A peer says how an iteration ended.
    pub(super) fn on_quorum(&mut self, context: &mut RoundContext<'_>, quorum: Box<Quorum>) {
        let (iteration, attestation) = (quorum.header.iteration, quorum.attestation);
        let known = if attestation.result.failed() {
            self.iterations.get(&iteration).is_some_and(|known| known.failure.is_some())
        } else {
            self.decided.is_some_and(|of| of <= iteration) || self.wanted.is_some_and(|(of, _)| of <= iteration)
        };
        if known {
            return;
        }
        if let Err(problem) = self.verifier.verify_attestation(&attestation, &quorum.header, Expected::Any) {
            debug!(round = self.height, iteration, %problem, "quorum dropped");
            return context.offend(Offence::Proof);
        }
        self.note_ratifiers(iteration, &attestation);
        self.end_iteration(context, iteration, attestation, |context| context.relay(|| Message::Quorum(quorum)));
    }

    /// Ends an iteration if the counted votes prove how it ended.
    pub(super) fn conclude(&mut self, context: &mut RoundContext<'_>, iteration: u8, vote: Vote) {
        let known = if vote.is_valid() {
            self.decided.is_some_and(|of| of <= iteration) || self.wanted.is_some_and(|(of, _)| of <= iteration)
        } else {
            self.iteration(iteration).failure.is_some()
        };
        let Some(attestation) = self.iteration(iteration).attestation(&vote).filter(|_| !known) else { return };
        if iteration == self.current && self.phase == Phase::Ratification {
            self.record(context, StepName::Ratification);
        }
        let header = self.consensus_header(iteration);
        self.end_iteration(context, iteration, attestation, |context| {
            context.broadcast(|| Message::Quorum(Box::new(Quorum { header, attestation })));
        });
    }

    fn end_iteration(
        &mut self,
        context: &mut RoundContext<'_>,
        iteration: u8,
        attestation: Attestation,
        announce: impl FnOnce(&mut RoundContext<'_>),
    ) {
        debug!(round = self.height, iteration, result = ?attestation.result, "iteration ended");
        let running = iteration == self.current && !matches!(self.phase, Phase::Open | Phase::Decided | Phase::Held);
        if attestation.result.failed() {
            self.iteration(iteration).failure = Some(attestation);
            self.verifier.remember_failure(iteration, attestation);
            if running {
                announce(context);
                self.next_iteration(context);
            }
        } else {
            announce(context);
            self.wanted = Some((iteration, attestation));
            self.phase = Phase::Decided;
            self.deadline = Some(context.now.plus(context.config.timeouts.min));
            self.decide_wanted(context);
            let is_missing = self.wanted.is_some() && self.iteration(iteration).candidate.is_none();
            if let (true, RatificationResult::Success(Vote::Valid(hash))) = (is_missing, attestation.result) {
                context.ask(InventoryItem::CandidateFromHash(hash));
            }
        }
    }

    /// Decides the block for which there is an attestation, if the candidate is there and its header follows the rules.
    ///
    /// A member of the committee has verified the header before it voted. Any other node does it here: the signature of
    /// the generator and the attestation say nothing about what the header claims of its predecessor and of iterations
    /// that failed. A block whose header breaks a rule stays wanted; this node's clock may be what is wrong.
    pub(super) fn decide_wanted(&mut self, context: &mut RoundContext<'_>) {
        let Some((iteration, attestation)) = self.wanted else { return };
        let Some(candidate) = self.iteration(iteration).candidate.clone() else { return };
        if attestation.result != RatificationResult::Success(Vote::Valid(candidate.hash())) {
            return;
        }
        if !candidate.header_holds
            && let Err(problem) = self.verifier.verify(&candidate.block.header, context.now, Stage::Candidate)
        {
            return warn!(round = self.height, iteration, %problem, "an attested block breaks a rule; it is not accepted");
        }
        self.wanted = None;
        self.decided = Some(iteration);
        let mut block = Block::clone(&candidate.block);
        block.header.attestation = attestation;
        context.out.push(Output::Decide(Box::new(Decision { block, request: candidate.request })));
    }
}
