//! The public state of an asset: the trees, rebuilt from the events of a contract.

use alloc::vec::Vec;

use crate::Field;
use crate::finance::confidential::snapshots::Pinned;
use crate::finance::confidential::statements::PartyNative;
use crate::finance::confidential::{
    Address, AuditorKey, Holder, HolderTree, Note, NotePath, NoteTree, NullifierTree, Unspent, ViewKeys,
};
use crate::finance::wallet::build::{self, Entries, Input, Seizure};
use crate::finance::wallet::{ActError, MintWitness, SeizeWitness};
use crate::zk::native::{IndexedError, Scalar};

/// The trees of one contract. Their roots are those of the contract.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The asset.
    pub asset: Field,
    notes: NoteTree,
    /// How many notes and nullifiers there are.
    count: u64,
    nullified: u64,
    spent: NullifierTree,
    holders: HolderTree,
    /// Every admitted holder, by its place.
    registry: Vec<Holder>,
}

impl Ledger {
    /// An asset without notes and holders.
    #[must_use]
    pub fn new(asset: Field) -> Self {
        let (notes, spent, holders) = (NoteTree::default(), NullifierTree::default(), HolderTree::default());
        Self { asset, notes, count: 0, nullified: 0, spent, holders, registry: Vec::new() }
    }

    /// Adds a note, and returns its position.
    ///
    /// # Panics
    /// If the tree is full: the contract has refused the note before.
    pub fn add(&mut self, commitment: Field) -> u64 {
        let position = self.count;
        self.notes.insert(position, commitment).expect("the contract has a place for the note");
        self.count += 1;
        position
    }

    /// Marks a note as spent.
    ///
    /// # Panics
    /// If it was spent before: the contract has refused that.
    pub fn spend(&mut self, nullifier: Field) {
        self.spent.insert(nullifier).expect("the contract accepts a nullifier once");
        self.nullified += 1;
    }

    /// Sets a holder at its place.
    ///
    /// # Panics
    /// If the place is outside of the tree.
    pub fn set_holder(&mut self, place: u64, holder: Holder) {
        self.holders.insert(place, holder.leaf()).expect("the contract has a place for the holder");
        let place = usize::try_from(place).expect("there are few holders");
        if place == self.registry.len() {
            self.registry.push(holder);
        } else {
            self.registry[place] = holder;
        }
    }

    /// Empties the place of a holder, who is gone for good.
    pub fn remove_holder(&mut self, owner: Field) {
        if let Some(place) = self.place(owner) {
            self.holders.remove(place);
        }
    }

    /// The root of the notes.
    #[must_use]
    pub fn note_root(&self) -> Field {
        self.notes.root()
    }

    /// The root of the nullifiers.
    #[must_use]
    pub fn nullifier_root(&self) -> Field {
        self.spent.root()
    }

    /// The root of the holders.
    #[must_use]
    pub fn holder_root(&self) -> Field {
        self.holders.root()
    }

    /// The number of present and former holders.
    #[must_use]
    pub fn holders(&self) -> u64 {
        self.registry.len() as u64
    }

    /// The number of notes.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Proves that a note was not spent.
    ///
    /// # Errors
    /// If the note was spent.
    pub fn unspent(&self, nullifier: Field) -> Result<Unspent, IndexedError> {
        self.spent.non_membership(nullifier)
    }

    /// A holder, by its owner.
    #[must_use]
    pub fn holder(&self, owner: Field) -> Option<Holder> {
        self.registry.iter().find(|holder| holder.owner == owner).copied()
    }

    /// The place of a holder.
    #[must_use]
    pub fn place(&self, owner: Field) -> Option<u64> {
        self.registry.iter().position(|holder| holder.owner == owner).map(|place| place as u64)
    }

    /// Makes the witness of an officer's issue of an amount, or of a deposit.
    ///
    /// # Errors
    /// [`ActError::AuditorKey`] and [`ActError::Receiver`].
    pub fn mint(
        &self,
        auditor: &AuditorKey,
        to: &Address,
        amount: u64,
        ephemeral: [Scalar; 2],
    ) -> Result<MintWitness, ActError> {
        let receiver = (self.holder_root(), Some(self.entry(to.owner)));
        build::mint(self.asset, auditor, to, amount, ephemeral, receiver)
    }

    /// Makes the witness of an officer's seizure of a note at a position, with the holder's keys from the auditor.
    ///
    /// # Errors
    /// As [`mint`](Self::mint).
    pub fn seize(
        &self,
        auditor: &AuditorKey,
        keys: &ViewKeys,
        (note, position): (Note, u64),
        to: &Address,
        ephemeral: [Scalar; 2],
    ) -> Result<SeizeWitness, ActError> {
        let (asset, note_root, input) = (self.asset, self.note_root(), self.input(note, position));
        let receiver = (self.holder_root(), Some(self.entry(to.owner)));
        Seizure { asset, auditor, keys, note_root, input, to, ephemeral }.witness(receiver)
    }

    /// A note at a position as an input. If it is not there, it has a path in a tree of its own.
    pub(super) fn input(&self, note: Note, position: u64) -> Input {
        Input { note, position, path: self.note_path(position, note.commitment(self.asset)) }
    }

    pub(super) fn entries(&self, sender: Field, receiver: Field) -> Entries {
        let [sender, receiver] = [sender, receiver].map(|owner| Some(self.entry(owner)));
        Entries { registry_root: self.holder_root(), sender, receiver }
    }

    /// The data that a snapshot would pin now.
    pub(super) fn pinned(&self, height: u64) -> Pinned {
        let (note_root, nullifier_root) = (self.note_root(), self.nullifier_root());
        Pinned { height, note_root, nullifier_root, notes: self.count, nullifiers: self.nullified, supply: 0 }
    }

    /// The path of the note with this commitment at a position. If there is no such note, the path is in another tree.
    #[must_use]
    pub fn note_path(&self, position: u64, commitment: Field) -> NotePath {
        let there = self.notes.leaf(position) == Some(commitment);
        let path = there.then(|| self.notes.opening(position)).flatten();
        path.unwrap_or_else(|| build::alone(commitment))
    }

    /// The entry of a holder. For somebody who is not registered it is one that no proof accepts.
    fn entry(&self, owner: Field) -> PartyNative {
        let found = self.place(owner).and_then(|place| self.holders.opening(place)).zip(self.holder(owner));
        if let Some((path, holder)) = found {
            return PartyNative { holder, path };
        }
        let nobody = Holder { owner, class: 0, country: 0, level: u8::MAX, valid_until: u32::MAX, active: true };
        PartyNative { path: build::alone(nobody.leaf()), holder: nobody }
    }
}
