//! What goes wrong, and the healing.

use local_node_consensus::Millis;

use super::World;
use super::liveness::Healing;
use crate::marks::Mark;
use crate::plan::Fault;

impl World {
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
        (self.plan.loss, self.plan.duplication, self.plan.stragglers, self.plan.delay) = (0, 0, 0, 50);
        for node in &mut self.nodes {
            (node.disk, node.work) = (3, 10);
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
