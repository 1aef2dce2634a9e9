//! Copies of blocks, kept to undo what comes after them.

use std::collections::HashMap;

use super::{BLOCK_BYTES, BLOCKS_PER_PAGE};

/// The bytes of a block.
pub(super) type Block = Box<[u8; BLOCK_BYTES]>;

/// Copies of blocks, by their pages.
#[derive(Debug, Default)]
pub(super) struct Copies(HashMap<u32, [Option<Block>; BLOCKS_PER_PAGE as usize]>);

impl Copies {
    /// The copy of a block.
    pub(super) fn get(&self, block: u32) -> Option<&Block> {
        self.0.get(&page_of(block))?[place_of(block)].as_ref()
    }

    /// The copy of a block, to be replaced.
    pub(super) fn get_mut(&mut self, block: u32) -> Option<&mut Block> {
        self.0.get_mut(&page_of(block))?[place_of(block)].as_mut()
    }

    /// Whether there is a copy of any block of a page.
    pub(super) fn has_page(&self, page: u32) -> bool {
        self.0.contains_key(&page)
    }

    /// Keeps a copy of a block.
    pub(super) fn insert(&mut self, block: u32, copy: Block) {
        self.0.entry(page_of(block)).or_default()[place_of(block)] = Some(copy);
    }

    /// Forgets the copy of a block.
    pub(super) fn remove(&mut self, block: u32) {
        if let Some(blocks) = self.0.get_mut(&page_of(block)) {
            blocks[place_of(block)] = None;
            if blocks.iter().all(Option::is_none) {
                self.0.remove(&page_of(block));
            }
        }
    }

    /// Forgets all copies.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The pages that have copies, each with a bit for each block that has one.
    pub(super) fn pages(&self) -> impl Iterator<Item = (u32, u16)> {
        let bits = |blocks: &[Option<Block>]| {
            (0..).zip(blocks).filter(|(_, block)| block.is_some()).fold(0, |bits, (at, _)| bits | 1 << at)
        };
        self.0.iter().map(move |(page, blocks)| (*page, bits(blocks)))
    }
}

/// Copies that bring a memory back to where it was, and what they count.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) copies: Copies,
    /// Pages that had a copy already, and had changed since.
    pub(super) counted_pages: usize,
}

/// The page that a block belongs to.
pub(super) const fn page_of(block: u32) -> u32 {
    block / BLOCKS_PER_PAGE
}

const fn place_of(block: u32) -> usize {
    (block % BLOCKS_PER_PAGE) as usize
}

/// Ascending block numbers, gathered by their pages.
pub(super) fn by_page(blocks: &[u32]) -> impl Iterator<Item = (u32, &[u32])> {
    blocks.chunk_by(|one, next| page_of(*one) == page_of(*next)).map(|blocks| (page_of(blocks[0]), blocks))
}

/// A copy of the bytes of a block.
pub(super) fn copy_of(block: &[u8]) -> Block {
    let mut copy = Box::new([0; BLOCK_BYTES]);
    copy.copy_from_slice(block);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_there_as_long_as_one_of_its_blocks_is() {
        let mut copies = Copies::default();
        copies.insert(33, copy_of(&[1; BLOCK_BYTES]));
        copies.insert(47, copy_of(&[2; BLOCK_BYTES]));
        assert_eq!(copies.pages().collect::<Vec<_>>(), [(2, 1 << 1 | 1 << 15)]);
        assert!(copies.get(34).is_none() && copies.get(47).is_some_and(|copy| copy[0] == 2));
        copies.remove(33);
        assert!(copies.has_page(2));
        copies.remove(47);
        copies.remove(47);
        assert!(!copies.has_page(2) && copies.pages().next().is_none());
    }

    #[test]
    fn blocks_are_gathered_by_page() {
        let gathered: Vec<_> = by_page(&[0, 1, 16, 31, 47]).collect();
        assert_eq!(gathered, [(0, &[0, 1][..]), (1, &[16, 31]), (2, &[47])]);
        assert_eq!(by_page(&[]).count(), 0);
    }
}
