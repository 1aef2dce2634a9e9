//! The Poseidon hash.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use zeroize::Zeroizing;

use super::Field;
use crate::poseidon::Domain;
#[cfg(not(target_family = "wasm"))]
use crate::poseidon::sponge;

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
    let results = sponge(Domain::Other, &scalars(elements), N);
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
    sponge(domain, &scalars(elements), 1)[0].into()
}

fn scalars(elements: &[Field]) -> Zeroizing<Vec<BlsScalar>> {
    Zeroizing::new(elements.iter().map(Field::scalar).collect())
}

/// The sponge of `dusk-poseidon`: a contract asks the host for hashes, and has no room for the tables of another one.
#[cfg(target_family = "wasm")]
fn sponge(domain: Domain, elements: &[BlsScalar], results: usize) -> Zeroizing<Vec<BlsScalar>> {
    use dusk_poseidon::{Domain as Purpose, Hash};

    let mut sponge = Hash::new(match domain {
        Domain::Other => Purpose::Other,
        Domain::Merkle4 => Purpose::Merkle4,
    });
    sponge.output_len(results);
    sponge.update(elements);
    Zeroizing::new(sponge.finalize())
}
