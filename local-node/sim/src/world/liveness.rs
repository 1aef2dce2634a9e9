//! A healed network comes to finality within a bound that its committees give.

use std::collections::BTreeSet;

use local_node_consensus::committee::Committees;
use local_node_consensus::{EMERGENCY_ITERATION, MAX_ITERATIONS, Millis, RELAX_ITERATION};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::StepName;

use super::{Outcome, World};
use crate::keys::key;
use crate::ledger::{Ledger, committees};

/// The credits that decide a step for a candidate.
const QUORUM: u32 = 43;
/// The credits that decide it otherwise.
const MAJORITY: u32 = 33;
/// For how many steps a node waits in a round for those that are behind: in three iterations for three steps, and for
/// three more when the others have come.
const WAITED_STEPS: u64 = 18;
/// One in so many unaccounted iterations may be so because nodes were not in the same step.
const MAX_UNEXPLAINED_IN: usize = 4;
/// How many blocks finality takes at most, beyond two for each unaccounted iteration that is unsettled when everything
/// heals: blocks with dead generators before them leave iterations unaccounted for as well.
const SPARE_BLOCKS: u64 = 60;

/// The second phase of a run.
#[derive(Debug)]
pub(super) struct Healing {
    pub(super) since: Millis,
    /// The height that has to become final.
    target: u64,
    /// The height at which the run is given up.
    most: u64,
    dead: BTreeSet<usize>,
    /// When the chain has to have changed at the latest.
    until: Millis,
}

impl Healing {
    /// `is_rescued` says that a chain has an emergency block that is not final: it accounts for no iteration, and comes
    /// beside what other blocks leave unaccounted for.
    pub(super) const fn new(since: Millis, highest: u64, is_rescued: bool) -> Self {
        let unaccounted = if is_rescued { 2 } else { 1 } * MAX_ITERATIONS as u64;
        let most = highest + 2 * unaccounted + SPARE_BLOCKS;
        Self { since, target: highest + 1, most, dead: BTreeSet::new(), until: since }
    }
}

impl World {
    pub(super) fn bury(&mut self, node: usize) {
        if let Some(healing) = &mut self.healing {
            healing.dead.insert(node);
        }
    }

    pub(super) fn is_buried(&self, node: usize) -> bool {
        self.healing.as_ref().is_some_and(|healing| healing.dead.contains(&node))
    }

    /// A chain has changed: the next change has its own bound.
    pub(super) fn note_progress(&mut self) {
        self.allow(Millis(0));
    }

    /// Gives the network the time that its slowest tip may need for a block, and `more`.
    pub(super) fn allow(&mut self, more: Millis) {
        if self.healing.is_none() {
            return;
        }
        let mut longest = Some(Millis(0));
        for node in 0..self.nodes.len() {
            if !self.is_buried(node) {
                longest =
                    longest.and_then(|longest| Some(longest.max(self.time_for_a_block(&self.nodes[node].ledger)?)));
            }
        }
        match longest {
            Some(longest) => {
                let until = self.now.plus(longest).plus(more);
                if let Some(healing) = &mut self.healing {
                    healing.until = until;
                }
            }
            None if self.ended.is_none() => self.ended = Some(Outcome::Undecidable),
            None => {}
        }
    }

    /// How long a block on this tip may take; `None` when no committee can decide with the living.
    fn time_for_a_block(&self, ledger: &Ledger) -> Option<Millis> {
        let living = self.living();
        let tip = ledger.tip();
        let mut committees = committees(tip, tip.block.header.height + 1);
        let mut can_decide = |iteration: u8| {
            let generator = committees.generator(iteration);
            let mut credits = |step| self.living_credits(&mut committees, iteration, step);
            generator.is_some_and(|generator| living.contains(&generator))
                && credits(StepName::Validation) >= QUORUM
                && credits(StepName::Ratification) >= QUORUM
        };
        // A node that comes back resumes behind the first iteration of emergency mode.
        let iteration = (EMERGENCY_ITERATION + 1..MAX_ITERATIONS).find(|iteration| can_decide(*iteration))?;
        let longest = self.config.timeouts.max.0;
        // A generator whose clock was ahead may have dated the tip so that the slot opens later.
        let slot = Millis::from_secs(tip.block.header.timestamp).since(self.now).0;
        Some(Millis(slot + ((u64::from(iteration) + 2) * 3 + WAITED_STEPS) * longest + 4 * longest * 3 / 2))
    }

    /// The credits of a committee with which the living vote.
    fn living_credits(&self, committees: &mut Committees, iteration: u8, step: StepName) -> u32 {
        let living = self.living();
        let committee = committees.voting(iteration, step);
        committee.members().iter().filter(|it| living.contains(&it.key)).map(|it| it.credits).sum()
    }

    /// Of the iterations after the healing that blocks do not account for: how many there are, and how many of them the
    /// living could have accounted for.
    ///
    /// They could not where they have less than a majority of the ratification. Neither could they where their
    /// validation succeeds, and they have less than a supermajority of the ratification: then they vote for the
    /// candidate there, and no result comes to be.
    fn unaccounted(&self) -> (usize, usize) {
        let Some(healing) = &self.healing else { return (0, 0) };
        let highest = self.nodes.iter().enumerate().filter(|(node, _)| !self.is_buried(*node));
        let Some((_, node)) = highest.max_by_key(|(_, node)| node.ledger.tip().block.header.height) else {
            return (0, 0);
        };
        let living = self.living();
        let (mut all, mut unexplained) = (0, 0);
        for pair in node.ledger.blocks().windows(2) {
            let [before, after] = pair else { continue };
            let header = &after.block.header;
            if header.height <= healing.target {
                continue;
            }
            let mut committees = committees(before, header.height);
            for iteration in 0..header.iteration.min(RELAX_ITERATION) {
                if header.failed_iterations.proven().any(|(proven, _)| proven == iteration) {
                    continue;
                }
                all += 1;
                let generates = committees.generator(iteration).is_some_and(|generator| living.contains(&generator));
                let validates = self.living_credits(&mut committees, iteration, StepName::Validation) >= QUORUM;
                let ratifies = self.living_credits(&mut committees, iteration, StepName::Ratification);
                let needed = if generates && validates { QUORUM } else { MAJORITY };
                unexplained += usize::from(ratifies >= needed);
            }
        }
        (all, unexplained)
    }

    /// The keys of the nodes that are alive.
    fn living(&self) -> BTreeSet<BlsKey> {
        let nodes = self.nodes.iter().enumerate().filter(|(node, _)| !self.is_buried(*node));
        nodes.flat_map(|(_, node)| node.keys.iter().map(|number| key(*number))).collect()
    }

    pub(super) fn check_liveness(&mut self) {
        let Some(healing) = &self.healing else { return };
        if self.ended.is_some() {
            return;
        }
        let living = |node: &usize| !healing.dead.contains(node);
        let settled = (0..self.nodes.len())
            .filter(living)
            .map(|node| self.nodes[node].ledger.final_height())
            .min()
            .unwrap_or_default();
        if settled >= healing.target {
            self.ended = Some(Outcome::Final);
        } else if self.now > healing.until {
            let what = format!("no chain has changed in time; {}", self.positions());
            self.violate(what);
        } else if self.highest() > healing.most {
            let (count, (all, unexplained)) = (self.highest() - healing.target, self.unaccounted());
            let what = format!(
                "{count} blocks without finality; {all} iterations are unaccounted for, {unexplained} of them without \
                 need; {}",
                self.positions()
            );
            if all == 0 || unexplained * MAX_UNEXPLAINED_IN > all {
                self.violate(what);
            } else {
                self.ended = Some(Outcome::Unsettled(what));
            }
        }
    }

    fn positions(&self) -> String {
        let position = |node: &crate::node::Node| {
            let tip = &node.ledger.tip().block.header;
            let round = node.core.as_ref().and_then(local_node_core::Core::position);
            format!("{} {:02x?} (final {}, round {round:?})", tip.height, &tip.hash[..2], node.ledger.final_height())
        };
        self.nodes.iter().map(position).collect::<Vec<_>>().join(", ")
    }
}
