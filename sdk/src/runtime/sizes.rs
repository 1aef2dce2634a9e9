//! The block sizes of the allocator.

use core::alloc::Layout;

/// The alignment of every block, in bytes.
pub(super) const ALIGN: usize = 16;

/// The number of sizes: four for each power of two up to 4 GiB.
pub(super) const SIZES: usize = 4 * 28;

/// The block size for a request, and the index of its list.
pub(super) fn round(layout: Layout) -> (usize, usize) {
    let size = layout.size().max(layout.align()).max(ALIGN);
    if size <= 4 * ALIGN {
        let steps = size.div_ceil(ALIGN);
        return (steps * ALIGN, steps - 1);
    }
    let power = (size - 1).ilog2();
    let step = 1 << (power - 2);
    let steps = size.div_ceil(step);
    (steps * step, (power as usize - 5) * 4 + steps - 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(size: usize) -> (usize, usize) {
        round(Layout::from_size_align(size, 8).unwrap())
    }

    #[test]
    fn sizes_grow_by_quarters_of_powers_of_two() {
        let mut last = (0, usize::MAX);
        for size in 1..100_000 {
            let (rounded, list) = of(size);
            assert!(rounded >= size && rounded % ALIGN == 0, "{size}");
            assert!(rounded < size + ALIGN.max(size / 4 + 1), "{size} wastes more than a quarter");
            if rounded != last.0 {
                assert_eq!((list, of(rounded)), (last.1.wrapping_add(1), (rounded, list)), "{size}");
                last = (rounded, list);
            }
            assert_eq!(list, last.1);
        }
    }

    #[test]
    fn the_largest_request_has_a_list() {
        let (rounded, list) = of(1 << 31);
        assert_eq!(rounded, 1 << 31);
        assert!(list < SIZES);
    }

    #[test]
    fn alignment_counts_as_size() {
        assert_eq!(round(Layout::from_size_align(1, 64).unwrap()).0, 64);
    }
}
