//! Finds the production genesis contracts in the crate `rusk-recovery` and checks them by their hashes.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// The crate that brings the two files, as this package's manifest pins it.
const CRATE: &str = "rusk-recovery";
const CRATE_VERSION: &str = "1.7.0";
/// Names a folder with the two files, instead of the crate's.
const FOLDER_VARIABLE: &str = "DUSK_GENESIS_DIR";

/// The files and their SHA-256.
const CONTRACTS: [(&str, &str); 2] = [
    ("transfer_contract.wasm", "a78d3f27c8ad686c255a426d2ab877c3accaaea22bdf0db7378509ab2b67c938"),
    ("stake_contract.wasm", "5d5fd342c73aeeb1e858e6d1b6b0354d5e7f8ff9952763fa9a4786bb3cbe5bd5"),
];

fn main() -> ExitCode {
    match copy_contracts() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("cargo::error=the genesis contracts are missing: {problem}");
            println!(
                "cargo::error=set {FOLDER_VARIABLE} to a folder that holds transfer_contract.wasm and \
                 stake_contract.wasm, or run `cargo fetch` and build again"
            );
            ExitCode::FAILURE
        }
    }
}

fn copy_contracts() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FOLDER_VARIABLE}");
    let folder = match env::var_os(FOLDER_VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None => crate_folder()?.join("assets"),
    };
    println!("cargo::rustc-env=GENESIS_FOLDER={}", folder.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    for (name, expected) in CONTRACTS {
        let file = folder.join(name);
        println!("cargo::rerun-if-changed={}", file.display());
        let bytes = fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let found = hex::encode(Sha256::digest(&bytes));
        if found != expected {
            return Err(format!("{} has the SHA-256 {found}, but it must be {expected}", file.display()));
        }
        fs::write(out.join(name), bytes).map_err(|error| format!("cannot write to {}: {error}", out.display()))?;
    }
    Ok(())
}

/// Where cargo has unpacked the crate. It is a dependency of this package, so that cargo has it.
///
/// The crate lies beside a published package. In a clone, cargo tells where. While cargo verifies what it has packaged,
/// neither holds, and the crate is in cargo's own folder. The hashes decide whether the files found are the right ones.
fn crate_folder() -> Result<PathBuf, String> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo did not set CARGO_MANIFEST_DIR")?);
    let beside = [format!("../{CRATE}-{CRATE_VERSION}"), format!("../{CRATE}")].map(|name| here.join(name));
    if let Some(found) = beside.into_iter().find(|folder| folder.join("assets").is_dir()) {
        return Ok(found);
    }
    told_by_cargo().or_else(|problem| in_cargo_home().ok_or(problem))
}

/// Asks cargo. It has what this platform's build needs, and answers without the network where that is all it must know.
/// Tests of other members of the workspace can need more, which it then fetches.
fn told_by_cargo() -> Result<PathBuf, String> {
    let answer = metadata(&["--offline"]).or_else(|_| metadata(&[]))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&answer).map_err(|error| format!("`cargo metadata` is not JSON: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("`cargo metadata` lists no packages")?;
    let found = packages.iter().find(|package| package["name"] == CRATE);
    let manifest = found.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.ok_or_else(|| format!("the crate {CRATE} is not among the dependencies"))?;
    Path::new(manifest).parent().map(Path::to_owned).ok_or_else(|| format!("{manifest} lies in no folder"))
}

/// Looks where cargo unpacks what it downloads: `registry/src/REGISTRY/NAME-VERSION`.
fn in_cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry/src")).ok()?.flatten();
    let mut folders = registries.map(|registry| registry.path().join(format!("{CRATE}-{CRATE_VERSION}")));
    folders.find(|folder| folder.join("assets").is_dir())
}

fn metadata(options: &[&str]) -> Result<Vec<u8>, String> {
    let variable = |name: &str| env::var_os(name).ok_or_else(|| format!("cargo did not set {name}"));
    let manifest = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let output = Command::new(variable("CARGO")?)
        .args(["metadata", "--format-version=1", "--locked"])
        .args(options)
        .arg("--filter-platform")
        .arg(variable("TARGET")?)
        .arg("--manifest-path")
        .arg(&manifest)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`cargo metadata` failed: {}", text.trim()));
    }
    Ok(output.stdout)
}
