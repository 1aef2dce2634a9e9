//! The decisions about toolchains, on machines that are made of shell scripts.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;
use crate::ops::report::Silent;

/// A machine in a folder: `bin` is its search path, `root` its system.
struct Pretended {
    folder: TempDir,
    administrator: bool,
}

impl Pretended {
    fn new(administrator: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "root/usr/bin", "root/usr/lib/rustlib"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Self { folder, administrator }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn machine(&self) -> Machine {
        Machine::pretend(&self.path("bin"), &self.path("root"), self.administrator)
    }

    /// Puts an executable script somewhere.
    fn script(&self, path: &str, body: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Another process writes the file: the system starts no program that is open for writing, and a process that
        // another thread starts at this moment would inherit the open file.
        let mut command = Command::new("sh");
        command.args(["-c", r#"cat > "$0" && chmod 755 "$0""#]).arg(&path).stdin(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        write!(shell.stdin.take().unwrap(), "#!/bin/sh\n{body}\n").unwrap();
        assert!(shell.wait().unwrap().success(), "{}", path.display());
        self
    }

    /// A compiler whose sysroot is `sysroot`.
    fn compiler(&self, path: &str, sysroot: &str, release: &str) -> &Self {
        let sysroot = self.path(sysroot);
        let sysroot = sysroot.display();
        self.script(
            path,
            &format!(
                "case \"$*\" in\n-vV) printf 'rustc {release}\\nrelease: {release}\\n';;\n\
                 '--print sysroot') echo {sysroot};;\n\
                 '--print target-libdir --target {TARGET}') echo {sysroot}/lib/rustlib/{TARGET}/lib;;\n*) exit 1;;\nesac"
            ),
        )
    }

    fn file(&self, path: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        self
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

const CORE: &str = "own/lib/rustlib/wasm32-unknown-unknown/lib/libcore-1.rlib";
const SOURCES: &str = "root/usr/lib/rustlib/src/rust/library/core/src/lib.rs";

#[test]
fn an_installed_target_is_taken_as_it_is() {
    let pretended = Pretended::new(false);
    pretended.compiler("bin/rustc", "own", "1.95.0").file(CORE);
    let toolchain = ensure(&pretended.machine(), &Silent, false).unwrap();
    assert_eq!(toolchain.library, Library::Installed);
    assert_eq!(toolchain.name(), "rustc 1.95.0");
    assert!(toolchain.environment(false).is_empty() && toolchain.arguments(Product::Driver, false).is_empty());
}

#[test]
fn rustup_adds_a_missing_target() {
    let pretended = Pretended::new(false);
    let core = pretended.path(CORE);
    let add = format!(
        "echo \"$*\" >> {}; /bin/mkdir -p {}; : > {}",
        pretended.path("log").display(),
        core.parent().unwrap().display(),
        core.display()
    );
    pretended.compiler("bin/rustc", "own", "1.95.0").script("bin/rustup", &add);
    assert!(matches!(look(&pretended.machine(), false), Found::Addable { .. }));
    assert_eq!(ensure(&pretended.machine(), &Silent, false).unwrap().library, Library::Installed);
    assert_eq!(pretended.log(), "target add wasm32-unknown-unknown\n");
}

#[test]
fn where_rustup_cannot_download_the_distribution_helps() {
    let pretended = Pretended::new(false);
    pretended
        .compiler("bin/rustc", "own", "1.95.0")
        .script("bin/rustup", "exit 1")
        .compiler("root/usr/bin/rustc", "root/usr", "1.96.0")
        .file(SOURCES)
        .file("own/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    let toolchain = ensure(&pretended.machine(), &Silent, false).unwrap();
    let linker = pretended.path("own/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    let rustc = pretended.path("root/usr/bin/rustc");
    assert_eq!(toolchain.library, Library::Built { rustc: rustc.clone(), linker: linker.clone() });
    assert_eq!(toolchain.arguments(Product::Contract, false), ["-Zbuild-std=core,alloc"]);
    assert_eq!(toolchain.arguments(Product::Driver, false), ["-Zbuild-std=std,panic_abort"]);
    let environment = toolchain.environment(false);
    assert!(environment.contains(&("RUSTC", rustc.into())));
    assert!(environment.contains(&("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker.into())));
}

#[test]
fn a_rustup_that_says_done_but_is_not_does_not_loop() {
    let pretended = Pretended::new(false);
    pretended.compiler("bin/rustc", "own", "1.95.0").script("bin/rustup", "exit 0");
    let error = ensure(&pretended.machine(), &Silent, false).unwrap_err();
    assert!(error.to_string().contains("no way to compile"), "{error}");
}

/// A machine on which `apt-get`, or `sudo apt-get`, provides a compiler and a linker.
fn with_packages(administrator: bool) -> Pretended {
    let pretended = Pretended::new(administrator);
    let sources = pretended.path(SOURCES);
    let compiler = pretended.path("parked/rustc");
    pretended.compiler("parked/rustc", "root/usr", "1.96.0");
    let apt = format!(
        "echo \"$*\" >> {log}\n[ \"$1\" = install ] || exit 0\n/bin/cp {compiler} {usr}\n/bin/mkdir -p {folder}\n: > {sources}\n: > {linker}",
        log = pretended.path("log").display(),
        compiler = compiler.display(),
        usr = pretended.path("root/usr/bin/rustc").display(),
        folder = sources.parent().unwrap().display(),
        sources = sources.display(),
        linker = pretended.path("bin/wasm-ld-22").display(),
    );
    let sudo = format!("echo sudo >> {}\nexec \"$@\"", pretended.path("log").display());
    pretended.script("bin/apt-get", &apt).script("bin/sudo", &sudo);
    pretended
}

const COMMANDS: &str = "update\ninstall -y --no-remove --no-install-recommends rustc-web rust-web-src lld-22\n";

#[test]
fn packages_are_installed_with_consent() {
    let pretended = with_packages(true);
    let toolchain = ensure(&pretended.machine(), &Silent, true).unwrap();
    assert!(matches!(toolchain.library, Library::Built { .. }));
    assert_eq!(pretended.log(), COMMANDS);
}

#[test]
fn packages_are_not_installed_without_consent() {
    for administrator in [true, false] {
        let pretended = with_packages(administrator);
        let error = ensure(&pretended.machine(), &Silent, false).unwrap_err();
        assert!(error.to_string().contains("no compiler"), "{error}");
        assert_eq!(pretended.log(), "");
    }
}

#[test]
fn setting_up_without_a_terminal_installs_packages_for_the_administrator_only() {
    let administrators = with_packages(true);
    set_up(&administrators.machine(), &Silent, false).unwrap();
    assert_eq!(administrators.log(), COMMANDS);

    let users = with_packages(false);
    let error = set_up(&users.machine(), &Silent, false).unwrap_err();
    let hint = error.downcast_ref::<Fault>().unwrap().hint();
    assert!(hint.starts_with("run `sudo ") && hint.ends_with("or `cargo dusk doctor --fix --yes`"), "{hint}");
    assert_eq!(users.log(), "", "the commands are shown, not run");

    set_up(&users.machine(), &Silent, true).unwrap();
    assert_eq!(
        users.log(),
        "sudo\nupdate\nsudo\ninstall -y --no-remove --no-install-recommends rustc-web rust-web-src lld-22\n"
    );
}

#[test]
fn a_chosen_compiler_that_is_missing_is_told_and_not_replaced() {
    let pretended = Pretended::new(true);
    let log = pretended.path("log");
    let note = format!("echo \"$0 $*\" >> {}", log.display());
    pretended
        .script("bin/rustc", "echo \"error: toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed\" >&2\nexit 1")
        .script("bin/rustup", &format!("{note}\nexit 1"))
        .script("bin/apt-get", &note)
        .compiler("root/usr/bin/rustc", "root/usr", "1.96.0")
        .file(SOURCES)
        .script("bin/wasm-ld", "exit 0");
    for yes in [false, true] {
        let error = ensure(&pretended.machine(), &Silent, yes).unwrap_err();
        let said = "the Rust compiler selected for this folder does not run: \
                    toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed";
        assert_eq!(error.to_string(), said);
        assert!(error.downcast_ref::<Fault>().unwrap().hint().contains("rust-toolchain.toml"));
    }
    assert_eq!(pretended.log(), "", "nothing was run that changes the machine");
}

#[test]
fn others_are_told_what_to_run() {
    let pretended = Pretended::new(false);
    pretended.script("bin/apt-get", "exit 1");
    let Found::Installable { commands } = look(&pretended.machine(), false) else {
        panic!("packages could be installed");
    };
    assert_eq!(commands[1][0], "sudo");
    let error = ensure(&pretended.machine(), &Silent, false).unwrap_err();
    assert!(error.to_string().contains("no compiler"), "{error}");
}

#[test]
fn a_failing_package_manager_is_reported_once() {
    let pretended = Pretended::new(true);
    pretended.script("bin/apt-get", &format!("echo \"$*\" >> {}; exit 1", pretended.path("log").display()));
    let error = ensure(&pretended.machine(), &Silent, true).unwrap_err();
    assert!(error.to_string().contains("update` failed"), "{error}");
    assert_eq!(pretended.log(), "update\n");
}

#[test]
fn an_old_compiler_is_refused() {
    let pretended = Pretended::new(false);
    pretended.compiler("bin/rustc", "own", "1.80.1").file(CORE);
    let error = ensure(&pretended.machine(), &Silent, false).unwrap_err();
    assert_eq!(error.to_string(), "rustc 1.80.1 is too old: contracts need Rust 1.95");
}

#[test]
fn an_empty_machine_has_no_way() {
    let pretended = Pretended::new(false);
    assert_eq!(look(&pretended.machine(), false), Found::Nothing);
    assert!(ensure(&pretended.machine(), &Silent, true).is_err());
}

#[test]
fn the_identity_changes_with_the_compiler() {
    let pretended = Pretended::new(false);
    let none = identity(&pretended.machine());
    pretended.compiler("bin/rustc", "own", "1.95.0");
    let first = identity(&pretended.machine());
    pretended.compiler("bin/rustc", "own", "1.95.1");
    let second = identity(&pretended.machine());
    pretended.compiler("root/usr/bin/rustc", "root/usr", "1.96.0");
    let third = identity(&pretended.machine());
    let all = [none, first, second, third];
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{all:?}");
}
