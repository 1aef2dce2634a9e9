//! The identity of the proof system: the combined statements of a circuit's rows. The quotient evaluates it at each
//! element of a coset, the linearisation at the challenge, so both use this code.

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::EDWARDS_D;

use super::key::columns;

/// The values of a row's wires, and of the next row's.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowValues {
    pub(super) a: BlsScalar,
    pub(super) b: BlsScalar,
    pub(super) c: BlsScalar,
    pub(super) d: BlsScalar,
    pub(super) next_a: BlsScalar,
    pub(super) next_b: BlsScalar,
    pub(super) next_d: BlsScalar,
}

/// The verifier's challenges before the quotient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Challenges {
    pub(super) alpha: BlsScalar,
    pub(super) beta: BlsScalar,
    pub(super) gamma: BlsScalar,
    pub(super) range: BlsScalar,
    pub(super) logic: BlsScalar,
    pub(super) fixed_add: BlsScalar,
    pub(super) curve_add: BlsScalar,
}

/// `x(x−1)(x−2)(x−3)`: zero for a base-4 digit.
fn digit(x: BlsScalar) -> BlsScalar {
    // With y = x² − 3x it is y(y + 2).
    let y = x.square() - x.double() - x;
    y * (y + BlsScalar::from(2))
}

/// The weighted sum of the terms: the second times `weight`, the third times its square, and so on.
fn weighted(terms: &[BlsScalar], weight: BlsScalar) -> BlsScalar {
    terms.iter().rev().fold(BlsScalar::zero(), |sum, term| sum * weight + term)
}

impl RowValues {
    /// The factor of the range selector.
    pub(super) fn range(&self, separation: BlsScalar) -> BlsScalar {
        let step = |high: BlsScalar, low: BlsScalar| digit(high - low.double().double());
        let terms = [step(self.c, self.d), step(self.b, self.c), step(self.a, self.b), step(self.next_d, self.a)];
        weighted(&terms, separation.square()) * separation
    }

    /// The factor of the logic selector; `constant` is 1 for AND and −1 for XOR.
    pub(super) fn logic(&self, constant: BlsScalar, separation: BlsScalar) -> BlsScalar {
        let step = |next: BlsScalar, here: BlsScalar| next - here.double().double();
        let (x, y, z) = (step(self.next_a, self.a), step(self.next_b, self.b), step(self.next_d, self.d));
        let product = self.c;
        let terms = [digit(x), digit(y), digit(z), product - x * y, logic_result(x, y, product, z, constant)];
        weighted(&terms, separation.square()) * separation
    }

    /// The factor of the fixed-base selector; the point has these coordinates, and `constant` is their product.
    pub(super) fn fixed_add(
        &self,
        (x, y, product): (BlsScalar, BlsScalar, BlsScalar),
        separation: BlsScalar,
    ) -> BlsScalar {
        let one = BlsScalar::one();
        let bit = self.next_d - self.d.double();
        let square = bit.square();
        let (add_x, add_y) = (bit * x, square * (y - one) + one);
        let bend = self.c * self.a * self.b * EDWARDS_D;
        let terms = [
            bit * (square - one),
            bit * product - self.c,
            self.next_a + self.next_a * bend - (self.a * add_y + self.b * add_x),
            self.next_b - self.next_b * bend - (self.b * add_y + self.a * add_x),
        ];
        weighted(&terms, separation.square()) * separation
    }

    /// The factor of the curve-addition selector.
    pub(super) fn curve_add(&self, separation: BlsScalar) -> BlsScalar {
        let (x1y2, y1x2) = (self.next_d, self.b * self.c);
        let bend = EDWARDS_D * x1y2 * y1x2;
        let terms = [
            self.a * self.d - x1y2,
            x1y2 + y1x2 - (self.next_a + self.next_a * bend),
            self.b * self.d + self.a * self.c - (self.next_b - self.next_b * bend),
        ];
        weighted(&terms, separation.square()) * separation
    }

    /// The factor of the permutation's accumulator, at the point `x`.
    pub(super) fn accumulator(&self, x: BlsScalar, challenges: &Challenges) -> BlsScalar {
        let [first, second, third, fourth] = columns().map(|factor| challenges.beta * factor * x);
        self.product([first, second, third, fourth], challenges) * challenges.alpha
    }

    /// The factor of the accumulator's next value, for these values of the permutations.
    pub(super) fn next_accumulator(&self, sigma: [BlsScalar; 4], challenges: &Challenges) -> BlsScalar {
        self.product(sigma.map(|it| challenges.beta * it), challenges) * challenges.alpha
    }

    fn product(&self, terms: [BlsScalar; 4], challenges: &Challenges) -> BlsScalar {
        let wires = [self.a, self.b, self.c, self.d];
        wires.iter().zip(terms).map(|(wire, term)| wire + term + challenges.gamma).product()
    }
}

/// Zero if `z` is `x AND y` (`constant` 1) or `x XOR y` (`constant` −1), for base-4 digits and their product `w`.
fn logic_result(x: BlsScalar, y: BlsScalar, w: BlsScalar, z: BlsScalar, constant: BlsScalar) -> BlsScalar {
    let times = |n: u64, of: BlsScalar| BlsScalar::from(n) * of;
    let sum = x + y;
    let inner = times(4, w) - times(18, sum) + BlsScalar::from(81);
    let squares = times(18, x.square() + y.square());
    let polynomial = w * (w * inner + squares - times(81, sum) + BlsScalar::from(83));
    constant * (times(9, z) - times(3, sum)) + times(3, sum + z) - polynomial.double()
}
