//! Rules for points: the curve's equation, additions, and multiplications of fixed points.
//!
//! The addition law of JubJub is complete: for points on the curve its denominators are never zero. So a row that adds
//! two points determines the sum, if constraints put both on the curve. If one of the pairs may be off the curve,
//! nothing follows.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{EDWARDS_D, JubJubAffine, JubJubExtended};

use super::facts::{CLEARED, Level, Pair};
use super::form::{Form, inverse};
use super::integer::{Int, Interval, MODULUS};
use super::rules::Engine;
use crate::layout::{GateKind, Wire};

/// The maximum number of rows of a wire that are searched for its definition.
const MAX_DEFINITIONS: usize = 12;
/// The maximum number of substitutions in a row.
const MAX_SUBSTITUTIONS: usize = 6;
/// The maximum number of bits or digits that select a point.
const MAX_SELECTORS: u32 = 3;
/// The maximum of a digit whose values are examined one by one.
const LARGEST_DIGIT: Int = Int::new(3);

/// `factor·wire + constant`; without a wire it is a constant.
#[derive(Debug, Clone, Copy)]
struct Affine {
    term: Option<(Wire, BlsScalar)>,
    constant: BlsScalar,
}

/// A polynomial in two unknowns of degree two in each: `[i][j]` is the factor of `u^i·v^j`.
type Polynomial = [[BlsScalar; 3]; 3];

impl Engine<'_> {
    pub(super) fn curve_add(&mut self, row: u32) {
        let [a, b, c, d] = self.row(row).wires;
        let [a1, b1, _, d1] = self.ahead(row);
        if self.facts.is_determined(a) && self.facts.is_determined(d) {
            self.facts.determine(d1);
        }
        let (Some(first), Some(second)) = (self.point((a, b), 0), self.point((c, d), 0)) else { return };
        let doubling = (a, b) == (c, d);
        let level = if doubling { CLEARED.min(first + 1) } else { first.min(second) };
        self.facts.on_curve((a1, b1), level);
        // If one of three points is the sum of the others, two of them determine the third. In a doubling, the two
        // addends are the same pair.
        let determined = |engine: &Self, (u, v): Pair| engine.facts.is_determined(u) && engine.facts.is_determined(v);
        let points = [(a, b), (c, d), (a1, b1)];
        let known = points.map(|pair| determined(self, pair));
        let determine = match known {
            [true, true, _] => Some(points[2]),
            [true, false, true] => Some(points[1]),
            [false, true, true] => Some(points[0]),
            _ => None,
        };
        if let Some((u, v)) = determine {
            self.facts.determine(u);
            self.facts.determine(v);
        }
        if self.facts.is_determined(a) && self.facts.is_determined(d) {
            self.facts.determine(d1);
        }
    }

    pub(super) fn fixed_add(&mut self, row: u32) {
        let [a, b, c, d] = self.row(row).wires;
        let [a1, b1, _, d1] = self.ahead(row);
        // d' = 2d − 1, 2d or 2d + 1
        let bit = Interval { low: -BlsScalar::one(), width: Int::new(2) };
        if let Some(interval) =
            self.facts.interval(d).times(&BlsScalar::from(2)).and_then(|interval| interval.plus(&bit))
        {
            self.facts.narrow(d1, interval);
        }
        let bit_determined = self.facts.is_determined(d) && self.facts.is_determined(d1);
        if bit_determined {
            self.facts.determine(c);
        }
        let (Some(start), Some(constant)) = (self.point((a, b), 0), self.constant_level(row)) else { return };
        self.facts.on_curve((a1, b1), start.min(constant));
        if bit_determined && self.facts.is_determined(a) && self.facts.is_determined(b) {
            self.facts.determine(a1);
            self.facts.determine(b1);
        }
        let mut first = row;
        while first > 0 && self.kind(first - 1) == GateKind::FixedAdd {
            first -= 1;
        }
        self.chains.insert(first);
    }

    /// The level of a row's constant point, if it is on the curve.
    pub(super) fn constant_level(&mut self, row: u32) -> Option<Level> {
        let (selectors, q) = (self.row(row).selectors, self.selectors(row));
        if let Some(level) = self.constants.get(&selectors) {
            return *level;
        }
        // The row uses the product of the coordinates too.
        let level = level(q.left, q.right).filter(|_| q.left * q.right == q.constant);
        self.constants.insert(selectors, level);
        level
    }

    pub(super) fn is_doubling(&mut self, row: u32, next: u32) -> bool {
        let key = (self.row(row).selectors, self.row(next).selectors);
        let [double, point] = [row, next].map(|row| {
            let q = self.selectors(row);
            JubJubAffine::from_raw_unchecked(q.left, q.right)
        });
        *self.doublings.entry(key).or_insert_with(|| JubJubAffine::from(JubJubExtended::from(point).double()) == double)
    }

    /// A run of rows that add signed bits of a scalar times the doublings of a fixed point.
    ///
    /// Starting at a row whose scalar accumulator is zero, let `s` be the integer that the signed bits represent. The
    /// point is the starting point plus `s` times a fixed point, and the accumulator is `s` modulo p. After `n` bits,
    /// `|s| < 2^n`. As long as two such integers cannot differ by p, the accumulator determines `s`, and so the point;
    /// and if the accumulator is zero again, `s` is zero.
    pub(super) fn chain(&mut self, first: u32) {
        // The bound of `s`, and the starting point, while a chain is open.
        let mut open: Option<(Int, Pair)> = None;
        let mut row = first;
        while self.kind(row) == GateKind::FixedAdd {
            let [a, b, _, d] = self.row(row).wires;
            let zero = self.facts.value(d) == Some(BlsScalar::zero());
            match &mut open {
                Some((bound, _)) if zero && *bound < MODULUS => *bound = Int::ZERO,
                // The run may contain rows whose pair is not a point.
                None if zero && self.point((a, b), 0).is_some() => open = Some((Int::ZERO, (a, b))),
                _ => {}
            }
            if self.constant_level(row).is_none() {
                open = None;
            }
            if let Some((bound, start)) = open {
                let bound = bound.add(bound).and_then(|bound| bound.add(Int::ONE));
                open = bound.map(|bound| (bound, start));
                let [a1, b1, _, d1] = self.ahead(row);
                let unique = bound.and_then(|it| it.add(it)).is_some_and(|twice| twice < MODULUS);
                if unique && [start.0, start.1, d1].into_iter().all(|wire| self.facts.is_determined(wire)) {
                    self.facts.determine(a1);
                    self.facts.determine(b1);
                }
            }
            if self.kind(row + 1) == GateKind::FixedAdd && !self.is_doubling(row, row + 1) {
                open = None;
            }
            row += 1;
        }
    }

    /// The level of a pair, if constraints put it on the curve.
    pub(super) fn point(&mut self, pair: Pair, selectors: u32) -> Option<Level> {
        if let Some(level) = self.facts.level(pair) {
            return Some(level);
        }
        let level = self.reduced(pair).or_else(|| self.equation(pair)).or_else(|| self.selected(pair, selectors))?;
        self.facts.on_curve(pair, level);
        Some(level)
    }

    /// The level of a pair that equals other wires, up to the sign of the first coordinate.
    fn reduced(&self, (u, v): Pair) -> Option<Level> {
        let one = BlsScalar::one();
        let (us, vs) = (self.affine(u), self.affine(v));
        us.iter().flat_map(|u| vs.iter().map(move |v| (u, v))).find_map(|(u, v)| match (u.term, v.term) {
            (None, None) => level(u.constant, v.constant),
            (Some((x, k)), Some((y, l))) => {
                let plain = u.constant == BlsScalar::zero() && v.constant == BlsScalar::zero();
                (plain && l == one && (k == one || k == -one)).then(|| self.facts.level((x, y))).flatten()
            }
            _ => None,
        })
    }

    /// Whether a wire is one of these, or linear rows make it equal to one of them up to the sign.
    pub(super) fn is_copy_of(&self, wire: Wire, originals: &BTreeSet<Wire>) -> bool {
        let (one, zero) = (BlsScalar::one(), BlsScalar::zero());
        // A wire whose value is known is equal to a constant, but may be one of these as well.
        originals.contains(&wire)
            || self.affine(wire).iter().any(|it| {
                it.term
                    .is_some_and(|(of, by)| (by == one || by == -one) && it.constant == zero && originals.contains(&of))
            })
    }

    /// The expressions that linear rows make equal to a wire.
    fn affine(&self, wire: Wire) -> Vec<Affine> {
        let zero = BlsScalar::zero();
        if let Some(constant) = self.facts.value(wire) {
            return alloc::vec![Affine { term: None, constant }];
        }
        let mut found = alloc::vec![Affine { term: Some((wire, BlsScalar::one())), constant: zero }];
        for row in self.uses.of(wire).iter().take(MAX_DEFINITIONS) {
            let Some((rest, constant)) = self.definition(*row, wire) else { continue };
            if let [term] = rest.as_slice() {
                found.push(Affine { term: Some(*term), constant });
            }
        }
        let mut sum = (alloc::vec![(wire, BlsScalar::one())], zero);
        for _ in 0..MAX_SUBSTITUTIONS {
            // Older wires define younger ones.
            let Some((youngest, factor)) = sum.0.iter().copied().max_by_key(|(wire, _)| *wire) else { break };
            let rows = self.uses.of(youngest).iter().take(MAX_DEFINITIONS);
            let older = |row: &u32| {
                self.definition(*row, youngest).filter(|(rest, _)| rest.iter().all(|(wire, _)| *wire < youngest))
            };
            let Some((rest, constant)) = rows.into_iter().find_map(older) else { break };
            sum.0.retain(|(wire, _)| *wire != youngest);
            sum.1 += factor * constant;
            for (wire, times) in rest {
                match sum.0.iter_mut().find(|(it, _)| *it == wire) {
                    Some(term) => term.1 += factor * times,
                    None => sum.0.push((wire, factor * times)),
                }
            }
            sum.0.retain(|(_, factor)| *factor != zero);
            if sum.0.len() <= 1 {
                found.push(Affine { term: sum.0.first().copied(), constant: sum.1 });
            }
        }
        found
    }

    /// The definition of a wire by a row: a sum of other wires and a constant.
    fn definition(&self, row: u32, wire: Wire) -> Option<(Vec<(Wire, BlsScalar)>, BlsScalar)> {
        let (form, factor) = self.linear(row, wire)?;
        let scale = -inverse(&factor);
        let rest = form.linear.iter().filter(|(it, _)| *it != wire).map(|(it, factor)| (*it, factor * scale));
        Some((rest.collect(), form.constant * scale))
    }

    /// The level of a pair that bits or digits select from several points.
    fn selected(&mut self, (u, v): Pair, selectors: u32) -> Option<Level> {
        if selectors == MAX_SELECTORS {
            return None;
        }
        for digit in self.digits(u) {
            let interval = *self.facts.interval(digit);
            let mut least = Some(CLEARED);
            let mut value = interval.low;
            while least.is_some() && interval.contains(&value) {
                let mark = self.facts.enter();
                let news = self.facts.news.len();
                self.facts.narrow(digit, Interval::constant(value));
                self.settle(digit);
                let level = self.reduced((u, v)).or_else(|| self.selected((u, v), selectors + 1));
                self.facts.leave(mark);
                self.facts.news.truncate(news);
                least = least.zip(level).map(|(a, b)| a.min(b));
                value += BlsScalar::one();
            }
            if least.is_some() {
                return least;
            }
        }
        None
    }

    /// Applies a known value to the rows around its wire, to learn more.
    fn settle(&mut self, wire: Wire) {
        for row in self.uses.near(wire, self.uses.of(wire).first().copied().unwrap_or(0), MAX_DEFINITIONS) {
            if self.kind(*row) == GateKind::Arithmetic {
                let form = Form::of(self.layout, &self.facts, *row);
                if form.product.is_none() && form.linear.len() == 1 && !form.public {
                    form.roots(&mut self.facts);
                }
            }
        }
    }

    /// The bits and digits in products close to a wire.
    fn digits(&self, wire: Wire) -> Vec<Wire> {
        let mut found = Vec::new();
        let mut wires = alloc::vec![wire];
        for _ in 0..3 {
            let mut older = Vec::new();
            for wire in wires {
                for row in self.uses.of(wire).iter().take(MAX_DEFINITIONS) {
                    if self.kind(*row) != GateKind::Arithmetic {
                        continue;
                    }
                    let form = Form::of(self.layout, &self.facts, *row);
                    let youngest = form.linear.iter().map(|(wire, _)| *wire).max();
                    if youngest != Some(wire) {
                        continue;
                    }
                    if let Some((x, y, _)) = form.product {
                        for wire in [x, y] {
                            if self.facts.interval(wire).width <= LARGEST_DIGIT && !found.contains(&wire) {
                                found.push(wire);
                            }
                        }
                    }
                    older.extend(form.linear.iter().map(|(wire, _)| *wire).filter(|it| *it != wire).take(3));
                }
            }
            wires = older;
            wires.truncate(MAX_DEFINITIONS);
        }
        found.truncate(4);
        found
    }

    /// Whether a row close to a pair states its curve equation: `d·u²·v² + u² − v² + 1 = 0`, up to a factor.
    fn equation(&self, (u, v): Pair) -> Option<Level> {
        let mut rows: Vec<u32> = Vec::new();
        let mut wires = alloc::vec![u, v];
        for _ in 0..3 {
            let mut near = Vec::new();
            for wire in wires {
                for row in self.uses.of(wire).iter().take(MAX_DEFINITIONS) {
                    if self.kind(*row) == GateKind::Arithmetic
                        && !rows.contains(row)
                        && rows.len() < 3 * MAX_DEFINITIONS
                    {
                        rows.push(*row);
                        near.extend(self.row(*row).wires.into_iter().filter(|it| self.facts.value(*it).is_none()));
                    }
                }
            }
            wires = near;
        }
        let holds = rows.iter().any(|row| {
            let polynomial = self.expand_row(*row, None, (u, v), &mut alloc::vec![*row]);
            polynomial.is_some_and(|it| is_curve(&it))
        });
        holds.then_some(0)
    }

    /// Whether a row is the curve equation of a pair, or the first to define a helper of it. If all rows on the pair
    /// and its helpers are, they hold for every point on the curve, with the right helpers.
    pub(super) fn defines_or_states(&self, row: u32, pair: Pair) -> bool {
        let states = self.expand_row(row, None, pair, &mut alloc::vec![row]);
        states.is_some_and(|it| is_curve(&it))
            || self.row(row).wires.into_iter().filter(|wire| ![pair.0, pair.1].contains(wire)).any(|wire| {
                let first =
                    self.uses.of(wire).iter().find(|row| self.defined_by(**row, wire, pair, &mut Vec::new()).is_some());
                first == Some(&row)
            })
    }

    /// The polynomial in two unknowns by which a row defines a wire. A row on the path is excluded: it cannot define
    /// itself.
    fn defined_by(&self, row: u32, wire: Wire, pair: Pair, path: &mut Vec<u32>) -> Option<Polynomial> {
        if self.kind(row) != GateKind::Arithmetic || path.contains(&row) {
            return None;
        }
        let form = Form::of(self.layout, &self.facts, row);
        let factor = form.factor(wire);
        if factor == BlsScalar::zero() {
            return None;
        }
        path.push(row);
        let rest = self.expand_row(row, Some(wire), pair, path);
        path.pop();
        let mut polynomial = Polynomial::default();
        add(&mut polynomial, &rest?, &-inverse(&factor));
        Some(polynomial)
    }

    /// The polynomial of a row in two unknowns, without the term of one wire.
    fn expand_row(&self, row: u32, except: Option<Wire>, pair: Pair, path: &mut Vec<u32>) -> Option<Polynomial> {
        let form = Form::of(self.layout, &self.facts, row);
        if form.public {
            return None;
        }
        let mut sum = Polynomial::default();
        sum[0][0] = form.constant;
        for (wire, factor) in form.linear.iter().filter(|(wire, _)| Some(*wire) != except) {
            add(&mut sum, &self.expand(*wire, pair, path)?, factor);
        }
        if let Some((x, y, factor)) = form.product {
            let product = multiply(&self.expand(x, pair, path)?, &self.expand(y, pair, path)?)?;
            add(&mut sum, &product, &factor);
        }
        Some(sum)
    }

    /// A wire as a polynomial in two unknowns, defined by rows that are not on the path.
    fn expand(&self, wire: Wire, pair: Pair, path: &mut Vec<u32>) -> Option<Polynomial> {
        let mut polynomial = Polynomial::default();
        if wire == pair.0 {
            polynomial[1][0] = BlsScalar::one();
            return Some(polynomial);
        }
        if wire == pair.1 {
            polynomial[0][1] = BlsScalar::one();
            return Some(polynomial);
        }
        if path.len() > 3 {
            return None;
        }
        let rows = self.uses.of(wire).iter().take(4);
        rows.into_iter().find_map(|row| self.defined_by(*row, wire, pair, path))
    }
}

fn add(sum: &mut Polynomial, other: &Polynomial, factor: &BlsScalar) {
    for (sum, other) in sum.iter_mut().flatten().zip(other.iter().flatten()) {
        *sum += other * factor;
    }
}

fn multiply(a: &Polynomial, b: &Polynomial) -> Option<Polynomial> {
    let zero = BlsScalar::zero();
    let mut product = Polynomial::default();
    let places = || (0..3).flat_map(|i| (0..3).map(move |j| (i, j)));
    for (i, j) in places().filter(|(i, j)| a[*i][*j] != zero) {
        for (k, l) in places().filter(|(k, l)| b[*k][*l] != zero) {
            *product.get_mut(i + k)?.get_mut(j + l)? += a[i][j] * b[k][l];
        }
    }
    Some(product)
}

fn is_curve(polynomial: &Polynomial) -> bool {
    let scale = polynomial[0][0];
    let mut curve = Polynomial::default();
    (curve[0][0], curve[2][0], curve[0][2], curve[2][2]) = (scale, scale, -scale, scale * EDWARDS_D);
    scale != BlsScalar::zero() && *polynomial == curve
}

/// The level of two constant coordinates, if they are a point on the curve.
fn level(u: BlsScalar, v: BlsScalar) -> Option<Level> {
    let point = JubJubAffine::from_raw_unchecked(u, v);
    if !bool::from(point.is_on_curve()) {
        return None;
    }
    Some(if bool::from(JubJubExtended::from(point).is_torsion_free()) { CLEARED } else { 0 })
}
