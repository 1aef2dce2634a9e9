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
    /// Makes the auditor's file, or makes it again from its words. Without the contract, which needs the key first, the
    /// file knows no asset: `bind` follows.
    New(NewFile),
    /// Prints the public key, as `init` of the contract takes it.
    Key,
    /// Binds the file to the deployed contract.
    Bind,
    /// Takes new events from the chain, or those of a file: what `cargo dusk events --json` prints.
    Scan {
        /// The file; `-` for standard input.
        file: Option<PathBuf>,
        /// Forgets everything but the keys first, and scans from the beginning.
        #[arg(long)]
        anew: bool,
    },
    /// Prints the register of holders as a table.
    Register {
        /// The height; the last known one by default.
        #[arg(long)]
        height: Option<u64>,
        /// Writes comma-separated values to a file instead.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// Adds the words of the former auditor, so that the register goes on after a hand-over. `scan` follows.
    Former {
        /// The file with the words. Otherwise a prompt.
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
        /// The number of its account.
        #[arg(long, default_value_t = 0)]
        account: u32,
    },
    /// Signs as the present auditor that the office goes to the offered key. Prints the signature.
    Consent {
        /// The offered key, as `auditor key` of the new auditor prints it: nothing else is signed.
        #[arg(value_parser = auditor_key)]
        key: AuditorKey,
    },
    /// Takes the office that an officer has offered to this key, with a signature that shows its secret.
    Take {
        /// The file with the present auditor's consent. Not needed if the issuer has declared it lost, a week ago.
        #[arg(long, value_name = "FILE")]
        consent: Option<PathBuf>,
        /// The account that pays the gas: anybody's.
        #[arg(long)]
        from: Option<String>,
    },
    /// Compares what holders have with the supply that the contract states.
    Supply,
    /// Prints every act: who, to whom, how much.
    Movements,
    /// Prints the unspent notes of an owner.
    Notes {
        /// The owner.
        #[arg(value_parser = element)]
        owner: Field,
    },
    /// Prints what a holder needs to take a note whose ciphertext the sender has spoilt: see `holder adopt`.
    Opening {
        /// The position of the note.
        position: u64,
    },
    /// Seizes a note for a holder, for a reason. Only an officer's account may submit it.
    Seize {
        /// The position of the note.
        position: u64,
        /// The address of the new holder.
        to: Address,
        /// The reason, which is public.
        #[arg(long)]
        reason: String,
        /// The account of the officer.
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
            let note = session.auditor.opening(position).ok_or("the note is not known")?;
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
            eprintln!("the contract's acts are encrypted to another key now");
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
            return Err(format!("there are {MAX_FORMER} former auditors already").into());
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
            eprintln!("{unreadable} ciphertexts are not for this key, nor for those of former auditors");
        }
        for gap in self.auditor.gaps() {
            eprintln!("missing: {} {} to {}", gap.kind, gap.numbers.start, gap.numbers.end - 1);
        }
        if file.is_none() && self.auditor.roots() != self.chain.roots()? {
            return Err(
                "the events do not lead to the roots of the contract: scan again, or with --anew".into()
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
            return Err(format!("they differ, or {} notes were not read", supply.unread).into());
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
