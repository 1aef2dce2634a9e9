//! Rules for rows that hold for integers, because no sum in them reaches the order of the field.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::form::{Form, inverse};
use super::integer::{Int, MODULUS, Signed};
use super::rules::Engine;
use crate::layout::Wire;

/// The maximum number of rows that are tried for a wire.
const MAX_ROWS_TRIED: usize = 12;

/// An integer as a difference of two numbers, so that it may be negative.
#[derive(Debug, Clone, Copy)]
struct Difference {
    plus: Int,
    minus: Int,
}

impl Difference {
    const ZERO: Self = Self { plus: Int::ZERO, minus: Int::ZERO };

    /// Adds a number times a factor.
    fn add(&mut self, number: Signed, times: Int) -> Option<()> {
        let side = if number.negative { &mut self.minus } else { &mut self.plus };
        *side = side.add(number.size.mul(times)?)?;
        Some(())
    }

    /// The integer with a sign.
    fn signed(self) -> Signed {
        match self.plus.sub(self.minus) {
            Some(size) => Signed { negative: false, size },
            None => Signed { negative: true, size: self.minus.sub(self.plus).unwrap_or(Int::ZERO) },
        }
    }
}

/// An integer `low + factor·high`, by the wire of its lower part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    high: Wire,
    factor: Int,
    /// The maximum of the integer, below the order of the field.
    bound: Int,
}

/// The definition of a wire over the integers: `value − Σ factor·wire`.
struct Equation {
    terms: Vec<(Wire, Signed)>,
    value: Signed,
}

fn negated(number: Signed) -> Signed {
    Signed { negative: !number.negative, ..number }
}

impl Engine<'_> {
    /// Tries the rules of this module on a row.
    pub(super) fn integers(&mut self, row: u32) {
        let form = Form::of(self.layout, &self.facts, row);
        let undetermined: Vec<(Wire, BlsScalar)> =
            form.linear.iter().copied().filter(|(wire, _)| !self.facts.is_determined(*wire)).collect();
        match (form.product, undetermined.as_slice()) {
            (None, [a, b]) => {
                for (low, high) in [(a, b), (b, a)] {
                    if let Some(parts) = self.is_below_order(row, *low, *high) {
                        self.facts.determine(a.0);
                        self.facts.determine(b.0);
                        self.bounded.insert(low.0, parts);
                        self.compare_again(low.0);
                    }
                }
            }
            (Some((x, y, factor)), [(rest, times)]) if *times == factor => {
                for (quotient, divisor) in [(x, y), (y, x)] {
                    if self.is_division(quotient, divisor, *rest) == Some(true) {
                        self.facts.determine(quotient);
                        self.facts.determine(*rest);
                    }
                }
            }
            _ => {}
        }
    }

    /// The maximum of a wire whose values start at zero or above.
    fn largest(&self, wire: Wire) -> Option<Int> {
        let interval = self.facts.interval(wire);
        Int::of(&interval.low).add(interval.width).filter(|largest| !interval.is_full() && *largest < MODULUS)
    }

    /// Queues the rows of wires that a row compares with a newly bounded number.
    fn compare_again(&mut self, low: Wire) {
        for near in self.uses.of(low).iter().take(MAX_ROWS_TRIED) {
            for wire in self.row(*near).wires.into_iter().filter(|wire| !self.facts.is_determined(*wire)) {
                self.integers.extend(self.uses.of(wire).iter().take(MAX_ROWS_TRIED));
            }
        }
    }

    /// Whether the value of `low + factor·high` in the field determines both parts: the parts must not overlap, and
    /// other rows must bound the integer below the order of the field. Then equal field elements are equal integers.
    fn is_below_order(&self, row: u32, low: (Wire, BlsScalar), high: (Wire, BlsScalar)) -> Option<Parts> {
        let factor = Signed::of(&(high.1 * inverse(&low.1)));
        if factor.negative || factor.size <= self.largest(low.0)? {
            return None;
        }
        let (lows, highs) = (self.equations(low.0, row), self.equations(high.0, row));
        let bounds = lows.iter().flat_map(|low| highs.iter().map(move |high| (low, high)));
        let bound = bounds.filter_map(|(low, high)| self.upper_bound(low, high, factor.size)).min()?;
        (bound < MODULUS).then_some(Parts { high: high.0, factor: factor.size, bound })
    }

    /// The maximum of `low + factor·high`.
    fn upper_bound(&self, low: &Equation, high: &Equation, factor: Int) -> Option<Int> {
        let mut sum = Difference::ZERO;
        let mut terms: BTreeMap<Wire, Difference> = BTreeMap::new();
        for (equation, times) in [(low, Int::ONE), (high, factor)] {
            sum.add(equation.value, times)?;
            for (wire, by) in &equation.terms {
                terms.entry(*wire).or_insert(Difference::ZERO).add(negated(*by), times)?;
            }
        }
        // Subtracted terms are at least zero.
        let mut terms: BTreeMap<Wire, Signed> =
            terms.into_iter().map(|(wire, by)| (wire, by.signed())).filter(|(_, by)| !by.negative).collect();
        while let Some((wire, by)) = terms.pop_first() {
            // If both parts of a bounded number are terms, use the common bound.
            let whole = self.whole(wire, by, &terms);
            if let Some((other, times, bound)) = whole {
                terms.remove(&other);
                sum.plus = sum.plus.add(bound.mul(times)?)?;
            } else {
                sum.add(by, self.largest(wire)?)?;
            }
        }
        sum.plus.sub(sum.minus)
    }

    /// If a term is a part of a bounded number, and the other part is a term with the same factor: returns the other
    /// part, the factor and the bound.
    fn whole(&self, wire: Wire, by: Signed, terms: &BTreeMap<Wire, Signed>) -> Option<(Wire, Int, Int)> {
        let as_low = self.bounded.get(&wire).map(|parts| (parts.high, by.size, parts));
        let as_high = terms.iter().find_map(|(low, times)| {
            let parts = self.bounded.get(low).filter(|parts| parts.high == wire)?;
            Some((*low, times.size, parts))
        });
        [as_low, as_high].into_iter().flatten().find_map(|(other, times, parts)| {
            let of_other = terms.get(&other)?.size;
            let of_high = if other == parts.high { of_other } else { by.size };
            (times.mul(parts.factor)? == of_high).then_some((other, times, parts.bound))
        })
    }

    /// The definitions of a wire over the integers by linear rows, without one row.
    fn equations(&self, wire: Wire, except: u32) -> Vec<Equation> {
        let rows = self.uses.near(wire, except, MAX_ROWS_TRIED).iter();
        rows.filter(|row| **row != except).filter_map(|row| self.equation_of(*row, wire)).collect()
    }

    fn equation_of(&self, row: u32, wire: Wire) -> Option<Equation> {
        let (form, factor) = self.linear(row, wire)?;
        let scale = inverse(&factor);
        let others = form.linear.iter().filter(|(it, _)| *it != wire);
        let terms: Vec<(Wire, Signed)> = others.map(|(it, factor)| (*it, Signed::of(&(factor * scale)))).collect();
        // The integer `wire + Σ factor·other` is between −minus and plus.
        let mut range = Difference { plus: self.largest(wire)?, minus: Int::ZERO };
        for (other, by) in &terms {
            range.add(*by, self.largest(*other)?)?;
        }
        if range.plus.add(range.minus)? >= MODULUS {
            return None;
        }
        // Of the integers that equal the constant in the field, one is in the range. Otherwise no values satisfy the
        // row.
        let value = Int::of(&-(form.constant * scale));
        let value = if value <= range.plus {
            Signed { negative: false, size: value }
        } else {
            Signed { negative: true, size: MODULUS.sub(value)? }
        };
        Some(Equation { terms, value })
    }

    /// Whether `quotient·divisor + rest` is a division with remainder: it does not wrap around, the divisor is
    /// determined, and a row states that the rest is below the divisor. Then the pair is unique.
    fn is_division(&self, quotient: Wire, divisor: Wire, rest: Wire) -> Option<bool> {
        if !self.facts.is_determined(divisor) {
            return Some(false);
        }
        let largest = self.largest(rest)?;
        let sum = self.largest(quotient)?.mul(self.largest(divisor)?)?.add(largest)?;
        Some(
            sum < MODULUS
                && self.uses.of(rest).iter().take(MAX_ROWS_TRIED).any(|row| self.is_below(*row, rest, divisor)),
        )
    }

    /// Whether a row states that a number is below another: `other − number` is a sum that is at least 1.
    fn is_below(&self, row: u32, number: Wire, other: Wire) -> bool {
        let Some(equation) = self.equation_of(row, number) else { return false };
        // number = value + other − (terms that are at least 0). So the value must be −1 or less, and no term may add a
        // positive amount.
        let once = Signed { negative: true, size: Int::ONE };
        let of_other = equation.terms.contains(&(other, once));
        let falling = equation.terms.iter().all(|(wire, by)| *wire == other || !by.negative);
        of_other && falling && equation.value.negative
    }
}
