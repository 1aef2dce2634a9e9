//! Arithmetic rows as polynomials, and the facts that follow from a single row.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::facts::Facts;
use super::integer::{Int, Interval, MODULUS, Signed};
use crate::layout::{Layout, Wire};

/// The polynomial of a row, which must be zero, with equal wires merged and known values substituted.
#[derive(Debug)]
pub(super) struct Form {
    /// Wires and their factors, which are not zero.
    pub(super) linear: Vec<(Wire, BlsScalar)>,
    /// A product of two wires and its factor, which is not zero.
    pub(super) product: Option<(Wire, Wire, BlsScalar)>,
    pub(super) constant: BlsScalar,
    /// Whether a public input is added.
    pub(super) public: bool,
}

/// A case split that may help: whether a determined wire has a value or not.
pub(super) type Split = (Wire, BlsScalar);

pub(super) fn inverse(value: &BlsScalar) -> BlsScalar {
    let one = BlsScalar::one();
    if *value == one || *value == -one { *value } else { value.invert().unwrap_or_default() }
}

impl Form {
    pub(super) fn of(layout: &Layout, facts: &Facts, row: u32) -> Self {
        let at = &layout.rows[row as usize];
        let q = &layout.selectors[at.selectors as usize];
        let zero = BlsScalar::zero();
        let public = layout.public_rows.binary_search(&row).is_ok();
        let mut form = Self { linear: Vec::with_capacity(4), product: None, constant: q.constant, public };
        for (wire, factor) in at.wires.into_iter().zip([q.left, q.right, q.output, q.fourth]) {
            form.add(facts, wire, factor);
        }
        let [a, b, ..] = at.wires;
        if q.multiply != zero {
            match (facts.value(a), facts.value(b)) {
                (Some(value), _) => form.add(facts, b, q.multiply * value),
                (_, Some(value)) => form.add(facts, a, q.multiply * value),
                _ => form.product = Some((a, b, q.multiply)),
            }
        }
        form.linear.retain(|(_, factor)| *factor != zero);
        form
    }

    fn add(&mut self, facts: &Facts, wire: Wire, factor: BlsScalar) {
        if let Some(value) = facts.value(wire) {
            self.constant += factor * value;
        } else if let Some(term) = self.linear.iter_mut().find(|(it, _)| *it == wire) {
            term.1 += factor;
        } else {
            self.linear.push((wire, factor));
        }
    }

    /// The factor of a wire in the linear part.
    pub(super) fn factor(&self, wire: Wire) -> BlsScalar {
        self.linear.iter().find(|(it, _)| *it == wire).map_or(BlsScalar::zero(), |(_, factor)| *factor)
    }

    /// Adds the facts that follow from the row. Returns a case split that could give more.
    pub(super) fn learn(&self, facts: &mut Facts) -> Option<Split> {
        if !self.public {
            self.roots(facts);
            self.bounds(facts);
        }
        self.solve(facts)
    }

    /// Solves a row with one wire, or with a product of two, for the possible values.
    pub(super) fn roots(&self, facts: &mut Facts) {
        match (self.product, self.linear.as_slice()) {
            (None, [(wire, factor)]) => facts.narrow(*wire, Interval::constant(-self.constant * inverse(factor))),
            (Some((x, y, factor)), linear) if x == y && linear.iter().all(|(it, _)| *it == x) => {
                // factor·x² + k·x + constant = 0
                if self.constant != BlsScalar::zero() {
                    return facts.exclude(x, BlsScalar::zero());
                }
                let root = -self.factor(x) * inverse(&factor);
                let Signed { negative, size } = Signed::of(&root);
                let low = if negative { root } else { BlsScalar::zero() };
                facts.narrow(x, Interval { low, width: size });
            }
            (Some((x, y, factor)), linear) if linear.iter().all(|(it, _)| *it == x || *it == y) => {
                // factor·(x − r)·(y − s) = remainder
                let inverse = inverse(&factor);
                let (r, s) = (-self.factor(y) * inverse, -self.factor(x) * inverse);
                if factor * r * s != self.constant {
                    facts.exclude(x, r);
                    facts.exclude(y, s);
                } else if facts.differs(y, &s) {
                    facts.narrow(x, Interval::constant(r));
                } else if facts.differs(x, &r) {
                    facts.narrow(y, Interval::constant(s));
                }
            }
            _ => {}
        }
    }

    /// Bounds each wire by the bounds of all others.
    fn bounds(&self, facts: &mut Facts) {
        let terms: Vec<Option<Interval>> = self
            .linear
            .iter()
            .map(|(wire, factor)| Some(facts.interval(*wire)).filter(|it| !it.is_full())?.times(factor))
            .collect();
        let mut fixed = Interval::constant(self.constant);
        if let Some((x, y, factor)) = self.product {
            let interval = facts.interval(x).product(facts.interval(y)).and_then(|interval| interval.times(&factor));
            let Some(sum) = interval.and_then(|interval| interval.plus(&fixed)) else { return };
            fixed = sum;
        }
        if terms.iter().filter(|it| it.is_none()).count() > 1 {
            return;
        }
        for (index, (wire, factor)) in self.linear.iter().enumerate() {
            let others = terms.iter().enumerate().filter(|(other, _)| *other != index);
            let sum = others.map(|(_, interval)| *interval).try_fold(fixed, |sum, interval| sum.plus(&interval?));
            if let Some(interval) = sum.and_then(|sum| sum.times(&-inverse(factor))) {
                facts.narrow(*wire, interval);
            }
        }
    }

    /// Finds the wires that the determined wires determine.
    fn solve(&self, facts: &mut Facts) -> Option<Split> {
        let undetermined: Vec<(Wire, BlsScalar)> =
            self.linear.iter().copied().filter(|(wire, _)| !facts.is_determined(*wire)).collect();
        let Some((x, y, factor)) = self.product else {
            return determine_digits(facts, &undetermined);
        };
        let (x, y) = match (facts.is_determined(x), facts.is_determined(y)) {
            (true, true) => return determine_digits(facts, &undetermined),
            (false, true) => (x, y),
            (true, false) => (y, x),
            (false, false) => return None,
        };
        // (factor·y + k)·x + … = 0, where y is determined and x is not. Then x ≠ y.
        let root = -self.factor(x) * inverse(&factor);
        if !facts.differs(y, &root) {
            return Some((y, root));
        }
        if undetermined.iter().all(|(wire, _)| *wire == x) {
            facts.determine(x);
        }
        None
    }
}

/// Decides whether a determined sum `Σ factor·wire` determines its wires.
///
/// Let two assignments differ by `δ` on the wires; then `Σ factor·δ = 0` modulo p. Scale the factors so that one of
/// them is 1, and take them as the integers closest to zero, sorted by size. `|δ|` is at most the width of the wire's
/// interval. If the sum of all `|factor|·width` is below p, the equation also holds for integers. If in addition each
/// factor is larger than the sum of all earlier terms, the largest nonzero term would exceed the sum of all others; so
/// all `δ` are zero.
fn determine_digits(facts: &mut Facts, undetermined: &[(Wire, BlsScalar)]) -> Option<Split> {
    match undetermined {
        [] => return None,
        [(wire, _)] => {
            facts.determine(*wire);
            return None;
        }
        _ => {}
    }
    // If a wire may be any element, the condition cannot hold. This check only saves work.
    if undetermined.iter().any(|(wire, _)| facts.interval(*wire).is_full()) {
        return None;
    }
    let unique = undetermined.iter().any(|(_, unit)| {
        let inverse = inverse(unit);
        let mut terms: Vec<(Int, Int)> = undetermined
            .iter()
            .map(|(wire, factor)| (Signed::of(&(factor * inverse)).size, facts.interval(*wire).width))
            .collect();
        terms.sort_unstable();
        let sum = terms.into_iter().try_fold(Int::ZERO, |sum, (size, width)| {
            if size > sum { size.mul(width)?.add(sum).filter(|sum| *sum < MODULUS) } else { None }
        });
        sum.is_some()
    });
    if unique {
        undetermined.iter().for_each(|(wire, _)| facts.determine(*wire));
    }
    None
}
