//! Proofs for the tests of contracts: mock ones after a full check, or real ones.
//!
//! A test computes its assignment itself and sends it to the test host, which asks here. The constraints are checked
//! here alone; the test repeats the check only to name the constraint of a refusal. The host issues mocks; they are
//! taken by its own machine only.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::Result;
use clap::ValueEnum;
use dusk_sdk_circuit::{Assignment, Layout, check};
use dusk_sdk_prover::{Keys, ProveError, SILENT};
use local_node::test_host::{Proofs, ProofsError, Proved, Wanted};

use super::proof_times::ProofTimes;
use crate::ops::circuits::proving::Proving;
use crate::ops::circuits::verifier_key::VerifierKey;
use crate::ops::project::settings::Crs;
use crate::ops::report::Report;

/// The most circuits that one run may bring along.
const MAX_CIRCUITS: usize = 1024;

/// The proofs that tests get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProofMode {
    /// Checks all constraints but proves nothing: fast, and accepted by the test host only.
    #[default]
    Mock,
    /// Makes PLONK proofs, which every node accepts.
    Real,
}

/// Makes proofs for tests.
pub(crate) struct TestProofs {
    mode: ProofMode,
    proving: Proving,
    /// The keys that the contracts are built with, by the digest of the circuit.
    built: BTreeMap<[u8; 32], Vec<u8>>,
    /// The digests of these circuits, by name.
    shipped: BTreeMap<String, [u8; 32]>,
    circuits: Mutex<BTreeMap<[u8; 32], Arc<Known>>>,
    times: Arc<ProofTimes>,
    report: Arc<dyn Report>,
}

/// A circuit that a test has shown.
struct Known {
    layout: Layout,
    keys: OnceLock<Result<Keys, String>>,
}

impl TestProofs {
    /// For contracts that were built with these keys.
    pub(crate) fn new(mode: ProofMode, crs: Crs, keys: &[VerifierKey], report: Arc<dyn Report>) -> Result<Self> {
        let digest_of =
            |key: &VerifierKey| <[u8; 32]>::try_from(hex::decode(&key.circuit.digest).ok()?.as_slice()).ok();
        let built = keys.iter().filter_map(|key| Some((digest_of(key)?, key.read()?))).collect();
        let shipped = keys.iter().filter_map(|key| Some((key.circuit.name.clone(), digest_of(key)?))).collect();
        let proving = Proving::with(crs)?;
        Ok(Self { mode, proving, built, shipped, circuits: Mutex::default(), times: Arc::default(), report })
    }

    /// How long real proofs take.
    pub(crate) fn times(&self) -> Arc<ProofTimes> {
        Arc::clone(&self.times)
    }

    /// Refuses a circuit that is another in the tests than in the contracts: none of them would take its proofs.
    fn as_it_ships(&self, wanted: &Wanted<'_>) -> Result<(), ProofsError> {
        match self.shipped.get(wanted.circuit) {
            Some(digest) if *digest != wanted.digest => Err(failed(
                wanted,
                &"the tests and the contracts have different circuits of that name: contracts are built without \
                  `cfg(test)`, without debug assertions, and with their own features",
                "make the circuit's function the same in both builds",
            )),
            _ => Ok(()),
        }
    }

    fn known(&self, wanted: &Wanted<'_>) -> Result<Arc<Known>, ProofsError> {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = circuits.get(&wanted.digest) {
            return Ok(Arc::clone(known));
        }
        let layout = Layout::from_bytes(wanted.layout.ok_or(ProofsError::LayoutWanted)?);
        let layout = layout.map_err(|error| failed(wanted, &error, HINT_VERSION))?;
        if layout.digest().0 != wanted.digest {
            return Err(failed(wanted, &"its description is that of another circuit", HINT_VERSION));
        }
        if circuits.len() >= MAX_CIRCUITS {
            return Err(failed(wanted, &format!("the tests have over {MAX_CIRCUITS} circuits"), "run fewer at a time"));
        }
        let known = Arc::new(Known { layout, keys: OnceLock::new() });
        circuits.insert(wanted.digest, Arc::clone(&known));
        Ok(known)
    }

    /// The keys of a circuit, loaded or made once.
    fn keys<'a>(&self, known: &'a Known, wanted: &Wanted<'_>) -> Result<&'a Keys, ProofsError> {
        let keys = known
            .keys
            .get_or_init(|| self.proving.keys(&known.layout, &*self.report).map_err(|error| format!("{error:#}")));
        keys.as_ref().map_err(|error| failed(wanted, error, "`cargo dusk build` generates the keys, and shows errors"))
    }

    fn verifier_key(&self, known: &Known, wanted: &Wanted<'_>) -> Result<Vec<u8>, ProofsError> {
        match self.built.get(&wanted.digest) {
            Some(key) => Ok(key.clone()),
            // No contract has it: a circuit of the tests themselves.
            None => Ok(self.keys(known, wanted)?.verifier_key().to_vec()),
        }
    }
}

impl Proofs for TestProofs {
    fn prove(&self, wanted: &Wanted<'_>) -> Result<Proved, ProofsError> {
        self.as_it_ships(wanted)?;
        let known = self.known(wanted)?;
        let assignment = Assignment::from_bytes(wanted.wires).map_err(|error| failed(wanted, &error, HINT_VERSION))?;
        match self.mode {
            ProofMode::Mock => {
                check(&known.layout, &assignment).map_err(|error| failed(wanted, &error, HINT_WITNESS))?;
                let verifier_key = self.verifier_key(&known, wanted)?;
                Ok(Proved { verifier_key, public: assignment.public().to_vec(), proof: None })
            }
            ProofMode::Real => {
                let keys = self.keys(&known, wanted)?;
                let begun = self.times.begin();
                let proof = keys.prove(&known.layout, &assignment, SILENT);
                self.times.end(&begun, proof.is_ok().then_some(&known.layout));
                let proof = proof.map_err(|error| match error {
                    ProveError::Unsatisfied(fault) => failed(wanted, &fault, HINT_WITNESS),
                    other => failed(wanted, &other, "`cargo dusk keys verify` finds damaged keys"),
                })?;
                let verifier_key = keys.verifier_key().to_vec();
                Ok(Proved {
                    verifier_key,
                    public: assignment.public().to_vec(),
                    proof: Some(proof.as_bytes().to_vec()),
                })
            }
        }
    }
}

const HINT_VERSION: &str = "use the SDK version of this cargo-dusk in the tests, and compile them again";
const HINT_WITNESS: &str =
    "the inputs do not satisfy the circuit; check the inputs, unless the test expects the refusal";

fn failed(wanted: &Wanted<'_>, reason: &dyn fmt::Display, hint: &str) -> ProofsError {
    ProofsError::Failed { message: format!("cannot prove `{}`: {reason}", wanted.circuit), hint: Some(hint.to_owned()) }
}

impl fmt::Debug for TestProofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestProofs").field("mode", &self.mode).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::{BlsScalar, ConstraintSystem, Field, Gate, native};

    use super::*;
    use crate::ops::report::Silent;

    /// `square` is the square of `root`.
    fn build(values: Option<(u64, u64)>) -> (Layout, Assignment) {
        let mut cs =
            if values.is_some() { ConstraintSystem::with_witness("square") } else { ConstraintSystem::new("square") };
        let (square, root) = (values.map(|it| native::Field::from(it.0)), values.map(|it| native::Field::from(it.1)));
        let square = cs.public::<Field>("square", square.as_ref());
        let root = cs.private::<Field>("root", root.as_ref());
        let one = BlsScalar::one();
        cs.gate("square", Gate::new().ab(root.wire(), root.wire(), one).c(square.wire(), -one));
        cs.finish()
    }

    #[test]
    fn a_mock_is_given_for_what_was_checked_in_full() {
        let (layout, digest) = (build(None).0, build(None).0.digest());
        let key = vec![7; 3];
        let proofs = TestProofs {
            mode: ProofMode::Mock,
            proving: Proving::with(Crs::Development).unwrap(),
            built: BTreeMap::from([(digest.0, key.clone())]),
            shipped: BTreeMap::from([("square".to_owned(), digest.0), ("other".to_owned(), [0; 32])]),
            circuits: Mutex::default(),
            times: Arc::default(),
            report: Arc::new(Silent),
        };
        let wires = |square, root| build(Some((square, root))).1.to_bytes();
        let bytes = layout.to_bytes();
        let ask = |layout: Option<&[u8]>, digest: [u8; 32], wires: &[u8]| {
            proofs.prove(&Wanted { circuit: "square", digest, layout, wires })
        };
        assert_eq!(ask(None, digest.0, &wires(9, 3)).unwrap_err(), ProofsError::LayoutWanted);
        // Another circuit of this name, and the description of another.
        let other = ask(Some(&bytes), [0; 32], &wires(9, 3)).unwrap_err().to_string();
        assert!(other.contains("the tests and the contracts have different circuits of that name"), "{other}");
        let wanted = Wanted { circuit: "other", digest: [0; 32], layout: Some(&bytes), wires: &wires(9, 3) };
        let other = proofs.prove(&wanted).unwrap_err().to_string();
        assert!(other.contains("its description is that of another circuit"), "{other}");
        let proved = ask(Some(&bytes), digest.0, &wires(9, 3)).unwrap();
        assert_eq!((proved.verifier_key, proved.public, proved.proof), (key, vec![BlsScalar::from(9)], None));
        let refused = ask(None, digest.0, &wires(8, 3)).unwrap_err().to_string();
        assert!(refused.contains("cannot prove `square`") && refused.contains("does not hold"), "{refused}");
        assert!(ask(None, digest.0, &wires(9, 3)[1..]).is_err());
    }
}
