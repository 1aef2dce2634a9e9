//! Settings of cargo that the project, its user or the environment made for other work than ours.
//!
//! cargo merges `.cargo/config.toml` of all folders above, its own folder's, and variables. These settings matter:
//!
//! | setting | what is done |
//! |---|---|
//! | `build.target`, `CARGO_BUILD_TARGET` | tests and circuits run on this machine: where another target is set, `--target` names this machine's |
//! | `build.rustflags`, `target.….rustflags` and their variables | contracts are compiled with flags of ours alone (`CARGO_ENCODED_RUSTFLAGS`), and their circuits with none |
//! | `build.incremental`, `CARGO_INCREMENTAL` | off for contracts: the compiler refuses it together with LTO |
//! | `build.dep-info-basedir` | the workspace's folder, so that the files of which a contract was made are found again |
//! | `profile.….` | flags set the dependencies of a contract; they come after those of the profile and win |
//! | `target.….linker` and its variable | for programs of this machine that the compiler links without cargo too |
//! | `build.target-dir`, `build.build-dir`, `build.rustc-wrapper` | as they are: cargo says where its output lies |

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::cargo_platform::{Cfg, Platform};
use toml_edit::DocumentMut;

use super::machine::Machine;

/// The variable that sets the target.
const TARGET_VARIABLE: &str = "CARGO_BUILD_TARGET";
/// The names of cargo's settings, the older one last.
const FILES: [&str; 2] = ["config.toml", "config"];

/// Arguments for cargo that make it compile for this machine; none where it does so by itself, so that plain `cargo
/// test` shares what is compiled.
pub(crate) fn native(folder: &Path) -> Vec<String> {
    if set_target(folder, std::env::var_os(TARGET_VARIABLE), home().as_deref()).is_none() {
        return Vec::new();
    }
    host(&Machine::here(folder)).map(|host| vec!["--target".to_owned(), host]).unwrap_or_default()
}

/// The name of this machine as a target, for builds in a folder.
pub(super) fn host_of(folder: &Path) -> Option<String> {
    host(&Machine::here(folder))
}

/// The linker for programs of this machine, where one is set for builds in a folder.
pub(crate) fn linker(folder: &Path) -> Option<PathBuf> {
    let machine = Machine::here(folder);
    let host = host(&machine)?;
    if let Some(variable) = std::env::var_os(linker_variable(&host)).filter(|variable| !variable.is_empty()) {
        return Some(variable.into());
    }
    let cfgs = machine.rustc().and_then(|rustc| machine.ask(&rustc, &["--print", "cfg"])).unwrap_or_default();
    let cfgs: Vec<Cfg> = cfgs.lines().filter_map(|line| line.parse().ok()).collect();
    set_linker(folder, &host, &cfgs, home().as_deref())
}

/// The name of this machine as a target.
fn host(machine: &Machine) -> Option<String> {
    let version = machine.ask(&machine.rustc()?, &["-vV"])?;
    version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// The variable that sets the linker of a target.
fn linker_variable(target: &str) -> String {
    format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace(['-', '.'], "_"))
}

/// Variables for the compilation of contracts that undo settings made for other work.
pub(crate) fn neutral(root: &Path) -> [(&'static str, OsString); 2] {
    [("CARGO_INCREMENTAL", "0".into()), ("CARGO_BUILD_DEP_INFO_BASEDIR", root.into())]
}

/// cargo's own folder.
fn home() -> Option<PathBuf> {
    let of_user = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(of_user)
}

/// The target that is set for builds in a folder, whatever it is.
fn set_target(folder: &Path, variable: Option<OsString>, home: Option<&Path>) -> Option<String> {
    if let Some(variable) = variable.filter(|variable| !variable.is_empty()) {
        return Some(variable.to_string_lossy().into_owned());
    }
    documents(folder, home).find_map(|(_, document)| {
        let target = document.get("build")?.get("target")?;
        match target.as_array() {
            Some(several) => several.iter().next().and_then(|first| first.as_str().map(str::to_owned)),
            None => target.as_str().map(str::to_owned),
        }
    })
}

/// The linker that files set for a target: under its own name, or under an expression that it fulfils.
fn set_linker(folder: &Path, host: &str, cfgs: &[Cfg], home: Option<&Path>) -> Option<PathBuf> {
    let own = |name: &str| name == host;
    let fulfilled =
        |name: &str| name.starts_with("cfg(") && name.parse::<Platform>().is_ok_and(|it| it.matches(host, cfgs));
    let find = |fits: &dyn Fn(&str) -> bool| {
        documents(folder, home).find_map(|(beside, document)| {
            let tables = document.get("target")?.as_table_like()?;
            let linker =
                tables.iter().filter(|(name, _)| fits(name)).find_map(|(_, table)| table.get("linker")?.as_str());
            // A bare name is looked for on the path, as by cargo.
            linker.map(|linker| if linker.contains('/') { beside.join(linker) } else { PathBuf::from(linker) })
        })
    };
    find(&own).or_else(|| find(&fulfilled))
}

/// The settings that hold in a folder, the nearest first, each with the folder that its paths begin in.
fn documents(folder: &Path, home: Option<&Path>) -> impl Iterator<Item = (PathBuf, DocumentMut)> {
    let above = folder.ancestors().map(|folder| folder.join(".cargo"));
    above.chain(home.map(Path::to_owned)).filter_map(|folder| {
        // Of the two names cargo takes the older where both are there.
        let text = FILES.iter().rev().find_map(|name| fs::read_to_string(folder.join(name)).ok())?;
        Some((folder.parent()?.to_owned(), text.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_was_set_is_found_wherever_cargo_reads_it() {
        let root = tempfile::tempdir().unwrap();
        let (project, home) = (root.path().join("a/b"), root.path().join("home"));
        for folder in [&project, &home] {
            fs::create_dir_all(folder).unwrap();
        }
        let found = |variable: Option<&str>| set_target(&project, variable.map(OsString::from), Some(&home));
        let set = |folder: PathBuf, name: &str, text: &str| {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), text).unwrap();
        };
        assert_eq!((found(None), found(Some(""))), (None, None));
        assert_eq!(found(Some("wasm32-unknown-unknown")).as_deref(), Some("wasm32-unknown-unknown"));
        set(home.clone(), "config.toml", "[build]\ntarget = \"of-home\"");
        assert_eq!(found(None).as_deref(), Some("of-home"));
        set(root.path().join("a/.cargo"), "config.toml", "build.target = [\"of-above\", \"other\"]");
        assert_eq!(found(None).as_deref(), Some("of-above"));
        set(project.join(".cargo"), "config.toml", "[patch.crates-io]\n[build]\njobs = 1");
        assert_eq!(found(None).as_deref(), Some("of-above"), "a file without it does not hide the others");
        set(project.join(".cargo"), "config", "[build]\ntarget = \"of-project\"");
        assert_eq!(found(None).as_deref(), Some("of-project"));
        assert_eq!(found(Some("of-variable")).as_deref(), Some("of-variable"));
    }

    #[test]
    fn a_linker_that_was_set_is_found_as_cargo_finds_it() {
        let root = tempfile::tempdir().unwrap();
        let (project, home) = (root.path().join("a/b"), root.path().join("home"));
        let set = |folder: PathBuf, text: &str| {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("config.toml"), text).unwrap();
        };
        let host = "x86_64-unknown-linux-gnu";
        let cfgs = ["unix", "target_os=\"linux\""].map(|cfg| cfg.parse().unwrap());
        let found = || set_linker(&project, host, &cfgs, Some(&home));
        assert_eq!(found(), None);
        set(home.clone(), &format!("[target.{host}]\nlinker = \"of-home\""));
        set(
            root.path().join("a/.cargo"),
            "[target.wasm32-unknown-unknown]\nlinker = \"other\"\n[target.'cfg(windows)']\nlinker = \"other\"",
        );
        assert_eq!(found(), Some("of-home".into()));
        set(project.join(".cargo"), "[target.'cfg(all(unix, target_os = \"linux\"))']\nlinker = \"of-expression\"");
        assert_eq!(found(), Some("of-home".into()), "the target's own name is above expressions");
        set(home.clone(), "[build]\njobs = 1");
        assert_eq!(found(), Some("of-expression".into()));
        set(project.join(".cargo"), &format!("[target.{host}]\nlinker = \"tools/cc\""));
        assert_eq!(found(), Some(project.join("tools/cc")), "paths begin beside the folder of the settings");
        assert_eq!(linker_variable(host), "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER");
    }
}
