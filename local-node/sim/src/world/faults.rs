//! Faults, and the healing.

use local_node_consensus::Millis;

use super::liveness::Healing;
use super::rescue::STRANGER_KEY;
use super::{Event, Funnel, World};
use crate::adversary::Attack;
use crate::keys::EMERGENCY_KEY;
use crate::marks::Mark;
use crate::node::Clock;
use crate::plan::Fault;
use crate::trace::Item;

/// How far a clock may be ahead after the healing, in milliseconds: a clock that is wrong by more is set right, and its
/// node starts anew.
const MAX_AHEAD_MS: u64 = 1500;
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
        self.trace(|| Item::Fault(format!("{fault:?}")));
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
                    self.crash_node(node);
                }
            }
            Fault::Start(node) => self.restart(node),
            Fault::Disk(node, most) => self.nodes[node].disk = most,
            Fault::Work(node, most) => self.nodes[node].work = most,
            Fault::Full(node) => self.nodes[node].full = true,
            Fault::Freed(node) => self.free(node),
            Fault::CrashInLedger(node) => self.nodes[node].stops_in_ledger = true,
            Fault::CrashInOutputs(node, count) => self.nodes[node].stops_in_outputs = Some(count),
            Fault::Jump(node, ahead) => {
                self.marks.note(Mark::ClockWrong);
                self.nodes[node].clock.jump(self.now, Millis(ahead));
                self.set_timer(node);
            }
            Fault::Drift(node, speed) => {
                self.marks.note(Mark::ClockWrong);
                self.nodes[node].clock.drift(self.now, speed);
                self.set_timer(node);
            }
            Fault::Clog(from, to, time) => self.clogged[from][to] = self.now.plus(Millis(time)),
            Fault::Rescue(node) => self.rescue(node, EMERGENCY_KEY),
            Fault::FalseRescue(node) => self.rescue(node, STRANGER_KEY),
            Fault::Replay(node, count) => {
                let count = usize::try_from(count).unwrap_or_default().min(self.sent.len());
                let again: Vec<_> = self.sent.iter().rev().take(count).cloned().collect();
                for sent in again.into_iter().filter(|sent| sent.from != node) {
                    let delay = self.rng.below(200);
                    self.schedule(delay, Event::Replay { to: node, sent });
                }
            }
        }
    }

    /// The disk of a node has room again.
    fn free(&mut self, node: usize) {
        if std::mem::take(&mut self.nodes[node].full) {
            self.restart(node);
            self.write(node);
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

    /// The second phase: the network is well, and so are all nodes but those that the plan has dead. An adversary is
    /// dead or honest from now on.
    pub(super) fn heal(&mut self) {
        self.tell(|| "everything heals".to_owned());
        self.trace(|| Item::Fault("everything heals".to_owned()));
        self.note_height(0);
        let count = self.nodes.len();
        (0..count).for_each(|node| self.check_log(node));
        self.blocked = vec![vec![false; count]; count];
        self.clogged = vec![vec![Millis(0); count]; count];
        self.funnel = None;
        (self.plan.loss, self.plan.duplication, self.plan.stragglers, self.plan.delay) = (0, 0, 0, 50);
        for node in &mut self.nodes {
            (node.disk, node.work) = (20, 10);
            (node.stops_in_ledger, node.stops_in_outputs) = (false, None);
            // An adversary that lives on comes back under another name.
            node.dropped.clear();
        }
        self.healing = Some(Healing::new(self.now, self.highest(), self.is_rescued()));
        if let Some((adversary, attack)) = self.plan.adversary {
            self.end_attack(adversary, attack);
        }
        for node in self.plan.dead.clone() {
            self.die(node);
        }
        for node in 0..count {
            if self.is_buried(node) {
                continue;
            }
            self.heal_clock(node);
            self.free(node);
            self.restart(node);
        }
        self.allow(Millis(0));
    }

    /// From now on an adversary is dead or honest.
    fn end_attack(&mut self, node: usize, attack: Attack) {
        if attack == Attack::DuplicateKey {
            self.nodes[node].keys.clone_from(&self.plan.keys[node]);
        }
        if self.plan.dies {
            self.die(node);
        } else if self.nodes[node].core.is_some() && attack == Attack::DuplicateKey {
            self.stop_node(node);
        }
    }

    /// A node stops for the rest of the run.
    fn die(&mut self, node: usize) {
        self.tell(|| format!("node {node} dies"));
        self.trace(|| Item::Fault(format!("node {node} dies")));
        self.bury(node);
        if self.nodes[node].core.is_some() {
            self.stop_node(node);
        }
    }

    /// A clock that is about right goes on at the true speed; another one is set.
    fn heal_clock(&mut self, node: usize) {
        let now = self.now;
        let ahead = self.nodes[node].clock.at(now).0.abs_diff(now.0);
        if ahead <= MAX_AHEAD_MS {
            self.nodes[node].clock.drift(now, 1000);
            return self.set_timer(node);
        }
        if self.nodes[node].core.is_some() {
            self.stop_node(node);
        }
        self.nodes[node].clock = Clock::ahead(now, Millis(0));
    }
}
