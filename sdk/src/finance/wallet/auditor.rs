//! The auditor's side: reads every act, and computes the register of holders at each height.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use std::path::Path;

use zeroize::{Zeroize, Zeroizing};

use super::acts::ActError;
use super::build::{Input, Seizure};
use super::codec::{Reader, Strange, Writer};
use super::events::{Event, Seen};
use super::file::{FileError, WalletFile};
use super::randomness;
use super::register::{Register, Row, Supply};
use super::sealed::Password;
use super::tree::in_parallel;
use super::view::{Gap, HolderAt, Place, ScanError, View};
use super::wallet::{Identity, OpenError, read_identity, write_identity};
use super::words::Words;
use crate::finance::confidential::auditor::{KeyProof, handover};
use crate::finance::confidential::statements::{PartyNative, SeizeNative, SeizeSecretNative};
use crate::finance::confidential::{
    Address, AuditCipher, Audited, AuditorKey, Keys, Note, ReadingKey, ViewCipher, ViewKeys, nullifier, pool,
};
use crate::{ContractId, Field, crypto};

/// The first byte of the content of an auditor's file.
const KIND: u8 = 2;

/// The maximum number of former keys in an auditor's file.
pub const MAX_FORMER: usize = 64;

/// The auditor of an asset: its key, and the acts that it has read.
///
/// After a [hand-over](crate::finance::confidential::auditor) the register continues if the new auditor
/// [knows the words](Self::add_former) of the former ones: each ciphertext is tried with all keys.
///
/// It scans the same events as a wallet, in any order and repeatedly. It matches decrypted notes with the commitments
/// on the chain, and ignores a ciphertext that does not match.
pub struct Auditor {
    identity: Identity,
    asset: Field,
    words: Words,
    keys: Keys,
    former: Vec<Former>,
    view: View,
    /// The view keys from registrations, by owner.
    holders: BTreeMap<[u8; 32], ViewKeys>,
    /// The acts that were read, and by which ciphertexts at which places.
    acts: Vec<Read>,
    ciphers: BTreeSet<(Place, [u8; 32])>,
    /// The acts whose sender is not known: new money, or what follows from events that are missing.
    waiting: BTreeSet<(Place, usize)>,
    /// The notes in commitments, as far as their ciphertexts were read.
    openings: BTreeMap<[u8; 32], Note>,
    /// The notes of the chain that were read, by position; their nullifiers, if the holder's keys are known.
    notes: BTreeMap<u64, (Note, Option<Field>)>,
    by_nullifier: BTreeMap<[u8; 32], u64>,
    /// The positions of commitments on the chain, and the nullifiers of each transaction.
    positions: BTreeMap<[u8; 32], Vec<u64>>,
    spent_at: BTreeMap<Place, Vec<Field>>,
}

/// The key of a former auditor.
struct Former {
    words: Words,
    account: u32,
    reading: ReadingKey,
}

/// An act as the auditor has read it.
#[derive(Clone)]
struct Read {
    place: Place,
    audited: Audited,
    /// The spender; none for new money, or while it is not known.
    sender: Option<Field>,
}

/// A note as the auditor knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its position.
    pub position: u64,
    /// The note.
    pub note: Note,
    /// The place of the event that added it.
    pub created: Place,
    /// The place of the event that spent it.
    pub spent: Option<Place>,
}

/// A transfer, or another act, as the auditor has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The place of its event.
    pub place: Place,
    /// The sender; `None` for new money.
    pub from: Option<Field>,
    /// The receiver, or the receiver after the release of the lock.
    pub to: Field,
    /// The amount.
    pub amount: u64,
}

/// The result of an auditor's scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audit {
    /// The number of new events.
    pub new_events: u64,
    /// The number of acts that the auditor could read.
    pub acts: u64,
    /// The number of ciphertexts that the auditor could not read. A contract accepts no unreadable ones, so the node
    /// has invented them, or they are for the key of a [former auditor](Auditor::add_former).
    pub unreadable: u64,
}

/// The witness of a seizure.
#[derive(Debug, Clone)]
pub struct SeizeWitness {
    /// The arguments of the call.
    pub order: pool::Seizing,
    /// The statement.
    pub act: SeizeNative,
    /// The root of the registry.
    pub registry_root: Field,
    /// The private inputs of the proof.
    pub secret: SeizeSecretNative,
    /// The new holder in the registry; `None` if it is not there.
    pub receiver: Option<PartyNative>,
}

impl Auditor {
    /// An auditor that has seen no event yet. Its key is the reading key of the account.
    #[must_use]
    pub fn new(words: Words, identity: Identity) -> Self {
        Self {
            identity,
            asset: identity.asset(),
            keys: Keys::from_seed(&words.seed(), identity.account),
            words,
            former: Vec::new(),
            view: View::default(),
            holders: BTreeMap::new(),
            acts: Vec::new(),
            ciphers: BTreeSet::new(),
            waiting: BTreeSet::new(),
            openings: BTreeMap::new(),
            notes: BTreeMap::new(),
            by_nullifier: BTreeMap::new(),
            positions: BTreeMap::new(),
            spent_at: BTreeMap::new(),
        }
    }

    /// Opens an auditor's file, like [`Wallet::open`](super::Wallet::open) for a holder's file.
    ///
    /// # Errors
    /// [`OpenError`]; the last two variants if the file belongs to another contract or chain than the expected one.
    pub fn open(
        path: &Path,
        password: &Password,
        contract: Option<ContractId>,
        chain: Option<u8>,
    ) -> Result<(Self, WalletFile), OpenError> {
        let (auditor, file) = WalletFile::read(path, password, &[KIND], Self::decode)?;
        auditor.identity.check(contract, chain)?;
        Ok((auditor, file))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn save(&self, file: &WalletFile, password: &Password) -> Result<(), FileError> {
        file.write(&self.encode(), password)
    }

    /// The contract, the chain and the account.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The words, for a backup.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The public key, an argument of the contract's constructor.
    #[must_use]
    pub fn key(&self) -> AuditorKey {
        AuditorKey::from(&self.keys.reading)
    }

    /// The public key of an account of these words. The constructor takes it, so it is needed before there is a
    /// contract to make an [`Identity`] of.
    #[must_use]
    pub fn key_of(words: &Words, account: u32) -> AuditorKey {
        AuditorKey::from(&Keys::from_seed(&words.seed(), account).reading)
    }

    /// Adds the words of a former auditor and the number of its account, to read the acts before a hand-over and the
    /// view keys of holders that registered then. Forgets all events: scan from the beginning afterwards. False if
    /// there are [`MAX_FORMER`] already.
    pub fn add_former(&mut self, words: Words, account: u32) -> bool {
        let room = self.former.len() < MAX_FORMER;
        if room {
            let mut anew = Self::new(self.words.clone(), self.identity);
            anew.former = core::mem::take(&mut self.former);
            anew.former.push(Former::new(words, account));
            *self = anew;
        }
        room
    }

    /// The same keys, for a scan from the beginning: of this asset, or of another one.
    #[must_use]
    pub fn forgotten(self, identity: Identity) -> Self {
        Self { former: self.former, ..Self::new(self.words, identity) }
    }

    /// Signs that a key becomes the auditor's key of this number: as its own auditor, or as the present one that
    /// consents. See [`auditor`](crate::finance::confidential::auditor).
    #[must_use]
    pub fn sign_handover(&self, number: u32, key: AuditorKey) -> KeyProof {
        KeyProof::sign(&self.keys.reading, handover(self.asset, number, key))
    }

    /// The first result that one of the keys gives, the present one first.
    fn read_with<R>(&self, read: impl Fn(&ReadingKey) -> Option<R>) -> Option<R> {
        let former = self.former.iter().map(|former| &former.reading);
        core::iter::once(&self.keys.reading).chain(former).find_map(read)
    }

    /// Scans events, in any order and repeatedly.
    ///
    /// # Errors
    /// [`ScanError`] at the first event that contradicts an earlier one. The events before it stay.
    pub fn scan(&mut self, events: &[Seen]) -> Result<Audit, ScanError> {
        let mut audit = Audit::default();
        let (mut ciphers, mut views, mut outcome) = (Vec::new(), Vec::new(), Ok(()));
        for Seen { place, event } in events {
            let taken = match event {
                Event::Note { position, commitment, .. } => self.take_note(*position, *commitment, *place),
                Event::Nullifier { index, nullifier } => self.take_nullifier(*index, *nullifier, *place),
                Event::Holder { order, position, holder } => {
                    self.view.holder(*order, HolderAt { position: *position, holder: *holder, place: *place })
                }
                Event::Act { cipher } => {
                    let new = self.ciphers.insert((*place, name(cipher)));
                    if new {
                        ciphers.push((*place, *cipher));
                    }
                    Ok(new)
                }
                Event::Registered { owner, cipher } => {
                    let new = !self.holders.contains_key(&owner.to_bytes());
                    if new {
                        views.push((*owner, *cipher));
                    }
                    Ok(new)
                }
            };
            match taken {
                Ok(new) => audit.new_events += u64::from(new),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        audit.unreadable += self.read_views(&views);
        let opened = in_parallel(&ciphers, |(_, cipher)| {
            let audited = self.read_with(|key| cipher.open(key).ok())?;
            Some((audited, audited.first().commitment(self.asset)))
        });
        for ((place, _), opened) in ciphers.into_iter().zip(opened) {
            match opened {
                Some((audited, first)) => {
                    self.waiting.insert((place, self.acts.len()));
                    self.acts.push(Read { place, audited, sender: None });
                    self.learn(first, audited.first());
                    audit.acts += 1;
                }
                None => audit.unreadable += 1,
            }
        }
        self.find_senders();
        outcome.map(|()| audit)
    }

    fn take_note(&mut self, position: u64, commitment: Field, place: Place) -> Result<bool, ScanError> {
        let new = self.view.note(position, commitment, place)?;
        if new {
            self.positions.entry(commitment.to_bytes()).or_default().push(position);
            if let Some(note) = self.openings.get(&commitment.to_bytes()).copied() {
                self.find_note(position, commitment, note);
            }
        }
        Ok(new)
    }

    fn take_nullifier(&mut self, index: u64, nullifier: Field, place: Place) -> Result<bool, ScanError> {
        let new = self.view.nullifier(index, nullifier, place)?;
        if new {
            self.spent_at.entry(place).or_default().push(nullifier);
        }
        Ok(new)
    }

    /// Reads registrations, and returns how many are unreadable or do not fit their owner.
    fn read_views(&mut self, views: &[(Field, ViewCipher)]) -> u64 {
        let opened = in_parallel(views, |(owner, cipher)| {
            self.read_with(|key| cipher.open(key).ok().filter(|keys| keys.owner() == *owner))
        });
        let mut unreadable = 0;
        for ((owner, _), keys) in views.iter().zip(opened) {
            let Some(keys) = keys else {
                unreadable += 1;
                continue;
            };
            self.holders.insert(owner.to_bytes(), keys);
            let theirs = self.notes.iter().filter(|(_, (note, _))| note.owner == *owner);
            let theirs: Vec<(u64, Note)> = theirs.map(|(position, (note, _))| (*position, *note)).collect();
            for (position, note) in theirs {
                self.find_note(position, note.commitment(self.asset), note);
            }
        }
        unreadable
    }

    /// Stores the note that a commitment is to.
    fn learn(&mut self, commitment: Field, note: Note) {
        self.openings.insert(commitment.to_bytes(), note);
        for position in self.positions.get(&commitment.to_bytes()).cloned().unwrap_or_default() {
            self.find_note(position, commitment, note);
        }
    }

    /// Knows a note of the chain, and its nullifier if it knows the holder's keys.
    fn find_note(&mut self, position: u64, commitment: Field, note: Note) {
        let keys = self.holders.get(&note.owner.to_bytes());
        let spends = keys.map(|keys| nullifier(keys.nk, commitment, position));
        if let Some(spends) = spends {
            self.by_nullifier.insert(spends.to_bytes(), position);
        }
        self.notes.insert(position, (note, spends));
    }

    /// Finds who has spent in each act, until nothing more follows.
    ///
    /// The change of an act belongs to its sender, whom the nullifiers of the transaction tell; these follow from notes
    /// that were read before. So a chain of transfers is followed one by one, whatever the order of the events.
    fn find_senders(&mut self) {
        loop {
            let mut found = Vec::new();
            for (place, index) in self.waiting.clone() {
                if self.find_sender(place, index) {
                    found.push((place, index));
                }
            }
            if found.is_empty() {
                return;
            }
            for act in found {
                self.waiting.remove(&act);
            }
        }
    }

    /// Finds who has spent in an act. If several have in its transaction, the change that is on the chain tells which
    /// one.
    fn find_sender(&mut self, place: Place, index: usize) -> bool {
        let spent = self.spent_at.get(&place).into_iter().flatten();
        let positions = spent.filter_map(|nullifier| self.by_nullifier.get(&nullifier.to_bytes()));
        let owners = positions.filter_map(|position| Some(self.notes.get(position)?.0.owner));
        let owners: BTreeSet<Field> = owners.collect();
        let audited = self.acts[index].audited;
        for sender in &owners {
            let change = audited.change(*sender);
            let commitment = change.commitment(self.asset);
            let there = self.positions.get(&commitment.to_bytes()).into_iter().flatten();
            let here = there.filter_map(|position| self.view.added(*position)).any(|added| added.place == place);
            // Of a seizure there is no change.
            if !here && owners.len() > 1 {
                continue;
            }
            self.learn(commitment, change);
            // Of a lock: the note that comes back if it is cancelled.
            let back = Note { owner: *sender, ..audited.first() };
            self.learn(back.commitment(self.asset), back);
            self.acts[index].sender = Some(*sender);
            return true;
        }
        false
    }

    /// Forgets the events above a block to which the chain has reverted.
    pub fn rewind(&mut self, height: u64) {
        self.view.rewind(height);
        self.acts.retain(|act| act.place.height <= height);
        self.ciphers.retain(|(place, _)| place.height <= height);
        self.rebuild();
    }

    /// Matches all read entries with the chain anew. The openings of commitments stay true.
    fn rebuild(&mut self) {
        let (mut positions, mut spent_at) = (BTreeMap::new(), BTreeMap::new());
        for (position, added) in self.view.notes() {
            let places: &mut Vec<u64> = positions.entry(added.element.to_bytes()).or_default();
            places.push(position);
        }
        for added in self.view.nullifiers() {
            let nullifiers: &mut Vec<Field> = spent_at.entry(added.place).or_default();
            nullifiers.push(added.element);
        }
        (self.positions, self.spent_at) = (positions, spent_at);
        self.notes.clear();
        self.by_nullifier.clear();
        for act in &mut self.acts {
            act.sender = None;
        }
        self.waiting = self.acts.iter().enumerate().map(|(index, act)| (act.place, index)).collect();
        let notes = self.acts.iter().map(|act| act.audited.first());
        let notes: Vec<Note> = notes.chain(self.openings.values().copied()).collect();
        let commitments = in_parallel(&notes, |note| note.commitment(self.asset));
        for (commitment, note) in commitments.into_iter().zip(notes) {
            self.learn(commitment, note);
        }
        self.find_senders();
    }

    /// The events that are missing.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        self.view.gaps()
    }

    /// The first block of the next scan.
    #[must_use]
    pub fn next_height(&self) -> u64 {
        self.view.complete_to()
    }

    /// The last block with a known event.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.view.height()
    }

    /// The roots of the notes, of the nullifiers and of the registry, to compare with the contract's.
    #[must_use]
    pub fn roots(&mut self) -> [Field; 3] {
        [self.view.note_root(), self.view.nullifier_root(), self.view.holder_root()]
    }

    /// The view keys of a holder, for an officer's seizure.
    #[must_use]
    pub fn keys_of(&self, owner: Field) -> Option<&ViewKeys> {
        self.holders.get(&owner.to_bytes())
    }

    /// All notes that the auditor has read, by position.
    pub fn notes(&self) -> impl Iterator<Item = Known> {
        self.notes.iter().filter_map(|(position, (note, nullifier))| {
            let created = self.view.added(*position)?.place;
            let spent = nullifier.and_then(|nullifier| self.view.spent(nullifier));
            Some(Known { position: *position, note: *note, created, spent })
        })
    }

    /// The acts that the auditor has read, in the order of the chain.
    #[must_use]
    pub fn movements(&self) -> Vec<Movement> {
        let movement = |Read { place, audited, sender }: &Read| Movement {
            place: *place,
            from: *sender,
            to: audited.owner,
            amount: audited.values[0],
        };
        let mut movements: Vec<Movement> = self.acts.iter().map(movement).collect();
        movements.sort_by_key(|movement| movement.place);
        movements
    }

    /// The register of holders at the end of a block.
    #[must_use]
    pub fn register_at(&self, height: u64) -> Register {
        let mut rows: BTreeMap<[u8; 32], Row> = BTreeMap::new();
        for holder in self.view.holders_at(height).into_values() {
            rows.insert(
                holder.owner.to_bytes(),
                Row { owner: holder.owner, holder: Some(holder), amount: 0, notes: 0 },
            );
        }
        for known in self.notes() {
            let there = known.created.height <= height && known.spent.is_none_or(|spent| spent.height > height);
            if there && known.note.value > 0 {
                let owner = known.note.owner;
                let row = Row { owner, holder: None, amount: 0, notes: 0 };
                let row = rows.entry(owner.to_bytes()).or_insert(row);
                row.amount += u128::from(known.note.value);
                row.notes += 1;
            }
        }
        Register { height, rows: rows.into_values().collect(), supply: self.supply_at(height) }
    }

    /// The sums at the end of a block.
    #[must_use]
    pub fn supply_at(&self, height: u64) -> Supply {
        let mut supply = Supply::default();
        for known in self.notes() {
            let there = known.created.height <= height && known.spent.is_none_or(|spent| spent.height > height);
            supply.held += if there { u128::from(known.note.value) } else { 0 };
        }
        let on_chain: BTreeSet<[u8; 32]> = self
            .view
            .notes()
            .filter(|(_, added)| added.place.height <= height)
            .map(|(_, it)| it.element.to_bytes())
            .collect();
        for Read { audited, sender, .. } in self.acts.iter().filter(|act| act.place.height <= height) {
            let made = |note: Note| on_chain.contains(&note.commitment(self.asset).to_bytes());
            let back = sender.is_some_and(|owner| made(Note { owner, ..audited.first() }));
            if sender.is_some() && !made(audited.first()) && !back {
                supply.locked += u128::from(audited.values[0]);
            }
        }
        let read = |position: &u64| self.notes.contains_key(position);
        let unread = self.view.notes().filter(|(position, added)| added.place.height <= height && !read(position));
        supply.unread = unread.count() as u64;
        supply
    }

    /// The content of a note with an unreadable ciphertext, with which its holder can [adopt](super::Wallet::adopt) it.
    #[must_use]
    pub fn opening(&self, position: u64) -> Option<Note> {
        self.notes.get(&position).map(|(note, _)| *note)
    }

    /// Makes the witness of a seizure of a note for a new holder.
    ///
    /// # Errors
    /// [`ActError::NotFree`] if the note is unread or spent, or if its holder's keys are unknown.
    pub fn seize(&mut self, auditor: &AuditorKey, position: u64, to: &Address) -> Result<SeizeWitness, ActError> {
        let missing = ActError::NotFree(position);
        let note = self.opening(position).ok_or(missing.clone())?;
        let keys = self.holders.get(&note.owner.to_bytes()).ok_or(missing.clone())?;
        let nullifier = nullifier(keys.nk, note.commitment(self.asset), position);
        if self.view.spent(nullifier).is_some() {
            return Err(missing);
        }
        let mut context = alloc::vec![randomness::field()?, nullifier, to.owner, auditor.u];
        let ephemeral = self.keys.spend.ephemeral(&context);
        context.push(1.into());
        let ephemeral = [ephemeral, self.keys.spend.ephemeral(&context)];
        context.zeroize();
        let input = Input { note, position, path: self.view.note_path(position).ok_or(missing)? };
        let (asset, note_root) = (self.asset, self.view.note_root());
        let receiver = (self.view.holder_root(), self.view.party(to.owner));
        Seizure { asset, auditor, keys, note_root, input, to, ephemeral }.witness(receiver)
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::default();
        writer.u8(KIND);
        write_identity(&mut writer, self.identity, &self.words);
        writer.list(self.former.iter(), |writer, former| {
            write_identity(writer, Identity { account: former.account, ..self.identity }, &former.words);
        });
        self.view.write(&mut writer);
        writer.list(self.holders.values(), |writer, keys| {
            writer.field(keys.ak);
            writer.field(keys.nk);
        });
        writer.list(self.ciphers.iter(), |writer, (place, name)| {
            place.write(writer);
            writer.bytes(name);
        });
        writer.list(self.acts.iter(), |writer, Read { place, audited, .. }| {
            place.write(writer);
            let Audited { values, owner, rhos } = audited;
            values.iter().for_each(|value| writer.u64(*value));
            [*owner, rhos[0], rhos[1]].iter().for_each(|field| writer.field(*field));
        });
        writer.finish()
    }

    fn decode(content: &[u8]) -> Result<Self, Strange> {
        let mut reader = Reader::new(content);
        reader.u8()?;
        let (identity, words) = read_identity(&mut reader)?;
        let former = reader.list(read_identity)?;
        let view = View::read(&mut reader)?;
        let holders = reader.list(|reader| Ok(ViewKeys { ak: reader.field()?, nk: reader.field()? }))?;
        let ciphers: Vec<(Place, [u8; 32])> = reader.list(|reader| Ok((Place::read(reader)?, reader.array()?)))?;
        let acts = reader.list(|reader| {
            let place = Place::read(reader)?;
            let values = [reader.u64()?, reader.u64()?];
            let (owner, rhos) = (reader.field()?, [reader.field()?, reader.field()?]);
            Ok(Read { place, audited: Audited { values, owner, rhos }, sender: None })
        })?;
        reader.end()?;
        if former.len() > MAX_FORMER {
            return Err(Strange);
        }
        // Keys follow from words by thousands of hashes, so they are derived only if all the rest is in order.
        let mut auditor = Self::new(words, identity);
        for (Identity { account, .. }, words) in former {
            auditor.former.push(Former::new(words, account));
        }
        auditor.view = view;
        for keys in holders {
            auditor.holders.insert(keys.owner().to_bytes(), keys);
        }
        auditor.ciphers = ciphers.into_iter().collect();
        auditor.acts = acts;
        auditor.rebuild();
        Ok(auditor)
    }
}

impl Former {
    fn new(words: Words, account: u32) -> Self {
        let reading = Keys::from_seed(&words.seed(), account).reading;
        Self { words, account, reading }
    }
}

/// The key that distinguishes ciphertexts.
fn name(cipher: &AuditCipher) -> [u8; 32] {
    let AuditCipher { ephemeral, fields } = cipher;
    let bytes: Vec<u8> = ephemeral.iter().chain(fields).flat_map(Field::to_bytes).collect();
    crypto::hash(&bytes).to_bytes()
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auditor").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// The content of an auditor's file without the file, for tests.
#[cfg(test)]
pub(super) mod content {
    use super::{Auditor, Vec, Zeroizing};

    pub(in super::super) fn encode(auditor: &Auditor) -> Zeroizing<Vec<u8>> {
        auditor.encode()
    }

    pub(in super::super) fn decode(content: &[u8]) -> Option<Auditor> {
        Auditor::decode(content).ok()
    }

    /// As after a crash: only what was saved is left.
    pub(in super::super) fn reopened(auditor: &Auditor) -> Auditor {
        decode(&encode(auditor)).unwrap()
    }
}
