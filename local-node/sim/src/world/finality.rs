//! One final block at each height, unless something explains two.

use local_node_types::keys::BlsKey;

use super::{Outcome, World};
use crate::adversary::Attack;
use crate::checkers::{Conflict, ratifiers};
use crate::keys::key;

impl World {
    pub(super) fn check_finality(&mut self, node: usize) {
        let (from, to) = (self.nodes[node].settled, self.nodes[node].ledger.final_height());
        self.nodes[node].settled = to.max(from);
        if let Some(conflict) = self.checkers.finals(node, &self.nodes[node].ledger, from, to) {
            self.explain(node, conflict);
        }
    }

    /// Two nodes have different final blocks at a height, and the same ones below it.
    fn explain(&mut self, node: usize, conflict: Conflict) {
        let Conflict { height, first } = conflict;
        let (ours, theirs) = (&self.nodes[node].ledger, &self.nodes[first].ledger);
        let iteration = |ledger: &crate::ledger::Ledger| ledger.at(height).map(|it| it.block.header.iteration);
        let same_committee = iteration(ours) == iteration(theirs);
        // Of two blocks of one iteration, a member ratifies one; of their children, it ratifies one as well, unless its
        // node has let go of one of the two blocks in a stall.
        let rivals = self.shared(node, first, height);
        let children = self.shared(node, first, height + 1);
        let what = format!("block {height} is final with two hashes, at nodes {node} and {first}");
        if same_committee && !rivals.is_empty() {
            return self.violate(format!("{what}: {rivals:?} ratified both"));
        }
        if let Some(stubborn) = children.iter().find(|key| !self.has_yielded(key, height)) {
            return self.violate(format!("{what}: {stubborn:?} ratified a block on each"));
        }
        let why = if children.is_empty() { "the quorums were disjoint" } else { "nodes gave way in a stall" };
        if self.ended.is_none() {
            self.ended = Some(Outcome::Parted(format!("{what}: {why}")));
        }
    }

    /// The honest keys that ratified the blocks of both nodes at a height.
    fn shared(&self, one: usize, other: usize, height: u64) -> Vec<BlsKey> {
        let theirs = ratifiers(&self.nodes[other].ledger, height);
        let mut both = ratifiers(&self.nodes[one].ledger, height);
        both.retain(|key| theirs.contains(key) && self.is_honest_key(key));
        both
    }

    /// Whether an honest node, and no other one, signs with a key.
    fn is_honest_key(&self, wanted: &BlsKey) -> bool {
        let twin = self.plan.adversary.filter(|(_, attack)| *attack == Attack::DuplicateKey).map(|(twin, _)| twin);
        let victim = twin.map(|twin| (twin + 1) % self.nodes.len());
        self.owner(wanted).is_some_and(|node| self.is_honest(node) && Some(node) != victim)
    }

    fn owner(&self, wanted: &BlsKey) -> Option<usize> {
        self.plan.keys.iter().position(|keys| keys.iter().any(|number| key(*number) == *wanted))
    }

    /// Whether the node of a key has taken back a block at this height in a stall.
    fn has_yielded(&self, key: &BlsKey, height: u64) -> bool {
        self.owner(key).is_some_and(|node| self.nodes[node].yielded.contains(&height))
    }
}

#[cfg(test)]
mod tests {
    use local_node_consensus::finality::roll;
    use local_node_core::{Answer, LedgerRequest};
    use local_node_types::ledger::{Block, Header};

    use super::*;
    use crate::plan::Plan;
    use crate::rng::Rng;
    use crate::world::Options;

    /// Appends a block whose ratification names these members.
    fn accept(world: &mut World, node: usize, iteration: u8, salt: u64, bitset: u64) {
        let ledger = &mut world.nodes[node].ledger;
        let tip = &ledger.tip().block.header;
        let (height, prev_block_hash) = (tip.height + 1, tip.hash);
        let header = Header { height, iteration, prev_block_hash, gas_limit: salt, ..Header::default() };
        let mut block = Box::new(Block { header, ..Block::default() });
        block.header.state_root = ledger.root_after(&block);
        block.header.hash = block.header.compute_hash();
        block.header.attestation.ratification.bitset = bitset;
        let unsettled = ledger.blocks().iter().filter(|stored| !stored.label.is_final());
        let open: Vec<_> = unsettled.map(|stored| (stored.block.header.height, stored.label)).collect();
        let rolled = roll(&open, height, 0);
        let (label, relabelled) = (rolled.label, rolled.changed);
        let answer = ledger.carry_out(LedgerRequest::Accept { block, executed: None, label, relabelled });
        assert!(matches!(answer, Answer::Accepted { .. }));
    }

    /// Two nodes come to different final blocks at height 1, of these iterations; `members` ratified the blocks after
    /// them.
    fn parted(iterations: [u8; 2], members: [u64; 2], yielded: &[u64]) -> Option<Outcome> {
        let mut world = World::new(&Plan::calm(7), Rng::new(1), Options::default());
        for node in 0..2_u8 {
            let place = usize::from(node);
            accept(&mut world, place, iterations[place], node.into(), members[place]);
            accept(&mut world, place, 0, node.into(), members[place]);
        }
        world.nodes.iter_mut().for_each(|node| node.yielded.extend(yielded));
        world.check_finality(0);
        assert_eq!(world.ended, None);
        world.check_finality(1);
        world.ended
    }

    #[test]
    fn two_final_blocks_are_explained_by_disjoint_quorums_and_stalls_alone() {
        let all = u64::MAX;
        let says = |outcome: Option<Outcome>| match outcome {
            Some(Outcome::Violated(violation)) => violation.what,
            Some(Outcome::Parted(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(says(parted([0, 0], [all, all], &[1])).ends_with("ratified both"));
        // A stall at another height explains nothing.
        assert!(says(parted([0, 1], [all, all], &[])).ends_with("ratified a block on each"));
        assert!(says(parted([0, 1], [all, all], &[2, 3])).ends_with("ratified a block on each"));
        assert!(says(parted([0, 1], [all, all], &[1])).ends_with("nodes gave way in a stall"));
        assert!(says(parted([0, 1], [all, 0], &[])).ends_with("the quorums were disjoint"));
    }
}
