//! `cargo dusk block`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::args::Where;
use crate::error::Fault;
use crate::figures::{grouped, money};
use crate::ops::chain::client::{self, Attestation, BlockTransaction};
use crate::ops::chain::clock;
use crate::ops::chain::connection::Chain;
use crate::ops::chain::labels::ChainLabels;
use crate::ops::chain::refusal::Refusal;
use crate::ops::hash;
use crate::ops::project::Project;
use crate::output::Ui;
use crate::table::{Side, Table, field};

/// `block`
#[derive(Debug, Args)]
pub(crate) struct Block {
    /// Height or hash of the block, or `latest` for the newest block.
    #[arg(default_value = "latest", value_name = "HEIGHT|HASH|latest")]
    pub(crate) block: String,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

pub(super) fn run(project: &Project, options: &Block, ui: &Ui) -> Result<ExitCode> {
    let which = Which::read(&options.block)?;
    let chain = Chain::connect(project, options.place.network.as_deref())?;
    let found = match &which {
        Which::Latest => chain.client.block_at(chain.client.tip()?.0)?,
        Which::Height(height) => chain.client.block_at(*height)?,
        Which::Hash(hash) => chain.client.block_with(hash)?,
    };
    let Some(block) = found else {
        return Err(unknown(&chain, &which)?);
    };
    let attestation = chain.client.block_at(block.header.height + 1)?.and_then(|next| next.attestation_of_parent());
    let labels = ChainLabels::of(&project.settings, &chain.deployments);
    print(&block, attestation.as_ref(), &labels, ui);
    ui.document(&document(&block, attestation.as_ref(), &labels));
    Ok(ExitCode::SUCCESS)
}

/// Which block is meant.
#[derive(Debug, PartialEq, Eq)]
enum Which {
    Latest,
    Height(u64),
    Hash(String),
}

impl Which {
    fn read(text: &str) -> Result<Self> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        // GraphQL has no larger whole numbers.
        let height = text.replace(['_', ','], "").parse().ok().filter(|height| *height < 1 << 53);
        let which = hash::normalized(text).map(Self::Hash).or_else(|| height.map(Self::Height));
        which.ok_or_else(|| {
            Fault::usage(
                format!("`{text}` is not a block"),
                "give a height (`12`), a hash of 64 hexadecimal digits, or `latest`",
            )
        })
    }
}

fn unknown(chain: &Chain, which: &Which) -> Result<anyhow::Error> {
    let (tip, _) = chain.client.tip()?;
    Ok(match which {
        Which::Hash(hash) => {
            let hint = match chain.client.seen(hash) {
                Ok(Some(_)) => format!("it is the id of a transaction: `cargo dusk tx {hash}`"),
                _ => format!("the last block is {tip}: `cargo dusk block latest` shows it"),
            };
            Fault::usage(format!("the node does not have block {hash}"), hint)
        }
        Which::Height(height) => Fault::usage(
            format!("there is no block {} yet", grouped(*height)),
            format!("the last block is {}: `cargo dusk block latest` shows it", grouped(tip)),
        ),
        Which::Latest => Fault::failed("the chain reverted its last block during the request", "try again"),
    })
}

fn print(block: &client::Block, attestation: Option<&Attestation>, labels: &ChainLabels, ui: &Ui) {
    let header = &block.header;
    ui.line(format_args!("block {}", grouped(header.height)));
    field(ui, "hash", &header.hash);
    field(ui, "parent", &header.prev_block_hash);
    field(ui, "status", block.label());
    field(ui, "time", clock::moment(header.timestamp));
    if header.height > 0 {
        field(ui, "generator", labels.account_in_full(&header.generator_bls_pubkey));
        let failed = match block.failed_iterations() {
            0 => String::new(),
            failed => format!(" · {failed} failed before it"),
        };
        field(ui, "iteration", format_args!("{}{failed}", header.iteration));
        let votes = attestation.map_or_else(
            || format!("comes with block {}", grouped(header.height + 1)),
            |it| format!("{} · validation {} votes, ratification {} votes", it.result, it.validation, it.ratification),
        );
        field(ui, "attestation", votes);
    }
    field(ui, "state", &header.state_hash);
    let share = u128::from(block.gas_spent) * 100 / u128::from(header.gas_limit.max(1));
    field(ui, "gas", format_args!("{} of {} ({share} %)", grouped(block.gas_spent), grouped(header.gas_limit)));
    field(ui, "fees", money(block.fees));
    field(ui, "reward", money(block.reward));
    field(ui, "transactions", block.transactions.len());
    let mut table = Table::new(&[
        ("#", Side::Right),
        ("transaction", Side::Left),
        ("from", Side::Left),
        ("does", Side::Left),
        ("gas", Side::Right),
        ("outcome", Side::Left),
    ]);
    for (index, transaction) in block.transactions.iter().enumerate() {
        let outcome =
            transaction.err.as_deref().map_or_else(|| "done".to_owned(), |err| Refusal::read(err, None).to_string());
        table.row([
            index.to_string(),
            transaction.id.clone(),
            sender(&transaction.fields()).map_or_else(|| "shielded".to_owned(), |it| labels.account_in_short(&it)),
            purpose(transaction, labels),
            grouped(transaction.gas_spent),
            outcome,
        ]);
    }
    table.print(ui);
}

fn sender(fields: &Value) -> Option<String> {
    fields.get("sender")?.as_str().map(str::to_owned)
}

/// A transaction's purpose in a few words.
fn purpose(transaction: &BlockTransaction, labels: &ChainLabels) -> String {
    let fields = transaction.fields();
    if let Some(contract) = transaction.deploys() {
        return format!("deploys {}", labels.contract_in_short(contract));
    }
    purpose_of(&fields, labels)
}

/// The same from a transaction's fields alone.
pub(super) fn purpose_of(fields: &Value, labels: &ChainLabels) -> String {
    let text = |path: &str| fields.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if fields["call"].is_object() {
        return format!("{}.{}", labels.contract_in_short(text("/call/contract")), text("/call/fn_name"));
    }
    if fields["is_deploy"] == true {
        return "deploys a contract".to_owned();
    }
    match fields["receiver"].as_str() {
        Some(receiver) => {
            format!("{} to {}", money(fields["value"].as_u64().unwrap_or_default()), labels.account_in_short(receiver))
        }
        None => "transfers".to_owned(),
    }
}

fn document(block: &client::Block, attestation: Option<&Attestation>, labels: &ChainLabels) -> Value {
    let header = &block.header;
    let transactions: Vec<Value> = block
        .transactions
        .iter()
        .map(|transaction| {
            let fields = transaction.fields();
            json!({
                "id": transaction.id, "sender": sender(&fields),
                "sender_name": sender(&fields).and_then(|sender| labels.account(&sender).map(str::to_owned)),
                "does": purpose(transaction, labels), "gas": transaction.gas_spent, "error": transaction.err,
            })
        })
        .collect();
    json!({
        "height": header.height, "hash": header.hash, "parent": header.prev_block_hash, "label": block.label(),
        "timestamp": header.timestamp, "time": clock::rfc3339(header.timestamp),
        "generator": header.generator_bls_pubkey, "generator_name": labels.account(&header.generator_bls_pubkey),
        "iteration": header.iteration, "failed_iterations": block.failed_iterations(), "state": header.state_hash,
        "attestation": attestation.map(|it| json!({
            "result": it.result, "validation_votes": it.validation, "ratification_votes": it.ratification,
        })),
        "gas": { "spent": block.gas_spent, "limit": header.gas_limit },
        "fees": block.fees, "reward": block.reward, "transactions": transactions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_heights_and_hashes() {
        assert_eq!(Which::read("latest").unwrap(), Which::Latest);
        assert_eq!(Which::read("1_000").unwrap(), Which::Height(1_000));
        let hash = "Ab".repeat(32);
        assert_eq!(Which::read(&format!("0x{hash}")).unwrap(), Which::Hash(hash.to_lowercase()));
        for wrong in ["", "-1", "last", "1.5", "18446744073709551615", &"a".repeat(63)] {
            assert!(Which::read(wrong).is_err(), "{wrong}");
        }
    }
}
