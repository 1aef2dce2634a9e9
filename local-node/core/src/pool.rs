//! Decided blocks that are not in the chain: those that peers sent while this node catches up, and other branches.

use std::collections::{BTreeMap, BTreeSet};

use local_node_types::codec::Encode;
use local_node_types::ledger::{Block, Hash, Header};

use crate::ahead::Ahead;
use crate::interface::{LedgerId, PeerId};

/// The most blocks in the pool (production keeps as many).
const MAX_POOLED_BLOCKS: usize = 1000;
/// The most bytes in the pool.
const MAX_POOLED_BYTES: usize = 64 * 1024 * 1024;
/// The most refused blocks that are remembered, so that they are not tried again.
const MAX_REFUSED_BLOCKS: usize = 256;
/// The most blocks of a branch that are looked at, all its ends included.
pub(crate) const MAX_BRANCH_BLOCKS: usize = MAX_POOLED_BLOCKS;

/// A block in the pool.
#[derive(Debug, Clone)]
pub(crate) struct Pooled {
    pub(crate) block: Box<Block>,
    /// The sender; `None` if this node decided it.
    pub(crate) from: Option<PeerId>,
    /// Whether its header and attestation are known to hold after its parent.
    pub(crate) verified: bool,
    /// Its known data before its parent is the tip.
    pub(crate) ahead: Option<Ahead>,
    /// The request by which it was executed.
    pub(crate) executed: Option<LedgerId>,
    bytes: usize,
}

/// Blocks by hash and by parent.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    blocks: BTreeMap<Hash, Pooled>,
    children: BTreeMap<Hash, BTreeSet<Hash>>,
    bytes: usize,
    refused: BTreeMap<Hash, u64>,
}

impl Pool {
    pub(crate) fn contains(&self, hash: &Hash) -> bool {
        self.blocks.contains_key(hash)
    }

    /// Whether a block was tried and broke a rule.
    pub(crate) fn is_refused(&self, hash: &Hash) -> bool {
        self.refused.contains_key(hash)
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether more blocks may be asked for.
    pub(crate) fn has_room(&self, coming: usize) -> bool {
        self.blocks.len() + coming < MAX_POOLED_BLOCKS && self.bytes < MAX_POOLED_BYTES
    }

    /// Adds a block. Where there is no room, a block of the peer that has the most goes; a verified one stays.
    pub(crate) fn add(&mut self, block: Box<Block>, from: Option<PeerId>, verified: bool, executed: Option<LedgerId>) {
        let (hash, bytes) = (block.header.hash, block.encoded().len());
        self.remove(&hash);
        while (self.blocks.len() >= MAX_POOLED_BLOCKS || self.bytes + bytes > MAX_POOLED_BYTES)
            && let Some(victim) = self.victim()
        {
            self.remove(&victim);
        }
        self.bytes += bytes;
        self.children.entry(block.header.prev_block_hash).or_default().insert(hash);
        self.blocks.insert(hash, Pooled { block, from, verified, ahead: None, executed, bytes });
    }

    /// The highest unverified block of the peer that sent the most of these; a verified one when there is no other.
    fn victim(&self) -> Option<Hash> {
        let mut counts = BTreeMap::<Option<PeerId>, usize>::new();
        for pooled in self.blocks.values().filter(|pooled| !pooled.verified) {
            *counts.entry(pooled.from).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(peer, _)| peer);
        let of_most = |pooled: &&Pooled| most.is_none_or(|most| !pooled.verified && pooled.from == most);
        self.blocks
            .values()
            .filter(of_most)
            .max_by_key(|pooled| pooled.block.header.height)
            .map(|it| it.block.header.hash)
    }

    pub(crate) fn get(&self, hash: &Hash) -> Option<&Pooled> {
        self.blocks.get(hash)
    }

    pub(crate) fn set_verified(&mut self, hash: &Hash) {
        if let Some(pooled) = self.blocks.get_mut(hash) {
            pooled.verified = true;
        }
    }

    pub(crate) fn set_ahead(&mut self, hash: &Hash, ahead: Ahead) {
        if let Some(pooled) = self.blocks.get_mut(hash) {
            pooled.ahead = Some(ahead);
        }
    }

    pub(crate) fn remove(&mut self, hash: &Hash) -> Option<Pooled> {
        let pooled = self.blocks.remove(hash)?;
        self.bytes -= pooled.bytes;
        let parent = pooled.block.header.prev_block_hash;
        if let Some(siblings) = self.children.get_mut(&parent) {
            siblings.remove(hash);
            if siblings.is_empty() {
                self.children.remove(&parent);
            }
        }
        Some(pooled)
    }

    /// Removes a block that breaks a rule, and remembers that it does.
    pub(crate) fn refuse(&mut self, hash: &Hash, height: u64) {
        self.remove(hash);
        if self.refused.len() >= MAX_REFUSED_BLOCKS
            && let Some(lowest) = self.refused.iter().min_by_key(|(_, height)| **height).map(|(hash, _)| *hash)
        {
            self.refused.remove(&lowest);
        }
        self.refused.insert(*hash, height);
    }

    /// The blocks in the pool that follow a block.
    pub(crate) fn children<'a>(&'a self, parent: &Hash) -> impl Iterator<Item = &'a Header> + use<'a> {
        let hashes = self.children.get(parent).into_iter().flatten();
        hashes.filter_map(|hash| self.blocks.get(hash)).map(|pooled| &pooled.block.header)
    }

    /// Forgets what is at this height or below: the chain is final there.
    pub(crate) fn forget_to(&mut self, height: u64) {
        let gone: Vec<_> =
            self.blocks.iter().filter(|(_, it)| it.block.header.height <= height).map(|(hash, _)| *hash).collect();
        for hash in gone {
            self.remove(&hash);
        }
        self.refused.retain(|_, of| *of > height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u64, number: u8, parent: Hash) -> Box<Block> {
        let header = Header { height, iteration: number, prev_block_hash: parent, ..Header::default() };
        let hash = header.compute_hash();
        Box::new(Block { header: Header { hash, ..header }, ..Block::default() })
    }

    #[test]
    fn what_is_final_leaves_the_pool() {
        let mut pool = Pool::default();
        let first = block(1, 0, [9; 32]);
        let (short, long) = (block(2, 0, first.header.hash), block(2, 1, first.header.hash));
        let last = block(3, 0, long.header.hash);
        for block in [&last, &short, &first, &long] {
            pool.add(block.clone(), None, false, None);
        }
        let children = |of: &Header| pool.children(&of.hash).map(|it| (it.height, it.iteration)).collect::<Vec<_>>();
        let mut after_first = children(&first.header);
        after_first.sort_unstable();
        assert_eq!((after_first, children(&long.header)), (vec![(2, 0), (2, 1)], vec![(3, 0)]));
        pool.forget_to(2);
        assert_eq!((pool.len(), pool.children.len()), (1, 1));
        pool.forget_to(3);
        assert_eq!((pool.len(), pool.children.len(), pool.bytes()), (0, 0, 0));
    }

    #[test]
    fn a_peer_that_fills_the_pool_loses_its_own_blocks() {
        let mut pool = Pool::default();
        let honest = block(5, 0, [1; 32]);
        pool.add(honest.clone(), Some(PeerId(1)), false, None);
        for height in 0..2 * MAX_POOLED_BLOCKS as u64 {
            pool.add(block(height, 1, [2; 32]), Some(PeerId(2)), false, None);
        }
        assert_eq!(pool.len(), MAX_POOLED_BLOCKS);
        assert!(pool.contains(&honest.header.hash));
    }

    #[test]
    fn refused_blocks_are_remembered_up_to_a_number() {
        let mut pool = Pool::default();
        for height in 0..=MAX_REFUSED_BLOCKS as u64 {
            let block = block(height, 0, [0; 32]);
            pool.refuse(&block.header.hash, height);
        }
        assert!(!pool.is_refused(&block(0, 0, [0; 32]).header.hash));
        assert!(pool.is_refused(&block(1, 0, [0; 32]).header.hash));
    }
}
