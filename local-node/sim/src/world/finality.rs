//! One final block at each height, unless something explains two.

use local_node_types::keys::BlsKey;

use super::{Outcome, World};
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
        // node has given way in a stall.
        let rivals = self.shared(node, first, height);
        let children = self.shared(node, first, height + 1);
        let what = format!("block {height} is final with two hashes, at nodes {node} and {first}");
        if same_committee && !rivals.is_empty() {
            return self.violate(format!("{what}: {rivals:?} ratified both"));
        }
        if let Some(stubborn) = children.iter().find(|key| !self.has_yielded(key)) {
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
        both.retain(|key| theirs.contains(key) && self.owner(key).is_some_and(|node| self.is_honest(node)));
        both
    }

    fn owner(&self, wanted: &BlsKey) -> Option<usize> {
        self.nodes.iter().position(|node| node.keys.iter().any(|number| key(*number) == *wanted))
    }

    fn has_yielded(&self, key: &BlsKey) -> bool {
        self.owner(key).is_some_and(|node| self.nodes[node].yielded)
    }
}
