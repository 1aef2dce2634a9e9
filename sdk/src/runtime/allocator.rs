//! The allocator of a contract.
//!
//! A contract's memory is its state: it is never reset, every write costs gas, and every byte of code costs gas at
//! deployment. Therefore this allocator is small, and takes the same few steps for each request. It rounds sizes up to
//! one of four steps between two powers of two (at most a quarter is wasted). Each rounded size has a list of freed
//! blocks; if the list is empty, the block comes from the end of the used memory. Freed blocks are never merged. The
//! memory of a contract is therefore bounded by the sum over all sizes of the largest number of blocks that it used at
//! one time.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

use super::sizes::{ALIGN, SIZES, round};

const PAGE_BYTES: usize = 64 * 1024;

struct Allocator(UnsafeCell<State>);

struct State {
    /// The lists of freed blocks. A freed block starts with the address of the next one.
    freed: [*mut u8; SIZES],
    /// The first address that was never allocated. 0 before the first request.
    end: usize,
}

// SAFETY: a contract has one thread.
unsafe impl Sync for Allocator {}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(State { freed: [null_mut(); SIZES], end: 0 }));

unsafe extern "C" {
    /// The linker places this symbol after all data.
    static __heap_base: u8;
}

// SAFETY: blocks never overlap: a block is either fresh from the end, or was freed with the same rounded size.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a contract has one thread, and nothing below allocates.
        let state = unsafe { &mut *self.0.get() };
        let (size, list) = round(layout);
        let Some(freed) = state.freed.get_mut(list) else { return null_mut() };
        let block = *freed;
        if !block.is_null() && layout.align() <= ALIGN {
            // SAFETY: a freed block starts with the address of the next one.
            *freed = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        if state.end == 0 {
            state.end = (&raw const __heap_base as usize).next_multiple_of(ALIGN);
        }
        let start = state.end.next_multiple_of(layout.align().max(ALIGN));
        let Some(end) = start.checked_add(size) else { return null_mut() };
        let pages = end.div_ceil(PAGE_BYTES);
        let present = memory_size(0);
        if pages > present && memory_grow(0, pages - present) == usize::MAX {
            return null_mut();
        }
        state.end = end;
        start as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: a contract has one thread.
        let state = unsafe { &mut *self.0.get() };
        let (_, list) = round(layout);
        if let Some(freed) = state.freed.get_mut(list) {
            // SAFETY: the caller no longer uses the block, and it has at least 16 bytes.
            unsafe { block.cast::<*mut u8>().write(*freed) };
            *freed = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size` rounded up to the alignment does not overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if round(wanted) == round(layout) {
            return block;
        }
        // SAFETY: the caller has stated these sizes for the blocks; the blocks are distinct.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                core::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
