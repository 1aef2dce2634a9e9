//! Options of both programs.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use dusk_sdk::finance::wallet::Chain;

/// Where the file is, and how the chain is reached.
#[derive(Debug, Args)]
pub struct Common {
    /// Encrypted file with the keys.
    #[arg(long, global = true, value_name = "FILE", default_value = "keys.wallet", env = "WALLET_FILE")]
    pub wallet: PathBuf,
    /// File whose first line is the password; otherwise the variable WALLET_PASSWORD, or a prompt.
    #[arg(long, global = true, value_name = "FILE", env = "WALLET_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// Contract of the asset: the name of a deployment, or a contract id.
    #[arg(long, global = true, default_value = "asset")]
    pub contract: String,
    /// Network of the contract, as for `cargo dusk`: a name, or the URL of a node.
    #[arg(long, global = true)]
    pub network: Option<String>,
}

/// How a file is made.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("backup").required(true).args(["show_words", "words_file", "restore", "restore_from"])))]
pub struct NewFile {
    /// Prints the new words once, for a backup on paper.
    #[arg(long)]
    pub show_words: bool,
    /// Writes the new words to this file, which only you can read.
    #[arg(long, value_name = "FILE")]
    pub words_file: Option<PathBuf>,
    /// Asks for the words of a lost file, and restores its keys.
    #[arg(long)]
    pub restore: bool,
    /// Reads the words of a lost file from this file, and restores its keys.
    #[arg(long, value_name = "FILE")]
    pub restore_from: Option<PathBuf>,
    /// Number of the account; the same words give each account keys of its own.
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
