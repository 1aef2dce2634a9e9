//! Makes a failing plan smaller: fewer faults, no adversary, no dead nodes, a better network, fewer nodes.
//!
//! Delta debugging: a change is kept when the run still fails. Every run is a function of plan and seed, so the result
//! fails for certain. A change of the plan changes what chance does, so another failure may take the place of the first
//! one; the report says which one it is.

use local_node_consensus::Millis;

use crate::plan::{Fault, Plan};
use crate::rng::Rng;
use crate::world::{Options, Outcome, Report, run};

/// The most runs for one failure.
const MAX_RUNS: usize = 500;
/// The fewest nodes of a plan: with fewer, committees are empty.
const MIN_NODES: usize = 4;

/// A failing plan from which nothing could be left out.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The plan.
    pub plan: Plan,
    /// The report of its run, with all that is needed to draw it.
    pub report: Report,
    /// How many runs it took.
    pub runs: usize,
}

/// Whether a change applies, and the change.
type Change<'a> = (&'a dyn Fn(&Plan) -> bool, &'a dyn Fn(&mut Plan));

struct Shrinker<'a> {
    rng: &'a Rng,
    options: Options,
    runs: usize,
    /// The smallest plan that fails.
    best: Plan,
}

/// Shrinks a plan that fails with this state of chance; `None` when it does not fail.
#[must_use]
pub fn shrink(plan: &Plan, rng: &Rng, options: Options) -> Option<Shrunk> {
    let mut shrinker = Shrinker { rng, options, runs: 0, best: plan.clone() };
    if !shrinker.fails(plan) {
        return None;
    }
    loop {
        let runs = shrinker.runs;
        let changed = shrinker.drop_faults() | shrinker.simplify();
        if !changed || shrinker.runs >= MAX_RUNS || shrinker.runs == runs {
            break;
        }
    }
    let Shrinker { best, runs, .. } = shrinker;
    let report = run(&best, rng.clone(), Options { tell: true, ..options });
    Some(Shrunk { plan: best, report, runs })
}

impl Shrinker<'_> {
    fn fails(&mut self, plan: &Plan) -> bool {
        self.runs += 1;
        matches!(run(plan, self.rng.clone(), self.options).outcome, Outcome::Violated(_))
    }

    /// Keeps a plan if it still fails.
    fn try_plan(&mut self, plan: Plan) -> bool {
        let fails = self.runs < MAX_RUNS && self.fails(&plan);
        if fails {
            self.best = plan;
        }
        fails
    }

    /// Leaves faults out, first halves of them, then ever smaller parts.
    fn drop_faults(&mut self) -> bool {
        let before = self.best.faults.len();
        let mut part = before.div_ceil(2);
        while part > 0 && self.runs < MAX_RUNS {
            let mut from = 0;
            while from < self.best.faults.len() && self.runs < MAX_RUNS {
                let mut plan = self.best.clone();
                plan.faults.drain(from..(from + part).min(plan.faults.len()));
                if !self.try_plan(plan) {
                    from += part;
                }
            }
            part /= 2;
        }
        self.best.faults.len() < before
    }

    /// Tries everything else that makes a plan simpler.
    fn simplify(&mut self) -> bool {
        let calm = Plan::calm(MIN_NODES);
        let changes: [Change<'_>; 11] = [
            (&|it| it.adversary.is_some(), &|it| (it.adversary, it.dies) = (None, false)),
            (&|it| it.dies, &|it| it.dies = false),
            (&|it| !it.dead.is_empty(), &|it| it.dead.clear()),
            (&|it| it.rules.restakes, &|it| it.rules.restakes = false),
            (&|it| it.transfers > 0, &|it| it.transfers = 0),
            (&|it| it.loss > 0, &|it| it.loss = 0),
            (&|it| it.duplication > 0, &|it| it.duplication = 0),
            (&|it| it.stragglers > 0, &|it| it.stragglers = 0),
            (&|it| it.delay > calm.delay, &|it| it.delay = calm.delay),
            (&|it| it.skews.iter().any(|skew| *skew > 0), &|it| it.skews.fill(0)),
            (&|it| it.stakes.iter().any(|stake| *stake != 2000), &|it| it.stakes.fill(2000)),
        ];
        let mut changed = false;
        for (applies, change) in changes {
            if applies(&self.best) {
                let mut plan = self.best.clone();
                change(&mut plan);
                changed |= self.try_plan(plan);
            }
        }
        while self.best.keys.len() > MIN_NODES
            && let Some(plan) = without_last_node(&self.best)
            && self.try_plan(plan)
        {
            changed = true;
        }
        // An earlier healing makes a shorter run.
        while self.best.heals.0 > 2000 {
            let heals = Millis(self.best.heals.0 * 3 / 4);
            let mut plan = Plan { heals, ..self.best.clone() };
            plan.faults.retain(|(at, _)| *at < heals);
            if !self.try_plan(plan) {
                break;
            }
            changed = true;
        }
        changed
    }
}

/// The plan with one node and one provisioner less; `None` when the adversary is the last node.
fn without_last_node(plan: &Plan) -> Option<Plan> {
    let last = plan.keys.len() - 1;
    if plan.adversary.is_some_and(|(node, _)| node == last) {
        return None;
    }
    let mut plan = plan.clone();
    plan.keys.truncate(last);
    plan.stakes.truncate(last);
    plan.skews.truncate(last);
    let gone = last as u64 + 1;
    plan.keys.iter_mut().for_each(|keys| keys.retain(|number| *number < gone));
    plan.dead.retain(|node| *node < last);
    plan.rules.restakes = false;
    plan.faults.retain(|(_, fault)| fault.nodes().iter().all(|node| *node < last));
    for (_, fault) in &mut plan.faults {
        if let Fault::Split(groups) = fault {
            groups.truncate(last);
        }
    }
    Some(plan)
}
