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
    /// Makes a wallet file, or makes one again from its words.
    New(NewFile),
    /// Prints the address, where others send to.
    Address,
    /// Takes new events from the chain, or those of a file: what `cargo dusk events --json` prints.
    Scan {
        /// The file; `-` for standard input.
        file: Option<PathBuf>,
        /// Forgets everything but the keys first, and scans from the beginning.
        #[arg(long)]
        anew: bool,
    },
    /// Prints the sum of the notes.
    Balance,
    /// Prints the notes that are not spent.
    Notes,
    /// Prints what was done and received.
    History,
    /// Registers at the contract. An officer has to admit the owner afterwards.
    Register(acts::Submit),
    /// Sends an amount to an address.
    Send {
        /// The address of the receiver.
        to: Address,
        /// How much.
        amount: u64,
        /// What the receiver reads: up to 31 bytes.
        #[arg(long, default_value = "")]
        memo: String,
        /// Merges small notes first, if that is needed.
        #[arg(long)]
        merge: bool,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Merges small notes until an amount can be sent, redeemed or locked at once.
    Merge {
        /// The amount.
        amount: u64,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Redeems an amount, for a reference such as an account at a bank. Both are public.
    Redeem {
        /// How much.
        amount: u64,
        /// The reference.
        #[arg(long)]
        reference: String,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Locks an amount for a settlement.
    Lock {
        /// The address of the receiver.
        to: Address,
        /// How much.
        amount: u64,
        /// The contract that may release it.
        #[arg(long, value_parser = contract)]
        agent: ContractId,
        /// The instruction, by the agent's own name.
        #[arg(long, value_parser = element)]
        instruction: Field,
        /// What hides the leg of the instruction.
        #[arg(long, value_parser = element)]
        blinding: Field,
        /// The last height of a release.
        #[arg(long)]
        deadline: u64,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Admits an owner who has registered, as an officer. No wallet is needed.
    Admit(acts::Admission),
    /// Takes a snapshot as an officer, and prints its height. No wallet is needed.
    Snapshot {
        /// The account of the officer.
        #[arg(long)]
        from: Option<String>,
    },
    /// Issues an amount to an address. Only an officer's account may submit it.
    Issue {
        /// The address of the receiver.
        to: Address,
        /// How much. It is public.
        amount: u64,
        #[command(flatten)]
        submit: acts::Submit,
    },
    /// Draws a question, for whoever asks a holder for a disclosure.
    Question,
    /// Shows whoever has drawn a question that one note was worth at least an amount at a snapshot.
    Disclose {
        /// The least value.
        least: u64,
        /// The height of the snapshot.
        #[arg(long)]
        height: u64,
        /// The question.
        #[arg(long, value_parser = element)]
        question: Field,
        /// Where the disclosure is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Verifies a disclosure that answers a question.
    Verify {
        /// The disclosure.
        file: PathBuf,
        /// The question that was drawn.
        #[arg(long, value_parser = element)]
        question: Field,
        /// The amount that is asked for.
        #[arg(long)]
        least: u64,
        /// The height of the snapshot.
        #[arg(long)]
        height: u64,
    },
    /// Takes a note whose ciphertext the sender has spoilt, with what the auditor tells of it.
    Adopt {
        /// The position of the note.
        position: u64,
        /// Its value.
        value: u64,
        /// Its random element.
        #[arg(value_parser = element)]
        rho: Field,
    },
    /// Frees the notes of transactions that were made and will not be sent.
    Release,
    /// Measures how long a wallet takes to scan notes.
    Measure {
        /// How many notes.
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
            eprintln!("missing: {} {} to {}", gap.kind, gap.numbers.start, gap.numbers.end - 1);
        }
        if file.is_none() && self.wallet.roots() != chain.roots()? {
            return Err(
                "the events do not lead to the roots of the contract: scan again, or with --anew".into()
            );
        }
        Ok(())
    }

    fn balance(&self) {
        let balance = self.wallet.balance();
        println!("{}", balance.total);
        if balance.free != balance.total {
            eprintln!("{} of it is taken by transfers that wait", balance.total - balance.free);
        }
        if !self.wallet.gaps().is_empty() {
            eprintln!("events are missing: the balance may be another one");
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
            let block = place.map_or_else(|| "waits".to_owned(), |place| place.height.to_string());
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
