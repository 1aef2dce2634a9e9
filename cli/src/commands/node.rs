//! `cargo dusk node`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use local_node::accounts::MNEMONIC;
use local_node::http::{HostName, Options, Origin};
use local_node_types::rules::Profile;
use serde_json::json;

use super::control::Control;
use crate::figures::{money, time};
use crate::ops::chain::client::Client;
use crate::ops::node::embedded::{self, Embedded};
use crate::output::Ui;

/// `node`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Node {
    /// What a running node is to do.
    #[command(subcommand)]
    pub(crate) control: Option<Control>,
    /// Port to listen on; 0 selects a free one.
    #[arg(long, default_value_t = 8080, env = "DUSK_PORT", hide_env_values = true)]
    pub(crate) port: u16,
    /// Address to listen on. At any other than the default, everyone who can reach it can use and change the chain.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    pub(crate) host: IpAddr,
    /// Interval between blocks: `instant` (as soon as a transaction is pending), or a number of seconds.
    #[arg(long, default_value = "instant", value_name = "instant|SECONDS")]
    pub(crate) block_time: String,
    /// Stores the chain in this folder and continues it at the next start; by default the chain ends with the node.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Rules to follow: local, testnet or mainnet.
    #[arg(long, default_value_t = Profile::Local)]
    pub(crate) rules: Profile,
    /// Host name under which clients may change the chain, besides `localhost` and the node's addresses; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<HostName>,
    /// Origin of web pages that may read answers and change the chain, such as `http://localhost:5173`; repeatable.
    #[arg(long, value_name = "URL")]
    pub(crate) allow_origin: Vec<Origin>,
}

pub(super) fn run(options: &Node, ui: &Ui) -> Result<ExitCode> {
    let begun = Instant::now();
    let block_time = embedded::block_time(&options.block_time)?;
    let address = SocketAddr::new(options.host, options.port);
    let interface =
        Options { hosts: options.allow_host.clone(), origins: options.allow_origin.clone(), ..Options::default() };
    let mut running = Embedded::start(address, block_time, options.rules, options.data.clone(), interface)?;
    let ready = begun.elapsed();

    let info = running.node.info();
    let accounts = running.node.accounts();
    ui.line(format_args!(
        "ready in {} · {} · chain {}, rules {} · {} accounts",
        time(ready),
        running.url(),
        info.chain_id,
        info.rules,
        accounts.len()
    ));
    let height = running.node.tip().height;
    if let Some(folder) = &options.data {
        ui.line(format_args!("data {} · height {height}", folder.display()));
    }
    let client = Client::new(&running.url());
    let mut list = Vec::new();
    for account in accounts {
        let balance = client.account(account.public_key()).context("the node does not answer")?.balance;
        ui.line(format_args!("  {:6} {:>16}  {}", account.name(), money(balance), account.id()));
        list.push(json!({ "name": account.name(), "address": account.id().to_string(), "balance": balance }));
    }
    ui.warn(format_args!("the keys of these accounts are public (mnemonic: {MNEMONIC}); use them on this chain only"));
    if !options.host.is_loopback() {
        ui.warn(format_args!(
            "everyone who can reach {} can use and change the chain, and spend from these accounts",
            running.url()
        ));
    }
    ui.note(match &options.data {
        Some(_) => "Ctrl-C stops the node; the next start continues the chain",
        None => "the chain is in memory only and ends with the node; Ctrl-C stops the node",
    });
    ui.document(&json!({
        "url": running.url(),
        "chain_id": info.chain_id,
        "rules": info.rules,
        "block_time": options.block_time,
        "genesis": hex::encode(info.genesis_hash),
        "data": options.data,
        "height": height,
        "mnemonic": MNEMONIC,
        "accounts": list,
        "ready_milliseconds": u64::try_from(ready.as_millis()).unwrap_or(u64::MAX),
    }));
    let ended = running.wait_for_end();
    let stopped = running.stop();
    ended?;
    ui.step("Stopped", if stopped { "the node" } else { "the node with unfinished work" });
    Ok(ExitCode::SUCCESS)
}
