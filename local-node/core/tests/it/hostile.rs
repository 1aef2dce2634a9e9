//! Floods of made-up messages: each is judged once in the end, and what the core holds stays within bounds.

use std::collections::BTreeSet;

use local_node_consensus::Millis;
use local_node_core::{Input, Output, PeerId, Verdict};
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, Hash, Header, RatificationResult, StepVotes, Vote,
};
use local_node_types::message::{
    GetBlocks, Inventory, InventoryItem, Message, Quorum, Ratification, SignedBy, Validation, ValidationQuorum,
    ValidationResult,
};

use crate::verdicts::{NOW, Node, genesis, point};

/// A small seeded generator (splitmix64).
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("below 256")
    }

    /// The tip's hash, one of a few others, or any.
    fn hash(&mut self) -> Hash {
        match self.below(4) {
            0 | 1 => genesis().hash,
            2 => [self.byte() % 4; 32],
            _ => std::array::from_fn(|_| self.byte()),
        }
    }

    fn vote(&mut self) -> Vote {
        match self.below(4) {
            0 => Vote::NoCandidate,
            1 => Vote::Valid(self.hash()),
            2 => Vote::Invalid(self.hash()),
            _ => Vote::NoQuorum,
        }
    }

    fn header(&mut self) -> ConsensusHeader {
        let round = [0, 1, 1, 1, 2, 3, 11, u64::MAX][usize::try_from(self.below(8)).expect("below 8")];
        let iteration = if self.below(8) == 0 { self.byte() } else { self.byte() % 20 };
        ConsensusHeader { prev_block_hash: self.hash(), round, iteration }
    }

    fn signed(&mut self) -> SignedBy {
        let signer =
            if self.below(4) == 0 { BlsKey([self.byte(); 96]) } else { BlsKey::from(&point(1 + self.below(6))) };
        SignedBy { signer, signature: BlsSignature([self.byte(); 48]) }
    }

    fn step_votes(&mut self) -> StepVotes {
        StepVotes { bitset: self.below(16), signature: BlsSignature([self.byte(); 48]) }
    }

    fn attestation(&mut self) -> Attestation {
        let vote = self.vote();
        let result =
            if self.below(2) == 0 { RatificationResult::Success(vote) } else { RatificationResult::Fail(vote) };
        Attestation { result, validation: self.step_votes(), ratification: self.step_votes() }
    }

    fn block(&mut self) -> Box<Block> {
        let about = self.header();
        let (height, iteration, prev_block_hash) = (about.round, about.iteration, about.prev_block_hash);
        let generator = self.signed().signer;
        let mut header = Header { height, iteration, prev_block_hash, generator, ..Header::default() };
        header.attestation = self.attestation();
        header.hash = if self.below(4) == 0 { self.hash() } else { header.compute_hash() };
        if self.below(2) == 0 {
            header.attestation.result = RatificationResult::Success(Vote::Valid(header.hash));
        }
        Box::new(Block { header, ..Block::default() })
    }

    fn message(&mut self) -> Message {
        let (header, vote) = (self.header(), self.vote());
        match self.below(9) {
            0 => Message::Validation(Box::new(Validation { header, vote, signed: self.signed() })),
            1 => {
                let validation = ValidationResult::new(vote, self.step_votes());
                let signed = self.signed();
                Message::Ratification(Box::new(Ratification { header, vote, timestamp: 0, validation, signed }))
            }
            2 | 3 => Message::Quorum(Box::new(Quorum { header, attestation: self.attestation() })),
            4 => {
                let result = ValidationResult::new(vote, self.step_votes());
                Message::ValidationQuorum(Box::new(ValidationQuorum { header, result }))
            }
            5 => Message::Candidate(self.block()),
            6 => Message::Block(self.block()),
            7 => {
                let count = self.below(150);
                let items = (0..count).map(|_| InventoryItem::BlockFromHash(self.hash())).collect();
                Message::Inventory(Inventory { items, max_entries: 0 })
            }
            _ => Message::GetBlocks(GetBlocks { locator: self.hash(), nonce: 0 }),
        }
    }
}

#[test]
fn a_flood_of_made_up_messages_is_judged_within_bounds() {
    let mut rng = Rng(1);
    let (mut node, _) = Node::new();
    let (mut now, mut held) = (NOW, BTreeSet::new());
    for number in 0..6_000_u64 {
        now = now.plus(Millis(rng.below(40)));
        let mut out = Vec::new();
        while node.core.deadline().is_some_and(|at| at <= now) {
            node.core.handle(now, Input::Timer, &mut out);
        }
        let peer = PeerId(rng.below(3000));
        let ingress = node.send(now, peer, rng.message(), &mut out);
        held.insert(ingress);
        for output in &out {
            match output {
                Output::Judge { ingress, verdict: Verdict::Hold } => assert!(held.contains(ingress)),
                Output::Judge { ingress, verdict } => {
                    assert!(held.remove(ingress), "{ingress:?} is judged twice, at last {verdict:?}");
                    assert!(!matches!(verdict, Verdict::Relay(_)), "nothing here is signed");
                }
                Output::Ledger { .. } => panic!("nothing here is a block"),
                _ => {}
            }
        }
        let load = node.core.load();
        assert!(load.held.0 <= 1024 && load.wanted <= 1000 && load.pooled.0 <= 1000, "{number}: {load:?}");
        assert!(load.peers <= 1024 && load.forks <= 64 && load.timers <= 2, "{number}: {load:?}");
        assert_eq!(held.len(), load.held.0, "what is not judged is held");
    }
    assert_eq!(node.core.tip().0.height, 0);
}
