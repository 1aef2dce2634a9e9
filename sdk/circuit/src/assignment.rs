//! The values of all wires of a circuit for one witness.

use alloc::vec::Vec;
use core::fmt;

use dusk_bls12_381::BlsScalar;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::layout::Wire;

/// The value of each wire for one witness, and the public inputs in order. These values are as secret as the witness:
/// they are wiped when dropped, and never printed.
#[derive(Clone, Default)]
pub struct Assignment {
    values: Vec<BlsScalar>,
    public: Vec<BlsScalar>,
}

impl Assignment {
    /// Creates an assignment from values and public inputs, as another process computed them. [`check`](crate::check)
    /// decides whether they fit a layout.
    #[must_use]
    pub fn from_parts(values: Vec<BlsScalar>, public: Vec<BlsScalar>) -> Self {
        Self { values, public }
    }

    /// The values, by wire index.
    #[must_use]
    pub fn values(&self) -> &[BlsScalar] {
        &self.values
    }

    /// The public inputs, in order.
    #[must_use]
    pub fn public(&self) -> &[BlsScalar] {
        &self.public
    }

    pub(crate) fn try_get(&self, wire: Wire) -> Option<&BlsScalar> {
        self.values.get(wire.index())
    }

    pub(crate) fn push(&mut self, value: BlsScalar) {
        if self.values.len() == self.values.capacity() {
            // Growing in place would leave a copy that is not wiped.
            let mut larger = Vec::with_capacity((2 * self.values.len()).max(1024));
            larger.extend_from_slice(&self.values);
            wipe(&mut self.values);
            self.values = larger;
        }
        self.values.push(value);
    }

    pub(crate) fn publish(&mut self, value: BlsScalar) {
        self.public.push(value);
    }

    /// Replaces the value of a wire, as a dishonest prover would.
    pub fn replace(&mut self, wire: Wire, value: BlsScalar) {
        self.values[wire.index()] = value;
    }
}

fn wipe(values: &mut [BlsScalar]) {
    values.iter_mut().for_each(|value| value.0.zeroize());
}

impl Drop for Assignment {
    fn drop(&mut self) {
        wipe(&mut self.values);
    }
}

impl ZeroizeOnDrop for Assignment {}

impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assignment({} values, {} public)", self.values.len(), self.public.len())
    }
}
