//! Options of both programs.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use dusk_sdk::finance::wallet::Chain;

/// Where the file is, and how the chain is reached.
#[derive(Debug, Args)]
pub struct Common {
    /// The encrypted file.
    #[arg(long, global = true, value_name = "FILE", default_value = "keys.wallet", env = "WALLET_FILE")]
    pub wallet: PathBuf,
    /// A file whose first line is the password. Otherwise the variable WALLET_PASSWORD, or a prompt.
    #[arg(long, global = true, value_name = "FILE", env = "WALLET_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// The contract: the name of a deployment, or its id.
    #[arg(long, global = true, default_value = "asset")]
    pub contract: String,
    /// The network, as `cargo dusk` names it.
    #[arg(long, global = true)]
    pub network: Option<String>,
}

/// How a file is made.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("backup").required(true).args(["show_words", "words_file", "restore", "restore_from"])))]
pub struct NewFile {
    /// Shows the new words once, for a backup on paper.
    #[arg(long)]
    pub show_words: bool,
    /// Writes the new words to a file that only its owner can read.
    #[arg(long, value_name = "FILE")]
    pub words_file: Option<PathBuf>,
    /// Asks for the words of a lost file.
    #[arg(long)]
    pub restore: bool,
    /// Reads the words of a lost file from here.
    #[arg(long, value_name = "FILE")]
    pub restore_from: Option<PathBuf>,
    /// The account: each has keys of its own from the same words.
    #[arg(long, default_value_t = 0)]
    pub account: u32,
}

impl Common {
    /// The chain as `cargo dusk` shows it.
    #[must_use]
    pub fn chain(&self) -> Chain {
        Chain::new(self.contract.clone(), self.network.clone())
    }
}
