//! The costs of each gadget, counted from the gadgets themselves.

use alloc::vec::Vec;

use crate::constraint_system::ConstraintSystem;
use crate::layout::Layout;
use crate::value::Value;

mod curve;
mod hashes;
mod numbers;

/// A gadget in the catalogue.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// Its function.
    pub name: &'static str,
    /// Its rows, without those that create its inputs.
    pub gates: usize,
    /// The limit for its rows.
    pub aim: usize,
    /// A circuit of private inputs and the gadget.
    pub layout: Layout,
}

/// A gadget on its own: creates its inputs, returns the row where the gadget starts, and builds it.
struct Gadget {
    name: &'static str,
    aim: usize,
    build: fn(&mut ConstraintSystem) -> usize,
}

impl Gadget {
    fn entry(&self) -> Entry {
        let mut cs = ConstraintSystem::new(self.name);
        let before = (self.build)(&mut cs);
        let gates = cs.rows() - before;
        Entry { name: self.name, gates, aim: self.aim, layout: cs.finish().0 }
    }
}

/// All gadgets with their costs.
#[must_use]
pub fn catalogue() -> Vec<Entry> {
    let families = [numbers::GADGETS, curve::GADGETS, hashes::GADGETS];
    families.into_iter().flatten().map(Gadget::entry).collect()
}

/// Private inputs of one type, and their number of rows.
fn inputs<T: Value, const N: usize>(cs: &mut ConstraintSystem) -> ([T; N], usize) {
    let values = cs.private::<[T; N]>("inputs", None);
    let rows = cs.rows();
    (values, rows)
}

/// A gadget over inputs of one type.
macro_rules! gadget {
    ($name:literal, $aim:literal, $input:ty, |$cs:ident, [$($value:ident),+]| $body:expr) => {
        Gadget {
            name: $name,
            aim: $aim,
            build: |$cs| {
                let ([$($value),+], rows) = $crate::catalogue::inputs::<$input, { [$(stringify!($value)),+].len() }>($cs);
                let _ = $body;
                rows
            },
        }
    };
}

use gadget;
