//! The prices of host queries. Before the fork Boreas they are free.

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{MultisigSignature, PublicKey};
use local_node_types::rules::{Fork, Rules};
use rkyv::vec::ArchivedVec;

use super::{Argument, Query};

impl Query {
    /// Gas for the query. It is charged before the query runs.
    pub(crate) fn price(self, argument: &Argument, rules: Rules) -> u64 {
        if rules.fork() < Fork::Boreas {
            return 0;
        }
        match self {
            Self::Hash => 3_000 + 10 * bytes(argument),
            Self::PoseidonHash => 30_000 + 10_000 * scalars(argument).max(1),
            Self::VerifyPlonk => 10_000_000,
            Self::VerifyGroth16 => 4_500_000,
            Self::VerifySchnorr => 1_000_000,
            Self::VerifyBls => 1_750_000,
            Self::VerifyBlsMultisig => 2_500_000 + 200_000 * keys(argument).max(1),
            Self::Keccak256 => 3_000 + 16 * bytes(argument),
            Self::Sha256 => 3_000 + 8 * bytes(argument),
            Self::VerifyKzgProof => 2_000_000,
            Self::Secp256k1Recover => 200_000,
        }
    }
}

/// Bytes to hash; where the argument cannot be decoded, its own length.
fn bytes(argument: &Argument) -> u64 {
    let argument = argument.bytes();
    rkyv::check_archived_root::<Vec<u8>>(argument).map_or(argument.len(), ArchivedVec::len) as u64
}

fn scalars(argument: &Argument) -> u64 {
    rkyv::check_archived_root::<Vec<BlsScalar>>(argument.bytes()).map_or(1, ArchivedVec::len) as u64
}

fn keys(argument: &Argument) -> u64 {
    type Input = (Vec<u8>, Vec<PublicKey>, MultisigSignature);
    rkyv::check_archived_root::<Input>(argument.bytes()).map_or(1, |input| input.1.len()) as u64
}
