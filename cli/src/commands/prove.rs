//! `cargo dusk prove`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use dusk_sdk_circuit::{Assignment, CheckError, Digest, Layout, check, native};
use dusk_sdk_prover::{Proof, ProveError, verify};
use serde_json::{Value, json};

use super::circuit::{found, gates, reveals, say_unsatisfied};
use crate::error::Fault;
use crate::figures::{grouped, time};
use crate::ops::circuits::proving::{self, Proving};
use crate::ops::circuits::witness::Witness;
use crate::ops::project::settings::Crs;
use crate::ops::project::{Project, folders};
use crate::output::{Tone, Ui};

/// `prove`
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// Circuit to use; optional if the project has only one.
    pub(crate) name: Option<String>,
    /// File with the values of all inputs by name: JSON, or TOML if the file name ends in .toml; `-` reads JSON from
    /// standard input.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) witness: PathBuf,
    /// File to write; by default NAME.proof.json. It contains the proof and its public inputs as JSON, or as TOML if
    /// its name ends in .toml. If its name ends in .hex, it contains only the proof, in hexadecimal.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Parameters (common reference string) for circuit keys; overrides `[circuits] crs` in dusk.toml.
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) crs: Option<Crs>,
    /// Also shows the private values of a violated constraint. Saved output, such as a CI log, then discloses them.
    #[arg(long)]
    pub(crate) show_private: bool,
}

/// The extension of a file that holds only the proof.
const HEXADECIMAL: &str = "hex";
/// The extension of a TOML file.
const TOML: &str = "toml";

pub(super) fn run(project: &Project, options: &Prove, ui: &Ui) -> Result<ExitCode> {
    let witness = Witness::read(&options.witness)?;
    let circuits = found(project, ui)?;
    let circuit = circuits.pick(options.name.as_deref())?;
    let layout = circuit.describe()?.layout;
    let assignment = circuit.assign(&layout, &witness)?;
    // Before keys are made, which may take minutes.
    if let Err(CheckError::Unsatisfied(fault)) = check(&layout, &assignment) {
        return Ok(say_unsatisfied(&circuit.name, &fault, reveals(options.show_private), ui));
    }
    let crs = options.crs.unwrap_or(project.settings.circuits.crs);
    let keys = Proving::with(crs)?.keys(&layout, ui)?;
    let begun = Instant::now();
    let proof = proving::prove(&keys, &layout, &assignment, ui).map_err(|error| refused(&circuit.name, &error))?;
    let proving = begun.elapsed();
    let begun = Instant::now();
    verify(keys.verifier_key(), &proof, assignment.public()).map_err(|error| {
        let message = format!("the proof of `{}` does not verify: {error}", circuit.name);
        Fault::failed(
            message,
            "`cargo dusk keys verify` finds damaged keys and parameters; the next use generates them again",
        )
    })?;
    let verifying = begun.elapsed();

    let made =
        Made { circuit: &circuit.name, layout: &layout, assignment: &assignment, witness: &witness, proof: &proof };
    let mut document = made.document(&keys.parameters().to_string(), keys.parameters().is_development());
    let path = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.proof.json", circuit.name)));
    made.write(&path, &document)?;
    ui.line(format_args!(
        "{} proof {} B · {} · prove {} · verify {} · {}",
        ui.toned(Tone::Name, &circuit.name),
        grouped(proof.as_bytes().len() as u64),
        gates(&layout),
        time(proving),
        time(verifying),
        path.display()
    ));
    if keys.parameters().is_development() {
        ui.note("made with development parameters: only contracts built with them accept the proof");
    }
    document["file"] = json!(path);
    document["prove_milliseconds"] = json!(u64::try_from(proving.as_millis()).unwrap_or(u64::MAX));
    ui.document(&document);
    Ok(ExitCode::SUCCESS)
}

/// A proof, and what it is about.
struct Made<'a> {
    circuit: &'a str,
    layout: &'a Layout,
    assignment: &'a Assignment,
    witness: &'a Witness,
    proof: &'a Proof,
}

impl Made<'_> {
    /// All that whoever verifies it needs, and nothing that is secret.
    fn document(&self, parameters: &str, development: bool) -> Value {
        let digest: Digest = self.layout.digest();
        let elements = self.assignment.public().iter().map(|scalar| native::Field::from(*scalar).to_string());
        json!({
            "circuit": self.circuit,
            "digest": digest.to_string(),
            "parameters": parameters,
            "development": development,
            "proof": self.proof.to_string(),
            "public": self.witness.public(self.layout),
            "public_elements": elements.collect::<Vec<_>>(),
        })
    }

    fn write(&self, path: &Path, document: &Value) -> Result<()> {
        let is = |form: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(form));
        let text = if is(HEXADECIMAL) {
            format!("{}\n", self.proof)
        } else if is(TOML) {
            toml_edit::ser::to_string_pretty(document).context("the proof as TOML")?
        } else {
            format!("{}\n", serde_json::to_string_pretty(document).context("documents have text keys")?)
        };
        let absolute = std::path::absolute(path).with_context(|| format!("cannot write {}", path.display()))?;
        folders::write_atomically(&absolute, text.as_bytes())
    }
}

fn refused(circuit: &str, error: &ProveError) -> anyhow::Error {
    let hint = match error {
        ProveError::Invalid => {
            "`cargo dusk keys verify` finds damaged keys and parameters; the next use generates them again"
        }
        _ => "build again: the circuit may have changed in the meantime",
    };
    Fault::failed(format!("cannot prove `{circuit}`: {error}"), hint)
}
