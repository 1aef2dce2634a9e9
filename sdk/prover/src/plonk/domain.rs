//! Evaluation of polynomials on the roots of unity and on their cosets.

use dusk_bls12_381::{BlsScalar, GENERATOR, ROOT_OF_UNITY, TWO_ADACITY};
use rayon::prelude::*;

use super::Secret;

/// The unit of work of a thread, in elements.
const CHUNK: usize = 1024;

/// The roots of unity whose order is a power of two.
#[derive(Debug)]
pub(super) struct Domain {
    /// The powers of the generator, from power zero: all elements in order.
    pub(super) elements: Vec<BlsScalar>,
    /// The inverse of the size.
    size_inverse: BlsScalar,
}

impl Domain {
    /// The domain of this size, a power of two below 2^32.
    pub(super) fn new(size: usize) -> Self {
        let generator = root_of_unity(size);
        let elements: Vec<_> =
            std::iter::successors(Some(BlsScalar::one()), |it| Some(it * generator)).take(size).collect();
        Self { elements, size_inverse: inverse(&BlsScalar::from(size as u64)) }
    }

    pub(super) fn size(&self) -> usize {
        self.elements.len()
    }

    /// The second element, which generates all.
    pub(super) fn generator(&self) -> BlsScalar {
        self.elements.get(1).copied().unwrap_or_else(BlsScalar::one)
    }

    /// Interpolates: the coefficients of the polynomial with these values on the domain.
    pub(super) fn interpolate(&self, mut values: Vec<BlsScalar>) -> Vec<BlsScalar> {
        self.transform(&mut values);
        // Traversing the roots in reverse order is the inverse transform, except for the factor.
        values[1..].reverse();
        values.iter_mut().for_each(|it| *it *= self.size_inverse);
        values
    }

    /// The values of a polynomial on the domain times `shift`. The polynomial may have up to twice as many coefficients
    /// as the domain has elements.
    pub(super) fn evaluate(&self, coefficients: &[BlsScalar], shift: &BlsScalar) -> Vec<BlsScalar> {
        let size = self.size();
        let mut values = vec![BlsScalar::zero(); size];
        let mut power = BlsScalar::one();
        for (value, coefficient) in values.iter_mut().zip(coefficients) {
            *value = coefficient * power;
            power *= shift;
        }
        if coefficients.len() > size {
            // `power` is now the shift to the power of the size: the same for all elements of the coset.
            for (value, coefficient) in values.iter_mut().zip(&coefficients[size..]) {
                *value += coefficient * power;
                power *= shift;
            }
        }
        self.transform(&mut values);
        values
    }

    /// The number-theoretic transform in place, by decimation in time.
    fn transform(&self, values: &mut [BlsScalar]) {
        let size = values.len();
        let bits = size.trailing_zeros();
        if bits == 0 {
            return;
        }
        for i in 0..size {
            let j = i.reverse_bits() >> (usize::BITS - bits);
            if i < j {
                values.swap(i, j);
            }
        }
        for level in 0..bits {
            let half = 1 << level;
            let stride = size >> (level + 1);
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (i, (low, high)) in low.iter_mut().zip(high).enumerate() {
                    let term = if i == 0 { *high } else { *high * self.elements[i * stride] };
                    *high = *low - term;
                    *low += term;
                }
            }
        }
    }
}

/// The shifts of the cosets on which the quotient is evaluated: `shift(size, j)` times the domain, for `j` below 8. The
/// cosets are disjoint from each other and from the domain.
pub(super) fn shift(size: usize, coset: u64) -> BlsScalar {
    GENERATOR * root_of_unity(8 * size).pow(&[coset, 0, 0, 0])
}

fn root_of_unity(order: usize) -> BlsScalar {
    (order.trailing_zeros()..TWO_ADACITY).fold(ROOT_OF_UNITY, |root, _| root.square())
}

/// The inverse of a nonzero value.
pub(super) fn inverse(value: &BlsScalar) -> BlsScalar {
    value.invert().expect("only values that are not zero are inverted")
}

/// Inverts all values, with one inversion for each thousand. A zero has negligible probability.
pub(super) fn invert_all(values: &mut [BlsScalar]) {
    values.par_chunks_mut(CHUNK).for_each(|values| {
        let mut products = Secret(Vec::with_capacity(values.len()));
        let mut product = BlsScalar::one();
        for value in &*values {
            products.0.push(product);
            product *= value;
        }
        let mut rest = inverse(&product);
        for (value, before) in values.iter_mut().zip(&products.0).rev() {
            let next = rest * *value;
            *value = rest * before;
            rest = next;
        }
    });
}

/// The value of a polynomial at a point.
pub(super) fn value_at(coefficients: &[BlsScalar], point: &BlsScalar) -> BlsScalar {
    let step = point.pow(&[CHUNK as u64, 0, 0, 0]);
    let horner = |of: &mut dyn DoubleEndedIterator<Item = &BlsScalar>, point: &BlsScalar| {
        of.rev().fold(BlsScalar::zero(), |sum, it| sum * point + it)
    };
    let parts: Vec<_> = coefficients.par_chunks(CHUNK).map(|part| horner(&mut part.iter(), point)).collect();
    horner(&mut parts.iter(), &step)
}

/// Adds a polynomial times a factor to another.
pub(super) fn add_scaled(to: &mut [BlsScalar], polynomial: &[BlsScalar], factor: &BlsScalar) {
    assert!(polynomial.len() <= to.len(), "the sum has room for the polynomial");
    if *factor == BlsScalar::zero() {
        return;
    }
    to.par_chunks_mut(CHUNK).zip(polynomial.par_chunks(CHUNK)).for_each(|(to, from)| {
        to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
    });
}

/// The quotient of a polynomial by `X − point`, without the remainder.
pub(super) fn divide(polynomial: &[BlsScalar], point: &BlsScalar) -> Vec<BlsScalar> {
    let mut quotient = vec![BlsScalar::zero(); polynomial.len().saturating_sub(1)];
    let mut carry = BlsScalar::zero();
    for (out, coefficient) in quotient.iter_mut().zip(&polynomial[1..]).rev() {
        carry = coefficient + carry * point;
        *out = carry;
    }
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polynomial(length: u64) -> Vec<BlsScalar> {
        (1..=length).map(|i| BlsScalar::from(i * i + 7)).collect()
    }

    #[test]
    fn evaluation_and_interpolation_are_inverse_and_agree_with_horner() {
        for size in [1, 2, 8, 64] {
            let domain = Domain::new(size);
            for length in [size, size + 3.min(size)] {
                let polynomial = polynomial(length as u64);
                let shift = BlsScalar::from(5);
                let values = domain.evaluate(&polynomial, &shift);
                for (value, element) in values.iter().zip(&domain.elements) {
                    assert_eq!(*value, value_at(&polynomial, &(shift * element)));
                }
            }
            let coefficients = polynomial(size as u64);
            assert_eq!(domain.interpolate(domain.evaluate(&coefficients, &BlsScalar::one())), coefficients);
        }
    }

    #[test]
    fn long_polynomials_are_evaluated_in_parts() {
        let polynomial = polynomial(3 * CHUNK as u64 + 5);
        let point = BlsScalar::from(3);
        let expected = polynomial.iter().rev().fold(BlsScalar::zero(), |sum, it| sum * point + it);
        assert_eq!(value_at(&polynomial, &point), expected);
    }

    #[test]
    fn division_leaves_the_value_as_remainder() {
        let (dividend, point) = (polynomial(9), BlsScalar::from(4));
        let quotient = divide(&dividend, &point);
        for x in [2, 17] {
            let x = BlsScalar::from(x);
            let product = value_at(&quotient, &x) * (x - point);
            assert_eq!(product + value_at(&dividend, &point), value_at(&dividend, &x));
        }
    }

    #[test]
    fn inverses_are_inverse() {
        let mut values = polynomial(CHUNK as u64 + 3);
        let before = values.clone();
        invert_all(&mut values);
        assert!(values.iter().zip(before).all(|(a, b)| a * b == BlsScalar::one()));
    }
}
