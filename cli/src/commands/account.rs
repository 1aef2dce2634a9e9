//! `cargo dusk account`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use local_node::accounts::NAMES;
use serde_json::{Value, json};

use super::block::purpose_of;
use crate::args::Where;
use crate::figures::{exact_money, grouped};
use crate::ops::chain::client::{AccountState, Pending};
use crate::ops::chain::connection::Chain;
use crate::ops::chain::labels::ChainLabels;
use crate::ops::chain::names::{self, Given};
use crate::ops::project::Project;
use crate::output::Ui;
use crate::table::{Side, Table, field};

/// `account`
#[derive(Debug, Args)]
pub(crate) struct Account {
    /// Name or address of an account; by default all known accounts.
    #[arg(value_name = "NAME|ADDRESS")]
    pub(crate) account: Option<String>,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

pub(super) fn run(project: &Project, options: &Account, ui: &Ui) -> Result<ExitCode> {
    let address = options.account.as_deref().map(|given| names::account(&project.settings, given)).transpose()?;
    let chain = Chain::connect(project, options.place.network.as_deref())?;
    let mut given = Given::default();
    options.account.iter().for_each(|name| given.note(&project.settings, name));
    let labels = ChainLabels::with(&project.settings, &chain.deployments, &given);
    let pending = chain.client.pending()?;
    match address {
        Some(address) => one(&chain, &labels, &address, &pending, ui)?,
        None => all(project, &chain, &labels, &pending, ui)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn one(chain: &Chain, labels: &ChainLabels, address: &str, pending: &[Pending], ui: &Ui) -> Result<()> {
    let state = chain.client.account_state(address)?;
    let stake = stake(chain, address)?;
    let waiting: Vec<&Pending> = of_sender(pending, address).collect();
    let name = labels.account(address);
    ui.line(format_args!("account {}", name.map_or_else(|| "without a name".to_owned(), |name| format!("@{name}"))));
    field(ui, "address", address);
    if let Some(name) = labels.development(address) {
        field(ui, "key", format_args!("of the development account {name}: publicly known"));
    }
    field(ui, "balance", exact_money(state.balance));
    field(ui, "nonce", format_args!("{} · next transaction {}", state.nonce, state.next_nonce));
    if let Some(stake) = &stake {
        let lux = |name: &str| exact_money(stake[name].as_u64().unwrap_or_default());
        field(ui, "stake", format_args!("{} · reward {}", lux("amount"), lux("reward")));
    }
    field(ui, "pending", waiting.len());
    let mut table = Table::new(&[("transaction", Side::Left), ("nonce", Side::Right), ("does", Side::Left)]);
    for one in &waiting {
        table.row([one.id.clone(), one.fields["nonce"].to_string(), purpose_of(&one.fields, labels)]);
    }
    table.print(ui);
    let mut document = document(labels, address, state, waiting.len());
    document["stake"] =
        stake.map_or(Value::Null, |stake| json!({ "amount": stake["amount"], "reward": stake["reward"] }));
    document["pending"] = waiting
        .iter()
        .map(|one| json!({ "id": one.id, "nonce": one.fields["nonce"], "does": purpose_of(&one.fields, labels) }))
        .collect();
    ui.document(&document);
    Ok(())
}

fn all(project: &Project, chain: &Chain, labels: &ChainLabels, pending: &[Pending], ui: &Ui) -> Result<()> {
    let mut table = Table::new(&[
        ("account", Side::Left),
        ("balance", Side::Right),
        ("nonce", Side::Right),
        ("pending", Side::Right),
        ("address", Side::Left),
    ]);
    let mut documents = Vec::new();
    // On a public network the development accounts are nobody's.
    let development = if names::is_public(chain.id) { &[][..] } else { &NAMES[..] };
    for name in development.iter().copied().chain(project.settings.account_names()) {
        let Ok(address) = names::account(&project.settings, name) else {
            continue;
        };
        let state = chain.client.account_state(&address)?;
        let waiting = of_sender(pending, &address).count();
        table.row([
            format!("@{name}"),
            exact_money(state.balance),
            grouped(state.nonce),
            waiting.to_string(),
            address.clone(),
        ]);
        let mut document = document(labels, &address, state, waiting);
        document["name"] = name.into();
        documents.push(document);
    }
    if documents.is_empty() {
        ui.note("no named accounts; add names under [accounts] in dusk.toml");
    }
    table.print(ui);
    ui.document(&json!({ "accounts": documents }));
    Ok(())
}

fn of_sender<'a>(pending: &'a [Pending], address: &'a str) -> impl Iterator<Item = &'a Pending> {
    pending.iter().filter(move |one| one.fields["sender"] == address)
}

/// The account's stake.
fn stake(chain: &Chain, address: &str) -> Result<Option<Value>> {
    Ok(chain.client.provisioners()?.into_iter().find(|provisioner| provisioner["key"] == address))
}

fn document(labels: &ChainLabels, address: &str, state: AccountState, pending: usize) -> Value {
    json!({
        "name": labels.account(address), "address": address,
        "development": labels.development(address).is_some(),
        "balance": state.balance, "nonce": state.nonce, "next_nonce": state.next_nonce, "pending": pending,
    })
}
