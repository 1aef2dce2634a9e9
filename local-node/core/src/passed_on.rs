//! Which messages have been passed on: the one place that says whether a message is new to others.
//!
//! The consensus and the pool say whether a message is good. A good one may still come again: it waits for its step,
//! its step is over, it is taken up again from the queue, or what was known of it is gone. None of these has to be
//! thought of here, because a message that has left once is known by its identity.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use local_node_consensus::MAX_ROUND_DISTANCE;
use local_node_types::codec::Encode;
use local_node_types::ledger::Hash;
use local_node_types::message::{Message, SignedBy, ratification_bytes, validation_bytes};
use sha3::{Digest, Sha3_256};

/// The most votes and candidates of one round that are known. The committees of a round sign fewer: 50 iterations have
/// a candidate and at most 128 votes each. More come only before the committees are known; then the oldest is
/// forgotten.
const MAX_OF_ROUND: usize = 8192;
/// The most quorums and emergency blocks that are known. A round has at most 50 that say how an iteration failed.
const MAX_OUTCOMES: usize = 1024;
/// The most tips that are remembered; the one of the lowest round is forgotten first.
const MAX_TIPS: usize = 1024;

/// The key by which other nodes recognise the same message, also with other bytes.
///
/// Of a vote in ratification, whoever passes it on may exchange the validation result, and of a quorum and an emergency
/// block the votes that prove it. They are the same message all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// A vote or a candidate of a round.
    Step(u64, Hash),
    /// A quorum or a decided block. They count when their round is over as well.
    Outcome(Hash),
}

impl Identity {
    /// The identity of a message that nodes pass on, and `None` for any other.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        let vote = |round, bytes: Vec<u8>, signed: &SignedBy| {
            let digest = Sha3_256::new().chain_update(bytes).chain_update(signed.signer.0);
            Self::Step(round, digest.chain_update(signed.signature.0).finalize().into())
        };
        Some(match message {
            Message::Candidate(block) => Self::Step(block.header.height, block.header.hash),
            Message::Validation(message) => {
                vote(message.header.round, validation_bytes(&message.header, &message.vote), &message.signed)
            }
            Message::Ratification(message) => {
                vote(message.header.round, ratification_bytes(&message.header, &message.vote), &message.signed)
            }
            Message::Quorum(quorum) => {
                let digest = Sha3_256::new().chain_update(quorum.header.encoded());
                Self::Outcome(digest.chain_update(quorum.attestation.result.encoded()).finalize().into())
            }
            Message::Block(block) => Self::Outcome(block.header.hash),
            _ => return None,
        })
    }
}

/// The identities of what was passed on: votes and candidates of the present round and the ten that follow, quorums and
/// emergency blocks. At most 91,136 identities of 40 bytes, each of them twice.
///
/// They are not written to disk. A node that restarts passes on once more what comes again: others may have restarted
/// with it, and the layer below keeps rays back for minutes.
#[derive(Debug, Default)]
pub(crate) struct PassedOn {
    rounds: BTreeMap<u64, Known>,
    outcomes: Known,
    /// The tips on which this node has begun a round, with the round.
    begun: BTreeMap<Hash, u64>,
}

impl PassedOn {
    /// The round on a tip begins. Entries of earlier rounds are forgotten.
    ///
    /// A round that begins anew, after a stall or because its tip has come back, forgets everything: the consensus has
    /// forgotten it as well, and others who begin anew need it once more.
    pub(crate) fn begin(&mut self, tip: Hash, round: u64) {
        let wanted = round..=round.saturating_add(MAX_ROUND_DISTANCE);
        if self.begun.insert(tip, round).is_some() {
            (self.rounds, self.outcomes) = (BTreeMap::new(), Known::default());
        } else {
            self.rounds.retain(|of, _| wanted.contains(of));
        }
        if self.begun.len() > MAX_TIPS
            && let Some(lowest) = self.begun.iter().min_by_key(|(_, round)| **round).map(|(tip, _)| *tip)
        {
            self.begun.remove(&lowest);
        }
    }

    /// The chain up to this height is final: no tip below it comes back.
    pub(crate) fn forget_to(&mut self, height: u64) {
        self.begun.retain(|_, round| *round > height);
    }

    /// Takes note of a message that is good for others; false when it has been passed on before.
    pub(crate) fn note(&mut self, identity: Identity) -> bool {
        match identity {
            Identity::Step(round, _) => self.rounds.entry(round).or_default().note(identity, MAX_OF_ROUND),
            Identity::Outcome(_) => self.outcomes.note(identity, MAX_OUTCOMES),
        }
    }

    /// How many identities are known.
    pub(crate) fn len(&self) -> usize {
        self.rounds.values().chain([&self.outcomes]).map(|known| known.order.len()).sum()
    }
}

/// Identities in the order in which they came.
#[derive(Debug, Default)]
struct Known {
    order: VecDeque<Identity>,
    identities: BTreeSet<Identity>,
}

impl Known {
    fn note(&mut self, identity: Identity, most: usize) -> bool {
        if !self.identities.insert(identity) {
            return false;
        }
        self.order.push_back(identity);
        if self.order.len() > most
            && let Some(oldest) = self.order.pop_front()
        {
            self.identities.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use local_node_types::keys::{BlsKey, BlsSignature};
    use local_node_types::ledger::{Attestation, ConsensusHeader, RatificationResult, StepVotes, Vote};
    use local_node_types::message::{Quorum, Ratification, Validation, ValidationResult};

    use super::*;

    fn step(round: u64, number: usize) -> Identity {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        Identity::Step(round, hash)
    }

    #[test]
    fn a_message_is_new_once_until_its_round_ends() {
        let mut passed_on = PassedOn::default();
        passed_on.begin([1; 32], 5);
        for round in [5, 6, 15] {
            assert!(passed_on.note(step(round, 1)));
            assert!(!passed_on.note(step(round, 1)));
        }
        passed_on.begin([2; 32], 6);
        assert!(!passed_on.note(step(6, 1)), "it came early, and is of this round now");
        assert!(!passed_on.note(step(15, 1)));
        assert_eq!(passed_on.len(), 2);
    }

    #[test]
    fn another_tip_of_the_same_round_changes_nothing_and_one_that_comes_back_begins_anew() {
        let mut passed_on = PassedOn::default();
        let outcome = Identity::Outcome([7; 32]);
        passed_on.begin([1; 32], 5);
        assert!(passed_on.note(step(6, 1)) && passed_on.note(outcome));
        passed_on.begin([2; 32], 5);
        assert!(!passed_on.note(step(6, 1)) && !passed_on.note(outcome));
        passed_on.begin([3; 32], 6);
        assert!(!passed_on.note(step(6, 1)) && !passed_on.note(outcome));
        passed_on.begin([1; 32], 5);
        assert!(passed_on.note(step(6, 1)) && passed_on.note(outcome));
        passed_on.forget_to(5);
        assert_eq!(passed_on.begun.len(), 1);
    }

    #[test]
    fn a_flood_of_messages_takes_bounded_memory_and_stops_nothing_new() {
        let mut passed_on = PassedOn::default();
        passed_on.begin([1; 32], 5);
        assert!(passed_on.note(step(6, usize::MAX)));
        for round in 5..=15 {
            for number in 0..MAX_OF_ROUND + 10 {
                assert!(passed_on.note(step(round, number)));
            }
        }
        for number in 0..=u8::MAX {
            (0..=u8::MAX).for_each(|other| _ = passed_on.note(Identity::Outcome([number & other; 32])));
        }
        assert!(passed_on.note(step(6, usize::MAX)), "it has been forgotten, and leaves once more");
        assert_eq!(passed_on.rounds.values().map(|known| known.identities.len()).sum::<usize>(), 11 * MAX_OF_ROUND);
        assert!(passed_on.len() <= 91_136);
        for round in 20..20 + 2 * MAX_TIPS as u64 {
            let Identity::Step(_, tip) = step(0, usize::try_from(round).expect("it is small")) else { unreachable!() };
            passed_on.begin(tip, round);
        }
        assert_eq!((passed_on.begun.len(), passed_on.rounds.len()), (MAX_TIPS, 0));
    }

    #[test]
    fn proofs_are_not_part_of_a_message_and_what_is_signed_is() {
        let header = ConsensusHeader { prev_block_hash: [1; 32], round: 5, iteration: 2 };
        let signed = SignedBy { signer: BlsKey([4; 96]), signature: BlsSignature([3; 48]) };
        let vote = Vote::Valid([9; 32]);
        let ratification = |votes: StepVotes, signed, header| {
            let validation = ValidationResult::new(vote, votes);
            Identity::of(&Message::Ratification(Box::new(Ratification {
                header,
                vote,
                timestamp: 0,
                validation,
                signed,
            })))
        };
        let proof = |bitset| StepVotes { bitset, ..StepVotes::default() };
        let one = ratification(proof(1), signed, header);
        assert_eq!(one, ratification(proof(2), signed, header));
        assert_ne!(one, ratification(proof(1), SignedBy { signature: BlsSignature([5; 48]), ..signed }, header));
        assert_ne!(one, ratification(proof(1), signed, ConsensusHeader { iteration: 3, ..header }));
        assert_ne!(one, Identity::of(&Message::Validation(Box::new(Validation { header, vote, signed }))));
        let quorum = |result, bitset| {
            let attestation = Attestation { result, validation: proof(bitset), ..Attestation::default() };
            Identity::of(&Message::Quorum(Box::new(Quorum { header, attestation })))
        };
        let (success, fail) = (RatificationResult::Success(vote), RatificationResult::Fail(Vote::NoCandidate));
        assert_eq!(quorum(success, 1), quorum(success, 2));
        assert_ne!(quorum(success, 1), quorum(fail, 1));
        assert_eq!(Identity::of(&Message::GetMempool(1)), None);
    }
}
