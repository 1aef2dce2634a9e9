//! The engine: it visits rows until none of them gives a new fact.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::facts::{Facts, Level};
use super::form::{Form, Split};
use super::integer::{Int, Interval, MODULUS};
use super::integers::Parts;
use super::uses::Uses;
use crate::layout::{GateKind, Layout, Row, Selectors, Wire};

/// The maximum number of rows visited to follow one case.
const MAX_CASE_VISITS: usize = 64;
/// The maximum number of rows of a wire that are visited within a case: those closest to its start.
const MAX_NEAR_ROWS: usize = 24;
/// The maximum nesting of cases.
const MAX_CASE_DEPTH: u32 = 2;
/// The maximum number of further cases within a case.
const MAX_INNER_CASES: usize = 4;
/// The maximum number of visits within cases for each row of the circuit, on average.
const CASE_VISITS_PER_ROW: usize = 64;

/// The facts, and the queues of rows to visit.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub(super) layout: &'a Layout,
    pub(super) facts: Facts,
    pub(super) uses: Uses,
    /// Pairs of accumulators; the second is four times the first plus a digit.
    links: BTreeSet<(Wire, Wire)>,
    /// Whether the point of one row's selectors is the double of another's.
    pub(super) doublings: BTreeMap<(u32, u32), bool>,
    /// The level of the point of a row's selectors, if it is on the curve.
    pub(super) constants: BTreeMap<u32, Option<Level>>,
    queue: VecDeque<u32>,
    queued: Vec<bool>,
    /// Rows for which a case split may help, with the split.
    stuck: BTreeMap<u32, Split>,
    /// The first rows of runs of fixed-base additions with new facts.
    pub(super) chains: BTreeSet<u32>,
    /// Rows that may hold for integers: they are visited again when the bounds of all wires are known.
    pub(super) integers: BTreeSet<u32>,
    /// Numbers of two parts that are known to be below the order of the field, by the wire of the lower part.
    pub(super) bounded: BTreeMap<Wire, Parts>,
    case_visits: usize,
}

impl<'a> Engine<'a> {
    pub(super) fn new(layout: &'a Layout) -> Self {
        let rows = u32::try_from(layout.rows.len()).unwrap_or(u32::MAX);
        Self {
            layout,
            facts: Facts::new(layout),
            uses: Uses::new(layout),
            links: (0..rows).flat_map(|row| links(layout, row as usize)).collect(),
            doublings: BTreeMap::new(),
            constants: BTreeMap::new(),
            queue: (0..rows).collect(),
            queued: alloc::vec![true; layout.rows.len()],
            stuck: BTreeMap::new(),
            chains: BTreeSet::new(),
            integers: BTreeSet::new(),
            bounded: BTreeMap::new(),
            case_visits: CASE_VISITS_PER_ROW * layout.rows.len(),
        }
    }

    pub(super) fn row(&self, row: u32) -> &'a Row {
        &self.layout.rows[row as usize]
    }

    pub(super) fn selectors(&self, row: u32) -> &'a Selectors {
        &self.layout.selectors[self.row(row).selectors as usize]
    }

    /// The wires of the next row.
    pub(super) fn ahead(&self, row: u32) -> [Wire; 4] {
        self.layout.rows.get(row as usize + 1).map_or([Wire::ZERO; 4], |row| row.wires)
    }

    /// The statement of a row; after the last row there is none.
    pub(super) fn kind(&self, row: u32) -> GateKind {
        if row as usize >= self.layout.rows.len() { GateKind::Idle } else { self.selectors(row).kind }
    }

    /// The row, and the factor that the wire has in it, where the row is a linear equation without a public input.
    pub(super) fn linear(&self, row: u32, wire: Wire) -> Option<(Form, BlsScalar)> {
        if self.kind(row) != GateKind::Arithmetic {
            return None;
        }
        let form = Form::of(self.layout, &self.facts, row);
        let factor = form.factor(wire);
        (!form.public && form.product.is_none() && factor != BlsScalar::zero()).then_some((form, factor))
    }

    /// Follows all that is known to the end.
    pub(super) fn run(&mut self) {
        loop {
            self.spread();
            if let Some(row) = self.queue.pop_front() {
                self.queued[row as usize] = false;
                if let Some(split) = self.visit(row) {
                    self.stuck.insert(row, split);
                }
            } else if let Some(start) = self.chains.pop_first() {
                self.chain(start);
            } else if let Some((row, split)) = self.stuck.pop_first() {
                self.split(row, split, 0);
            } else if let Some(row) = self.integers.pop_first() {
                self.integers(row);
            } else {
                return;
            }
        }
    }

    /// Queues the rows of wires with new facts.
    fn spread(&mut self) {
        for wire in core::mem::take(&mut self.facts.news) {
            for row in self.uses.of(wire) {
                if !core::mem::replace(&mut self.queued[*row as usize], true) {
                    self.queue.push_back(*row);
                }
            }
        }
    }

    /// Adds the facts that follow from a row. Returns a case split that could give more.
    fn visit(&mut self, row: u32) -> Option<Split> {
        let [a, b, c, d] = self.row(row).wires;
        let [a1, b1, _, d1] = self.ahead(row);
        match self.kind(row) {
            GateKind::Idle => None,
            GateKind::Arithmetic => {
                let form = Form::of(self.layout, &self.facts, row);
                self.named_digit(&form);
                let split = form.learn(&mut self.facts);
                let undetermined = form.linear.iter().filter(|(wire, _)| !self.facts.is_determined(*wire)).count();
                if undetermined == 2 || (undetermined == 1 && form.product.is_some()) {
                    self.integers.insert(row);
                }
                split
            }
            GateKind::Range => {
                links(self.layout, row as usize).into_iter().for_each(|(from, to)| self.digit(from, to));
                None
            }
            GateKind::And | GateKind::Xor => {
                links(self.layout, row as usize).into_iter().for_each(|(from, to)| self.digit(from, to));
                self.facts.narrow(c, Interval::up_to(Int::new(9)));
                if [a, a1, b, b1].into_iter().all(|wire| self.facts.is_determined(wire)) {
                    self.facts.determine(c);
                    if self.facts.is_determined(d) {
                        self.facts.determine(d1);
                    }
                }
                None
            }
            GateKind::FixedAdd => {
                self.fixed_add(row);
                None
            }
            GateKind::CurveAdd => {
                self.curve_add(row);
                None
            }
        }
    }

    /// `to = 4·from + digit`, where the digit is 0, 1, 2 or 3.
    fn digit(&mut self, from: Wire, to: Wire) {
        let four = BlsScalar::from(4);
        let interval = *self.facts.interval(from);
        let width = interval.width.mul(Int::new(4)).and_then(|width| width.add(Int::new(3)));
        if width.is_none_or(|width| width >= MODULUS) {
            return;
        }
        // Without a wrap-around the quotient by four is unique.
        if let Some(sum) = interval.times(&four).and_then(|interval| interval.plus(&Interval::up_to(Int::new(3)))) {
            self.facts.narrow(to, sum);
        }
        if self.facts.is_determined(to) {
            self.facts.determine(from);
        }
    }

    /// A row that computes a digit from two accumulators of a range: `digit = to − 4·from`.
    fn named_digit(&mut self, form: &Form) {
        let ([_, _, _], None, false) = (form.linear.as_slice(), form.product, form.public) else { return };
        for (digit, factor) in &form.linear {
            let others = || form.linear.iter().filter(|(wire, _)| wire != digit);
            let to = others().find(|(_, it)| *it == -factor);
            let from = others().find(|(_, it)| *it == factor.double().double());
            let (Some((to, _)), Some((from, _))) = (to, from) else { continue };
            if form.constant == BlsScalar::zero() && self.links.contains(&(*from, *to)) {
                self.facts.narrow(*digit, Interval::up_to(Int::new(3)));
            }
        }
    }

    /// Examines two cases: the determined wire has the value, or it has not. Two assignments with equal inputs are in
    /// the same case, so a wire that is determined in both cases is determined.
    fn split(&mut self, row: u32, (wire, value): Split, depth: u32) {
        // Callers split on determined wires only. On another wire, two assignments could be in different cases.
        if self.facts.differs(wire, &value) || !self.facts.is_determined(wire) {
            return;
        }
        let mark = self.facts.enter();
        self.facts.narrow(wire, Interval::constant(value));
        self.follow(row, depth + 1);
        let equal: BTreeSet<Wire> = self.facts.leave(mark).into_iter().collect();
        if equal.is_empty() {
            return;
        }
        let mark = self.facts.enter();
        self.facts.exclude(wire, value);
        self.follow(row, depth + 1);
        for wire in self.facts.leave(mark) {
            if equal.contains(&wire) {
                self.facts.determine(wire);
            }
        }
    }

    /// Follows the facts of a case through the rows around its start.
    fn follow(&mut self, row: u32, depth: u32) {
        let mut queue = VecDeque::from([row]);
        let mut splits: Vec<(u32, Split)> = Vec::new();
        let mut visits = 0;
        loop {
            for wire in core::mem::take(&mut self.facts.news) {
                for near in self.uses.near(wire, row, MAX_NEAR_ROWS) {
                    if !queue.contains(near) {
                        queue.push_back(*near);
                    }
                }
            }
            let Some(next) = queue.pop_front() else {
                let Some((row, split)) = splits.pop().filter(|_| depth < MAX_CASE_DEPTH) else { return };
                self.split(row, split, depth);
                continue;
            };
            if visits == MAX_CASE_VISITS || self.case_visits == 0 {
                self.facts.news.clear();
                return;
            }
            visits += 1;
            self.case_visits -= 1;
            if let Some(split) = self.visit(next) {
                splits.retain(|(row, _)| *row != next);
                if splits.len() < MAX_INNER_CASES {
                    splits.push((next, split));
                }
            }
        }
    }
}

/// The pairs of accumulators in a row of which the second is four times the first plus a digit 0, 1, 2 or 3.
pub(super) fn links(layout: &Layout, row: usize) -> Vec<(Wire, Wire)> {
    let [a, b, c, d] = layout.rows[row].wires;
    let [a1, b1, _, d1] = layout.rows.get(row + 1).map_or([Wire::ZERO; 4], |row| row.wires);
    match layout.selectors[layout.rows[row].selectors as usize].kind {
        GateKind::Range => alloc::vec![(d, c), (c, b), (b, a), (a, d1)],
        GateKind::And | GateKind::Xor => alloc::vec![(a, a1), (b, b1), (d, d1)],
        GateKind::Idle | GateKind::Arithmetic | GateKind::FixedAdd | GateKind::CurveAdd => Vec::new(),
    }
}
