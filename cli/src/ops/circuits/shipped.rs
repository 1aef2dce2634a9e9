//! The circuits as they ship, in a program that answers for them.
//!
//! A contract has the verifier keys of its circuits, so these must be the circuits that it is built with: with its
//! features, without `cfg(test)`, without debug assertions, with panics that abort, without compiler flags of the
//! project or its user. The library of each contract is compiled for this machine, in cargo's profile for development;
//! packages that can describe circuits are compiled with panics that abort and without debug assertions, as in the
//! profile of contracts. All other packages are compiled as for the tests, so that both share them. The compiler then
//! links the library with a `main` of one line.
//!
//! Only the target differs from the contract's. Build scripts and dependencies for some targets could make
//! another circuit of that, so packages of the project that circuits are made of have neither: see [`Plan::check`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result};
use cargo_metadata::{Artifact as Compiled, BuildScript, DependencyKind, Message, Metadata, PackageId};

use crate::error::Fault;
use crate::ops::cargo::machine::Machine;
use crate::ops::cargo::packages::Packages;
use crate::ops::cargo::{command, compiler, configuration, inputs};
use crate::ops::report::Report;

/// The library that has the `main` of the program.
const DESCRIBER: &str = "dusk-sdk-circuit";
/// The package whose features projects ask for.
const SDK: &str = "dusk-sdk";
/// Features of the SDK that only builds for the chain have.
const OF_THE_CHAIN: [&str; 3] = ["abi", "driver", "log"];
/// Libraries that describe circuits themselves, and the same ones for every target and with debug assertions.
const OURS: [&str; 2] = [SDK, DESCRIBER];
/// The folder in `target` for the programs.
const FOLDER: &str = "target/dusk/runners";
/// The most bytes of the compiler's words that are told.
const MAX_WORDS_BYTES: u64 = 64 * 1024;

/// The packages whose build gives all circuits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The packages whose libraries are linked: contracts with circuits, and packages with circuits that no contract
    /// has.
    pub(super) roots: Vec<String>,
    /// The packages that can describe circuits, as cargo names them in profiles.
    describers: Vec<String>,
    /// Whether all of them are members of the workspace.
    only_members: bool,
    /// The features of the SDK in the tests of the project. With the same ones here, both share the SDK.
    sdk_features: Vec<String>,
    /// The packages whose circuits could be others than those of the contracts, and why.
    refused: BTreeMap<String, Refusal>,
}

/// Why the circuits of a package could be others than those of the contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// A package that they are made of has a build script.
    BuildScript { package: String },
    /// A package that they are made of has a dependency for some targets.
    TargetDependency { package: String, dependency: String },
}

/// A program, and what it was made of.
#[derive(Debug)]
pub(super) struct Linked {
    pub(super) program: PathBuf,
    /// The local files.
    pub(super) sources: BTreeSet<PathBuf>,
}

impl Plan {
    /// Looks through the dependencies of the workspace.
    pub(crate) fn of(packages: &Packages) -> Self {
        if packages.circuits.is_empty() {
            return Self::default();
        }
        let contracts: Vec<&str> = packages.contracts.iter().map(|contract| contract.name.as_str()).collect();
        Graph::of(&packages.metadata).plan(&contracts, &packages.circuits)
    }

    /// Refuses a package with circuits if they could be others in a contract than here.
    ///
    /// # Errors
    /// A usage fault that names the package at fault.
    pub(super) fn check(&self, package: &str) -> Result<()> {
        self.refused.get(package).map_or(Ok(()), |refusal| Err(refusal.fault()))
    }

    /// Whether there is nothing to compile.
    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The packages whose libraries are linked.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(String::as_str)
    }

    /// Text that changes whenever the plan does.
    pub(crate) fn identity(&self) -> String {
        format!("{self:?}")
    }
}

/// Packages, and what each needs to be built.
struct Graph<'a> {
    metadata: &'a Metadata,
    needs: BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
        let needs = nodes.map(|node| {
            let normal = node.deps.iter().filter(|it| it.dep_kinds.iter().any(|it| it.kind == DependencyKind::Normal));
            (&node.id, normal.map(|it| &it.pkg).collect())
        });
        Self { metadata, needs: needs.collect() }
    }

    /// All packages that one needs, itself included.
    fn closure(&self, of: &'a PackageId) -> BTreeSet<&'a PackageId> {
        let mut found = BTreeSet::new();
        let mut next = vec![of];
        while let Some(id) = next.pop() {
            if found.insert(id) {
                next.extend(self.needs.get(id).into_iter().flatten());
            }
        }
        found
    }

    /// A member of the workspace.
    fn member(&self, name: &str) -> Option<&'a PackageId> {
        self.metadata.workspace_packages().into_iter().find(|it| it.name.as_str() == name).map(|it| &it.id)
    }

    /// Whether a package needs the library that describes circuits.
    fn describes(&self, id: &'a PackageId) -> bool {
        self.closure(id).iter().any(|id| self.metadata[*id].name.as_str() == DESCRIBER)
    }

    /// Parts of this package that could make another circuit for this machine than for the contract: build scripts, and
    /// dependencies for some targets. Looks at the package, and those of the project or with gadgets that it needs.
    /// Other libraries may have both: they know nothing of circuits.
    fn refusal(&self, of: &'a PackageId) -> Option<Refusal> {
        let mut checked = BTreeSet::new();
        let mut next = vec![of];
        while let Some(id) = next.pop() {
            let package = &self.metadata[id];
            // Macros run on this machine in both builds.
            let is_macro = package.targets.iter().any(cargo_metadata::Target::is_proc_macro);
            if is_macro || OURS.contains(&package.name.as_str()) || !checked.insert(id) {
                continue;
            }
            next.extend(self.needs.get(id).into_iter().flatten());
            if package.source.is_some() && !self.describes(id) {
                continue;
            }
            let name = package.name.to_string();
            if package.targets.iter().any(cargo_metadata::Target::is_custom_build) {
                return Some(Refusal::BuildScript { package: name });
            }
            let mut normal = package.dependencies.iter().filter(|it| it.kind == DependencyKind::Normal);
            if let Some(dependency) = normal.find(|it| it.target.is_some()) {
                return Some(Refusal::TargetDependency { package: name, dependency: dependency.name.clone() });
            }
        }
        None
    }

    fn plan(&self, contracts: &[&str], circuits: &[String]) -> Plan {
        let id = |name: &str| self.member(name);
        let with_circuits: BTreeMap<&PackageId, &String> =
            circuits.iter().filter_map(|name| Some((id(name)?, name))).collect();
        let mut roots = Vec::new();
        let mut reached = BTreeSet::new();
        for contract in contracts {
            let Some(contract_id) = id(contract) else { continue };
            let needed = self.closure(contract_id);
            let found: Vec<_> = needed.into_iter().filter(|it| with_circuits.contains_key(it)).collect();
            if !found.is_empty() {
                roots.push((*contract).to_owned());
                reached.extend(found);
            }
        }
        let others = with_circuits.iter().filter(|(id, _)| !reached.contains(*id));
        roots.extend(others.map(|(_, name)| (*name).clone()));
        let describers = self.metadata.packages.iter();
        let describers: Vec<_> =
            describers.filter(|it| self.describes(&it.id) && !OURS.contains(&it.name.as_str())).collect();
        Plan {
            roots,
            only_members: describers.iter().all(|it| self.metadata.workspace_members.contains(&it.id)),
            refused: describers.iter().filter_map(|it| Some((it.name.to_string(), self.refusal(&it.id)?))).collect(),
            describers: describers.iter().map(|package| format!("{}@{}", package.name, package.version)).collect(),
            sdk_features: self.sdk_features(),
        }
    }

    /// The features of the SDK that all members and their tests together ask for, without those of builds for the
    /// chain.
    fn sdk_features(&self) -> Vec<String> {
        let nodes = self.metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
        let sdk = nodes.filter(|node| self.metadata[&node.id].name.as_str() == SDK);
        let features = sdk.flat_map(|node| &node.features).map(ToString::to_string);
        features.filter(|feature| !OF_THE_CHAIN.contains(&feature.as_str())).collect()
    }
}

impl Refusal {
    fn fault(&self) -> anyhow::Error {
        match self {
            Self::BuildScript { package } => Fault::usage(
                format!("circuits depend on the package `{package}`, which has a build script"),
                "a build script can make the circuit differ between this machine and the contract, so that its key \
                 does not match: commit the generated code, or move the script to a package that the circuits do not \
                 need",
            ),
            Self::TargetDependency { package, dependency } => Fault::usage(
                format!("circuits depend on the package `{package}`, which needs `{dependency}` for some targets only"),
                "such a dependency can make the circuit differ between this machine and the contract, so that its key \
                 does not match: require it for all targets, or move it to a package that the circuits do not need",
            ),
        }
    }
}

/// Cargo's artefacts of one root.
#[derive(Debug, Default)]
struct Libraries {
    root: Option<(String, PathBuf)>,
    describer: Option<PathBuf>,
    all: BTreeSet<PathBuf>,
    /// Folders of libraries that are not Rust's, as build scripts name them.
    native: BTreeSet<String>,
    sources: BTreeSet<PathBuf>,
}

impl Libraries {
    fn add(&mut self, compiled: &Compiled, package: &str, root: &Path) {
        if inputs::is_local(compiled) {
            self.sources.extend(inputs::sources_of(compiled, root));
        }
        let is = |name: &str| compiled.target.name.replace('-', "_") == name.replace('-', "_");
        for file in &compiled.filenames {
            if file.extension() != Some("rlib") {
                continue;
            }
            let file = PathBuf::from(file);
            if is(DESCRIBER) {
                self.describer = Some(file.clone());
            } else if inputs::is_local(compiled) && is(package) {
                self.root = Some((compiled.target.name.replace('-', "_"), file.clone()));
            }
            self.all.insert(file);
        }
    }

    /// Tells one state of the libraries from another.
    fn state(&self) -> String {
        let mut state = String::new();
        for path in &self.all {
            let modified = path.metadata().and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            let bytes = path.metadata().map(|it| it.len()).unwrap_or_default();
            let _ = writeln!(state, "{} {modified:?} {bytes}", path.display());
        }
        blake3::hash(state.as_bytes()).to_hex()[..16].to_owned()
    }
}

/// Compiles the library of a package as it ships, and links it to a program. The compiler's messages go to stderr.
///
/// # Errors
/// A failure when it does not compile.
pub(super) fn link(root: &Path, package: &str, plan: &Plan, report: &dyn Report) -> Result<Linked> {
    let libraries = compile(root, package, plan, report)?;
    let sources = libraries.sources.clone();
    let (Some((name, library)), Some(describer)) = (&libraries.root, &libraries.describer) else {
        let what = format!("cargo built no library of `{package}` that can describe circuits");
        return Err(Fault::failed(what, "use the SDK version of this cargo-dusk in the project, and build again"));
    };
    let folder = root.join(FOLDER);
    let program = folder.join(format!("{package}-{}", libraries.state()));
    if program.is_file() {
        return Ok(Linked { program, sources });
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Under another name until it is whole: two commands may link at once.
    let temporary = tempfile::tempdir_in(&folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    let (source, linked) = (temporary.path().join("main.rs"), temporary.path().join("program"));
    let main = format!("extern crate {name} as _;\n\nfn main() {{\n    describer::runner::main();\n}}\n");
    fs::write(&source, main).with_context(|| format!("cannot write {}", source.display()))?;
    let machine = Machine::here(root);
    let rustc = machine.rustc().ok_or_else(|| {
        Fault::environment(
            "there is no Rust compiler",
            "`cargo dusk doctor` lists missing tools, and how to install them",
        )
    })?;
    let mut command = machine.command(&rustc);
    command.args([
        "--crate-name",
        "circuits_of_a_project",
        "--crate-type",
        "bin",
        "--edition",
        "2024",
        "-Cpanic=abort",
    ]);
    if let Some(linker) = configuration::linker(root) {
        command.arg(format!("-Clinker={}", linker.display()));
    }
    command.arg("--extern").arg(format!("{name}={}", library.display()));
    command.arg("--extern").arg(format!("describer={}", describer.display()));
    let folders: BTreeSet<&Path> = libraries.all.iter().filter_map(|it| it.parent()).collect();
    for folder in folders {
        command.arg("-L").arg(format!("dependency={}", folder.display()));
        command.arg("-L").arg(format!("dependency={}", folder.join("deps").display()));
    }
    libraries.native.iter().for_each(|path| {
        command.args(["-L", path]);
    });
    {
        let _linking = report.waiting("linking the circuits");
        run(command.arg("-o").arg(&linked).arg(&source), package)?;
    }
    remove_others(&folder, package);
    fs::rename(&linked, &program).with_context(|| format!("cannot write {}", program.display()))?;
    Ok(Linked { program, sources })
}

/// Runs the compiler, whose words are told where it fails.
fn run(command: &mut Command, package: &str) -> Result<()> {
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot start the compiler")?;
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        let mut bounded = stderr.take(MAX_WORDS_BYTES);
        bounded.read_to_end(&mut words).context("cannot read the compiler's messages")?;
        // Further output is read and dropped, so that the compiler can end.
        std::io::copy(&mut bounded.into_inner(), &mut std::io::sink())
            .context("cannot read the compiler's messages")?;
    }
    if child.wait().context("cannot wait for the compiler")?.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&words);
    Err(Fault::environment(
        format!("the circuits of `{package}` cannot be linked: {}", words.trim()),
        "install a C compiler and linker, which every Rust program needs",
    ))
}

fn compile(root: &Path, package: &str, plan: &Plan, report: &dyn Report) -> Result<Libraries> {
    let mut command = command::build(root, "rustc");
    command
        .args(["--lib", "--crate-type", "rlib", "--package", package])
        .args(configuration::native(root))
        // A `--cfg` among the flags of the project or its user can make another circuit. Contracts do not get these
        // flags either.
        .env("CARGO_ENCODED_RUSTFLAGS", "");
    for feature in &plan.sdk_features {
        command.arg("--features").arg(format!("{SDK}/{feature}"));
    }
    if plan.only_members {
        command.envs(compiler::aborting()?);
    } else {
        command.args(["--config", "profile.dev.panic='abort'"]);
    }
    for describer in &plan.describers {
        for setting in ["debug-assertions=false", "overflow-checks=true"] {
            command.arg("--config").arg(format!("profile.dev.package.\"{describer}\".{setting}"));
        }
    }
    let mut libraries = Libraries::default();
    let compiled = command::follow(&mut command, "compiling the circuits", report, |message| {
        match message {
            Message::CompilerArtifact(compiled) => libraries.add(&compiled, package, root),
            Message::BuildScriptExecuted(BuildScript { linked_paths, .. }) => {
                libraries.native.extend(linked_paths.into_iter().map(|path| path.to_string()));
            }
            _ => {}
        }
        Ok(())
    })?;
    if !compiled {
        return Err(Fault::failed(format!("the circuits of `{package}` do not compile"), "see the messages above"));
    }
    Ok(libraries)
}

/// Removes programs of earlier states.
fn remove_others(folder: &Path, package: &str) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A package's name can begin like another's: the part after it is the state.
        let is_earlier = name.rsplit_once('-').is_some_and(|(of, _)| of == package);
        if is_earlier && path.is_file() {
            // One that stays is in nobody's way.
            let _ = fs::remove_file(&path);
        }
    }
}
