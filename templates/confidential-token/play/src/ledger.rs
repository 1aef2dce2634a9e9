//! What everybody knows: the trees, rebuilt from the events of a contract.

use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{
    Holder, HolderPath, HolderTree, Host, NotePath, NoteTree, NullifierTree, Unspent,
};
use dusk_sdk::zk::native::MerklePath;
use dusk_sdk::zk::native::merkle::Tree;

/// The trees of one contract. Their roots are those of the contract.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The asset.
    pub asset: Field,
    notes: NoteTree,
    /// How many notes there are.
    count: u64,
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
        Self { asset, notes, count: 0, spent, holders, registry: Vec::new() }
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

    /// How many holders there are.
    #[must_use]
    pub fn holders(&self) -> u64 {
        self.registry.len() as u64
    }

    /// How many notes there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The path of the note with this commitment at a position; in a tree of its own, if there is no such note.
    #[must_use]
    pub fn note_path(&self, position: u64, commitment: Field) -> NotePath {
        let there = self.notes.leaf(position) == Some(commitment);
        let path = there.then(|| self.notes.opening(position)).flatten();
        path.unwrap_or_else(|| alone(commitment))
    }

    /// That a note was not spent.
    ///
    /// # Errors
    /// If it was.
    pub fn unspent(&self, nullifier: Field) -> Result<Unspent, dusk_sdk::zk::native::IndexedError> {
        self.spent.non_membership(nullifier)
    }

    /// A holder and its path, by its owner.
    #[must_use]
    pub fn holder(&self, owner: Field) -> Option<(Holder, HolderPath)> {
        let place = self.registry.iter().position(|holder| holder.owner == owner)?;
        Some((self.registry[place], self.holders.opening(place as u64)?))
    }

    /// The place of a holder.
    #[must_use]
    pub fn place(&self, owner: Field) -> Option<u64> {
        self.registry.iter().position(|holder| holder.owner == owner).map(|place| place as u64)
    }
}

/// The path of a leaf that is alone in a tree. A proof needs a path even where it does not ask for the root.
pub(crate) fn alone<const H: usize>(leaf: Field) -> MerklePath<H> {
    let mut tree = Tree::<H, Host>::default();
    match tree.insert(0, leaf).ok().and_then(|_| tree.opening(0)) {
        Some(path) => path,
        None => unreachable!("every tree has the position 0"),
    }
}
