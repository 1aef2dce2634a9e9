//! Parameters, keys and proofs for the circuits of a project.
//!
//! Both are kept in a folder of this machine, by what they are made of. Development parameters are made when they are needed;
//! production's are fetched once ([`super::crs`]), and a project says which it wants.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use clap::ValueEnum;
use dusk_sdk_circuit::{Assignment, Layout};
use dusk_sdk_prover::{
    CompileError, Kept, KeyStore, Keys, Parameters, ParametersError, Progress, Proof, ProveError, Stage,
};
use serde::{Deserialize, Serialize};

use super::{crs, folders};
use crate::error::Fault;
use crate::output::{Bar, Ui};

/// The folder for parameters and keys in the cache.
const FOLDER: &str = "keys";

/// Which parameters (common reference string) keys are made with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Crs {
    /// Made here from a public seed. Anyone can forge proofs under them.
    #[default]
    Development,
    /// Those of the public networks, fetched with `cargo dusk crs fetch`.
    Production,
}

impl Crs {
    /// The name in commands and settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

/// The folder in which parameters and keys are kept.
pub(crate) fn store() -> Result<KeyStore> {
    Ok(KeyStore::new(folders::cache()?.join(FOLDER)))
}

/// What makes keys and proofs.
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
    /// A failure when the circuit is too large, an environment fault when production's parameters are wanted and not here.
    pub(crate) fn keys(&self, layout: &Layout, ui: &Ui) -> Result<Keys> {
        let watch = Watch::new(ui, &layout.name);
        let report = |stage, share| watch.report(stage, share);
        let parameters = self.parameters(layout.gates(), ui, &report)?;
        let kept = self.store.keys(layout, &parameters, &report).map_err(|error| cannot_compile(layout, &error))?;
        drop(watch);
        Ok(taken(kept, ui))
    }

    fn parameters(&self, gates: usize, ui: &Ui, report: Progress<'_>) -> Result<Parameters> {
        match self.crs {
            Crs::Development => {
                let kept = self.store.development(gates, report).map_err(|error| cannot_have(&error))?;
                Ok(taken(kept, ui))
            }
            Crs::Production => crs::production(&self.store, gates, report),
        }
    }
}

/// The verifier key of a circuit, made from nothing that is kept on this machine but production's file, which is compared with its
/// known hash.
///
/// # Errors
/// As [`Proving::keys`].
pub(crate) fn verifier_key_made_again(layout: &Layout, parameters: &Parameters, ui: &Ui) -> Result<Vec<u8>> {
    let watch = Watch::new(ui, &layout.name);
    let keys: Keys = Keys::compile(layout, parameters, &|stage, share| watch.report(stage, share))
        .map_err(|error| cannot_compile(layout, &error))?;
    Ok(keys.verifier_key().to_vec())
}

/// What a store gives, with a word about what it could not keep.
fn taken<T>(kept: Kept<T>, ui: &Ui) -> T {
    if let Some(fault) = kept.fault {
        ui.warn(format_args!("{fault}; it will be made again next time"));
    }
    kept.value
}

/// Checks, proves and verifies, with a bar.
///
/// # Errors
/// As [`Keys::prove`].
pub(crate) fn prove(keys: &Keys, layout: &Layout, assignment: &Assignment, ui: &Ui) -> Result<Proof, ProveError> {
    let watch = Watch::new(ui, &layout.name);
    keys.prove(layout, assignment, &|stage, share| watch.report(stage, share))
}

fn cannot_compile(layout: &Layout, error: &CompileError) -> anyhow::Error {
    let name = &layout.name;
    let hint = match error {
        CompileError::TooLarge { .. } => format!(
            "`cargo dusk circuit profile {name}` shows what takes the gates; split the circuit, or prove less at a time"
        ),
        CompileError::Empty => format!(
            "constrain the inputs of `{name}` with gadgets (`cargo dusk circuit gates` lists them), or take `#[circuit]` away"
        ),
        _ => "let the project use the SDK of this cargo-dusk's version, and build again".to_owned(),
    };
    Fault::failed(format!("there are no keys of `{name}`: {error}"), hint)
}

fn cannot_have(error: &ParametersError) -> anyhow::Error {
    let hint = match error {
        ParametersError::TooLarge { .. } => {
            "split the circuit: `cargo dusk circuit profile NAME` shows what takes the gates"
        }
        _ => "`cargo dusk crs status` shows which parameters are here",
    };
    Fault::failed(format!("there are no parameters: {error}"), hint)
}

/// Says how far the work on a circuit has come: a line for each stage that takes its time, and a bar on a terminal.
struct Watch<'a> {
    ui: &'a Ui,
    circuit: &'a str,
    current: Mutex<Option<(Stage, Bar)>>,
}

impl<'a> Watch<'a> {
    fn new(ui: &'a Ui, circuit: &'a str) -> Self {
        Self { ui, circuit, current: Mutex::new(None) }
    }

    fn report(&self, stage: Stage, share: f32) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = match &mut *current {
            Some((known, bar)) if *known == stage => bar,
            other => {
                // The bar of the stage before goes first.
                *other = None;
                let text = match stage {
                    Stage::Wait => "waiting for another command that makes the same".to_owned(),
                    Stage::Parameters => {
                        self.ui.step("Making", "the development parameters (once on this machine)");
                        "parameters".to_owned()
                    }
                    Stage::Keys => {
                        self.ui.step("Making", format_args!("the keys of {} (once for this circuit)", self.circuit));
                        format!("keys of {}", self.circuit)
                    }
                    Stage::Check => format!("checking the witness of {}", self.circuit),
                    Stage::Prove => format!("proving {}", self.circuit),
                    Stage::Verify => format!("verifying the proof of {}", self.circuit),
                    _ => self.circuit.to_owned(),
                };
                &mut other.insert((stage, self.ui.bar(&text))).1
            }
        };
        bar.set(share);
    }
}
