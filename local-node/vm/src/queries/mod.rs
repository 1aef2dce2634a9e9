//! Host queries: computations of the machine for contracts (the book, "The virtual machine", section "Host
//! queries").
//!
//! Arguments and answers are rkyv values. An argument that cannot be decoded gets a fixed answer, not an error.

mod answer;
mod cache;
mod price;

use local_node_types::rules::{Feature, Rules};
use rkyv::AlignedVec;

pub(crate) use answer::encoded;
pub(crate) use cache::Answers;

/// A host query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Query {
    Hash,
    PoseidonHash,
    VerifyPlonk,
    VerifyGroth16,
    VerifySchnorr,
    VerifyBls,
    VerifyBlsMultisig,
    Keccak256,
    Sha256,
    VerifyKzgProof,
    Secp256k1Recover,
}

impl Query {
    /// The query of this name, if it exists under the rules. At height 0 all exist, as in production, where queries
    /// of the current state run at that height.
    pub(crate) fn named(name: &str, rules: Rules) -> Option<Self> {
        use dusk_core::abi::Query as Name;
        let (query, feature) = match name {
            Name::HASH => (Self::Hash, None),
            Name::POSEIDON_HASH => (Self::PoseidonHash, None),
            Name::VERIFY_PLONK => (Self::VerifyPlonk, None),
            Name::VERIFY_GROTH16_BN254 => (Self::VerifyGroth16, None),
            Name::VERIFY_SCHNORR => (Self::VerifySchnorr, None),
            Name::VERIFY_BLS => (Self::VerifyBls, None),
            Name::VERIFY_BLS_MULTISIG => (Self::VerifyBlsMultisig, None),
            Name::KECCAK256 => (Self::Keccak256, Some(Feature::Keccak256)),
            Name::SHA256 => (Self::Sha256, Some(Feature::Sha256)),
            Name::VERIFY_KZG_PROOF => (Self::VerifyKzgProof, Some(Feature::KzgProof)),
            Name::SECP256K1_RECOVER => (Self::Secp256k1Recover, Some(Feature::Secp256k1Recover)),
            _ => return None,
        };
        let active = rules.height() == 0 || feature.is_none_or(|feature| rules.active(feature));
        active.then_some(query)
    }
}

/// The argument of a query, at an address that is aligned as in the contract's memory.
#[derive(Debug)]
pub(crate) struct Argument {
    buffer: AlignedVec,
    padding: usize,
}

impl Argument {
    /// Copies an argument that lies at `offset` of a contract's memory.
    pub(crate) fn new(bytes: &[u8], offset: u64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the remainder lies under 16")]
        let padding = (offset % AlignedVec::ALIGNMENT as u64) as usize;
        let mut buffer = AlignedVec::with_capacity(padding + bytes.len());
        buffer.resize(padding, 0);
        buffer.extend_from_slice(bytes);
        Self { buffer, padding }
    }

    /// Where it begins, modulo 16.
    fn alignment(&self) -> u8 {
        self.padding.to_le_bytes()[0]
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.padding..]
    }
}
