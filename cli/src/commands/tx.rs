//! `cargo dusk tx`

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use dusk_bytes::Serializable;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::gen_contract_id;
use dusk_sdk_protocol::abi::Type;
use serde_json::{Value, json};

use super::shown;
use crate::args::Where;
use crate::error::{Exit, Fault};
use crate::escape::harmless;
use crate::figures::{exact_money, grouped, listed, money, size};
use crate::ops::chain::client::{Block, BlockEvent, MAX_RECENT, Place, Seen};
use crate::ops::chain::clock;
use crate::ops::chain::connection::Chain;
use crate::ops::chain::labels::ChainLabels;
use crate::ops::chain::readers::{Read, Readers};
use crate::ops::chain::refusal::Refusal;
use crate::ops::chain::transact::wait;
use crate::ops::hash::{self, ID_DIGITS, hash_of};
use crate::ops::project::Project;
use crate::output::{Tone, Ui};
use crate::table::{field, toned_field};

/// `tx`
#[derive(Debug, Args)]
pub(crate) struct Tx {
    /// Transaction id in hexadecimal; for the last 200 transactions, its first 6 or more digits are enough.
    pub(crate) id: String,
    /// Waits until the transaction is in a block; exits with code 1 if the transaction failed.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Waits until the block with the transaction is final.
    #[arg(long = "final")]
    pub(crate) until_final: bool,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// The fewest digits that stand for an id.
const MIN_DIGITS: usize = 6;
/// The most ids that an error lists.
const MAX_LISTED: usize = 5;

/// The id, as the user typed it.
#[derive(Debug, PartialEq, Eq)]
enum Given {
    /// All of its digits.
    Whole(String),
    /// The first ones.
    First(String),
}

impl Given {
    fn read(text: &str) -> Option<Self> {
        if let Some(id) = hash::normalized(text) {
            return Some(Self::Whole(id));
        }
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let is_begin = (MIN_DIGITS..ID_DIGITS).contains(&digits.len());
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_begin && is_digits).then(|| Self::First(digits.to_ascii_lowercase()))
    }

    /// The id. `recent`: asks for those of the last transactions.
    fn find(self, recent: impl FnOnce() -> Result<Vec<String>>) -> Result<String> {
        let first = match self {
            Self::Whole(id) => return Ok(id),
            Self::First(first) => first,
        };
        let found: BTreeSet<String> = recent()?.into_iter().filter(|id| id.starts_with(&first)).collect();
        let mut ids = found.iter();
        match (ids.next(), ids.next()) {
            (Some(only), None) => Ok(only.clone()),
            (None, _) => Err(Fault::usage(
                format!("none of the last {MAX_RECENT} transactions has an id that begins with {first}"),
                "check the network (`--network`), or give all 64 digits of the id",
            )),
            _ => Err(Fault::usage(
                format!("{} transactions have ids that begin with {first}", found.len()),
                format!("give more digits: {}", listed(found.iter().take(MAX_LISTED).map(String::as_str))),
            )),
        }
    }
}

pub(super) fn run(project: &Project, options: &Tx, ui: &Ui) -> Result<ExitCode> {
    let given = Given::read(&options.id).ok_or_else(|| {
        Fault::usage(
            format!("`{}` is not a transaction id", options.id),
            "an id is 64 hexadecimal digits, as `deploy` and `call` print it with --json",
        )
    })?;
    let chain = Rc::new(Chain::connect(project, options.place.network.as_deref())?);
    let id = given.find(|| Ok(chain.client.recent()?))?;
    let waits = options.wait || options.until_final;
    let seen = if waits { await_block(&chain, &id, options.until_final, ui)? } else { chain.client.seen(&id)? };
    let Some(seen) = seen else {
        return Err(unknown(&chain, &id));
    };
    let failed = seen.place.as_ref().is_some_and(|place| place.err.is_some());
    let labels = ChainLabels::of(&project.settings, &chain.deployments);
    Report { chain: &chain, labels: &labels, readers: Readers::new(&chain), id: &id, ui }.give(&seen)?;
    // With `--wait` the exit code reports the result; otherwise the output does.
    Ok(if waits && failed { ExitCode::from(Exit::Failed as u8) } else { ExitCode::SUCCESS })
}

fn await_block(chain: &Chain, id: &str, until_final: bool, ui: &Ui) -> Result<Option<Seen>> {
    let _waiting = ui.waiting("waiting for the block");
    let seen = wait(&format!("transaction {id} is not in a block"), || {
        Ok(chain.client.seen(id)?.filter(|seen| seen.place.is_some()))
    })?;
    if let Some(place) = seen.place.as_ref().filter(|_| until_final) {
        let height = place.block_height;
        wait(&format!("block {height} is not final"), || {
            chain.client.is_final(height).map(|is_final| is_final.then_some(()))
        })?;
    }
    Ok(Some(seen))
}

fn unknown(chain: &Chain, id: &str) -> anyhow::Error {
    let hint = match chain.client.block_with(id) {
        Ok(Some(_)) => format!("it is the hash of a block: `cargo dusk block {id}`"),
        _ if chain.deployments.find(id).is_some() => format!("it is the id of a contract: `cargo dusk inspect {id}`"),
        _ => "check the network (`--network`); `--wait` waits for the transaction; a new chain does not have it"
            .to_owned(),
    };
    Fault::usage(format!("the node does not have transaction {id}"), hint)
}

/// The report about one transaction.
struct Report<'a> {
    chain: &'a Chain,
    labels: &'a ChainLabels,
    readers: Readers,
    id: &'a str,
    ui: &'a Ui,
}

/// The decoded payload of a transaction.
struct Purpose {
    /// The contract that is called or deployed.
    contract: Option<String>,
    text: (&'static str, String),
    document: (&'static str, Value),
}

impl Report<'_> {
    fn give(&self, seen: &Seen) -> Result<()> {
        let ui = self.ui;
        let transaction = &seen.transaction;
        let purpose = self.purpose(transaction);
        let contract = purpose.as_ref().and_then(|purpose| purpose.contract.as_deref());
        let block =
            seen.place.as_ref().map(|place| self.chain.client.block_at(place.block_height)).transpose()?.flatten();
        let failure = seen.place.as_ref().and_then(|place| place.err.as_deref());
        let failure = failure.map(|text| self.readers.refusal(contract, text));
        let result = if failure.is_none() { self.result(transaction, seen)? } else { None };
        let events = self.events(seen)?;
        let events = shown::read_all(&self.readers, &events);

        ui.line(format_args!("transaction {}", self.id));
        toned_field(ui, "status", &self.status(seen, block.as_ref()));
        if let Some(failure) = &failure {
            field(ui, "error", failure);
        }
        self.parties(transaction);
        if let Some(purpose) = &purpose {
            field(ui, purpose.text.0, &purpose.text.1);
        }
        if let Some(result) = &result {
            field(ui, "result", shown::value(self.labels, result));
        }
        // While it waits for a block, nothing is taken or returned.
        let is_taken = seen.place.is_none()
            || events.iter().any(|(event, _)| !event.reverted && shown::takes_deposit(&event.source, &event.topic));
        if transaction.deposit() > 0 {
            field(ui, "deposit", shown::deposit(transaction.deposit(), is_taken));
        }
        if let Some(memo) = transaction.memo() {
            field(ui, "memo", shown::text(&memo_text(memo)));
        }
        self.costs(transaction, seen.place.as_ref());
        if !events.is_empty() {
            ui.line("  events");
            for (event, read) in &events {
                ui.line(format_args!("    {}", shown::event(ui, self.labels, event, read)));
            }
        }

        let mut document = self.document(transaction, seen, block.as_ref());
        document["deposit_returned"] = (transaction.deposit() > 0 && !is_taken).into();
        if let Some(purpose) = purpose {
            document[purpose.document.0] = purpose.document.1;
        }
        document["error"] = failure.as_ref().map_or(Value::Null, failure_document);
        document["result"] = result.map_or(Value::Null, |result| result.document());
        document["events"] =
            events.iter().map(|(event, read)| shown::event_document(self.labels, event, read)).collect();
        ui.document(&document);
        Ok(())
    }

    fn status(&self, seen: &Seen, block: Option<&Block>) -> String {
        let Some(place) = &seen.place else {
            return format!("{} · waits for a block", self.ui.toned(Tone::Warn, "pending"));
        };
        let outcome = match place.err {
            None => self.ui.toned(Tone::Good, "done"),
            Some(_) => self.ui.toned(Tone::Bad, "failed"),
        };
        let label = block.map(|block| format!(" ({})", harmless(&block.label()))).unwrap_or_default();
        let index = self.index(block).map(|index| format!(", index {index}")).unwrap_or_default();
        format!(
            "{outcome} in block {}{label}{index} · {}",
            grouped(place.block_height),
            clock::moment(place.block_timestamp)
        )
    }

    fn index(&self, block: Option<&Block>) -> Option<usize> {
        block?.transactions.iter().position(|transaction| transaction.id == self.id)
    }

    fn parties(&self, transaction: &Transaction) {
        let ui = self.ui;
        match transaction {
            Transaction::Moonlight(moonlight) => {
                let from = self.labels.account_in_full(&address(moonlight.sender()));
                field(ui, "from", format_args!("{from} · nonce {}", moonlight.nonce()));
                if let Some(receiver) = moonlight.receiver() {
                    field(ui, "to", self.labels.account_in_full(&address(receiver)));
                }
                if moonlight.value() > 0 {
                    field(ui, "value", exact_money(moonlight.value()));
                }
            }
            Transaction::Phoenix(phoenix) => {
                field(ui, "from", format_args!("shielded · {} notes spent", phoenix.nullifiers().len()));
            }
        }
    }

    fn costs(&self, transaction: &Transaction, place: Option<&Place>) {
        let (ui, limit, price) = (self.ui, transaction.gas_limit(), transaction.gas_price());
        match place {
            Some(place) => {
                let share = u128::from(place.gas_spent) * 100 / u128::from(limit.max(1));
                let spent = grouped(place.gas_spent);
                field(ui, "gas", format_args!("{spent} of {} ({share} %) · price {price} LUX", grouped(limit)));
                field(ui, "fee", money(place.gas_spent.saturating_mul(price)));
            }
            None => {
                field(ui, "gas", format_args!("at most {} · price {price} LUX", grouped(limit)));
                field(ui, "fee", format_args!("at most {}", money(limit.saturating_mul(price))));
            }
        }
    }

    /// The call or deployment that a transaction carries.
    fn purpose(&self, transaction: &Transaction) -> Option<Purpose> {
        if let Some(call) = transaction.call() {
            let contract = hex::encode(call.contract.as_bytes());
            let arguments = self.readers.input(&contract, &call.fn_name, &call.fn_args);
            let (name, function) = (self.labels.contract_in_short(&contract), harmless(&call.fn_name));
            let text = format!("{name}.{function} {}", shown::value(self.labels, &arguments));
            let document = json!({
                "contract": contract, "contract_name": self.labels.contract(&contract), "function": call.fn_name,
                "arguments": arguments.document(), "decoded": arguments.is_decoded(),
            });
            return Some(Purpose { contract: Some(contract), text: ("call", text), document: ("call", document) });
        }
        let deploy = transaction.deploy()?;
        let code = &deploy.bytecode.bytes;
        let contract = hex::encode(gen_contract_id(code, deploy.nonce, &deploy.owner).as_bytes());
        let init = deploy.init_args.as_ref().map(|init| self.readers.input(&contract, "init", init));
        let owner = bs58::encode(&deploy.owner).into_string();
        let name = self.labels.contract(&contract).map(|name| format!("{name} · ")).unwrap_or_default();
        let with = init.as_ref().map(|init| format!(" · init {}", shown::value(self.labels, init))).unwrap_or_default();
        let text = format!("{name}{contract} · {}{with}", size(code.len()));
        let document = json!({
            "contract": contract, "contract_name": self.labels.contract(&contract), "bytes": code.len(),
            "blake3": hash_of(code), "owner": owner, "owner_name": self.labels.account(&owner),
            "init": init.as_ref().map(Read::document), "decoded": init.as_ref().is_none_or(Read::is_decoded),
        });
        Some(Purpose { contract: Some(contract), text: ("deploys", text), document: ("deploy", document) })
    }

    /// The result of the call, if it has one and the node reports it.
    fn result(&self, transaction: &Transaction, seen: &Seen) -> Result<Option<Read>> {
        let (Some(call), Some(_)) = (transaction.call(), &seen.place) else {
            return Ok(None);
        };
        let contract = hex::encode(call.contract.as_bytes());
        let abi = self.readers.abi(&contract);
        let output = abi.as_ref().and_then(|abi| abi.function(&call.fn_name)).map(|function| &function.output);
        if output == Some(&Type::Unit) {
            return Ok(None);
        }
        let returned = self.chain.client.output(self.id)?.filter(|bytes| !bytes.is_empty());
        Ok(returned.map(|bytes| self.readers.output(&contract, &call.fn_name, &bytes)))
    }

    fn events(&self, seen: &Seen) -> Result<Vec<BlockEvent>> {
        let Some(place) = &seen.place else {
            return Ok(Vec::new());
        };
        let mut events = self.chain.client.events(place.block_height)?;
        events.retain(|event| event.origin == self.id);
        Ok(events)
    }

    fn document(&self, transaction: &Transaction, seen: &Seen, block: Option<&Block>) -> Value {
        let mut document = match transaction {
            Transaction::Moonlight(moonlight) => {
                let (sender, receiver) = (address(moonlight.sender()), moonlight.receiver().map(address));
                json!({
                    "type": "moonlight",
                    "sender_name": self.labels.account(&sender), "sender": sender,
                    "receiver_name": receiver.as_ref().and_then(|receiver| self.labels.account(receiver)),
                    "receiver": receiver, "value": moonlight.value(), "nonce": moonlight.nonce(),
                })
            }
            Transaction::Phoenix(phoenix) => json!({ "type": "phoenix", "nullifiers": phoenix.nullifiers().len() }),
        };
        let (limit, price) = (transaction.gas_limit(), transaction.gas_price());
        let spent = seen.place.as_ref().map(|place| place.gas_spent);
        document["id"] = self.id.into();
        document["status"] = match &seen.place {
            None => "pending",
            Some(place) if place.err.is_some() => "failed",
            Some(_) => "included",
        }
        .into();
        document["deposit"] = transaction.deposit().into();
        document["gas"] = json!({ "limit": limit, "price": price, "spent": spent });
        document["fee"] = json!(spent.map(|spent| spent.saturating_mul(price)));
        document["memo"] = json!(transaction.memo().map(hex::encode));
        document["block"] = seen.place.as_ref().map_or(Value::Null, |place| {
            json!({
                "height": place.block_height, "hash": place.block_hash, "timestamp": place.block_timestamp,
                "time": clock::rfc3339(place.block_timestamp), "index": self.index(block),
                "label": block.map(Block::label),
            })
        });
        document
    }
}

fn failure_document(failure: &Refusal) -> Value {
    let mut document = json!({ "text": failure.to_string() });
    if let Refusal::Error { name, code, doc, fields } = failure {
        document["name"] = name.as_str().into();
        document["code"] = (*code).into();
        document["doc"] = doc.as_str().into();
        document["fields"] = serde_json::from_str(fields).unwrap_or(Value::Null);
    }
    document
}

fn address(key: &PublicKey) -> String {
    bs58::encode(key.to_bytes()).into_string()
}

/// A memo as text where it is text, else in hexadecimal.
fn memo_text(memo: &[u8]) -> String {
    match std::str::from_utf8(memo) {
        Ok(text) if text.chars().all(|letter| !letter.is_control() || letter == '\n') => format!("{text:?}"),
        _ => format!("0x{}", hex::encode(memo)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digits_of_an_id_suffice() {
        let ids = ["ab".repeat(32), format!("abcdef{}", "00".repeat(29)), format!("abcdef{}", "11".repeat(29))];
        let find = |text: &str| {
            let given = Given::read(text).ok_or_else(|| "no id".to_owned())?;
            given.find(|| Ok(ids.to_vec())).map_err(|error| error.to_string())
        };
        assert_eq!(find("0xABABAB"), Ok(ids[0].clone()));
        assert_eq!(find("abcdef1"), Ok(ids[2].clone()));
        assert_eq!(find(&"cd".repeat(32)), Ok("cd".repeat(32)), "a whole id is not looked for");
        assert_eq!(find("abcdef"), Err("2 transactions have ids that begin with abcdef".to_owned()));
        assert!(find("cdcdcd").unwrap_err().starts_with("none of the last 200 transactions has an id"));
        for nonsense in ["abc", "ababa", "abcdeg", "", "…"] {
            assert_eq!(Given::read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn memos_are_shown_as_what_they_are() {
        assert_eq!(memo_text("for the \"tea\"".as_bytes()), r#""for the \"tea\"""#);
        assert_eq!(memo_text(b"\x1b[2J"), "0x1b5b324a");
        assert_eq!(memo_text(&[0xff, 0]), "0xff00");
    }
}
