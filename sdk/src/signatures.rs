//! The types of signatures that the host verifies, from the crates that `dusk-core` has them from.

pub use bls12_381_bls::{MultisigSignature, PublicKey as BlsPublicKey, Signature as BlsSignature};
pub use jubjub_schnorr::{PublicKey as SchnorrPublicKey, Signature as SchnorrSignature};
