//! Membership in the subgroup of prime order of JubJub.
//!
//! `dusk-jubjub` has the same test, with the arithmetic of the field inlined into it: 8 KB of a contract. Here each
//! operation is a call. Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), sections 3.1
//! to 3.3, for `a = -1`. They hold for all points of the curve, because `d` is not a square.

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::EDWARDS_D;

/// The order of the subgroup, least significant limb first.
const ORDER: [u64; 4] = [0xd097_0e5e_d6f7_2cb7, 0xa668_2093_ccc8_1082, 0x0667_3b01_0134_3b00, 0x0e7d_b4ea_6533_afa9];
/// The bits of the order.
const ORDER_BITS: usize = 252;

/// A point in extended coordinates: `u = x/z`, `v = y/z`, `x·y = z·t`.
struct Extended {
    x: BlsScalar,
    y: BlsScalar,
    z: BlsScalar,
    t: BlsScalar,
}

/// Whether there is a point with these coordinates: `v² - u² = 1 + d·u²·v²`.
pub(super) fn is_on_curve(u: &BlsScalar, v: &BlsScalar) -> bool {
    let (u, v) = (mul(u, u), mul(v, v));
    sub(&v, &u) == add(&BlsScalar::one(), &mul(&EDWARDS_D, &mul(&u, &v)))
}

/// Whether a point of the curve is in the subgroup: its multiple by the order is the neutral point.
pub(super) fn contains(u: &BlsScalar, v: &BlsScalar) -> bool {
    // The coordinates that an addition of the point needs.
    let twice_d = add(&EDWARDS_D, &EDWARDS_D);
    let addend = [sub(v, u), add(v, u), mul(&twice_d, &mul(u, v))];
    let mut sum = Extended { x: *u, y: *v, z: BlsScalar::one(), t: mul(u, v) };
    for bit in (0..ORDER_BITS - 1).rev() {
        sum.double();
        if ORDER[bit / 64] >> (bit % 64) & 1 == 1 {
            sum.add(&addend);
        }
    }
    sum.x == BlsScalar::zero() && sum.y == sum.z
}

impl Extended {
    fn double(&mut self) {
        let (a, b, zz) = (mul(&self.x, &self.x), mul(&self.y, &self.y), mul(&self.z, &self.z));
        let both = add(&self.x, &self.y);
        let h = add(&a, &b);
        let g = sub(&b, &a);
        let f = sub(&g, &add(&zz, &zz));
        self.set(&sub(&mul(&both, &both), &h), &f, &g, &sub(&BlsScalar::zero(), &h));
    }

    /// Adds a point with `z = 1`, given as `v - u`, `v + u` and `2·d·u·v`.
    fn add(&mut self, [minus, plus, t]: &[BlsScalar; 3]) {
        let a = mul(&sub(&self.y, &self.x), minus);
        let b = mul(&add(&self.y, &self.x), plus);
        let c = mul(&self.t, t);
        let d = add(&self.z, &self.z);
        self.set(&sub(&b, &a), &sub(&d, &c), &add(&d, &c), &add(&b, &a));
    }

    fn set(&mut self, e: &BlsScalar, f: &BlsScalar, g: &BlsScalar, h: &BlsScalar) {
        *self = Self { x: mul(e, f), y: mul(g, h), z: mul(f, g), t: mul(e, h) };
    }
}

#[inline(never)]
fn add(one: &BlsScalar, other: &BlsScalar) -> BlsScalar {
    one + other
}

#[inline(never)]
fn sub(one: &BlsScalar, other: &BlsScalar) -> BlsScalar {
    one - other
}

// `dusk-bls12_381` does not inline it: it is long.
fn mul(one: &BlsScalar, other: &BlsScalar) -> BlsScalar {
    BlsScalar::mul(one, other)
}

#[cfg(test)]
mod tests {
    use dusk_jubjub::{GENERATOR, GENERATOR_EXTENDED, JubJubAffine, JubJubScalar};

    use super::*;

    fn agrees(point: JubJubAffine) -> bool {
        let (u, v) = (point.get_u(), point.get_v());
        assert_eq!(is_on_curve(&u, &v), bool::from(point.is_on_curve()));
        let inside = bool::from(point.is_torsion_free());
        assert_eq!(contains(&u, &v), inside, "{point:?}");
        inside
    }

    #[test]
    fn the_subgroup_is_that_of_dusk_jubjub() {
        assert!(agrees(GENERATOR) && agrees(JubJubAffine::identity()));
        for number in 1..20_u64 {
            assert!(agrees((GENERATOR_EXTENDED * JubJubScalar::from(number * number)).into()));
        }
        // Points of the curve with these ordinates: about one in eight is in the subgroup.
        let (mut points, mut inside) = (0, 0);
        for number in 0..200_u64 {
            let found: Option<JubJubAffine> = JubJubAffine::from_bytes(BlsScalar::from(number).to_bytes()).into();
            if let Some(point) = found {
                points += 1;
                inside += u32::from(agrees(point));
            }
        }
        assert!(points > 50 && inside > 0 && inside < points, "{inside} of {points}");
    }

    #[test]
    fn a_point_of_order_two_is_outside_and_others_are_off_the_curve() {
        let (zero, one) = (BlsScalar::zero(), BlsScalar::one());
        assert!(is_on_curve(&zero, &-one) && !contains(&zero, &-one));
        assert!(!is_on_curve(&one, &one));
    }
}
