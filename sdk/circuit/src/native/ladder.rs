//! Multiples of many points by one secret, of which only the ordinates are needed.
//!
//! The ordinate `v` of a point of JubJub determines the abscissa `x = (1 + v) / (1 − v)` of a point of the Montgomery
//! curve `y² = x³ + 40962·x² + x`, and there the abscissa of a multiple follows from the abscissa alone. So no point is
//! decoded, which takes a square root each, and all points share two inversions. Sources: Montgomery, "Speeding the
//! Pollard and elliptic curve methods of factorization" (1987), section 10.3.1; RFC 7748, section 5.
//!
//! The steps are the same for every secret: the secret selects by masks, not by branches.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use zeroize::Zeroizing;

use super::curve::Scalar;
use super::field::Field;

/// A quarter of the curve's coefficient less 2.
const QUARTER: u64 = (40_962 - 2) / 4;
/// The bits of a scalar.
const BITS: usize = 252;

/// An abscissa of the Montgomery curve, as a fraction; the neutral point has the denominator 0.
#[derive(Clone, Copy)]
struct Abscissa {
    x: BlsScalar,
    z: BlsScalar,
}

impl Scalar {
    /// Computes [`shared`](Scalar::shared) for the bytes of each point, but without the bit of the abscissa's sign,
    /// which is 0 in the results. `None` if the ordinate is not below the order of the field. Takes about half the time
    /// of `shared`.
    ///
    /// **Bytes that are not a point of the curve have a result as well**, a point of the curve's twist. An adversary
    /// may choose such points to learn the secret. So only compare the results, and call `shared` for those that match.
    #[must_use]
    pub fn shared_ordinates(&self, points: &[[u8; 32]]) -> Zeroizing<Vec<Option<[u8; 32]>>> {
        let one = BlsScalar::one();
        let ordinates: Vec<Option<BlsScalar>> = points.iter().map(ordinate).collect();
        // An ordinate of 1 or −1 is that of a point of order one or two: every shared point of it is the neutral one.
        let multiplied = |v: &&BlsScalar| **v != one && **v != -one;
        let others: Vec<&BlsScalar> = ordinates.iter().flatten().filter(multiplied).collect();
        let mut inverses: Vec<BlsScalar> = others.iter().map(|v| one - *v).collect();
        invert_all(&mut inverses);
        let mut tops = Zeroizing::new(Vec::with_capacity(others.len()));
        let mut bottoms = Vec::with_capacity(others.len());
        let bits = Zeroizing::new(self.to_bytes());
        for (v, inverse) in others.iter().zip(&inverses) {
            let shared = multiple(&((one + *v) * inverse), &bits).double().double().double();
            tops.push(Field::from(shared.x - shared.z));
            bottoms.push(shared.x + shared.z);
        }
        // Points of the curve have no such abscissa.
        let strange: Vec<bool> = bottoms.iter().map(|bottom| *bottom == BlsScalar::zero()).collect();
        invert_all(&mut bottoms);
        let shared = tops.iter().zip(bottoms.iter()).zip(strange);
        let mut shared = shared.map(|((top, inverse), strange)| (!strange).then(|| top.scalar() * inverse));
        let results = ordinates.iter().map(|v| match v {
            None => None,
            Some(v) if multiplied(&v) => shared.next().flatten().map(|v| v.to_bytes()),
            Some(_) => Some(one.to_bytes()),
        });
        Zeroizing::new(results.collect())
    }
}

/// The ordinate in the bytes of a point.
fn ordinate(bytes: &[u8; 32]) -> Option<BlsScalar> {
    let mut ordinate = *bytes;
    ordinate[31] &= 0x7f;
    Field::from_bytes(&ordinate).ok().map(Field::into)
}

/// The multiple of a point by the number with these bytes, least significant first.
fn multiple(x: &BlsScalar, number: &[u8; 32]) -> Abscissa {
    let mut low = Abscissa { x: BlsScalar::one(), z: BlsScalar::zero() };
    let mut high = Abscissa { x: *x, z: BlsScalar::one() };
    let mut swapped = 0;
    for place in (0..BITS).rev() {
        let bit = u64::from(number[place / 8] >> (place % 8) & 1);
        swap(bit ^ swapped, &mut low, &mut high);
        swapped = bit;
        step(x, &mut low, &mut high);
    }
    swap(swapped, &mut low, &mut high);
    low
}

/// Doubles the one and adds it to the other. The difference of the two is the point with the abscissa `x`.
fn step(x: &BlsScalar, low: &mut Abscissa, high: &mut Abscissa) {
    let (sum, difference) = (low.x + low.z, low.x - low.z);
    let (across, along) = ((high.x - high.z) * sum, (high.x + high.z) * difference);
    let (plus, minus) = (across + along, across - along);
    *high = Abscissa { x: plus * plus, z: *x * (minus * minus) };
    *low = doubled(&sum, &difference);
}

/// Twice the point whose coordinates have this sum and this difference.
fn doubled(sum: &BlsScalar, difference: &BlsScalar) -> Abscissa {
    let (sum, difference) = (sum * sum, difference * difference);
    let product = sum - difference;
    Abscissa { x: sum * difference, z: product * (sum + QUARTER_ELEMENT * product) }
}

/// [`QUARTER`] as an element.
const QUARTER_ELEMENT: BlsScalar = BlsScalar::from_raw([QUARTER, 0, 0, 0]);

impl Abscissa {
    fn double(&self) -> Self {
        doubled(&(self.x + self.z), &(self.x - self.z))
    }
}

/// Exchanges two points if the bit is 1, in the same time if it is 0.
fn swap(bit: u64, one: &mut Abscissa, other: &mut Abscissa) {
    let mask = core::hint::black_box(bit.wrapping_neg());
    for (one, other) in [(&mut one.x, &mut other.x), (&mut one.z, &mut other.z)] {
        for (one, other) in one.0.iter_mut().zip(&mut other.0) {
            let difference = mask & (*one ^ *other);
            *one ^= difference;
            *other ^= difference;
        }
    }
}

/// Replaces all elements by their inverses, with one inversion. 0 stays.
fn invert_all(elements: &mut [BlsScalar]) {
    let mut product = BlsScalar::one();
    let mut before = Zeroizing::new(Vec::with_capacity(elements.len()));
    for element in elements.iter().filter(|element| **element != BlsScalar::zero()) {
        before.push(Field::from(product));
        product *= element;
    }
    let mut inverse = product.invert().unwrap_or_default();
    for element in elements.iter_mut().rev().filter(|element| **element != BlsScalar::zero()) {
        let Some(before) = before.pop() else { return };
        (*element, inverse) = (before.scalar() * inverse, inverse * *element);
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::NotAPoint;
    use super::super::curve::Point;
    use super::*;

    fn without_sign(mut bytes: [u8; 32]) -> [u8; 32] {
        bytes[31] &= 0x7f;
        bytes
    }

    fn secrets() -> Vec<Scalar> {
        let order_less_one = Scalar::from(*Scalar::from(0).scalar() - Scalar::from(1).scalar());
        let wide = Scalar::from_bytes_wide(&[0xa7; 64]);
        vec![Scalar::from(0), Scalar::from(1), Scalar::from(2), Scalar::from(0xffff_ffff), order_less_one, wide]
    }

    #[test]
    fn ordinates_are_those_of_shared_points() {
        let mut points: Vec<[u8; 32]> =
            (1..40_u64).map(|it| (Point::GENERATOR * &Scalar::from(it * it)).to_bytes()).collect();
        // Each ordinate below 300, with both signs: of points in the subgroup and outside of it, of the twist, of
        // points of small order. Two more of small order, and numbers that are not below the order of the field.
        for number in 0..300_u64 {
            let mut bytes = BlsScalar::from(number).to_bytes();
            points.push(bytes);
            bytes[31] |= 0x80;
            points.push(bytes);
        }
        points.extend([(-BlsScalar::one()).to_bytes(), [0xff; 32], [0x7f; 32]]);
        let (mut on_curve, mut off_curve) = (0, 0);
        for secret in secrets() {
            let all = secret.shared_ordinates(&points);
            assert_eq!(all.len(), points.len());
            for (point, ordinate) in points.iter().zip(all.iter()) {
                match secret.shared(point) {
                    Ok(shared) => {
                        assert_eq!(*ordinate, Some(without_sign(shared.to_bytes())), "{point:?}");
                        on_curve += 1;
                    }
                    Err(NotAPoint::Encoding) => assert_eq!(*ordinate, None),
                    Err(_) => off_curve += 1,
                }
            }
        }
        assert!(on_curve > 1000 && off_curve > 1000, "{on_curve} and {off_curve}");
        assert!(secrets()[1].shared_ordinates(&[]).is_empty());
    }

    #[test]
    fn inverses_leave_zero_alone() {
        let numbers = [3, 0, 7, 1, 0].map(BlsScalar::from);
        let mut inverses = numbers;
        invert_all(&mut inverses);
        for (number, inverse) in numbers.iter().zip(&inverses) {
            assert_eq!(number.invert().unwrap_or_default(), *inverse);
        }
        invert_all(&mut []);
    }
}
