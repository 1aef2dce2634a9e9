//! `cargo dusk`, as a person would use it: deployments, proofs, calls and events.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::{env, fs, io};

use serde::Serialize;
use serde_json::Value;

/// The most events that are asked for.
const MAX_EVENTS: &str = "10000";

/// What a step gives, or why the story ends.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Runs `cargo dusk` for one network, or for its default: `DUSK_NETWORK`, or the local node.
#[derive(Debug)]
pub(crate) struct Tool {
    network: Option<String>,
}

/// All inputs of a circuit. It is as secret as a wallet: it goes through a pipe, not to a file.
#[derive(Serialize)]
struct Witness<'a, Public, Private> {
    #[serde(flatten)]
    public: &'a Public,
    #[serde(flatten)]
    private: &'a Private,
}

impl Tool {
    /// For a network as `--network` names it.
    pub(crate) fn new(network: Option<String>) -> Self {
        Self { network }
    }

    /// Deploys a contract under an alias, and returns its id.
    ///
    /// # Errors
    /// If it is refused.
    pub(crate) fn deploy(&self, contract: &str, alias: &str, from: &str, init: &str) -> Outcome<String> {
        let words = ["deploy", contract, "--alias", alias, "--from", from, "--init", init];
        let document = self.run(&words, None)?;
        let id = document["contract"].as_str();
        Ok(id.ok_or_else(|| format!("the deployment gives no id: {document}"))?.to_owned())
    }

    /// Calls a function of a deployment with these arguments, which are a JSON object; returns its document.
    ///
    /// # Errors
    /// If it is refused.
    pub(crate) fn call(
        &self,
        contract: &str,
        function: &str,
        arguments: &str,
        from: Option<&str>,
    ) -> Outcome<Value> {
        let mut words = vec!["call", "--args", "-"];
        words.extend(from.iter().flat_map(|from| ["--from", from]));
        words.extend([contract, function]);
        self.run(&words, Some(arguments.as_bytes()))
    }

    /// Makes a proof, and returns it as the calls take it.
    ///
    /// # Errors
    /// If the inputs do not satisfy the circuit.
    pub(crate) fn prove(
        &self,
        circuit: &str,
        public: &impl Serialize,
        private: &impl Serialize,
    ) -> Outcome<String> {
        let file = env::temp_dir().join(format!("{circuit}-{}.proof.hex", std::process::id()));
        let path = file.to_str().ok_or("the folder for temporary files has a strange name")?;
        let witness = serde_json::to_vec(&Witness { public, private })?;
        self.run(&["prove", circuit, "--witness", "-", "--out", path], Some(&witness))?;
        let proof = fs::read_to_string(&file)?;
        fs::remove_file(&file)?;
        Ok(proof.trim().to_owned())
    }

    /// All events of a deployment, in the document that wallets read.
    ///
    /// # Errors
    /// If there is no such deployment.
    pub(crate) fn events(&self, contract: &str) -> Outcome<Value> {
        self.run(&["events", contract, "--from-block", "0", "--limit", MAX_EVENTS], None)
    }

    fn run(&self, words: &[&str], input: Option<&[u8]>) -> Outcome<Value> {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("dusk").args(words);
        if let (Some(network), "deploy" | "call" | "events") = (&self.network, words[0]) {
            command.args(["--network", network]);
        }
        command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn()?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            // Who does not read it has ended, and says why.
            let _: io::Result<()> = stdin.write_all(input);
        }
        let output = child.wait_with_output()?;
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout)?);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().find(|line| line.starts_with("error")).unwrap_or("it failed");
        Err(format!("`cargo dusk {} …`: {reason}", words[..2].join(" ")).into())
    }
}
