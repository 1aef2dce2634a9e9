//! The faults of a run, chosen from the seed before it begins.

use std::fmt;

use local_node_consensus::Millis;

use crate::adversary::Attack;
use crate::ledger::Rules;
use crate::rng::Rng;

/// Something that goes wrong, or that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Messages pass only between nodes of the same group.
    Split(Vec<u8>),
    /// Messages from the first node do not reach the second.
    OneWay(usize, usize),
    /// All messages pass again.
    Join,
    /// Only this node hears ratifications and quorums, until it has accepted a block by them. Then it is cut off for so
    /// many milliseconds: it holds a block of an iteration that the others take for failed.
    Funnel(usize, u64),
    /// A node stops and loses the records that are not on disk, up to a part of the tail.
    Crash(usize),
    /// A stopped node starts.
    Start(usize),
    /// The disk of a node takes up to so many milliseconds to write.
    Disk(usize, u64),
    /// The ledger of a node takes up to so many milliseconds for everything.
    Work(usize, u64),
    /// The disk of a node is full: nothing is written, neither log nor ledger.
    Full(usize),
    /// The disk of a node has room again.
    Freed(usize),
    /// A node stops after its next change of the ledger is on disk, before its core hears of it.
    CrashInLedger(usize),
    /// A node stops after it has carried out so many more outputs of its core, in the middle of a list.
    CrashInOutputs(usize, u8),
    /// The clock of a node jumps ahead by so many milliseconds.
    Jump(usize, u64),
    /// The clock of a node runs at so many thousandths of the true speed.
    Drift(usize, u64),
    /// Messages from the first node to the second wait for so many milliseconds and then come all at once.
    Clog(usize, usize, u64),
    /// So many of the latest messages come to a node once more, also those that it has had.
    Replay(usize, u64),
    /// The holder of the emergency key makes a block after a node's tip, if one is due, and gives it to that node.
    Rescue(usize),
    /// Somebody without the key does.
    FalseRescue(usize),
}

impl Fault {
    /// The nodes that it is about; none for those that concern the whole network.
    #[must_use]
    pub fn nodes(&self) -> Vec<usize> {
        match self {
            Self::Split(_) | Self::Join => Vec::new(),
            Self::OneWay(one, other) | Self::Clog(one, other, _) => vec![*one, *other],
            Self::Funnel(node, _)
            | Self::Crash(node)
            | Self::Start(node)
            | Self::Disk(node, _)
            | Self::Work(node, _)
            | Self::Full(node)
            | Self::Freed(node)
            | Self::CrashInLedger(node)
            | Self::CrashInOutputs(node, _)
            | Self::Jump(node, _)
            | Self::Drift(node, _)
            | Self::Replay(node, _)
            | Self::Rescue(node)
            | Self::FalseRescue(node) => vec![*node],
        }
    }
}

/// A run before it begins.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The stakes of the provisioners, in DUSK.
    pub stakes: Vec<u64>,
    /// The provisioners with whose keys each node votes, by number, from 1.
    pub keys: Vec<Vec<u64>>,
    /// Messages that get lost, in percent.
    pub loss: u64,
    /// Messages that come twice, in percent.
    pub duplication: u64,
    /// The longest time that most messages take, in milliseconds. Times differ, so messages overtake each other.
    pub delay: u64,
    /// Messages that take up to 20 times as long, in percent.
    pub stragglers: u64,
    /// How far each node's clock is ahead, in milliseconds.
    pub skews: Vec<u64>,
    /// The node that follows other rules, and what it does.
    pub adversary: Option<(usize, Attack)>,
    /// Whether the adversary is dead after the healing; otherwise it is honest then.
    pub dies: bool,
    /// Other nodes that are dead after the healing.
    pub dead: Vec<usize>,
    /// How long it takes at most from one transfer of a client to the next, in milliseconds; 0 when there are none but
    /// those that wait at every node from the start.
    pub transfers: u64,
    /// Rules of the ledger beyond blocks and transfers.
    pub rules: Rules,
    /// The faults and their times, counted from the start.
    pub faults: Vec<(Millis, Fault)>,
    /// When everything heals.
    pub heals: Millis,
}

/// The longest first phase, in milliseconds.
const MAX_FAULTY_MS: u64 = 90_000;
/// One in so many runs has a first phase of such a length instead, in which no node hears another for most of the time,
/// so that rounds run out of iterations.
const LONG_ONE_IN: u64 = 20;
const LONG_MS: u64 = 800_000;
/// From when on an emergency block is due in such a run, if no block has come since its beginning.
const RESCUE_MS: u64 = 615_000;
/// In how many runs of a hundred an adversary lies in headers, if the plan has no other adversary.
const LIARS_PERCENT: u64 = 15;
/// In how many runs of a hundred a node is dead after the healing, if no adversary dies then.
const DEAD_PERCENT: u64 = 10;
/// The chance of these two is mixed with this number. With it, the seeds that tests name keep their plans.
const LAST: u64 = 44_674;
/// The farthest that a clock jumps in one go, in milliseconds: beyond what a block may be ahead.
const MAX_JUMP_MS: u64 = 5000;

impl Plan {
    /// A run in which nothing goes wrong, with equal stakes and a node for each.
    #[must_use]
    pub fn calm(nodes: usize) -> Self {
        Self {
            stakes: vec![2000; nodes],
            keys: (1..=nodes as u64).map(|number| vec![number]).collect(),
            loss: 0,
            duplication: 0,
            delay: 20,
            stragglers: 0,
            skews: vec![0; nodes],
            adversary: None,
            dies: false,
            dead: Vec::new(),
            transfers: 0,
            rules: Rules::CHAIN,
            faults: Vec::new(),
            heals: Millis(0),
        }
    }

    /// Draws a run.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let nodes = usize::try_from(rng.between(4, 7)).unwrap_or(4);
        let mut plan = Self::calm(nodes);
        if rng.percent(60) {
            plan.stakes.iter_mut().for_each(|stake| *stake = rng.between(1000, 4000));
        }
        if rng.percent(20) {
            // A node with two keys, and one without any.
            plan.keys[0] = vec![1, nodes as u64];
            plan.keys[nodes - 1].clear();
        }
        // Each class of faults is there or not, so that runs differ in more than numbers.
        if rng.percent(60) {
            plan.loss = rng.between(1, 20);
        }
        if rng.percent(50) {
            plan.duplication = rng.between(1, 30);
        }
        if rng.percent(70) {
            plan.delay = rng.between(20, 500);
        }
        if rng.percent(30) {
            plan.stragglers = rng.between(1, 10);
        }
        if rng.percent(40) {
            plan.skews.iter_mut().for_each(|skew| *skew = rng.between(0, 1500));
        }
        if rng.percent(40) {
            plan.adversary = Some((rng.place(nodes), Attack::draw(rng)));
        }
        let length = if rng.percent(100 / LONG_ONE_IN) { LONG_MS } else { rng.between(20_000, MAX_FAULTY_MS) };
        plan.heals = Millis(length);
        plan.draw_faults(rng, length);
        plan.dies = plan.adversary.is_some() && rng.percent(50);
        if rng.percent(30) {
            // The newcomer's key is with a node that has another one.
            plan.rules = Rules { restakes: true, newcomer: nodes as u64 + 1, ..plan.rules };
            plan.keys[1].push(nodes as u64 + 1);
        }
        plan.draw_rare_faults(rng, length);
        // Drawn last, so that older seeds keep their faults.
        if rng.percent(70) {
            plan.transfers = rng.between(200, 2000);
        }
        if length == LONG_MS {
            plan.draw_rescues(rng);
        }
        plan.faults.retain(|(at, _)| at.0 < length);
        plan.faults.sort_by_key(|(at, _)| *at);
        plan.draw_last(&mut Rng::new(rng.clone().next() ^ LAST));
        plan
    }

    /// Draws the faults that were added to plans last. They have their own chance, so that the rest of a run stays.
    fn draw_last(&mut self, rng: &mut Rng) {
        let nodes = self.keys.len();
        if rng.percent(LIARS_PERCENT) && self.adversary.is_none() {
            self.adversary = Some((rng.place(nodes), Attack::LieInHeader));
            self.dies = rng.percent(50);
        }
        if rng.percent(DEAD_PERCENT) && !self.dies {
            self.dead.push(rng.place(nodes));
        }
    }

    /// Faults of single nodes and links, each of them in a few runs only.
    fn draw_rare_faults(&mut self, rng: &mut Rng, length: u64) {
        let nodes = self.keys.len();
        let forgets = self.adversary.filter(|(_, attack)| *attack == Attack::ForgetVotes).map(|(node, _)| node);
        let classes: Vec<bool> = (0..6).map(|_| rng.percent(25)).collect();
        if let Some(node) = forgets {
            for _ in 0..6 {
                let at = rng.between(500, length);
                self.faults.push((Millis(at), Fault::Crash(node)));
                self.faults.push((Millis(at + rng.between(1, 1500)), Fault::Start(node)));
            }
        }
        let mut at = rng.between(500, 6000);
        while at < length {
            let node = rng.place(nodes);
            let later = Millis(at + rng.between(1, 15_000));
            match rng.below(6) {
                0 if classes[0] => {
                    self.faults.push((Millis(at), Fault::Full(node)));
                    self.faults.push((later, Fault::Freed(node)));
                }
                1 if classes[1] => {
                    self.faults.push((Millis(at), Fault::CrashInLedger(node)));
                    self.faults.push((later, Fault::Start(node)));
                }
                2 if classes[2] => {
                    let count = u8::try_from(rng.between(1, 12)).unwrap_or(1);
                    self.faults.push((Millis(at), Fault::CrashInOutputs(node, count)));
                    self.faults.push((later, Fault::Start(node)));
                }
                3 if classes[3] => {
                    let fault = match rng.below(2) {
                        0 => Fault::Jump(node, rng.between(100, MAX_JUMP_MS)),
                        _ => Fault::Drift(node, rng.between(900, 1100)),
                    };
                    self.faults.push((Millis(at), fault));
                }
                4 if classes[4] => {
                    let fault = Fault::Clog(node, rng.place(nodes), rng.between(500, 8000));
                    self.faults.push((Millis(at), fault));
                }
                5 if classes[5] => self.faults.push((Millis(at), Fault::Replay(node, rng.between(1, 40)))),
                _ => {}
            }
            at += rng.between(200, if length == LONG_MS { 60_000 } else { 8000 });
        }
    }

    /// Emergency blocks, in a half of the long runs; in a half of these, all nodes hear each other afterwards.
    fn draw_rescues(&mut self, rng: &mut Rng) {
        let (rescued, joined) = (rng.percent(50), rng.percent(50));
        let (mut at, mut left) = (rng.between(RESCUE_MS, LONG_MS), rng.between(1, 4));
        while rescued && at < LONG_MS && left > 0 {
            let node = rng.place(self.keys.len());
            let fault = if rng.percent(30) { Fault::FalseRescue(node) } else { Fault::Rescue(node) };
            self.faults.push((Millis(at), fault));
            (at, left) = (at + rng.between(1, 20_000), left - 1);
        }
        if rescued && joined {
            self.faults.push((Millis(at + rng.between(1, 10_000)), Fault::Join));
        }
    }

    fn draw_faults(&mut self, rng: &mut Rng, length: u64) {
        let nodes = self.keys.len();
        let classes: Vec<bool> = (0..6).map(|_| rng.percent(50)).collect();
        let false_branch = self.adversary.filter(|(_, attack)| *attack == Attack::FalseBranch).map(|(node, _)| node);
        let is_long = length == LONG_MS;
        if is_long {
            self.faults.push((Millis(rng.between(3000, 30_000)), Fault::Split((0..).take(nodes).collect())));
        }
        let mut at = rng.between(500, 6000);
        while at < length {
            let node = rng.place(nodes);
            let fault = match rng.below(10) {
                0 if classes[0] && !is_long => {
                    let percent = rng.between(20, 60);
                    Some(Fault::Split((0..nodes).map(|_| u8::from(rng.percent(percent))).collect()))
                }
                1 if classes[0] && rng.percent(20) && !is_long => Some(Fault::Split((0..).take(nodes).collect())),
                2 if classes[1] => Some(Fault::OneWay(node, rng.place(nodes))),
                3 | 4 if classes[2] => {
                    self.faults.push((Millis(at + rng.between(1, 20_000)), Fault::Start(node)));
                    Some(Fault::Crash(node))
                }
                5 if classes[3] => Some(Fault::Disk(node, rng.between(1, 1500))),
                6 if classes[4] => Some(Fault::Work(node, rng.between(1, 1200))),
                7 if !is_long => Some(Fault::Join),
                8 | 9 if classes[5] && false_branch.is_none() => Some(Fault::Funnel(node, rng.between(500, 20_000))),
                _ if false_branch.is_some() => false_branch.map(|node| Fault::Funnel(node, rng.between(800, 3500))),
                _ => None,
            };
            self.faults.extend(fault.map(|fault| (Millis(at), fault)));
            at += rng.between(200, if is_long { 60_000 } else { 8000 });
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "stakes {:?}, keys {:?}, clocks ahead by {:?} ms", self.stakes, self.keys, self.skews)?;
        writeln!(
            f,
            "loss {} %, duplication {} %, delay to {} ms, stragglers {} %",
            self.loss, self.duplication, self.delay, self.stragglers
        )?;
        if let Some((node, attack)) = &self.adversary {
            let end = if self.dies { "dies" } else { "is honest" };
            writeln!(f, "node {node} is an adversary, and {end} in the end: {attack:?}")?;
        }
        if !self.dead.is_empty() {
            writeln!(f, "nodes {:?} are dead in the end", self.dead)?;
        }
        if self.rules.restakes {
            writeln!(f, "transactions change stakes, the first of them that of provisioner {}", self.rules.newcomer)?;
        }
        if self.transfers > 0 {
            writeln!(f, "a transfer each {} ms at most", self.transfers)?;
        }
        for (at, fault) in &self.faults {
            writeln!(f, "{:>9} ms  {fault:?}", at.0)?;
        }
        write!(f, "{:>9} ms  everything heals", self.heals.0)
    }
}
