//! wasm-opt, where it is installed.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::ops::cargo::machine::Machine;
use crate::ops::report::Report;

/// The WASM features that Rust's target uses and that all rule profiles of today's networks admit.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
];
/// Its options. With `-g` it carries the names of functions over to its output. At last the
/// functions that are called most get the smallest numbers, which take fewer bytes.
const PASSES: [&str; 6] = ["-Oz", "--converge", "--reorder-functions", "-g", "--strip-producers", "--strip-dwarf"];

/// An installed wasm-opt.
#[derive(Debug, Clone)]
pub(crate) struct Optimiser {
    path: PathBuf,
    /// The output of `--version`.
    pub(crate) version: String,
}

impl Optimiser {
    /// The wasm-opt on the machine's path.
    pub(crate) fn find(machine: &Machine) -> Option<Self> {
        let path = machine.find("wasm-opt")?;
        let version = machine.ask(&path, &["--version"])?;
        Some(Self { path, version })
    }

    /// Text that changes whenever the result could.
    pub(crate) fn identity(optimiser: Option<&Self>) -> String {
        optimiser.map_or_else(|| "none".to_owned(), |found| format!("{} {PASSES:?} {FEATURES:?}", found.version))
    }

    /// A smaller module that does the same; `None` when wasm-opt cannot read this one, which is said.
    pub(crate) fn optimise(&self, machine: &Machine, wasm: &[u8], report: &dyn Report) -> Result<Option<Vec<u8>>> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let (input, output) = (folder.path().join("in.wasm"), folder.path().join("out.wasm"));
        fs::write(&input, wasm).context("cannot write a temporary file")?;
        let _optimising = report.waiting("making it smaller (wasm-opt)");
        let run = machine
            .command(&self.path)
            .args(PASSES.iter().chain(&FEATURES))
            .args([input.as_os_str(), OsStr::new("-o"), output.as_os_str()])
            .output()
            .with_context(|| format!("cannot run {}", self.path.display()))?;
        if !run.status.success() {
            let reason = String::from_utf8_lossy(&run.stderr);
            let reason = reason.lines().next().unwrap_or("no reason given");
            report.warn(&format_args!("{} failed, so the contract is not optimised: {reason}", self.version));
            return Ok(None);
        }
        fs::read(&output).map(Some).with_context(|| format!("cannot read {}", output.display()))
    }
}
