//! Wires that a prover may choose, where it is proved that the choice changes nothing.
//!
//! - The digits of a fixed-base multiplication: they have signs, so many make the same scalar. Where the scalar
//!   and the result are determined, and no other row uses the steps between, any of them will do.
//! - The point that a point of the subgroup is eight times of: there are eight of them. Where the result is determined, and only the
//!   curve's equation uses the point, any of them will do.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::facts::{CLEARED, Pair};
use super::rules::Engine;
use crate::layout::{Kind, Wire};

impl Engine<'_> {
    /// The wires of harmless choices.
    pub(super) fn choices(&self) -> BTreeSet<Wire> {
        let mut found = BTreeSet::new();
        let rows = u32::try_from(self.layout.rows.len()).unwrap_or(u32::MAX);
        let mut row = 0;
        while row < rows {
            match self.kind(row) {
                Kind::FixedAdd => row = self.signed_digits(row, &mut found),
                Kind::CurveAdd => {
                    self.cofactor(row, &mut found);
                    row += 1;
                }
                _ => row += 1,
            }
        }
        found
    }

    fn are_determined(&self, wires: &[Wire]) -> bool {
        wires.iter().all(|wire| self.facts.is_determined(*wire))
    }

    /// Adds the inner wires of a run of fixed-base additions, and gives the row after it.
    fn signed_digits(&self, first: u32, found: &mut BTreeSet<Wire>) -> u32 {
        let mut inner: Vec<Wire> = Vec::new();
        let mut harmless = true;
        let mut row = first;
        while self.kind(row) == Kind::FixedAdd {
            let [a, b, c, d] = self.row(row).wires;
            let open = |wire: &Wire| !self.facts.is_determined(*wire);
            // A step is used by its own row and by the one before it, which looks ahead; its helper by its own row. The first
            // step has none before it.
            for wire in [a, b, d].into_iter().filter(open) {
                harmless &= row > first && self.uses.of(wire) == [row - 1, row];
                inner.push(wire);
            }
            if open(&c) {
                harmless &= self.uses.of(c) == [row];
                inner.push(c);
            }
            row += 1;
            let [a, b, _, d] = self.row(row).wires;
            if self.are_determined(&[a, b, d]) {
                // The end of a part: what comes after does not depend on how it was reached.
                if harmless {
                    found.extend(inner.iter().copied());
                }
                inner.clear();
                harmless = true;
            }
        }
        row
    }

    /// Adds a point that is doubled up to a determined one, if the row is where that begins.
    fn cofactor(&self, row: u32, found: &mut BTreeSet<Wire>) {
        let mut inner: BTreeSet<Wire> = BTreeSet::new();
        let mut doublings: Vec<u32> = Vec::new();
        let [u, v, ..] = self.row(row).wires;
        let start = (u, v);
        let (mut pair, mut at) = (start, row);
        loop {
            let [a, b, c, d] = self.row(at).wires;
            let [a1, b1, _, d1] = self.layout.rows[at as usize + 1].wires;
            let doubling = self.kind(at) == Kind::CurveAdd && (a, b) == (c, d) && (a, b) == pair;
            if !doubling || self.facts.level(pair).is_none() || doublings.len() == usize::from(CLEARED) {
                return;
            }
            inner.extend([a, b, d1]);
            doublings.push(at);
            pair = (a1, b1);
            if self.are_determined(&[a1, b1]) {
                break;
            }
            let next = self.uses.of(a1).iter().find(|it| {
                let [a, b, ..] = self.row(**it).wires;
                self.kind(**it) == Kind::CurveAdd && (a, b) == pair
            });
            match next {
                Some(next) => at = *next,
                None => return,
            }
        }
        let mut equation: Vec<u32> = Vec::new();
        for wire in [start.0, start.1] {
            equation.extend(self.uses.of(wire).iter().filter(|it| !doublings.contains(it)));
        }
        // What states the equation may have helpers, which only it uses.
        let mut rows: BTreeSet<u32> = equation.iter().copied().collect();
        for row in equation {
            for wire in self.row(row).wires {
                let open = !self.facts.is_determined(wire) && !inner.contains(&wire);
                if open && inner.len() < 32 {
                    inner.insert(wire);
                    rows.extend(self.uses.of(wire));
                }
            }
        }
        rows.extend(&doublings);
        let harmless = inner
            .iter()
            .all(|wire| self.facts.is_determined(*wire) || self.uses.of(*wire).iter().all(|row| rows.contains(row)));
        if harmless && rows.iter().all(|row| doublings.contains(row) || self.is_part_of_equation(*row, start, &inner)) {
            found.extend(inner.into_iter().filter(|wire| !self.facts.is_determined(*wire)));
        }
    }

    /// Whether a row is arithmetic on a point's coordinates and the helpers of its equation alone: then what it states holds for
    /// every point on the curve, if it is the equation or defines a helper. With a public input it is neither; nor is a row of another
    /// kind, whose selectors are no polynomial.
    fn is_part_of_equation(&self, row: u32, pair: Pair, inner: &BTreeSet<Wire>) -> bool {
        let wires = self.row(row).wires;
        self.kind(row) == Kind::Arithmetic
            && wires.iter().all(|wire| inner.contains(wire) || self.facts.value(*wire).is_some())
            && self.defines_or_states(row, pair)
    }
}
