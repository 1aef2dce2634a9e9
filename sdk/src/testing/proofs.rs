//! Proofs in tests.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::any::TypeId;
use core::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use dusk_sdk_circuit::{
    Assignment, AssignmentError, CheckError, Circuit, Digest, Layout, Unsatisfied, assign, check, layout,
};
use dusk_sdk_protocol::host::{Attached, HexBytes, Request, Response};

use super::chain::Chain;
use super::connection::ConnectionError;
use crate::zk::{PROOF_BYTES, Proof};

/// The reason why there is no proof.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProveError {
    /// The inputs do not satisfy the circuit: they violate this constraint.
    Unsatisfied(Box<Unsatisfied>),
    /// The circuit has other gates for these inputs.
    Witness(AssignmentError),
    /// The test host makes no proof, for this reason.
    Host(String),
}

impl ProveError {
    /// The name of the violated constraint, if there is one.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Unsatisfied(fault) => Some(&fault.constraint),
            _ => None,
        }
    }
}

impl fmt::Display for ProveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsatisfied(fault) => write!(f, "the inputs do not satisfy the circuit: {fault}"),
            Self::Witness(error) => error.fmt(f),
            Self::Host(text) => f.write_str(text),
        }
    }
}

impl core::error::Error for ProveError {}

impl Chain {
    /// Makes a proof that these inputs satisfy the circuit: a mock, or a real proof under
    /// `cargo dusk test --proofs real`. Contracts treat both alike.
    ///
    /// # Errors
    /// [`ProveError`], which names the violated constraint.
    ///
    /// # Panics
    /// If the test host has ended.
    #[track_caller]
    pub fn prove<C: Circuit + 'static>(
        &self,
        public: &C::Public,
        private: &C::Private,
    ) -> Result<Proof<C>, ProveError> {
        self.make_proof::<C>(public, private).map(|Made { bytes, .. }| Proof::from_bytes(bytes))
    }

    #[track_caller]
    fn make_proof<C: Circuit + 'static>(&self, public: &C::Public, private: &C::Private) -> Result<Made, ProveError> {
        let known = known::<C>();
        let assignment = assign::<C>(&known.layout, public, private).map_err(ProveError::Witness)?;
        let mut request = Request::Prove {
            circuit: C::NAME.into(),
            digest: known.digest.0,
            layout: None,
            wires: Attached::new(core::mem::take(&mut *assignment.to_bytes())),
        };
        let mut response = self.try_ask(&request);
        if let (Ok(Response::LayoutWanted), Request::Prove { layout, .. }) = (&response, &mut request) {
            *layout = Some(HexBytes(known.layout.to_bytes()));
            response = self.try_ask(&request);
        }
        if let Request::Prove { wires, .. } = &mut request {
            Assignment::wipe(&mut wires.bytes);
        }
        match response {
            Ok(Response::Proof { proof, mock }) => {
                let bytes: Result<[u8; PROOF_BYTES], _> = proof.0.try_into();
                bytes
                    .map(|bytes| Made { bytes, mock })
                    .map_err(|_| ProveError::Host("the test host gave a proof of another size".into()))
            }
            Err(error @ ConnectionError::Refused { .. }) => Err(match check(&known.layout, &assignment) {
                // The host checks every proof; it does not tell what is private.
                Err(CheckError::Unsatisfied(fault)) => ProveError::Unsatisfied(fault),
                _ => ProveError::Host(error.to_string()),
            }),
            Err(error) => panic!("{error}"),
            Ok(other) => super::chain::unexpected(&other),
        }
    }
}

impl Chain {
    /// As [`prove`](Self::prove), but takes the proof that another test of this program has made of the same inputs, if
    /// there is one. Tests of a confidential asset begin alike, and most of their time goes into witnesses.
    ///
    /// # Errors
    /// [`ProveError`], which names the violated constraint.
    ///
    /// # Panics
    /// If the test host has ended.
    #[track_caller]
    pub fn prove_once<C: Circuit + 'static>(
        &self,
        public: &C::Public,
        private: &C::Private,
    ) -> Result<Proof<C>, ProveError> {
        /// A circuit and a hash of its inputs.
        type Inputs = (TypeId, [u8; 32]);
        static MADE: Mutex<BTreeMap<Inputs, Made>> = Mutex::new(BTreeMap::new());
        let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(inputs) = serde_json::to_vec(&(public, private)) else { return self.prove::<C>(public, private) };
        let key = (TypeId::of::<C>(), blake3::hash(&inputs).into());
        let known = made().get(&key).copied();
        if let Some(Made { bytes, mock }) = known {
            return match self.try_ask(&Request::Reused { mock }) {
                Ok(Response::Done) => Ok(Proof::from_bytes(bytes)),
                Ok(other) => super::chain::unexpected(&other),
                Err(error) => panic!("{error}"),
            };
        }
        let proof = self.make_proof::<C>(public, private)?;
        made().insert(key, proof);
        Ok(Proof::from_bytes(proof.bytes))
    }
}

/// A proof as the host gave it.
#[derive(Clone, Copy)]
struct Made {
    bytes: [u8; PROOF_BYTES],
    mock: bool,
}

/// A layout that was built before.
struct Known {
    layout: Layout,
    digest: Digest,
}

/// The layout of a circuit; each test program builds it once.
fn known<C: Circuit + 'static>() -> Arc<Known> {
    static LAYOUTS: OnceLock<Mutex<BTreeMap<TypeId, Arc<Known>>>> = OnceLock::new();
    let mut layouts = LAYOUTS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let known = layouts.entry(TypeId::of::<C>()).or_insert_with(|| {
        let layout = layout::<C>();
        let digest = layout.digest();
        Arc::new(Known { layout, digest })
    });
    Arc::clone(known)
}
