//! What goes wrong, and the healing.

use local_node_consensus::Millis;

use super::liveness::Healing;
use super::{Funnel, World};
use crate::marks::Mark;
use crate::plan::Fault;

/// How long a node is waited for to accept a block by itself.
const LONGEST_FUNNEL_MS: u64 = 12_000;

impl World {
    /// A node has accepted a block: if it is the one that heard all votes, it is cut off now.
    pub(super) fn cut_off(&mut self, node: usize) {
        let now = self.now;
        if let Some(funnel) = &mut self.funnel
            && funnel.node == node
            && !funnel.is_cut
            && now < funnel.until
        {
            funnel.is_cut = true;
            funnel.until = now.plus(Millis(funnel.cut));
        }
    }

    pub(super) fn go_wrong(&mut self, fault: Fault) {
        if self.healing.is_some() {
            return;
        }
        self.tell(|| format!("{fault:?}"));
        let count = self.nodes.len();
        match fault {
            Fault::Split(groups) => {
                for (from, row) in self.blocked.iter_mut().enumerate() {
                    for (to, blocked) in row.iter_mut().enumerate() {
                        *blocked = groups[from] != groups[to];
                    }
                }
            }
            Fault::OneWay(from, to) => self.blocked[from][to] = true,
            Fault::Funnel(node, cut) => {
                if self.funnel.is_none_or(|funnel| funnel.until <= self.now) {
                    let until = self.now.plus(Millis(LONGEST_FUNNEL_MS));
                    self.funnel = Some(Funnel { node, cut, until, is_cut: false });
                }
            }
            Fault::Join => self.blocked = vec![vec![false; count]; count],
            Fault::Crash(node) => {
                if self.nodes[node].core.is_some() {
                    self.stop_node(node);
                }
            }
            Fault::Start(node) => self.restart(node),
            Fault::Disk(node, most) => self.nodes[node].disk = most,
            Fault::Work(node, most) => self.nodes[node].work = most,
        }
    }

    fn restart(&mut self, node: usize) {
        if self.nodes[node].core.is_none() {
            if self.has_voted(node) {
                self.marks.note(Mark::RestartInRound);
            }
            self.start_node(node);
        }
    }

    /// The second phase: the network and all honest nodes are well; an adversary is dead from now on, if the others can
    /// do without it, and honest otherwise.
    pub(super) fn heal(&mut self) {
        self.tell(|| "everything heals".to_owned());
        let count = self.nodes.len();
        self.blocked = vec![vec![false; count]; count];
        self.funnel = None;
        (self.plan.loss, self.plan.duplication, self.plan.stragglers, self.plan.delay) = (0, 0, 0, 50);
        for node in &mut self.nodes {
            (node.disk, node.work) = (20, 10);
            // An adversary that lives on comes back under another name.
            node.dropped.clear();
        }
        self.healing = Some(Healing::new(self.now, self.highest()));
        if let Some((adversary, _)) = self.plan.adversary
            && self.rng.percent(50)
            && self.nodes[adversary].core.is_some()
        {
            self.tell(|| format!("node {adversary} dies"));
            self.stop_node(adversary);
            self.bury(adversary);
        }
        for node in 0..count {
            if !self.is_buried(node) {
                self.restart(node);
            }
        }
        self.allow(Millis(0));
    }
}
