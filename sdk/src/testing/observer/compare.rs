//! The comparison of what the chain shows of the runs of a test.
//!
//! Some pairs of runs differ only in their private values, others only in their random ones. A place that differs in a
//! pair of the first kind depends on private values. If no pair of the second kind differs there, the place is a
//! function of private values alone: a leak. If one does, random values may hide the private ones, and the test has to
//! declare the place.
//!
//! Random values that decide between a few contents only, such as the order of two nullifiers in a tree, may give the
//! same content twice by chance. So a place that seems to be a function of private values alone in four runs is looked
//! at again with further sets of random values, and counts if it seems so in all of them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_sdk_protocol::observation::{Action, Compared, Finding, FindingKind, MAX_FINDINGS, Observation};

use super::contracts::Contracts;
use super::private::{Declaration, Draw, RUNS, Run, pair};

/// The longest text of a value in a finding, in characters.
const MAX_SHOWN: usize = 48;
/// The most sets of random values. A place with one of two random contents seems to follow from private values alone in
/// all ten sets with a probability of 2 · 4⁻¹⁰: once in 500,000 tests.
pub(super) const MAX_RANDOM_SETS: u8 = 10;

/// The public data of one run.
pub(super) struct Shown {
    pub(super) seen: Vec<Observation>,
    pub(super) drawn: Vec<Draw>,
    pub(super) declared: Vec<Declaration>,
    /// The contracts that it deployed.
    pub(super) contracts: Contracts,
}

/// A place that is compared by whether random values change it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    /// A word of a contract's state after a transaction: its number, the contract, and the offset.
    Word(u32, [u8; 32], u64),
    /// A value that is declared random: the transaction, and the place in it.
    Value(u32, String),
    /// The gas of a declaration, by its number.
    Gas(usize),
}

/// Runs a test as often as it needs, and compares the runs.
pub(super) fn compare(mut observe: impl FnMut(Run) -> Shown) -> Compared {
    let runs = RUNS.map(&mut observe);
    let [a, b, c, d] = &runs;
    let (mut compared, first) = compare_four([a, b, c, d], None);
    let (mut confirmed, mut sets) = (first.clone(), 2);
    while !confirmed.is_empty() && sets < MAX_RANDOM_SETS {
        let [c, d] = &pair(sets).map(&mut observe);
        confirmed = compare_four([a, b, c, d], Some(&confirmed)).1;
        sets += 1;
    }
    if confirmed != first {
        (compared, _) = compare_four([a, b, c, d], Some(&confirmed));
    }
    Compared { runs: 2 * u32::from(sets), ..compared }
}

/// Compares four runs, and gives the places that seem to follow from private values alone. With `among`, only these
/// can be such places.
fn compare_four(runs: [&Shown; 4], among: Option<&BTreeSet<Doubt>>) -> (Compared, BTreeSet<Doubt>) {
    let mut comparison = Comparison::new(runs, among);
    comparison.draws();
    comparison.transactions();
    comparison.declarations();
    (comparison.compared, comparison.fixed)
}

/// The inputs that a value depends on. Runs 0 and 1 differ in private values, as do 2 and 3; runs 0 and 2 differ in
/// their random values, and so do 1 and 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Private values make no difference.
    Same,
    /// Private values make a difference, random ones do not.
    Fixed,
    /// Both do.
    Mixed,
}

pub(super) fn verdict<T: PartialEq>([a, b, c, d]: [&T; 4]) -> Verdict {
    match (a == b && c == d, a == c && b == d) {
        (true, _) => Verdict::Same,
        (false, true) => Verdict::Fixed,
        (false, false) => Verdict::Mixed,
    }
}

/// A transaction of the test.
#[derive(Debug, Clone)]
pub(super) struct At {
    /// Its number, counted from 1; 0 for none.
    pub(super) call: u32,
    /// Its number and what it is.
    pub(super) text: String,
    /// The contract's name.
    pub(super) contract: String,
}

/// The comparison under way.
pub(super) struct Comparison<'a> {
    pub(super) runs: [&'a Shown; 4],
    pub(super) contracts: &'a Contracts,
    pub(super) declared: &'a [Declaration],
    /// Which declarations fit a place.
    pub(super) used: BTreeSet<usize>,
    /// By declaration of gas: whether the gas depended on random values, and whether it differed at all.
    pub(super) gas: BTreeMap<usize, GasSeen>,
    /// Whether the gas of a transaction differed: the money of accounts differs from then on as well.
    pub(super) gas_varies: bool,
    /// The contents of states that were reported, by contract and offset.
    pub(super) reported: BTreeSet<([u8; 32], u64)>,
    /// The places that can follow from private values alone, if not all can.
    among: Option<&'a BTreeSet<Doubt>>,
    /// Those that seem to.
    fixed: BTreeSet<Doubt>,
    compared: Compared,
}

/// The measured gas of a function for which a range is declared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GasSeen {
    /// It differed between sets of private values.
    pub(super) differs: bool,
    /// It differed between sets of random values.
    pub(super) is_random: bool,
}

impl<'a> Comparison<'a> {
    fn new(runs: [&'a Shown; 4], among: Option<&'a BTreeSet<Doubt>>) -> Self {
        let declared = &runs[0].declared;
        Self {
            runs,
            contracts: &runs[0].contracts,
            declared,
            used: BTreeSet::new(),
            gas: BTreeMap::new(),
            gas_varies: false,
            reported: BTreeSet::new(),
            among,
            fixed: BTreeSet::new(),
            compared: Compared {
                declared: declared.iter().map(ToString::to_string).collect(),
                private_values: count(runs[0].drawn.iter().filter(|draw| !draw.is_random).count()),
                ..Compared::default()
            },
        }
    }

    /// Notes that a place seems to follow from private values alone. Whether it can.
    pub(super) fn seems_fixed(&mut self, doubt: Doubt) -> bool {
        let can = self.among.is_none_or(|among| among.contains(&doubt));
        if can {
            self.fixed.insert(doubt);
        }
        can
    }

    pub(super) fn found(&mut self, kind: FindingKind, at: &At, place: &str, text: String) {
        if self.compared.findings.len() >= MAX_FINDINGS {
            self.compared.more_findings += 1;
            return;
        }
        let place = match (at.call, place.is_empty()) {
            (0, _) => place.to_string(),
            (_, true) => at.text.clone(),
            (_, false) => format!("{}: {place}", at.text),
        };
        self.compared.findings.push(Finding { kind, call: at.call, place, text });
    }

    /// A test that draws other values in another run also does something else with them.
    fn draws(&mut self) {
        let nowhere = At::nowhere();
        if self.compared.private_values == 0 {
            let text = "the test draws no private value, so there is nothing to compare";
            self.found(FindingKind::Declaration, &nowhere, "private values", text.to_string());
        }
        let first = &self.runs[0].drawn;
        for run in &self.runs[1..] {
            let other = (0..first.len().max(run.drawn.len()))
                .find(|place| first.get(*place).map(|draw| &draw.what) != run.drawn.get(*place).map(|draw| &draw.what));
            let Some(place) = other else { continue };
            let what =
                |drawn: &[Draw]| drawn.get(place).map_or("nothing".to_string(), |draw| format!("`{}`", draw.what));
            let (one, other) = (what(first), what(&run.drawn));
            let text = format!(
                "draw {} is {one} in one run and {other} in another: the test has to draw the same in each run",
                place + 1
            );
            return self.found(FindingKind::Declaration, &nowhere, "private values", text);
        }
    }

    fn transactions(&mut self) {
        let runs = self.runs;
        let most = runs.iter().map(|run| run.seen.len()).max().unwrap_or_default();
        if most == 0 {
            let text = "the test sends no transaction, so the chain shows nothing".to_string();
            return self.found(FindingKind::Declaration, &At::nowhere(), "transactions", text);
        }
        for index in 0..most {
            let seen = [0, 1, 2, 3].map(|run| runs[run].seen.get(index));
            let [Some(a), Some(b), Some(c), Some(d)] = seen else {
                let numbers = runs.iter().map(|run| run.seen.len().to_string()).collect::<Vec<_>>().join(", ");
                let (call, text, contract) = (count(index + 1), format!("call {}", index + 1), String::new());
                let at = At { call, text, contract };
                let text = format!("the runs have different numbers of transactions: {numbers}");
                return self.found(FindingKind::Transaction, &at, "", text);
            };
            if !self.transaction(index, [a, b, c, d]) {
                return;
            }
        }
    }

    /// Compares one transaction. `false` where the runs have different ones, so that nothing can be compared further.
    fn transaction(&mut self, index: usize, seen: [&'a Observation; 4]) -> bool {
        let first = seen[0];
        let at = self.at(index, first);
        self.compared.calls += 1;
        let what = |it: &Observation| (it.action, it.contract, it.function.clone(), it.from.clone());
        if let Some(other) = seen.iter().find(|other| what(other) != what(first)) {
            let other = self.at(index, other).text;
            self.found(FindingKind::Transaction, &at, "", format!("another run has {other} in its place"));
            return false;
        }
        for (what, values) in [
            ("deposit", seen.map(|it| it.deposit)),
            ("value", seen.map(|it| it.value)),
            ("gas limit", seen.map(|it| it.gas_limit)),
            ("block", seen.map(|it| it.height)),
        ] {
            if verdict(values.each_ref()) != Verdict::Same {
                self.found(FindingKind::Transaction, &at, what, two(values.each_ref()));
            }
        }
        self.argument(&at, seen);
        if let [Some(a), Some(b), Some(c), Some(d)] = seen.map(|it| it.call.as_ref()) {
            self.inner_calls(&at, [a, b, c, d], "");
        }
        self.gas(&at, seen);
        self.outcome(&at, seen);
        self.compared.events += self.events(&at, seen);
        self.compared.pages += self.pages(&at, seen);
        true
    }

    fn at(&self, index: usize, seen: &Observation) -> At {
        let number = index + 1;
        let name = self.contracts.name(&seen.contract);
        let text = match seen.action {
            Action::Deploy => format!("call {number}, deployment of {name} by {}", seen.from),
            Action::Call => format!("call {number}, {name}.{} by {}", seen.function, seen.from),
            Action::Transfer => format!("call {number}, transfer by {}", seen.from),
        };
        At { call: count(number), text, contract: name }
    }

    /// Reports declarations that nothing needs, and gas that is not random.
    fn declarations(&mut self) {
        let nowhere = At::nowhere();
        for (index, declaration) in self.declared.iter().enumerate() {
            let text = match (declaration, self.gas.get(&index).copied()) {
                (Declaration::Gas(..), Some(GasSeen { differs: true, is_random: false }))
                    if self.seems_fixed(Doubt::Gas(index)) =>
                {
                    "the gas depends on private values and not on random ones".to_string()
                }
                (Declaration::Gas(..), Some(_)) => continue,
                _ if self.used.contains(&index) => continue,
                _ => "no transaction of the test has such a place: check its name".to_string(),
            };
            let kind = if self.gas.contains_key(&index) { FindingKind::Gas } else { FindingKind::Declaration };
            self.found(kind, &nowhere, &declaration.to_string(), text);
        }
    }
}

impl At {
    pub(super) fn nowhere() -> Self {
        Self { call: 0, text: String::new(), contract: String::new() }
    }
}

/// A number as the protocol has it.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Two values that differ, of the first pair of runs that shows it.
pub(super) fn two<T: PartialEq + ToString>([a, b, c, d]: [&T; 4]) -> String {
    let (one, other) = if a == b { (c, d) } else { (a, b) };
    let (one, other) = short_pair(&one.to_string(), &other.to_string());
    format!("{one} with one set of private values, {other} with the other")
}

/// Two texts, from a little before the first place where they differ, if they are long.
fn short_pair(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let skipped = if one.chars().count().max(other.chars().count()) <= MAX_SHOWN { 0 } else { same.saturating_sub(8) };
    let short = |text: &str| {
        let shown: String = text.chars().skip(skipped).take(MAX_SHOWN).collect();
        let before = if skipped > 0 { "…" } else { "" };
        let behind = if text.chars().count() > skipped + MAX_SHOWN { "…" } else { "" };
        format!("{before}{shown}{behind}")
    };
    (short(one), short(other))
}
