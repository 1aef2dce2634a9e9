//! `cargo dusk` in a clone of the repository, with a stand-in for cargo: its messages before and during the build.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::write_script;

/// Compiles the launcher alone. It has no dependencies, so the compiler is enough.
fn launcher(folder: &Path) -> std::path::PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("launcher");
    let program = folder.join("target/debug/launcher");
    fs::create_dir_all(program.parent().expect("it lies in a folder")).expect("a folder can be made");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "-o"]).arg(&program).arg(package.join("src/main.rs"));
    let output = rustc.env("CARGO_MANIFEST_DIR", &package).output().expect("rustc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn run(program: &Path, cargo: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).env("CARGO", cargo).output().expect("the launcher runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_first_build_says_how_long_it_takes_before_it_begins() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = launcher(folder.path());
    let built = folder.path().join("target/debug/cargo-dusk");
    let cargo = folder.path().join("cargo");
    // Prints its arguments, and makes a command that prints its own.
    let make = format!("printf '#!/bin/sh\\necho \"ran $*\"; exit 7\\n' > {0} && chmod +x {0}", built.display());
    write_script(&cargo, &format!("echo \"cargo $*\" >&2; {make}"));

    let first = run(&program, &cargo, &["demo", "--json"]);
    let said = text(&first.stderr);
    let (before, progress) = said.split_once("cargo build").expect("cargo has run");
    assert!(before.contains("Building `cargo dusk`") && before.contains("minute"), "{said}");
    assert!(!progress.contains("--quiet"), "cargo shows its progress: {said}");
    assert_eq!(text(&first.stdout), "ran demo --json\n");
    assert_eq!(first.status.code(), Some(7), "the code is the command's");

    write_script(&cargo, "true");
    // On a busy machine, even this build may take so long that the launcher announces it.
    let second = (0..20).map(|_| run(&program, &cargo, &["demo"])).find(|run| run.stderr.is_empty());
    assert_eq!(text(&second.expect("a quick build says nothing").stdout), "ran demo\n");
}

#[test]
fn a_build_that_takes_a_while_is_announced_and_one_that_fails_ends_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = launcher(folder.path());
    write_script(&folder.path().join("target/debug/cargo-dusk"), "echo ran");
    let cargo = folder.path().join("cargo");

    write_script(&cargo, "sleep 3");
    let slow = run(&program, &cargo, &[]);
    assert_eq!(text(&slow.stderr).trim(), "Building what changed in `cargo dusk`");
    assert_eq!(text(&slow.stdout), "ran\n");

    write_script(&cargo, "echo 'error: it does not compile' >&2; exit 101");
    let failed = run(&program, &cargo, &[]);
    assert_eq!(failed.status.code(), Some(101));
    let said = text(&failed.stderr);
    assert_eq!((text(&failed.stdout), said.lines().next_back()), (String::new(), Some("error: it does not compile")));
}

/// Build scripts look at what cargo says of a package: with other values they run again, and what needs them is
/// compiled again.
#[test]
fn builds_and_the_command_do_not_hear_of_the_launchers_package() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = launcher(folder.path());
    let show = "env | grep '^CARGO_' | cut -d= -f1 | sort | paste -sd' '";
    write_script(&folder.path().join("target/debug/cargo-dusk"), show);
    let cargo = folder.path().join("cargo");
    write_script(&cargo, &format!("{show} >&2"));
    let ran = Command::new(program)
        .env_clear()
        .envs(["PATH", "HOME"].map(|name| (name, std::env::var_os(name).unwrap_or_default())))
        .envs(["CARGO_HOME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"].map(|name| (name, "/x")))
        .env("CARGO", &cargo)
        .output()
        .expect("the launcher runs");
    let said = text(&ran.stderr);
    assert_eq!((text(&ran.stdout).trim(), said.lines().next_back()), ("CARGO_HOME", Some("CARGO_HOME")));
}

#[test]
fn the_alias_of_the_repository_runs_the_launcher() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = fs::read_to_string(root.join(".cargo/config.toml")).expect("the repository has settings for cargo");
    assert!(config.contains("dusk = \"run --quiet --package launcher --\""), "{config}");
}
