//! Meeting the other members again, when nodes have come apart.

use local_node_types::ledger::{Attestation, StepName};
use local_node_types::message::{InventoryItem, Message};
use tracing::debug;

use super::votes::Ballot;
use super::{Phase, Round, RoundContext};
use crate::parameters::{MAX_ITERATIONS, Millis, is_emergency};

/// How often the end of an iteration is put off, by the timeout of a ratification each, for those that are behind. It
/// is as much time as an iteration takes.
const MAX_WAITS: u8 = 3;
/// In how many iterations of a round this node waits.
const MAX_WAITED_ITERATIONS: u8 = 3;

/// How long this node has waited for those that are behind.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// In this iteration.
    waits: u8,
    /// Whether those that were waited for are there, and go through this iteration.
    met: bool,
    /// Iterations in which it has waited.
    iterations: u8,
}

impl Patience {
    pub(super) const fn begin(&mut self) {
        (self.waits, self.met) = (0, false);
    }
}

impl Round {
    /// Takes note of who signed a verified vote.
    pub(super) fn note_signer(&mut self, message: &Message) {
        if let Some((ballot, signed)) = Ballot::of(message) {
            self.progress.note(signed.signer, ballot.header.iteration, self.current);
        }
    }

    /// Takes note of who ratified, by a verified attestation.
    pub(super) fn note_ratifiers(&mut self, iteration: u8, attestation: &Attestation) {
        let current = self.current;
        let committee = self.iteration(iteration).ratification.committee();
        let keys: Vec<_> = committee.named(attestation.ratification.bitset).map(|member| member.key).collect();
        keys.into_iter().for_each(|key| self.progress.note(key, iteration, current));
    }

    /// Takes note of the messages for this round that came in earlier rounds. Their signatures have been verified; that
    /// their signers are members has not.
    pub(super) fn note_waiting(&mut self, context: &RoundContext<'_>) {
        let tip = self.prev_hash();
        let mut found = Vec::new();
        for message in context.queue.waiting(self.height) {
            let Some((header, step)) = message.consensus_step() else { continue };
            if header.prev_block_hash != tip || header.iteration >= MAX_ITERATIONS {
                continue;
            }
            match message {
                Message::Candidate(block) => found.push((block.header.generator, header.iteration, step)),
                _ => found.extend(Ballot::of(message).map(|(_, signed)| (signed.signer, header.iteration, step))),
            }
        }
        for (signer, iteration, step) in found {
            let committees = self.verifier.committees();
            let drawn = match step {
                StepName::Proposal => committees.generator(iteration) == Some(signer),
                _ => committees.voting(iteration, step).place(&signer).is_some(),
            };
            if drawn {
                self.progress.note(signer, iteration, self.current);
            }
        }
    }

    /// A step has come to no result in time: goes on with a later iteration, if provisioners with more than a third of
    /// the stake have reached it. So at least one that follows the rules is there, unless a third of the stake does
    /// not.
    pub(super) fn catch_up(&mut self, context: &mut RoundContext<'_>) -> bool {
        let step = match self.phase {
            Phase::Proposal => StepName::Proposal,
            Phase::Validation => StepName::Validation,
            Phase::Ratification => StepName::Ratification,
            Phase::Held | Phase::Open | Phase::Decided => return false,
        };
        if context.config.planted_drift {
            return false;
        }
        let (from, round) = (self.current, self.height);
        let provisioners = self.verifier.committees().provisioners();
        let Some(iteration) = self.progress.reached(from, provisioners, round) else { return false };
        debug!(round, from, iteration, "others are in a later iteration");
        self.timeouts.expired(step);
        self.begin_iteration(context, iteration);
        if (self.current, self.phase) == (iteration, Phase::Proposal) {
            // The others have been there for a while. A node without a candidate has missed it, or there is none.
            context.ask(InventoryItem::CandidateFromIteration(self.consensus_header(iteration)));
            let soon = context.now.max(self.slot).plus(context.config.timeouts.min);
            self.deadline = self.deadline.map(|deadline| deadline.min(soon));
        }
        true
    }

    /// The iteration has come to no result in time: whether this node stays in it, because provisioners with more than
    /// a third of the stake are in earlier ones. When they have come, it gives them the time of a whole iteration, so
    /// that all of them begin the next one together. In emergency mode iterations stay open, and nobody has to wait.
    pub(super) fn waits_for_others(&mut self, context: &RoundContext<'_>) -> bool {
        if is_emergency(self.current) || context.config.planted_drift {
            return false;
        }
        let round = self.height;
        let are_behind = self.progress.are_behind(self.verifier.committees().provisioners(), round);
        let waited_before = self.patience.waits > 0;
        let wait = if are_behind && (waited_before || self.patience.iterations < MAX_WAITED_ITERATIONS) {
            if self.patience.waits == MAX_WAITS {
                return false;
            }
            self.patience.iterations += u8::from(!waited_before);
            self.patience.waits += 1;
            self.timeouts.of(StepName::Ratification)
        } else if waited_before && !are_behind && !self.patience.met {
            self.patience.met = true;
            StepName::ALL.iter().fold(Millis(0), |sum, step| sum.plus(self.timeouts.of(*step)))
        } else {
            return false;
        };
        debug!(round, iteration = self.current, are_behind, "waits for others");
        self.deadline = Some(context.now.plus(wait));
        true
    }
}
