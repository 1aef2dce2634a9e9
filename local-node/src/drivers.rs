//! Data drivers: modules that turn the JSON of people into the encodings of contracts and back.
//!
//! The genesis contracts' drivers are built in, the production node's own. Any other contract's driver is a WASM module
//! that the contract's owner signed and uploaded; it is foreign code and runs in the machine's sandbox, with bounds on
//! its work, its memory and its output ([`local_node_vm::driver`]). Uploaded drivers are kept in the
//! [`Store`], as long as their contract is there; compiled ones are remembered as long as there is room.

mod codec;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use dusk_bytes::DeserializableSlice as _;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::{BlsVersion, PublicKey, Signature, verify};
use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_sdk_protocol::execution::HexId;
use local_node_vm::driver::{Driver, DriverError};
use sha3::{Digest as _, Sha3_256};

pub use self::codec::{Codec, CodecError};
use crate::end::Stopped;
use crate::store::{DriverSignature, KeptDriver, Store, StoreError};
use crate::work::{Lane, LaneError};

/// The longest driver that may be uploaded, in bytes.
pub const MAX_UPLOAD_BYTES: usize = 2 * 1024 * 1024;
/// How many compiled drivers are remembered.
const MAX_LOADED: usize = 32;
/// The most uses of drivers that wait or run at a time.
const MAX_USES: usize = 64;
/// The most uses of drivers that run at a time.
const MAX_USES_AT_ONCE: usize = 2;

/// Why a driver is not there, or does not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriversError {
    /// The contract's owner has not uploaded one.
    #[error("there is no data driver for contract {}: its owner can upload one", HexId(.0))]
    Missing(ContractId),
    /// The built-in drivers of genesis contracts cannot be replaced.
    #[error("contract {} is a genesis contract: its data driver is built into the node", HexId(.0))]
    BuiltIn(ContractId),
    /// It is longer than accepted.
    #[error("the data driver has {bytes} bytes, but the maximum is {MAX_UPLOAD_BYTES}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It is not a driver.
    #[error("the uploaded module cannot be a data driver: {0}")]
    Unusable(#[source] DriverError),
    /// The contract's owner is not a key, so nobody can sign the driver.
    #[error("the contract's owner is not a BLS public key, so nobody can sign its data driver")]
    Owner,
    /// The signature is not the owner's.
    #[error("the signature is not valid: the contract's owner must sign the driver's SHA3-256 hash (BLS, scheme V2)")]
    Signature,
    /// The driver returned an error or failed.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// It cannot be stored or found.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many concurrent uses of drivers.
    #[error("the node is using {MAX_USES} data drivers: ask again later")]
    Busy,
    /// The node panicked.
    #[error("the node panicked while it ran the data driver: {0}; please report this fault of the node")]
    Failed(String),
    /// The node no longer answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// The drivers that a node has. Clones share them.
#[derive(Debug, Clone)]
pub struct Drivers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Store,
    /// The last ones used come last.
    loaded: Mutex<VecDeque<Loaded>>,
    compiled: Option<PathBuf>,
    uses: Lane,
}

/// A compiled driver. The signature tells whether it is the one that is kept.
#[derive(Debug)]
struct Loaded {
    contract: ContractId,
    signature: DriverSignature,
    driver: Driver,
}

impl Drivers {
    /// The drivers in a store. Compiled code is kept in the folder, to which nobody else may be able to write.
    #[must_use]
    pub(crate) fn new(store: Store, compiled: Option<PathBuf>) -> Self {
        let uses = Lane::new(MAX_USES, MAX_USES_AT_ONCE);
        Self(Arc::new(Shared { store, loaded: Mutex::default(), compiled, uses }))
    }

    /// The driver that was uploaded for a contract.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn kept(&self, contract: &ContractId) -> Result<Option<KeptDriver>, StoreError> {
        self.0.store.driver(contract)
    }

    /// The signature of the driver that was uploaded for a contract.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn signature(&self, contract: &ContractId) -> Result<Option<DriverSignature>, StoreError> {
        self.0.store.driver_signature(contract)
    }

    /// Tries a driver for a contract with this owner, so that it can be kept.
    ///
    /// # Errors
    /// When it is no driver, or the signature is not the owner's.
    pub(crate) async fn check(
        &self,
        contract: ContractId,
        owner: Vec<u8>,
        wasm: Vec<u8>,
        signature: Signature,
    ) -> Result<KeptDriver, DriversError> {
        if built_in(&contract).is_some() {
            return Err(DriversError::BuiltIn(contract));
        }
        if wasm.len() > MAX_UPLOAD_BYTES {
            return Err(DriversError::TooLong { bytes: wasm.len() });
        }
        self.aside(move |shared| {
            let owner = PublicKey::from_slice(&owner).map_err(|_| DriversError::Owner)?;
            let hash = Sha3_256::digest(&wasm);
            verify(&owner, &signature, &hash, BlsVersion::V2).map_err(|_| DriversError::Signature)?;
            let driver = shared.compile(&wasm).map_err(DriversError::Unusable)?;
            let kept = KeptDriver::new(wasm, &signature);
            shared.remember(contract, kept.signature, driver);
            Ok(kept)
        })
        .await
    }

    /// Does something with a contract's driver, on a thread that may be busy for a while.
    ///
    /// # Errors
    /// When there is no driver, or what the use gives.
    pub async fn using<T: Send + 'static>(
        &self,
        contract: ContractId,
        using: impl FnOnce(&Codec) -> Result<T, CodecError> + Send + 'static,
    ) -> Result<T, DriversError> {
        self.aside(move |shared| Ok(using(&shared.codec(&contract)?)?)).await
    }

    /// The drivers of genesis contracts, which are at hand at once.
    #[must_use]
    pub fn built_in(contract: &ContractId) -> Option<Codec> {
        built_in(contract)
    }

    async fn aside<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Shared) -> Result<T, DriversError> + Send + 'static,
    ) -> Result<T, DriversError> {
        let shared = Arc::clone(&self.0);
        match self.0.uses.run(move || job(&shared)).await {
            Ok(done) => done,
            Err(LaneError::Full) => Err(DriversError::Busy),
            Err(LaneError::Panicked(text)) => Err(DriversError::Failed(text)),
            Err(LaneError::Ending) => Err(Stopped::Asked.into()),
        }
    }
}

impl Shared {
    fn codec(&self, contract: &ContractId) -> Result<Codec, DriversError> {
        if let Some(codec) = built_in(contract) {
            return Ok(codec);
        }
        let missing = || DriversError::Missing(*contract);
        let signature = self.store.driver_signature(contract)?.ok_or_else(missing)?;
        let is_it = |loaded: &&Loaded| loaded.contract == *contract && loaded.signature == signature;
        let loaded = self.loaded().iter().find(is_it).map(|loaded| loaded.driver.clone());
        let (signature, driver) = match loaded {
            Some(driver) => (signature, driver),
            None => {
                // Another may have taken its place meanwhile.
                let kept = self.store.driver(contract)?.ok_or_else(missing)?;
                (kept.signature, self.compile(&kept.wasm).map_err(CodecError::from)?)
            }
        };
        self.remember(*contract, signature, driver.clone());
        Ok(Codec::uploaded(driver))
    }

    fn compile(&self, wasm: &[u8]) -> Result<Driver, DriverError> {
        match &self.compiled {
            Some(folder) => Driver::load_cached(wasm, folder),
            None => Driver::load(wasm),
        }
    }

    fn remember(&self, contract: ContractId, signature: DriverSignature, driver: Driver) {
        let mut loaded = self.loaded();
        loaded.retain(|it| it.contract != contract);
        if loaded.len() >= MAX_LOADED {
            loaded.pop_front();
        }
        loaded.push_back(Loaded { contract, signature, driver });
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn loaded(&self) -> std::sync::MutexGuard<'_, VecDeque<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn built_in(contract: &ContractId) -> Option<Codec> {
    match *contract {
        TRANSFER_CONTRACT => Some(Codec::transfer()),
        STAKE_CONTRACT => Some(Codec::stake()),
        _ => None,
    }
}
