//! A way to compile Rust to WASM.
//!
//! Three are known, tried in this order: the active toolchain has the target; rustup adds it; a distribution's compiler
//! that brings the sources of its standard library builds that too. Each step is said before it is done. Packages of
//! the system are installed only when that was asked for; where a compiler is there but does not run, the project or
//! its user has chosen it, and nothing takes its place.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::machine::Machine;
use crate::error::Fault;
use crate::ops::report::Report;

/// A file of the standard library's sources, from the compiler's folder.
const LIBRARY_SOURCES: &str = "lib/rustlib/src/rust/library/core/src/lib.rs";
/// The target of contracts.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
/// The oldest compiler that can build the SDK.
pub(crate) const MIN_RUST: (u32, u32) = (1, 95);
/// The distribution's compiler and its sources.
const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];
/// The distribution's linker for WASM, of the compiler's LLVM version.
const LINKER_PACKAGE: &str = "lld-22";
/// The versions of `wasm-ld-N` that are looked for, newest first.
const LINKER_VERSIONS: std::ops::RangeInclusive<u32> = 19..=30;

/// A compiler for contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// The output of `rustc -vV`.
    pub(crate) version: String,
    /// How the standard library for WASM comes about.
    pub(crate) library: Library,
}

/// How the standard library for WASM comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Library {
    /// It is installed.
    Installed,
    /// cargo builds it from the compiler's sources.
    Built {
        /// The compiler.
        rustc: PathBuf,
        /// A linker for WASM.
        linker: PathBuf,
    },
}

/// The kind of build, for the choice of the toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// `no_std` code.
    Contract,
    /// Code with the standard library.
    Driver,
}

impl Toolchain {
    /// The first line of the version: `rustc 1.95.0 (…)`.
    pub(crate) fn name(&self) -> &str {
        self.version.lines().next().unwrap_or_default()
    }

    /// Whether it can build the SDK. One that does not tell its version is given the benefit of the doubt.
    pub(crate) fn is_recent(&self) -> bool {
        release(&self.version).is_none_or(|found| found >= MIN_RUST)
    }

    /// Environment for cargo. `from_source`: the standard library is built also where it is installed.
    pub(crate) fn environment(&self, from_source: bool) -> Vec<(&'static str, OsString)> {
        match &self.library {
            Library::Installed if from_source => vec![("RUSTC_BOOTSTRAP", "1".into())],
            Library::Installed => Vec::new(),
            Library::Built { rustc, linker } => vec![
                ("RUSTC", rustc.into()),
                ("RUSTC_BOOTSTRAP", "1".into()),
                ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker.into()),
            ],
        }
    }

    /// Arguments for cargo. `from_source`: the standard library is built also where it is installed.
    pub(crate) fn arguments(&self, product: Product, from_source: bool) -> &'static [&'static str] {
        match (&self.library, product) {
            (Library::Installed, _) if !from_source => &[],
            (_, Product::Contract) => &["-Zbuild-std=core,alloc"],
            (_, Product::Driver) => &["-Zbuild-std=std,panic_abort"],
        }
    }

    /// Whether the standard library can be built.
    ///
    /// # Errors
    /// An environment fault when its sources are missing.
    pub(crate) fn check_sources(&self, machine: &Machine) -> Result<()> {
        if self.library != Library::Installed {
            return Ok(());
        }
        let sysroot = machine.rustc().and_then(|rustc| machine.ask(&rustc, &["--print", "sysroot"]));
        if sysroot.is_some_and(|sysroot| Path::new(&sysroot).join(LIBRARY_SOURCES).is_file()) {
            return Ok(());
        }
        Err(Fault::environment(
            "small contracts need the sources of Rust's standard library, which are not installed",
            "run `rustup component add rust-src`, or build without `--small`",
        ))
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        match &self.library {
            Library::Installed => format!("{} with {TARGET}", self.name()),
            Library::Built { rustc, linker } => {
                format!(
                    "{} ({}), standard library from source, linker {}",
                    self.name(),
                    rustc.display(),
                    linker.display()
                )
            }
        }
    }
}

/// The obstacle to the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Ready(Toolchain),
    /// rustup can add the target.
    Addable {
        /// rustup.
        rustup: PathBuf,
    },
    /// The system's package manager can install a compiler.
    Installable {
        /// The commands to run, in order.
        commands: Vec<Vec<String>>,
    },
    /// The compiler that is chosen for this folder does not run: a toolchain file names a version that is not
    /// installed.
    Unusable {
        /// Its output instead.
        reason: String,
    },
    /// There is no compiler and no way to one.
    Nothing,
}

/// Looks at the machine and changes nothing. `rustup_failed`: rustup could not add the target.
pub(crate) fn look(machine: &Machine, rustup_failed: bool) -> Found {
    let rustc = machine.rustc();
    if let Some(version) = rustc.as_ref().and_then(|rustc| with_target(machine, rustc)) {
        return Found::Ready(Toolchain { version, library: Library::Installed });
    }
    if let Some(reason) = rustc.as_ref().and_then(|rustc| machine.complaint(rustc, &["-vV"])) {
        return Found::Unusable { reason };
    }
    if let (Some(rustup), false, true) = (machine.find("rustup"), rustup_failed, rustc.is_some()) {
        return Found::Addable { rustup };
    }
    let linker = linker(machine, rustc.as_deref());
    if let (Some((rustc, version)), Some(linker)) = (with_sources(machine), &linker) {
        return Found::Ready(Toolchain { version, library: Library::Built { rustc, linker: linker.clone() } });
    }
    let Some(apt) = machine.find("apt-get") else {
        return Found::Nothing;
    };
    let apt = apt.to_string_lossy().into_owned();
    let mut install: Vec<String> =
        [&apt, "install", "-y", "--no-remove", "--no-install-recommends"].map(str::to_owned).to_vec();
    install.extend(PACKAGES.map(str::to_owned));
    if linker.is_none() {
        install.push(LINKER_PACKAGE.to_owned());
    }
    let mut commands = vec![vec![apt, "update".to_owned()], install];
    if !machine.administrator() {
        for command in &mut commands {
            command.insert(0, "sudo".to_owned());
        }
    }
    Found::Installable { commands }
}

/// Finds a toolchain and provides one where there is none. `yes`: packages of the system may be installed without
/// asking.
///
/// # Errors
/// An environment fault that says what to install.
pub(crate) fn ensure(machine: &Machine, report: &dyn Report, yes: bool) -> Result<Toolchain> {
    let mut rustup_failed = false;
    let mut installed = false;
    loop {
        match look(machine, rustup_failed) {
            Found::Ready(toolchain) => return check_age(toolchain),
            Found::Addable { rustup } => {
                report.step("Adding", &format_args!("the target {TARGET}: rustup target add {TARGET}"));
                rustup_failed = !machine.run(&rustup, &["target", "add", TARGET])?;
                if rustup_failed || !matches!(look(machine, false), Found::Ready(_)) {
                    rustup_failed = true;
                    report.note(&"rustup could not add the target; looking for the distribution's compiler");
                }
            }
            Found::Installable { commands } if !installed => {
                installed = true;
                install(machine, report, yes, &commands)?;
            }
            Found::Installable { .. } => {
                return Err(Fault::environment(
                    "the packages are installed, but there is still no compiler for WASM",
                    "install Rust from https://rustup.rs",
                ));
            }
            Found::Unusable { reason } => return Err(unusable(&reason)),
            Found::Nothing => {
                return Err(Fault::environment(
                    format!("there is no way to compile for {TARGET} on this machine"),
                    format!("install Rust from https://rustup.rs, then run `rustup target add {TARGET}`"),
                ));
            }
        }
    }
}

/// As [`ensure`], for a user who has asked for the machine to be set up. Packages of the system are installed after a
/// question on the terminal. Without a terminal the administrator has consented by asking, as on a machine for
/// continuous integration; other users must say `yes`.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn set_up(machine: &Machine, report: &dyn Report, yes: bool) -> Result<Toolchain> {
    ensure(machine, report, yes || (machine.administrator() && !report.can_ask()))
}

/// Text that changes whenever the compiler does. Cheap: it is asked for at every build.
pub(crate) fn identity(machine: &Machine) -> String {
    let mut identity =
        machine.rustc().and_then(|rustc| machine.ask(&rustc, &["-vV"])).unwrap_or_else(|| "none".to_owned());
    if let Ok(system) = fs::metadata(machine.system("usr/bin/rustc")) {
        write!(identity, "\nsystem {} {:?}", system.len(), system.modified().ok()).expect("strings take all");
    }
    identity
}

fn install(machine: &Machine, report: &dyn Report, yes: bool, commands: &[Vec<String>]) -> Result<()> {
    let lines: Vec<String> = commands.iter().map(|command| command.join(" ")).collect();
    report.note(&"the distribution's Rust compiler can build contracts; these commands install it:");
    for line in &lines {
        report.aside(&format_args!("             {line}"));
    }
    if !yes && !report.confirm("Run them now?") {
        return Err(Fault::environment(
            format!("there is no compiler for {TARGET}"),
            format!("run `{}`, or `cargo dusk doctor --fix --yes`", lines.join(" && ")),
        ));
    }
    for (command, line) in commands.iter().zip(&lines) {
        report.step("Running", &line);
        let arguments: Vec<&str> = command[1..].iter().map(String::as_str).collect();
        if !machine.run(Path::new(&command[0]), &arguments)? {
            return Err(Fault::environment(
                format!("`{line}` failed"),
                "see its message above, or install Rust from https://rustup.rs",
            ));
        }
    }
    Ok(())
}

/// A compiler that does not run, and how to get one that does.
fn unusable(reason: &str) -> anyhow::Error {
    Fault::environment(format!("the Rust compiler selected for this folder does not run: {reason}"), unusable_hint())
}

/// The hint if the chosen compiler does not run.
pub(crate) fn unusable_hint() -> String {
    let (major, minor) = MIN_RUST;
    format!(
        "`rustup show` shows the reason for this choice (rust-toolchain.toml, RUSTUP_TOOLCHAIN, RUSTC); select \
         {major}.{minor} or newer, or install it with `rustup toolchain install`"
    )
}

fn check_age(toolchain: Toolchain) -> Result<Toolchain> {
    if toolchain.is_recent() {
        return Ok(toolchain);
    }
    let (major, minor) = MIN_RUST;
    let message = format!("{} is too old: contracts need Rust {major}.{minor}", toolchain.name());
    let hint = format!(
        "run `rustup update stable`; if rust-toolchain.toml or RUSTUP_TOOLCHAIN names another version, change it to \
         {major}.{minor} or newer"
    );
    Err(Fault::environment(message, hint))
}

/// Major and minor version in the output of `rustc -vV`.
fn release(version: &str) -> Option<(u32, u32)> {
    let release = version.lines().find_map(|line| line.strip_prefix("release: "))?;
    let mut parts = release.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The version of a compiler that has the standard library for WASM.
fn with_target(machine: &Machine, rustc: &Path) -> Option<String> {
    let libraries = machine.ask(rustc, &["--print", "target-libdir", "--target", TARGET])?;
    let has_core = fs::read_dir(libraries).ok()?.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    });
    if has_core { machine.ask(rustc, &["-vV"]) } else { None }
}

/// The distribution's compiler, when the sources of its standard library are there.
fn with_sources(machine: &Machine) -> Option<(PathBuf, String)> {
    let rustc = Some(machine.system("usr/bin/rustc")).filter(|path| path.is_file())?;
    let sysroot = machine.ask(&rustc, &["--print", "sysroot"])?;
    let sources = Path::new(&sysroot).join(LIBRARY_SOURCES);
    if !sources.is_file() {
        return None;
    }
    let version = machine.ask(&rustc, &["-vV"])?;
    Some((rustc, version))
}

/// A linker for WASM: one that a Rust toolchain brings, else LLVM's.
fn linker(machine: &Machine, rustc: Option<&Path>) -> Option<PathBuf> {
    let of_toolchain = rustc.and_then(|rustc| {
        let sysroot = machine.ask(rustc, &["--print", "sysroot"])?;
        let hosts = fs::read_dir(Path::new(&sysroot).join("lib/rustlib")).ok()?;
        hosts.flatten().map(|host| host.path().join("bin/rust-lld")).find(|path| path.is_file())
    });
    of_toolchain
        .or_else(|| machine.find("rust-lld"))
        .or_else(|| LINKER_VERSIONS.rev().find_map(|version| machine.find(&format!("wasm-ld-{version}"))))
        .or_else(|| machine.find("wasm-ld"))
}

#[cfg(test)]
#[path = "toolchain_tests.rs"]
mod tests;
