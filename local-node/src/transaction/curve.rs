//! Arithmetic on the curve of signatures that `blst` offers through its C interface only.
//!
//! Everything unsafe of the checks is here: each function passes pointers to values that it owns or borrows, with their
//! lengths. Tests compare every result with the chain's own arithmetic.
#![allow(unsafe_code, reason = "the crate's safe functions hash and multiply only together with a pairing")]

use std::ptr;

use blst::{
    blst_hash_to_g1, blst_p1, blst_p1_add_or_double, blst_p1_affine, blst_p1_mult, blst_p1_to_affine,
    blst_p1s_mult_pippenger, blst_p1s_mult_pippenger_scratch_sizeof,
};

/// Bytes of a coefficient.
pub(super) const COEFFICIENT_BYTES: usize = 8;
const COEFFICIENT_BITS: usize = 8 * COEFFICIENT_BYTES;
/// From how many points on the method of buckets takes less time than one multiplication for each.
const MANY_POINTS: usize = 16;

/// A factor of a point, little-endian.
pub(super) type Coefficient = [u8; COEFFICIENT_BYTES];

/// The point that a message stands for.
pub(super) fn hash_to_curve(message: &[u8], domain: &[u8]) -> blst_p1 {
    let mut point = blst_p1::default();
    // SAFETY: `point` is one point to write to. Both slices are borrowed for the call and read within their lengths.
    // The augmentation has no bytes, so nothing is read behind its pointer.
    unsafe {
        blst_hash_to_g1(&raw mut point, message.as_ptr(), message.len(), domain.as_ptr(), domain.len(), ptr::null(), 0);
    }
    point
}

/// A multiple of a point.
pub(super) fn multiplied(point: &blst_p1, coefficient: &Coefficient) -> blst_p1 {
    let mut product = blst_p1::default();
    // SAFETY: `product` is one point to write to, apart from `point`, which is borrowed. As many bytes of the
    // coefficient are read as the bits fill: all that it has.
    unsafe { blst_p1_mult(&raw mut product, point, coefficient.as_ptr(), COEFFICIENT_BITS) };
    product
}

/// The sum of two points, equal or not.
pub(super) fn sum(one: &blst_p1, other: &blst_p1) -> blst_p1 {
    let mut sum = blst_p1::default();
    // SAFETY: `sum` is one point to write to; the other two are borrowed and only read.
    unsafe { blst_p1_add_or_double(&raw mut sum, one, other) };
    sum
}

/// The coordinates of a point.
pub(super) fn affine(point: &blst_p1) -> blst_p1_affine {
    let mut affine = blst_p1_affine::default();
    // SAFETY: `affine` is one point to write to, in the form that the function writes; `point` is borrowed.
    unsafe { blst_p1_to_affine(&raw mut affine, point) };
    affine
}

/// The sum of multiples of points. None of them is the point at infinity, which the method of buckets does not take.
pub(super) fn linear_combination(points: &[blst_p1_affine], coefficients: &[Coefficient]) -> blst_p1 {
    assert_eq!(points.len(), coefficients.len(), "each point has a coefficient");
    if points.len() < MANY_POINTS {
        let products = points.iter().zip(coefficients).map(|(point, coefficient)| {
            let mut projective = blst_p1::default();
            // SAFETY: `projective` is one point to write to, in the form that the function writes; `point` is borrowed.
            unsafe { blst::blst_p1_from_affine(&raw mut projective, point) };
            multiplied(&projective, coefficient)
        });
        return products.fold(blst_p1::default(), |total, product| sum(&total, &product));
    }
    let mut total = blst_p1::default();
    // A null pointer after the first one says that the others follow it.
    let (all_points, all_coefficients) =
        ([points.as_ptr(), ptr::null()], [coefficients.as_ptr().cast::<u8>(), ptr::null()]);
    // SAFETY: `total` is one point to write to. The points lie one after the other, as many as stated, and so do their
    // coefficients, each of as many bytes as the bits fill: the assertion above and the type ensure it. The null
    // pointer is the last entry that is read of both arrays of pointers. The scratch has the size that the library asks
    // for, in words of 8 bytes, and lives until the call ends.
    unsafe {
        let mut scratch = vec![0_u64; blst_p1s_mult_pippenger_scratch_sizeof(points.len()).div_ceil(8)];
        blst_p1s_mult_pippenger(
            &raw mut total,
            all_points.as_ptr(),
            points.len(),
            all_coefficients.as_ptr(),
            COEFFICIENT_BITS,
            scratch.as_mut_ptr(),
        );
    }
    total
}

#[cfg(test)]
mod tests {
    use blst::min_sig::Signature as Point;
    use dusk_bytes::Serializable as _;
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::{SecretKey, Signature};
    use proptest::prelude::*;

    use super::super::signature::MESSAGE_DOMAIN;
    use super::*;

    /// The point as the chain's crates decode it, which check that it is on the curve and in the group.
    fn decoded(point: &blst_p1) -> Signature {
        Signature::from_bytes(&Point::from(affine(point)).to_bytes()).expect("a point of the group")
    }

    /// A multiple of a message's point by the chain's own arithmetic, which is what a signature is.
    fn signature(message: &[u8], factor: BlsScalar) -> Signature {
        SecretKey::from(factor).sign(message)
    }

    /// Compares a linear combination of multiples of a message's point with the chain's arithmetic. Each pair is the
    /// multiple and its coefficient.
    fn assert_combination(message: &[u8], pairs: &[(u64, u64)]) {
        let hash = hash_to_curve(message, MESSAGE_DOMAIN);
        let points: Vec<blst_p1_affine> =
            pairs.iter().map(|(multiple, _)| affine(&multiplied(&hash, &multiple.to_le_bytes()))).collect();
        let coefficients: Vec<Coefficient> = pairs.iter().map(|(_, coefficient)| coefficient.to_le_bytes()).collect();
        let products = pairs.iter().map(|(one, other)| BlsScalar::from(*one) * BlsScalar::from(*other));
        let total = products.fold(BlsScalar::from(0), |total, product| total + product);
        let combined = linear_combination(&points, &coefficients);
        assert_eq!(decoded(&combined), signature(message, total), "{} points", pairs.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn points_multiples_and_sums_are_those_of_the_chain(
            message: Vec<u8>,
            one in 1..=u64::MAX,
            other in 1..=u64::MAX,
        ) {
            let hash = hash_to_curve(&message, MESSAGE_DOMAIN);
            prop_assert_eq!(decoded(&hash), signature(&message, BlsScalar::from(1)));
            let [first, second] = [one, other].map(|factor| multiplied(&hash, &factor.to_le_bytes()));
            let [one, other] = [one, other].map(BlsScalar::from);
            prop_assert_eq!(decoded(&first), signature(&message, one));
            prop_assert_eq!(decoded(&sum(&first, &second)), signature(&message, one + other));
            prop_assert_eq!(decoded(&sum(&first, &first)), signature(&message, one + one));
            prop_assert_eq!(decoded(&sum(&blst_p1::default(), &first)), signature(&message, one));
        }

        #[test]
        fn linear_combinations_are_those_of_the_chain(
            message: Vec<u8>,
            pairs in prop::collection::vec((1..=u64::MAX, 1..=u64::MAX), 1..80),
        ) {
            assert_combination(&message, &pairs);
        }
    }

    #[test]
    fn both_methods_take_equal_points_and_coefficients_at_their_limits() {
        for count in [1, 2, MANY_POINTS - 1, MANY_POINTS, MANY_POINTS + 1, 31, 32, 33] {
            for coefficient in [1, 1 << 63, u64::MAX] {
                assert_combination(b"message", &vec![(7, coefficient); count]);
            }
        }
    }

    #[test]
    fn no_points_add_up_to_infinity() {
        assert_eq!(decoded(&linear_combination(&[], &[])), Signature::default());
    }

    #[test]
    #[should_panic(expected = "each point has a coefficient")]
    fn a_point_without_a_coefficient_is_an_error_of_ours() {
        linear_combination(&[blst_p1_affine::default()], &[]);
    }
}
