//! The Poseidon hash.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_poseidon::{Domain, Hash};

use super::Field;

/// The Poseidon hash of elements, with the same result as the chain's virtual machine. In a contract, use the host
/// query instead: it is cheaper.
///
/// # Panics
/// If there is no element: production has no such hash.
#[must_use]
pub fn hash(elements: &[Field]) -> Field {
    assert!(!elements.is_empty(), "a hash takes one element at least");
    digest(Domain::Other, elements)
}

/// The first element of a nullifier's hash, for domain separation: the bytes of `nullifier` as a number, least
/// significant first.
pub const NULLIFIER_DOMAIN: BlsScalar = BlsScalar::from_raw([u64::from_le_bytes(*b"nullifie"), b'r' as u64, 0, 0]);

/// The nullifier of a secret in a scope.
#[must_use]
pub fn nullifier(secret: Field, scope: Field) -> Field {
    hash(&[NULLIFIER_DOMAIN.into(), secret, scope])
}

/// The hash of the four children of a node of a Merkle tree.
pub(super) fn hash_node(children: &[Field; 4]) -> Field {
    digest(Domain::Merkle4, children)
}

fn digest(domain: Domain, elements: &[Field]) -> Field {
    let scalars: Vec<BlsScalar> = elements.iter().map(Field::scalar).collect();
    Hash::digest(domain, &scalars)[0].into()
}
