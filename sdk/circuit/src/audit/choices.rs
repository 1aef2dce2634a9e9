//! Wires that a prover may choose, where it is proved that the choice changes nothing.
//!
//! - The digits of a fixed-base multiplication: they have signs, so many make the same scalar. Where the scalar
//!   and the result are determined, no other row uses the steps between, and all choices make the same integer, any of them will do.
//!   Where they make several integers, as many scalars have the same result: the key that a secret owns has several.
//! - The point that a point of the subgroup is eight times of: there are eight of them. Where the result is determined, and only the
//!   curve's equation uses the point, any of them will do.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{JubJubAffine, JubJubExtended};

use super::facts::{CLEARED, Pair};
use super::integer::{Int, MODULUS};
use super::rules::Engine;
use crate::layout::{Kind, Wire};

/// The order of JubJub's subgroup.
const ORDER: [u64; 4] = [0xd097_0e5e_d6f7_2cb7, 0xa668_2093_ccc8_1082, 0x0667_3b01_0134_3b00, 0x0e7d_b4ea_6533_afa9];

/// What a prover may choose.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// The wires of choices on which nothing depends.
    pub(super) harmless: BTreeSet<Wire>,
    /// The digits of multiples of which several scalars make the end.
    pub(super) aliased: Vec<Aliased>,
}

/// A part of a run of fixed-base additions whose end several scalars make.
#[derive(Debug)]
pub(super) struct Aliased {
    /// Its first row.
    pub(super) row: u32,
    /// The wires between its beginning and its end.
    pub(super) wires: Vec<Wire>,
}

/// What is known of the integer that the signed digits of a run make, from where it is known to be zero or another constant.
#[derive(Debug, Clone, Copy)]
struct Digits {
    /// How large it can be, with either sign.
    bound: Int,
    /// The accumulator at the beginning, where it is a constant: then the accumulator at the end tells the integer, and else only
    /// together with the one at the beginning.
    constant: Option<BlsScalar>,
}

impl Engine<'_> {
    /// The wires that a prover may choose.
    pub(super) fn choices(&mut self) -> Choices {
        let mut found = Choices::default();
        let rows = u32::try_from(self.layout.rows.len()).unwrap_or(u32::MAX);
        let mut row = 0;
        while row < rows {
            match self.kind(row) {
                Kind::FixedAdd => row = self.signed_digits(row, &mut found),
                Kind::CurveAdd => {
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

    /// Adds the inner wires of a run of fixed-base additions, and gives the row after it.
    fn signed_digits(&mut self, first: u32, found: &mut Choices) -> u32 {
        let mut inner: Vec<Wire> = Vec::new();
        let mut harmless = true;
        let (mut begin, mut digits) = (first, None);
        let mut row = first;
        while self.kind(row) == Kind::FixedAdd {
            let [a, b, c, d] = self.row(row).wires;
            if row == begin && self.are_determined(&[a, b, d]) && self.point((a, b), 0).is_some() {
                digits = Some(Digits { bound: Int::ZERO, constant: self.facts.value(d) });
            }
            digits = self.next_digit(row, row == begin, digits);
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

    /// The integer of the digits after one more row; none where the row's point is not the next half of the one before.
    fn next_digit(&mut self, row: u32, is_first: bool, before: Option<Digits>) -> Option<Digits> {
        let mut digits = before?;
        self.constant_level(row)?;
        if !is_first && !self.is_doubling(row - 1, row) {
            return None;
        }
        // An accumulator that is zero again says that the integer so far is zero, if it cannot be the order of the field.
        let [_, _, _, d] = self.row(row).wires;
        let zero = Some(BlsScalar::zero());
        if !is_first && self.facts.value(d) == zero && digits.constant == zero && digits.bound < MODULUS {
            digits.bound = Int::ZERO;
        }
        digits.bound = digits.bound.add(digits.bound)?.add(Int::ONE)?;
        Some(digits)
    }

    /// Whether several integers, or several scalars, may have the same end of a part: it is the row after this one.
    ///
    /// Two integers that the accumulators do not tell apart differ by a multiple of the order of the field, so there is one if twice the
    /// bound is below that. Several scalars have the same end unless there are less of them than the order of the points. It does not
    /// matter whether the end is given or computed: a statement may be about its hash, or about a choice between two keys.
    fn has_aliases(&mut self, last: u32, scalar: Wire, digits: Option<Digits>) -> bool {
        let unique = digits.and_then(|it| it.bound.add(it.bound)).is_some_and(|twice| twice < MODULUS);
        if !unique {
            return true;
        }
        let order = Int::of(&BlsScalar::from_raw(ORDER));
        let tells_apart = digits.is_some_and(|it| it.constant.is_some())
            && self.facts.arc(scalar).width < order
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
