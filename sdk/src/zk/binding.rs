//! Binding a proof to the occasion that it was made for.

use crate::Field;
use crate::wire::Wire;

/// A field element that stands for a value of any type: contract, chain, sender, receiver, epoch, …
///
/// Make it a public input of the circuit, and a proof holds for this occasion only: who copies the proof cannot use it elsewhere. It
/// is BLAKE2b of the value's encoding, reduced to the field, and the same in contracts and in tests. It hides nothing.
///
/// ```
/// # use dusk_sdk::zk::binding;
/// let (chain, epoch) = (0_u8, 7_u64);
/// assert_ne!(binding(&(chain, epoch)), binding(&(chain, epoch + 1)));
/// ```
///
/// # Panics
/// When the value is larger than an argument may be ([`MAX_VALUE_BYTES`](crate::wire::MAX_VALUE_BYTES)).
#[must_use]
pub fn binding<T: Wire>(of: &T) -> Field {
    let Ok(bytes) = of.encode() else { panic!("the value that the proof is bound to is too large") };
    crate::crypto::hash(&bytes)
}
