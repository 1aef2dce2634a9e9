//! Receiving messages, and counting others' votes.

use std::sync::Arc;

use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{ConsensusHeader, Fault, Statement, StepName, Vote};
use local_node_types::message::{
    Message, Ratification, SignedBy, ValidationResult, ratification_bytes, validation_bytes,
};
use tracing::debug;

use super::{Origin, Round, RoundContext, Timing};
use crate::attestation;
use crate::interface::{Offence, Output};
use crate::parameters::{MAX_ITERATIONS, is_emergency};
use crate::tally::VoteError;

/// Bytes that a vote takes in the queue.
const VOTE_BYTES: usize = size_of::<Ratification>();

/// The key that votes must share to be verified and counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ballot {
    pub(super) header: ConsensusHeader,
    pub(super) step: StepName,
    vote: Vote,
}

impl Ballot {
    pub(super) fn of(message: &Message) -> Option<(Self, SignedBy)> {
        let (header, step) = message.consensus_step()?;
        match message {
            Message::Validation(message) => Some((Self { header, step, vote: message.vote }, message.signed)),
            Message::Ratification(message) => Some((Self { header, step, vote: message.vote }, message.signed)),
            _ => None,
        }
    }

    fn signed_bytes(&self) -> Vec<u8> {
        match self.step {
            StepName::Validation => validation_bytes(&self.header, &self.vote),
            StepName::Ratification | StepName::Proposal => ratification_bytes(&self.header, &self.vote),
        }
    }
}

/// A vote of a member of the committee that has not contradicted itself.
#[derive(Debug)]
struct Received {
    place: usize,
    signature: BlsSignature,
    message: Message,
}

impl Round {
    /// Messages for this round and tip, in the order in which they came. Votes for the same are counted together.
    pub(crate) fn on_messages(&mut self, context: &mut RoundContext<'_>, messages: Vec<Message>, origin: Origin) {
        let mut messages = messages.into_iter().peekable();
        while let Some(message) = messages.next() {
            let Some((header, _)) = message.consensus_step() else { continue };
            if header.prev_block_hash != self.prev_hash() || header.round != self.height {
                continue;
            }
            if header.iteration >= MAX_ITERATIONS {
                context.offend(Offence::Contents);
                continue;
            }
            let Some((ballot, _)) = Ballot::of(&message) else {
                self.on_other(context, message, origin);
                continue;
            };
            let mut group = vec![message];
            while let Some(next) = messages.next_if(|next| Ballot::of(next).is_some_and(|(other, _)| other == ballot)) {
                group.push(next);
            }
            self.on_votes(context, ballot, group, origin);
        }
    }

    fn on_other(&mut self, context: &mut RoundContext<'_>, message: Message, origin: Origin) {
        match message {
            Message::Candidate(block) => self.on_candidate(context, block, origin),
            Message::Quorum(quorum) => self.on_quorum(context, quorum),
            Message::ValidationQuorum(quorum) => self.on_validation_quorum(context, &quorum),
            _ => {}
        }
    }

    /// Votes that say the same about the same step.
    fn on_votes(&mut self, context: &mut RoundContext<'_>, ballot: Ballot, group: Vec<Message>, origin: Origin) {
        let iteration = ballot.header.iteration;
        if ballot.step == StepName::Validation && ballot.vote == Vote::NoQuorum {
            return context.offend(Offence::Contents);
        }
        let timing = self.timing(iteration, ballot.step);
        let mut votes: Vec<_> =
            group.into_iter().filter_map(|message| self.admit(context, ballot, message, timing)).collect();
        if origin == Origin::Network {
            votes.retain(|vote| self.accept_result(context, &vote.message, timing));
            // A stored vote is not counted together with the votes that were verified with it.
            let (together, coming) = (timing != Timing::Early, votes.len());
            self.drop_wrong(ballot, &mut votes, together);
            if votes.len() < coming {
                context.offend(Offence::Signature);
            }
            for vote in &votes {
                self.note_signer(&vote.message);
                let message = self.with_known_result(&vote.message);
                context.relay(|| message);
            }
        } else {
            // Anybody can have altered the results that wait for a round whose committees were not known. The votes are
            // the members' own all the same.
            for vote in &votes {
                self.note_signer(&vote.message);
                self.accept_result(context, &vote.message, timing);
            }
        }
        match timing {
            Timing::Late => {
                let tally = self.iteration(iteration).tally(ballot.step);
                votes.iter().for_each(|vote| tally.note_late(vote.place));
            }
            Timing::Early => self.keep(context, ballot, votes),
            Timing::Now => self.count(context, ballot, &votes),
        }
    }

    /// Whether a vote is worth the check of its signature.
    fn admit(
        &mut self,
        context: &mut RoundContext<'_>,
        ballot: Ballot,
        message: Message,
        timing: Timing,
    ) -> Option<Received> {
        let (_, signed) = Ballot::of(&message)?;
        let iteration = ballot.header.iteration;
        if let Message::Ratification(vote) = &message
            && !is_coherent(vote)
        {
            context.offend(Offence::Contents);
            return None;
        }
        let tally = self.iteration(iteration).tally(ballot.step);
        let Some(place) = tally.committee().place(&signed.signer) else {
            context.offend(Offence::Stranger);
            return None;
        };
        let was_late = timing == Timing::Late && tally.was_late(place);
        let received = Received { place, signature: signed.signature, message };
        match tally.check(place, &ballot.vote) {
            Ok(()) if was_late => return None,
            Ok(()) => {}
            Err(VoteError::Conflict(vote, signature)) => {
                self.accuse(context, ballot, &received, signed, vote, signature);
                return None;
            }
            Err(VoteError::Duplicate) => {
                self.restore(context, ballot, received);
                return None;
            }
            Err(refusal) => {
                debug!(round = self.height, iteration, ?refusal, vote = ?ballot.vote, "vote dropped");
                return None;
            }
        }
        let number = ballot.step.number(iteration)?;
        let wanted =
            timing != Timing::Early || context.queue.would_keep(self.height, number, &signed.signer, VOTE_BYTES);
        wanted.then_some(received)
    }

    /// A vote has come again with another signature: at most one of the two is right. Votes that are verified together
    /// can be wrong each and right as a sum, and were passed on like that; others, who get them one by one, drop them.
    /// Then the right one is passed on as well, so that nobody can silence a member in this way.
    fn restore(&mut self, context: &mut RoundContext<'_>, ballot: Ballot, again: Received) {
        let version = self.verifier.version();
        let signatures = Arc::clone(self.verifier.committees().provisioners().signatures());
        let tally = self.iteration(ballot.header.iteration).tally(ballot.step);
        let Received { place, signature, message } = again;
        let Some(counted) = tally.unconfirmed(place, &ballot.vote).filter(|counted| *counted != signature) else {
            return;
        };
        let (point, bytes) = (tally.committee().members()[place].point, ballot.signed_bytes());
        let holds = |signature| signatures.verify(&[point], signature, &bytes, version).is_ok();
        if holds(&counted) {
            tally.confirm(place, &ballot.vote, counted);
        } else if holds(&signature) {
            tally.confirm(place, &ballot.vote, signature);
            context.relay(|| message);
        }
    }

    /// Removes votes with wrong signatures, and repeated votes of one member. Votes that are verified `together` have
    /// to be counted together.
    fn drop_wrong(&mut self, ballot: Ballot, votes: &mut Vec<Received>, together: bool) {
        let version = self.verifier.version();
        let signatures = Arc::clone(self.verifier.committees().provisioners().signatures());
        let members = self.iteration(ballot.header.iteration).tally(ballot.step).committee().members();
        let bytes = ballot.signed_bytes();
        votes.sort_by_key(|vote| (vote.place, vote.signature));
        votes.dedup_by_key(|vote| (vote.place, vote.signature));
        let made_up = votes.windows(2).any(|pair| pair[0].place == pair[1].place);
        if made_up || !together {
            let holds = |vote: &Received| {
                signatures.verify(&[members[vote.place].point], &vote.signature, &bytes, version).is_ok()
            };
            votes.retain(holds);
            votes.dedup_by_key(|vote| vote.place);
            return;
        }
        let signed: Vec<_> = votes.iter().map(|vote| (members[vote.place].point, vote.signature)).collect();
        if let Err(wrong) = signatures.verify_all(&signed, &bytes, version) {
            debug!(round = self.height, ?ballot, wrong = wrong.len(), "votes with wrong signatures dropped");
            let mut places = 0..;
            votes.retain(|_| places.next().is_some_and(|place| !wrong.contains(&place)));
        }
    }

    /// Keeps votes for a step that has not come.
    fn keep(&self, context: &mut RoundContext<'_>, ballot: Ballot, votes: Vec<Received>) {
        let Some(number) = ballot.step.number(ballot.header.iteration) else { return };
        for vote in votes {
            if let Some((_, signed)) = Ballot::of(&vote.message) {
                context.queue.put(self.height, number, signed.signer, VOTE_BYTES, vote.message);
            }
        }
    }

    /// Counts verified votes.
    fn count(&mut self, context: &mut RoundContext<'_>, ballot: Ballot, votes: &[Received]) {
        let iteration = ballot.header.iteration;
        let signatures = Arc::clone(self.verifier.committees().provisioners().signatures());
        let Ok(sum) = signatures.add(&votes.iter().map(|vote| vote.signature).collect::<Vec<_>>()) else { return };
        let members: Vec<_> = votes.iter().map(|vote| (vote.place, vote.signature)).collect();
        if let Err(problem) = self.iteration(iteration).tally(ballot.step).add(ballot.vote, &members, sum, &*signatures)
        {
            return debug!(round = self.height, ?ballot, %problem, "votes could not be added");
        }
        match ballot.step {
            StepName::Validation => self.on_validation_counted(context, iteration, ballot.vote),
            StepName::Ratification | StepName::Proposal => {
                self.conclude(context, iteration, ballot.vote);
                let state = self.iteration(iteration);
                let known = state.validated.get(&ballot.vote).copied();
                if let Some(votes) = known.filter(|_| is_emergency(iteration) && !state.has_ratified) {
                    // This node may have missed the votes that the result rests on, and can ratify it now.
                    self.ratify(context, iteration, ValidationResult::new(ballot.vote, votes));
                }
            }
        }
    }

    /// Whether the validation result that comes with a vote in ratification holds, or is not needed because the result
    /// is known. Takes it over when nothing is known.
    ///
    /// A member does not sign the result: a relaying node can put anything in its place. Such a vote is
    /// neither counted nor kept nor passed on, so that it does not take the place of the member's own message.
    fn accept_result(&mut self, context: &mut RoundContext<'_>, message: &Message, timing: Timing) -> bool {
        let Message::Ratification(message) = message else { return true };
        let (iteration, vote) = (message.header.iteration, message.vote);
        let state = self.iteration(iteration);
        if vote == Vote::NoQuorum || state.validated.contains_key(&vote) {
            return true;
        }
        let (local, is_now) = (state.result.vote, timing == Timing::Now);
        if is_now && local != Vote::NoQuorum && local != vote && !is_emergency(iteration) {
            return false;
        }
        let votes = message.validation.step_votes;
        let version = self.verifier.version();
        let committees = self.verifier.committees();
        let verified =
            attestation::verify_step(&votes, &message.header, StepName::Validation, &vote, committees, version);
        if let Err(problem) = verified {
            debug!(round = self.height, iteration, %problem, "vote with a wrong validation result");
            context.offend(Offence::Result);
            return false;
        }
        let state = self.iteration(iteration);
        state.validated.insert(vote, votes);
        if is_now {
            state.result = ValidationResult::new(vote, votes);
        }
        true
    }

    /// A message as it is passed on: a vote in ratification with the result that is known to hold, if it came with
    /// another.
    fn with_known_result(&self, message: &Message) -> Message {
        let mut message = message.clone();
        if let Message::Ratification(ratification) = &mut message
            && let Some(known) = self.iterations.get(&ratification.header.iteration)
            && let Some(votes) = known.validated.get(&ratification.vote)
            && ratification.validation.step_votes != *votes
        {
            ratification.validation = ValidationResult::new(ratification.vote, *votes);
        }
        message
    }

    /// A member has cast two votes: proves it, if both are signed.
    fn accuse(
        &mut self,
        context: &mut RoundContext<'_>,
        ballot: Ballot,
        received: &Received,
        signed: SignedBy,
        first: Vote,
        first_signature: BlsSignature,
    ) {
        let iteration = ballot.header.iteration;
        let version = self.verifier.version();
        let signatures = Arc::clone(self.verifier.committees().provisioners().signatures());
        let tally = self.iteration(iteration).tally(ballot.step);
        if first_signature.is_empty() || !tally.accuse(received.place) {
            return;
        }
        let point = tally.committee().members()[received.place].point;
        let holds = |vote, signature| {
            signatures.verify(&[point], &signature, &Ballot { vote, ..ballot }.signed_bytes(), version).is_ok()
        };
        if !holds(ballot.vote, signed.signature) || !holds(first, first_signature) {
            tally.acquit(received.place);
            return;
        }
        let statement =
            |payload, signature| Statement { header: ballot.header, signer: signed.signer, signature, payload };
        let pair = Box::new([statement(first, first_signature), statement(ballot.vote, signed.signature)]);
        context.out.push(Output::Misbehaviour(Box::new(match ballot.step {
            StepName::Validation => Fault::DoubleValidationVote(pair),
            StepName::Ratification | StepName::Proposal => Fault::DoubleRatificationVote(pair),
        })));
    }
}

/// Whether a member can have cast a vote, as far as the vote itself shows. Members of the validation do not vote for
/// "no quorum", and a vote in ratification agrees with its result.
pub(crate) fn is_possible(message: &Message) -> bool {
    match message {
        Message::Validation(vote) => vote.vote != Vote::NoQuorum,
        Message::Ratification(vote) => is_coherent(vote),
        _ => true,
    }
}

/// Whether a message is a vote with a validation result, which only nodes that know the committee can verify.
pub(crate) fn has_result(message: &Message) -> bool {
    matches!(message, Message::Ratification(vote) if vote.vote != Vote::NoQuorum)
}

/// Whether a vote in ratification says the same as the validation result that comes with it.
fn is_coherent(message: &Ratification) -> bool {
    let result = &message.validation;
    result.vote == message.vote && (message.vote != Vote::NoQuorum || result.step_votes.is_empty())
}
