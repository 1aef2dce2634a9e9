//! The boundary of safe Rust: calls of blst, and memory-mapped files. A comment at each use explains why it is sound.
#![allow(unsafe_code, reason = "blst is a C library, and mapping a file is a promise about it")]

use std::fs::File;
use std::{io, mem, ptr, slice};

use blst::{MultiPoint, blst_p1, blst_p1_affine, blst_p2_affine};
use dusk_bls12_381::BlsScalar;
use rayon::prelude::*;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A point of G1 in affine coordinates, in blst's format: x and y, six limbs each in Montgomery form.
pub(crate) type Point = blst_p1_affine;

/// Bytes of a [`Point`].
pub(crate) const POINT_BYTES: usize = mem::size_of::<Point>();

/// Bytes of a serialised point of G1.
pub(crate) const COMPRESSED_BYTES: usize = 48;

// Cache files contain limbs in memory format, which must be little-endian.
const _: () = assert!(cfg!(target_endian = "little"));

/// The sum of the points times the scalars, compressed. There must be at least as many points as scalars.
pub(crate) fn commit(points: &[Point], scalars: &[BlsScalar]) -> [u8; COMPRESSED_BYTES] {
    assert!(scalars.len() <= points.len(), "a polynomial is longer than its commitment key");
    let length = scalars.iter().rposition(|it| *it != BlsScalar::zero()).map_or(0, |last| last + 1);
    let mut sum = blst_p1::default();
    if length > 0 {
        let mut bytes = vec![0u8; 32 * length];
        bytes.par_chunks_exact_mut(32).zip(scalars).for_each(|(out, it)| out.copy_from_slice(&it.to_bytes()));
        sum = points[..length].mult(&bytes, 255);
        zeroize::Zeroize::zeroize(&mut bytes);
    }
    compress(&sum)
}

fn compress(point: &blst_p1) -> [u8; COMPRESSED_BYTES] {
    let mut out = [0; COMPRESSED_BYTES];
    // SAFETY: the point is initialised, and 48 bytes are written to an array of 48.
    unsafe { blst::blst_p1_compress(out.as_mut_ptr(), point) };
    out
}

/// The generator of G1 times each of the scalars, in affine coordinates. The scalars must not be zero.
///
/// A table has the multiples of the generator by each value of each byte of a scalar, so one multiplication is 32
/// additions.
pub(crate) fn multiples_of_generator(scalars: &[BlsScalar], progress: &(dyn Fn(f32) + Sync)) -> Vec<Point> {
    const BATCH: usize = 2048;
    let table = comb();
    let mut points = Vec::with_capacity(scalars.len());
    for batch in scalars.chunks(BATCH) {
        let sums: Vec<blst_p1> = batch
            .par_iter()
            .map(|scalar| {
                let mut sum = blst_p1::default();
                for (window, byte) in scalar.to_bytes().into_iter().enumerate().filter(|(_, byte)| *byte != 0) {
                    let entry = &table[window * 255 + usize::from(byte) - 1];
                    // SAFETY: all three are initialised, and blst allows the result to overwrite an operand.
                    unsafe { blst::blst_p1_add_or_double_affine(&raw mut sum, &raw const sum, entry) };
                }
                sum
            })
            .collect();
        points.extend_from_slice(blst::p1_affines::from(&sums).as_slice());
        #[allow(clippy::cast_precision_loss, reason = "a share for people")]
        progress(points.len() as f32 / scalars.len() as f32);
    }
    points
}

/// For each byte of a scalar, the 255 nonzero multiples of the generator.
fn comb() -> Vec<Point> {
    let mut table = Vec::with_capacity(32 * 255);
    // SAFETY: blst returns a pointer to a constant.
    let generator = unsafe { *blst::blst_p1_affine_generator() };
    let mut step = blst_p1::default();
    // SAFETY: both are initialised.
    unsafe { blst::blst_p1_from_affine(&raw mut step, &raw const generator) };
    for _ in 0..32 {
        let mut multiple = step;
        for _ in 0..255 {
            table.push(multiple);
            // SAFETY: all three are initialised, and blst allows the result to overwrite an operand.
            unsafe { blst::blst_p1_add_or_double(&raw mut multiple, &raw const multiple, &raw const step) };
        }
        step = multiple;
    }
    blst::p1_affines::from(&table).as_slice().to_vec()
}

/// Whether a point is on the curve, in the group, and not the identity.
pub(crate) fn is_in_group(point: &Point) -> bool {
    // SAFETY: the point is initialised; blst's checks are defined for any limbs.
    unsafe {
        blst::blst_p1_affine_on_curve(point) && !blst::blst_p1_affine_is_inf(point) && blst::blst_p1_affine_in_g1(point)
    }
}

/// Decodes a compressed point of G1; `None` if it is not in the group, or is the identity.
pub(crate) fn g1(bytes: &[u8; COMPRESSED_BYTES]) -> Option<Point> {
    let mut point = Point::default();
    // SAFETY: 48 bytes are read from an array of 48.
    let result = unsafe { blst::blst_p1_uncompress(&raw mut point, bytes.as_ptr()) };
    (result == blst::BLST_ERROR::BLST_SUCCESS && is_in_group(&point)).then_some(point)
}

/// Decodes a compressed point of G2; `None` if it is not in the group, or is the identity.
pub(crate) fn g2(bytes: &[u8; 96]) -> Option<blst_p2_affine> {
    let mut point = blst_p2_affine::default();
    // SAFETY: 96 bytes are read from an array of 96, and a decoded point is initialised.
    unsafe {
        let result = blst::blst_p2_uncompress(&raw mut point, bytes.as_ptr());
        let good = result == blst::BLST_ERROR::BLST_SUCCESS
            && !blst::blst_p2_affine_is_inf(&raw const point)
            && blst::blst_p2_affine_in_g2(&raw const point);
        good.then_some(point)
    }
}

/// Whether the pairings e(a, b) and e(c, d) are equal, where `a` and `c` are sums of points times scalars.
pub(crate) fn pairings_agree(
    (a, b): (&[Point], &blst_p2_affine),
    (c, d): (&[Point], &blst_p2_affine),
    scalars: &[u8],
    bits: usize,
) -> bool {
    let sum = |points: &[Point]| {
        let sum = points.mult(scalars, bits);
        let mut affine = Point::default();
        // SAFETY: both are initialised.
        unsafe { blst::blst_p1_to_affine(&raw mut affine, &raw const sum) };
        affine
    };
    let (a, c) = (sum(a), sum(c));
    let (left, right) = (blst::blst_fp12::miller_loop(b, &a), blst::blst_fp12::miller_loop(d, &c));
    blst::blst_fp12::finalverify(&left, &right)
}

/// The limbs of points, in the format of this machine's cache files.
pub(crate) fn limbs_of_points(points: &[Point]) -> &[u8] {
    // SAFETY: a point is twelve 64-bit limbs without padding, so each of its bytes is initialised.
    unsafe { slice::from_raw_parts(points.as_ptr().cast(), mem::size_of_val(points)) }
}

/// Reads points from their limbs; `None` if the alignment or the length is wrong.
pub(crate) fn points_of_limbs(bytes: &[u8]) -> Option<&[Point]> {
    let aligned = bytes.as_ptr().align_offset(mem::align_of::<Point>()) == 0;
    if !aligned || !bytes.len().is_multiple_of(POINT_BYTES) {
        return None;
    }
    // SAFETY: the bytes are initialised, aligned and a whole number of points, and any limbs are a value of the type.
    Some(unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / POINT_BYTES) })
}

/// A file mapped into memory, read-only and private.
pub(crate) struct Mapping {
    start: *mut std::ffi::c_void,
    length: usize,
}

impl Mapping {
    /// Maps a file. An empty one is an error.
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: a new mapping at an address of the kernel's choice. Cache files are written once under another name,
        // moved into place, and never written again, so the mapped bytes do not change.
        let start = unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, file, 0)? };
        Ok(Self { start, length })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping has this length, is readable, and lives as long as `self`.
        unsafe { slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mapping({} bytes)", self.length)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `new` has mapped it with this length, and no borrow of it is left.
        let _ = unsafe { munmap(self.start, self.length) };
    }
}

// SAFETY: the mapping is read-only memory that the value owns.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}
