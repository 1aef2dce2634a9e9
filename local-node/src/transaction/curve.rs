//! Arithmetic on the curve of signatures that `blst` offers through its C interface only.
//!
//! Everything unsafe of the checks is here: each function passes pointers to values that it owns or borrows, with their
//! lengths.
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
    // SAFETY: the slices are valid for their lengths, there is no augmentation, and the result is one point.
    unsafe {
        blst_hash_to_g1(&raw mut point, message.as_ptr(), message.len(), domain.as_ptr(), domain.len(), ptr::null(), 0);
    }
    point
}

/// A multiple of a point.
pub(super) fn multiplied(point: &blst_p1, coefficient: &Coefficient) -> blst_p1 {
    let mut product = blst_p1::default();
    // SAFETY: the coefficient has as many bytes as the bits need, and the result is one point.
    unsafe { blst_p1_mult(&raw mut product, point, coefficient.as_ptr(), COEFFICIENT_BITS) };
    product
}

/// The sum of two points, equal or not.
pub(super) fn sum(one: &blst_p1, other: &blst_p1) -> blst_p1 {
    let mut sum = blst_p1::default();
    // SAFETY: three points.
    unsafe { blst_p1_add_or_double(&raw mut sum, one, other) };
    sum
}

/// The coordinates of a point.
pub(super) fn affine(point: &blst_p1) -> blst_p1_affine {
    let mut affine = blst_p1_affine::default();
    // SAFETY: a point in each form.
    unsafe { blst_p1_to_affine(&raw mut affine, point) };
    affine
}

/// The sum of multiples of points. None of them is the point at infinity, which the method of buckets does not take.
pub(super) fn linear_combination(points: &[blst_p1_affine], coefficients: &[Coefficient]) -> blst_p1 {
    assert_eq!(points.len(), coefficients.len(), "each point has a coefficient");
    if points.len() < MANY_POINTS {
        let products = points.iter().zip(coefficients).map(|(point, coefficient)| {
            let mut projective = blst_p1::default();
            // SAFETY: a point in each form.
            unsafe { blst::blst_p1_from_affine(&raw mut projective, point) };
            multiplied(&projective, coefficient)
        });
        return products.fold(blst_p1::default(), |total, product| sum(&total, &product));
    }
    let mut total = blst_p1::default();
    // A null pointer after the first one says that the others follow it.
    let (all_points, all_coefficients) =
        ([points.as_ptr(), ptr::null()], [coefficients.as_ptr().cast::<u8>(), ptr::null()]);
    // SAFETY: the points and their coefficients lie one after the other, as many as stated, and the scratch has the
    // size that the library asks for, in words of 8 bytes.
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
