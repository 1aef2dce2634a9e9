//! Candidates whose headers lie: honest nodes refuse them, and nobody accepts one.

use local_node_core::Verdict;
use local_node_types::ledger::{ConsensusHeader, StepName, Vote};
use local_node_types::message::Message;

use super::World;
use crate::keys::key;
use crate::ledger::committees;
use crate::lies::{Lie, Refusal};
use crate::marks::Mark;

impl World {
    /// A node has judged a message for good: is it a candidate that lies, and refused for that?
    pub(super) fn note_judged(&mut self, node: usize, message: &Message, verdict: &Verdict) {
        let Message::Candidate(block) = message else { return };
        let Some(told) = self.lies.get(&block.header.hash).copied() else { return };
        let tip = &self.nodes[node].ledger.tip().block.header;
        let refused = match told.lie.refusal() {
            Refusal::Rejects => matches!(verdict, Verdict::Reject(_)),
            // A node that is behind or ahead ignores it whatever it says.
            Refusal::Ignores => *verdict == Verdict::Ignore && block.header.height == tip.height + 1,
            Refusal::VotesInvalid | Refusal::Abstains => false,
        };
        if refused && self.is_honest(node) {
            self.marks.note(Mark::RefusedLie(told.lie));
        }
    }

    /// An honest node votes: does it refuse a candidate that lies by that?
    pub(super) fn note_vote_on_lie(&mut self, node: usize, header: ConsensusHeader, vote: Vote) {
        let refused = match vote {
            Vote::Invalid(hash) => {
                self.lies.get(&hash).map(|told| told.lie).filter(|lie| lie.refusal() == Refusal::VotesInvalid)
            }
            Vote::NoQuorum => self.abstained_on(node, header),
            Vote::Valid(_) | Vote::NoCandidate => None,
        };
        if let Some(lie) = refused {
            self.marks.note(Mark::RefusedLie(lie));
        }
    }

    /// The lie for which a node has not voted in the validation of an iteration: it is a member, and without the
    /// candidate it would have voted for none.
    fn abstained_on(&self, node: usize, header: ConsensusHeader) -> Option<Lie> {
        let is_open = |lie: Lie| lie.refusal() == Refusal::Abstains;
        let lie = self.lies.values().find(|told| told.about == header && is_open(told.lie))?.lie;
        let state = &self.nodes[node];
        let tip = state.ledger.tip();
        if tip.block.header.hash != header.prev_block_hash {
            return None;
        }
        let committee = committees(tip, header.round).voting(header.iteration, StepName::Validation);
        let member = state.keys.iter().map(|number| key(*number)).find(|key| committee.place(key).is_some())?;
        let has_voted = self.checkers.has_signed(member, header, StepName::Validation);
        (!has_voted).then_some(lie)
    }

    /// An honest node has accepted its tip, whose header must not lie.
    pub(super) fn check_lie(&mut self, node: usize) {
        let header = &self.nodes[node].ledger.tip().block.header;
        if let Some(told) = self.lies.get(&header.hash) {
            let what = format!("it accepts block {}, whose header lies: {:?}", header.height, told.lie);
            self.check(node, Err(what));
        }
    }
}
