//! The data drivers that contracts' owners have uploaded.
//!
//! They are no part of the state: a driver that takes another's place stays when blocks are taken back. It goes with
//! its contract, and has to be uploaded again when the contract is deployed again.

use dusk_bytes::Serializable as _;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::Signature;
use redb::{ReadableTable as _, WriteTransaction};

use super::tables::{DEPLOYMENTS, DRIVERS, META};
use super::{Store, StoreError};

/// The most bytes of all drivers together.
pub const MAX_DRIVERS_BYTES: u64 = 256 * 1024 * 1024;
/// The name of the drivers' length together among the facts about the chain.
const HELD: &str = "driver bytes";

/// The signature of a contract's owner over the SHA3-256 hash of a driver.
pub type DriverSignature = [u8; Signature::SIZE];

/// An uploaded driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDriver {
    /// The module.
    pub wasm: Vec<u8>,
    /// The contract owner's signature over its hash.
    pub signature: DriverSignature,
}

impl KeptDriver {
    /// A driver and the signature of the contract's owner.
    #[must_use]
    pub fn new(wasm: Vec<u8>, signature: &Signature) -> Self {
        Self { wasm, signature: signature.to_bytes() }
    }
}

impl Store {
    /// The driver that was uploaded for a contract.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn driver(&self, contract: &ContractId) -> Result<Option<KeptDriver>, StoreError> {
        let row = self.0.begin_read()?.open_table(DRIVERS)?.get(&contract.to_bytes())?;
        Ok(row.map(|row| {
            let (signature, wasm) = row.value();
            KeptDriver { wasm: wasm.to_vec(), signature: *signature }
        }))
    }

    /// The signature of the driver that was uploaded for a contract, which tells it from those before.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn driver_signature(&self, contract: &ContractId) -> Result<Option<DriverSignature>, StoreError> {
        let row = self.0.begin_read()?.open_table(DRIVERS)?.get(&contract.to_bytes())?;
        Ok(row.map(|row| *row.value().0))
    }

    /// Keeps a driver in place of the one before.
    ///
    /// # Errors
    /// [`StoreError::NotDeployed`], [`StoreError::DriversFull`], and when the medium does not take it.
    pub fn put_driver(&self, contract: &ContractId, driver: &KeptDriver) -> Result<(), StoreError> {
        self.put_driver_within(MAX_DRIVERS_BYTES, contract, driver)
    }

    pub(super) fn put_driver_within(
        &self,
        most: u64,
        contract: &ContractId,
        driver: &KeptDriver,
    ) -> Result<(), StoreError> {
        self.0.write(|transaction| {
            let id = contract.to_bytes();
            if transaction.open_table(DEPLOYMENTS)?.get(&id)?.is_none() {
                return Err(StoreError::NotDeployed(*contract));
            }
            remove(transaction, contract)?;
            let (held, bytes) = (held(transaction)?, driver.wasm.len() as u64);
            if held + bytes > most {
                // Nothing is committed: the one before stays.
                return Err(StoreError::DriversFull { held, bytes, most });
            }
            transaction.open_table(DRIVERS)?.insert(&id, (&driver.signature, driver.wasm.as_slice()))?;
            put_held(transaction, held + bytes)
        })
    }
}

/// Removes the driver of a contract, if there is one.
pub(super) fn remove(transaction: &WriteTransaction, contract: &ContractId) -> Result<(), StoreError> {
    let removed = transaction.open_table(DRIVERS)?.remove(&contract.to_bytes())?.map(|row| row.value().1.len() as u64);
    match removed {
        Some(bytes) => put_held(transaction, held(transaction)?.saturating_sub(bytes)),
        None => Ok(()),
    }
}

/// The bytes of all drivers together.
fn held(transaction: &WriteTransaction) -> Result<u64, StoreError> {
    let stored = transaction.open_table(META)?.get(HELD)?.map(|bytes| bytes.value().try_into());
    stored.map_or(Ok(0), |bytes| {
        bytes.map(u64::from_le_bytes).map_err(|_| StoreError::Damaged("the drivers' length does not decode".into()))
    })
}

fn put_held(transaction: &WriteTransaction, bytes: u64) -> Result<(), StoreError> {
    transaction.open_table(META)?.insert(HELD, bytes.to_le_bytes().as_slice())?;
    Ok(())
}
