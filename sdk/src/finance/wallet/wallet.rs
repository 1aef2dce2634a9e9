//! The wallet of a holder.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use std::path::Path;
#[cfg(feature = "testing")]
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::codec::{Reader, Strange, Writer};
use super::events::{Event, Seen};
use super::file::{FileError, WalletFile};
use super::held::Held;
use super::history::{self, Entry, Made};
use super::randomness::Source;
use super::sealed::Password;
use super::select::{Choice, ChoiceError, Spendable, choose};
use super::tree::in_parallel_parts;
use super::view::{Gap, HolderAt, Place, ScanError, View};
use super::words::Words;
use crate::finance::confidential::{Address, Holder, Keys, Note, NoteCipher, Opened, ViewKeys, asset, nullifier};
use crate::{ContractId, Field};

/// The number of blocks for which a transfer of the wallet reserves its notes: an hour of blocks of ten seconds.
/// Afterwards the wallet can choose them again. If both transfers are sent, the chain accepts only one of them.
pub const RESERVED_BLOCKS: u64 = 360;
/// The maximum number of own transactions whose data a wallet stores. It forgets the oldest first.
pub const MAX_MADE: usize = 10_000;

/// The first byte of the content of a holder's file.
const KIND: u8 = 3;
/// The first byte of the content of a file of an earlier version, which has no list of openings at its end.
const KIND_WITHOUT_OPENINGS: u8 = 1;
const KINDS: [u8; 2] = [KIND, KIND_WITHOUT_OPENINGS];

/// The asset that a wallet holds: the contract of an account on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The contract.
    pub contract: ContractId,
    /// The chain.
    pub chain: u8,
    /// The number of the account. Each account has its own keys from the same words.
    pub account: u32,
}

impl Identity {
    /// The element that stands for the asset in commitments.
    #[must_use]
    pub fn asset(&self) -> Field {
        asset(self.contract, self.chain)
    }

    /// Checks that a file with this identity belongs to an expected contract and chain. `None` accepts any.
    ///
    /// # Errors
    /// [`OpenError::OtherContract`], [`OpenError::OtherChain`].
    pub fn check(&self, contract: Option<ContractId>, chain: Option<u8>) -> Result<(), OpenError> {
        if let Some(expected) = contract.filter(|expected| *expected != self.contract) {
            return Err(OpenError::OtherContract { found: self.contract, expected });
        }
        if let Some(expected) = chain.filter(|expected| *expected != self.chain) {
            return Err(OpenError::OtherChain { found: self.chain, expected });
        }
        Ok(())
    }
}

/// A holder's wallet for one asset: its keys, its notes, and the public state of the asset.
///
/// A backup of the words suffices: [`Wallet::new`] with the same words and a scan of all events give the same notes.
pub struct Wallet {
    pub(super) identity: Identity,
    pub(super) asset: Field,
    words: Words,
    pub(super) keys: Keys,
    pub(super) view_keys: ViewKeys,
    pub(super) owner: Field,
    pub(super) view: View,
    pub(super) held: BTreeMap<u64, Held>,
    by_nullifier: BTreeMap<[u8; 32], u64>,
    /// The contents of adopted notes, and of notes that a rewind has removed, by commitment. A commitment has one
    /// content only, so a scan finds these notes again even if their ciphertexts are unreadable.
    openings: BTreeMap<[u8; 32], Zeroizing<Opened>>,
    made: Vec<Made>,
    pub(super) source: Source,
}

/// A note that a scan has found: its position, its commitment, its ciphertext and its place.
type New<'a> = (u64, Field, &'a NoteCipher, Place);

/// The result of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// The number of new events.
    pub new_events: u64,
    /// The number of received notes.
    pub received: u64,
    /// The number of spent notes of the wallet.
    pub spent: u64,
}

/// The sum of a wallet's notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// The sum of all unspent notes.
    pub total: u64,
    /// The sum of the unspent notes that no pending transfer reserves, and that come before all gaps in the events.
    pub free: u64,
    /// The number of notes.
    pub notes: u64,
}

/// The reason why a wallet file cannot be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The fault is in the file, its encryption or its format.
    File(FileError),
    /// The wallet belongs to another contract.
    OtherContract {
        /// The contract of the wallet.
        found: ContractId,
        /// The contract that was expected.
        expected: ContractId,
    },
    /// The wallet belongs to the contract, but on another chain.
    OtherChain {
        /// The chain of the wallet.
        found: u8,
        /// The chain that was expected.
        expected: u8,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::OtherContract { found, expected } => {
                write!(f, "the wallet belongs to another asset: its contract is {found}, not {expected}")
            }
            Self::OtherChain { found, expected } => {
                write!(f, "the wallet belongs to another chain: its chain has number {found}, not {expected}")
            }
        }
    }
}

impl core::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::OtherContract { .. } | Self::OtherChain { .. } => None,
        }
    }
}

impl From<FileError> for OpenError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// The reason why a wallet cannot adopt a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdoptError {
    /// The wallet knows no note at the position: scan first.
    Unknown,
    /// Value or random element differ from those of the note, or the note belongs to another holder.
    Mismatch,
}

impl fmt::Display for AdoptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no note is known at the position; scan the events first",
            Self::Mismatch => "the note at the position has another value, another random element or another owner",
        })
    }
}

impl core::error::Error for AdoptError {}

/// The seed of words for tests. Its derivation takes thousands of hashes, and wallets of tests share words.
#[cfg(feature = "testing")]
fn seed_for_tests(seed: [u8; 32]) -> Zeroizing<[u8; 64]> {
    static SEEDS: Mutex<BTreeMap<[u8; 32], Zeroizing<[u8; 64]>>> = Mutex::new(BTreeMap::new());
    let mut seeds = SEEDS.lock().unwrap_or_else(PoisonError::into_inner);
    seeds.entry(seed).or_insert_with(|| Words::for_tests(seed).seed()).clone()
}

impl Wallet {
    /// A wallet that has seen no event yet.
    #[must_use]
    pub fn new(words: Words, identity: Identity) -> Self {
        let keys = Keys::from_seed(&words.seed(), identity.account);
        Self::with(words, keys, identity)
    }

    fn with(words: Words, keys: Keys, identity: Identity) -> Self {
        let view_keys = keys.spend.view();
        Self {
            identity,
            asset: identity.asset(),
            words,
            owner: view_keys.owner(),
            view_keys,
            keys,
            view: View::default(),
            held: BTreeMap::new(),
            by_nullifier: BTreeMap::new(),
            openings: BTreeMap::new(),
            made: Vec::new(),
            source: Source::System,
        }
    }

    /// A wallet for tests. Its words and the random elements of its acts follow from a seed, so that a test can be
    /// repeated: an observer test draws the seed with [`Private::random_bytes`](crate::testing::Private::random_bytes).
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn for_tests(seed: [u8; 32], identity: Identity) -> Self {
        let keys = Keys::from_seed(&seed_for_tests(seed), identity.account);
        Self { source: Source::seeded(&seed), ..Self::with(Words::for_tests(seed), keys, identity) }
    }

    /// Opens a wallet file. It is locked against other programs until the returned [`WalletFile`] is dropped.
    ///
    /// # Errors
    /// [`OpenError`]; the last two variants if the wallet belongs to another contract or chain than the expected one.
    pub fn open(
        path: &Path,
        password: &Password,
        contract: Option<ContractId>,
        chain: Option<u8>,
    ) -> Result<(Self, WalletFile), OpenError> {
        let (wallet, file) = WalletFile::read(path, password, &KINDS, Self::decode)?;
        wallet.identity.check(contract, chain)?;
        Ok((wallet, file))
    }

    /// Writes the wallet. Save it before a witness leaves the program, because the file stores which notes the witness
    /// reserves.
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

    /// The address to which others send notes.
    #[must_use]
    pub fn address(&self) -> Address {
        self.keys.address()
    }

    /// Scans events, in any order and repeatedly. If events are missing, the wallet keeps the later ones and reports
    /// the [gaps](Self::gaps).
    ///
    /// # Errors
    /// [`ScanError`] at the first event that contradicts an earlier one. The events before it stay.
    pub fn scan(&mut self, events: &[Seen]) -> Result<Scanned, ScanError> {
        let mut scanned = Scanned::default();
        let (mut notes, mut spent, mut outcome) = (Vec::new(), Vec::new(), Ok(()));
        for Seen { place, event } in events {
            let taken = match event {
                Event::Note { position, commitment, cipher } => {
                    let taken = self.view.note(*position, *commitment, *place);
                    // Also one that is known: an earlier event may have had another ciphertext.
                    if taken.is_ok() && !self.held.contains_key(position) {
                        notes.push((*position, *commitment, cipher, *place));
                    }
                    taken
                }
                Event::Nullifier { index, nullifier } => {
                    spent.push((*nullifier, *place));
                    self.view.nullifier(*index, *nullifier, *place)
                }
                Event::Holder { order, position, holder } => {
                    self.view.holder(*order, HolderAt { position: *position, holder: *holder, place: *place })
                }
                Event::Registered { .. } | Event::Act { .. } => Ok(false),
            };
            match taken {
                Ok(new) => scanned.new_events += u64::from(new),
                Err(error) => {
                    spent.pop_if(|_| matches!(event, Event::Nullifier { .. }));
                    outcome = Err(error);
                    break;
                }
            }
        }
        let opened = in_parallel_parts(&notes, |notes| self.read(notes));
        for ((position, commitment, _, place), opened) in notes.iter().zip(opened) {
            if let Some(Opened { value, rho, memo }) = opened {
                let note = Note { value, owner: self.owner, rho };
                scanned.received += u64::from(self.hold(*position, *commitment, note, memo, *place));
            }
        }
        for (nullifier, place) in spent {
            scanned.spent += u64::from(self.mark_spent(nullifier, place));
        }
        outcome.map(|()| scanned)
    }

    /// The contents of the notes that are this wallet's: from ciphertexts that fit their commitments, or from openings.
    fn read(&self, notes: &[New<'_>]) -> Vec<Option<Opened>> {
        let ciphers: Vec<&NoteCipher> = notes.iter().map(|(_, _, cipher, _)| *cipher).collect();
        let opened = NoteCipher::open_all(&ciphers, &self.keys.reading).into_iter().zip(notes);
        let fits = |opened: &Opened, commitment| opened.note(self.owner).commitment(self.asset) == commitment;
        let read = opened.map(|(opened, (_, commitment, ..))| {
            let known = || self.openings.get(&commitment.to_bytes()).map(|opened| **opened);
            opened.filter(|it| fits(it, *commitment)).or_else(known)
        });
        read.collect()
    }

    /// Notes without value are not kept: nobody can fill a wallet with them.
    fn hold(&mut self, position: u64, commitment: Field, note: Note, memo: Field, created: Place) -> bool {
        if note.value == 0 || self.held.contains_key(&position) {
            return false;
        }
        let nullifier = nullifier(self.view_keys.nk, commitment, position);
        let spent = self.view.spent(nullifier);
        self.by_nullifier.insert(nullifier.to_bytes(), position);
        self.held.insert(position, Held { position, note, memo, nullifier, created, spent, reserved_until: None });
        true
    }

    fn mark_spent(&mut self, nullifier: Field, place: Place) -> bool {
        let held = self.by_nullifier.get(&nullifier.to_bytes()).and_then(|position| self.held.get_mut(position));
        let Some(held) = held.filter(|held| held.spent.is_none()) else { return false };
        held.spent = Some(place);
        held.reserved_until = None;
        true
    }

    /// Adds a note with an unreadable ciphertext. The auditor, or somebody else, tells the holder its content.
    ///
    /// The wallet keeps the content, so a scan finds the note again after [`rewind`](Self::rewind) and
    /// [`forget`](Self::forget). A wallet made again from its words does not know it: adopt the note once more.
    ///
    /// # Errors
    /// [`AdoptError`] if no note on the chain has this content, position and owner.
    pub fn adopt(&mut self, position: u64, value: u64, rho: Field) -> Result<(), AdoptError> {
        let commitment = self.view.added(position).ok_or(AdoptError::Unknown)?.element;
        let told = Opened { value, rho, memo: Field::default() };
        if told.note(self.owner).commitment(self.asset) != commitment {
            return Err(AdoptError::Mismatch);
        }
        if value == 0 {
            return Ok(());
        }
        let opened = **self.openings.entry(commitment.to_bytes()).or_insert_with(|| Zeroizing::new(told));
        // The sender may have made the same note repeatedly. Each can be spent.
        let same = self.view.notes().filter(|(_, added)| added.element == commitment);
        let same: Vec<(u64, Place)> = same.map(|(position, added)| (position, added.place)).collect();
        for (position, place) in same {
            self.hold(position, commitment, opened.note(self.owner), opened.memo, place);
        }
        Ok(())
    }

    /// Keeps the contents of the notes above a height that are about to be removed; of all notes without a height.
    fn keep_openings(&mut self, height: Option<u64>) {
        let removed = |held: &&Held| height.is_none_or(|height| held.created.height > height);
        for held in self.held.values().filter(removed) {
            let opened = Opened { value: held.note.value, rho: held.note.rho, memo: held.memo };
            let commitment = held.note.commitment(self.asset).to_bytes();
            self.openings.insert(commitment, Zeroizing::new(opened));
        }
    }

    /// Forgets the events above a block to which the chain has reverted. Afterwards scan from the next block on.
    ///
    /// The contents of the removed notes stay in the file. If the chain adds one of them again, the scan finds it even
    /// if its ciphertext is unreadable.
    pub fn rewind(&mut self, height: u64) {
        self.keep_openings(Some(height));
        self.view.rewind(height);
        self.held.retain(|_, held| held.created.height <= height);
        let positions = self.held.values_mut().map(|held| {
            held.spent = held.spent.filter(|spent| spent.height <= height);
            (held.nullifier.to_bytes(), held.position)
        });
        self.by_nullifier = positions.collect();
    }

    /// Forgets all events, for a scan from the beginning. The data of the wallet's own transactions stays, and so do
    /// the contents of its notes, as for [`rewind`](Self::rewind): the scan finds them again, also
    /// [adopted](Self::adopt) ones.
    pub fn forget(&mut self) {
        self.keep_openings(None);
        self.view = View::default();
        self.held.clear();
        self.by_nullifier.clear();
    }

    /// The events that are missing: later ones of their kind are known.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        self.view.gaps()
    }

    /// The first block of the next scan: no event before it is missing.
    #[must_use]
    pub fn next_height(&self) -> u64 {
        self.view.complete_to()
    }

    /// The last block with a known event.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.view.height()
    }

    /// The sum of the notes.
    #[must_use]
    pub fn balance(&self) -> Balance {
        let sum = |notes: &mut dyn Iterator<Item = u64>| notes.fold(0_u64, u64::saturating_add);
        let mut unspent = self.unspent().map(|held| held.note.value);
        let total = sum(&mut unspent);
        let free = sum(&mut self.spendable().iter().map(|note| note.value));
        Balance { total, free, notes: self.unspent().count() as u64 }
    }

    /// All present and former notes of the wallet, by position.
    pub fn notes(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    /// The notes that are not spent.
    pub fn unspent(&self) -> impl Iterator<Item = &Held> {
        self.held.values().filter(|held| held.spent.is_none())
    }

    /// The notes that can be chosen now.
    #[must_use]
    pub fn spendable(&self) -> Vec<Spendable> {
        let (height, known) = (self.view.height(), self.view.note_count());
        let free = self.unspent().filter(|held| held.is_free(height) && held.position < known);
        free.map(|held| Spendable { position: held.position, value: held.note.value }).collect()
    }

    /// Chooses notes for an amount.
    ///
    /// # Errors
    /// [`ChoiceError`].
    pub fn choose(&self, amount: u64) -> Result<Choice, ChoiceError> {
        choose(&self.spendable(), amount)
    }

    /// The sent and received transactions, in the order of the chain; pending ones come last.
    #[must_use]
    pub fn history(&self) -> Vec<Entry> {
        history::entries(self.held.values(), &self.made, self.view.height())
    }

    /// The registry at the end of a block, by position.
    #[must_use]
    pub fn holders_at(&self, height: u64) -> BTreeMap<u64, Holder> {
        self.view.holders_at(height)
    }

    /// The roots of the trees that were rebuilt: of the notes, of the nullifiers, of the registry. Compare them with
    /// the contract's to find out whether a node has left out or invented events.
    #[must_use]
    pub fn roots(&mut self) -> [Field; 3] {
        [self.view.note_root(), self.view.nullifier_root(), self.view.holder_root()]
    }

    /// Notes a transaction that is about to be sent, and reserves its notes.
    pub(super) fn reserve(&mut self, made: Made) {
        for nullifier in &made.nullifiers {
            let position = self.by_nullifier.get(&nullifier.to_bytes());
            if let Some(held) = position.and_then(|position| self.held.get_mut(position)) {
                held.reserved_until = Some(made.until);
            }
        }
        if self.made.len() >= MAX_MADE {
            self.made.remove(0);
        }
        self.made.push(made);
    }

    /// Frees the notes of all pending transactions, because they will not be sent. If one of them and a later
    /// transaction with the same notes are sent, the chain accepts only one of the two.
    pub fn release(&mut self) {
        for held in self.held.values_mut() {
            held.reserved_until = None;
        }
        let held = &self.held;
        let spent = |nullifier: &Field| held.values().any(|it| it.nullifier == *nullifier && it.spent.is_some());
        self.made.retain(|made| made.nullifiers.iter().any(spent));
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::default();
        writer.u8(KIND);
        write_identity(&mut writer, self.identity, &self.words);
        self.view.write(&mut writer);
        writer.list(self.held.values(), |writer, held| held.write(writer));
        writer.list(self.made.iter(), |writer, made| made.write(writer));
        writer.list(self.openings.values(), |writer, opened| {
            writer.u64(opened.value);
            writer.field(opened.rho);
            writer.field(opened.memo);
        });
        writer.finish()
    }

    fn decode(content: &[u8]) -> Result<Self, Strange> {
        let mut reader = Reader::new(content);
        let kind = reader.u8()?;
        if !KINDS.contains(&kind) {
            return Err(Strange);
        }
        let (identity, words) = read_identity(&mut reader)?;
        let mut wallet = Self::new(words, identity);
        wallet.view = View::read(&mut reader)?;
        for held in reader.list(Held::read)? {
            let bears_out = wallet.view.added(held.position).is_some_and(|added| {
                added.element == held.note.commitment(wallet.asset) && held.note.owner == wallet.owner
            });
            if !bears_out {
                return Err(Strange);
            }
            wallet.by_nullifier.insert(held.nullifier.to_bytes(), held.position);
            wallet.held.insert(held.position, held);
        }
        wallet.made = reader.list(Made::read)?;
        if kind == KIND {
            let openings = reader.list(|reader| {
                let (value, rho, memo) = (reader.u64()?, reader.field()?, reader.field()?);
                Ok(Zeroizing::new(Opened { value, rho, memo }))
            })?;
            for opened in openings {
                let commitment = opened.note(wallet.owner).commitment(wallet.asset);
                wallet.openings.insert(commitment.to_bytes(), opened);
            }
        }
        reader.end()?;
        Ok(wallet)
    }
}

pub(super) fn write_identity(writer: &mut Writer, identity: Identity, words: &Words) {
    writer.bytes(identity.contract.as_bytes());
    writer.u8(identity.chain);
    writer.u32(identity.account);
    writer.list(words.entropy().iter(), |writer, byte| writer.u8(*byte));
}

pub(super) fn read_identity(reader: &mut Reader<'_>) -> Result<(Identity, Words), Strange> {
    let contract = ContractId::from_bytes(reader.array()?);
    let identity = Identity { contract, chain: reader.u8()?, account: reader.u32()? };
    let entropy = Zeroizing::new(reader.list(Reader::u8)?);
    Ok((identity, Words::from_entropy(&entropy).ok_or(Strange)?))
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wallet").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// The content of a wallet file without the file, for tests.
#[cfg(test)]
pub(super) mod content {
    use super::{Vec, Wallet, Zeroizing};

    pub(in super::super) fn encode(wallet: &Wallet) -> Zeroizing<Vec<u8>> {
        wallet.encode()
    }

    pub(in super::super) fn decode(content: &[u8]) -> Option<Wallet> {
        Wallet::decode(content).ok()
    }
}
