//! The proof that a provisioner contradicted itself.

use sha3::{Digest, Sha3_256};

use super::{ConsensusHeader, Hash, Vote};
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::keys::{BlsKey, BlsSignature};

/// Something that a provisioner signed in one step of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<T> {
    /// The iteration.
    pub header: ConsensusHeader,
    /// The signer.
    pub signer: BlsKey,
    /// The signature.
    pub signature: BlsSignature,
    /// The signed statement: the hash of a candidate, or a vote.
    pub payload: T,
}

impl<T: Encode> Statement<T> {
    /// Header, the step's seed byte if it has one, and payload: the bytes that a fault's signatures sign.
    fn signed_bytes(&self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = self.header.encoded();
        bytes.extend(seed);
        self.payload.encode(&mut bytes);
        bytes
    }
}

impl<T: Encode> Encode for Statement<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(out);
        self.signer.encode(out);
        self.signature.encode(out);
        self.payload.encode(out);
    }
}

impl<T: Decode> Decode for Statement<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header: ConsensusHeader::decode(reader)?,
            signer: BlsKey::decode(reader)?,
            signature: BlsSignature::decode(reader)?,
            payload: T::decode(reader)?,
        })
    }
}

/// Two statements of one provisioner that contradict each other.
///
/// Whether they do, and whether they are signed, is for the consensus to check. The production chain checks the
/// signatures of a double candidate against bytes that begin with the consensus header, whereas a candidate's signature
/// covers its hash alone: no such fault can be proven there, nor here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Two candidates in one iteration.
    DoubleCandidate(Box<[Statement<Hash>; 2]>),
    /// Two votes in one ratification step.
    DoubleRatificationVote(Box<[Statement<Vote>; 2]>),
    /// Two votes in one validation step.
    DoubleValidationVote(Box<[Statement<Vote>; 2]>),
}

impl Fault {
    /// The SHA3-256 hash of the encoded fault. The block's fault root is made of these.
    #[must_use]
    pub fn digest(&self) -> Hash {
        Sha3_256::digest(self.encoded()).into()
    }

    /// The two consensus headers.
    #[must_use]
    pub fn headers(&self) -> [ConsensusHeader; 2] {
        match self {
            Self::DoubleCandidate(pair) => [pair[0].header, pair[1].header],
            Self::DoubleRatificationVote(pair) | Self::DoubleValidationVote(pair) => [pair[0].header, pair[1].header],
        }
    }

    /// Signer, signature and signed bytes of the two statements.
    #[must_use]
    pub fn signatures(&self) -> [(BlsKey, BlsSignature, Vec<u8>); 2] {
        fn parts<T: Encode>(pair: &[Statement<T>; 2], seed: &[u8]) -> [(BlsKey, BlsSignature, Vec<u8>); 2] {
            [0, 1].map(|at| (pair[at].signer, pair[at].signature, pair[at].signed_bytes(seed)))
        }
        match self {
            Self::DoubleCandidate(pair) => parts(pair, &[]),
            Self::DoubleRatificationVote(pair) => parts(pair, &[2]),
            Self::DoubleValidationVote(pair) => parts(pair, &[1]),
        }
    }

    /// Whether `other` is about the same two statements, in whatever order.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let [a, b] = self.signatures().map(|(_, _, bytes)| bytes);
        let [c, d] = other.signatures().map(|(_, _, bytes)| bytes);
        (a == c || a == d) && (b == c || b == d)
    }
}

impl Encode for Fault {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::DoubleCandidate(pair) => {
                out.push(0);
                pair.iter().for_each(|statement| statement.encode(out));
            }
            Self::DoubleRatificationVote(pair) => {
                out.push(1);
                pair.iter().for_each(|statement| statement.encode(out));
            }
            Self::DoubleValidationVote(pair) => {
                out.push(2);
                pair.iter().for_each(|statement| statement.encode(out));
            }
        }
    }
}

impl Decode for Fault {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        fn pair<T: Decode>(reader: &mut Reader<'_>) -> Result<Box<[Statement<T>; 2]>, DecodeError> {
            Ok(Box::new([Statement::decode(reader)?, Statement::decode(reader)?]))
        }
        match reader.u8()? {
            0 => pair(reader).map(Self::DoubleCandidate),
            1 => pair(reader).map(Self::DoubleRatificationVote),
            2 => pair(reader).map(Self::DoubleValidationVote),
            tag => Err(reader.unknown_tag("fault", tag)),
        }
    }
}
