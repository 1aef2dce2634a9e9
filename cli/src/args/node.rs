//! The grammar of `cargo dusk node`.

use clap::Args;
use local_node_types::rules::Profile;

/// `node`
#[derive(Debug, Args)]
pub(crate) struct Node {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// When blocks are made: `instant` (as soon as a transaction waits), or every so many seconds.
    #[arg(long, default_value = "instant", value_name = "instant|SECONDS")]
    pub(crate) block_time: String,
    /// The rules to follow: local, testnet or mainnet.
    #[arg(long, default_value_t = Profile::Local)]
    pub(crate) rules: Profile,
}
