//! Where the bytes of a memory live, and how the engine gets at them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{LinearMemory, MemoryCreator, MemoryType, Store};

use super::{BLOCK_BYTES, Holder, Mapped, OpenError, PAGE_BYTES, portable};

/// Committed pages by page index.
pub(crate) type Pages = BTreeMap<u32, PageRef>;

/// An immutable committed page.
#[derive(Debug, Clone)]
pub(crate) enum PageRef {
    /// On the heap.
    Heap(Arc<[u8]>),
    /// In the shared memory file.
    #[cfg(target_os = "linux")]
    Slot(Arc<super::shared::Slot>),
}

/// Keeps committed pages and opens memories over them.
pub(crate) trait Backing: Send + Sync + fmt::Debug {
    /// Keeps a page.
    fn keep(&self, page: &[u8]) -> io::Result<PageRef>;
    /// Maps a memory that shows the given pages, and zeros elsewhere.
    fn open(&self, kept: &Arc<Pages>, holder: Holder) -> Result<Box<dyn Region>, OpenError>;
    /// Whether its regions hold copies of the pages that they were opened with.
    fn copies_pages(&self) -> bool {
        false
    }
    /// Whether its regions must be asked about faults of the contract's code ([`Region::fault`]).
    fn needs_faults(&self) -> bool {
        false
    }
}

/// A mapping of [`super::SPACE_BYTES`] bytes.
///
/// # Safety
/// `base` must point to a mapping that stays in place until the region is dropped. Every byte of the address space must
/// be readable. A write of the contract's code must succeed, at once or after `fault` has said yes to it, or trap; a
/// write of the host must succeed after `prepare_write`. The engine's guard behind the address space must trap.
pub(crate) unsafe trait Region: Send + Sync + fmt::Debug {
    /// Its first byte.
    fn base(&self) -> *mut u8;
    /// Appends the blocks written since the region was opened or the block restored, in ascending order. It may name
    /// other blocks of their pages as well.
    fn written(&self, into: &mut Vec<u32>) -> io::Result<()>;
    /// Is told before the host writes.
    fn prepare_write(&self, _offset: usize, _length: usize) -> io::Result<()> {
        Ok(())
    }
    /// Gives blocks their committed content back; they no longer count as written.
    fn restore(&self, first: u32, count: u32) -> io::Result<()>;
    /// Answers a fault of the contract's code at an address of this process: whether the access can be tried again. It
    /// runs in a signal handler.
    fn fault(&self, _address: usize) -> bool {
        false
    }
}

impl dyn Region + '_ {
    /// The bytes of a range.
    ///
    /// # Panics
    /// When the range leaves the address space.
    pub(super) fn bytes(&self, offset: usize, length: usize) -> &[u8] {
        check(offset, length);
        // SAFETY: the range was checked to be mapped, and all that is mapped can be read. No code of the contract runs
        // while the host holds the slice: host code and contract code share one thread, and the slice does not outlive
        // `self`.
        unsafe { std::slice::from_raw_parts(self.base().add(offset), length) }
    }

    /// The bytes of a block.
    pub(super) fn block(&self, block: u32) -> &[u8] {
        self.bytes(block as usize * BLOCK_BYTES, BLOCK_BYTES)
    }

    /// Copies bytes in.
    pub(super) fn copy_in(&self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        check(offset, bytes.len());
        self.prepare_write(offset, bytes.len())?;
        // SAFETY: the range was checked to be mapped and prepared for writing, and `bytes` is memory of the host, which
        // no region overlaps: slices of regions are only ever read by this module and never passed here.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.base().add(offset), bytes.len()) }
        Ok(())
    }

    /// Moves bytes within the region.
    pub(super) fn copy_within(&self, to: usize, from: usize, length: usize) -> io::Result<()> {
        check(from, length);
        check(to, length);
        self.prepare_write(to, length)?;
        // SAFETY: both ranges were checked to be mapped, one of them prepared for writing; `copy` allows them to
        // overlap.
        unsafe { std::ptr::copy(self.base().add(from), self.base().add(to), length) }
        Ok(())
    }

    /// Fills bytes.
    pub(super) fn fill(&self, at: usize, value: u8, length: usize) -> io::Result<()> {
        check(at, length);
        self.prepare_write(at, length)?;
        // SAFETY: the range was checked to be mapped and prepared for writing.
        unsafe { std::ptr::write_bytes(self.base().add(at), value, length) }
        Ok(())
    }
}

fn check(offset: usize, length: usize) {
    let end = offset.checked_add(length);
    assert!(
        end.is_some_and(|end| end <= super::SPACE_BYTES),
        "host access at {offset} of {length} bytes leaves the address space"
    );
}

/// Memories whose faults a store answers.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Arc<Mapped>>>);

impl Faults {
    /// Answers the faults of a memory as well.
    pub(crate) fn add(&self, mapped: Arc<Mapped>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mapped);
    }

    #[cfg(unix)]
    fn answer(&self, address: usize) -> bool {
        // Code of a contract faults while the host does nothing, so the lock is free.
        self.0.try_lock().is_ok_and(|memories| memories.iter().any(|mapped| mapped.region.fault(address)))
    }
}

/// Lets a store ask memories about the faults of the contracts' code.
pub(crate) fn answer_faults<T>(store: &mut Store<T>) -> Arc<Faults> {
    let faults = Arc::<Faults>::default();
    #[cfg(unix)]
    {
        use wasmtime::unix::StoreExt;
        let memories = Arc::clone(&faults);
        // SAFETY: the handler runs on the thread that faulted, while code of a contract touches a memory. It takes no
        // lock that it would have to wait for, allocates nothing, and does no more than a system call and atomic
        // writes.
        unsafe {
            store.set_signal_handler(move |_, info, _| memories.answer((*info).si_addr() as usize));
        }
    }
    #[cfg(not(unix))]
    let _ = store;
    faults
}

/// The best backing that this system has.
pub(crate) fn backing() -> Arc<dyn Backing> {
    #[cfg(target_os = "linux")]
    match super::shared::SharedFile::new() {
        Ok(shared) => return Arc::new(shared),
        Err(error) => tracing::debug!(%error, "no shared memory file with a page map; memories are copied instead"),
    }
    Arc::new(portable::Heap)
}

thread_local! {
    static OFFERED: RefCell<Option<Arc<Mapped>>> = const { RefCell::new(None) };
}

/// Offers a mapping for the instance that this thread creates next. The engine's callback for new memories carries
/// nothing that would tell the contract.
pub(crate) fn offer_to_engine(mapped: Arc<Mapped>) {
    OFFERED.set(Some(mapped));
}

/// The engine's source of memories: it hands out what was offered.
pub(crate) fn host_memory() -> Arc<dyn MemoryCreator> {
    Arc::new(Offered)
}

struct Offered;

// SAFETY: the memories handed out are mappings of the whole address space that neither move nor shrink while the
// engine holds them (the proxy owns a reference), as `Region` demands. The host touches them only between steps of
// the contract's code on the same thread.
unsafe impl MemoryCreator for Offered {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        if reserved.is_some_and(|bytes| bytes > super::SPACE_BYTES) || guard > GUARD_BYTES {
            return Err(format!("a reservation of {reserved:?} bytes with a guard of {guard} was not agreed"));
        }
        let mapped = OFFERED.take().ok_or("no memory was offered for this instance")?;
        if mapped.length() < minimum {
            mapped.set_length(minimum);
        }
        Ok(Box::new(Proxy(mapped)))
    }
}

/// Bytes behind the address space that trap on every access. The engine leaves out bounds checks that they make
/// unnecessary.
pub(crate) const GUARD_BYTES: usize = 32 << 20;

struct Proxy(Arc<Mapped>);

// SAFETY: the pointer is the base of a mapping that the proxy keeps alive; `Region` states what is accessible.
unsafe impl LinearMemory for Proxy {
    fn byte_size(&self) -> usize {
        self.0.length()
    }

    fn byte_capacity(&self) -> usize {
        self.0.limit
    }

    fn grow_to(&mut self, length: usize) -> wasmtime::Result<()> {
        self.0.set_length(length);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.region.base()
    }
}

impl PageRef {
    /// Copies the page out.
    pub(crate) fn to_vec(&self) -> io::Result<Vec<u8>> {
        let page = match self {
            Self::Heap(page) => page.to_vec(),
            #[cfg(target_os = "linux")]
            Self::Slot(slot) => slot.read()?,
        };
        debug_assert_eq!(page.len(), PAGE_BYTES);
        Ok(page)
    }

    /// Whether it is the same place and not only the same content.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Heap(one), Self::Heap(other)) => Arc::ptr_eq(one, other),
            #[cfg(target_os = "linux")]
            (Self::Slot(one), Self::Slot(other)) => Arc::ptr_eq(one, other),
            #[cfg(target_os = "linux")]
            _ => false,
        }
    }

    /// Copies one of its blocks out, counted within the page.
    pub(super) fn block(&self, block: u32) -> io::Result<[u8; BLOCK_BYTES]> {
        let (at, mut bytes) = (block as usize * BLOCK_BYTES, [0; BLOCK_BYTES]);
        match self {
            Self::Heap(page) => bytes.copy_from_slice(&page[at..at + BLOCK_BYTES]),
            #[cfg(target_os = "linux")]
            Self::Slot(slot) => slot.read_at(at, &mut bytes)?,
        }
        Ok(bytes)
    }
}
