//! Parameters in files: production's format, and that of the cache.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use private_folder::PrivateFolder;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{EXTRA_POWERS, MAX_GATES, OPENING_BYTES, Parameters, ParametersError, Points, split};
use crate::native::{
    Mapping, POINT_BYTES, Point, g1, g2, is_in_group, limbs_of_points, pairings_agree, points_of_limbs,
};
use crate::progress::{Progress, Stage};

/// The SHA-256 hash of production's parameters file, in hexadecimal. Source: `CRS_17_HASH` of `rusk-profile` 1.7.
pub const PRODUCTION_SHA256: &str = "6161605616b62356cf09fa28252c672ef53b2c8489ad5f81d87af26e105f6059";

/// The header of a raw file: the opening key, and the number of points.
const RAW_HEADER_BYTES: usize = OPENING_BYTES + 8;
/// A point in a raw file: its limbs, and whether it is the identity.
const RAW_POINT_BYTES: usize = POINT_BYTES + 1;
/// The maximum number of bytes that are read of a file: twice as many points as production has.
const MAX_FILE_BYTES: usize = RAW_HEADER_BYTES + (4 * MAX_GATES) * RAW_POINT_BYTES;

/// The magic of a cache file. The limbs of its points are little-endian.
const MAGIC: [u8; 16] = *b"dusk-crs 2 le\r\n\0";
/// The header of a cache file: the magic, a tag over everything else in the file, the opening key; padded so that the
/// points are aligned.
const CACHE_HEADER_BYTES: usize = 320;

impl Parameters {
    /// Reads parameters from a file in production's format; see [`Parameters::from_bytes`].
    ///
    /// # Errors
    /// As [`Parameters::from_bytes`], and if the file cannot be read.
    pub fn from_file(path: &Path, sha256: Option<&str>, progress: Progress<'_>) -> Result<Self, ParametersError> {
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|source| ParametersError::Read { path: path.to_owned(), source })?;
        Self::from_bytes(&bytes, sha256, progress)
    }

    /// Reads parameters from bytes in the format of `PublicParameters::to_raw_var_bytes` of `dusk-plonk`, which
    /// production's files have and nodes send.
    ///
    /// If a SHA-256 hash is given, it must match. Then this function checks that each point is in the group, and that
    /// the points are the powers of one secret. This takes some seconds for production's 2^17 points. Points beyond
    /// those that the largest circuit needs are ignored.
    ///
    /// # Errors
    /// If the hash or the length is wrong, if a point is not in the group, or if the points are not such powers.
    pub fn from_bytes(bytes: &[u8], sha256: Option<&str>, progress: Progress<'_>) -> Result<Self, ParametersError> {
        let header = bytes.split_first_chunk::<OPENING_BYTES>().and_then(|(opening, rest)| {
            let (count, points) = rest.split_first_chunk()?;
            Some((opening, u64::from_le_bytes(*count), points))
        });
        let (opening, count, points) =
            header.ok_or(ParametersError::Length { expected: RAW_HEADER_BYTES, found: bytes.len() })?;
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(MAX_FILE_BYTES);
        let expected = RAW_HEADER_BYTES + count * RAW_POINT_BYTES;
        if bytes.len() != expected || count < 2 {
            return Err(ParametersError::Length { expected, found: bytes.len() });
        }
        if let Some(expected) = sha256 {
            let found = hex::encode(Sha256::digest(bytes));
            if !found.eq_ignore_ascii_case(expected.trim()) {
                return Err(ParametersError::Hash { expected: expected.to_owned(), found });
            }
        }
        let points = points.chunks_exact(RAW_POINT_BYTES).take(MAX_GATES + EXTRA_POWERS);
        let points: Vec<Point> = points.map(point).collect();
        let parameters = Self::new(*opening, Points::Made(Arc::new(points)))?;
        parameters.check(progress)?;
        Ok(parameters)
    }

    /// Checks that the points are in the group, and the powers of the secret.
    fn check(&self, progress: Progress<'_>) -> Result<(), ParametersError> {
        const BATCH: usize = 4096;
        let points = self.points();
        for (index, batch) in points.chunks(BATCH).enumerate() {
            if let Some(at) = batch.par_iter().position_first(|it| !is_in_group(it)) {
                return Err(ParametersError::NotInGroup { point: format!("power {}", index * BATCH + at) });
            }
            #[allow(clippy::cast_precision_loss, reason = "a share for people")]
            progress(Stage::Parameters, (index * BATCH + batch.len()) as f32 / points.len() as f32);
        }
        let (generator, h, secret_h) = split(&self.opening);
        let (Some(generator), Some(h), Some(secret_h)) = (g1(generator), g2(h), g2(secret_h)) else {
            return Err(ParametersError::NotPowers);
        };
        // With random factors of 128 bits, the sum over P[i+1] is the secret times the sum over P[i]. The factors are
        // hashed from the file, so the author of a file cannot choose them.
        let mut factors = vec![0u8; 16 * (points.len() - 1)];
        let mut hasher = blake3::Hasher::new_derive_key("cargo-dusk 2026 check of parameters");
        hasher.update(&self.opening).update(limbs_of_points(points)).finalize_xof().fill(&mut factors);
        let (all_but_last, all_but_first) = (&points[..points.len() - 1], &points[1..]);
        let powers = pairings_agree((all_but_first, &h), (all_but_last, &secret_h), &factors, 128);
        if points[0] == generator && powers { Ok(()) } else { Err(ParametersError::NotPowers) }
    }

    /// Encodes the parameters in the cache format, which can be memory-mapped, with a tag under the folder's key.
    pub(crate) fn write(&self, folder: &PrivateFolder, out: &mut dyn Write) -> io::Result<()> {
        let points = limbs_of_points(self.points());
        let mut header = [0; CACHE_HEADER_BYTES];
        header[..16].copy_from_slice(&MAGIC);
        header[48..48 + OPENING_BYTES].copy_from_slice(&self.opening);
        let sum = folder.hasher().update(&MAGIC).update(&header[48..]).update(points).finalize();
        header[16..48].copy_from_slice(sum.as_bytes());
        out.write_all(&header)?;
        out.write_all(points)
    }

    /// Reads parameters from a mapped cache file; `None` if it is damaged, or was not written in this folder.
    pub(crate) fn mapped(folder: &PrivateFolder, mapping: Mapping) -> Option<Self> {
        let bytes = mapping.bytes();
        let header = bytes.get(..CACHE_HEADER_BYTES)?;
        let sum = folder.hasher().update(&MAGIC).update(&bytes[48..]).finalize();
        if header[..16] != MAGIC || header[16..48] != *sum.as_bytes() {
            return None;
        }
        let opening = header[48..].first_chunk().copied()?;
        points_of_limbs(&bytes[CACHE_HEADER_BYTES..])?;
        Self::new(opening, Points::Mapped(Arc::new(mapping), CACHE_HEADER_BYTES)).ok()
    }
}

/// Reads a point from its limbs in a raw file. The identity has a flag, and coordinates that are not on the curve.
fn point(bytes: &[u8]) -> Point {
    let mut point = Point::default();
    let limbs = point.x.l.iter_mut().chain(&mut point.y.l);
    for (limb, bytes) in limbs.zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().expect("chunks of eight bytes"));
    }
    if bytes[POINT_BYTES] == 0 { point } else { Point::default() }
}
