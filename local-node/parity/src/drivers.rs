//! Data drivers that `cargo dusk build` makes, read by production's reader and by the sandbox that the node and the
//! command line read them with.
//!
//! The questions and production's answers stand in `records/drivers.jsonl`. The drivers are those of projects of
//! templates, so they are built where they are needed and not kept. The contract of `token` is the one in `fixtures/`:
//! the template has more functions than the one that production was asked about.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use dusk_bytes::Serializable;
use dusk_core::BlsScalar;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::stake::StakeFundOwner;
use local_node_vm::driver::{Driver, DriverError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::question::{Question, Reply};
use crate::scripts::encoded;

/// The templates whose drivers are asked. Each has one contract, with the template's name.
pub const TEMPLATES: [&str; 2] = ["counter", "token"];

/// A question, and production's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The template whose driver is asked: one of [`TEMPLATES`].
    pub contract: String,
    /// The question.
    pub question: Question,
    /// The reply of production's reader.
    pub reply: Reply,
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("records/drivers.jsonl")
}

/// Reads the recorded answers.
///
/// # Errors
/// When the record is missing or damaged.
pub fn recorded() -> Result<Vec<Recorded>> {
    let file = file();
    let content = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    content.lines().map(|line| serde_json::from_str(line).with_context(|| format!("no record: {line}"))).collect()
}

/// Writes the record.
///
/// # Errors
/// When the file cannot be written.
pub fn record(answers: &[Recorded]) -> Result<()> {
    let lines: Result<Vec<String>, _> = answers.iter().map(serde_json::to_string).collect();
    let file = file();
    fs::write(&file, lines?.join("\n") + "\n").with_context(|| format!("cannot write {}", file.display()))
}

/// Asks a driver in the sandbox.
///
/// # Errors
/// When the driver breaks the rules, rather than to refuse.
pub fn ask(driver: &Driver, question: &Question) -> Result<Reply> {
    let json = |text: Result<String, DriverError>| {
        text.map(|text| serde_json::from_str(&text).map(Reply::Json).with_context(|| format!("not JSON: {text}")))
    };
    let reply = match question {
        Question::EncodeInput { function, json } => driver.encode_input(function, json).map(|it| Ok(Reply::Bytes(it))),
        Question::DecodeInput { function, bytes } => json(driver.decode_input(function, bytes)),
        Question::DecodeOutput { function, bytes } => json(driver.decode_output(function, bytes)),
        Question::DecodeEvent { topic, bytes } => json(driver.decode_event(topic, bytes)),
        Question::Schema => json(driver.schema()),
        Question::Version => driver.version().map(|it| Ok(Reply::Text(it))),
    };
    match reply {
        Ok(reply) => reply,
        Err(DriverError::Refused { code, message }) => Ok(Reply::Refused { code, message }),
        Err(error) => Err(error.into()),
    }
}

/// Asks a driver through production's reader.
///
/// # Errors
/// When the reader does not take the driver.
pub fn ask_production(program: &Path, driver: &Path, questions: &[Question]) -> Result<Vec<Reply>> {
    let lines: Result<Vec<String>, _> = questions.iter().map(serde_json::to_string).collect();
    let mut child = Command::new(program)
        .arg("driver")
        .arg(driver)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut input = child.stdin.take().context("the program has no input")?;
    let lines = lines?.join("\n");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().context("the reference program ended")?;
    let written = writer.join().map_err(|_| anyhow::anyhow!("the questions were not written"))?;
    ensure!(output.status.success(), "production's reader does not take {}", driver.display());
    written.context("the reference program ended")?;
    let answers = String::from_utf8(output.stdout)?;
    let replies: Vec<Reply> = answers.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(replies.len() == questions.len(), "{} answers to {} questions", replies.len(), questions.len());
    Ok(replies)
}

/// Makes a project of a template in a folder, builds it as its authors would, and gives the data driver's place.
///
/// # Errors
/// When it cannot be built.
pub fn build(template: &str, folder: &Path) -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let dusk = |words: &[&str], at: &Path| -> Result<Value> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["run", "--quiet", "--package", "cargo-dusk", "--manifest-path"]).arg(&workspace);
        let output = cargo.arg("--").args(words).arg("--json").current_dir(at).stderr(Stdio::inherit()).output();
        let output = output.context("cannot run cargo")?;
        ensure!(output.status.success(), "`cargo dusk {}` failed", words.join(" "));
        serde_json::from_slice(&output.stdout).context("`cargo dusk` gives no document")
    };
    dusk(&["new", template, "--template", template], folder)?;
    put_fixture(template, &folder.join(template))?;
    let built = dusk(&["build"], &folder.join(template))?;
    built["contracts"][0]["driver"].as_str().map(PathBuf::from).context("nothing was built")
}

/// Gives a project of a template the contract that production was asked about, where the template has another one now.
///
/// # Errors
/// When it cannot be copied.
pub fn put_fixture(template: &str, project: &Path) -> Result<()> {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{template}.rs"));
    if fixture.exists() {
        let contract = project.join("contracts").join(template).join("src/lib.rs");
        fs::copy(&fixture, &contract).with_context(|| format!("cannot copy {}", fixture.display()))?;
    }
    Ok(())
}

/// The questions for a template's driver. It encodes the arguments that it is then asked to decode, whole and damaged.
///
/// # Errors
/// When the driver breaks the rules.
pub fn questions(template: &str, driver: &Driver) -> Result<Vec<Question>> {
    let (good, bad, mut decoded) = match template {
        "counter" => counter(),
        _ => token(),
    };
    let mut questions = vec![Question::Version];
    if template == "counter" {
        // The smallest template: a schema changes with the documentation of a contract.
        questions.push(Question::Schema);
    }
    for (function, json) in good.iter().chain(&bad) {
        let question = Question::EncodeInput { function: (*function).to_owned(), json: json.clone() };
        if let Reply::Bytes(bytes) = ask(driver, &question)? {
            decoded.push(Question::DecodeInput { function: (*function).to_owned(), bytes });
        }
        questions.push(question);
    }
    for question in decoded {
        let bytes = match &question {
            Question::DecodeInput { bytes, .. }
            | Question::DecodeOutput { bytes, .. }
            | Question::DecodeEvent { bytes, .. } => bytes.clone(),
            _ => continue,
        };
        questions.push(question.clone());
        questions.extend(damaged(&bytes).into_iter().map(|damaged| with_bytes(question.clone(), damaged)));
    }
    let nothing = String::new();
    questions.extend([
        Question::EncodeInput { function: nothing.clone(), json: "null".to_owned() },
        Question::DecodeInput { function: "missing".to_owned(), bytes: vec![] },
        Question::DecodeOutput { function: "mißling".to_owned(), bytes: vec![1] },
        Question::DecodeEvent { topic: nothing, bytes: vec![] },
    ]);
    let mut asked = Vec::new();
    for question in questions {
        if !asked.contains(&question) {
            asked.push(question);
        }
    }
    Ok(asked)
}

/// A byte less, a byte more, no byte, and all bits set.
fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    if bytes.is_empty() {
        return vec![vec![7]];
    }
    let mut longer = bytes.to_vec();
    longer.push(7);
    vec![bytes[1..].to_vec(), longer, vec![], vec![0xff; bytes.len()]]
}

fn with_bytes(mut question: Question, changed: Vec<u8>) -> Question {
    if let Question::DecodeInput { bytes, .. }
    | Question::DecodeOutput { bytes, .. }
    | Question::DecodeEvent { bytes, .. } = &mut question
    {
        *bytes = changed;
    }
    question
}

/// Arguments that a driver takes, arguments that it refuses, and what it decodes besides arguments.
type Material = (Vec<(&'static str, String)>, Vec<(&'static str, String)>, Vec<Question>);

fn counter() -> Material {
    let good = [("init", "10"), ("init", "[10]"), ("init", r#"{"limit":"18446744073709551615"}"#), ("value", "")];
    let good = good.into_iter().chain([("value", "null"), ("increment", r#" { "by" : 3 } "#), ("reset", "[]")]);
    let bad =
        [("increment", "-1"), ("increment", "18446744073709551616"), ("increment", "1.5"), ("increment", "[1,2]")];
    let bad = bad.into_iter().chain([("increment", "{\"to\":1}"), ("increment", "{"), ("reset", "1"), ("grow", "1")]);
    let changed = [encoded(&key(1)), 7_u64.to_le_bytes().to_vec(), u64::MAX.to_le_bytes().to_vec()].concat();
    let decoded = vec![
        Question::DecodeOutput { function: "value".to_owned(), bytes: u64::MAX.to_le_bytes().to_vec() },
        Question::DecodeOutput { function: "reset".to_owned(), bytes: vec![] },
        Question::DecodeEvent { topic: "Changed".to_owned(), bytes: changed },
    ];
    let own = |(function, json): (&'static str, &str)| (function, json.to_owned());
    (good.map(own).collect(), bad.map(own).collect(), decoded)
}

fn token() -> Material {
    let (account, contract) = (bs58::encode(key(1).to_bytes()).into_string(), "ab".repeat(32));
    let good = vec![
        ("init", r#"["Öre","Ö",18,"18446744073709551615"]"#.to_owned()),
        ("init", format!(r#"{{"name":"{}","symbol":"","decimals":0,"supply":1}}"#, "long ".repeat(30))),
        ("transfer", format!(r#"["{account}",5]"#)),
        ("transfer", format!(r#"{{"amount":5,"to":"{contract}"}}"#)),
        ("approve", format!(r#"["{contract}",0,"7"]"#)),
        ("has_role", format!(r#"{{"role":"Minter","holder":"{account}"}}"#)),
        ("pause", String::new()),
    ];
    let bad = vec![
        ("init", r#"["A","B",256,1]"#.to_owned()),
        ("init", r#"["A","B",1]"#.to_owned()),
        ("transfer", format!(r#"["{}",5]"#, &account[1..])),
        ("transfer", r#"{"to":7,"amount":5}"#.to_owned()),
        ("has_role", format!(r#"{{"role":"Owner","holder":"{account}"}}"#)),
        ("has_role", format!(r#"{{"role":{{"Minter":1}},"holder":"{account}"}}"#)),
        ("approve", format!(r#"{{"spender":"{contract}","expected":1,"allowed":2,"more":3}}"#)),
        ("pause", "\u{0}".to_owned()),
    ];
    let owners = [StakeFundOwner::Account(key(2)), StakeFundOwner::Contract(ContractId::from_bytes([9; 32]))];
    let [by_account, by_contract] = owners.map(|owner| encoded(&owner));
    let amount = 1_u64.to_le_bytes().to_vec();
    let transferred = [by_account.clone(), by_contract.clone(), amount.clone(), by_account].concat();
    let decoded = vec![
        Question::DecodeOutput { function: "name".to_owned(), bytes: encoded(&"Öre, a longer name".to_owned()) },
        Question::DecodeOutput { function: "is_paused".to_owned(), bytes: vec![1] },
        Question::DecodeOutput { function: "is_paused".to_owned(), bytes: vec![2] },
        Question::DecodeOutput { function: "decimals".to_owned(), bytes: vec![255] },
        Question::DecodeEvent { topic: "Transferred".to_owned(), bytes: transferred },
        Question::DecodeEvent { topic: "Burned".to_owned(), bytes: [by_contract, amount].concat() },
    ];
    (good, bad, decoded)
}

fn key(number: u64) -> PublicKey {
    PublicKey::from(&SecretKey::from(BlsScalar::from(number)))
}
