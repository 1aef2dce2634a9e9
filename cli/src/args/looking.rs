//! The grammar of the commands that look at a chain: `tx`, `block`, `account`, `events`, `inspect`.

use clap::Args;

/// Where to look.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// The network: a name from dusk.toml, or the URL of a node.
    #[arg(long, value_name = "NAME|URL", env = "DUSK_NETWORK", hide_env_values = true)]
    pub(crate) network: Option<String>,
}

/// `tx`
#[derive(Debug, Args)]
pub(crate) struct Tx {
    /// The transaction's id.
    pub(crate) id: String,
    /// Waits until it is in a block. Then a transaction that failed gives exit code 1.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Waits until its block can no longer change.
    #[arg(long = "final")]
    pub(crate) until_final: bool,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// `block`
#[derive(Debug, Args)]
pub(crate) struct Block {
    /// Its height, its hash, or `latest`.
    #[arg(default_value = "latest", value_name = "HEIGHT|HASH|latest")]
    pub(crate) block: String,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// `account`
#[derive(Debug, Args)]
pub(crate) struct Account {
    /// A name, or an address. All known accounts where none is given.
    #[arg(value_name = "NAME|ADDRESS")]
    pub(crate) account: Option<String>,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// `events`
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Only events of this contract: a name, or an id.
    pub(crate) contract: Option<String>,
    /// Only events with this topic.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// Begins with this block. Without it the last events are shown; with `--follow`, only what comes.
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) from_block: Option<u64>,
    /// Shows at most so many events.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Goes on with what comes, until Ctrl-C. With `--json` each event is a document on a line of its own.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// `inspect`
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A wasm file, a contract of the project, or the id of a deployed contract. Not needed where the project has only
    /// one contract.
    #[arg(value_name = "FILE|CONTRACT")]
    pub(crate) target: Option<String>,
    /// Shows all functions, not only the largest.
    #[arg(long)]
    pub(crate) all: bool,
    /// The network: a name from dusk.toml, or the URL of a node. Given, the contract is the one that is deployed there.
    #[arg(long, value_name = "NAME|URL")]
    pub(crate) network: Option<String>,
}
