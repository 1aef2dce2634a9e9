//! Access to the chain through `cargo dusk`, which programs of holders and auditors run as a person would.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::{env, fs};

use serde::Serialize;
use serde_json::{Map, Value as Json};
use zeroize::Zeroizing;

use super::events::Seen;
use super::lines::{Events, LineError, News};
use crate::finance::confidential::asset;
use crate::{ContractId, Field, Value};

/// Events that are scanned at a time.
const BATCH_EVENTS: usize = 4096;
/// The most events that are asked for at a time.
const MAX_EVENTS: usize = 100_000;

/// A contract of a confidential asset on a network, through `cargo dusk`.
///
/// It runs the `cargo` of the variable `CARGO`, or the one in `PATH`, in the current folder. Secret inputs go through a
/// pipe, and never into a file or an argument.
#[derive(Debug, Clone)]
pub struct Chain {
    contract: String,
    network: Option<String>,
}

/// A step of a scan.
#[derive(Debug)]
pub enum Taken<'a> {
    /// These events.
    Events(&'a [Seen]),
    /// The chain has reverted the blocks above a height.
    Back(u64),
}

/// A call without its proof, which [`Step::submit`] makes.
#[derive(Debug)]
pub struct Step {
    circuit: String,
    function: String,
    witness: Witness,
    /// All arguments of the call but the proof.
    arguments: Map<String, Json>,
}

/// All inputs of a proof as text: as secret as a wallet.
struct Witness(Zeroizing<String>);

/// The reason why `cargo dusk` does not answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ChainError {
    /// The program cannot be run, or the file of its answer cannot be removed.
    Run(io::Error),
    /// `cargo dusk` failed.
    Failed {
        /// The requested command.
        command: String,
        /// Its error.
        reason: String,
    },
    /// `cargo dusk` did not print JSON, or a value has no JSON form.
    Json(serde_json::Error),
    /// The answer of `cargo dusk` has no such member, or one of another form.
    Member(String),
    /// The events cannot be read.
    Events(LineError),
    /// One block has more events than one request can return.
    TooManyEvents,
    /// The contract states an asset that is not its own on any chain.
    NotItsAsset,
    /// The program does not know these arguments.
    Arguments(String),
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => write!(f, "cargo dusk: {error}"),
            Self::Failed { command, reason } => write!(f, "`cargo dusk {command}`: {reason}"),
            Self::Json(error) => error.fmt(f),
            Self::Member(member) => write!(f, "the answer of `cargo dusk` has no `{member}`, or one of another form"),
            Self::Events(error) => error.fmt(f),
            Self::TooManyEvents => f.write_str("one block has more events than one request can return"),
            Self::NotItsAsset => f.write_str("the contract states the asset of another contract"),
            Self::Arguments(words) => write!(f, "unknown arguments `{words}`; this program takes `--network NAME|URL`"),
        }
    }
}

impl core::error::Error for ChainError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Run(error) => Some(error),
            Self::Json(error) => Some(error),
            Self::Events(error) => Some(error),
            _ => None,
        }
    }
}

impl From<serde_json::Error> for ChainError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<LineError> for ChainError {
    fn from(error: LineError) -> Self {
        Self::Events(error)
    }
}

impl Chain {
    /// A contract by the name of its deployment or its id, and a network as `--network` names it.
    #[must_use]
    pub fn new(contract: impl Into<String>, network: Option<String>) -> Self {
        Self { contract: contract.into(), network }
    }

    /// The name or id of the contract.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// Runs `cargo dusk` with an input, and returns the document that it prints.
    ///
    /// # Errors
    /// [`ChainError::Run`], [`ChainError::Failed`], [`ChainError::Json`].
    pub fn run(&self, words: &[&str], input: &[u8]) -> Result<Json, ChainError> {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("dusk").args(words);
        if let (Some(network), Some("deploy" | "call" | "events")) = (&self.network, words.first().copied()) {
            command.args(["--network", network]);
        }
        command.arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ChainError::Run)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read all of it has failed, and says why.
            let _: io::Result<()> = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(ChainError::Run)?;
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout)?);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().find(|line| line.starts_with("error")).unwrap_or("error: it failed").to_owned();
        Err(ChainError::Failed { command: words.get(..2).unwrap_or(words).join(" "), reason })
    }

    /// Deploys a contract of the project under the name of this one, and returns its id.
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`ChainError::Member`].
    pub fn deploy(&self, package: &str, from: &str, init: &str) -> Result<ContractId, ChainError> {
        let words = ["deploy", package, "--alias", &self.contract, "--from", from, "--init", init];
        member(&self.run(&words, &[])?, "contract")
    }

    /// Calls a function from an account, with a JSON object as its arguments. A query needs no account. Returns the
    /// document with the events.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn call(&self, function: &str, arguments: &str, from: Option<&str>) -> Result<Json, ChainError> {
        let mut words = alloc::vec!["call", &self.contract, function, "--args", "-"];
        words.extend(from.iter().flat_map(|from| ["--from", from]));
        self.run(&words, arguments.as_bytes())
    }

    /// The result of a query.
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`ChainError::Member`].
    pub fn ask<T: Value>(&self, function: &str, arguments: &str) -> Result<T, ChainError> {
        member(&self.call(function, arguments, None)?, "result")
    }

    /// The public supply.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn supply(&self) -> Result<u64, ChainError> {
        self.ask("total_supply", "{}")
    }

    /// The roots of the notes, of the nullifiers and of the registry. Without a registry the last one is 0.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn roots(&self) -> Result<[Field; 3], ChainError> {
        let status = self.status()?;
        let registry = status.get("registry_root").map_or(Ok(Field::default()), |_| member(&status, "registry_root"));
        Ok([member(&status, "note_root")?, member(&status, "nullifier_root")?, registry?])
    }

    /// The state of the whole asset.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn status(&self) -> Result<Json, ChainError> {
        Ok(self.call("status", "{}", None)?["result"].take())
    }

    /// The id of the contract, and the number of its chain, which follows from the asset in its `terms`.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), and [`ChainError::NotItsAsset`].
    pub fn identity(&self) -> Result<(ContractId, u8), ChainError> {
        let answer = self.call("terms", "{}", None)?;
        let (contract, stated): (ContractId, Field) =
            (member(&answer, "contract")?, member(&answer["result"], "asset")?);
        let chain = (0..=u8::MAX).find(|chain| asset(contract, *chain) == stated);
        Ok((contract, chain.ok_or(ChainError::NotItsAsset)?))
    }

    /// The data of the last event of a topic, if there is one.
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`ChainError::Member`].
    pub fn last<E: crate::contract::Event>(&self) -> Result<Option<E>, ChainError> {
        let limit = MAX_EVENTS.to_string();
        let words = ["events", &self.contract, "--topic", E::TOPIC, "--from-block", "0", "--limit", &limit];
        let document = self.run(&words, &[])?;
        let events = document["events"].as_array().ok_or(LineError::Document)?;
        let last = events.iter().rfind(|event| event["reverted"] == false);
        last.map(|event| member(event, "data")).transpose()
    }

    /// Scans the events of a contract from a height on.
    ///
    /// # Errors
    /// [`ChainError`], and the first error of `take`.
    pub fn scan<E: From<ChainError>>(
        &self,
        contract: ContractId,
        mut from: u64,
        mut take: impl FnMut(Taken<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let limit = MAX_EVENTS.to_string();
        loop {
            let block = from.to_string();
            let words = ["events", &self.contract, "--from-block", &block, "--limit", &limit];
            let document = self.run(&words, &[])?;
            let events = document["events"].as_array().ok_or(ChainError::Events(LineError::Document))?;
            let mut reader = Events::of(contract);
            let news: Result<Vec<Option<News>>, LineError> = events.iter().map(|event| reader.news(event)).collect();
            pass(news.map_err(ChainError::Events)?.into_iter().flatten(), &mut take)?;
            let last = events.last().and_then(|event| event["block"].as_u64());
            match last.filter(|_| events.len() >= MAX_EVENTS) {
                // The last block may go on: it is read again.
                Some(last) if last > from => from = last,
                Some(_) => return Err(ChainError::TooManyEvents.into()),
                None => return Ok(()),
            }
        }
    }
}

/// The network of a program that takes `--network NAME|URL` and nothing else; `arguments` are those after its name.
/// Without one, `cargo dusk` takes its default: the variable `DUSK_NETWORK`, or the local node.
///
/// # Errors
/// [`ChainError::Arguments`].
pub fn network_of(arguments: impl IntoIterator<Item = String>) -> Result<Option<String>, ChainError> {
    let words: Vec<String> = arguments.into_iter().collect();
    match words.as_slice() {
        [] => Ok(None),
        [option, name] if option == "--network" => Ok(Some(name.clone())),
        _ => Err(ChainError::Arguments(words.join(" "))),
    }
}

/// Scans the output of `cargo dusk events --json` in a file, or from standard input for `-`. Events may come in any
/// order and repeatedly, except for those of earlier versions of `cargo dusk`: see [`Events`].
///
/// # Errors
/// [`ChainError`], and the first error of `take`.
pub fn scan_file<E: From<ChainError>>(
    file: &Path,
    contract: ContractId,
    mut take: impl FnMut(Taken<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let input: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| ChainError::Events(LineError::Input(error)))?)
    };
    let read = Events::of(contract)
        .read::<Stop<E>>(input, BATCH_EVENTS, |news| pass(news.into_iter(), &mut take).map_err(Stop::Refused));
    read.map_err(|stop| match stop {
        Stop::Line(error) => ChainError::Events(error).into(),
        Stop::Refused(error) => error,
    })
}

/// The reason why a file is not read on.
enum Stop<E> {
    Line(LineError),
    Refused(E),
}

impl<E> From<LineError> for Stop<E> {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}

fn pass<E>(news: impl Iterator<Item = News>, take: &mut impl FnMut(Taken<'_>) -> Result<(), E>) -> Result<(), E> {
    let mut events: Vec<Seen> = Vec::new();
    for news in news {
        match news {
            News::Event(seen) => events.push(seen),
            News::TakenBack(height) => {
                take(Taken::Events(&core::mem::take(&mut events)))?;
                take(Taken::Back(height))?;
            }
        }
    }
    take(Taken::Events(&events))
}

impl Step {
    /// A call of a function that needs a proof of a circuit, with these inputs.
    ///
    /// # Errors
    /// [`ChainError::Json`].
    pub fn new(
        circuit: &str,
        function: &str,
        public: &impl Serialize,
        private: &impl Serialize,
    ) -> Result<Self, ChainError> {
        #[derive(Serialize)]
        struct Inputs<'a, A, B> {
            #[serde(flatten)]
            public: &'a A,
            #[serde(flatten)]
            private: &'a B,
        }
        let witness = Witness(Zeroizing::new(serde_json::to_string(&Inputs { public, private })?));
        Ok(Self { circuit: circuit.to_owned(), function: function.to_owned(), witness, arguments: Map::new() })
    }

    /// Adds an argument of the call.
    ///
    /// # Errors
    /// [`ChainError::Json`].
    pub fn with(mut self, name: &str, value: &impl Value) -> Result<Self, ChainError> {
        let mut text = String::new();
        value.write_json(&mut text);
        self.arguments.insert(name.to_owned(), serde_json::from_str(&text)?);
        Ok(self)
    }

    /// Makes the proof and sends the call. `from` is the account that pays the gas; it may be anybody's.
    ///
    /// # Errors
    /// [`ChainError`]: the witness does not satisfy the circuit, or the contract refuses.
    pub fn submit(&self, chain: &Chain, from: Option<&str>) -> Result<Json, ChainError> {
        chain.call(&self.function, &self.arguments(chain)?.to_string(), from)
    }

    /// Makes the proof, and returns the function and the arguments of the call. Anybody who has them can submit the
    /// call, but cannot change it.
    ///
    /// # Errors
    /// [`ChainError`]: the witness does not satisfy the circuit.
    pub fn proved(&self, chain: &Chain) -> Result<Json, ChainError> {
        Ok(serde_json::json!({ "function": self.function, "arguments": self.arguments(chain)? }))
    }

    fn arguments(&self, chain: &Chain) -> Result<Json, ChainError> {
        // `cargo dusk prove` writes a file in any case. Nothing in it is secret.
        let file = env::temp_dir().join(format!("{}-{}.proof.hex", self.circuit, process::id()));
        let path = file.to_string_lossy();
        let words = ["prove", &self.circuit, "--witness", "-", "--out", &path];
        let document = chain.run(&words, self.witness.0.as_bytes())?;
        fs::remove_file(&file).map_err(ChainError::Run)?;
        let mut arguments = self.arguments.clone();
        arguments.insert("proof".to_owned(), document["proof"].clone());
        Ok(arguments.into())
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness(..)")
    }
}

fn member<T: Value>(document: &Json, name: &str) -> Result<T, ChainError> {
    T::read_json(&document[name]).map_err(|_| ChainError::Member(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CONTRACT: ContractId = ContractId::from_bytes([7; 32]);

    #[test]
    fn a_program_takes_a_network_and_nothing_else() {
        let of = |words: &[&str]| network_of(words.iter().map(|word| (*word).to_owned()));
        assert_eq!(of(&[]).unwrap(), None);
        assert_eq!(of(&["--network", "devnet"]).unwrap(), Some("devnet".to_owned()));
        for other in [&["--network"][..], &["devnet"], &["--network", "devnet", "x"], &["--help", "devnet"]] {
            let refused = of(other).unwrap_err().to_string();
            assert!(refused.contains(&other.join(" ")) && refused.contains("--network NAME|URL"), "{refused}");
        }
    }

    #[test]
    fn a_file_is_read_until_the_first_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events");
        fs::write(&file, "{\"taken_back_to\":5}\n{\"taken_back_to\":3}\n").unwrap();
        let mut heights = Vec::new();
        let scanned = scan_file::<ChainError>(&file, CONTRACT, |taken| {
            if let Taken::Back(height) = taken {
                heights.push(height);
            }
            Ok(())
        });
        scanned.unwrap();
        assert_eq!(heights, [5, 3]);
        let mut asked = 0;
        let refused = scan_file(&file, CONTRACT, |_| {
            asked += 1;
            Err(ChainError::NotItsAsset)
        });
        assert!(matches!(refused, Err(ChainError::NotItsAsset)) && asked == 1);
        fs::write(&file, "{}").unwrap();
        let all = |_: Taken<'_>| Ok::<_, ChainError>(());
        let strange = scan_file(&file, CONTRACT, all);
        assert!(matches!(strange, Err(ChainError::Events(LineError::Document))));
        let missing = scan_file(&folder.path().join("nothing"), CONTRACT, all);
        assert!(matches!(missing, Err(ChainError::Events(LineError::Input(_)))));
    }

    #[test]
    fn a_step_does_not_print_its_secrets() {
        let step = Step::new("send", "transfer", &json!({ "root": "12" }), &json!({ "spend": "9876543" })).unwrap();
        let step = step.with("amount", &77_u64).unwrap();
        assert!(step.witness.0.contains("9876543") && step.witness.0.contains("root"));
        let shown = format!("{step:?}");
        assert!(shown.contains("77") && !shown.contains("9876543"), "{shown}");
    }

    #[test]
    fn an_answer_of_another_form_is_refused() {
        let answer = json!({ "result": "77", "contract": 5 });
        assert_eq!(member::<u64>(&answer, "result").unwrap(), 77);
        assert!(
            matches!(member::<ContractId>(&answer, "contract"), Err(ChainError::Member(name)) if name == "contract")
        );
        assert!(matches!(member::<u64>(&answer, "gas"), Err(ChainError::Member(_))));
    }
}
