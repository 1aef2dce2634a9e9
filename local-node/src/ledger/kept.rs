//! The states that can still be read, and the memory that they take.
//!
//! States share the pages that are the same in them. So what a state takes is counted as its *own pages*: those that
//! the next kept state does not have, because the blocks between have written them. The state of the tip is not
//! counted; the machine bounds it ([`MAX_STATE_PAGES`](local_node_vm::MAX_STATE_PAGES)).
//!
//! Nobody needs the states of final blocks but those to which the chain can go back: genesis and snapshots. The others
//! are there for questions that have begun, and are forgotten as soon as they take too much. So the states below the
//! tip take at most [`MAX_KEPT_BYTES`], and where there are snapshots, what has changed since the last one on top: at
//! most a whole state.

use std::collections::BTreeMap;

use local_node_vm::{PAGE_BYTES, StateRoot, Vm};

use crate::store::MAX_KEPT_BYTES;

/// How many states below the tip stay readable after their blocks are final, at most.
const MAX_FINAL_STATES: usize = 16;
/// How many do in any case.
const MIN_FINAL_STATES: usize = 1;

/// The states that can be read, by height.
#[derive(Debug)]
pub(super) struct KeptStates(BTreeMap<u64, Kept>);

#[derive(Debug)]
struct Kept {
    root: StateRoot,
    /// Bytes of its own pages; none for the last state.
    own_bytes: usize,
}

impl KeptStates {
    /// States that the machine does not have yet, except the last one.
    pub(super) fn new(states: BTreeMap<u64, StateRoot>) -> Self {
        Self(states.into_iter().map(|(height, root)| (height, Kept { root, own_bytes: 0 })).collect())
    }

    /// Bytes that the states below the tip take, once `next` has come after the last one.
    pub(super) fn bytes_before(&self, vm: &Vm, next: &StateRoot) -> usize {
        let last = self.0.last_key_value().map_or(0, |(_, last)| own_bytes(vm, &last.root, next));
        self.bytes() + last
    }

    /// Bytes that the states below the tip take.
    pub(super) fn bytes(&self) -> usize {
        self.0.values().map(|kept| kept.own_bytes).sum()
    }

    /// The heights that nobody needs any more, once the block with the state `next` has come. `is_wanted` says which
    /// have to stay; the last final blocks and those after them stay as well.
    pub(super) fn superfluous(
        &self,
        vm: &Vm,
        next: &StateRoot,
        last_final: u64,
        is_wanted: impl Fn(u64) -> bool,
    ) -> Vec<u64> {
        let settled: Vec<_> = self.0.range(..=last_final).rev().filter(|(height, _)| !is_wanted(**height)).collect();
        let mut bytes = self.bytes_before(vm, next);
        let mut superfluous = Vec::new();
        // From the oldest one on.
        for (place, (height, kept)) in settled.into_iter().enumerate().skip(MIN_FINAL_STATES).rev() {
            if place < MAX_FINAL_STATES && bytes <= MAX_KEPT_BYTES {
                break;
            }
            bytes = bytes.saturating_sub(kept.own_bytes);
            superfluous.push(*height);
        }
        superfluous
    }

    /// Keeps the state of the block at a height, which is the last one.
    pub(super) fn push(&mut self, vm: &Vm, height: u64, root: StateRoot) {
        if let Some(mut last) = self.0.last_entry() {
            let own_bytes = own_bytes(vm, &last.get().root, &root);
            last.get_mut().own_bytes = own_bytes;
        }
        self.0.insert(height, Kept { root, own_bytes: 0 });
    }

    /// Forgets the state at a height.
    pub(super) fn forget(&mut self, vm: &Vm, height: u64) {
        let Some(forgotten) = self.0.remove(&height) else { return };
        let next = self.0.range(height..).next().map(|(_, next)| next.root);
        if let (Some(next), Some((_, before))) = (next, self.0.range_mut(..height).next_back()) {
            before.own_bytes = own_bytes(vm, &before.root, &next);
        }
        vm.discard(&forgotten.root);
    }

    /// Forgets the states above a height.
    pub(super) fn revert(&mut self, vm: &Vm, height: u64) {
        for kept in self.0.split_off(&(height + 1)).into_values() {
            vm.discard(&kept.root);
        }
        if let Some(mut last) = self.0.last_entry() {
            last.get_mut().own_bytes = 0;
        }
    }
}

fn own_bytes(vm: &Vm, root: &StateRoot, next: &StateRoot) -> usize {
    vm.own_pages(root, next).saturating_mul(PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn kept(bytes: &[(u64, usize)]) -> KeptStates {
        KeptStates(bytes.iter().map(|&(height, own_bytes)| (height, Kept { root: [0; 32], own_bytes })).collect())
    }

    fn superfluous(kept: &KeptStates, last_final: u64) -> Vec<u64> {
        let vm = Vm::in_memory().expect("the engine starts");
        kept.superfluous(&vm, &[1; 32], last_final, |height| height == 0 || height == 5)
    }

    #[test]
    fn so_many_final_states_stay() {
        let small: Vec<_> = (0..30).map(|height| (height, MIB)).collect();
        let (first, last_final) = (27 - MAX_FINAL_STATES as u64 + 1, 27);
        let expected: Vec<_> = (1..first).filter(|height| *height != 5).collect();
        assert_eq!(superfluous(&kept(&small), last_final), expected);
    }

    #[test]
    fn large_states_go_earlier() {
        let large: Vec<_> = (0..8).map(|height| (height, if height == 0 { 0 } else { 100 * MIB })).collect();
        assert_eq!(superfluous(&kept(&large), 7), [1, 2]);
        assert_eq!(superfluous(&kept(&large[..6]), 5), [0; 0]);
        // The snapshot stays, and so do the last final state and those after it, whatever they take.
        let huge: Vec<_> = (0..10).map(|height| (height, 600 * MIB)).collect();
        assert_eq!(superfluous(&kept(&huge), 8), [1, 2, 3, 4, 6, 7]);
    }
}
