//! The program of the auditor: it reads every act, and knows who holds what at each height.

use std::fs;
use std::path::{Path, PathBuf};

use circuits::Terms;
use clap::{Parser, Subcommand};
use dusk_sdk::finance::confidential::auditor::AuditorOffered;
use dusk_sdk::finance::confidential::{Address, AuditorKey};
use dusk_sdk::finance::wallet::{
    Auditor, Chain, Identity, MAX_FORMER, Movement, Password, Taken, WalletFile, scan_file,
};
use dusk_sdk::{Field, Value};
use holder::{Common, NewFile, UNBOUND, check_asset, element, known_words, new_words, password};
use play::{Outcome, seize_step};

/// The auditor of a confidential asset.
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
    /// Creates the auditor's file with new keys, or restores it from its words (the mnemonic). The contract's
    /// constructor takes the public key, so deploy the contract next, and then run `bind`.
    New(NewFile),
    /// Prints the public key, in the form that the contract's constructor takes.
    Key,
    /// Binds the file to the deployed contract.
    Bind,
    /// Reads new events from the chain, or from a file with the output of `cargo dusk events --json`.
    Scan {
        /// File with the events; `-` reads standard input.
        file: Option<PathBuf>,
        /// Discards all data except the keys first, and scans from the beginning.
        #[arg(long)]
        anew: bool,
    },
    /// Prints the register of holders as a table.
    Register {
        /// Height of the register; by default the last scanned one.
        #[arg(long)]
        height: Option<u64>,
        /// Writes the register to this file instead, as comma-separated values.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// Adds the words of the former auditor, to read the acts before a hand-over as well. Run `scan` next.
    Former {
        /// File with the words; otherwise a prompt.
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
        /// Number of the former auditor's account.
        #[arg(long, default_value_t = 0)]
        account: u32,
    },
    /// Signs, as the present auditor, the hand-over of the office to the offered key. Prints the signature.
    Consent {
        /// Offered key, as `auditor key` of the new auditor prints it; the command signs for no other key.
        #[arg(value_parser = auditor_key)]
        key: AuditorKey,
    },
    /// Takes over the office that an officer has offered to this key, with a signature by this key.
    Take {
        /// File with the present auditor's consent; not needed a week after the issuer declared it lost.
        #[arg(long, value_name = "FILE")]
        consent: Option<PathBuf>,
        /// Account that submits the call and pays its gas; it can be anyone's.
        #[arg(long)]
        from: Option<String>,
    },
    /// Compares the sum of all holdings with the supply that the contract states.
    Supply,
    /// Prints sender, receiver and amount of every movement.
    Movements,
    /// Prints the unspent notes of an owner.
    Notes {
        /// Owner, as the register shows it.
        #[arg(value_parser = element)]
        owner: Field,
    },
    /// Prints the arguments of `holder adopt` for a note whose ciphertext its owner cannot read.
    Opening {
        /// Position of the note.
        position: u64,
    },
    /// Seizes a note for a holder, for a reason. Only an officer's account may submit it.
    Seize {
        /// Position of the note.
        position: u64,
        /// Address of the new holder.
        to: Address,
        /// Reason of the seizure, which is public.
        #[arg(long)]
        reason: String,
        /// Account of the officer.
        #[arg(long)]
        from: Option<String>,
    },
}

fn main() {
    if let Err(error) = run(Options::parse()) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// The open file.
struct Session {
    chain: Chain,
    auditor: Auditor,
    file: WalletFile,
    password: Password,
}

fn run(Options { common, command }: Options) -> Outcome {
    if let Command::New(options) = &command {
        return create(&common, options);
    }
    let password = password(common.password_file.as_deref(), false)?;
    let (auditor, file) = Auditor::open(&common.wallet, &password, None, None)?;
    let mut session = Session { chain: common.chain(), auditor, file, password };
    match command {
        Command::New(_) => {}
        Command::Key => println!("{}", key(&session.auditor)),
        Command::Bind => session.bind()?,
        Command::Scan { file, anew } => session.scan(file, anew)?,
        Command::Register { height, csv } => session.register(height, csv)?,
        Command::Former { words_file, account } => session.former(words_file.as_deref(), account)?,
        Command::Consent { key } => session.consent(key)?,
        Command::Take { consent, from } => session.take(consent.as_deref(), from.as_deref())?,
        Command::Supply => session.supply()?,
        Command::Movements => session.movements(),
        Command::Notes { owner } => session.notes(owner),
        Command::Opening { position } => {
            let note = session
                .auditor
                .opening(position)
                .ok_or("the auditor has read no note at this position: use `scan`, or check the position")?;
            println!("{position} {} {}", note.value, note.rho);
        }
        Command::Seize { position, to, reason, from } => {
            session.seize(position, &to, &reason, from.as_deref())?
        }
    }
    Ok(())
}

fn create(common: &Common, options: &NewFile) -> Outcome {
    let file = WalletFile::create(&common.wallet)?;
    let password = password(common.password_file.as_deref(), true)?;
    let words = new_words(options)?;
    // The contract's `init` takes the key, so there is no contract yet, or one of an earlier auditor.
    let auditor = Auditor::new(words, Identity { contract: UNBOUND, chain: 0, account: options.account });
    auditor.save(&file, &password)?;
    println!("{}", key(&auditor));
    Ok(())
}

fn key(auditor: &Auditor) -> String {
    json(&auditor.key())
}

fn json(value: &impl Value) -> String {
    let mut text = String::new();
    value.write_json(&mut text);
    text
}

fn auditor_key(text: &str) -> Result<AuditorKey, String> {
    let key = serde_json::from_str(text).map_err(|error| error.to_string())?;
    AuditorKey::read_json(&key).map_err(|error| error.to_string())
}

impl Session {
    fn save(&self) -> Outcome {
        Ok(self.auditor.save(&self.file, &self.password)?)
    }

    fn bind(&mut self) -> Outcome {
        let (contract, chain) = self.chain.identity()?;
        let Identity { account, .. } = self.auditor.identity();
        self.forget(Identity { contract, chain, account });
        if self.terms()?.auditor != self.auditor.key() {
            eprintln!("holders now encrypt to another auditor's key");
        }
        self.save()
    }

    fn terms(&self) -> Outcome<Terms> {
        Ok(self.chain.ask("terms", "{}")?)
    }

    fn forget(&mut self, identity: Identity) {
        let auditor = Auditor::new(self.auditor.words().clone(), identity);
        self.auditor = std::mem::replace(&mut self.auditor, auditor).forgotten(identity);
    }

    fn former(&mut self, words_file: Option<&Path>, account: u32) -> Outcome {
        if !self.auditor.add_former(known_words(words_file)?, account) {
            return Err(format!("the file already has {MAX_FORMER} former auditors").into());
        }
        self.save()
    }

    fn consent(&self, key: AuditorKey) -> Outcome {
        check_asset(self.auditor.identity(), &self.chain)?;
        let (number, offered) = self.offered()?;
        if offered != key {
            return Err(format!("the office is offered to another key: {}", json(&offered)).into());
        }
        println!("{}", json(&self.auditor.sign_handover(number, key)));
        Ok(())
    }

    /// The number that the offered key would have, and the key.
    fn offered(&self) -> Outcome<(u32, AuditorKey)> {
        let AuditorOffered { number, key, .. } = self.chain.last()?.ok_or("the office is not offered")?;
        Ok((number, key))
    }

    fn take(&self, consent: Option<&Path>, from: Option<&str>) -> Outcome {
        check_asset(self.auditor.identity(), &self.chain)?;
        let (number, offered) = self.offered()?;
        if offered != self.auditor.key() {
            return Err("the office is offered to another key".into());
        }
        let acceptance = json(&self.auditor.sign_handover(number, offered));
        let consent = consent.map_or_else(|| Ok("null".to_owned()), fs::read_to_string)?;
        let arguments = format!("{{\"acceptance\":{acceptance},\"consent\":{consent}}}");
        let included = self.chain.call("take_auditor", &arguments, from)?;
        eprintln!("in block {}, gas {}", included["block"], included["gas"]);
        Ok(())
    }

    fn scan(&mut self, file: Option<PathBuf>, anew: bool) -> Outcome {
        let identity = self.auditor.identity();
        if file.is_none() {
            check_asset(identity, &self.chain)?;
        }
        if anew {
            self.forget(identity);
        }
        let (from, auditor) = (self.auditor.next_height(), &mut self.auditor);
        let (mut acts, mut unreadable) = (0, 0);
        let take = |taken: Taken<'_>| -> Outcome {
            match taken {
                Taken::Events(events) => {
                    let audit =
                        auditor.scan(events).map_err(|error| format!("{error}; try `scan --anew`"))?;
                    acts += audit.acts;
                    unreadable += audit.unreadable;
                }
                Taken::Back(height) => auditor.rewind(height),
            }
            Ok(())
        };
        match &file {
            Some(file) => scan_file(file, identity.contract, take)?,
            None => self.chain.scan(identity.contract, from, take)?,
        }
        self.save()?;
        eprintln!("block {}: {acts} acts read", self.auditor.height());
        if unreadable > 0 {
            eprintln!(
                "{unreadable} ciphertexts are for none of the keys here; `former` adds a former auditor's key"
            );
        }
        for gap in self.auditor.gaps() {
            eprintln!("missing events: {} {} to {}", gap.kind, gap.numbers.start, gap.numbers.end - 1);
        }
        if file.is_none() && self.auditor.roots() != self.chain.roots()? {
            return Err(
                "the events do not give the contract's roots: scan again, if necessary with --anew".into()
            );
        }
        Ok(())
    }

    fn register(&self, height: Option<u64>, csv: Option<PathBuf>) -> Outcome {
        let register = self.auditor.register_at(height.unwrap_or(self.auditor.height()));
        match csv {
            Some(file) => fs::write(file, register.to_csv())?,
            None => print!("{register}"),
        }
        Ok(())
    }

    fn supply(&mut self) -> Outcome {
        self.scan(None, false)?;
        let (supply, stated) = (self.auditor.supply_at(self.auditor.height()), self.chain.supply()?);
        println!("held {}, locked {}, together {}", supply.held, supply.locked, supply.total());
        println!("the contract states {stated}");
        if !supply.agrees(stated) {
            return Err(format!(
                "the two amounts differ, or the auditor could not read {} notes",
                supply.unread
            )
            .into());
        }
        Ok(())
    }

    fn movements(&self) {
        println!("{:>10}  {:64}  {:64}  {:>20}", "block", "from", "to", "amount");
        for Movement { place, from, to, amount } in self.auditor.movements() {
            let from = from.map_or_else(|| "-".to_owned(), |from| from.to_string());
            println!("{:>10}  {from:64}  {to:64}  {amount:>20}", place.height);
        }
    }

    fn notes(&self, owner: Field) {
        println!("{:>10}  {:>20}  {:>10}", "position", "value", "block");
        for known in self.auditor.notes().filter(|it| it.note.owner == owner && it.spent.is_none()) {
            println!("{:>10}  {:>20}  {:>10}", known.position, known.note.value, known.created.height);
        }
    }

    fn seize(&mut self, position: u64, to: &Address, reason: &str, from: Option<&str>) -> Outcome {
        self.scan(None, false)?;
        let terms = self.terms()?;
        let witness = self.auditor.seize(&terms.auditor, position, to)?;
        let included = seize_step(&terms, witness, reason)?.submit(&self.chain, from)?;
        eprintln!("in block {}, gas {}", included["block"], included["gas"]);
        Ok(())
    }
}
