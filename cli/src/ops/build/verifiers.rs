//! The verifier keys that contracts are built with.
//!
//! They lie in a folder of the project, one file for each circuit, and are written only when they change: the compiler
//! builds a contract anew when a key that is in it does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use dusk_sdk_circuit::Layout;
use dusk_sdk_circuit::verifier_key::stored;
use dusk_sdk_protocol::abi::CircuitKey;
use dusk_sdk_prover::Parameters;

use super::artifact::Artifact;
use crate::error::Fault;
use crate::ops::cargo::packages;
use crate::ops::circuits::proving::{self, Proving};
use crate::ops::circuits::verifier_key::VerifierKey;
use crate::ops::circuits::{Circuits, Plan, crs};
use crate::ops::project::settings::Crs;
use crate::ops::project::{Project, folders};
use crate::ops::report::Report;

/// The folder in `target/dusk` with the keys.
const FOLDER: &str = "circuits";
/// The extension of the files, by which the macro finds them.
const EXTENSION: &str = "verifier";
/// The variable that tells the macro where the folder is.
pub(crate) const VARIABLE: &str = "DUSK_CIRCUITS";

/// The folder of the keys in a project's folder of artefacts.
pub(crate) fn folder(artefacts: &Path) -> PathBuf {
    artefacts.join(FOLDER)
}

/// Makes the keys of all circuits, where they are not there yet. `known`: those of the last build.
///
/// # Errors
/// When a circuit cannot be built or is too large, or the parameters are missing.
pub(crate) fn make(
    artefacts: &Path,
    circuits: &Circuits,
    known: &[VerifierKey],
    crs: Crs,
    report: &dyn Report,
) -> Result<Vec<VerifierKey>> {
    let folder = folder(artefacts);
    let proving = Proving::with(crs)?;
    let wanted = match crs {
        Crs::Development => None,
        Crs::Production => crs::fetched()?.map(|production| production.id),
    };
    let mut made = Vec::new();
    for circuit in circuits.iter() {
        let layout = circuit.describe()?.layout;
        let (digest, path) = (layout.digest().to_string(), folder.join(format!("{}.{EXTENSION}", circuit.name)));
        let is_wanted = |key: &VerifierKey| match &wanted {
            _ if key.circuit.digest != digest => false,
            Some(id) => key.circuit.parameters == *id,
            None => key.circuit.development,
        };
        let last = known.iter().find(|key| key.circuit.name == circuit.name && key.path == path);
        if let Some(last) = last.filter(|key| is_wanted(key) && key.is_whole()) {
            made.push(last.clone());
            continue;
        }
        let keys = proving.keys(&layout, report)?;
        let (key, parameters) = (keys.verifier_key(), keys.parameters());
        if fs::read(&path).ok().as_deref() != Some(key) {
            folders::write_atomically(&path, key)?;
        }
        let circuit_key = CircuitKey {
            name: circuit.name.clone(),
            digest,
            parameters: parameters.to_string(),
            development: parameters.is_development(),
            gates: layout.gates() as u64,
        };
        let package = circuit.package.clone();
        made.push(VerifierKey::new(circuit_key, package, key, path));
    }
    remove_others(&folder, &made);
    Ok(made)
}

/// Removes keys of circuits that are gone: a contract that still asks for one must not find it.
fn remove_others(folder: &Path, keys: &[VerifierKey]) {
    let kept: BTreeSet<&Path> = keys.iter().map(|key| key.path.as_path()).collect();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let is_key = path.extension().is_some_and(|extension| extension == EXTENSION);
        if is_key && !kept.contains(path.as_path()) {
            // One that stays is in nobody's way who does not ask for it.
            let _ = fs::remove_file(&path);
        }
    }
}

/// The circuits whose keys are in a module, as the compiler left it.
pub(crate) fn within(module: &[u8], keys: &[VerifierKey]) -> Vec<CircuitKey> {
    let is_within = |key: &&VerifierKey| key.read().is_some_and(|bytes| has_key(module, &bytes));
    keys.iter().filter(is_within).map(|key| key.circuit.clone()).collect()
}

/// Whether a module has both parts of a verifier key: contracts store the part that is common to several keys once. Of
/// it only the points are looked for: the optimiser leaves out the zeros before them.
fn has_key(module: &[u8], key: &[u8]) -> bool {
    stored(key).is_some_and(|(own, common)| {
        let zeros = common.iter().take_while(|byte| **byte == 0).count();
        has_bytes(module, &own) && has_bytes(module, &common[zeros..])
    })
}

/// Whether a module has these bytes.
fn has_bytes(module: &[u8], bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else { return false };
    let mut rest = module;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(bytes) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Sees that the verifier keys in contracts are those of the project's circuits: each is made again from the circuit
/// and from production's file, and nothing that this machine has kept of earlier builds is taken for it. For contracts
/// that are about to guard money.
///
/// # Errors
/// A failure when a key is another; else as [`make`].
pub(crate) fn confirm(project: &Project, contracts: &[&Artifact], report: &dyn Report) -> Result<()> {
    if contracts.iter().all(|contract| contract.circuits.is_empty()) {
        return Ok(());
    }
    report.step("Confirming", &"the verifier keys: they are made again from the circuits");
    let plan = Plan::of(&packages::packages(&project.root, report)?);
    let circuits = Circuits::compile(&project.root, &plan, report)?;
    let parameters = crs::production_from_file(&|_, _| ())?;
    let describe = |name: &str| circuits.pick(Some(name))?.describe().map(|described| described.layout);
    let folder = folder(&project.artefacts());
    let built_with = |name: &str| fs::read(folder.join(format!("{name}.{EXTENSION}"))).unwrap_or_default();
    for contract in contracts {
        confirm_one(contract, &contract.wasm()?, &built_with, &describe, &parameters, report)?;
    }
    Ok(())
}

/// As [`confirm`], for one contract. `built_with`: the file of the key that the compiler was given. It has to be the
/// key too: the common part in the contract may be that of another key.
fn confirm_one(
    contract: &Artifact,
    wasm: &[u8],
    built_with: &dyn Fn(&str) -> Vec<u8>,
    describe: &dyn Fn(&str) -> Result<Layout>,
    parameters: &Parameters,
    report: &dyn Report,
) -> Result<()> {
    for circuit in &contract.circuits {
        let layout = describe(&circuit.name)?;
        let key = proving::verifier_key_made_again(&layout, parameters, report)?;
        let is_in_contract = built_with(&circuit.name) == key && has_key(wasm, &key);
        if layout.digest().to_string() != circuit.digest || !is_in_contract {
            return Err(Fault::failed(
                format!("the verifier key of `{}` in `{}` does not match its circuit", circuit.name, contract.name),
                "nothing was sent; the keys stored on this machine were changed: remove them with `cargo dusk keys gc \
                 --unused-for 0s`, remove `target/dusk`, and build again",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::verifier_key::{COMMON_BYTES, common_begin};
    use dusk_sdk_circuit::{BlsScalar, ConstraintSystem, Field, Gate};
    use dusk_sdk_prover::{Keys, SILENT};

    use super::*;
    use crate::ops::report::Silent;

    /// A circuit whose private input is what it should be; a weaker one forgets to say so.
    fn circuit(is_strict: bool) -> Layout {
        let mut cs = ConstraintSystem::new("guard");
        let (shown, own) = (cs.public::<Field>("shown", None), cs.private::<Field>("own", None));
        let one = BlsScalar::one();
        let other = if is_strict { shown } else { own };
        cs.gate("the same", Gate::new().a(own.wire(), one).b(other.wire(), -one));
        cs.finish().0
    }

    #[test]
    fn keys_of_a_weaker_circuit_in_the_cache_do_not_get_to_a_public_network() {
        let parameters = Parameters::development(16, SILENT).unwrap();
        let layout = circuit(true);
        // The answer of a changed cache for this circuit; a test of the prover makes one.
        let kept: Keys = Keys::compile(&circuit(false), &parameters, SILENT).unwrap();
        let real: Keys = Keys::compile(&layout, &parameters, SILENT).unwrap();
        assert_ne!(kept.verifier_key(), real.verifier_key());

        let key = CircuitKey {
            name: "guard".to_owned(),
            digest: layout.digest().to_string(),
            parameters: parameters.id().to_string(),
            development: false,
            gates: layout.gates() as u64,
        };
        let contract = Artifact { circuits: vec![key], ..Artifact::named("vault") };
        let report = Silent;
        let confirm = |key: &[u8], file: &[u8]| {
            let (own, common) = stored(key).unwrap_or((key.to_vec(), [0; COMMON_BYTES]));
            let wasm = [b"\0asm".as_slice(), &common[240..], b" between ", &own, b" after"].concat();
            let describe = |_: &str| Ok(layout.clone());
            let built_with = |_: &str| file.to_vec();
            confirm_one(&contract, &wasm, &built_with, &describe, &parameters, &report)
                .map_err(|error| error.to_string())
        };
        let (real, kept) = (real.verifier_key(), kept.verifier_key());
        assert_eq!(confirm(real, real), Ok(()));
        // In the contract, in the file alone, in the contract alone.
        for (key, file) in [(kept, kept), (real, kept), (kept, real)] {
            let told = confirm(key, file).unwrap_err();
            assert!(told.contains("the verifier key of `guard` in `vault` does not match its circuit"), "{told}");
        }
        // Parameters of somebody who knows their secret, and other rows of public inputs.
        let begin = common_begin(real).unwrap();
        let end = begin + COMMON_BYTES;
        for place in [0, begin - 1, end - 1, end, real.len() - 1] {
            let mut spoilt = real.to_vec();
            spoilt[place] ^= 1;
            assert!(confirm(&spoilt, real).is_err(), "{place}");
        }
        // Nor a circuit that was changed since the contract was built.
        let describe = |_: &str| Ok(circuit(false));
        let wasm = [b"\0asm".as_slice(), real].concat();
        let built_with = |_: &str| real.to_vec();
        assert!(confirm_one(&contract, &wasm, &built_with, &describe, &parameters, &report).is_err());
    }
}
