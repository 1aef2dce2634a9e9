//! The search for a second assignment, which proves that a wire is under-constrained.
//!
//! It starts with other values for one wire, or for all digits of a number, and repairs each violated row by changing
//! another wire that is not known to be determined. The result counts only if it satisfies the whole circuit.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::EDWARDS_D;

use super::alias::Seed;
use super::facts::Facts;
use super::form::{Form, inverse};
use super::integer::{Int, Interval};
use super::report::Counterexample;
use super::rules::links;
use super::uses::Uses;
use crate::assignment::Assignment;
use crate::check::{check, row_holds};
use crate::layout::{GateKind, Layout, Wire};

/// The maximum effort for all findings together, in repaired rows.
const MAX_EFFORT: usize = 200_000;
/// The effort of one start, in the same unit.
const EFFORT_AT_ONCE: usize = 100;
/// The maximum number of rows that are repaired from one start.
const MAX_MENDED_AT_ONCE: usize = 20_000;
/// The maximum number of wires that are tried for one finding.
const MAX_WIRES: usize = 8;

/// The state of the search.
pub(super) struct Search<'a> {
    pub(super) layout: &'a Layout,
    pub(super) facts: &'a Facts,
    pub(super) uses: &'a Uses,
    /// The wires that are not known to be determined.
    pub(super) undetermined: &'a BTreeSet<Wire>,
    /// An assignment that satisfies the circuit.
    pub(super) assignment: &'a Assignment,
    pub(super) digits: Digits,
    effort_left: usize,
}

/// Accumulators of digits: the next and the previous one of each.
#[derive(Debug, Default)]
pub(super) struct Digits {
    pub(super) before: BTreeMap<Wire, Wire>,
    pub(super) after: BTreeMap<Wire, Wire>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        facts: &'a Facts,
        uses: &'a Uses,
        undetermined: &'a BTreeSet<Wire>,
        assignment: &'a Assignment,
    ) -> Self {
        let mut digits = Digits::default();
        for (from, to) in (0..layout.rows.len()).flat_map(|row| links(layout, row)) {
            digits.before.entry(to).or_insert(from);
            digits.after.entry(from).or_insert(to);
        }
        Self { layout, facts, uses, undetermined, assignment, digits, effort_left: MAX_EFFORT }
    }

    pub(super) fn value(&self, wire: Wire) -> BlsScalar {
        self.assignment.values()[wire.index()]
    }

    /// Finds another value for one of some wires.
    pub(super) fn counterexample(&mut self, wires: &[Wire]) -> Option<Counterexample> {
        for wire in wires.iter().take(MAX_WIRES) {
            if self.effort_left < EFFORT_AT_ONCE {
                return None;
            }
            for seed in self.perturbations(*wire).into_iter().chain(self.aliases(*wire)) {
                let Some(other) = self.mend(&seed) else { continue };
                let differs = |wire: &&Wire| other.values()[wire.index()] != self.value(**wire);
                if let Some(wire) = wires.iter().find(differs) {
                    let [value, other] = [self.value(*wire), other.values()[wire.index()]].map(Into::into);
                    return Some(Counterexample { wire: *wire, value, other });
                }
            }
        }
        None
    }

    /// Other values to try for one wire.
    fn perturbations(&self, wire: Wire) -> Vec<Seed> {
        let (value, one) = (self.value(wire), BlsScalar::one());
        let Interval { low, .. } = *self.facts.interval(wire);
        let mut values = alloc::vec![value + one, value - one, BlsScalar::zero(), one, value.double(), -value, low];
        values.extend((2..4).map(BlsScalar::from));
        values.retain(|it| *it != value && !self.facts.differs(wire, it));
        values.sort_unstable();
        values.dedup();
        values.into_iter().map(|value| alloc::vec![(wire, value)]).collect()
    }

    /// An assignment with the values of the seed, if the repairs succeed.
    fn mend(&mut self, seed: &Seed) -> Option<Assignment> {
        self.effort_left = self.effort_left.checked_sub(EFFORT_AT_ONCE)?;
        let mut attempt = Attempt {
            search: self,
            other: self.assignment.clone(),
            changed_by: BTreeMap::new(),
            queue: BTreeSet::new(),
        };
        for (wire, value) in seed {
            attempt.set(None, *wire, *value)?;
        }
        let most = self.effort_left.min(MAX_MENDED_AT_ONCE);
        let mut mended = 0;
        let whole = loop {
            let Some(row) = attempt.queue.pop_first() else { break true };
            if row_holds(self.layout, &attempt.other, row as usize) {
                continue;
            }
            mended += 1;
            if mended > most || attempt.repair(row).is_none() {
                break false;
            }
        };
        let other = attempt.other;
        self.effort_left -= mended.min(most);
        (whole && check(self.layout, &other).is_ok()).then_some(other)
    }
}

/// A modified assignment during its repair.
struct Attempt<'a> {
    search: &'a Search<'a>,
    other: Assignment,
    /// The changed wires, each with the row for which it was changed; `None` for those of the seed.
    changed_by: BTreeMap<Wire, Option<u32>>,
    queue: BTreeSet<u32>,
}

impl Attempt<'_> {
    fn at(&self, wire: Wire) -> BlsScalar {
        self.other.values()[wire.index()]
    }

    /// Whether a row may change a wire: each wire is changed for one row only.
    fn may_change(&self, row: Option<u32>, wire: Wire) -> bool {
        self.search.undetermined.contains(&wire) && self.changed_by.get(&wire).is_none_or(|by| *by == row)
    }

    /// Sets the value of a wire, if it may be changed.
    fn set(&mut self, row: Option<u32>, wire: Wire, value: BlsScalar) -> Option<()> {
        if self.at(wire) != value {
            if !self.may_change(row, wire) {
                return None;
            }
            self.other.replace(wire, value);
            self.changed_by.insert(wire, row);
            self.queue.extend(self.search.uses.of(wire));
        }
        Some(())
    }

    /// Changes wires so that a row holds.
    fn repair(&mut self, row: u32) -> Option<()> {
        let layout = self.search.layout;
        let at = &layout.rows[row as usize];
        let q = &layout.selectors[at.selectors as usize];
        let [a, b, c, d] = at.wires;
        let [a1, b1, _, d1] = layout.rows.get(row as usize + 1).map_or([Wire::ZERO; 4], |row| row.wires);
        match q.kind {
            GateKind::Idle => None,
            GateKind::Arithmetic => self.repair_arithmetic(row),
            GateKind::Range => links(layout, row as usize).into_iter().try_for_each(|it| self.repair_digit(row, it)),
            GateKind::And | GateKind::Xor => {
                self.repair_digit(row, (a, a1))?;
                self.repair_digit(row, (b, b1))?;
                let four = BlsScalar::from(4);
                let [x, y] = [(a, a1), (b, b1)].map(|(from, to)| small(self.at(to) - four * self.at(from)));
                let (x, y) = (x?, y?);
                self.set(Some(row), c, BlsScalar::from(x * y))?;
                let z = if q.kind == GateKind::And { x & y } else { x ^ y };
                self.set(Some(row), d1, four * self.at(d) + BlsScalar::from(z))
            }
            GateKind::FixedAdd => {
                let mut bit = self.at(d1) - self.at(d).double();
                if bit.square() * bit != bit {
                    bit = self.search.value(d1) - self.search.value(d).double();
                    self.set(Some(row), d1, self.at(d).double() + bit)?;
                }
                let one = BlsScalar::one();
                let (x, y) = (bit * q.left, bit.square() * (q.right - one) + one);
                self.set(Some(row), c, bit * q.constant)?;
                self.add(row, (a, b), (x, y), self.at(c) * self.at(a) * self.at(b), (a1, b1))
            }
            GateKind::CurveAdd => {
                self.set(Some(row), d1, self.at(a) * self.at(d))?;
                let point = (self.at(c), self.at(d));
                self.add(row, (a, b), point, self.at(a) * self.at(d) * self.at(b) * self.at(c), (a1, b1))
            }
        }
    }

    /// Sets `(a1, b1) = (a, b) + (x, y)` as the rows state it, with the product of all four coordinates.
    fn add(
        &mut self,
        row: u32,
        (a, b): (Wire, Wire),
        (x, y): (BlsScalar, BlsScalar),
        product: BlsScalar,
        (a1, b1): (Wire, Wire),
    ) -> Option<()> {
        let (a, b, bend, one) = (self.at(a), self.at(b), EDWARDS_D * product, BlsScalar::one());
        let (below, above) = ((one + bend).invert()?, (one - bend).invert()?);
        self.set(Some(row), a1, (a * y + b * x) * below)?;
        self.set(Some(row), b1, (b * y + a * x) * above)
    }

    /// Solves the row for the youngest wire that may be changed, because older wires define younger ones.
    fn repair_arithmetic(&mut self, row: u32) -> Option<()> {
        let form = Form::of(self.search.layout, self.search.facts, row);
        let at = |wire: Wire| self.at(wire);
        let mut sum = form.constant;
        if let Ok(place) = self.search.layout.public_rows.binary_search(&row) {
            sum += self.other.public()[place];
        }
        for (wire, factor) in &form.linear {
            sum += factor * at(*wire);
        }
        let mut slopes: Vec<(Wire, BlsScalar)> = form.linear.clone();
        if let Some((x, y, factor)) = form.product {
            sum += factor * at(x) * at(y);
            slopes.retain(|(wire, _)| *wire != x && *wire != y);
            if x != y {
                slopes.extend([(x, form.factor(x) + factor * at(y)), (y, form.factor(y) + factor * at(x))]);
            }
        }
        slopes.retain(|(wire, slope)| *slope != BlsScalar::zero() && self.may_change(Some(row), *wire));
        let (wire, slope) = slopes.into_iter().max_by_key(|(wire, _)| *wire)?;
        self.set(Some(row), wire, self.at(wire) - sum * inverse(&slope))
    }

    /// Sets `to` to `4·from` plus its original digit. If `to` was changed itself, sets the earlier accumulators to
    /// match it.
    fn repair_digit(&mut self, row: u32, (from, to): (Wire, Wire)) -> Option<()> {
        let four = BlsScalar::from(4);
        if small(self.at(to) - four * self.at(from)).is_some() {
            return Some(());
        }
        if self.changed_by.contains_key(&to) && !self.changed_by.contains_key(&from) {
            let all = self.search.accumulators(to, Int::of(&self.at(to)))?;
            return all.into_iter().try_for_each(|(wire, value)| self.set(Some(row), wire, value));
        }
        let digit = self.search.value(to) - four * self.search.value(from);
        self.set(Some(row), to, four * self.at(from) + digit)
    }
}

/// The number, if it is a base-4 digit.
fn small(value: BlsScalar) -> Option<u64> {
    let number = Int::of(&value);
    (0..4).find(|digit| Int::new(u128::from(*digit)) == number)
}
