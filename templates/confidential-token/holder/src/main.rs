//! The program of a holder: balances, transfers, disclosures.

mod acts;
mod measure;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use dusk_sdk::finance::confidential::Address;
use dusk_sdk::finance::wallet::{
    Act, Effect, Entry, Identity, Password, Taken, Wallet, WalletFile, random_field, scan_file,
};
use dusk_sdk::{ContractId, Field};
use holder::{Common, NewFile, check_asset, element, memo_text, new_words, password};
use play::Outcome;

/// The wallet of a holder of a confidential asset.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Options {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Creates a wallet file with new keys, or restores one from its words (the mnemonic).
    New(NewFile),
    /// Prints the address of the wallet, to which others send.
    Address,
    /// Reads new events from the chain, or from a file with the output of `cargo dusk events --json`.
    Scan {
        /// File with the events; `-` reads standard input.
        file: Option<PathBuf>,
        /// Discards all data except the keys first, and scans from the beginning.
        #[arg(long)]
        anew: bool,
    },
    /// Prints the sum of the unspent notes.
    Balance,
    /// Prints the unspent notes.
    Notes,
    /// Prints the payments that the wallet has made and received.
    History,
    /// Registers the owner with the contract. An officer must admit the owner afterwards.
    Register(acts::Submit),
    /// Sends an amount to an address.
    Send {
        /// The address of the receiver.
        to: Address,
        /// Amount to send.
        amount: u64,
        /// Text for the receiver, up to 31 bytes.
        #[arg(long, default_value = "")]
        memo: String,
        /// Merges small notes first, if necessary.
        #[arg(long)]
        merge: bool,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Merges small notes until one transaction can send, redeem or lock an amount.
    Merge {
        /// Amount that one transaction must be able to move.
        amount: u64,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Redeems an amount, with a reference such as a bank account. Both are public.
    Redeem {
        /// Amount to redeem.
        amount: u64,
        /// Reference of the redemption.
        #[arg(long)]
        reference: String,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Locks an amount for a settlement.
    Lock {
        /// The address of the receiver.
        to: Address,
        /// Amount to lock.
        amount: u64,
        /// Contract that may release the lock.
        #[arg(long, value_parser = contract)]
        agent: ContractId,
        /// Instruction for the settlement, as the agent identifies it: a field element.
        #[arg(long, value_parser = element)]
        instruction: Field,
        /// Random field element that hides the amount and the receiver in the instruction.
        #[arg(long, value_parser = element)]
        blinding: Field,
        /// Last block height at which the agent may release the lock.
        #[arg(long)]
        deadline: u64,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Admits a registered owner, as an officer. Needs no wallet.
    Admit(acts::Admission),
    /// Takes a snapshot as an officer, and prints its height. Needs no wallet.
    Snapshot {
        /// Account of the officer.
        #[arg(long)]
        from: Option<String>,
    },
    /// Issues an amount to an address. Only an officer's account may submit it.
    Issue {
        /// The address of the receiver.
        to: Address,
        /// Amount to issue; it is public.
        amount: u64,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Draws a random question, for which a verifier asks a holder for a disclosure.
    Question,
    /// Proves to the verifier who drew a question that one note had at least a value at a snapshot.
    Disclose {
        /// Minimum value of the note.
        least: u64,
        /// Height of the snapshot.
        #[arg(long)]
        height: u64,
        /// Question of the verifier.
        #[arg(long, value_parser = element)]
        question: Field,
        /// File to which the disclosure is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Verifies a disclosure that answers a question.
    Verify {
        /// File with the disclosure.
        file: PathBuf,
        /// Question that the verifier drew.
        #[arg(long, value_parser = element)]
        question: Field,
        /// Minimum value that the disclosure must prove.
        #[arg(long)]
        least: u64,
        /// Height of the snapshot.
        #[arg(long)]
        height: u64,
    },
    /// Adds a note whose ciphertext the wallet cannot read, with the output of `auditor opening`.
    Adopt {
        /// Position of the note.
        position: u64,
        /// Value of the note.
        value: u64,
        /// Random field element of the note.
        #[arg(value_parser = element)]
        rho: Field,
    },
    /// Frees the notes of transactions that you have prepared and will not send.
    Release,
    /// Measures the time in which a wallet scans notes.
    Measure {
        /// Number of notes.
        #[arg(default_value_t = 10_000)]
        notes: u32,
    },
}

fn main() {
    if let Err(error) = run(Options::parse()) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// An open wallet.
struct Session {
    common: Common,
    wallet: Wallet,
    file: WalletFile,
    password: Password,
}

fn run(Options { common, command }: Options) -> Outcome {
    match command {
        Command::New(options) => return create(&common, &options),
        Command::Question => {
            println!("{}", random_field()?);
            return Ok(());
        }
        Command::Verify { file, question, least, height } => {
            return acts::verify(&common.chain(), &file, question, least, height);
        }
        Command::Admit(admission) => return admission.run(&common.chain()),
        Command::Snapshot { from } => {
            let included = common.chain().call("take_snapshot", "{}", from.as_deref())?;
            println!("{}", included["block"]);
            return Ok(());
        }
        Command::Measure { notes } => return measure::run(notes),
        _ => {}
    }
    let password = password(common.password_file.as_deref(), false)?;
    let (wallet, file) = Wallet::open(&common.wallet, &password, None, None)?;
    let mut session = Session { common, wallet, file, password };
    match command {
        Command::Address => println!("{}", session.wallet.address()),
        Command::Scan { file, anew } => session.scan(file, anew)?,
        Command::Balance => session.balance(),
        Command::Notes => session.notes(),
        Command::History => session.history(),
        Command::Register(submit) => session.register(&submit)?,
        Command::Send { to, amount, memo, merge, submit } => {
            session.send(to, amount, &memo, merge, &submit)?
        }
        Command::Merge { amount, submit } => session.merge(amount, &submit)?,
        Command::Redeem { amount, reference, submit } => session.redeem(amount, &reference, &submit)?,
        Command::Lock { to, amount, agent, instruction, blinding, deadline, submit } => {
            let instruction =
                dusk_sdk::finance::wallet::Instruction { agent, instruction, blinding, deadline };
            session.lock(to, amount, &instruction, &submit)?;
        }
        Command::Issue { to, amount, submit } => session.issue(&to, amount, &submit)?,
        Command::Disclose { least, height, question, out } => {
            session.disclose(least, height, question, &out)?
        }
        Command::Adopt { position, value, rho } => {
            session.wallet.adopt(position, value, rho)?;
            session.save()?;
        }
        Command::Release => {
            session.wallet.release();
            session.save()?;
        }
        Command::New(_)
        | Command::Question
        | Command::Verify { .. }
        | Command::Admit(_)
        | Command::Snapshot { .. }
        | Command::Measure { .. } => {}
    }
    Ok(())
}

fn create(common: &Common, options: &NewFile) -> Outcome {
    let (contract, chain) = common.chain().identity()?;
    let file = WalletFile::create(&common.wallet)?;
    let password = password(common.password_file.as_deref(), true)?;
    let words = new_words(options)?;
    let wallet = Wallet::new(words, Identity { contract, chain, account: options.account });
    wallet.save(&file, &password)?;
    println!("{}", wallet.address());
    Ok(())
}

impl Session {
    fn save(&self) -> Outcome {
        Ok(self.wallet.save(&self.file, &self.password)?)
    }

    /// Takes new events from the chain, and saves.
    fn scan(&mut self, file: Option<PathBuf>, anew: bool) -> Outcome {
        let (identity, chain) = (self.wallet.identity(), self.common.chain());
        if file.is_none() {
            check_asset(identity, &chain)?;
        }
        if anew {
            self.wallet.forget();
        }
        let (from, wallet, mut spent, mut received) = (self.wallet.next_height(), &mut self.wallet, 0, 0);
        let take = |taken: Taken<'_>| -> Outcome {
            match taken {
                Taken::Events(events) => {
                    let scanned =
                        wallet.scan(events).map_err(|error| format!("{error}; try `scan --anew`"))?;
                    received += scanned.received;
                    spent += scanned.spent;
                }
                Taken::Back(height) => wallet.rewind(height),
            }
            Ok(())
        };
        match &file {
            Some(file) => scan_file(file, identity.contract, take)?,
            None => chain.scan(identity.contract, from, take)?,
        }
        self.save()?;
        eprintln!("block {}: {received} notes received, {spent} spent", self.wallet.height());
        for gap in self.wallet.gaps() {
            eprintln!("missing events: {} {} to {}", gap.kind, gap.numbers.start, gap.numbers.end - 1);
        }
        if file.is_none() && self.wallet.roots() != chain.roots()? {
            return Err(
                "the events do not give the contract's roots: scan again, if necessary with --anew".into()
            );
        }
        Ok(())
    }

    fn balance(&self) {
        let balance = self.wallet.balance();
        println!("{}", balance.total);
        if balance.free != balance.total {
            eprintln!("{} of it is reserved for pending transactions", balance.total - balance.free);
        }
        if !self.wallet.gaps().is_empty() {
            eprintln!("events are missing, so the balance may be wrong");
        }
    }

    fn notes(&self) {
        println!("{:>10}  {:>20}  {:>10}  memo", "position", "value", "block");
        for held in self.wallet.unspent() {
            let (value, height) = (held.note.value, held.created.height);
            println!("{:>10}  {value:>20}  {height:>10}  {}", held.position, memo_text(held.memo));
        }
    }

    fn history(&self) {
        println!("{:>10}  {:>8}  {:>20}  details", "block", "what", "amount");
        for Entry { place, effect, memos, made } in self.wallet.history() {
            let block = place.map_or_else(|| "pending".to_owned(), |place| place.height.to_string());
            let (what, amount) = match effect {
                Effect::Received { amount } => ("received", amount),
                Effect::Paid { amount } => ("paid", amount),
                Effect::Merged { amount } => ("merged", amount),
                _ => ("other", 0),
            };
            let mut details: Vec<String> = memos.into_iter().map(memo_text).collect();
            if let Some(made) = made {
                details.push(match made.act {
                    Act::Transfer(to) => format!("to {to} {}", memo_text(made.memo)),
                    Act::Redeem => "redeemed".to_owned(),
                    Act::Lock(to) => format!("locked for {to}"),
                    _ => String::new(),
                });
            }
            println!("{block:>10}  {what:>8}  {amount:>20}  {}", details.join(" ").trim_end());
        }
    }
}

fn contract(text: &str) -> Result<ContractId, String> {
    // The same 64 digits.
    let json = serde_json::Value::String(text.to_owned());
    <ContractId as dusk_sdk::Value>::read_json(&json).map_err(|error| error.to_string())
}
