//! From sources to what can be deployed: keys of circuits, contract, data driver, description.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use dusk_sdk_protocol::abi::CircuitKey;
use local_node_vm::ModuleError;
use serde_json::json;

use super::artifact::{Artifact, BuiltCircuits, BuiltContract, Record};
use super::compile::{self, Recipe};
use super::optimise::Optimiser;
use super::verifiers;
use crate::error::Fault;
use crate::ops::cargo::inputs::{self, Inputs};
use crate::ops::cargo::machine::Machine;
use crate::ops::cargo::packages::{self, ContractPackage, Packages};
use crate::ops::cargo::toolchain::{self, Product, Toolchain};
use crate::ops::circuits::verifier_key::VerifierKey;
use crate::ops::circuits::{Circuits, Plan};
use crate::ops::contract::{sandbox, wasm};
use crate::ops::hash::hash_of;
use crate::ops::project::bundled::{SDK_HASH, SDK_VERSION};
use crate::ops::project::{Project, folders};
use crate::ops::report::Report;

/// Raise it when the same inputs give other artefacts than before.
const PIPELINE_VERSION: u32 = 7;
/// The folder in `target/dusk` for contracts that log.
const LOGS_FOLDER: &str = "logs";
/// Held while the artefacts are made, so that two commands do not make them at once.
const LOCK_FILE: &str = ".lock";

/// The result of a build.
#[derive(Debug)]
pub(crate) struct Built {
    /// The contracts, in the order of their names.
    pub(crate) artifacts: Vec<Artifact>,
    /// The verifier keys of the circuits, in the order of their names.
    pub(crate) keys: Vec<VerifierKey>,
    /// Whether nothing had to be done.
    pub(crate) fresh: bool,
}

impl Built {
    fn of(record: &Record, fresh: bool) -> Self {
        let artifacts = record.contracts.iter().map(|contract| contract.artifact.clone());
        Self { artifacts: artifacts.collect(), keys: record.circuits.keys.clone(), fresh }
    }
}

/// Builds all contracts of the project, as they are shipped; does nothing when nothing has changed.
///
/// # Errors
/// A failure when a contract does not compile or would be refused by the chain, an environment fault when there is no
/// toolchain.
pub(crate) fn build(project: &Project, report: &dyn Report, yes: bool) -> Result<Built> {
    build_as(project, report, yes, Recipe::of(project))
}

/// Builds all contracts of the project by a recipe.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_as(project: &Project, report: &dyn Report, yes: bool, recipe: Recipe) -> Result<Built> {
    project.hide_artefacts()?;
    let _lock = lock(project, report)?;
    let folder = if recipe.logs { project.artefacts().join(LOGS_FOLDER) } else { project.artefacts() };
    if project.ensure_sdk()? {
        report.step("Linking", &format_args!("the SDK {SDK_VERSION} (.cargo/config.toml)"));
    }
    let machine = Machine::here(&project.root);
    let optimiser = Optimiser::find(&machine);
    let tools = [
        format!("pipeline {PIPELINE_VERSION}, SDK {SDK_HASH}"),
        format!("{} {recipe:?}", compile::settings()),
        toolchain::identity(&machine),
        Optimiser::identity(optimiser.as_ref()),
    ]
    .join("\n");
    let last = Record::read(&folder).filter(|record| record.tools == tools);
    let members = inputs::members(&project.root)?;
    if let Some(record) = &last
        && record.is_fresh(&project.root, members.as_ref())
    {
        return Ok(Built::of(record, true));
    }

    let toolchain = toolchain::ensure(&machine, report, yes)?;
    let begun = SystemTime::now();
    if recipe.small {
        toolchain.check_sources(&machine)?;
    }
    let packages = packages::packages(&project.root, report)?;
    let workshop = Workshop {
        project,
        folder: &folder,
        recipe,
        report,
        machine: &machine,
        toolchain: &toolchain,
        optimiser: optimiser.as_ref(),
        begun,
        resolved: SystemTime::now(),
    };
    let mut fresh = last.as_ref().is_some_and(|last| last.contracts.len() == packages.contracts.len());
    let packages_of_contracts = contracts_of(&packages, &project.root)?;
    let plan = Plan::of(&packages);
    let known = last.as_ref().map(|last| &last.circuits);
    let circuits = match known.filter(|known| known.plan == plan.identity() && known.is_fresh(&project.root)) {
        Some(known) => known.clone(),
        None => {
            fresh = false;
            workshop.circuits(&plan, known)?
        }
    };
    let mut contracts = Vec::new();
    for package in packages_of_contracts {
        let known = last.iter().flat_map(|last| &last.contracts).find(|known| known.artifact.name == package.name);
        contracts.push(match known.filter(|known| known.is_fresh(&project.root)) {
            Some(known) => known.clone(),
            None => {
                fresh = false;
                workshop.contract(package, known.map(|known| &known.artifact), &circuits.keys)?
            }
        });
    }
    let record = Record { tools, members, circuits, contracts };
    record.write(&folder)?;
    Ok(Built::of(&record, fresh))
}

/// The contracts; there must be one.
fn contracts_of<'a>(packages: &'a Packages, root: &Path) -> Result<&'a [ContractPackage]> {
    if packages.contracts.is_empty() {
        return Err(Fault::usage(
            format!("there is no contract in {}", root.display()),
            "a contract is a library package that depends on dusk-sdk; `cargo dusk new NAME` makes one",
        ));
    }
    Ok(&packages.contracts)
}

fn lock(project: &Project, report: &dyn Report) -> Result<File> {
    let folder = project.artefacts();
    let path = folder.join(LOCK_FILE);
    let open = || -> std::io::Result<File> {
        fs::create_dir_all(&folder)?;
        let file = File::create(&path)?;
        if file.try_lock().is_err() {
            let _waiting = report.waiting("waiting for another build of this project");
            file.lock()?;
        }
        Ok(file)
    };
    open().with_context(|| format!("cannot lock {}", path.display()))
}

/// The inputs of one contract's build.
struct Workshop<'a> {
    project: &'a Project,
    /// Where the artefacts go.
    folder: &'a Path,
    recipe: Recipe,
    report: &'a dyn Report,
    machine: &'a Machine,
    toolchain: &'a Toolchain,
    optimiser: Option<&'a Optimiser>,
    /// When the build began.
    begun: SystemTime,
    /// When cargo had written `Cargo.lock`.
    resolved: SystemTime,
}

impl Workshop<'_> {
    /// Compiles the circuits and makes their verifier keys. `known`: those of the last build with the same tools.
    fn circuits(&self, plan: &Plan, known: Option<&BuiltCircuits>) -> Result<BuiltCircuits> {
        let mut circuits = Circuits::compile(&self.project.root, plan, self.report)?;
        let known = known.map_or(&[][..], |known| &known.keys);
        let keys = verifiers::make(&self.project.artefacts(), &circuits, known, self.recipe.crs, self.report)?;
        // The keys are made by the build itself: the record has their hashes.
        let made_here = verifiers::folder(&self.project.artefacts());
        circuits.sources.retain(|source| !source.starts_with(&made_here));
        let inputs = self.inputs(plan.roots().map(str::to_owned).collect(), &circuits.sources)?;
        Ok(BuiltCircuits { plan: plan.identity(), inputs, keys })
    }

    /// Builds a contract. `known`: the one of the last build with the same tools.
    fn contract(
        &self,
        package: &ContractPackage,
        known: Option<&Artifact>,
        keys: &[VerifierKey],
    ) -> Result<BuiltContract> {
        let mut sources = BTreeSet::new();
        let artifact = self.make(package, known, keys, &mut sources)?;
        let inputs = self.inputs(BTreeSet::from([package.name.clone()]), &sources)?;
        Ok(BuiltContract { artifact, inputs })
    }

    /// The inputs of these packages.
    fn inputs(&self, packages: BTreeSet<String>, sources: &BTreeSet<PathBuf>) -> Result<Option<Inputs>> {
        let Self { project, begun, resolved, .. } = *self;
        let made_here = &verifiers::folder(&project.artefacts());
        Inputs::gather(inputs::Build { root: &project.root, packages, sources, begun, resolved, made_here })
    }

    /// Makes one contract's artefacts.
    fn make(
        &self,
        package: &ContractPackage,
        known: Option<&Artifact>,
        keys: &[VerifierKey],
        sources: &mut BTreeSet<PathBuf>,
    ) -> Result<Artifact> {
        let with = if self.recipe.logs { ", with logs" } else { "" };
        self.report.step("Building", &format_args!("{} (contract and data driver{with})", package.name));
        let mut compile = |product| -> Result<Vec<u8>> {
            let compiled =
                compile::compile(self.project, &package.name, product, self.recipe, self.toolchain, self.report)?;
            sources.extend(compiled.sources);
            Ok(compiled.wasm)
        };
        // The driver needs nearly all that the contract needs, and more. So where nothing is compiled yet, cargo has
        // more packages to compile at a time.
        let (driver, contract) = (compile(Product::Driver)?, compile(Product::Contract)?);
        let compiled_hash = hash_of(format!("{} {}", hash_of(&contract), hash_of(&driver)).as_bytes());
        if let Some(known) = known.filter(|known| known.compiled_hash == compiled_hash && known.is_whole()) {
            return Ok(known.clone());
        }

        let compiled_bytes = wasm::without_custom(&contract)?.len();
        let circuits = verifiers::within(&contract, keys);
        let (named, optimised) = self.optimise(&contract)?;
        let mut contract = wasm::without_custom(&named)?;
        let code_bytes = contract.len();
        let driver = wasm::without_custom(&self.optimise(&driver)?.0)?;
        // Only test hosts offer what contracts log with.
        let valid = if self.recipe.logs { Ok(()) } else { sandbox::validate(&contract) };
        valid.map_err(|reason| {
            Fault::failed(format!("the chain would refuse `{}`: {reason}", package.name), hint_refused(&reason))
        })?;
        let mut abi = sandbox::schema(&driver).map_err(|reason| {
            Fault::failed(format!("the data driver of `{}` does not work: {reason:#}", package.name), HINT_NO_SCHEMA)
        })?;
        abi.circuits.clone_from(&circuits);
        let compact = serde_json::to_vec(&abi).context("descriptions have text keys")?;
        wasm::append_custom(&mut contract, wasm::ABI_SECTION, &wasm::packed(&compact));
        let record = self.build_record(package, &circuits);
        wasm::append_custom(&mut contract, wasm::BUILD_SECTION, &wasm::packed(record.as_bytes()));

        let folder = self.folder.join(&package.name);
        let artifact = Artifact {
            name: package.name.clone(),
            bytes: contract.len(),
            compiled_bytes,
            code_bytes,
            optimised,
            hash: hash_of(&contract),
            driver_bytes: driver.len(),
            driver_hash: hash_of(&driver),
            compiled_hash,
            functions: abi.functions.len(),
            events: abi.events.len(),
            circuits,
            folder,
        };
        let pretty = serde_json::to_vec_pretty(&abi).context("descriptions have text keys")?;
        folders::write_atomically(&artifact.wasm_path(), &contract)?;
        folders::write_atomically(&artifact.named_path(), &named)?;
        folders::write_atomically(&artifact.driver_path(), &driver)?;
        folders::write_atomically(&artifact.abi_path(), &pretty)?;
        Ok(artifact)
    }

    /// The module with the names of its functions, smaller where wasm-opt is there, and whether it was at work.
    fn optimise(&self, module: &[u8]) -> Result<(Vec<u8>, bool)> {
        let named = wasm::with_names_only(module)?;
        let Some(optimiser) = self.optimiser else {
            return Ok((named, false));
        };
        Ok(match optimiser.optimise(self.machine, &named, self.report)? {
            Some(smaller) => (wasm::with_names_only(&smaller)?, true),
            None => (named, false),
        })
    }

    /// The data with which a build gives the same bytes again.
    fn build_record(&self, package: &ContractPackage, circuits: &[CircuitKey]) -> String {
        json!({
            "package": package.name,
            "version": package.version,
            "sdk": SDK_VERSION,
            "cargo-dusk": env!("CARGO_PKG_VERSION"),
            "rustc": self.toolchain.name(),
            "panics": if self.recipe.small { "without text" } else { "with text" },
            "circuits": circuits,
            "optimiser": self.optimiser.map(|optimiser| optimiser.version.as_str()),
        })
        .to_string()
    }
}

/// The hint for a contract that the chain would refuse.
fn hint_refused(reason: &ModuleError) -> &'static str {
    match reason {
        ModuleError::TooLong { .. } => {
            "`cargo dusk inspect` shows the size of each part; `build --small` omits panic messages"
        }
        ModuleError::MemoryTooLarge { .. } => {
            "make the largest statics and arrays smaller: `cargo dusk inspect` shows the data"
        }
        ModuleError::Limit(_) => {
            "the virtual machine limits the code that it compiles: split the named function, or the contract; \
             `cargo dusk inspect` shows the size of each function"
        }
        _ => "use only the imports and exports of the SDK: the chain refuses others",
    }
}

const HINT_NO_SCHEMA: &str =
    "a contract has one `#[contract]` module; any other library sets `[package.metadata.dusk] contract = false`";
