//! Votes, and the proof that enough of them were cast.

use std::fmt;

use super::Hash;
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::keys::{BlsKey, BlsSignature};

/// The most failed iterations that a block reports.
pub const MAX_FAILED_ITERATIONS: usize = 8;

/// The vote of a committee's member about an iteration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Vote {
    /// No candidate came before the timeout.
    NoCandidate,
    /// The candidate with this hash is valid.
    Valid(Hash),
    /// The candidate with this hash is not valid.
    Invalid(Hash),
    /// The validation committee came to no result. Only cast in ratification.
    #[default]
    NoQuorum,
}

impl Vote {
    /// Whether a candidate is called valid.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

impl fmt::Debug for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, hash) = match self {
            Self::NoCandidate => return f.write_str("NoCandidate"),
            Self::NoQuorum => return f.write_str("NoQuorum"),
            Self::Valid(hash) => ("Valid", hash),
            Self::Invalid(hash) => ("Invalid", hash),
        };
        write!(f, "{name}({})", hex::encode(&hash[..4]))
    }
}

impl Encode for Vote {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::NoCandidate => out.push(0),
            Self::Valid(hash) => {
                out.push(1);
                hash.encode(out);
            }
            Self::Invalid(hash) => {
                out.push(2);
                hash.encode(out);
            }
            Self::NoQuorum => out.push(3),
        }
    }
}

impl Decode for Vote {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Ok(Self::NoCandidate),
            1 => reader.array().map(Self::Valid),
            2 => reader.array().map(Self::Invalid),
            3 => Ok(Self::NoQuorum),
            tag => Err(reader.unknown_tag("vote", tag)),
        }
    }
}

/// The votes of one committee for one result: the voters, and their signatures added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepVotes {
    /// Bit *i* stands for the *i*-th member of the committee in the order of keys.
    pub bitset: u64,
    /// The sum of the members' signatures.
    pub signature: BlsSignature,
}

impl StepVotes {
    /// Whether this says that there were no votes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bitset == 0 && self.signature.is_empty()
    }
}

impl Encode for StepVotes {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.bitset.to_le_bytes());
        self.signature.encode(out);
    }
}

impl Decode for StepVotes {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { bitset: reader.u64()?, signature: BlsSignature::decode(reader)? })
    }
}

/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatificationResult {
    /// Without a block.
    Fail(Vote),
    /// With a block.
    Success(Vote),
}

impl RatificationResult {
    /// The vote that was ratified.
    #[must_use]
    pub const fn vote(&self) -> &Vote {
        match self {
            Self::Fail(vote) | Self::Success(vote) => vote,
        }
    }

    /// Whether there is no block.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Fail(_))
    }
}

impl Default for RatificationResult {
    fn default() -> Self {
        Self::Fail(Vote::NoQuorum)
    }
}

impl From<Vote> for RatificationResult {
    fn from(vote: Vote) -> Self {
        if vote.is_valid() { Self::Success(vote) } else { Self::Fail(vote) }
    }
}

impl Encode for RatificationResult {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(!self.failed()));
        self.vote().encode(out);
    }
}

impl Decode for RatificationResult {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Vote::decode(reader).map(Self::Fail),
            1 => Vote::decode(reader).map(Self::Success),
            tag => Err(reader.unknown_tag("ratification result", tag)),
        }
    }
}

/// The proof of how an iteration ended: the votes of both committees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attestation {
    /// How the iteration ended.
    pub result: RatificationResult,
    /// The votes of the validation committee. Empty and not checked when the result is `NoQuorum`.
    pub validation: StepVotes,
    /// The votes of the ratification committee.
    pub ratification: StepVotes,
}

impl Encode for Attestation {
    fn encode(&self, out: &mut Vec<u8>) {
        self.result.encode(out);
        self.validation.encode(out);
        self.ratification.encode(out);
    }
}

impl Decode for Attestation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            result: RatificationResult::decode(reader)?,
            validation: StepVotes::decode(reader)?,
            ratification: StepVotes::decode(reader)?,
        })
    }
}

/// The proof that an iteration failed, and whose turn it had been to propose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedIteration {
    /// The proof.
    pub attestation: Attestation,
    /// The generator of that iteration.
    pub generator: BlsKey,
}

/// More failed iterations than a block may report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} failed iterations: a block reports at most {MAX_FAILED_ITERATIONS}")]
pub struct TooManyIterations(pub usize);

/// The failed iterations that a block reports: item *i* is the proof for iteration *i*, where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IterationsInfo(Vec<Option<FailedIteration>>);

impl IterationsInfo {
    /// The items.
    #[must_use]
    pub fn items(&self) -> &[Option<FailedIteration>] {
        &self.0
    }

    /// The proofs there are, with their iterations.
    pub fn proven(&self) -> impl Iterator<Item = (u8, &FailedIteration)> {
        (0..).zip(&self.0).filter_map(|(iteration, item)| Some((iteration, item.as_ref()?)))
    }
}

impl TryFrom<Vec<Option<FailedIteration>>> for IterationsInfo {
    type Error = TooManyIterations;

    fn try_from(items: Vec<Option<FailedIteration>>) -> Result<Self, TooManyIterations> {
        if items.len() > MAX_FAILED_ITERATIONS { Err(TooManyIterations(items.len())) } else { Ok(Self(items)) }
    }
}

impl Encode for IterationsInfo {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::try_from(self.0.len()).expect("the constructor allows at most 8 items"));
        for item in &self.0 {
            match item {
                None => out.push(0),
                Some(failed) => {
                    out.push(1);
                    failed.attestation.encode(out);
                    failed.generator.encode(out);
                }
            }
        }
    }
}

impl Decode for IterationsInfo {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.u8()?;
        if usize::from(count) > MAX_FAILED_ITERATIONS {
            return Err(DecodeError::TooMany {
                what: "failed iterations",
                found: count.into(),
                most: MAX_FAILED_ITERATIONS as u64,
            });
        }
        let item = |reader: &mut Reader<'_>| match reader.u8()? {
            0 => Ok(None),
            1 => Ok(Some(FailedIteration {
                attestation: Attestation::decode(reader)?,
                generator: BlsKey::decode(reader)?,
            })),
            tag => Err(reader.unknown_tag("failed iteration", tag)),
        };
        (0..count).map(|_| item(reader)).collect::<Result<_, _>>().map(Self)
    }
}
