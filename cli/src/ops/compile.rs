//! Compiling one package to WASM with cargo, with the settings that all contracts share.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use cargo_metadata::{Message, Metadata, MetadataCommand};

use super::build::Recipe;
use super::project::Project;
use super::toolchain::{Product, TARGET, Toolchain};
use super::{cargo_settings, inputs, verifiers};
use crate::error::Fault;

/// Bytes of the contract's stack. It is part of the contract's memory, and so of its state.
const STACK_BYTES: u32 = 64 * 1024;
/// The cargo profile, which lives in the arguments: a project needs none.
const PROFILE: &str = "dusk-contract";
/// The profile's settings. The data driver shares them. The names of functions stay in the module until it has been
/// optimised: tools want them, the chain does not.
const PROFILE_SETTINGS: [&str; 9] = [
    "inherits='release'",
    // Circuits are described without them too: a contract and its keys are of one build.
    "debug-assertions=false",
    "opt-level='s'",
    "lto='fat'",
    "codegen-units=1",
    "panic='abort'",
    "overflow-checks=true",
    "debug=false",
    "strip='debuginfo'",
];
/// The table in a package's manifest in which it can say whether it is a contract.
const METADATA_TABLE: &str = "dusk";
/// The SDK's feature that packages with circuits ask for.
const CIRCUITS_FEATURE: &str = "zk";

/// How deep folders of sources are followed.
const MAX_DEPTH: usize = 16;

/// A package that is compiled to a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContractPackage {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
}

/// What cargo made of a package.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The module.
    pub(crate) wasm: Vec<u8>,
    /// The local files that it was made from.
    pub(crate) sources: BTreeSet<PathBuf>,
}

/// Text that changes whenever a setting does.
pub(crate) fn settings() -> String {
    format!("{PROFILE_SETTINGS:?} stack {STACK_BYTES}")
}

/// The program that builds packages: the cargo that started us, else the one on the path.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").filter(|cargo| Path::new(cargo).exists()).unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    // What cargo sets for its children is about another package.
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// Keeps cargo's own progress away where nobody watches it; the compiler's messages come all the same.
pub(crate) fn quiet() -> Option<&'static str> {
    (!std::io::stderr().is_terminal()).then_some("--quiet")
}

/// Runs cargo with `--message-format json…` and hands its messages on. The compiler's own go to stderr. Returns whether cargo succeeded.
///
/// # Errors
/// When cargo does not start, its messages cannot be read, or `read` fails.
pub(crate) fn follow(command: &mut Command, mut read: impl FnMut(Message) -> Result<()>) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    for message in Message::parse_stream(BufReader::new(output)) {
        read(message.context("cargo's messages cannot be read")?)?;
    }
    Ok(child.wait().context("cannot wait for cargo")?.success())
}

/// What the packages of a workspace are to us.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    /// The contracts, in the order of their names: members with a library that depend on the SDK. Those that may hold
    /// circuits must have a `#[contract]`: others have nothing but circuits. `[package.metadata.dusk] contract = …` says
    /// otherwise.
    pub(crate) contracts: Vec<ContractPackage>,
    /// Members with a library that may hold circuits, in the order of their names: those that ask the SDK for its
    /// feature `zk`.
    pub(crate) circuits: Vec<String>,
}

/// What cargo knows of the workspace.
///
/// # Errors
/// A usage fault when cargo cannot read it.
pub(crate) fn metadata(root: &Path, command: &mut MetadataCommand) -> Result<Metadata> {
    command.cargo_path(cargo().get_program()).manifest_path(root.join("Cargo.toml")).exec().map_err(|error| match error
    {
        cargo_metadata::Error::Io(error) => Fault::environment(
            format!("cargo does not start: {error}"),
            "install Rust from https://rustup.rs; `CARGO` may name a program that is not there",
        ),
        other => Fault::usage(
            format!("cargo cannot read the workspace: {other}"),
            "mend the manifest that cargo names; `cargo metadata` shows its whole message",
        ),
    })
}

/// Looks through the workspace.
///
/// # Errors
/// A usage fault when cargo cannot read the workspace.
pub(crate) fn packages(root: &Path) -> Result<Packages> {
    let metadata = metadata(root, MetadataCommand::new().no_deps())?;
    let mut found = Packages::default();
    for package in metadata.workspace_packages() {
        if !package.targets.iter().any(|target| target.is_lib() || target.is_cdylib()) {
            continue;
        }
        let sdk = package.dependencies.iter().find(|dependency| {
            dependency.name == super::sdk::SDK_PACKAGE && dependency.kind == cargo_metadata::DependencyKind::Normal
        });
        let proves = sdk.is_some_and(|sdk| sdk.features.iter().any(|feature| feature == CIRCUITS_FEATURE));
        let said = package.metadata.get(METADATA_TABLE).and_then(|table| table.get("contract")?.as_bool());
        let folder = package.manifest_path.parent().map_or(Path::new("."), AsRef::as_ref);
        if said.unwrap_or_else(|| sdk.is_some() && (!proves || has_contract(&folder.join("src"), MAX_DEPTH))) {
            let (name, version) = (package.name.to_string(), package.version.to_string());
            found.contracts.push(ContractPackage { name, version });
        }
        if proves {
            found.circuits.push(package.name.to_string());
        }
    }
    found.contracts.sort_by(|a, b| a.name.cmp(&b.name));
    found.circuits.sort();
    Ok(found)
}

/// Whether a source in this folder has a module with `#[contract]`.
fn has_contract(folder: &Path, depth: usize) -> bool {
    let marks = |line: &str| {
        let mark = line.trim_start().strip_prefix("#[").map(|mark| mark.strip_prefix("dusk_sdk::").unwrap_or(mark));
        mark.and_then(|mark| mark.strip_prefix("contract")).is_some_and(|rest| rest.starts_with([']', '(']))
    };
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => depth > 0 && has_contract(&path, depth - 1),
            _ if path.extension().is_some_and(|extension| extension == "rs") => {
                fs::read_to_string(&path).is_ok_and(|text| text.lines().any(marks))
            }
            _ => false,
        }
    })
}

/// Compiles a package to a contract or its data driver. The compiler's messages go to stderr.
///
/// # Errors
/// A failure when it does not compile.
pub(crate) fn compile(
    project: &Project,
    package: &str,
    product: Product,
    recipe: Recipe,
    toolchain: &Toolchain,
) -> Result<Compiled> {
    let root = &project.root;
    let features = match product {
        Product::Contract if recipe.logs => "dusk-sdk/abi,dusk-sdk/log",
        Product::Contract => "dusk-sdk/abi",
        Product::Driver => "dusk-sdk/driver",
    };
    let small = recipe.small && product == Product::Contract;
    let mut command = cargo();
    command
        .current_dir(root)
        .args(["rustc", "--lib", "--crate-type", "cdylib", "--target", TARGET, "--package", package])
        .args(["--features", features, "--profile", PROFILE, "--message-format", "json-render-diagnostics"])
        .args(quiet());
    for setting in PROFILE_SETTINGS {
        command.arg("--config").arg(format!("profile.{PROFILE}.{setting}"));
    }
    command
        .args(toolchain.arguments(product, small))
        .envs(toolchain.environment(small))
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(small).join("\x1f"))
        .envs(cargo_settings::neutral(root))
        .env(verifiers::VARIABLE, verifiers::folder(&project.artefacts()))
        // The workspace's folder concerns this package alone, so that others can be shared between workspaces.
        .args(["--", "--remap-path-prefix"])
        .arg(format!("{}=/project", root.display()));

    let mut module = None;
    let compiled = follow(&mut command, |message| {
        if let Message::CompilerArtifact(artifact) = message
            && artifact.target.is_cdylib()
        {
            module = artifact.filenames.into_iter().find(|path| path.extension() == Some("wasm")).or(module.take());
        }
        Ok(())
    })?;
    if !compiled {
        let what = if product == Product::Contract { "contract" } else { "data driver of contract" };
        return Err(Fault::failed(format!("the {what} `{package}` does not compile"), "see the messages above"));
    }
    let module = module.with_context(|| format!("cargo has made no module of `{package}`"))?;
    let wasm = fs::read(&module).with_context(|| format!("cannot read {module}"))?;
    let dep_info = fs::read_to_string(module.with_extension("d")).unwrap_or_default();
    Ok(Compiled { wasm, sources: inputs::dep_info(&dep_info, root) })
}

/// Flags for all packages. Paths of this machine are replaced: the same source gives the same contract everywhere.
fn rust_flags(small: bool) -> Vec<String> {
    // The linker of newer compilers refuses undefined symbols, and the host's functions are undefined.
    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}"), "-Clink-arg=--allow-undefined".to_owned()];
    if small {
        // The standard library is built with this, too: what formats the texts of panics is then used by nobody.
        flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"].map(str::to_owned));
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home.clone()?.join(".cargo")));
    let folders = [(home, "/home"), (cargo_home, "/cargo"), (super::folders::data().ok(), "/dusk")];
    for (folder, name) in folders {
        if let Some(folder) = folder {
            flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_told_from_circuits_by_their_mark() {
        let source = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("inner")).unwrap();
            fs::write(folder.path().join("inner/mod.rs"), text).unwrap();
            has_contract(folder.path(), MAX_DEPTH)
        };
        for contract in ["#[contract]\npub mod x {}", "  #[contract(raw_result)]", "#[dusk_sdk::contract]"] {
            assert!(source(contract), "{contract}");
        }
        for other in ["#[circuit]", "#[contract_type]", "//! `#[contract]`", "// #[contract]", ""] {
            assert!(!source(other), "{other}");
        }
    }
}
