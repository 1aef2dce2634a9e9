//! A holder: its keys, and the notes that it has found in events.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Ledger;
use crate::Field;
use crate::finance::confidential::statements::InputNative;
use crate::finance::confidential::{Address, AuditorKey, Keys, Note, NoteCipher, ViewKeys, nullifier};
use crate::finance::wallet::build::{self, Spend};
use crate::finance::wallet::{ActError, HeldWitness, Instruction, LockWitness, RegisterWitness, TransferWitness};
use crate::zk::native::{IndexedError, Scalar};

/// A holder of notes of one asset. A holder of several assets is a party for each of them, with the same keys.
#[derive(Debug, Clone)]
pub struct Party {
    keys: Keys,
    /// What follows from the keys: all events are compared with it.
    view: ViewKeys,
    address: Address,
    asset: Field,
    /// The notes that it can spend, the largest last.
    notes: Vec<Owned>,
    /// By the positions of notes, their nullifiers.
    nullifiers: BTreeMap<u64, Field>,
    /// How many ephemeral keys it has used: no two acts have the same.
    acts: u64,
}

/// A note that a holder can spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// The note.
    pub note: Note,
    /// Its position in the tree.
    pub position: u64,
    /// The sender's memo.
    pub memo: Field,
}

impl Party {
    /// A holder of this asset with these keys, without notes.
    #[must_use]
    pub fn new(keys: Keys, asset: Field) -> Self {
        let (view, address) = (keys.spend.view(), keys.address());
        Self { keys, view, address, asset, notes: Vec::new(), nullifiers: BTreeMap::new(), acts: 0 }
    }

    /// Its keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The address to which others send notes.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// The owner of its notes.
    #[must_use]
    pub fn owner(&self) -> Field {
        self.address.owner
    }

    /// The notes that it can spend, the largest last.
    #[must_use]
    pub fn notes(&self) -> &[Owned] {
        &self.notes
    }

    /// The sum of its notes.
    #[must_use]
    pub fn balance(&self) -> u64 {
        self.notes.iter().map(|owned| owned.note.value).sum()
    }

    /// Reads an event: a new note at a position. Keeps it if it is this holder's, and says whether it is. A sender may
    /// write anything into a ciphertext, so only a note with the commitment of the event counts.
    pub fn found(&mut self, position: u64, commitment: Field, cipher: &NoteCipher) -> bool {
        let Ok(opened) = cipher.open(&self.keys.reading) else { return false };
        let note = opened.note(self.owner());
        if note.value == 0 || note.commitment(self.asset) != commitment {
            return false;
        }
        self.nullifiers.insert(position, nullifier(self.view.nk, commitment, position));
        self.notes.push(Owned { note, position, memo: opened.memo });
        self.notes.sort_by_key(|owned| (owned.note.value, owned.position));
        true
    }

    /// Reads an event: a note was spent.
    pub fn spent(&mut self, nullifier: Field) {
        self.forget(|it| it == nullifier);
    }

    /// Removes the notes whose nullifiers were spent.
    pub fn forget(&mut self, is_spent: impl Fn(Field) -> bool) {
        let nullifiers = &self.nullifiers;
        self.notes.retain(|owned| nullifiers.get(&owned.position).is_none_or(|it| !is_spent(*it)));
    }

    /// A note without value, which is in no tree. Its random element makes its nullifier new.
    pub fn nothing(&mut self) -> Owned {
        let rho = self.fresh().field();
        Owned { note: Note { value: 0, owner: self.owner(), rho }, position: 0, memo: Field::default() }
    }

    /// Makes the witness of a registration.
    ///
    /// # Errors
    /// [`ActError::AuditorKey`].
    pub fn register(&mut self, auditor: &AuditorKey) -> Result<RegisterWitness, ActError> {
        let ephemeral = self.fresh();
        build::register(auditor, &self.keys, ephemeral)
    }

    /// Makes the witness of a transfer: the two largest notes become an amount for a receiver, and change. `leaves`
    /// becomes public. If the notes are worth less, the change is a value that no proof allows.
    ///
    /// # Errors
    /// [`ActError::AuditorKey`] and [`ActError::Receiver`].
    pub fn transfer(
        &mut self,
        ledger: &Ledger,
        auditor: &AuditorKey,
        to: &Address,
        [amount, leaves]: [u64; 2],
        memo: Field,
    ) -> Result<TransferWitness, ActError> {
        let entries = ledger.entries(self.owner(), to.owner);
        self.spend(ledger, auditor, to, [amount, leaves], memo).transfer(entries)
    }

    /// Makes the witness of a lock, with the notes of a [`transfer`](Self::transfer).
    ///
    /// # Errors
    /// As [`transfer`](Self::transfer).
    pub fn lock(
        &mut self,
        ledger: &Ledger,
        auditor: &AuditorKey,
        to: &Address,
        amount: u64,
        instruction: &Instruction,
    ) -> Result<LockWitness, ActError> {
        let entries = ledger.entries(self.owner(), to.owner);
        let third = self.fresh();
        self.spend(ledger, auditor, to, [amount, 0], Field::default()).lock(entries, instruction, &third)
    }

    /// Makes the witness that this holder held a note at a snapshot of the ledger.
    ///
    /// # Errors
    /// [`IndexedError`] if the note was spent at the snapshot.
    pub fn show(&self, snapshot: &Ledger, height: u64, owned: &Owned, act: Field) -> Result<HeldWitness, IndexedError> {
        let (asset, nk) = (self.asset, self.view.nk);
        let unspent = snapshot.unspent(owned.note.nullifier(asset, nk, owned.position))?;
        let input = snapshot.input(owned.note, owned.position);
        Ok(build::held(asset, &self.keys, input, unspent, &snapshot.pinned(height), act))
    }

    fn spend<'a>(
        &'a mut self,
        ledger: &Ledger,
        auditor: &'a AuditorKey,
        to: &Address,
        [amount, leaves]: [u64; 2],
        memo: Field,
    ) -> Spend<'a> {
        let last = self.notes.len();
        let inputs = [1, 2].map(|back| match last.checked_sub(back) {
            Some(place) => self.notes[place],
            None => self.nothing(),
        });
        let ephemeral = core::array::from_fn(|_| self.fresh());
        let sum = inputs.iter().fold(0, |sum: u64, input| sum.wrapping_add(input.note.value));
        Spend {
            asset: self.asset,
            auditor,
            keys: &self.keys,
            note_root: ledger.note_root(),
            inputs: inputs.map(|owned| ledger.input(owned.note, owned.position)),
            to: *to,
            values: [amount, sum.wrapping_sub(amount).wrapping_sub(leaves)],
            leaves,
            memo,
            ephemeral,
        }
    }

    /// A secret scalar that no other act of this holder uses.
    fn fresh(&mut self) -> Scalar {
        self.acts += 1;
        self.keys.spend.ephemeral(&[self.asset, Field::from(self.acts)])
    }
}

impl Owned {
    /// The note as an input of a statement.
    #[must_use]
    pub fn input(&self, ledger: &Ledger) -> InputNative {
        let path = ledger.note_path(self.position, self.note.commitment(ledger.asset));
        InputNative { value: self.note.value, rho: self.note.rho, path }
    }
}
