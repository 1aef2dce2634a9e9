//! Settings of cargo that the project, its user or the environment made for other work than ours.
//!
//! cargo merges `.cargo/config.toml` of all folders above, its own folder's, and variables. What matters here:
//!
//! | setting | what is done |
//! |---|---|
//! | `build.target`, `CARGO_BUILD_TARGET` | tests and circuits run on this machine: where another target is set, `--target` names this machine's |
//! | `build.rustflags`, `target.….rustflags` and their variables | contracts are compiled with flags of ours alone (`CARGO_ENCODED_RUSTFLAGS`), and their circuits with none |
//! | `build.incremental`, `CARGO_INCREMENTAL` | off for contracts: the compiler refuses it together with LTO |
//! | `build.dep-info-basedir` | the workspace's folder, so that the files of which a contract was made are found again |
//! | `profile.….` | what a contract depends on is set by arguments, which win |
//! | `build.target-dir`, `build.build-dir`, `build.rustc-wrapper` | as they are: cargo says where its output lies |

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::machine::Machine;

/// The variable that sets the target.
const TARGET_VARIABLE: &str = "CARGO_BUILD_TARGET";
/// The names of cargo's settings, the older one last.
const FILES: [&str; 2] = ["config.toml", "config"];

/// Arguments for cargo that make it compile for this machine; none where it does so by itself, so that plain `cargo test` shares what is
/// compiled.
pub(crate) fn native(folder: &Path) -> Vec<String> {
    if set_target(folder, std::env::var_os(TARGET_VARIABLE), home().as_deref()).is_none() {
        return Vec::new();
    }
    let machine = Machine::here(folder);
    let version = machine.rustc().and_then(|rustc| machine.ask(&rustc, &["-vV"])).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(|host| vec!["--target".to_owned(), host.to_owned()]).unwrap_or_default()
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
    let above = folder.ancestors().map(|folder| folder.join(".cargo"));
    above.chain(home.map(Path::to_owned)).find_map(|folder| {
        // Of the two names cargo takes the older where both are there.
        let text = FILES.iter().rev().find_map(|name| fs::read_to_string(folder.join(name)).ok())?;
        let document: DocumentMut = text.parse().ok()?;
        let target = document.get("build")?.get("target")?;
        match target.as_array() {
            Some(several) => several.iter().next().and_then(|first| first.as_str().map(str::to_owned)),
            None => target.as_str().map(str::to_owned),
        }
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
}
