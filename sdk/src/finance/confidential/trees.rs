//! The trees of a confidential asset: their heights and their hashes.

use dusk_sdk_circuit::native::merkle::{Tree, TreeHash};
use dusk_sdk_circuit::native::{self, IndexedTree, MerklePath, NonMembership};

use crate::field::Field;

/// The height of the tree of notes: 4^13 = 67,108,864 notes.
pub const NOTE_LEVELS: usize = 13;
/// The height of the tree of nullifiers: as many as there are notes, less one.
pub const NULLIFIER_LEVELS: usize = 13;
/// The height of the tree of holders: 4^8 = 65,536 holders.
pub const HOLDER_LEVELS: usize = 8;

/// The height of an attester's revocation list: 4^10 = 1,048,576 serial numbers, less one.
pub const REVOKED_LEVELS: usize = 10;

/// The maximum number of notes of an asset.
pub const MAX_NOTES: u64 = Tree::<NOTE_LEVELS>::CAPACITY;

/// The tree of notes in wallets.
pub type NoteTree = Tree<NOTE_LEVELS, Host>;
/// The tree of nullifiers.
pub type NullifierTree = IndexedTree<NULLIFIER_LEVELS, Host>;
/// The tree of holders.
pub type HolderTree = Tree<HOLDER_LEVELS, Host>;
/// The path of a note.
pub type NotePath = MerklePath<NOTE_LEVELS>;
/// The path of a holder.
pub type HolderPath = MerklePath<HOLDER_LEVELS>;
/// The proof that a nullifier is absent.
pub type Unspent = NonMembership<NULLIFIER_LEVELS>;

/// The Poseidon hash: by the host in a contract, by this crate elsewhere.
///
/// # Panics
/// If there is no element.
#[must_use]
pub fn hash(elements: &[Field]) -> Field {
    if cfg!(target_family = "wasm") { crate::crypto::poseidon_hash(elements) } else { native::hash(elements) }
}

/// The hashes of trees that contracts compute: [`hash`]. Outside of contracts they are those of
/// [`Plain`](native::merkle::Plain).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {}

impl TreeHash for Host {
    fn node(children: &[Field; 4]) -> Field {
        hash(children)
    }

    fn leaf(value: Field, next: Field) -> Field {
        hash(&[value, next])
    }
}
