//! Parameters, keys and proofs for the circuits of a project.
//!
//! Both are kept in a folder of this machine, by what they are made of. Development parameters are made when they are
//! needed; production's are fetched once ([`super::crs`]), and a project says which it wants.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use dusk_sdk_circuit::{Assignment, Layout};
use dusk_sdk_prover::{
    CompileError, Kept, KeyStore, Keys, Parameters, ParametersError, Progress, Proof, ProveError, Stage,
};

use super::crs;
use crate::error::Fault;
use crate::ops::project::folders;
use crate::ops::project::settings::Crs;
use crate::ops::report::{Bar, Report};

/// The folder for parameters and keys in the cache.
const FOLDER: &str = "keys";

/// The folder in which parameters and keys are kept.
pub(crate) fn store() -> Result<KeyStore> {
    Ok(KeyStore::new(folders::cache()?.join(FOLDER)))
}

/// The maker of keys and proofs.
#[derive(Debug)]
pub(crate) struct Proving {
    store: KeyStore,
    crs: Crs,
}

impl Proving {
    /// With these parameters.
    pub(crate) fn with(crs: Crs) -> Result<Self> {
        Ok(Self { store: store()?, crs })
    }

    /// The keys of a circuit: those that are kept, else new ones.
    ///
    /// # Errors
    /// A failure when the circuit is too large, an environment fault when production's parameters are wanted and not
    /// here.
    pub(crate) fn keys(&self, layout: &Layout, report: &dyn Report) -> Result<Keys> {
        let watch = Watch::new(report, &layout.name);
        let progress = |stage, share| watch.advance(stage, share);
        let parameters = self.parameters(layout, report, &progress)?;
        let kept = self.store.keys(layout, &parameters, &progress).map_err(|error| cannot_compile(layout, &error))?;
        drop(watch);
        Ok(taken(kept, report))
    }

    fn parameters(&self, layout: &Layout, report: &dyn Report, progress: Progress<'_>) -> Result<Parameters> {
        let gates = layout.gates();
        match self.crs {
            Crs::Development => {
                let kept = self.store.development(gates, progress).map_err(|error| cannot_have(layout, &error))?;
                Ok(taken(kept, report))
            }
            Crs::Production => crs::production(&self.store, gates, progress),
        }
    }
}

/// The verifier key of a circuit, made from nothing that is kept on this machine but production's file, which is
/// compared with its known hash.
///
/// # Errors
/// As [`Proving::keys`].
pub(crate) fn verifier_key_made_again(
    layout: &Layout,
    parameters: &Parameters,
    report: &dyn Report,
) -> Result<Vec<u8>> {
    let watch = Watch::new(report, &layout.name);
    let keys: Keys = Keys::compile(layout, parameters, &|stage, share| watch.advance(stage, share))
        .map_err(|error| cannot_compile(layout, &error))?;
    Ok(keys.verifier_key().to_vec())
}

/// A key from the store, with a note if the store could not keep it.
fn taken<T>(kept: Kept<T>, report: &dyn Report) -> T {
    if let Some(fault) = kept.fault {
        report.warn(&format_args!("{fault}; the next command generates it again"));
    }
    kept.value
}

/// Checks, proves and verifies, with a bar.
///
/// # Errors
/// As [`Keys::prove`].
pub(crate) fn prove(
    keys: &Keys,
    layout: &Layout,
    assignment: &Assignment,
    report: &dyn Report,
) -> Result<Proof, ProveError> {
    let watch = Watch::new(report, &layout.name);
    keys.prove(layout, assignment, &|stage, share| watch.advance(stage, share))
}

fn cannot_compile(layout: &Layout, error: &CompileError) -> anyhow::Error {
    let name = &layout.name;
    let hint = match error {
        CompileError::TooLarge { .. } => format!(
            "`cargo dusk circuit profile {name}` shows the gates of each region; split the circuit, or prove less at \
             a time"
        ),
        CompileError::Empty => format!(
            "constrain the inputs of `{name}` with gadgets (`cargo dusk circuit gates` lists them), or remove \
             `#[circuit]`"
        ),
        _ => "use the SDK version of this cargo-dusk in the project, and build again".to_owned(),
    };
    Fault::failed(format!("cannot generate the keys of `{name}`: {error}"), hint)
}

fn cannot_have(layout: &Layout, error: &ParametersError) -> anyhow::Error {
    let name = &layout.name;
    let hint = match error {
        ParametersError::TooLarge { .. } => {
            format!("split the circuit: `cargo dusk circuit profile {name}` shows the gates of each region")
        }
        _ => "`cargo dusk crs status` shows the parameters on this machine".to_owned(),
    };
    Fault::failed(format!("cannot load the parameters: {error}"), hint)
}

/// Says how far the work on a circuit has come: a line for each stage that takes its time, and a bar on a terminal.
struct Watch<'a> {
    report: &'a dyn Report,
    circuit: &'a str,
    current: Mutex<Option<(Stage, Box<dyn Bar>)>>,
}

impl<'a> Watch<'a> {
    fn new(report: &'a dyn Report, circuit: &'a str) -> Self {
        Self { report, circuit, current: Mutex::new(None) }
    }

    fn advance(&self, stage: Stage, share: f32) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = match &mut *current {
            Some((known, bar)) if *known == stage => bar,
            other => {
                // The bar of the stage before goes first.
                *other = None;
                let text = match stage {
                    Stage::Wait => "waiting for another command that generates the same file".to_owned(),
                    Stage::Parameters => {
                        self.report.step("Making", &"the development parameters (once on this machine)");
                        "parameters".to_owned()
                    }
                    Stage::Keys => {
                        self.report
                            .step("Making", &format_args!("the keys of {} (once for this circuit)", self.circuit));
                        format!("keys of {}", self.circuit)
                    }
                    Stage::Check => format!("checking the witness of {}", self.circuit),
                    Stage::Prove => format!("proving {}", self.circuit),
                    Stage::Verify => format!("verifying the proof of {}", self.circuit),
                    _ => self.circuit.to_owned(),
                };
                &mut other.insert((stage, self.report.bar(&text))).1
            }
        };
        bar.set(share);
    }
}
