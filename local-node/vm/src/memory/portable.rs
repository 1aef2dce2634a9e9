//! Memories on systems without a page map that tells written pages: pages on the heap, copied in at opening.
//!
//! The whole address space can be read, and a page can be written once it was written for the first time: the processor
//! faults then, and the region notes the page and goes on ([`Region::fault`]). So both memories see the same writes,
//! also those beyond the current length and those that change nothing. This one is slower: opening copies all pages,
//! and the unit in which it finds changes is the page (64 KiB) instead of the block.

use std::collections::HashMap;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use super::region::{Backing, GUARD_BYTES, PageRef, Pages, Region};
use super::{BLOCK_BYTES, BLOCKS_PER_PAGE, Holder, OpenError, PAGE_BYTES, SPACE_BYTES};

const PAGES: usize = SPACE_BYTES / PAGE_BYTES;
const WORD_BITS: usize = u64::BITS as usize;

/// Pages on the heap.
#[derive(Debug)]
pub(super) struct Heap;

impl Backing for Heap {
    fn keep(&self, page: &[u8]) -> io::Result<PageRef> {
        Ok(PageRef::Heap(page.into()))
    }

    fn open(&self, kept: &Arc<Pages>, _: Holder) -> Result<Box<dyn Region>, OpenError> {
        let region = Copied::new(Arc::clone(kept))?;
        for (&page, content) in kept.iter() {
            let page = page as usize;
            region.protect(page, 1, MprotectFlags::READ | MprotectFlags::WRITE)?;
            region.put(page * PAGE_BYTES, &content.to_vec()?);
            region.protect(page, 1, MprotectFlags::READ)?;
        }
        Ok(Box::new(region))
    }

    fn copies_pages(&self) -> bool {
        true
    }

    fn needs_faults(&self) -> bool {
        true
    }
}

/// A region that notes the first write to each page.
#[derive(Debug)]
struct Copied {
    base: NonNull<u8>,
    kept: Arc<Pages>,
    /// A bit for each page that was written. Those, and no others, can be written without a fault.
    written: Box<[AtomicU64]>,
    /// Whether the system refused to let a page be written.
    refused: AtomicBool,
    /// Blocks of written pages that have their committed content back, a bit for each.
    restored: Mutex<HashMap<usize, u16>>,
}

// SAFETY: the pointer is the base of a mapping that this value owns alone; all changes of its protection go through
// system calls, and the bytes are only touched by the thread that runs the session.
unsafe impl Send for Copied {}
// SAFETY: as above.
unsafe impl Sync for Copied {}

impl Copied {
    fn new(kept: Arc<Pages>) -> io::Result<Self> {
        // SAFETY: a fresh private mapping at an address that the system chooses touches nothing that exists.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                SPACE_BYTES + GUARD_BYTES,
                ProtFlags::READ,
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("the system mapped address zero"))?;
        let written = (0..PAGES / WORD_BITS).map(|_| AtomicU64::new(0)).collect();
        let region = Self { base, kept, written, refused: AtomicBool::new(false), restored: Mutex::default() };
        // SAFETY: the guard lies in the mapping just made, which nobody uses yet.
        unsafe { mprotect(base.as_ptr().add(SPACE_BYTES).cast(), GUARD_BYTES, MprotectFlags::empty())? };
        Ok(region)
    }

    /// Changes what may be done with pages of the address space.
    fn protect(&self, page: usize, count: usize, flags: MprotectFlags) -> io::Result<()> {
        assert!(page + count <= PAGES, "page {page} and the {count} from it on lie in the address space");
        // SAFETY: the range lies in the mapping that this value owns. Readable it stays in any case.
        unsafe { mprotect(self.base.as_ptr().add(page * PAGE_BYTES).cast(), count * PAGE_BYTES, flags)? };
        Ok(())
    }

    /// Writes bytes to pages that can be written.
    fn put(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= SPACE_BYTES, "the bytes lie in the address space");
        // SAFETY: the range lies in the mapping and the caller has made it writable; `bytes` is memory of the host.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.base.as_ptr().add(offset), bytes.len()) }
    }

    fn is_written(&self, page: usize) -> bool {
        self.written[page / WORD_BITS].load(Ordering::Relaxed) & (1 << (page % WORD_BITS)) != 0
    }

    /// Lets pages be written from now on, and notes them as written.
    fn note(&self, page: usize, count: usize) -> io::Result<()> {
        self.protect(page, count, MprotectFlags::READ | MprotectFlags::WRITE)?;
        for page in page..page + count {
            self.written[page / WORD_BITS].fetch_or(1 << (page % WORD_BITS), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes a page that has its committed content back for one that was never written.
    fn forget(&self, page: usize) -> io::Result<()> {
        match self.kept_page(page) {
            Some(kept) => {
                let current = (self as &dyn Region).bytes(page * PAGE_BYTES, PAGE_BYTES);
                if current != kept.to_vec()? {
                    return Ok(());
                }
                self.protect(page, 1, MprotectFlags::READ)?;
            }
            // SAFETY: the page lies in the mapping that this value owns, and no reference into it is alive. A fresh
            // mapping in its place reads as zero, which is its committed content, and gives its memory back.
            None => unsafe {
                mmap_anonymous(
                    self.base.as_ptr().add(page * PAGE_BYTES).cast(),
                    PAGE_BYTES,
                    ProtFlags::READ,
                    MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED,
                )?;
            },
        }
        self.written[page / WORD_BITS].fetch_and(!(1 << (page % WORD_BITS)), Ordering::Relaxed);
        Ok(())
    }

    fn kept_page(&self, page: usize) -> Option<&PageRef> {
        self.kept.get(&u32::try_from(page).ok()?)
    }

    fn kept_block(&self, block: u32) -> io::Result<Vec<u8>> {
        let offset = block as usize * BLOCK_BYTES;
        match self.kept_page(offset / PAGE_BYTES) {
            Some(page) => Ok(page.to_vec()?[offset % PAGE_BYTES..][..BLOCK_BYTES].to_vec()),
            None => Ok(vec![0; BLOCK_BYTES]),
        }
    }

    fn restored(&self) -> MutexGuard<'_, HashMap<usize, u16>> {
        self.restored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// SAFETY: the mapping is fixed until `drop`. The whole address space is readable from the start; an unwritable page
// becomes writable in `fault`, or traps, and the guard behind it has no access rights.
unsafe impl Region for Copied {
    fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    fn written(&self, into: &mut Vec<u32>) -> io::Result<()> {
        if self.refused.load(Ordering::Relaxed) {
            return Err(io::Error::other("the system did not let a page of a contract's memory be written"));
        }
        for (first, word) in (0..).step_by(WORD_BITS).zip(&self.written) {
            let mut bits = word.load(Ordering::Relaxed);
            while bits != 0 {
                let page: u32 = first + bits.trailing_zeros();
                into.extend(page * BLOCKS_PER_PAGE..(page + 1) * BLOCKS_PER_PAGE);
                bits &= bits - 1;
            }
        }
        Ok(())
    }

    fn prepare_write(&self, offset: usize, length: usize) -> io::Result<()> {
        if length == 0 {
            return Ok(());
        }
        let (mut page, end) = (offset / PAGE_BYTES, (offset + length - 1) / PAGE_BYTES + 1);
        let mut restored = self.restored();
        while page < end {
            let is_written = self.is_written(page);
            let same = (page..end).take_while(|&page| self.is_written(page) == is_written).count();
            if is_written {
                (page..page + same).for_each(|page| _ = restored.remove(&page));
            } else {
                self.note(page, same)?;
            }
            page += same;
        }
        Ok(())
    }

    fn restore(&self, first: u32, count: u32) -> io::Result<()> {
        for block in first..first + count {
            let page = (block / BLOCKS_PER_PAGE) as usize;
            if !self.is_written(page) {
                continue;
            }
            self.put(block as usize * BLOCK_BYTES, &self.kept_block(block)?);
            let mut restored = self.restored();
            let blocks = restored.entry(page).or_default();
            *blocks |= 1 << (block % BLOCKS_PER_PAGE);
            if *blocks == u16::MAX {
                restored.remove(&page);
                self.forget(page)?;
            }
        }
        Ok(())
    }

    fn fault(&self, address: usize) -> bool {
        let Some(offset) = address.checked_sub(self.base.as_ptr() as usize).filter(|offset| *offset < SPACE_BYTES)
        else {
            return false;
        };
        let page = offset / PAGE_BYTES;
        if self.is_written(page) {
            return false;
        }
        let noted = self.note(page, 1);
        if noted.is_err() {
            self.refused.store(true, Ordering::Relaxed);
        }
        noted.is_ok()
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this size, and nobody holds a pointer into it any more: the
        // engine's proxies keep the region alive.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), SPACE_BYTES + GUARD_BYTES) };
        debug_assert!(unmapped.is_ok(), "unmapping a mapping of one's own succeeds");
    }
}
