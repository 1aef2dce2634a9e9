//! Numbers with two decompositions into digits: that of the element, and that of the element plus the order of the
//! field.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::counterexample::Search;
use super::form::{Form, inverse};
use super::integer::{Int, MODULUS};
use crate::layout::{GateKind, Wire};

/// The maximum number of digits.
const MAX_DIGITS: usize = 1024;

/// The maximum number of rows that are tried for a wire.
const MAX_ROWS_TRIED: usize = 12;
/// The maximum number of bits in a sum whose weights are not powers of two, because they are 2^255 or more and are
/// reduced by the field.
const MAX_IRREGULAR: usize = 4;

/// Values for some wires.
pub(super) type Seed = Vec<(Wire, BlsScalar)>;

/// A sum of bits whose value in the field is known.
struct BitSum {
    bits: Vec<(Wire, BlsScalar)>,
    value: BlsScalar,
}

impl Search<'_> {
    /// Other digits for the numbers of which a wire is a digit or an accumulator.
    pub(super) fn aliases(&self, wire: Wire) -> Vec<Seed> {
        let mut seeds = Vec::new();
        seeds.extend(self.other_accumulators(wire));
        seeds.extend(self.other_parts(wire));
        seeds.extend(self.other_bits(wire));
        seeds.extend(self.other_signs(wire));
        seeds
    }

    /// Base-4 accumulators of the number plus the order of the field.
    fn other_accumulators(&self, wire: Wire) -> Option<Seed> {
        let mut last = wire;
        for _ in 0..MAX_DIGITS {
            match self.digits.after.get(&last) {
                Some(after) if last != Wire::ZERO => last = *after,
                _ => break,
            }
        }
        self.accumulators(last, Int::of(&self.value(last)).add(MODULUS)?)
    }

    /// The accumulators that end with this number on the last wire, if there are enough of them.
    pub(super) fn accumulators(&self, last: Wire, number: Int) -> Option<Seed> {
        let mut all = alloc::vec![last];
        while let Some(before) = self.digits.before.get(&all[all.len() - 1]).filter(|it| **it != Wire::ZERO) {
            if all.len() == MAX_DIGITS {
                return None;
            }
            all.push(*before);
        }
        let fits = all.len() == 1 || number.shifted(2 * all.len()) == Int::ZERO;
        let values = all.iter().enumerate().map(|(place, wire)| (*wire, number.shifted(2 * place).reduced()));
        fits.then(|| values.collect())
    }

    /// The parts `low + 2^k·high` of the number plus the order of the field.
    fn other_parts(&self, wire: Wire) -> Option<Seed> {
        self.uses.of(wire).iter().take(MAX_ROWS_TRIED).find_map(|row| {
            let form = Form::of(self.layout, self.facts, *row);
            if self.kind(*row) != GateKind::Arithmetic || form.product.is_some() || form.public {
                return None;
            }
            let (undetermined, fixed): (Vec<_>, Vec<_>) =
                form.linear.iter().partition(|(it, _)| self.undetermined.contains(it));
            let [one, other] = undetermined.as_slice() else { return None };
            let value = fixed.into_iter().fold(-form.constant, |sum, (it, by)| sum - by * self.value(it));
            [(one, other), (other, one)].into_iter().find_map(|(low, high)| {
                let unit = inverse(&low.1);
                let shift = (1..255).find(|it| BlsScalar::pow_of_2(*it) == high.1 * unit)?;
                let number = Int::of(&(value * unit)).add(MODULUS)?;
                let part = number.shifted(usize::try_from(shift).ok()?);
                let rest = number.sub(part.mul(Int::of(&BlsScalar::pow_of_2(shift)))?)?;
                Some(alloc::vec![(low.0, rest.reduced()), (high.0, part.reduced())])
            })
        })
    }

    /// Other bits with the same sum in the field; this bit is inverted.
    fn other_bits(&self, wire: Wire) -> Option<Seed> {
        let mut sum = self.is_bit(wire).then(|| self.sum_of_bits(wire))??;
        let place = sum.bits.iter().position(|(it, _)| *it == wire)?;
        let (_, factor) = sum.bits.swap_remove(place);
        let one = BlsScalar::one();
        let turned = one - self.value(wire);
        let value = sum.value - factor * turned;
        [one, -one, inverse(&factor)].into_iter().find_map(|unit| {
            let weights = sum.bits.iter().map(|(it, by)| (Int::of(&(by * unit)), *it)).collect();
            let mut seed = binary(weights, value * unit)?;
            seed.push((wire, turned));
            Some(seed)
        })
    }

    fn is_bit(&self, wire: Wire) -> bool {
        let interval = self.facts.interval(wire);
        let squared = |row: &u32| {
            let form = Form::of(self.layout, self.facts, *row);
            self.kind(*row) == GateKind::Arithmetic && form.product.is_some_and(|(x, y, _)| x == wire && y == wire)
        };
        self.undetermined.contains(&wire)
            && (interval.low, interval.width) == (BlsScalar::zero(), Int::ONE)
            && self.uses.of(wire).iter().take(MAX_ROWS_TRIED).any(squared)
    }

    fn kind(&self, row: u32) -> GateKind {
        self.layout.selectors[self.layout.rows[row as usize].selectors as usize].kind
    }

    /// The sum of bits that the linear rows around one bit state, without the wires of partial sums.
    fn sum_of_bits(&self, bit: Wire) -> Option<BitSum> {
        let mut used: BTreeSet<u32> = BTreeSet::new();
        let mut terms: BTreeMap<Wire, BlsScalar> = BTreeMap::new();
        let mut constant = BlsScalar::zero();
        let mut next = bit;
        for _ in 0..MAX_DIGITS {
            let rows = self.uses.of(next).iter().take(MAX_ROWS_TRIED).filter(|row| !used.contains(*row));
            let (row, form, factor) = rows.into_iter().find_map(|row| {
                let form = Form::of(self.layout, self.facts, *row);
                let factor = form.factor(next);
                let linear = self.kind(*row) == GateKind::Arithmetic && form.product.is_none();
                (linear && factor != BlsScalar::zero()).then_some((*row, form, factor))
            })?;
            used.insert(row);
            // The first row is the equation; each further row eliminates a partial sum from it.
            let scale = terms.get(&next).map_or(BlsScalar::one(), |by| -by * inverse(&factor));
            constant += scale * form.constant;
            if let Ok(place) = self.layout.public_rows.binary_search(&row) {
                constant += scale * self.assignment.public()[place];
            }
            for (wire, by) in form.linear {
                *terms.entry(wire).or_insert(BlsScalar::zero()) += scale * by;
            }
            terms.retain(|_, by| *by != BlsScalar::zero());
            let partial = terms.keys().find(|it| self.undetermined.contains(it) && !self.is_bit(**it));
            match partial {
                Some(partial) => next = *partial,
                None => break,
            }
        }
        let (bits, fixed): (Vec<_>, Vec<_>) = terms.into_iter().partition(|(wire, _)| self.is_bit(*wire));
        if fixed.iter().any(|(wire, _)| self.undetermined.contains(wire)) {
            return None;
        }
        let value = fixed.into_iter().fold(-constant, |sum, (wire, by)| sum - by * self.value(wire));
        Some(BitSum { bits, value })
    }

    /// Other signed bits of a multiplication of a fixed point: those of the number plus the order of the field, of the
    /// number minus it, or of the number without signs.
    fn other_signs(&self, wire: Wire) -> Vec<Seed> {
        let fixed = |row: &u32| self.layout.rows.len() > *row as usize && self.kind(*row) == GateKind::FixedAdd;
        let Some(mut first) = self.uses.of(wire).iter().copied().find(fixed) else { return Vec::new() };
        while first > 0 && fixed(&(first - 1)) {
            first -= 1;
        }
        let mut accumulators = Vec::new();
        let mut row = first;
        while fixed(&row) && accumulators.len() < MAX_DIGITS {
            accumulators.push(self.layout.rows[row as usize].wires[3]);
            row += 1;
        }
        let count = accumulators.len();
        let start = self.value(accumulators[0]);
        let Some(last) = self.layout.rows.get(row as usize).filter(|_| start == BlsScalar::zero()) else {
            return Vec::new();
        };
        let number = Int::of(&self.value(last.wires[3]));
        let ways = [(number.add(MODULUS), false), (MODULUS.sub(number), true), (Some(number), false)];
        let ways = ways.into_iter().filter_map(|(number, negative)| Some((number?, negative)));
        ways.filter(|(number, _)| number.shifted(count) == Int::ZERO)
            .map(|(number, negative)| {
                let value = |place: usize| number.shifted(count - place).reduced();
                let signed = |place| if negative { -value(place) } else { value(place) };
                accumulators.iter().enumerate().skip(1).map(|(place, wire)| (*wire, signed(place))).collect()
            })
            .collect()
    }
}

/// Bits with these weights whose sum is a number, modulo the order of the field.
fn binary(mut weights: Vec<(Int, Wire)>, number: BlsScalar) -> Option<Seed> {
    weights.sort_unstable();
    // Take the bits greedily, the largest weight first. Try both values of the bits whose weight does not exceed the
    // sum of the smaller ones.
    let mut below = Some(Int::ZERO);
    let (regular, others): (Vec<_>, Vec<_>) = weights.into_iter().partition(|(weight, _)| {
        let regular = below.is_none_or(|below| *weight > below);
        if regular {
            below = below.and_then(|below| below.add(*weight));
        }
        regular
    });
    if others.len() > MAX_IRREGULAR {
        return None;
    }
    let bit = |set: bool| if set { BlsScalar::one() } else { BlsScalar::zero() };
    (0u32..1 << others.len()).find_map(|pattern| {
        let chosen: Seed =
            others.iter().enumerate().map(|(place, (_, wire))| (*wire, bit(pattern >> place & 1 == 1))).collect();
        let taken =
            others.iter().zip(&chosen).fold(number, |rest, ((weight, _), (_, bit))| rest - weight.reduced() * bit);
        let rest = Int::of(&taken);
        [Some(rest), rest.add(MODULUS)].into_iter().flatten().find_map(|mut rest| {
            let mut seed = chosen.clone();
            for (weight, wire) in regular.iter().rev() {
                let less = rest.sub(*weight);
                seed.push((*wire, bit(less.is_some())));
                rest = less.unwrap_or(rest);
            }
            (rest == Int::ZERO).then_some(seed)
        })
    })
}
