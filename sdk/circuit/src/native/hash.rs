//! The Poseidon hash.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_poseidon::{Domain, Hash};
use zeroize::Zeroizing;

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

/// Up to four elements that are derived from the given ones: keys, the masks of a cipher. It is the sponge of [`hash`]
/// with `N` results in place of one, so neither tells anything about the other.
///
/// # Panics
/// If there is no element.
#[must_use]
pub fn expand<const N: usize>(elements: &[Field]) -> [Field; N] {
    const { assert!(N >= 1 && N <= 4, "one permutation has up to four results") };
    assert!(!elements.is_empty(), "a hash takes one element at least");
    let scalars: Zeroizing<Vec<BlsScalar>> = Zeroizing::new(elements.iter().map(Field::scalar).collect());
    let mut sponge = Hash::new(Domain::Other);
    sponge.output_len(N);
    sponge.update(&scalars);
    let results = Zeroizing::new(sponge.finalize());
    core::array::from_fn(|i| results[i].into())
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
