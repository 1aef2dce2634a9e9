//! `cargo dusk node`

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use local_node::BlockTime;
use local_node::accounts::{DevAccount, MNEMONIC};
use local_node::http::{HostName, Options, Origin};
use local_node_types::keys::BlsKey;
use local_node_types::rules::Profile;
use serde_json::json;

use super::control::Control;
use crate::figures::{count, money, time};
use crate::ops::chain::client::Client;
use crate::ops::node::embedded::{self, Embedded};
use crate::ops::node::joining::Joining;
use crate::ops::node::log::{self, LogLevel};
use crate::ops::node::supervised::Supervised;
use crate::output::Ui;

/// `node`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Node {
    /// The subcommand for a running node.
    #[command(subcommand)]
    pub(crate) control: Option<Control>,
    /// TCP port of the HTTP interface; 0 selects a free port.
    #[arg(long, default_value_t = 8080, env = "DUSK_PORT", hide_env_values = true)]
    pub(crate) port: u16,
    /// IP address of the HTTP interface. Everyone who can reach it can use and change the chain; the default is
    /// reachable from this machine only.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    pub(crate) host: IpAddr,
    /// Time between blocks: whole seconds from 1 to 3600, or `instant` to make a block as soon as a transaction is
    /// pending. By default `instant`, or the block time of the genesis file.
    #[arg(long, value_name = "instant|SECONDS")]
    pub(crate) block_time: Option<String>,
    /// Folder for the chain; a restart with the same folder continues it. By default the chain is in memory only and is
    /// lost when the node stops.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Network whose current rules the node enforces: local, testnet or mainnet. By default local, or the rules of the
    /// genesis file.
    #[arg(long)]
    pub(crate) rules: Option<Profile>,
    /// Additional host name under which clients may change the chain; `localhost` and the node's addresses are always
    /// allowed. Repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<HostName>,
    /// Origin of web pages that may read responses and change the chain, such as `http://localhost:5173`; repeatable.
    #[arg(long, value_name = "URL")]
    pub(crate) allow_origin: Vec<Origin>,
    /// UDP address of a node of the network to join; for several, repeat the option or separate them with commas.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', help_heading = NETWORK)]
    pub(crate) bootstrap: Vec<String>,
    /// Genesis file of the network; by default `genesis.json` beside the keys file. Required to join a network.
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub(crate) genesis: Option<PathBuf>,
    /// File with the provisioner key that the node votes with; `node new-keys` writes a new one.
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub(crate) keys: Option<PathBuf>,
    /// UDP address on which the node listens for peers; by default 127.0.0.1:9000, or with `--public` all addresses at
    /// its port.
    #[arg(long, value_name = "ADDRESS", help_heading = NETWORK)]
    pub(crate) listen: Option<SocketAddr>,
    /// UDP address at which peers reach the node; by default the address of `--listen`.
    #[arg(long, value_name = "ADDRESS", help_heading = NETWORK)]
    pub(crate) public: Option<SocketAddr>,
    /// Level of the node's log on stderr.
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    pub(crate) log: LogLevel,
    /// Ends at the end of the standard input, and holds the lock of this file meanwhile.
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) supervised: Option<PathBuf>,
}

/// The heading of the options that are about a network.
const NETWORK: &str = "Options of a node that joins a network";

pub(super) fn run(options: &Node, ui: &Ui) -> Result<ExitCode> {
    let begun = Instant::now();
    log::begin(options.log);
    // First of all: from here on the node ends with its supervisor.
    let mut supervised = options.supervised.as_deref().map(Supervised::begin).transpose()?;
    let config = joining(options)?.config()?;
    let network = config.network.clone();
    let funded: Option<BTreeSet<BlsKey>> =
        config.allocation.as_ref().map(|it| it.accounts.iter().map(|(key, _)| BlsKey::from(key)).collect());
    let address = SocketAddr::new(options.host, options.port);
    let interface =
        Options { hosts: options.allow_host.clone(), origins: options.allow_origin.clone(), ..Options::default() };
    let mut running = Embedded::start(address, config, interface)?;
    let ready = begun.elapsed();

    let info = running.node.info();
    let accounts: Vec<&DevAccount> = running.node.accounts().iter().collect();
    let accounts: Vec<&DevAccount> =
        accounts.into_iter().filter(|it| funded.as_ref().is_none_or(|funded| funded.contains(&it.id()))).collect();
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
    if let Some(network) = &network {
        let peers = match network.bootstrap.len() {
            0 => "first of its network".to_owned(),
            many => format!("asks {} for peers", count(many, "node")),
        };
        let voters: Vec<String> = info.voters.iter().map(ToString::to_string).collect();
        ui.line(format_args!("network {} · {peers} · votes as {}", network.public, voters.join(", ")));
    }
    let client = Client::new(&running.url());
    let mut list = Vec::new();
    for account in &accounts {
        let balance = client.account(account.public_key()).context("the node does not answer")?.balance;
        ui.line(format_args!("  {:6} {:>16}  {}", account.name(), money(balance), account.id()));
        list.push(json!({ "name": account.name(), "address": account.id().to_string(), "balance": balance }));
    }
    if !accounts.is_empty() {
        ui.warn(format_args!(
            "the keys of these accounts are public (mnemonic: {MNEMONIC}); use them on this chain only"
        ));
    }
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
        "block_time": match info.block_time {
            BlockTime::Instant => "instant".to_owned(),
            BlockTime::Every(time) => time.as_secs().to_string(),
        },
        "genesis": hex::encode(info.genesis_hash),
        "data": options.data,
        "network": network.as_ref().map(|it| json!({ "listen": it.listen, "public": it.public, "bootstrap": it.bootstrap })),
        "height": height,
        "mnemonic": MNEMONIC,
        "accounts": list,
        "ready_milliseconds": u64::try_from(ready.as_millis()).unwrap_or(u64::MAX),
    }));
    let ended = running.wait_for_end(supervised.as_mut());
    let stopped = running.stop();
    ended?;
    ui.step("Stopped", if stopped { "the node" } else { "the node with unfinished work" });
    Ok(ExitCode::SUCCESS)
}

/// The network that the options describe.
fn joining(options: &Node) -> Result<Joining> {
    Ok(Joining {
        bootstrap: options.bootstrap.clone(),
        keys: options.keys.clone(),
        genesis: options.genesis.clone(),
        listen: options.listen,
        public: options.public,
        block_time: options.block_time.as_deref().map(embedded::block_time).transpose()?,
        rules: options.rules,
        data: options.data.clone(),
    })
}
