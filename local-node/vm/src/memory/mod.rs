//! The linear memory of one contract in one session, with rollback.
//!
//! A memory is a mapping of 4 GiB. Committed pages appear in it copy-on-write; writes of a session stay private to
//! it. Three states of the same memory are kept apart:
//!
//! - *kept*: the pages of the commit that the session started from, immutable and shared ([`PageRef`]);
//! - *settled*: the result of the top-level calls that succeeded so far, as copies of the blocks that differ;
//! - *current*: the bytes in the mapping, and on top of the settled ones a layer for each open snapshot.
//!
//! The unit of commits and of the state root is the page (64 KiB), that of rollback the block (4 KiB). Which blocks
//! were written is asked of the operating system ([`Region::written`]), so running code pays nothing for it.
//!
//! Production maps the whole address space and lets accesses beyond the current length, but under 4 GiB, succeed;
//! such pages count as state. This memory does the same.

mod copies;
mod portable;
mod region;
#[cfg(target_os = "linux")]
mod shared;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use copies::{Block, Copies, Layer, by_page, copy_of, page_of};
use region::Region;

/// The backing of systems without a page map that tells written pages.
pub(crate) fn portable_backing() -> Arc<dyn Backing> {
    Arc::new(portable::Heap)
}
pub(crate) use region::{Backing, Faults, GUARD_BYTES, Pages, answer_faults, backing, host_memory, offer_to_engine};

/// Bytes of a page: the unit of memory length, commits and the state root.
pub(crate) const PAGE_BYTES: usize = 0x1_0000;
/// Bytes of a block: the unit in which changes are found and undone.
pub(crate) const BLOCK_BYTES: usize = 0x1000;
/// Bytes that a contract can address: beyond them every access traps.
pub(crate) const SPACE_BYTES: usize = 1 << 32;
/// The length that a 64-bit memory may claim, in bytes. Bytes beyond [`SPACE_BYTES`] cannot be accessed.
pub(crate) const MAX_LENGTH_64_BYTES: usize = 1 << 42;

/// Blocks in a page.
pub(crate) const BLOCKS_PER_PAGE: u32 = 16;
const _: () = assert!(BLOCKS_PER_PAGE as usize * BLOCK_BYTES == PAGE_BYTES);

/// An access that does not lie within the address space, or the current length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfSpace;

/// Why the host cannot access a range.
#[derive(Debug)]
pub(crate) enum AccessError {
    /// It does not lie within the address space, or the current length.
    Outside,
    /// The system refused.
    System(io::Error),
}

impl From<io::Error> for AccessError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<OutOfSpace> for AccessError {
    fn from(_: OutOfSpace) -> Self {
        Self::Outside
    }
}

/// For whom a memory is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The chain itself: its blocks, and what it reads of its own contracts.
    Chain,
    /// Somebody who asks, and who can be refused.
    Query,
}

/// Why a memory cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The memories of all queries would be made of too many mappings.
    Mappings,
    /// The system refused.
    System(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// The contents of a memory beside committed pages.
///
/// It depends on what was written and when, and not on how the memory is made: all nodes of a chain count the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Held {
    /// Pages that were written. As long as no call begins or fails, they only become more.
    pub(crate) written: usize,
    /// Pages that open snapshots keep, beside one copy of each written page.
    pub(crate) copies: usize,
    /// Pages that its state has, with those that are written.
    pub(crate) pages: usize,
}

/// A mapping and its length, shared between a session and the engine's instance.
#[derive(Debug)]
pub(crate) struct Mapped {
    region: Box<dyn Region>,
    length: AtomicUsize,
    limit: usize,
}

/// The content of a block before its change, for [`Memory::undo`].
#[derive(Debug)]
pub(crate) struct Undo {
    block: u32,
    before: Option<Block>,
}

/// A page that a session has written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangedPage<'a> {
    pub(crate) index: u32,
    pub(crate) bytes: &'a [u8],
    /// BLAKE3 of the bytes.
    pub(crate) hash: [u8; 32],
    /// The blocks of the page that were written, one bit for each.
    pub(crate) written: u16,
}

/// Written pages, counted.
#[derive(Debug, Clone, Copy, Default)]
struct WrittenPages {
    written: usize,
    /// Those that the commit before does not have.
    new: usize,
}

/// A contract's memory in a session.
#[derive(Debug)]
pub(crate) struct Memory {
    mapped: Arc<Mapped>,
    kept: Arc<Pages>,
    settled: Copies,
    layers: Vec<Layer>,
    /// Pages that all layers count.
    counted_pages: usize,
    /// Whether nothing was written since the last [`Memory::settle`].
    at_rest: bool,
    /// Whether changes were taken back since `written` was asked for.
    taken_back: bool,
    written: Vec<u32>,
    /// The result of `written`, by pages.
    written_pages: WrittenPages,
    /// Hashes of written pages, as far as they were asked for and hold still.
    hashes: BTreeMap<u32, [u8; 32]>,
}

impl Memory {
    /// Opens a memory over committed pages.
    pub(crate) fn open(
        backing: &dyn Backing,
        kept: &Arc<Pages>,
        length: usize,
        wide: bool,
        holder: Holder,
    ) -> Result<Self, OpenError> {
        let limit = if wide { MAX_LENGTH_64_BYTES } else { SPACE_BYTES };
        let region = backing.open(kept, holder)?;
        let mapped = Mapped { region, length: AtomicUsize::new(length), limit };
        Ok(Self {
            mapped: Arc::new(mapped),
            kept: Arc::clone(kept),
            settled: Copies::default(),
            layers: Vec::new(),
            counted_pages: 0,
            at_rest: true,
            taken_back: false,
            written: Vec::new(),
            written_pages: WrittenPages::default(),
            hashes: BTreeMap::new(),
        })
    }

    /// The mapping, for the engine.
    pub(crate) fn mapped(&self) -> Arc<Mapped> {
        Arc::clone(&self.mapped)
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> usize {
        self.mapped.length()
    }

    /// Bytes of the address space as the machine's functions see it.
    pub(crate) fn space(&self) -> u64 {
        self.mapped.limit as u64
    }

    /// Sets its length, as a rollback or a deployment does.
    pub(crate) fn set_length(&mut self, length: usize) {
        self.mapped.set_length(length);
    }

    /// Copies bytes out. Addresses beyond the address space read as zero, as in production.
    pub(crate) fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let available = (SPACE_BYTES as u64).saturating_sub(offset).min(length as u64);
        if available > 0 {
            #[expect(clippy::cast_possible_truncation, reason = "both lie under 4 GiB")]
            let (offset, available) = (offset as usize, available as usize);
            bytes[..available].copy_from_slice(self.mapped.region.bytes(offset, available));
        }
        bytes
    }

    /// Writes bytes.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), AccessError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (offset, _) = within_space(offset, bytes.len() as u64)?;
        self.at_rest = false;
        Ok(self.mapped.region.copy_in(offset, bytes)?)
    }

    /// Moves `length` bytes within the current length; the two places may overlap.
    pub(crate) fn copy_within(&mut self, to: u64, from: u64, length: u64) -> Result<(), AccessError> {
        let (from, count) = self.within_length(from, length)?;
        let (to, _) = self.within_length(to, length)?;
        self.at_rest = false;
        Ok(self.mapped.region.copy_within(to, from, count)?)
    }

    /// Fills `length` bytes within the current length.
    pub(crate) fn fill(&mut self, at: u64, value: u8, length: u64) -> Result<(), AccessError> {
        let (at, count) = self.within_length(at, length)?;
        self.at_rest = false;
        Ok(self.mapped.region.fill(at, value, count)?)
    }

    /// Writes bytes within the current length, as a data segment is written.
    pub(crate) fn initialise(&mut self, at: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let (at, _) = self.within_length(at, bytes.len() as u64)?;
        if !bytes.is_empty() {
            self.at_rest = false;
            self.mapped.region.copy_in(at, bytes)?;
        }
        Ok(())
    }

    /// Opens a snapshot: [`Memory::revert`] brings the bytes back to what they are now. The answer is how many pages it
    /// keeps that count.
    pub(crate) fn snapshot(&mut self) -> io::Result<usize> {
        let mut layer = Layer::default();
        if !self.at_rest {
            let written = self.scan()?;
            for (page, blocks) in by_page(&written) {
                let has_copy =
                    self.layers.iter().any(|layer| layer.copies.has_page(page)) || self.settled.has_page(page);
                let mut changed = false;
                for &block in blocks {
                    let now = self.mapped.region.block(block);
                    match self.copy_before(block) {
                        Some(before) if before.as_slice() == now => continue,
                        Some(_) => changed = true,
                        None => changed = changed || has_copy && self.differs_from_kept(block)?,
                    }
                    layer.copies.insert(block, copy_of(now));
                }
                layer.counted_pages += usize::from(changed);
            }
            self.note_written(written);
        }
        let counted = layer.counted_pages;
        self.counted_pages += counted;
        self.layers.push(layer);
        self.at_rest = false;
        Ok(counted)
    }

    /// Closes the last snapshot and keeps the changes after it: a rollback then goes to the snapshot before.
    pub(crate) fn forget_snapshot(&mut self) {
        self.counted_pages -= self.layers.pop().map_or(0, |layer| layer.counted_pages);
    }

    /// Committed pages that it was opened with.
    pub(crate) fn kept_pages(&self) -> usize {
        self.kept.len()
    }

    /// The present content of the memory.
    pub(crate) fn held(&mut self) -> io::Result<Held> {
        if !self.at_rest || self.taken_back {
            let written = self.scan()?;
            self.note_written(written);
        }
        let WrittenPages { written, new } = self.written_pages;
        Ok(Held { written, copies: self.counted_pages, pages: self.kept.len() + new })
    }

    /// Goes back to the last snapshot and closes it.
    pub(crate) fn revert(&mut self) -> io::Result<()> {
        let written = self.scan()?;
        let mut restore = Runs::default();
        for &block in &written {
            match self.copy_before(block) {
                Some(before) if before.as_slice() != self.mapped.region.block(block) => {
                    self.mapped.region.copy_in(block as usize * BLOCK_BYTES, before.as_slice())?;
                }
                Some(_) => {}
                None => restore.push(block),
            }
        }
        self.note_written(written);
        for (first, count) in restore.0 {
            self.mapped.region.restore(first, count)?;
        }
        self.forget_snapshot();
        Ok(())
    }

    /// Makes the current bytes the settled ones and closes all snapshots; `undo` receives what they were. The answer is
    /// how many pages it keeps that count.
    pub(crate) fn settle(&mut self, undo: Option<&mut Vec<Undo>>) -> io::Result<usize> {
        if !self.at_rest {
            let written = self.scan()?;
            self.note_written(written);
        }
        self.settle_as_measured(undo)
    }

    /// As [`Memory::settle`], where nothing was written since [`Memory::held`].
    pub(crate) fn settle_as_measured(&mut self, mut undo: Option<&mut Vec<Undo>>) -> io::Result<usize> {
        if self.at_rest {
            return Ok(0);
        }
        let mut counted_pages = 0;
        let written = std::mem::take(&mut self.written);
        for (page, blocks) in by_page(&written) {
            let has_copy = self.settled.has_page(page);
            let mut changed = false;
            for &block in blocks {
                let now = self.mapped.region.block(block);
                let settled = self.settled.get_mut(block);
                if settled.as_ref().is_some_and(|settled| settled.as_slice() == now) {
                    continue;
                }
                self.hashes.remove(&page);
                let before = match settled {
                    Some(settled) if undo.is_some() => Some(std::mem::replace(settled, copy_of(now))),
                    Some(settled) => {
                        settled.copy_from_slice(now);
                        continue;
                    }
                    None => {
                        changed = changed || has_copy && undo.is_some() && self.differs_from_kept(block)?;
                        self.settled.insert(block, copy_of(now));
                        None
                    }
                };
                changed |= before.is_some();
                if let Some(undo) = &mut undo {
                    undo.push(Undo { block, before });
                }
            }
            counted_pages += usize::from(changed);
        }
        self.written = written;
        self.layers.clear();
        self.counted_pages = 0;
        self.at_rest = true;
        Ok(counted_pages)
    }

    /// Takes back one change that [`Memory::settle`] recorded. Changes are taken back last first.
    pub(crate) fn undo(&mut self, change: Undo) -> io::Result<()> {
        let Undo { block, before } = change;
        self.taken_back = true;
        self.hashes.remove(&page_of(block));
        match before {
            Some(before) => {
                self.mapped.region.copy_in(block as usize * BLOCK_BYTES, before.as_slice())?;
                self.settled.insert(block, before);
            }
            None => {
                self.mapped.region.restore(block, 1)?;
                self.settled.remove(block);
            }
        }
        Ok(())
    }

    /// Gives up all that this session has written, with what is kept to undo it.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        let mut restore = Runs::default();
        let written = self.scan()?;
        written.iter().for_each(|&block| restore.push(block));
        self.note_written(written);
        for (first, count) in restore.0 {
            self.mapped.region.restore(first, count)?;
        }
        self.settled.clear();
        self.layers.clear();
        self.hashes.clear();
        self.counted_pages = 0;
        self.at_rest = true;
        self.taken_back = true;
        Ok(())
    }

    /// The pages that this session has written, in order, with a bit for each written block. Only meaningful after
    /// [`Memory::settle`].
    fn dirty_pages(&self) -> BTreeMap<u32, u16> {
        self.settled.pages().collect()
    }

    /// Hashes the written pages whose hash is not known. Only meaningful after [`Memory::settle`].
    pub(crate) fn hash_pages(&mut self) {
        for page in self.dirty_pages().into_keys() {
            if !self.hashes.contains_key(&page) {
                self.hashes.insert(page, blake3::hash(self.page(page)).into());
            }
        }
    }

    /// The pages that this session has written, in order, with their bytes and hashes.
    pub(crate) fn changed_pages(&self) -> Vec<ChangedPage<'_>> {
        let changed = |(index, written)| {
            let bytes = self.page(index);
            let hash = self.hashes.get(&index).copied().unwrap_or_else(|| blake3::hash(bytes).into());
            ChangedPage { index, bytes, hash, written }
        };
        self.dirty_pages().into_iter().map(changed).collect()
    }

    /// The bytes of a page.
    fn page(&self, index: u32) -> &[u8] {
        self.mapped.region.bytes(index as usize * PAGE_BYTES, PAGE_BYTES)
    }

    /// The bytes of a block at the last snapshot, if it had been written by then.
    fn copy_before(&self, block: u32) -> Option<&Block> {
        self.layers.iter().rev().find_map(|layer| layer.copies.get(block)).or_else(|| self.settled.get(block))
    }

    /// Whether a block has other bytes than the committed ones.
    fn differs_from_kept(&self, block: u32) -> io::Result<bool> {
        let now = self.mapped.region.block(block);
        Ok(match self.kept.get(&page_of(block)) {
            Some(page) => page.block(block % BLOCKS_PER_PAGE)?.as_slice() != now,
            None => now.iter().any(|byte| *byte != 0),
        })
    }

    fn note_written(&mut self, written: Vec<u32>) {
        let mut pages = WrittenPages::default();
        for (page, _) in by_page(&written) {
            pages.written += 1;
            pages.new += usize::from(!self.kept.contains_key(&page));
        }
        (self.written, self.written_pages) = (written, pages);
    }

    fn scan(&mut self) -> io::Result<Vec<u32>> {
        let mut written = std::mem::take(&mut self.written);
        written.clear();
        self.taken_back = false;
        self.mapped.region.written(&mut written)?;
        Ok(written)
    }

    /// Refuses a range that does not lie within the current length.
    pub(crate) fn check_length(&self, offset: u64, length: u64) -> Result<(), OutOfSpace> {
        self.within_length(offset, length).map(drop)
    }

    fn within_length(&self, offset: u64, length: u64) -> Result<(usize, usize), OutOfSpace> {
        let end = offset.checked_add(length).ok_or(OutOfSpace)?;
        if end > self.length() as u64 {
            return Err(OutOfSpace);
        }
        within_space(offset, length)
    }
}

impl Mapped {
    fn length(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    fn set_length(&self, length: usize) {
        self.length.store(length, Ordering::Relaxed);
    }
}

fn within_space(offset: u64, length: u64) -> Result<(usize, usize), OutOfSpace> {
    let end = offset.checked_add(length).ok_or(OutOfSpace)?;
    if end > SPACE_BYTES as u64 {
        return Err(OutOfSpace);
    }
    #[expect(clippy::cast_possible_truncation, reason = "both lie under 4 GiB")]
    Ok((offset as usize, length as usize))
}

/// Ascending block numbers, gathered into runs.
#[derive(Debug, Default)]
struct Runs(Vec<(u32, u32)>);

impl Runs {
    fn push(&mut self, block: u32) {
        match self.0.last_mut() {
            Some((first, count)) if *first + *count == block => *count += 1,
            _ => self.0.push((block, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const PAGES: usize = 4;

    /// A memory as it should behave: plain bytes, copied for every snapshot.
    #[derive(Debug, Clone, PartialEq)]
    struct Model {
        bytes: Vec<u8>,
        written: BTreeSet<u32>,
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write { at: usize, bytes: Vec<u8> },
        Fill { at: usize, value: u8, length: usize },
        Copy { to: usize, from: usize, length: usize },
        Snapshot,
        Revert,
        Forget,
        Settle,
        Mark,
        Rewind,
    }

    fn step() -> impl Strategy<Value = Step> {
        let at = 0..PAGES * PAGE_BYTES - 10_000;
        prop_oneof![
            (at.clone(), prop::collection::vec(0..3_u8, 1..40)).prop_map(|(at, bytes)| Step::Write { at, bytes }),
            (at.clone(), 0..3_u8, 1..9_000_usize).prop_map(|(at, value, length)| Step::Fill { at, value, length }),
            (at.clone(), at, 1..9_000_usize).prop_map(|(to, from, length)| Step::Copy { to, from, length }),
            Just(Step::Snapshot),
            Just(Step::Revert),
            Just(Step::Forget),
            Just(Step::Settle),
            Just(Step::Mark),
            Just(Step::Rewind),
        ]
    }

    fn blocks(at: usize, length: usize) -> impl Iterator<Item = u32> {
        (at / BLOCK_BYTES..=(at + length - 1) / BLOCK_BYTES).map(|block| u32::try_from(block).unwrap())
    }

    /// Gives what the memory counted after each step.
    fn run(backing: &dyn Backing, steps: Vec<Step>) -> Vec<(Held, usize)> {
        let mut first = vec![0; PAGE_BYTES];
        first[17] = 9;
        let kept = Arc::new(Pages::from([(1, backing.keep(&first).unwrap())]));
        let mut memory = Memory::open(backing, &kept, PAGES * PAGE_BYTES, false, Holder::Chain).unwrap();
        let mut model = Model { bytes: vec![0; PAGES * PAGE_BYTES], written: Default::default() };
        model.bytes[PAGE_BYTES + 17] = 9;
        let mut snapshots: Vec<Model> = Vec::new();
        let mut marked: Option<(Model, Vec<Undo>)> = None;
        let mut counted = Vec::new();
        for step in steps {
            let mut kept_pages = 0;
            match step {
                Step::Write { at, bytes } => {
                    memory.write(at as u64, &bytes).unwrap();
                    model.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
                    model.written.extend(blocks(at, bytes.len()));
                }
                Step::Fill { at, value, length } => {
                    memory.fill(at as u64, value, length as u64).unwrap();
                    model.bytes[at..at + length].fill(value);
                    model.written.extend(blocks(at, length));
                }
                Step::Copy { to, from, length } => {
                    memory.copy_within(to as u64, from as u64, length as u64).unwrap();
                    model.bytes.copy_within(from..from + length, to);
                    model.written.extend(blocks(to, length));
                }
                Step::Snapshot => {
                    kept_pages = memory.snapshot().unwrap();
                    snapshots.push(model.clone());
                }
                Step::Revert => {
                    if let Some(before) = snapshots.pop() {
                        memory.revert().unwrap();
                        model = before;
                    }
                }
                Step::Forget => {
                    if snapshots.pop().is_some() {
                        memory.forget_snapshot();
                    }
                }
                Step::Settle => {
                    kept_pages = memory.settle(marked.as_mut().map(|(_, undo)| undo)).unwrap();
                    snapshots.clear();
                }
                Step::Mark => {
                    kept_pages = memory.settle(marked.as_mut().map(|(_, undo)| undo)).unwrap();
                    snapshots.clear();
                    marked = Some((model.clone(), Vec::new()));
                }
                Step::Rewind => {
                    if let Some((before, mut undo)) = marked.take() {
                        kept_pages = memory.settle(Some(&mut undo)).unwrap();
                        snapshots.clear();
                        undo.into_iter().rev().for_each(|change| memory.undo(change).unwrap());
                        model = before;
                    }
                }
            }
            assert_eq!(memory.read(0, model.bytes.len()), model.bytes);
            let held = memory.held().unwrap();
            assert_eq!(held.copies, memory.layers.iter().map(|layer| layer.counted_pages).sum::<usize>());
            let pages = model.written.iter().map(|block| block / BLOCKS_PER_PAGE).collect::<BTreeSet<_>>();
            assert_eq!(held.written, pages.len());
            assert_eq!(held.pages, pages.union(&BTreeSet::from([1])).count());
            assert!(kept_blocks(&memory) <= (held.written + held.copies) * BLOCKS_PER_PAGE as usize);
            counted.push((held, kept_pages));
        }
        memory.settle(None).unwrap();
        assert_eq!(memory.held().unwrap().copies, 0);
        let pages: BTreeMap<u32, ()> = model.written.iter().map(|block| (block / BLOCKS_PER_PAGE, ())).collect();
        assert!(memory.dirty_pages().keys().eq(pages.keys()));
        counted
    }

    /// The blocks of which copies are kept, in all layers.
    fn kept_blocks(memory: &Memory) -> usize {
        let count = |copies: &Copies| copies.pages().map(|(_, bits)| bits.count_ones() as usize).sum::<usize>();
        count(&memory.settled) + memory.layers.iter().map(|layer| count(&layer.copies)).sum::<usize>()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn memories_behave_as_copies_would(steps in prop::collection::vec(step(), 1..60)) {
            prop_assert_eq!(run(&*backing(), steps.clone()), run(&portable::Heap, steps));
        }
    }

    #[test]
    fn what_lies_outside_is_refused() {
        let mut memory = Memory::open(&*backing(), &Arc::default(), PAGE_BYTES, false, Holder::Chain).unwrap();
        let end = SPACE_BYTES as u64;
        assert!(memory.write(end - 1, &[1, 2]).is_err());
        assert!(memory.write(u64::MAX, &[1]).is_err());
        assert_eq!(memory.read(end - 1, 2), [0, 0]);
        assert_eq!(memory.read(u64::MAX, 2), [0, 0]);
        assert!(memory.fill(PAGE_BYTES as u64, 0, 1).is_err());
        assert!(memory.fill(PAGE_BYTES as u64, 0, 0).is_ok());
        assert!(memory.copy_within(0, u64::MAX, 1).is_err());
    }

    #[test]
    fn a_cleared_memory_holds_nothing() {
        for backing in [backing(), portable_backing()] {
            let kept = Arc::new(Pages::from([(1, backing.keep(&[3; PAGE_BYTES]).unwrap())]));
            let mut memory = Memory::open(&*backing, &kept, 2 * PAGE_BYTES, false, Holder::Chain).unwrap();
            memory.write(0, &[1; 2 * PAGE_BYTES]).unwrap();
            memory.settle(None).unwrap();
            memory.write(5, &[2]).unwrap();
            memory.snapshot().unwrap();
            memory.write(PAGE_BYTES as u64, &[2]).unwrap();
            memory.clear().unwrap();
            assert_eq!(memory.held().unwrap(), Held { written: 0, copies: 0, pages: 1 });
            assert_eq!(memory.read(0, 2 * PAGE_BYTES), [[0; PAGE_BYTES], [3; PAGE_BYTES]].concat());
            assert!(memory.changed_pages().is_empty());
        }
    }

    #[test]
    fn dropped_pages_make_room() {
        let backing = backing();
        for _ in 0..10_000 {
            drop(backing.keep(&[1; PAGE_BYTES]).unwrap());
        }
        let page = backing.keep(&[2; PAGE_BYTES]).unwrap();
        assert_eq!(page.to_vec().unwrap(), [2; PAGE_BYTES]);
    }
}
