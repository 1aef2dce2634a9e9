//! Messages of the consensus.

use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::keys::{BlsKey, BlsSignature};
use crate::ledger::{Attestation, ConsensusHeader, StepVotes, Vote};

/// The signer of a message, and the signature. Neither has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignedBy {
    /// The signer.
    pub signer: BlsKey,
    /// The signature.
    pub signature: BlsSignature,
}

impl Encode for SignedBy {
    fn encode(&self, out: &mut Vec<u8>) {
        self.signer.encode(out);
        self.signature.encode(out);
    }
}

impl Decode for SignedBy {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { signer: BlsKey::decode(reader)?, signature: BlsSignature::decode(reader)? })
    }
}

/// The signed bytes of a vote in validation: header, the byte 1, vote.
#[must_use]
pub fn validation_bytes(header: &ConsensusHeader, vote: &Vote) -> Vec<u8> {
    step_bytes(header, 1, vote)
}

/// The signed bytes of a vote in ratification: header, the byte 2, vote.
#[must_use]
pub fn ratification_bytes(header: &ConsensusHeader, vote: &Vote) -> Vec<u8> {
    step_bytes(header, 2, vote)
}

fn step_bytes(header: &ConsensusHeader, step: u8, vote: &Vote) -> Vec<u8> {
    let mut bytes = header.encoded();
    bytes.push(step);
    vote.encode(&mut bytes);
    bytes
}

/// A vote on the candidate of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation {
    /// The iteration.
    pub header: ConsensusHeader,
    /// The vote.
    pub vote: Vote,
    /// The voter.
    pub signed: SignedBy,
}

impl Encode for Validation {
    fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(out);
        self.vote.encode(out);
        self.signed.encode(out);
    }
}

impl Decode for Validation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header: ConsensusHeader::decode(reader)?,
            vote: Vote::decode(reader)?,
            signed: SignedBy::decode(reader)?,
        })
    }
}

/// The kind of a validation's quorum. It repeats the vote; readers of the result use the vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuorumType {
    /// A supermajority for valid.
    Valid,
    /// A majority for invalid.
    Invalid,
    /// A majority for no candidate.
    NoCandidate,
    /// None. Every unknown code on the wire means this as well.
    #[default]
    NoQuorum,
}

impl From<Vote> for QuorumType {
    fn from(vote: Vote) -> Self {
        match vote {
            Vote::NoCandidate => Self::NoCandidate,
            Vote::Valid(_) => Self::Valid,
            Vote::Invalid(_) => Self::Invalid,
            Vote::NoQuorum => Self::NoQuorum,
        }
    }
}

impl Encode for QuorumType {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::NoCandidate => 2,
            Self::NoQuorum => 255,
        });
    }
}

impl Decode for QuorumType {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::NoCandidate,
            _ => Self::NoQuorum,
        })
    }
}

/// The decision of an iteration's validation committee, with the votes that prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ValidationResult {
    /// The votes; empty for [`Vote::NoQuorum`].
    pub step_votes: StepVotes,
    /// The result.
    pub vote: Vote,
    /// The kind of quorum.
    pub quorum: QuorumType,
}

impl ValidationResult {
    /// The result `vote`, proven by `step_votes`.
    #[must_use]
    pub fn new(vote: Vote, step_votes: StepVotes) -> Self {
        Self { step_votes, vote, quorum: vote.into() }
    }
}

impl Encode for ValidationResult {
    fn encode(&self, out: &mut Vec<u8>) {
        self.step_votes.encode(out);
        self.vote.encode(out);
        self.quorum.encode(out);
    }
}

impl Decode for ValidationResult {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            step_votes: StepVotes::decode(reader)?,
            vote: Vote::decode(reader)?,
            quorum: QuorumType::decode(reader)?,
        })
    }
}

/// A vote on the result of the validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratification {
    /// The iteration.
    pub header: ConsensusHeader,
    /// The vote.
    pub vote: Vote,
    /// When it was cast, in seconds since 1970. Informative; not signed.
    pub timestamp: u64,
    /// The validation result that the vote rests on.
    pub validation: ValidationResult,
    /// The voter.
    pub signed: SignedBy,
}

impl Encode for Ratification {
    fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(out);
        self.vote.encode(out);
        out.extend(self.timestamp.to_le_bytes());
        self.validation.encode(out);
        self.signed.encode(out);
    }
}

impl Decode for Ratification {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header: ConsensusHeader::decode(reader)?,
            vote: Vote::decode(reader)?,
            timestamp: reader.u64()?,
            validation: ValidationResult::decode(reader)?,
            signed: SignedBy::decode(reader)?,
        })
    }
}

/// The end of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quorum {
    /// The iteration.
    pub header: ConsensusHeader,
    /// How it ended, and the proof.
    pub attestation: Attestation,
}

impl Encode for Quorum {
    fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(out);
        self.attestation.encode(out);
    }
}

impl Decode for Quorum {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { header: ConsensusHeader::decode(reader)?, attestation: Attestation::decode(reader)? })
    }
}

/// The result of a validation, sent to whoever missed its votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidationQuorum {
    /// The iteration.
    pub header: ConsensusHeader,
    /// The result.
    pub result: ValidationResult,
}

impl Encode for ValidationQuorum {
    fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(out);
        self.result.encode(out);
    }
}

impl Decode for ValidationQuorum {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { header: ConsensusHeader::decode(reader)?, result: ValidationResult::decode(reader)? })
    }
}
