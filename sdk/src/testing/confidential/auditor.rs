//! The auditor: it reads every act, and knows the holdings of everybody.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::Field;
use crate::finance::confidential::{AuditCipher, AuditorKey, Note, ReadingKey, Unreadable, ViewCipher, ViewKeys};
use crate::zk::native::Scalar;

/// The auditor of an asset.
#[derive(Debug)]
pub struct Auditor {
    key: ReadingKey,
    /// The keys that holders have told at registration.
    holders: BTreeMap<Field, ViewKeys>,
    /// Every note that was not spent, by its nullifier.
    unspent: BTreeMap<Field, Known>,
    /// The notes that locks may become, by their commitments.
    pending: BTreeMap<Field, Note>,
}

/// A note as the auditor knows it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The note.
    pub note: Note,
    /// Its position.
    pub position: u64,
}

/// A transfer as the auditor reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The sender. `None`: the act created new money.
    pub sender: Option<Field>,
    /// The receiver.
    pub receiver: Field,
    /// The amount.
    pub amount: u64,
}

impl Auditor {
    /// An auditor with this secret key.
    #[must_use]
    pub fn new(secret: Scalar) -> Self {
        let (holders, unspent, pending) = Default::default();
        Self { key: ReadingKey::new(secret), holders, unspent, pending }
    }

    /// Its secret key.
    #[must_use]
    pub fn reading(&self) -> &ReadingKey {
        &self.key
    }

    /// Its public key.
    #[must_use]
    pub fn key(&self) -> AuditorKey {
        AuditorKey::from(&self.key)
    }

    /// Reads a registration, and returns its owner.
    ///
    /// # Errors
    /// [`Unreadable`]: never, if the contract has accepted the proof.
    pub fn register(&mut self, cipher: &ViewCipher) -> Result<Field, Unreadable> {
        let keys = cipher.open(&self.key)?;
        let owner = keys.owner();
        self.holders.insert(owner, keys);
        Ok(owner)
    }

    /// The keys of a holder.
    #[must_use]
    pub fn keys(&self, owner: Field) -> Option<&ViewKeys> {
        self.holders.get(&owner)
    }

    /// Reads an act: which notes it spends, and what it makes at these positions.
    ///
    /// # Errors
    /// [`Unreadable`]: never, if the contract has accepted the proof.
    pub fn read(
        &mut self,
        asset: Field,
        nullifiers: &[Field],
        cipher: &AuditCipher,
        positions: &[u64],
    ) -> Result<Read, Unreadable> {
        let sender = self.spend(nullifiers);
        let audited = cipher.open(&self.key)?;
        let outputs = [Some(audited.first()), sender.map(|sender| audited.change(sender))];
        for (note, position) in outputs.into_iter().zip(positions) {
            if let Some(note) = note {
                self.know(asset, note, *position);
            }
        }
        Ok(Read { sender, receiver: audited.owner, amount: audited.values[0] })
    }

    /// Reads a lock: which notes it spends, and where its change is.
    ///
    /// # Errors
    /// [`Unreadable`]: never, if the contract has accepted the proof.
    pub fn lock(
        &mut self,
        asset: Field,
        nullifiers: &[Field],
        cipher: &AuditCipher,
        change: u64,
    ) -> Result<Read, Unreadable> {
        let sender = self.spend(nullifiers);
        let audited = cipher.open(&self.key)?;
        let released = audited.first();
        let mut pending = alloc::vec![released];
        if let Some(sender) = sender {
            pending.push(Note { owner: sender, ..released });
            self.know(asset, audited.change(sender), change);
        }
        self.pending.extend(pending.into_iter().map(|note| (note.commitment(asset), note)));
        Ok(Read { sender, receiver: audited.owner, amount: audited.values[0] })
    }

    /// A lock was released or cancelled: the note with this commitment is at this position.
    pub fn settled(&mut self, asset: Field, commitment: Field, position: u64) {
        if let Some(note) = self.pending.remove(&commitment) {
            self.know(asset, note, position);
        }
    }

    /// Notes that these notes were spent, and returns whose they were.
    fn spend(&mut self, nullifiers: &[Field]) -> Option<Field> {
        let mut sender = None;
        for nullifier in nullifiers {
            if let Some(known) = self.unspent.remove(nullifier) {
                sender = Some(known.note.owner);
            }
        }
        sender
    }

    /// Keeps a note of a registered holder.
    fn know(&mut self, asset: Field, note: Note, position: u64) {
        if let Some(keys) = self.holders.get(&note.owner).filter(|_| note.value > 0) {
            self.unspent.insert(note.nullifier(asset, keys.nk, position), Known { note, position });
        }
    }

    /// The notes that a holder can spend, the largest last.
    #[must_use]
    pub fn notes(&self, owner: Field) -> Vec<Known> {
        let mut notes: Vec<_> = self.unspent.values().filter(|known| known.note.owner == owner).copied().collect();
        notes.sort_by_key(|known| (known.note.value, known.position));
        notes
    }

    /// The sum of a holder's notes.
    #[must_use]
    pub fn balance(&self, owner: Field) -> u64 {
        self.notes(owner).iter().map(|known| known.note.value).sum()
    }

    /// The note that a lock may become. With it the auditor helps a receiver whose ciphertext is unreadable.
    #[must_use]
    pub fn pending(&self, commitment: Field) -> Option<Note> {
        self.pending.get(&commitment).copied()
    }
}
