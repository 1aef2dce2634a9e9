//! What each gadget costs, counted from the gadgets themselves.

use alloc::vec::Vec;

use crate::circuit::Circuit;
use crate::layout::Layout;

mod curve;
mod numbers;

/// A gadget in the catalogue.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// What it does.
    pub name: &'static str,
    /// Its rows, without those that make its inputs.
    pub gates: usize,
    /// The most rows that it may have.
    pub aim: usize,
    /// A circuit of its inputs, which are private, and the gadget.
    pub layout: Layout,
}

/// A gadget on its own: makes its inputs, tells where the gadget begins, and builds it.
struct Gadget {
    name: &'static str,
    aim: usize,
    build: fn(&mut Circuit) -> usize,
}

impl Gadget {
    fn entry(&self) -> Entry {
        let mut cs = Circuit::new(self.name);
        let before = (self.build)(&mut cs);
        let gates = cs.rows() - before;
        Entry { name: self.name, gates, aim: self.aim, layout: cs.finish().0 }
    }
}

/// All gadgets with what they cost.
#[must_use]
pub fn catalogue() -> Vec<Entry> {
    let families = [numbers::GADGETS, curve::GADGETS];
    families.into_iter().flatten().map(Gadget::entry).collect()
}
