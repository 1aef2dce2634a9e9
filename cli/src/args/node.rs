//! The grammar of `cargo dusk node`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use local_node::http::{HostName, Origin};
use local_node_types::rules::Profile;

use super::Where;
use crate::ops::clock;

/// `node`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Node {
    /// What a running node is to do.
    #[command(subcommand)]
    pub(crate) control: Option<Control>,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080, env = "DUSK_PORT", hide_env_values = true)]
    pub(crate) port: u16,
    /// The address to listen at. Elsewhere than at the default, everybody who reaches it can use and change the chain.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    pub(crate) host: IpAddr,
    /// When blocks are made: `instant` (as soon as a transaction waits), or every so many seconds.
    #[arg(long, default_value = "instant", value_name = "instant|SECONDS")]
    pub(crate) block_time: String,
    /// Keeps the chain in this folder and goes on with it next time; without it the chain ends with the node.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The rules to follow: local, testnet or mainnet.
    #[arg(long, default_value_t = Profile::Local)]
    pub(crate) rules: Profile,
    /// A host name under which clients may change the chain, besides `localhost` and the node's addresses; it can be given
    /// more than once.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<HostName>,
    /// The origin of web pages that may read answers and change the chain, such as `http://localhost:5173`; it can be given
    /// more than once.
    #[arg(long, value_name = "URL")]
    pub(crate) allow_origin: Vec<Origin>,
}

/// What a running development node can be told.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Control {
    /// Remembers the chain as it is, and prints the number to go back to.
    Snapshot {
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Goes back to a snapshot.
    Revert {
        /// Its number; the last one where none is given.
        #[arg(value_name = "SNAPSHOT")]
        snapshot: Option<u64>,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Makes blocks: contracts see the height move.
    Mine {
        /// How many.
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        blocks: u64,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Moves the node's clock on: the next block is that much later.
    Warp {
        /// How far: 90s, 15m, 6h, 1d, 2w.
        #[arg(value_name = "DURATION", value_parser = clock::duration)]
        seconds: u64,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Goes back to the first block.
    Reset {
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
}
