//! Memories on systems without a page map: pages on the heap, copied in at opening, compared to find what changed.
//!
//! Slower, and it differs from [`super::shared`] in two corners: an access beyond the current length traps, and where
//! a contract's code writes nothing but zeros to a page that was never written, that does not count as writing. (What
//! the host writes, bulk operations included, always counts.)

use std::collections::BTreeSet;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use super::region::{Backing, GUARD_BYTES, PageRef, Pages, Region};
use super::{BLOCK_BYTES, PAGE_BYTES, SPACE_BYTES};

/// Pages on the heap.
#[derive(Debug)]
pub(super) struct Heap;

impl Backing for Heap {
    fn keep(&self, page: &[u8]) -> io::Result<PageRef> {
        Ok(PageRef::Heap(page.into()))
    }

    fn open(&self, kept: &Arc<Pages>) -> io::Result<Box<dyn Region>> {
        let region = Copied::new(Arc::clone(kept))?;
        let end = kept.last_key_value().map_or(0, |(&page, _)| (page as usize + 1) * PAGE_BYTES);
        region.make_accessible(end)?;
        for (&page, content) in kept.iter() {
            (&region as &dyn Region).copy_in(page as usize * PAGE_BYTES, &content.to_vec()?);
        }
        region.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(Box::new(region))
    }
}

#[derive(Debug)]
struct Copied {
    base: NonNull<u8>,
    kept: Arc<Pages>,
    accessible: AtomicUsize,
    written: Mutex<BTreeSet<u32>>,
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
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("the system mapped address zero"))?;
        Ok(Self { base, kept, accessible: AtomicUsize::new(0), written: Mutex::default() })
    }

    fn kept_block(&self, block: u32) -> io::Result<Vec<u8>> {
        let offset = block as usize * BLOCK_BYTES;
        #[expect(clippy::cast_possible_truncation, reason = "a page index of the 4 GiB address space")]
        let page = (offset / PAGE_BYTES) as u32;
        match self.kept.get(&page) {
            Some(page) => Ok(page.to_vec()?[offset % PAGE_BYTES..][..BLOCK_BYTES].to_vec()),
            None => Ok(vec![0; BLOCK_BYTES]),
        }
    }
}

// SAFETY: the mapping is fixed until `drop`; `make_accessible` makes a growing prefix readable and writable, and all
// behind it stays without access rights, so that touching it traps.
unsafe impl Region for Copied {
    fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    fn accessible(&self) -> usize {
        self.accessible.load(Ordering::Relaxed)
    }

    fn make_accessible(&self, length: usize) -> io::Result<()> {
        let length = length.min(SPACE_BYTES);
        let before = self.accessible();
        if length > before {
            // SAFETY: the range lies in the mapping that this value owns, and nothing relies on it being inaccessible.
            unsafe {
                mprotect(
                    self.base.as_ptr().add(before).cast(),
                    length - before,
                    MprotectFlags::READ | MprotectFlags::WRITE,
                )?;
            }
            self.accessible.store(length, Ordering::Relaxed);
        }
        Ok(())
    }

    fn written(&self, _: usize, into: &mut Vec<u32>) -> io::Result<()> {
        let region: &dyn Region = self;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let mut page_content = Vec::new();
        #[expect(clippy::cast_possible_truncation, reason = "a page index of the 4 GiB address space")]
        for page in 0..(self.accessible() / PAGE_BYTES) as u32 {
            match self.kept.get(&page) {
                Some(kept) => page_content = kept.to_vec()?,
                None => {
                    page_content.clear();
                    page_content.resize(PAGE_BYTES, 0);
                }
            }
            let current = region.bytes(page as usize * PAGE_BYTES, PAGE_BYTES);
            if current == page_content {
                continue;
            }
            let blocks = current.chunks(BLOCK_BYTES).zip(page_content.chunks(BLOCK_BYTES));
            let first = page * (PAGE_BYTES / BLOCK_BYTES) as u32;
            written.extend((first..).zip(blocks).filter(|(_, (now, kept))| now != kept).map(|(block, _)| block));
        }
        into.extend(written.iter());
        Ok(())
    }

    fn wrote(&self, offset: usize, length: usize) {
        if length > 0 {
            #[expect(clippy::cast_possible_truncation, reason = "block numbers of the 4 GiB address space")]
            let block = |address: usize| (address / BLOCK_BYTES) as u32;
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            written.extend(block(offset)..=block(offset + length - 1));
        }
    }

    fn restore(&self, first: u32, count: u32) -> io::Result<()> {
        let region: &dyn Region = self;
        for block in first..first + count {
            region.copy_in(block as usize * BLOCK_BYTES, &self.kept_block(block)?);
            self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(&block);
        }
        Ok(())
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
