//! The public state of the asset, rebuilt from events: commitments, nullifiers and the registry.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::codec::{Reader, Strange, Writer};
use super::sequence::{Put, Refused, Sequence};
use super::tree::{Spent, Tree};
use crate::Field;
use crate::finance::confidential::statements::PartyNative;
use crate::finance::confidential::{HOLDER_LEVELS, Holder, NOTE_LEVELS, NULLIFIER_LEVELS};
use crate::zk::native::MerklePath;

/// The maximum number of stored changes of the registry.
pub const MAX_HOLDER_CHANGES: usize = 1 << 20;

/// How many positions a tree of this height has.
const fn capacity(height: usize) -> u64 {
    1 << (2 * height)
}

/// The place of an event on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The height of the block.
    pub height: u64,
    /// The id of the transaction.
    pub transaction: [u8; 32],
}

/// The sequences of events that the contract numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Notes, by their positions.
    Note,
    /// Nullifiers, by their indices.
    Nullifier,
    /// Changes of the registry, by their numbers among the contract's events in a block. Only the registry's root shows
    /// that one is missing.
    Holder,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Nullifier => "nullifier",
            Self::Holder => "change of the registry",
        })
    }
}

/// The reason why a scan refuses an event. The events before it stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanError {
    /// Another event has the number. The chain has reverted a block, or one of two nodes has lied:
    /// [rewind](super::Wallet::rewind) or [forget](super::Wallet::forget), and scan again.
    Conflict(Kind, u64),
    /// The number is beyond what the contract's trees can hold.
    Beyond(Kind, u64),
    /// More than [`MAX_ITEMS_AHEAD`](super::MAX_ITEMS_AHEAD) events wait for missing ones. Scan these first.
    TooFarAhead(Kind, u64),
    /// The nullifier is in the set under another index.
    SpentTwice(u64),
    /// The registry has changed more than [`MAX_HOLDER_CHANGES`] times.
    TooManyChanges,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(kind, number) => write!(
                f,
                "{kind} {number} differs from the one seen before: the chain has reverted a block, or a node has given \
                 false events"
            ),
            Self::Beyond(kind, number) => write!(f, "{kind} {number}: {}", Refused::Beyond),
            Self::TooFarAhead(kind, number) => write!(f, "{kind} {number}: {}", Refused::TooManyAhead),
            Self::TooManyChanges => write!(f, "the registry has changed more than {MAX_HOLDER_CHANGES} times"),
            Self::SpentTwice(index) => write!(f, "nullifier {index} is in the set already, under another index"),
        }
    }
}

impl core::error::Error for ScanError {}

/// Missing events: later ones of their kind are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The kind of the events.
    pub kind: Kind,
    /// Their numbers.
    pub numbers: Range<u64>,
}

/// An element that the contract has added, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) element: Field,
    pub(super) place: Place,
}

/// A change of the registry: the holder at a position is this one from now on, or nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HolderAt {
    pub(super) position: u64,
    pub(super) holder: Option<Holder>,
    pub(super) place: Place,
}

/// The public state of an asset.
#[derive(Debug, Clone)]
pub(super) struct View {
    notes: Sequence<Added>,
    nullifiers: Sequence<Added>,
    /// The changes of the registry by height and place within the block, and the last one of each position.
    holders: BTreeMap<(u64, u64), HolderAt>,
    last_change: BTreeMap<u64, (u64, u64)>,
    /// Where each nullifier of the sequence was added.
    spent: BTreeMap<[u8; 32], Place>,
    /// The trees as far as they were computed.
    note_tree: Tree<NOTE_LEVELS>,
    spent_tree: Spent<NULLIFIER_LEVELS>,
    spent_length: usize,
    holder_tree: Tree<HOLDER_LEVELS>,
    /// The last block of which something is known.
    height: u64,
}

impl Default for View {
    fn default() -> Self {
        Self {
            notes: Sequence::default(),
            nullifiers: Sequence::default(),
            holders: BTreeMap::new(),
            last_change: BTreeMap::new(),
            spent: BTreeMap::new(),
            note_tree: Tree::of(Vec::new()),
            spent_tree: Spent::new(),
            spent_length: 0,
            holder_tree: Tree::of(Vec::new()),
            height: 0,
        }
    }
}

fn refused(kind: Kind, number: u64) -> impl FnOnce(Refused) -> ScanError {
    move |refused| match refused {
        Refused::Other => ScanError::Conflict(kind, number),
        Refused::Beyond => ScanError::Beyond(kind, number),
        Refused::TooManyAhead => ScanError::TooFarAhead(kind, number),
    }
}

impl View {
    /// Adds a note. True if it is new.
    pub(super) fn note(&mut self, position: u64, commitment: Field, place: Place) -> Result<bool, ScanError> {
        let added = Added { element: commitment, place };
        let put = self.notes.put(position, added, capacity(NOTE_LEVELS));
        self.taken(put.map_err(refused(Kind::Note, position))?, place)
    }

    /// Adds a nullifier. True if it is new. The first leaf of the set is that of 0, so there is room for one less.
    pub(super) fn nullifier(&mut self, index: u64, nullifier: Field, place: Place) -> Result<bool, ScanError> {
        let added = Added { element: nullifier, place };
        if self.nullifiers.get(index).is_none() && self.spent.contains_key(&nullifier.to_bytes()) {
            return Err(ScanError::SpentTwice(index));
        }
        let put = self.nullifiers.put(index, added, capacity(NULLIFIER_LEVELS) - 1);
        let put = put.map_err(refused(Kind::Nullifier, index))?;
        self.spent.insert(nullifier.to_bytes(), place);
        self.taken(put, place)
    }

    /// Adds a change of the registry. True if it is new.
    pub(super) fn holder(&mut self, order: u64, change: HolderAt) -> Result<bool, ScanError> {
        let leaf = usize::try_from(change.position).ok().filter(|_| change.position < capacity(HOLDER_LEVELS));
        let (Some(leaf), key) = (leaf, (change.place.height, order)) else {
            return Err(ScanError::Beyond(Kind::Holder, change.position));
        };
        if let Some(known) = self.holders.get(&key) {
            let put = if *known == change { Ok(Put::Known) } else { Err(Refused::Other) };
            return self.taken(put.map_err(refused(Kind::Holder, order))?, change.place);
        }
        if self.holders.len() >= MAX_HOLDER_CHANGES {
            return Err(ScanError::TooManyChanges);
        }
        self.holders.insert(key, change);
        let last = self.last_change.entry(change.position).or_insert(key);
        if *last <= key {
            *last = key;
            self.holder_tree.set(leaf, change.leaf());
        }
        self.taken(Put::New, change.place)
    }

    fn taken(&mut self, put: Put, place: Place) -> Result<bool, ScanError> {
        self.height = self.height.max(place.height);
        Ok(put == Put::New)
    }

    /// The last block of which something is known.
    pub(super) fn height(&self) -> u64 {
        self.height
    }

    /// The events that are missing.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let of = |kind, gaps: Vec<Range<u64>>| gaps.into_iter().map(move |numbers| Gap { kind, numbers });
        of(Kind::Note, self.notes.gaps()).chain(of(Kind::Nullifier, self.nullifiers.gaps())).collect()
    }

    /// The block from which to scan on: no note or nullifier before it is missing.
    pub(super) fn complete_to(&self) -> u64 {
        let before = |whole: Option<u64>, gaps: bool| if gaps { whole.unwrap_or(0) } else { self.height };
        let added = |items: &Sequence<Added>| {
            before(items.whole().last().map(|added| added.place.height), !items.gaps().is_empty())
        };
        added(&self.notes).min(added(&self.nullifiers))
    }

    pub(super) fn added(&self, position: u64) -> Option<&Added> {
        self.notes.get(position)
    }

    /// All notes with their positions.
    pub(super) fn notes(&self) -> impl Iterator<Item = (u64, &Added)> {
        self.notes.iter()
    }

    /// All nullifiers.
    pub(super) fn nullifiers(&self) -> impl Iterator<Item = &Added> {
        self.nullifiers.iter().map(|(_, added)| added)
    }

    pub(super) fn note_count(&self) -> u64 {
        self.notes.whole().len() as u64
    }

    /// Where a nullifier was added.
    pub(super) fn spent(&self, nullifier: Field) -> Option<Place> {
        self.spent.get(&nullifier.to_bytes()).copied()
    }

    /// The root of the notes without a gap before them.
    pub(super) fn note_root(&mut self) -> Field {
        self.fill_notes();
        self.note_tree.root()
    }

    pub(super) fn note_path(&mut self, position: u64) -> Option<MerklePath<NOTE_LEVELS>> {
        self.fill_notes();
        self.note_tree.path(position)
    }

    /// The root of the nullifiers without a gap before them.
    pub(super) fn nullifier_root(&mut self) -> Field {
        self.fill_nullifiers();
        self.spent_tree.root()
    }

    /// The position and the attributes of a holder, as the last known change left them.
    fn holder_of(&self, owner: Field) -> Option<(u64, Holder)> {
        let mut last = self.last_change.values().filter_map(|key| self.holders.get(key));
        last.find_map(|change| Some((change.position, change.holder.filter(|holder| holder.owner == owner)?)))
    }

    /// The registry at the end of a block: the last holder at each position.
    pub(super) fn holders_at(&self, height: u64) -> BTreeMap<u64, Holder> {
        let until = self.holders.range(..=(height, u64::MAX));
        let last: BTreeMap<u64, Option<Holder>> = until.map(|(_, change)| (change.position, change.holder)).collect();
        last.into_iter().filter_map(|(position, holder)| Some((position, holder?))).collect()
    }

    /// The root of the registry.
    pub(super) fn holder_root(&mut self) -> Field {
        self.holder_tree.root()
    }

    /// A holder with its path in the registry.
    pub(super) fn party(&mut self, owner: Field) -> Option<PartyNative> {
        let (position, holder) = self.holder_of(owner)?;
        Some(PartyNative { holder, path: self.holder_tree.path(position)? })
    }

    /// The first notes and nullifiers, as many as a snapshot has pinned. None if some of them are missing.
    pub(super) fn first(&self, notes: u64, nullifiers: u64) -> Option<Pinned> {
        let of = |items: &Sequence<Added>, count: u64| -> Option<Vec<Field>> {
            let items = items.whole().get(..usize::try_from(count).ok()?)?;
            Some(items.iter().map(|added| added.element).collect())
        };
        let notes = Tree::of(of(&self.notes, notes)?);
        Some(Pinned { notes, spent: Spent::of(of(&self.nullifiers, nullifiers)?) })
    }

    /// Forgets all that is above a block.
    pub(super) fn rewind(&mut self, height: u64) {
        self.notes.retain(|added| added.place.height <= height);
        self.nullifiers.retain(|added| added.place.height <= height);
        self.holders.retain(|(of, _), _| *of <= height);
        self.height = self.height.min(height);
        self.rebuild();
    }

    /// Drops what was computed.
    fn rebuild(&mut self) {
        self.spent = self.nullifiers.iter().map(|(_, added)| (added.element.to_bytes(), added.place)).collect();
        self.note_tree = Tree::of(Vec::new());
        self.spent_tree = Spent::new();
        self.spent_length = 0;
        self.holder_tree = Tree::of(Vec::new());
        self.last_change.clear();
        for (key, change) in &self.holders {
            self.last_change.insert(change.position, *key);
            if let Ok(leaf) = usize::try_from(change.position) {
                self.holder_tree.set(leaf, change.leaf());
            }
        }
    }

    fn fill_notes(&mut self) {
        for added in &self.notes.whole()[self.note_tree.len()..] {
            self.note_tree.push(added.element);
        }
    }

    fn fill_nullifiers(&mut self) {
        for added in &self.nullifiers.whole()[self.spent_length..] {
            // A node may invent an end of the list as a nullifier. The root then differs from the contract's.
            self.spent_tree.push(added.element);
        }
        self.spent_length = self.nullifiers.whole().len();
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u64(self.height);
        for items in [&self.notes, &self.nullifiers] {
            let items: Vec<_> = items.iter().collect();
            writer.list(items.into_iter(), |writer, (number, added)| {
                writer.u64(number);
                writer.field(added.element);
                added.place.write(writer);
            });
        }
        writer.list(self.holders.iter(), |writer, ((_, order), change)| {
            writer.u64(*order);
            change.write(writer);
        });
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Strange> {
        let mut view = Self { height: reader.u64()?, ..Self::default() };
        let strange = |_: ScanError| Strange;
        for (number, element, place) in
            reader.list(|reader| Ok((reader.u64()?, reader.field()?, Place::read(reader)?)))?
        {
            view.note(number, element, place).map_err(strange)?;
        }
        for (number, element, place) in
            reader.list(|reader| Ok((reader.u64()?, reader.field()?, Place::read(reader)?)))?
        {
            view.nullifier(number, element, place).map_err(strange)?;
        }
        let changes = reader.list(|reader| Ok((reader.u64()?, HolderAt::read(reader)?)))?;
        for (order, change) in changes {
            view.holder(order, change).map_err(strange)?;
        }
        Ok(view)
    }
}

impl HolderAt {
    /// The leaf; 0 where nobody is.
    fn leaf(&self) -> Field {
        self.holder.as_ref().map_or_else(Field::default, Holder::leaf)
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.position);
        writer.option(self.holder, |writer, holder| {
            let Holder { owner, class, country, level, valid_until, active } = holder;
            writer.field(owner);
            writer.u8(class);
            writer.u32(u32::from(country));
            writer.u8(level);
            writer.u32(valid_until);
            writer.u8(u8::from(active));
        });
        self.place.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Strange> {
        let position = reader.u64()?;
        let holder = reader.option(|reader| {
            Ok(Holder {
                owner: reader.field()?,
                class: reader.u8()?,
                country: u16::try_from(reader.u32()?).map_err(|_| Strange)?,
                level: reader.u8()?,
                valid_until: reader.u32()?,
                active: reader.option(|_| Ok(()))?.is_some(),
            })
        })?;
        Ok(Self { position, holder, place: Place::read(reader)? })
    }
}

impl Place {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u64(self.height);
        writer.bytes(&self.transaction);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Strange> {
        Ok(Self { height: reader.u64()?, transaction: reader.array()? })
    }
}

/// The notes and nullifiers at a snapshot.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) notes: Tree<NOTE_LEVELS>,
    pub(super) spent: Spent<NULLIFIER_LEVELS>,
}
