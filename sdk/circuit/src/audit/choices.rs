//! Wires that a prover may choose, although the choice provably changes nothing.
//!
//! - The digits of a fixed-base multiplication: they have signs, so many combinations represent the same scalar. If the
//!   scalar and the result are determined, if no other row uses the intermediate values, and if all choices represent
//!   the same integer, the choice is harmless. If they represent several integers, several scalars have the same
//!   result: a public key has several secret keys.
//! - The point that is multiplied by eight to get a point of the subgroup: there are eight such points. If the result
//!   is determined, and only the curve's equation uses the point, the choice is harmless.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{JubJubAffine, JubJubExtended};

use super::facts::{CLEARED, Pair};
use super::integer::{Int, MODULUS};
use super::rules::Engine;
use crate::layout::{GateKind, Wire};

/// The order of JubJub's subgroup.
const ORDER: [u64; 4] = [0xd097_0e5e_d6f7_2cb7, 0xa668_2093_ccc8_1082, 0x0667_3b01_0134_3b00, 0x0e7d_b4ea_6533_afa9];

/// The choices of a prover.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// The wires of harmless choices.
    pub(super) harmless: BTreeSet<Wire>,
    /// The digits of multiples that several scalars have in common.
    pub(super) aliased: Vec<Aliased>,
}

/// A part of a run of fixed-base additions; several scalars lead to its end.
#[derive(Debug)]
pub(super) struct Aliased {
    /// Its first row.
    pub(super) row: u32,
    /// The wires between its start and its end.
    pub(super) wires: Vec<Wire>,
}

/// The integer that the signed digits of a run represent, counted from an accumulator that is zero or another constant.
#[derive(Debug, Clone, Copy)]
struct Digits {
    /// The bound of its absolute value.
    bound: Int,
    /// The accumulator at the start, if it is a constant: then the accumulator at the end determines the integer.
    /// Otherwise only both accumulators together do.
    constant: Option<BlsScalar>,
}

impl Engine<'_> {
    /// Finds the wires that a prover may choose.
    pub(super) fn choices(&mut self) -> Choices {
        let mut found = Choices::default();
        let rows = u32::try_from(self.layout.rows.len()).unwrap_or(u32::MAX);
        let mut row = 0;
        while row < rows {
            match self.kind(row) {
                GateKind::FixedAdd => row = self.signed_digits(row, &mut found),
                GateKind::CurveAdd => {
                    self.cofactor(row, &mut found.harmless);
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

    /// Adds the inner wires of a run of fixed-base additions, and returns the row after it.
    fn signed_digits(&mut self, first: u32, found: &mut Choices) -> u32 {
        let mut inner: Vec<Wire> = Vec::new();
        let mut harmless = true;
        let (mut begin, mut digits) = (first, None);
        let mut row = first;
        while self.kind(row) == GateKind::FixedAdd {
            let [a, b, c, d] = self.row(row).wires;
            if row == begin && self.are_determined(&[a, b, d]) && self.point((a, b), 0).is_some() {
                digits = Some(Digits { bound: Int::ZERO, constant: self.facts.value(d) });
            }
            digits = self.next_digit(row, row == begin, digits);
            let undetermined = |wire: &Wire| !self.facts.is_determined(*wire);
            // An intermediate value is used by its own row and by the previous one, which reads the next row; a helper
            // is used by its own row. The first value has no previous row.
            for wire in [a, b, d].into_iter().filter(undetermined) {
                harmless &= row > first && self.uses.of(wire) == [row - 1, row];
                inner.push(wire);
            }
            if undetermined(&c) {
                harmless &= self.uses.of(c) == [row];
                inner.push(c);
            }
            row += 1;
            let [a, b, _, d] = self.row(row).wires;
            if self.are_determined(&[a, b, d]) {
                // The end of a part: later rows do not depend on the intermediate values before it.
                let wires = core::mem::take(&mut inner);
                let is_aliased = self.has_aliases(row - 1, d, digits);
                if harmless && is_aliased && !wires.is_empty() {
                    found.aliased.push(Aliased { row: begin, wires });
                } else if harmless {
                    found.harmless.extend(wires);
                }
                harmless = true;
                (begin, digits) = (row, None);
            }
        }
        row
    }

    /// The integer of the digits after one more row. `None` if the row's point is not half of the previous row's point.
    fn next_digit(&mut self, row: u32, is_first: bool, before: Option<Digits>) -> Option<Digits> {
        let mut digits = before?;
        self.constant_level(row)?;
        if !is_first && !self.is_doubling(row - 1, row) {
            return None;
        }
        // If the accumulator is zero again, the integer so far is zero, unless it could be the order of the field.
        let [_, _, _, d] = self.row(row).wires;
        let zero = Some(BlsScalar::zero());
        if !is_first && self.facts.value(d) == zero && digits.constant == zero && digits.bound < MODULUS {
            digits.bound = Int::ZERO;
        }
        digits.bound = digits.bound.add(digits.bound)?.add(Int::ONE)?;
        Some(digits)
    }

    /// Whether several integers, or several scalars, can lead to the end of a part, in the row after this one.
    ///
    /// Two integers with equal accumulators differ by a multiple of the order of the field, so the integer is unique if
    /// twice the bound is below the order. Several scalars have the same result unless there are fewer scalars than
    /// points in the subgroup. It does not matter whether the result is given or computed: a statement may be about its
    /// hash, or about a selection between two keys.
    fn has_aliases(&mut self, last: u32, scalar: Wire, digits: Option<Digits>) -> bool {
        let unique = digits.and_then(|it| it.bound.add(it.bound)).is_some_and(|twice| twice < MODULUS);
        if !unique {
            return true;
        }
        let order = Int::of(&BlsScalar::from_raw(ORDER));
        let tells_apart = digits.is_some_and(|it| it.constant.is_some())
            && self.facts.interval(scalar).width < order
            && self.has_large_order(last);
        !tells_apart
    }

    /// Whether the point of a row, which is on the curve, has at least as many multiples as the subgroup has points.
    fn has_large_order(&self, row: u32) -> bool {
        let q = self.selectors(row);
        let point = JubJubExtended::from(JubJubAffine::from_raw_unchecked(q.left, q.right));
        let eight_times = (0..CLEARED).fold(point, |point, _| point.double());
        JubJubAffine::from(eight_times) != JubJubAffine::identity()
    }

    /// If doublings of a point start at this row and lead to a determined point, adds the coordinates of the former.
    fn cofactor(&self, row: u32, found: &mut BTreeSet<Wire>) {
        let mut inner: BTreeSet<Wire> = BTreeSet::new();
        let mut doublings: Vec<u32> = Vec::new();
        let [u, v, ..] = self.row(row).wires;
        let start = (u, v);
        let (mut pair, mut at) = (start, row);
        loop {
            let [a, b, c, d] = self.row(at).wires;
            let [a1, b1, _, d1] = self.layout.rows[at as usize + 1].wires;
            let doubling = self.kind(at) == GateKind::CurveAdd && (a, b) == (c, d) && (a, b) == pair;
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
                self.kind(**it) == GateKind::CurveAdd && (a, b) == pair
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
        // The rows of the equation may have helper wires that no other rows use.
        let mut rows: BTreeSet<u32> = equation.iter().copied().collect();
        for row in equation {
            for wire in self.row(row).wires {
                let undetermined = !self.facts.is_determined(wire) && !inner.contains(&wire);
                if undetermined && inner.len() < 32 {
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

    /// Whether a row is an arithmetic row over only a point's coordinates and the helpers of its equation. Such a row
    /// holds for every point on the curve, if it is the equation or defines a helper. A row with a public input is
    /// neither, and the selectors of other kinds of rows are not polynomials.
    fn is_part_of_equation(&self, row: u32, pair: Pair, inner: &BTreeSet<Wire>) -> bool {
        let wires = self.row(row).wires;
        self.kind(row) == GateKind::Arithmetic
            && wires.iter().all(|wire| inner.contains(wire) || self.facts.value(*wire).is_some())
            && self.defines_or_states(row, pair)
    }
}
