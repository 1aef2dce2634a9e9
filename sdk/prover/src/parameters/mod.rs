//! The common reference string, from which the keys of all circuits up to a size are made.

mod development;
mod file;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::native::{Mapping, POINT_BYTES, Point, g1, g2, limbs_of_points, points_of_limbs};

pub use file::PRODUCTION_SHA256;

/// The maximum number of gates of a circuit, including those that the proof system adds.
pub const MAX_GATES: usize = 1 << 16;

/// The number of powers that a domain of `n` gates needs beyond `n`: the last part of the quotient, which has degree
/// `4n + 9`, reaches `n + 9`.
pub(crate) const EXTRA_POWERS: usize = 10;

/// Bytes of the generators of G1 and G2, and of the secret times that of G2, compressed.
pub(crate) const OPENING_BYTES: usize = 48 + 2 * 96;

/// A common reference string (CRS): the powers of a secret in the group. Nobody may know the secret.
///
/// It serves all circuits up to [`Parameters::max_gates`]. Longer parameters of the same secret have the same
/// [`Parameters::id`], and give the same keys and proofs.
#[derive(Clone)]
pub struct Parameters {
    opening: [u8; OPENING_BYTES],
    points: Points,
}

#[derive(Clone)]
enum Points {
    Made(Arc<Vec<Point>>),
    /// Mapped from a file; the points start at this byte.
    Mapped(Arc<Mapping>, usize),
}

/// The id of a common reference string: BLAKE3 of the three points that verify proofs. Each verifier key contains these
/// points.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParametersId([u8; 32]);

/// The reason why there are no parameters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParametersError {
    /// The requested circuit size exceeds the maximum.
    #[error("parameters for {gates} gates were requested; circuits may have at most {MAX_GATES}")]
    TooLarge {
        /// The requested number of gates.
        gates: usize,
    },
    /// The file cannot be read.
    #[error("the parameters in {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The number of bytes does not match the number of points in the header.
    #[error("the parameters have {found} bytes instead of {expected}: the file is incomplete or not a parameters file")]
    Length {
        /// The required number of bytes.
        expected: usize,
        /// The given number of bytes.
        found: usize,
    },
    /// The hash is not the requested one.
    #[error("the parameters have the SHA-256 hash {found}, not {expected}")]
    Hash {
        /// The requested hash.
        expected: String,
        /// The hash of the bytes.
        found: String,
    },
    /// A point is not on the curve, not in the group of prime order, or the identity.
    #[error("the parameters are damaged: {point} is not in the group")]
    NotInGroup {
        /// The index of the point.
        point: String,
    },
    /// The points are not the powers of one secret.
    #[error("the parameters are damaged: their points are not the powers of one secret")]
    NotPowers,
}

impl Parameters {
    fn new(opening: [u8; OPENING_BYTES], points: Points) -> Result<Self, ParametersError> {
        let fault = |point: &str| ParametersError::NotInGroup { point: point.to_owned() };
        let (first, second, third) = split(&opening);
        g1(first).ok_or_else(|| fault("the generator of G1"))?;
        g2(second).ok_or_else(|| fault("the generator of G2"))?;
        g2(third).ok_or_else(|| fault("the secret in G2"))?;
        Ok(Self { opening, points })
    }

    /// The id of the parameters.
    #[must_use]
    pub fn id(&self) -> ParametersId {
        ParametersId::of_opening(&self.opening)
    }

    /// The maximum number of gates of a circuit, including those that the proof system adds.
    #[must_use]
    pub fn max_gates(&self) -> usize {
        match self.points().len().saturating_sub(EXTRA_POWERS) {
            0 => 0,
            powers => (1 << powers.ilog2()).min(MAX_GATES),
        }
    }

    /// The powers of the secret in G1, from the zeroth.
    pub(crate) fn points(&self) -> &[Point] {
        match &self.points {
            Points::Made(points) => points,
            Points::Mapped(mapping, start) => points_of_limbs(&mapping.bytes()[*start..]).unwrap_or_default(),
        }
    }

    /// The points for verification: the generators of both groups, and the secret in G2.
    pub(crate) fn opening(&self) -> &[u8; OPENING_BYTES] {
        &self.opening
    }

    /// Encodes the parameters in the raw format of `dusk-plonk`, as in production's files; see
    /// [`Parameters::from_bytes`].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let points = self.points();
        let mut bytes = Vec::with_capacity(OPENING_BYTES + 8 + points.len() * (POINT_BYTES + 1));
        bytes.extend_from_slice(&self.opening);
        bytes.extend_from_slice(&(points.len() as u64).to_le_bytes());
        for limbs in limbs_of_points(points).chunks_exact(POINT_BYTES) {
            bytes.extend_from_slice(limbs);
            // No point is the identity.
            bytes.push(0);
        }
        bytes
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameters({}, up to {} gates)", self.id(), self.max_gates())
    }
}

/// The generator of G1, that of G2, and the secret in G2.
fn split(opening: &[u8; OPENING_BYTES]) -> (&[u8; 48], &[u8; 96], &[u8; 96]) {
    let (first, rest) = opening.split_first_chunk().expect("240 bytes begin with 48");
    let (second, rest) = rest.split_first_chunk().expect("192 bytes begin with 96");
    (first, second, rest.first_chunk().expect("96 bytes are left"))
}

impl ParametersId {
    pub(crate) fn of_opening(opening: &[u8; OPENING_BYTES]) -> Self {
        Self(blake3::derive_key("cargo-dusk 2026 parameters", opening))
    }

    /// The id of the development parameters.
    #[must_use]
    pub fn development() -> Self {
        development::id()
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Whether they are the development parameters, under which anyone can forge proofs.
    #[must_use]
    pub fn is_development(&self) -> bool {
        *self == development::id()
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for ParametersId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ParametersId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParametersId({self})")
    }
}
