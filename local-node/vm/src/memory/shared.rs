//! Memories on Linux: committed pages live in one file in memory, and regions map it privately.
//!
//! A private mapping shows the file's pages until they are written; then the kernel makes a copy for the mapping. The
//! kernel's page map tells which pages are such copies (`PAGEMAP_SCAN`, since Linux 6.7), and giving a copy back to
//! the kernel brings the file's content back. So opening, finding changes and undoing them cost a few system calls
//! whatever the size of the contract.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, ftruncate, memfd_create};
use rustix::io::{pread, pwrite};
use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap};

use super::region::{Backing, GUARD_BYTES, PageRef, Pages, Region};
use super::{BLOCK_BYTES, Holder, OpenError, PAGE_BYTES, SPACE_BYTES};

/// Slots by which the file grows.
const GROWTH_SLOTS: u32 = 1024;
/// Free slots whose memory is kept for the next pages: 64 MiB. That of others goes back to the system.
const MAX_FREE_SLOTS: usize = 1024;
/// Mappings that the regions of all queries may have together. Linux allows a process 65,530 by default
/// (`vm.max_map_count`). The session of a block has less than 33,000, whatever it opens
/// ([`MAX_SESSION_MAPPINGS`](crate::MAX_SESSION_MAPPINGS)), and queries cannot take them.
const MAX_QUERY_MAPPINGS: usize = 16_384;
/// Runs of written blocks that one question to the page map returns.
const RUNS_PER_SCAN: usize = 256;

/// The file of committed pages.
#[derive(Debug)]
pub(super) struct SharedFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: OwnedFd,
    page_map: File,
    slots: Mutex<Slots>,
    /// Mappings of the regions of all queries.
    query_mappings: AtomicUsize,
}

#[derive(Debug, Default)]
struct Slots {
    free: Vec<u32>,
    used: u32,
    size: u32,
}

/// The place of one page in the file.
#[derive(Debug)]
pub(crate) struct Slot {
    inner: Arc<Inner>,
    index: u32,
}

impl SharedFile {
    /// Makes an empty file, and tries out that the kernel can tell written pages.
    pub(super) fn new() -> io::Result<Self> {
        if rustix::param::page_size() != BLOCK_BYTES {
            return Err(io::Error::other("the system's page is not 4 KiB"));
        }
        let file = memfd_create("contract-pages", MemfdFlags::CLOEXEC)?;
        let page_map = File::open("/proc/self/pagemap")?;
        let query_mappings = AtomicUsize::new(0);
        let shared = Self(Arc::new(Inner { file, page_map, slots: Mutex::default(), query_mappings }));
        shared.try_out()?;
        Ok(shared)
    }

    fn try_out(&self) -> io::Result<()> {
        let page = self.keep(&[7; PAGE_BYTES])?;
        let region = self.open(&Arc::new(Pages::from([(3, page)])), Holder::Chain).map_err(|error| match error {
            OpenError::System(error) => error,
            OpenError::Mappings => io::Error::other("too many mappings"),
        })?;
        let _ = (region.block(48)[0], region.block(7)[0]);
        region.copy_in(50 * BLOCK_BYTES, &[1])?;
        region.copy_in(1 << 31, &[0])?;
        let mut written = Vec::new();
        region.written(&mut written)?;
        if written == [50, 1 << 19] {
            Ok(())
        } else {
            Err(io::Error::other(format!("the page map reports {written:?}")))
        }
    }
}

impl Backing for SharedFile {
    fn keep(&self, page: &[u8]) -> io::Result<PageRef> {
        let index = self.0.take()?;
        let slot = Slot { inner: Arc::clone(&self.0), index };
        let mut done = 0;
        while done < page.len() {
            done += pwrite(&self.0.file, &page[done..], slot.offset() + done as u64)?;
        }
        Ok(PageRef::Slot(Arc::new(slot)))
    }

    fn open(&self, kept: &Arc<Pages>, holder: Holder) -> Result<Box<dyn Region>, OpenError> {
        let runs = runs(kept)?;
        // Its own two, and for each run the run and what lies between it and the next one.
        let mappings = 2 + 2 * runs.len();
        let counted = match holder {
            Holder::Chain => None,
            Holder::Query => Some(Counted::take(&self.0, mappings).ok_or(OpenError::Mappings)?),
        };
        let mut region = Private::new(Arc::clone(&self.0), Arc::clone(kept), counted)?;
        runs.into_iter().try_for_each(|run| region.map(run))?;
        Ok(Box::new(region))
    }
}

impl Inner {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> io::Result<u32> {
        let mut slots = self.slots();
        if let Some(index) = slots.free.pop() {
            return Ok(index);
        }
        if slots.used == slots.size {
            let size = slots.size.checked_add(GROWTH_SLOTS).ok_or_else(|| io::Error::other("too many pages"))?;
            ftruncate(&self.file, u64::from(size) * PAGE_BYTES as u64)?;
            slots.size = size;
        }
        slots.used += 1;
        Ok(slots.used - 1)
    }
}

impl Slot {
    fn offset(&self) -> u64 {
        u64::from(self.index) * PAGE_BYTES as u64
    }

    /// Copies the page out.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut page = vec![0; PAGE_BYTES];
        self.read_at(0, &mut page)?;
        Ok(page)
    }

    /// Copies a part of the page out.
    pub(super) fn read_at(&self, at: usize, into: &mut [u8]) -> io::Result<()> {
        let mut done = 0;
        while done < into.len() {
            match pread(&self.inner.file, &mut into[done..], self.offset() + (at + done) as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.inner.slots().free.len() >= MAX_FREE_SLOTS {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            // Where this fails, the slot keeps its memory until it is used again.
            let _ = fallocate(&self.inner.file, flags, self.offset(), PAGE_BYTES as u64);
        }
        self.inner.slots().free.push(self.index);
    }
}

/// Mappings of a region that count, until it is dropped.
#[derive(Debug)]
struct Counted {
    inner: Arc<Inner>,
    mappings: usize,
}

impl Counted {
    /// Counts mappings before they are made, unless there are too many.
    fn take(inner: &Arc<Inner>, mappings: usize) -> Option<Self> {
        let counted = Self { inner: Arc::clone(inner), mappings };
        let before = inner.query_mappings.fetch_add(mappings, Ordering::Relaxed);
        (before + mappings <= MAX_QUERY_MAPPINGS).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.inner.query_mappings.fetch_sub(self.mappings, Ordering::Relaxed);
    }
}

/// Pages that follow each other in a memory as well as in the file: the first one, its slot, and how many there are.
type SlotRun = (u32, u32, u32);

fn runs(kept: &Pages) -> io::Result<Vec<SlotRun>> {
    let mut runs: Vec<SlotRun> = Vec::new();
    for (&page, kept) in kept {
        let PageRef::Slot(slot) = kept else {
            return Err(io::Error::other("a page of another backing"));
        };
        match runs.last_mut() {
            Some((first, index, count)) if *first + *count == page && *index + *count == slot.index => *count += 1,
            _ => runs.push((page, slot.index, 1)),
        }
    }
    Ok(runs)
}

#[derive(Debug)]
struct Private {
    base: NonNull<u8>,
    inner: Arc<Inner>,
    /// Keeps the slots that are mapped from being reused.
    _kept: Arc<Pages>,
    /// Given back when the mapping is gone.
    _counted: Option<Counted>,
}

// SAFETY: the pointer is the base of a mapping that this value owns alone; the bytes are only touched by the thread
// that runs the session.
unsafe impl Send for Private {}
// SAFETY: as above.
unsafe impl Sync for Private {}

impl Private {
    fn new(inner: Arc<Inner>, kept: Arc<Pages>, counted: Option<Counted>) -> io::Result<Self> {
        // SAFETY: a fresh private mapping at an address that the system chooses touches nothing that exists.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                SPACE_BYTES + GUARD_BYTES,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("the system mapped address zero"))?;
        let region = Self { base, inner, _kept: kept, _counted: counted };
        // SAFETY: both ranges lie in the mapping just made, which nobody uses yet.
        unsafe {
            mprotect(base.as_ptr().add(SPACE_BYTES).cast(), GUARD_BYTES, MprotectFlags::empty())?;
            // A huge page would count as written as a whole. Kernels without huge pages refuse the advice.
            let _ = madvise(base.as_ptr().cast(), SPACE_BYTES, Advice::LinuxNoHugepage);
        }
        Ok(region)
    }

    fn map(&mut self, (page, slot, count): SlotRun) -> io::Result<()> {
        // SAFETY: the range lies in the mapping that this value owns and that nobody uses yet (it is called at opening
        // only). The slots are not written while the region holds the pages.
        unsafe {
            mmap(
                self.base.as_ptr().add(page as usize * PAGE_BYTES).cast(),
                count as usize * PAGE_BYTES,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
                self.inner.file.as_fd(),
                u64::from(slot) * PAGE_BYTES as u64,
            )?;
        }
        Ok(())
    }
}

// SAFETY: the mapping is fixed until `drop`; the whole address space is readable and writable from the start, and the
// guard behind it has no access rights.
unsafe impl Region for Private {
    fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    fn written(&self, into: &mut Vec<u32>) -> io::Result<()> {
        let base = self.base.as_ptr() as u64;
        let end = base + SPACE_BYTES as u64;
        let mut runs = [Run::default(); RUNS_PER_SCAN];
        let mut start = base;
        while start < end {
            let mut scan = Scan::of_private_copies(start, end, &mut runs);
            // SAFETY: the request and the runs it points to are live and exclusively borrowed for the call.
            let found = unsafe { ioctl::ioctl(&self.inner.page_map, ScanRequest(&mut scan))? };
            start = scan.walk_end;
            for run in &runs[..found] {
                #[expect(clippy::cast_possible_truncation, reason = "block numbers of the 4 GiB address space")]
                let block = |address: u64| ((address - base) / BLOCK_BYTES as u64) as u32;
                into.extend(block(run.start)..block(run.end));
            }
            if found < RUNS_PER_SCAN {
                break;
            }
        }
        Ok(())
    }

    fn restore(&self, first: u32, count: u32) -> io::Result<()> {
        // SAFETY: the range lies in the mapping that this value owns. Dropping private copies brings the mapped
        // content back, which is what the caller asks for; no reference into the range is alive.
        unsafe {
            madvise(
                self.base.as_ptr().add(first as usize * BLOCK_BYTES).cast(),
                count as usize * BLOCK_BYTES,
                Advice::LinuxDontNeed,
            )?;
        }
        Ok(())
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this size, and nobody holds a pointer into it any more: the
        // engine's proxies keep the region alive.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), SPACE_BYTES + GUARD_BYTES) };
        debug_assert!(unmapped.is_ok(), "unmapping a mapping of one's own succeeds");
    }
}

/// `struct page_region` of the kernel.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    start: u64,
    end: u64,
    categories: u64,
}

/// `struct pm_scan_arg` of the kernel.
#[repr(C)]
#[derive(Debug)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

const PAGE_IS_FILE: u64 = 1 << 2;
const PAGE_IS_PRESENT: u64 = 1 << 3;
const PAGE_IS_SWAPPED: u64 = 1 << 4;
const PAGE_IS_PFNZERO: u64 = 1 << 5;

impl Scan {
    /// Asks for pages that are there, in memory or swapped out, and neither the file's nor the common page of zeros.
    fn of_private_copies(start: u64, end: u64, runs: &mut [Run]) -> Self {
        Self {
            size: size_of::<Self>() as u64,
            flags: 0,
            start,
            end,
            walk_end: 0,
            vec: runs.as_mut_ptr() as u64,
            vec_len: runs.len() as u64,
            max_pages: 0,
            category_inverted: PAGE_IS_FILE | PAGE_IS_PFNZERO,
            category_mask: PAGE_IS_FILE | PAGE_IS_PFNZERO,
            category_anyof_mask: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
            return_mask: PAGE_IS_PFNZERO,
        }
    }
}

struct ScanRequest<'a>(&'a mut Scan);

// SAFETY: the opcode is that of `PAGEMAP_SCAN` for an argument of this layout, which the kernel reads and writes; the
// call returns the number of runs filled.
unsafe impl Ioctl for ScanRequest<'_> {
    type Output = usize;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        ioctl::opcode::read_write::<Scan>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut std::ffi::c_void {
        std::ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut std::ffi::c_void) -> rustix::io::Result<usize> {
        usize::try_from(out).map_err(|_| rustix::io::Errno::RANGE)
    }
}
