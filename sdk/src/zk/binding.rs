//! Binding a proof to one occasion.

use crate::Field;
use crate::wire::Wire;

/// A field element computed from a value of any type: contract, chain, sender, receiver, epoch, …
///
/// If it is a public input of the circuit, a proof is valid for this occasion only, so a copy of the proof cannot be
/// used elsewhere. The element is the BLAKE2b hash of the value's encoding, reduced to the field, and the same in
/// contracts and in tests. It does not hide the value.
///
/// ```
/// # use dusk_sdk::zk::binding;
/// let (chain, epoch) = (0_u8, 7_u64);
/// assert_ne!(binding(&(chain, epoch)), binding(&(chain, epoch + 1)));
/// ```
///
/// # Panics
/// If the value's encoding is longer than [`MAX_VALUE_BYTES`](crate::wire::MAX_VALUE_BYTES).
#[must_use]
pub fn binding<T: Wire>(of: &T) -> Field {
    let Ok(bytes) = of.encode() else { panic!("the value that the proof is bound to is too large") };
    crate::crypto::hash(&bytes)
}
