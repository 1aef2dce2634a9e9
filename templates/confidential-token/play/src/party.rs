//! A holder: its keys, and the notes that it has found in events.

use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{Address, Keys, Note, NoteCipher};
use dusk_sdk::zk::native::Scalar;

/// A holder of notes.
#[derive(Debug, Clone)]
pub struct Party {
    /// Its keys. Nobody else has them.
    pub keys: Keys,
    /// The notes that it can spend, the largest last.
    notes: Vec<Owned>,
    /// How many acts it has begun: no two have the same ephemeral keys.
    acts: u64,
}

/// A note that a holder can spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// The note.
    pub note: Note,
    /// Its position in the tree.
    pub position: u64,
    /// What the sender has told with it.
    pub memo: Field,
}

impl Party {
    /// A holder with these keys, and nothing else.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, notes: Vec::new(), acts: 0 }
    }

    /// Where others send notes to.
    #[must_use]
    pub fn address(&self) -> Address {
        self.keys.address()
    }

    /// The owner of its notes.
    #[must_use]
    pub fn owner(&self) -> Field {
        self.address().owner
    }

    /// The notes that it can spend, the largest last.
    #[must_use]
    pub fn notes(&self) -> &[Owned] {
        &self.notes
    }

    /// What it holds.
    #[must_use]
    pub fn balance(&self) -> u64 {
        self.notes.iter().map(|owned| owned.note.value).sum()
    }

    /// Reads an event: a new note at a position. Keeps it if it is this holder's, and says whether it is. A sender may
    /// write anything into a ciphertext, so only a note with the commitment of the event counts.
    pub fn found(&mut self, asset: Field, position: u64, commitment: Field, cipher: &NoteCipher) -> bool {
        let Ok(opened) = cipher.open(&self.keys.reading) else { return false };
        let note = opened.note(self.owner());
        if note.value == 0 || note.commitment(asset) != commitment {
            return false;
        }
        self.notes.push(Owned { note, position, memo: opened.memo });
        self.notes.sort_by_key(|owned| (owned.note.value, owned.position));
        true
    }

    /// Reads an event: a note was spent.
    pub fn spent(&mut self, asset: Field, nullifier: Field) {
        let nk = self.keys.spend.view().nk;
        self.notes.retain(|owned| owned.note.nullifier(asset, nk, owned.position) != nullifier);
    }

    /// Leaves out the notes whose nullifiers were spent.
    pub fn forget(&mut self, is_spent: impl Fn(Field) -> bool, asset: Field) {
        let nk = self.keys.spend.view().nk;
        self.notes.retain(|owned| !is_spent(owned.note.nullifier(asset, nk, owned.position)));
    }

    /// The two largest notes. Where there is none, an empty note that is in no tree stands in.
    pub fn two(&mut self) -> [Owned; 2] {
        let last = self.notes.len();
        [1, 2].map(|back| match last.checked_sub(back) {
            Some(place) => self.notes[place],
            None => self.nothing(),
        })
    }

    /// A note without value. Its random element makes its nullifier new.
    pub fn nothing(&mut self) -> Owned {
        let rho = Field::from_bytes(&clear_top(self.fresh().to_bytes())).unwrap_or_default();
        Owned { note: Note { value: 0, owner: self.owner(), rho }, position: 0, memo: Field::default() }
    }

    /// A secret scalar that no other act of this holder uses.
    pub fn fresh(&mut self) -> Scalar {
        self.acts += 1;
        // In earnest random elements are in the context, too: a wallet that is restored from an old file counts again.
        self.keys.spend.ephemeral(&[Field::from(self.acts)])
    }
}

/// The bytes as those of a field element.
fn clear_top(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes[31] &= 0x3f;
    bytes
}
