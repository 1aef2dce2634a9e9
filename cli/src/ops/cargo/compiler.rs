//! `cargo dusk` in front of the compiler: members of a workspace with panics that abort.
//!
//! cargo has one panic strategy for all packages of a build. The circuits of a project are compiled with panics that
//! abort, as its contracts are, and its tests with panics that unwind. With cargo's setting, each dependency would be
//! compiled twice. A dependency does not need it: programs that abort may link libraries that unwind.
//!
//! cargo starts this program in place of the compiler, with the compiler and its arguments, for members of the
//! workspace only (`RUSTC_WORKSPACE_WRAPPER`), and keeps their outputs apart from those of the compiler alone.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// cargo's variable for the program in front of the compiler.
const WRAPPER_VARIABLE: &str = "RUSTC_WORKSPACE_WRAPPER";
/// The variable that tells this program that cargo has started it as the compiler.
const VARIABLE: &str = "DUSK_ABORTING_COMPILER";
/// The kinds of crates that have panics of their own. Macros and build scripts unwind always.
const LIBRARIES: [&str; 2] = ["lib", "rlib"];

/// Variables for cargo that put this program in front of the compiler.
///
/// # Errors
/// When the system does not say where this program is.
pub(crate) fn aborting() -> Result<[(&'static str, OsString); 2]> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    Ok([(WRAPPER_VARIABLE, program.into()), (VARIABLE, "1".into())])
}

/// Runs the compiler if cargo has started this program in its place. `arguments` begins with this program's own name.
pub(crate) fn run(arguments: &[OsString]) -> Option<ExitCode> {
    std::env::var_os(VARIABLE)?;
    let [_, compiler, arguments @ ..] = arguments else { return None };
    let status = Command::new(compiler).args(arguments).args(added(arguments)).status();
    let code = status.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Some(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The arguments that the compiler gets beside those of cargo.
fn added(arguments: &[OsString]) -> Option<&'static str> {
    let is_library = |pair: &[OsString]| pair[0] == "--crate-type" && LIBRARIES.iter().any(|it| pair[1] == *it);
    arguments.windows(2).any(is_library).then_some("-Cpanic=abort")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_libraries_abort() {
        let added = |text: &str| added(&text.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(added("--crate-name circuits --crate-type lib src/lib.rs"), Some("-Cpanic=abort"));
        assert_eq!(added("--crate-name circuits --crate-type rlib src/lib.rs"), Some("-Cpanic=abort"));
        for other in
            ["--crate-name m --crate-type proc-macro lib.rs", "--crate-name build --crate-type bin", "-vV", "lib"]
        {
            assert_eq!(added(other), None, "{other}");
        }
    }
}
