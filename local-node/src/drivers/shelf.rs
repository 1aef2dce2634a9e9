//! Where uploaded drivers are kept: in memory, as long as the node runs.
//!
//! A contract's id follows from its module, its owner and a nonce, so a driver stays right when blocks are reverted and the
//! contract is deployed again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use dusk_bytes::Serializable as _;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::Signature;

/// The most bytes of all kept drivers together.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// An uploaded driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDriver {
    /// The module.
    pub wasm: Arc<[u8]>,
    /// The contract owner's signature over its hash.
    pub signature: [u8; Signature::SIZE],
}

impl KeptDriver {
    /// A driver and the signature of the contract's owner.
    #[must_use]
    pub fn new(wasm: Vec<u8>, signature: &Signature) -> Self {
        Self { wasm: wasm.into(), signature: signature.to_bytes() }
    }
}

/// Why a driver is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// There is no room.
    #[error("the node keeps {held} bytes of data drivers and has no room for {bytes} more: {MAX_BYTES} is the most")]
    Full {
        /// What it keeps.
        held: usize,
        /// What was to be kept.
        bytes: usize,
    },
}

/// Keeps uploaded drivers, one for each contract.
#[derive(Debug, Default)]
pub struct Shelf(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    drivers: BTreeMap<ContractId, KeptDriver>,
    bytes: usize,
}

impl Shelf {
    /// The driver of a contract.
    #[must_use]
    pub fn get(&self, contract: &ContractId) -> Option<KeptDriver> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).drivers.get(contract).cloned()
    }

    /// Keeps a driver in place of the one before.
    ///
    /// # Errors
    /// [`ShelfError::Full`].
    pub fn put(&self, contract: ContractId, driver: KeptDriver) -> Result<(), ShelfError> {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = kept.drivers.get(&contract).map_or(0, |before| before.wasm.len());
        let (held, bytes) = (kept.bytes - before, driver.wasm.len());
        if held + bytes > MAX_BYTES {
            return Err(ShelfError::Full { held, bytes });
        }
        kept.bytes = held + bytes;
        kept.drivers.insert(contract, driver);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(bytes: usize) -> KeptDriver {
        KeptDriver { wasm: vec![0; bytes].into(), signature: [0; Signature::SIZE] }
    }

    #[test]
    fn room_is_counted_by_what_is_kept() {
        let (shelf, [a, b]) = (Shelf::default(), [1, 2].map(|id| ContractId::from_bytes([id; 32])));
        shelf.put(a, driver(MAX_BYTES - 10)).expect("fits");
        assert_eq!(shelf.put(b, driver(11)), Err(ShelfError::Full { held: MAX_BYTES - 10, bytes: 11 }));
        assert_eq!(shelf.get(&b), None);
        // One that takes the place of another needs only the difference.
        shelf.put(a, driver(20)).expect("fits");
        shelf.put(b, driver(11)).expect("fits now");
        assert_eq!(shelf.get(&a).map(|kept| kept.wasm.len()), Some(20));
    }
}
