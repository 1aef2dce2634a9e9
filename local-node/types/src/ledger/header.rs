//! The header of a block.

use std::fmt;

use sha3::{Digest, Sha3_256};

use super::{Attestation, Hash, IterationsInfo, Seed};
use crate::bloom::Bloom;
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::keys::{BlsKey, BlsSignature};

/// The version that every block after genesis has.
pub const BLOCK_VERSION: u8 = 1;

/// One of the three steps of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    /// The generator proposes a block.
    Proposal,
    /// The first committee votes on it.
    Validation,
    /// The second committee votes on the first one's result.
    Ratification,
}

impl StepName {
    /// The steps in order.
    pub const ALL: [Self; 3] = [Self::Proposal, Self::Validation, Self::Ratification];

    /// The number of this step among all steps of a round, `iteration · 3 + step`; `None` beyond iteration 84, where
    /// the number no longer fits in its byte.
    #[must_use]
    pub const fn number(self, iteration: u8) -> Option<u8> {
        match iteration.checked_mul(3) {
            Some(first) => first.checked_add(self as u8),
            None => None,
        }
    }
}

/// Which iteration a message is about, and on which branch of the chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ConsensusHeader {
    /// The block that the round builds on.
    pub prev_block_hash: Hash,
    /// The height of the block that the round decides.
    pub round: u64,
    /// The iteration.
    pub iteration: u8,
}

impl fmt::Debug for ConsensusHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {} iteration {} after {}", self.round, self.iteration, hex::encode(&self.prev_block_hash[..4]))
    }
}

impl Encode for ConsensusHeader {
    fn encode(&self, out: &mut Vec<u8>) {
        self.prev_block_hash.encode(out);
        out.extend(self.round.to_le_bytes());
        out.push(self.iteration);
    }
}

impl Decode for ConsensusHeader {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { prev_block_hash: reader.array()?, round: reader.u64()?, iteration: reader.u8()? })
    }
}

/// The header of a block. The hash covers the fields from `version` to `failed_iterations`, in this order.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// [`BLOCK_VERSION`]; 0 at genesis.
    pub version: u8,
    /// The number of blocks before this one.
    pub height: u64,
    /// When the block was made, in seconds since 1970.
    pub timestamp: u64,
    /// The hash of the block before.
    pub prev_block_hash: Hash,
    /// The generator's signature of the previous block's seed.
    pub seed: Seed,
    /// The state root after this block.
    pub state_root: Hash,
    /// The filter over the events of this block.
    pub event_bloom: Bloom,
    /// The generator of the block.
    pub generator: BlsKey,
    /// The Merkle root over the transactions' digests.
    pub tx_root: Hash,
    /// The Merkle root over the faults' digests.
    pub fault_root: Hash,
    /// The most gas that the transactions may spend together.
    pub gas_limit: u64,
    /// The iteration in which the block was proposed.
    pub iteration: u8,
    /// The attestation of the block before, as the generator knows it.
    pub prev_block_cert: Attestation,
    /// The proofs that earlier iterations of the round failed.
    pub failed_iterations: IterationsInfo,
    /// The attestation of this block. Not hashed; empty in a candidate.
    pub attestation: Attestation,
    /// The hash as the sender states it. Compare it with [`Header::compute_hash`].
    pub hash: Hash,
    /// The generator's signature of the hash.
    pub signature: BlsSignature,
}

impl Header {
    /// The SHA3-256 hash over the hashed fields.
    #[must_use]
    pub fn compute_hash(&self) -> Hash {
        let mut bytes = Vec::with_capacity(1024);
        self.encode_hashed(&mut bytes);
        Sha3_256::digest(bytes).into()
    }

    /// The header of messages about this block's iteration.
    #[must_use]
    pub const fn consensus_header(&self) -> ConsensusHeader {
        ConsensusHeader { prev_block_hash: self.prev_block_hash, round: self.height, iteration: self.iteration }
    }

    fn encode_hashed(&self, out: &mut Vec<u8>) {
        out.push(self.version);
        out.extend(self.height.to_le_bytes());
        out.extend(self.timestamp.to_le_bytes());
        self.prev_block_hash.encode(out);
        self.seed.encode(out);
        self.state_root.encode(out);
        self.event_bloom.encode(out);
        self.generator.encode(out);
        self.tx_root.encode(out);
        self.fault_root.encode(out);
        out.extend(self.gas_limit.to_le_bytes());
        out.push(self.iteration);
        self.prev_block_cert.encode(out);
        self.failed_iterations.encode(out);
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |hash: &Hash| hex::encode(&hash[..4]);
        f.debug_struct("Header")
            .field("height", &self.height)
            .field("iteration", &self.iteration)
            .field("timestamp", &self.timestamp)
            .field("hash", &short(&self.hash))
            .field("prev", &short(&self.prev_block_hash))
            .field("state_root", &short(&self.state_root))
            .field("generator", &self.generator)
            .finish_non_exhaustive()
    }
}

impl Encode for Header {
    fn encode(&self, out: &mut Vec<u8>) {
        self.encode_hashed(out);
        self.attestation.encode(out);
        self.hash.encode(out);
        self.signature.encode(out);
    }
}

impl Decode for Header {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: reader.u8()?,
            height: reader.u64()?,
            timestamp: reader.u64()?,
            prev_block_hash: reader.array()?,
            seed: Seed::decode(reader)?,
            state_root: reader.array()?,
            event_bloom: Bloom::decode(reader)?,
            generator: BlsKey::decode(reader)?,
            tx_root: reader.array()?,
            fault_root: reader.array()?,
            gas_limit: reader.u64()?,
            iteration: reader.u8()?,
            prev_block_cert: Attestation::decode(reader)?,
            failed_iterations: IterationsInfo::decode(reader)?,
            attestation: Attestation::decode(reader)?,
            hash: reader.array()?,
            signature: BlsSignature::decode(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_through_the_round() {
        assert_eq!(StepName::Proposal.number(0), Some(0));
        assert_eq!(StepName::Ratification.number(49), Some(149));
        assert_eq!(StepName::Proposal.number(85), Some(255));
        assert_eq!(StepName::Validation.number(85), None);
        assert_eq!(StepName::Proposal.number(86), None);
    }

    #[test]
    fn the_hash_covers_what_it_should() {
        let header = Header { height: 5, ..Header::default() };
        let hash = header.compute_hash();
        let unhashed = Header { hash: [1; 32], signature: BlsSignature([2; 48]), ..header.clone() };
        assert_eq!(unhashed.compute_hash(), hash);
        assert_ne!(Header { gas_limit: 1, ..header }.compute_hash(), hash);
    }
}
