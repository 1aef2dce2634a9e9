//! The chain, as `cargo dusk` shows it.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use circuits::Terms;
use dusk_sdk::finance::confidential::asset;
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::wallet::{Events, LineError, News, Seen};
use dusk_sdk::{ContractId, Field, Value as _};
use serde_json::{Value, json};

use crate::field;

/// What a command gives, or why it fails.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Events that are scanned at a time.
const BATCH_EVENTS: usize = 4096;
/// The most events that are asked for at a time.
const MAX_EVENTS: u64 = 100_000;

/// One contract on one network.
#[derive(Debug)]
pub struct Chain {
    contract: String,
    network: Option<String>,
}

impl Chain {
    /// A contract by the name of its deployment or its id, and a network as `--network` names it.
    #[must_use]
    pub fn new(contract: String, network: Option<String>) -> Self {
        Self { contract, network }
    }

    /// The name or id of the contract.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// Runs `cargo dusk`, and returns the document that it prints.
    ///
    /// # Errors
    /// If it fails: with the error that it prints.
    pub fn run(&self, words: &[&str]) -> Outcome<Value> {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("dusk").args(words).arg("--json").stdin(Stdio::null());
        if let (Some(network), Some("call" | "events")) = (&self.network, words.first().copied()) {
            command.args(["--network", network]);
        }
        let output = command.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let reason = said.lines().find(|line| line.starts_with("error")).unwrap_or("error: it failed");
            return Err(format!("cargo dusk {}: {reason}", words.first().unwrap_or(&"")).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Asks a query.
    ///
    /// # Errors
    /// If the contract refuses, or there is none.
    pub fn ask(&self, function: &str, arguments: Option<&Value>) -> Outcome<Value> {
        let arguments = arguments.map(Value::to_string);
        let mut words = vec!["call", &self.contract, function];
        words.extend(arguments.iter().flat_map(|arguments| ["--args", arguments]));
        let answer = self.run(&words)?;
        answer.get("result").cloned().ok_or_else(|| "the answer of `cargo dusk call` has no result".into())
    }

    /// What every proof states now.
    ///
    /// # Errors
    /// As [`Chain::ask`].
    pub fn terms(&self) -> Outcome<Terms> {
        Terms::read_json(&self.ask("terms", None)?).map_err(|error| error.to_string().into())
    }

    /// A snapshot.
    ///
    /// # Errors
    /// As [`Chain::ask`].
    pub fn snapshot(&self, height: u64) -> Outcome<Pinned> {
        let answer = self.ask("snapshot", Some(&json!({ "height": height })))?;
        Pinned::read_json(&answer).map_err(|error| error.to_string().into())
    }

    /// The public supply.
    ///
    /// # Errors
    /// As [`Chain::ask`].
    pub fn supply(&self) -> Outcome<u64> {
        u64::read_json(&self.ask("total_supply", None)?).map_err(|error| error.to_string().into())
    }

    /// The roots of the notes, of the nullifiers and of the registry.
    ///
    /// # Errors
    /// As [`Chain::ask`].
    pub fn roots(&self) -> Outcome<[Field; 3]> {
        let status = self.ask("status", None)?;
        let root = |name: &str| field(status[name].as_str().unwrap_or_default());
        Ok([root("note_root")?, root("nullifier_root")?, root("registry_root")?])
    }

    /// The id of the contract, and the number of its chain, which follows from the asset that the contract states.
    ///
    /// # Errors
    /// As [`Chain::ask`], and if the contract is not that of a confidential asset.
    pub fn identity(&self) -> Outcome<(ContractId, u8)> {
        let answer = self.run(&["call", &self.contract, "terms"])?;
        let terms = Terms::read_json(&answer["result"]).map_err(|error| error.to_string())?;
        let contract = ContractId::read_json(&answer["contract"]).map_err(|error| error.to_string())?;
        let chain = (0..=u8::MAX).find(|chain| asset(contract, *chain) == terms.asset);
        Ok((contract, chain.ok_or("the contract states an asset that is not its own on any chain")?))
    }
}

/// Scans events: from a file, from standard input for `-`, or else from the chain. Returns whether they came from the
/// chain, so that the roots can be compared.
///
/// # Errors
/// If the events cannot be read, or `scan` refuses them. `rewind` is told where the chain has reverted blocks.
pub fn sync(
    chain: &Chain,
    file: Option<&Path>,
    contract: ContractId,
    from: u64,
    mut take: impl FnMut(Taken<'_>) -> Outcome,
) -> Outcome<bool> {
    let mut pass = |news: Vec<News>| -> Outcome {
        let mut events: Vec<Seen> = Vec::with_capacity(news.len());
        for news in news {
            match news {
                News::Event(seen) => events.push(seen),
                News::TakenBack(height) => {
                    take(Taken::Events(&std::mem::take(&mut events)))?;
                    take(Taken::Back(height))?;
                }
            }
        }
        take(Taken::Events(&events))
    };
    let mut events = Events::of(contract);
    let mut read = |input: &mut dyn Read| events.read::<Box<dyn Error>>(input, BATCH_EVENTS, &mut pass);
    match file {
        Some(file) if file == Path::new("-") => read(&mut io::stdin().lock())?,
        Some(file) => read(&mut File::open(file).map_err(|error| format!("{}: {error}", file.display()))?)?,
        None => return from_chain(chain, from, contract, &mut pass).map(|()| true),
    }
    Ok(false)
}

/// What a scan is told.
#[derive(Debug)]
pub enum Taken<'a> {
    /// These events.
    Events(&'a [Seen]),
    /// The chain has reverted the blocks above a height.
    Back(u64),
}

fn from_chain(
    chain: &Chain,
    mut from: u64,
    contract: ContractId,
    pass: &mut dyn FnMut(Vec<News>) -> Outcome,
) -> Outcome {
    let limit = MAX_EVENTS.to_string();
    loop {
        let block = from.to_string();
        let document = chain.run(&["events", chain.contract(), "--from-block", &block, "--limit", &limit])?;
        let events = document["events"].as_array().ok_or(LineError::Document)?;
        let mut reader = Events::of(contract);
        let news: Result<Vec<Option<News>>, LineError> =
            events.iter().map(|event| reader.news(event)).collect();
        pass(news?.into_iter().flatten().collect())?;
        let last = events.last().and_then(|event| event["block"].as_u64());
        match last.filter(|_| events.len() as u64 >= MAX_EVENTS) {
            // The last block may go on: it is read again.
            Some(last) if last > from => from = last,
            Some(_) => return Err("one block has more events than can be asked for".into()),
            None => return Ok(()),
        }
    }
}
