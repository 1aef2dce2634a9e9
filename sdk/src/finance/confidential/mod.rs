//! Confidential assets: notes in place of balances.
//!
//! A contract holds commitments to notes and the nullifiers of those that were spent. Balances, amounts, senders and
//! receivers are hidden from the chain, visible to the auditor, and provable to whom the holder chooses.
//!
//! # Model
//!
//! ```text
//!   seed ─► SpendKey ─► (ak, nk) ─► owner ─┐           note = (value, owner, rho)
//!        └► ReadingKey ─► point ───────────┴► Address   commitment = H(value, asset, owner, rho)   leaf of the note tree
//!                                                       nullifier  = H(position, nk, commitment)   once it is spent
//! ```
//!
//! - **Who may spend** knows the spend secret. `ak` and `nk`, which the auditor knows, suffice to follow a holder and to
//!   [seize](statements), but not to spend as the holder.
//! - **A nullifier is unique** for the position of a note, so nobody can make two notes with one nullifier.
//! - **The auditor can read** every transfer: the circuit encrypts to its key. `rho` is derived from the same shared
//!   secret, so the auditor knows whole notes.
//! - **A receiver finds a note** by a second ciphertext for its reading key. The proof binds this one, but does not
//!   prove it: a sender who spoils it has paid all the same, and the auditor can tell the receiver.
//!
//! # Sizes
//!
//! [`NOTE_LEVELS`], [`NULLIFIER_LEVELS`] and [`HOLDER_LEVELS`] are the heights of the trees, with four children a node.

mod address;
pub mod auditor;
mod cipher;
mod domain;
mod holder;
mod keys;
pub mod locks;
mod note;
pub mod notes;
pub mod nullifiers;
pub mod pool;
pub mod registry;
pub mod snapshots;
pub mod statements;

pub use address::{Address, NotAnAddress};
pub use auditor::Auditor;
pub use cipher::{AuditCipher, Audited, AuditorKey, NoteCipher, Opened, Unreadable, ViewCipher};
use dusk_sdk_circuit::native::merkle::{Tree, TreeHash};
use dusk_sdk_circuit::native::{self, IndexedTree, MerklePath, NonMembership};
pub use holder::Holder;
pub use keys::{Keys, ReadingKey, SpendKey, ViewKeys};
pub use locks::Locks;
pub use note::{Note, act_nullifier, asset, leg, nullifier};
pub use notes::Notes;
pub use nullifiers::Nullifiers;
pub use pool::Pool;
pub use registry::Registry;
pub use snapshots::{Acts, Snapshots};

use crate::field::Field;

/// The height of the tree of notes: 4^13 = 67,108,864 notes.
pub const NOTE_LEVELS: usize = 13;
/// The height of the tree of nullifiers: as many as there are notes, less one.
pub const NULLIFIER_LEVELS: usize = 13;
/// The height of the tree of holders: 4^8 = 65,536 holders.
pub const HOLDER_LEVELS: usize = 8;

/// The most notes of an asset.
pub const MAX_NOTES: u64 = Tree::<NOTE_LEVELS>::CAPACITY;

/// The tree of notes, as wallets keep it.
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
