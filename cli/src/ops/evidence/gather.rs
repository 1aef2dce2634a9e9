//! Builds, tests and audits the project, and makes the evidence of the results.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use dusk_sdk_circuit::{PROOF_BYTES, audit};
use dusk_sdk_protocol::abi::{ContractAbi, Field, Function, FunctionKind, Shape, Type};

use super::document::{
    Audit, Call, Circuit, Contract, EventShown, Evidence, KeyOf, Named, ParametersOfKeys, Standing, Test, Tools,
};
use super::{sources, threats};
use crate::error::Fault;
use crate::figures::count;
use crate::ops::build::artifact::Artifact;
use crate::ops::build::optimise::Optimiser;
use crate::ops::build::{self, Recipe};
use crate::ops::cargo::machine::Machine;
use crate::ops::cargo::{packages, toolchain};
use crate::ops::circuits::{Circuits, Plan};
use crate::ops::contract::words::{sentence, type_text};
use crate::ops::hash::hash_of;
use crate::ops::project::Project;
use crate::ops::project::bundled::{SDK_HASH, SDK_VERSION};
use crate::ops::report::Report;
use crate::ops::testing::proofs::{ProofMode, TestProofs};
use crate::ops::testing::runs::{self, Selection, Status, TestResult, TestRun};

/// The file with the table of threats.
const README: &str = "README.md";
/// The most bytes of it that are read.
const MAX_README_BYTES: u64 = 4 << 20;

/// Options of the evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// The proofs that tests make.
    pub(crate) proofs: ProofMode,
    /// How long a test may take.
    pub(crate) time: Option<Duration>,
    /// Whether missing tools are installed without asking.
    pub(crate) yes: bool,
}

/// Builds, tests and audits the project. Failed tests and findings become part of the evidence, and are no errors.
///
/// # Errors
/// When the project or its tests do not compile, or a test program ends without results.
pub(crate) fn gather(project: &Project, order: Order, report: &Arc<dyn Report>) -> Result<Evidence> {
    let recipe = Recipe::of(project);
    let built = build::build_as(project, &**report, order.yes, recipe)?;
    let packages = packages::packages(&project.root, &**report)?;
    let circuits = circuits(project, &packages, &**report)?;
    let contracts = built.artifacts.iter().map(contract).collect::<Result<Vec<_>>>()?;
    let proofs = TestProofs::new(order.proofs, recipe.crs, &built.keys, Arc::clone(report))?;
    let tests = tests(&run(project, &built.artifacts, proofs, order, &**report)?)?;
    let threats = threats::judged(threats::rows(&readme(project)?), &tests);
    report.step("Hashing", &"the sources");
    let keys = built.keys.iter().map(|key| &key.circuit);
    let parameters: BTreeSet<_> =
        keys.map(|key| ParametersOfKeys { name: key.parameters.clone(), development: key.development }).collect();
    let mut evidence = Evidence {
        sound: false,
        remarks: Vec::new(),
        threats,
        tests,
        circuits,
        contracts,
        parameters: parameters.into_iter().collect(),
        tools: tools(project, order, &**report)?,
        sources: sources::of(&project.root, &packages)?,
    };
    judge(&mut evidence);
    Ok(evidence)
}

/// Sets `sound`, and writes the remarks.
fn judge(evidence: &mut Evidence) {
    let mut against = Vec::new();
    let tests = |status: &str| evidence.tests.iter().filter(|test| test.status == status).count();
    let threats = |standing| evidence.threats.iter().filter(|threat| threat.standing == standing).count();
    let dirty: Vec<&str> =
        evidence.circuits.iter().filter(|it| !it.audit.clean).map(|circuit| circuit.name.as_str()).collect();
    match tests("failed") {
        0 => {}
        failed => against.push(format!("{} failed", count(failed, "test"))),
    }
    match threats(Standing::Open) {
        0 => {}
        open => against.push(format!("{} open: a test failed, was ignored, or does not exist", count(open, "threat"))),
    }
    match threats(Standing::Untested) {
        0 => {}
        untested => against.push(format!("{} without a test", count(untested, "threat"))),
    }
    if !dirty.is_empty() {
        against.push(format!("the audit is not clean: {}", dirty.join(", ")));
    }
    let mut remarks = Vec::new();
    if evidence.parameters.iter().any(|parameters| parameters.development) {
        remarks.push("keys were made with development parameters: anybody can forge proofs under them".to_owned());
    }
    if evidence.tools.proofs == "mock" && !evidence.circuits.is_empty() {
        remarks.push("proofs in tests are mock: all constraints were checked, nothing was proved".to_owned());
    }
    if evidence.threats.is_empty() {
        remarks.push(format!("{README} has no table of threats"));
    }
    match tests("ignored") {
        0 => {}
        ignored => remarks.push(format!("{} ignored", count(ignored, "test"))),
    }
    evidence.sound = against.is_empty();
    evidence.remarks = against.into_iter().chain(remarks).collect();
}

fn readme(project: &Project) -> Result<String> {
    let path = project.root.join(README);
    match fs::metadata(&path) {
        Err(_) => return Ok(String::new()),
        Ok(file) if file.len() > MAX_README_BYTES => {
            let what = format!("{} has more than {MAX_README_BYTES} bytes", path.display());
            return Err(Fault::usage(what, "shorten it: `cargo dusk evidence` reads its table of threats"));
        }
        Ok(_) => {}
    }
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn run(
    project: &Project,
    artifacts: &[Artifact],
    proofs: TestProofs,
    order: Order,
    report: &dyn Report,
) -> Result<TestRun> {
    report.step("Compiling", &"the tests");
    let programs = runs::programs(project, report)?;
    let host = runs::start_host(artifacts, proofs)?;
    report.step("Testing", &"the contracts");
    let _waiting = report.waiting("running the tests");
    let selection = Selection {
        filter: None,
        exact: false,
        observer: false,
        jobs: None,
        time: order.time,
        fail_fast: false,
        show_output: false,
        arguments: &[],
    };
    runs::run(&programs, host, selection)
}

fn tests(run: &TestRun) -> Result<Vec<Test>> {
    if let Some((program, _)) = run.broken.first() {
        return Err(Fault::failed(
            format!("the test program {program} ended without a result"),
            "`cargo dusk test` shows what it printed",
        ));
    }
    let test = |result: &TestResult| Test {
        name: result.full_name(),
        status: match result.status {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Ignored => "ignored",
            Status::Skipped => "skipped",
        }
        .to_owned(),
        mock_proofs: result.proofs.mock,
        real_proofs: result.proofs.real,
        observer: result.observer.clone(),
    };
    let mut tests: Vec<Test> = run.results.iter().map(test).collect();
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tests)
}

fn circuits(project: &Project, packages: &packages::Packages, report: &dyn Report) -> Result<Vec<Circuit>> {
    let circuits = Circuits::compile(&project.root, &Plan::of(packages), report)?;
    let mut all = Vec::new();
    for circuit in circuits.iter() {
        report.step("Auditing", &circuit.name);
        let _waiting = report.waiting(&format!("auditing {}", circuit.name));
        let described = circuit.describe()?;
        let (layout, audited) = (&described.layout, audit(&described.layout));
        let inputs = |public: bool| {
            let inputs = layout.inputs.iter().filter(|input| input.public == public);
            inputs.map(|input| Named { name: input.name.clone(), ty: input.kind.clone() }).collect()
        };
        all.push(Circuit {
            name: circuit.name.clone(),
            package: circuit.package.clone(),
            doc: described.doc.trim().to_owned(),
            digest: layout.digest().to_string(),
            gates: layout.gates(),
            public: inputs(true),
            private: inputs(false),
            audit: Audit {
                clean: audited.clean(),
                determined: audited.determined,
                choices: audited.choices,
                findings: audited.findings.iter().map(ToString::to_string).collect(),
            },
        });
    }
    Ok(all)
}

fn contract(artifact: &Artifact) -> Result<Contract> {
    let abi = artifact.abi()?;
    let path = artifact.abi_path();
    let interface = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let transactions = abi.functions.iter().filter(|function| function.kind == FunctionKind::Transaction);
    let key = |key: &dusk_sdk_protocol::abi::CircuitKey| KeyOf {
        name: key.name.clone(),
        digest: key.digest.clone(),
        parameters: key.parameters.clone(),
    };
    Ok(Contract {
        name: artifact.name.clone(),
        wasm: artifact.hash.clone(),
        bytes: artifact.bytes,
        driver: artifact.driver_hash.clone(),
        interface: hash_of(&interface),
        circuits: abi.circuits.iter().map(key).collect(),
        calls: abi.init.iter().chain(transactions).map(|function| call(function, &abi)).collect(),
        events: abi
            .events
            .iter()
            .map(|event| EventShown { name: event.topic.clone(), fields: shown(&event.data, &abi) })
            .collect(),
    })
}

fn call(function: &Function, abi: &ContractAbi) -> Call {
    let has_proof = function.inputs.iter().any(|input| has_proof(&input.ty, abi, MAX_DEPTH));
    let circuits = abi.circuits.iter().filter(|_| has_proof);
    Call {
        name: function.name.clone(),
        doc: sentence(&function.doc),
        arguments: function.inputs.iter().map(named).collect(),
        result: type_text(&function.output),
        proofs_of: circuits.map(|circuit| circuit.name.clone()).collect(),
    }
}

/// How deep types are followed: a type may contain itself.
const MAX_DEPTH: usize = 16;

/// Whether a value of the type may hold a proof.
fn has_proof(ty: &Type, abi: &ContractAbi, depth: usize) -> bool {
    let holds = |ty: &Type| depth > 0 && has_proof(ty, abi, depth - 1);
    match ty {
        Type::FixedBytes(bytes) => *bytes as usize == PROOF_BYTES,
        Type::Option(inner) | Type::List(inner) | Type::Set(inner) | Type::Array(inner, _) => holds(inner),
        Type::Tuple(items) => items.iter().any(holds),
        Type::Map(key, value) => holds(key) || holds(value),
        Type::Named(name) => abi.types.get(name).is_some_and(|definition| match &definition.shape {
            Shape::Struct(fields) => fields.iter().any(|field| holds(&field.ty)),
            Shape::Enum(variants) => variants.iter().flat_map(|it| &it.fields).any(|field| holds(&field.ty)),
        }),
        _ => false,
    }
}

fn named(field: &Field) -> Named {
    Named { name: field.name.clone(), ty: type_text(&field.ty) }
}

/// The fields of an event, or its type where it has none.
fn shown(ty: &Type, abi: &ContractAbi) -> Vec<Named> {
    let definition = if let Type::Named(name) = ty { abi.types.get(name) } else { None };
    match definition.map(|definition| &definition.shape) {
        Some(Shape::Struct(fields)) => fields.iter().map(named).collect(),
        _ => vec![Named { name: String::new(), ty: type_text(ty) }],
    }
}

fn tools(project: &Project, order: Order, report: &dyn Report) -> Result<Tools> {
    let machine = Machine::here(&project.root);
    let toolchain = toolchain::ensure(&machine, report, order.yes)?;
    Ok(Tools {
        cargo_dusk: env!("CARGO_PKG_VERSION").to_owned(),
        sdk: SDK_VERSION.to_owned(),
        sdk_sources: SDK_HASH.to_owned(),
        rustc: toolchain.name().to_owned(),
        optimiser: Optimiser::find(&machine).map_or_else(|| "none".to_owned(), |found| found.version),
        proofs: match order.proofs {
            ProofMode::Mock => "mock",
            ProofMode::Real => "real",
        }
        .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::sample;
    use super::super::document::{Threat, Try};
    use super::*;

    #[test]
    fn what_speaks_against_a_project_is_said_first() {
        let mut evidence = sample();
        judge(&mut evidence);
        assert!(evidence.sound);
        assert_eq!(evidence.remarks, ["README.md has no table of threats"]);
        let tries = vec![Try { name: "gone".to_owned(), test: None, status: "missing".to_owned() }];
        let threat = Threat {
            threat: "a stranger pays".to_owned(),
            defence: String::new(),
            standing: Standing::Open,
            tests: tries,
        };
        evidence.threats = vec![threat];
        evidence.parameters = vec![ParametersOfKeys { name: "00".to_owned(), development: true }];
        judge(&mut evidence);
        assert!(!evidence.sound);
        assert_eq!(evidence.remarks[0], "1 threat open: a test failed, was ignored, or does not exist");
        assert!(evidence.remarks[1].contains("forge proofs"), "{:?}", evidence.remarks);
    }

    #[test]
    fn a_proof_is_found_inside_of_other_types() {
        let abi: ContractAbi = serde_json::from_value(serde_json::json!({
            "schema": 1, "name": "x", "sdk": "0.1.0", "functions": [],
            "types": { "Sent": { "struct": [{ "name": "proof", "type": { "fixedbytes": 1008 } }] },
                       "Self": { "struct": [{ "name": "more", "type": { "list": { "named": "Self" } } }] } },
        }))
        .unwrap();
        let named = |name: &str| Type::Named(name.to_owned());
        assert!(has_proof(&Type::List(Box::new(named("Sent"))), &abi, MAX_DEPTH));
        assert!(!has_proof(&named("Self"), &abi, MAX_DEPTH));
        assert!(!has_proof(&Type::FixedBytes(32), &abi, MAX_DEPTH));
    }
}
