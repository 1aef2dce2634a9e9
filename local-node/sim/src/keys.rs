//! The keys and stakes of simulated provisioners.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{BlsVersion, PublicKey, SecretKey};
use local_node_consensus::signing::{Keyring, Signatures, Signer};
use local_node_consensus::{Provisioners, Stake};
use local_node_types::keys::BlsKey;
use local_node_types::rules::{LUX_PER_DUSK, Profile};

use crate::ideal::{IdealSignatures, IdealSigner};
use crate::remembered::RememberedSignatures;

/// The number of the key whose emergency blocks count. It has no stake, and no node holds it.
pub const EMERGENCY_KEY: u64 = 1_000_000;

/// How nodes sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Without curves.
    #[default]
    Ideal,
    /// As the chain does. All nodes of a process share what was found out about each signature.
    Bls,
}

/// The version of signatures at a height of a simulated chain.
#[must_use]
pub fn version(height: u64) -> BlsVersion {
    Profile::Local.at(height).fork().bls_version()
}

fn secret(number: u64) -> SecretKey {
    SecretKey::from(BlsScalar::hash_to_scalar(&number.to_le_bytes()))
}

/// The key of a provisioner. Computed once in a process: it is the same in every run.
#[must_use]
pub fn point(number: u64) -> PublicKey {
    static KNOWN: Mutex<BTreeMap<u64, PublicKey>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(number).or_insert_with(|| PublicKey::from(&secret(number)))
}

/// The key of a provisioner as bytes.
#[must_use]
pub fn key(number: u64) -> BlsKey {
    BlsKey::from(&point(number))
}

impl Scheme {
    /// The keys of a node.
    #[must_use]
    pub fn signer(self, numbers: &[u64]) -> Box<dyn Signer> {
        match self {
            Self::Ideal => Box::new(IdealSigner::new(numbers.iter().copied().map(key))),
            Self::Bls => Box::new(Keyring::new(numbers.iter().copied().map(secret).collect())),
        }
    }

    /// Provisioners 1, 2, 3, … with these stakes in DUSK.
    #[must_use]
    pub fn provisioners(self, stakes: &[u64]) -> Arc<Provisioners> {
        let stake = |dusk: &u64| Stake { value: dusk * LUX_PER_DUSK, eligible_since: 0 };
        let provisioners: Provisioners = (1..).zip(stakes).map(|(number, dusk)| (point(number), stake(dusk))).collect();
        Arc::new(provisioners.checked_by(self.signatures()))
    }

    /// The verifier of signatures.
    #[must_use]
    pub fn signatures(self) -> Arc<dyn Signatures> {
        match self {
            Self::Ideal => Arc::new(IdealSignatures),
            Self::Bls => {
                static SHARED: LazyLock<Arc<RememberedSignatures>> = LazyLock::new(Arc::default);
                Arc::<RememberedSignatures>::clone(&SHARED)
            }
        }
    }
}
