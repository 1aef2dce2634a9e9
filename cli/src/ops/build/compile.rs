//! Compiling one package to WASM with cargo, with the settings that all contracts share.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::Message;

use super::verifiers;
use crate::error::Fault;
use crate::ops::cargo::toolchain::{Library, Product, TARGET, Toolchain};
use crate::ops::cargo::{command, configuration, inputs};
use crate::ops::project::settings::Crs;
use crate::ops::project::{Project, folders};
use crate::ops::report::Report;

/// Bytes of the contract's stack. It is part of the contract's memory, and so of its state.
const STACK_BYTES: u32 = 64 * 1024;
/// The flags of a contract, which its data driver shares. They come after those of any profile, and win: a project
/// needs no profile for contracts. The names of functions stay in the module until it has been optimised: tools want
/// them, the chain does not.
///
/// cargo's profile is the one for development, as for the tests of the project. So the macros and build scripts that
/// both need are compiled once.
const FLAGS: [&str; 7] = [
    "-Copt-level=s",
    "-Ccodegen-units=1",
    // Circuits are described without them too: a contract and its keys are of one build.
    "-Cdebug-assertions=off",
    "-Coverflow-checks=on",
    "-Cdebuginfo=0",
    "-Cstrip=debuginfo",
    // Optimisation across packages.
    "-Cembed-bitcode=yes",
];
/// The optimisation level that build scripts see: some packages then choose smaller tables.
const OPTIMISATION: &str = "profile.dev.opt-level='s'";
/// Flags for the module alone: all packages are optimised as one. The linker optimises the result once more, before it
/// leaves out what nobody uses: arguments that are never read, such as the places of panics, and with them their data.
const MODULE_FLAGS: [&str; 2] = ["-Clto=fat", "-Clink-arg=--lto-O2"];
/// The settings of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// Whether contracts log, and say where they panic. Only test hosts take such contracts; they lie in a folder of
    /// their own.
    pub(crate) logs: bool,
    /// Whether panics end a contract without a text, which makes it smaller.
    pub(crate) small: bool,
    /// The parameters that the keys of circuits are made with.
    pub(crate) crs: Crs,
}

impl Recipe {
    /// The project's settings.
    pub(crate) fn of(project: &Project) -> Self {
        Self { logs: false, small: project.settings.build.small, crs: project.settings.circuits.crs }
    }
}

/// Cargo's artefacts of a package.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The module.
    pub(crate) wasm: Vec<u8>,
    /// The local files that it was made from.
    pub(crate) sources: BTreeSet<PathBuf>,
}

/// Text that changes whenever a setting does.
pub(crate) fn settings() -> String {
    format!("{FLAGS:?} {MODULE_FLAGS:?} {OPTIMISATION} stack {STACK_BYTES}")
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
    report: &dyn Report,
) -> Result<Compiled> {
    let root = &project.root;
    let features = match product {
        Product::Contract if recipe.logs => "dusk-sdk/abi,dusk-sdk/log",
        Product::Contract => "dusk-sdk/abi",
        Product::Driver => "dusk-sdk/driver",
    };
    let small = recipe.small && product == Product::Contract;
    let mut command = command::build(root, "rustc");
    command
        .args(["--lib", "--crate-type", "cdylib", "--target", TARGET, "--package", package])
        .args(["--features", features, "--config", OPTIMISATION])
        .args(toolchain.arguments(product, small))
        .envs(toolchain.environment(small))
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(toolchain, small).join("\x1f"))
        .envs(configuration::neutral(root))
        .env(verifiers::VARIABLE, verifiers::folder(&project.artefacts()))
        // The workspace's folder concerns this package alone, so that others can be shared between workspaces.
        .args(["--", "--remap-path-prefix"])
        .arg(format!("{}=/project", root.display()))
        .args(MODULE_FLAGS);

    let (mut module, mut hint) = (None, "see the messages above");
    let what = if product == Product::Contract { "contract" } else { "data driver of contract" };
    let compiled = command::follow(&mut command, &format!("building the {what} {package}"), report, |message| {
        match message {
            Message::CompilerArtifact(artifact) if artifact.target.is_cdylib() => {
                let wasm = artifact.filenames.into_iter().find(|path| path.extension() == Some("wasm"));
                module = wasm.or(module.take());
            }
            Message::CompilerMessage(told) => hint = hint_of(&told.message.message).unwrap_or(hint),
            _ => {}
        }
        Ok(())
    })?;
    if !compiled {
        // The same code is in both.
        return Err(Fault::failed(format!("the contract `{package}` does not compile"), hint));
    }
    let module = module.with_context(|| format!("cargo has made no module of `{package}`"))?;
    let wasm = fs::read(&module).with_context(|| format!("cannot read {module}"))?;
    let dep_info = fs::read_to_string(module.with_extension("d")).unwrap_or_default();
    Ok(Compiled { wasm, sources: inputs::dep_info(&dep_info, root) })
}

/// The hint for a compiler error whose cause is that contracts have no standard library.
fn hint_of(message: &str) -> Option<&'static str> {
    let names_std = ["`std`", "macro `println`", "macro `print`", "macro `eprintln`", "macro `dbg`"];
    if message.contains("duplicate lang item") {
        return Some("a package that the contract depends on needs std: begin its `lib.rs` with `#![no_std]`");
    }
    names_std.iter().any(|name| message.contains(name)).then_some(
        "contracts have no std: use `core` and `alloc`, `BTreeMap` and `BTreeSet` of the prelude, and `log!` to print",
    )
}

/// Flags for all packages. Paths of this machine are replaced: the same source gives the same contract everywhere.
fn rust_flags(toolchain: &Toolchain, small: bool) -> Vec<String> {
    // The linker of newer compilers refuses undefined symbols, and the host's functions are undefined.
    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}"), "-Clink-arg=--allow-undefined".to_owned()];
    flags.extend(FLAGS.map(str::to_owned));
    if toolchain.library == Library::Installed {
        // Packages are translated once, when they have been optimised as one. A linker from elsewhere may be too old to
        // read what the compiler then writes.
        flags.push("-Clinker-plugin-lto".to_owned());
    }
    if small {
        // The standard library is built with this, too: nobody uses the formatting of panics then.
        flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"].map(str::to_owned));
    } else {
        flags.push("-Cpanic=abort".to_owned());
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home.clone()?.join(".cargo")));
    let registries = cargo_home.as_ref().map(|home| home.join("registry/src"));
    let folders = [(home, "/home"), (cargo_home, "/cargo"), (folders::data().ok(), "/dusk")];
    let folders = folders.into_iter().filter_map(|(folder, name)| Some((folder?, name)));
    // Panics name the files of packages, which lie below folders with long names. The last prefix that fits counts.
    let folders = folders.chain(folders_in(registries).into_iter().map(|folder| (folder, "/crates")));
    flags.extend(folders.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())));
    flags
}

/// The folders in a folder, in order. None where there is no such folder.
fn folders_in(folder: Option<PathBuf>) -> Vec<PathBuf> {
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
    let mut folders: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_are_found_and_in_order() {
        let place = tempfile::tempdir().unwrap();
        for name in ["b", "a"] {
            fs::create_dir(place.path().join(name)).unwrap();
        }
        fs::write(place.path().join("file"), "").unwrap();
        let found = folders_in(Some(place.path().to_owned()));
        assert_eq!(found, [place.path().join("a"), place.path().join("b")]);
        assert!(folders_in(Some(place.path().join("none"))).is_empty() && folders_in(None).is_empty());
    }

    #[test]
    fn errors_that_come_of_a_missing_std_are_explained() {
        let explained = |message| hint_of(message).unwrap_or_default();
        assert!(explained("duplicate lang item in crate `dusk_sdk`: `panic_impl`").contains("#![no_std]"));
        for message in [
            "cannot find module or crate `std` in this scope",
            "cannot find macro `println` in this scope",
            "failed to resolve: use of unresolved module or unlinked crate `std`",
        ] {
            assert!(explained(message).contains("contracts have no std"), "{message}");
        }
        assert_eq!(hint_of("no field `valu` on type `Counter`"), None);
    }
}
