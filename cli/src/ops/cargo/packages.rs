//! The packages of a workspace: which are contracts, and which may hold circuits.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use cargo_metadata::{Message, Metadata, MetadataCommand};
use serde_json::json;

use super::command::{self, cargo};
use super::configuration;
use super::toolchain::TARGET;
use crate::error::Fault;
use crate::ops::report::Report;

/// The SDK's package.
pub(crate) const SDK_PACKAGE: &str = "dusk-sdk";
/// The table in a package's manifest in which it can say whether it is a contract.
const METADATA_TABLE: &str = "dusk";
/// The SDK's features with circuits: packages with circuits ask for one of them.
const CIRCUIT_FEATURES: [&str; 3] = ["zk", "confidential", "audit"];

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

/// The contracts and libraries of a workspace.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The contracts, in the order of their names: members with a library that depend on the SDK. Those that may hold
    /// circuits must have a `#[contract]`: others have nothing but circuits. `[package.metadata.dusk] contract = …`
    /// says otherwise.
    pub(crate) contracts: Vec<ContractPackage>,
    /// Members with a library that may hold circuits, in the order of their names: those that ask the SDK for a
    /// feature with circuits.
    pub(crate) circuits: Vec<String>,
    /// Cargo's metadata of them and of their dependencies.
    pub(crate) metadata: Metadata,
}

impl Packages {
    /// The folders of all members.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        let members = self.metadata.workspace_packages();
        members.into_iter().filter_map(|package| package.manifest_path.parent()).map(AsRef::as_ref)
    }
}

/// Cargo's metadata of the workspace. Cargo rewrites `Cargo.lock` if it does not fit the manifests.
///
/// # Errors
/// A usage fault when cargo cannot read it.
fn metadata(root: &Path, report: &dyn Report) -> Result<Metadata> {
    // Packages for other targets than those that we build for are not fetched.
    let targets = [Some(TARGET.to_owned()), configuration::host_of(root)].into_iter().flatten();
    let options = targets.flat_map(|target| ["--filter-platform".to_owned(), target]).collect::<Vec<_>>();
    let mut told = String::new();
    let mut command = MetadataCommand::new()
        .cargo_path(cargo().get_program())
        .current_dir(root)
        .manifest_path(root.join("Cargo.toml"))
        .other_options(options)
        .cargo_command();
    command.stdin(Stdio::null());
    let (is_success, words) = command::watch(&mut command, "resolving the dependencies", report, |message| {
        if let Message::TextLine(line) = message {
            told = line;
        }
        Ok(())
    })
    .map_err(|error| {
        Fault::environment(
            format!("cargo does not start: {error:#}"),
            "install Rust from https://rustup.rs; `CARGO` may name a missing program",
        )
    })?;
    let reason = if is_success {
        match MetadataCommand::parse(&told) {
            Ok(metadata) => return Ok(metadata),
            Err(error) => error.to_string(),
        }
    } else {
        one_line(&words)
    };
    if reason.contains("the workspace has no members") {
        return without_members(root);
    }
    Err(Fault::usage(
        format!("cargo cannot read the workspace: {reason}"),
        "fix the manifest that cargo names; `cargo metadata` shows the complete message",
    ))
}

/// Cargo's error with its causes as one sentence.
fn one_line(words: &[String]) -> String {
    let parts = words.iter().map(|word| word.trim()).filter(|part| !part.is_empty() && *part != "Caused by:");
    parts.map(|part| part.strip_prefix("error: ").unwrap_or(part)).collect::<Vec<_>>().join(": ")
}

/// The metadata of a workspace without members, which cargo refuses to read.
fn without_members(root: &Path) -> Result<Metadata> {
    let known = json!({
        "version": 1, "packages": [], "workspace_members": [], "resolve": null, "workspace_root": root,
        "target_directory": root.join("target"),
    });
    serde_json::from_value(known).context("cannot describe a workspace without members")
}

/// Looks through the workspace.
///
/// # Errors
/// A usage fault when cargo cannot read the workspace.
pub(crate) fn packages(root: &Path, report: &dyn Report) -> Result<Packages> {
    let metadata = metadata(root, report)?;
    let (mut contracts, mut circuits) = (Vec::new(), Vec::new());
    for package in metadata.workspace_packages() {
        if !package.targets.iter().any(|target| target.is_lib() || target.is_cdylib()) {
            continue;
        }
        let sdk = package.dependencies.iter().find(|dependency| {
            dependency.name == SDK_PACKAGE && dependency.kind == cargo_metadata::DependencyKind::Normal
        });
        let proves =
            sdk.is_some_and(|sdk| sdk.features.iter().any(|feature| CIRCUIT_FEATURES.contains(&feature.as_str())));
        let said = package.metadata.get(METADATA_TABLE).and_then(|table| table.get("contract")?.as_bool());
        let folder = package.manifest_path.parent().map_or(Path::new("."), AsRef::as_ref);
        if said.unwrap_or_else(|| sdk.is_some() && (!proves || has_contract(&folder.join("src"), MAX_DEPTH))) {
            let (name, version) = (package.name.to_string(), package.version.to_string());
            contracts.push(ContractPackage { name, version });
        }
        if proves {
            circuits.push(package.name.to_string());
        }
    }
    contracts.sort_by(|a, b| a.name.cmp(&b.name));
    circuits.sort();
    Ok(Packages { contracts, circuits, metadata })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_cargo_with_causes_are_one_line() {
        let words = ["error: failed to load source", "", "Caused by:", "  unable to update /x"].map(str::to_owned);
        assert_eq!(one_line(&words), "failed to load source: unable to update /x");
    }

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
