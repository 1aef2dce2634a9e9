//! Facts about the wires of a circuit, valid for every assignment that satisfies it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::integer::Interval;
use crate::layout::{Layout, Wire};

/// The maximum number of times a wire's interval is narrowed: two inequalities could narrow each other for ever.
const MAX_NARROWINGS: u8 = 12;
/// The maximum number of excluded values that are stored for a wire.
const MAX_EXCLUDED: usize = 4;

/// The level of a point on the curve: the number of steps towards the subgroup of prime order. `CLEARED` means in the
/// subgroup, and each doubling is one step, because the rest of the group has order 8.
pub(super) type Level = u8;
/// The level of points of the subgroup.
pub(super) const CLEARED: Level = 3;

/// A pair of coordinate wires, which may be a point.
pub(super) type Pair = (Wire, Wire);

/// The facts. They are only added, except for the facts of a case, which [`Facts::leave`] removes.
#[derive(Debug)]
pub(super) struct Facts {
    /// For each wire, whether all assignments with the same inputs agree on it.
    determined: Vec<bool>,
    count: usize,
    intervals: Vec<Interval>,
    narrowings: Vec<u8>,
    excluded: BTreeMap<Wire, Vec<BlsScalar>>,
    /// Pairs that are points on the curve.
    points: BTreeMap<Pair, Level>,
    /// The facts that a case added, to remove them later.
    undo: Vec<Undo>,
    /// The number of nested cases.
    depth: u32,
    pub(super) news: Vec<Wire>,
}

#[derive(Debug)]
enum Undo {
    Determined(Wire),
    Interval(Wire, Interval),
    Excluded(Wire),
    Point(Pair, Option<Level>),
}

impl Facts {
    pub(super) fn new(layout: &Layout) -> Self {
        let wires = layout.wires as usize;
        let mut facts = Self {
            determined: alloc::vec![false; wires],
            count: 0,
            intervals: alloc::vec![Interval::full(); wires],
            narrowings: alloc::vec![0; wires],
            excluded: BTreeMap::new(),
            points: BTreeMap::new(),
            undo: Vec::new(),
            depth: 0,
            news: Vec::new(),
        };
        facts.narrow(Wire::ZERO, Interval::constant(BlsScalar::zero()));
        facts.narrow(Wire::ONE, Interval::constant(BlsScalar::one()));
        layout.inputs.iter().flat_map(|input| &input.wires).for_each(|wire| facts.determine(*wire));
        facts
    }

    pub(super) fn is_determined(&self, wire: Wire) -> bool {
        self.determined[wire.index()]
    }

    /// The number of determined wires.
    pub(super) fn count_determined(&self) -> usize {
        self.count
    }

    pub(super) fn interval(&self, wire: Wire) -> &Interval {
        &self.intervals[wire.index()]
    }

    /// The value of a wire, if all assignments agree on it for all inputs.
    pub(super) fn value(&self, wire: Wire) -> Option<BlsScalar> {
        self.interval(wire).value()
    }

    /// Whether the wire never has this value.
    pub(super) fn differs(&self, wire: Wire, from: &BlsScalar) -> bool {
        !self.interval(wire).contains(from) || self.excluded.get(&wire).is_some_and(|it| it.contains(from))
    }

    pub(super) fn level(&self, pair: Pair) -> Option<Level> {
        self.points.get(&pair).copied()
    }

    pub(super) fn determine(&mut self, wire: Wire) {
        if !self.determined[wire.index()] {
            self.determined[wire.index()] = true;
            self.count += 1;
            self.log(Undo::Determined(wire));
            self.news.push(wire);
        }
    }

    pub(super) fn narrow(&mut self, wire: Wire, to: Interval) {
        let index = wire.index();
        let Some(interval) = self.intervals[index].narrowed(&to) else { return };
        if self.narrowings[index] >= MAX_NARROWINGS && interval.value().is_none() {
            return;
        }
        if self.depth == 0 {
            self.narrowings[index] += 1;
        }
        let before = core::mem::replace(&mut self.intervals[index], interval);
        self.log(Undo::Interval(wire, before));
        self.news.push(wire);
        if interval.value().is_some() {
            self.determine(wire);
        } else {
            let excluded = self.excluded.get(&wire).cloned().unwrap_or_default();
            excluded.iter().for_each(|value| self.shorten(wire, value));
        }
    }

    /// Records that the wire never has this value.
    pub(super) fn exclude(&mut self, wire: Wire, value: BlsScalar) {
        if self.differs(wire, &value) {
            return;
        }
        let excluded = self.excluded.entry(wire).or_default();
        if excluded.len() < MAX_EXCLUDED {
            excluded.push(value);
            self.log(Undo::Excluded(wire));
            self.news.push(wire);
        }
        self.shorten(wire, &value);
    }

    fn shorten(&mut self, wire: Wire, value: &BlsScalar) {
        if let Some(interval) = self.interval(wire).without(value) {
            self.narrow(wire, interval);
        }
    }

    pub(super) fn on_curve(&mut self, pair: Pair, level: Level) {
        let before = self.level(pair);
        if before.is_none_or(|before| before < level) {
            self.points.insert(pair, level);
            self.log(Undo::Point(pair, before));
            self.news.extend([pair.0, pair.1]);
        }
    }

    fn log(&mut self, undo: Undo) {
        if self.depth > 0 {
            self.undo.push(undo);
        }
    }

    /// Starts a case: later facts hold in this case only. Cases may be nested.
    pub(super) fn enter(&mut self) -> usize {
        self.depth += 1;
        self.undo.len()
    }

    /// Ends a case: removes its facts, and returns the wires that it determined.
    pub(super) fn leave(&mut self, mark: usize) -> Vec<Wire> {
        let mut found = Vec::new();
        let entries = self.undo.split_off(mark);
        self.depth -= 1;
        for entry in entries.into_iter().rev() {
            match entry {
                Undo::Determined(wire) => {
                    self.determined[wire.index()] = false;
                    self.count -= 1;
                    found.push(wire);
                }
                Undo::Interval(wire, before) => self.intervals[wire.index()] = before,
                Undo::Excluded(wire) => {
                    if let Some(excluded) = self.excluded.get_mut(&wire) {
                        excluded.pop();
                    }
                }
                Undo::Point(pair, Some(before)) => {
                    self.points.insert(pair, before);
                }
                Undo::Point(pair, None) => {
                    self.points.remove(&pair);
                }
            }
        }
        found
    }
}
