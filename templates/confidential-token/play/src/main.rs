//! The story of the README, on a node or a devnet: `cargo run -p play -- --network NAME`.
//!
//! Every proof is real. Each step says what the chain has seen; the end says what each party knows. The parties know
//! the chain by its events alone.

use circuits::Terms;
use dusk_sdk::finance::confidential::{Address, Holder};
use dusk_sdk::finance::wallet::{Auditor, Chain, Identity, Movement, Step, Taken, Wallet, Words, network_of};
use dusk_sdk::zk::native::Date;
use dusk_sdk::{ContractId, Field, Value as _};
use play::Outcome;
use serde_json::json;

/// The account of the officer, and that of the relayer.
const OFFICER: &str = "alice";
const RELAYER: &str = "bob";
/// The holders of the story.
const NAMES: [&str; 3] = ["ada", "ben", "cleo"];
const ADA: usize = 0;
const BEN: usize = 1;
const CLEO: usize = 2;

fn main() {
    let network = network_of(std::env::args().skip(1));
    if let Err(error) = network.map_err(Into::into).and_then(Story::begin).and_then(Story::play) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// The parties, each with what it has read so far.
struct Story {
    chain: Chain,
    terms: Terms,
    auditor: Auditor,
    wallets: [Wallet; 3],
    /// The officer's wallet, which follows the registry and holds nothing.
    officer: Wallet,
}

impl Story {
    /// Deploys an asset, and sets its policy.
    fn begin(network: Option<String>) -> Outcome<Self> {
        let chain = Chain::new("asset", network);
        // The auditor's key comes first: the constructor takes it.
        let nowhere = Identity { contract: ContractId::from_bytes([0; 32]), chain: 0, account: 0 };
        let auditor = Auditor::new(Words::generate()?, nowhere);
        println!("▸ {OFFICER} opens the asset; every act will be encrypted to the auditor's key");
        println!(
            "  contract {}",
            chain.deploy("asset", OFFICER, &json!(["Windmill", key(&auditor)?]).to_string())?
        );
        let today = Date::new(2026, 3, 1).ok_or("there is no such day")?.number();
        let policy = json!({ "today": today, "block_seconds": 10, "level": 1 });
        chain.call("set_policy", &policy.to_string(), Some(OFFICER))?;
        let (contract, number) = chain.identity()?;
        let identity = Identity { contract, chain: number, account: 0 };
        let wallet = || Ok::<_, Box<dyn std::error::Error>>(Wallet::new(Words::generate()?, identity));
        let (wallets, officer) = ([wallet()?, wallet()?, wallet()?], wallet()?);
        let (terms, auditor) = (chain.ask("terms", "{}")?, auditor.forgotten(identity));
        Ok(Self { chain, terms, auditor, wallets, officer })
    }

    fn play(mut self) -> Outcome {
        for who in [ADA, BEN, CLEO] {
            self.enrol(who)?;
        }
        self.issue(ADA, 1_000)?;
        self.send(ADA, BEN, 300)?;
        self.redeem(BEN, 100)?;
        self.freeze(ADA)?;
        self.seize(ADA, CLEO)?;
        self.tell()
    }

    /// Somebody registers by a proof, and the officer admits it.
    fn enrol(&mut self, who: usize) -> Outcome {
        println!("▸ {} registers, and {OFFICER} admits it", NAMES[who]);
        let step = play::register_step(&self.terms, self.wallets[who].register(&self.terms.auditor)?)?;
        step.submit(&self.chain, Some(RELAYER))?;
        let (owner, valid_until) = (self.address(who).owner, self.terms.today + 365);
        let mut holder = String::new();
        Holder { owner, class: 1, country: 528, level: 1, valid_until, active: true }.write_json(&mut holder);
        self.chain.call("admit", &format!("{{\"holder\":{holder}}}"), Some(OFFICER))?;
        self.read()?;
        println!("  the chain sees the pseudonym {}…", short(owner));
        Ok(())
    }

    fn issue(&mut self, to: usize, amount: u64) -> Outcome {
        println!("▸ {OFFICER} issues {amount} to {}", NAMES[to]);
        let address = self.address(to);
        let witness = self.officer.mint(&self.terms.auditor, &address, amount)?;
        self.submit("issue", &play::issue_step(&self.terms, witness)?, OFFICER)?;
        println!("  the chain sees the amount, and not to whom it went");
        Ok(())
    }

    fn send(&mut self, from: usize, to: usize, amount: u64) -> Outcome {
        println!("▸ {} sends {amount} to {}; {RELAYER} submits it", NAMES[from], NAMES[to]);
        let (address, memo) = (self.address(to), Field::from(2_026));
        let witness = self.wallets[from].transfer(&self.terms.auditor, address, amount, memo)?;
        let [nullifier, _] = witness.order.nullifiers;
        self.submit("confidential_transfer", &play::send_step(&self.terms, witness)?, RELAYER)?;
        println!("  the chain sees two nullifiers, {}… and another, and two commitments", short(nullifier));
        let read = self.auditor.movements().pop().ok_or("the auditor reads nothing")?;
        let Movement { from, to, amount, .. } = read;
        println!("  the auditor reads: {} sent {amount} to {}", self.name(from), self.name(Some(to)));
        Ok(())
    }

    fn redeem(&mut self, from: usize, amount: u64) -> Outcome {
        println!("▸ {} redeems {amount}", NAMES[from]);
        let witness = self.wallets[from].redeem(&self.terms.auditor, amount)?;
        self.submit("redeem", &play::redeem_step(&self.terms, witness, "invoice 12")?, RELAYER)?;
        println!("  the chain sees the amount and the reference, and not who redeemed");
        Ok(())
    }

    /// The officer freezes somebody, who cannot make a proof any more.
    fn freeze(&mut self, who: usize) -> Outcome {
        println!("▸ {OFFICER} freezes {}", NAMES[who]);
        let arguments = json!({ "owner": self.address(who).owner.to_string(), "reason": "court order 7" });
        self.chain.call("freeze", &arguments.to_string(), Some(OFFICER))?;
        self.read()?;
        let to = self.address(BEN);
        let witness = self.wallets[who].transfer(&self.terms.auditor, to, 1, Field::default())?;
        match play::send_step(&self.terms, witness)?.proved(&self.chain) {
            Err(refusal) => println!("  {} tries to send: {refusal}", NAMES[who]),
            Ok(_) => return Err("a frozen holder has made a proof".into()),
        }
        self.wallets[who].release();
        Ok(())
    }

    /// The officer seizes all that somebody holds, with the keys that the auditor knows.
    fn seize(&mut self, from: usize, to: usize) -> Outcome {
        let (owner, address) = (self.address(from).owner, self.address(to));
        let notes = self.auditor.notes().filter(|it| it.note.owner == owner && it.spent.is_none());
        for position in notes.map(|it| it.position).collect::<Vec<_>>() {
            println!("▸ {OFFICER} seizes a note of {} for {}", NAMES[from], NAMES[to]);
            let witness = self.auditor.seize(&self.terms.auditor, position, &address)?;
            self.submit("seize", &play::seize_step(&self.terms, witness, "court order 7")?, OFFICER)?;
            println!("  the chain sees the new owner and the reason, and not the amount");
        }
        Ok(())
    }

    /// Says what each party knows in the end, and that it is the same.
    fn tell(&mut self) -> Outcome {
        let (status, supply) = (self.chain.status()?, self.chain.supply()?);
        println!("▸ in the end");
        println!("  the chain knows: supply {supply}, {} notes, {} spent", status["notes"], status["spent"]);
        let register = self.auditor.register_at(self.auditor.height());
        for (wallet, name) in self.wallets.iter_mut().zip(NAMES) {
            let (held, owner) = (wallet.balance().total, wallet.address().owner);
            let read = register.rows.iter().find(|row| row.owner == owner).map_or(0, |row| row.amount);
            println!("  {name} holds {held}, and the auditor reads {read}");
            if read != u128::from(held) {
                return Err("the auditor and the holder disagree".into());
            }
            if wallet.roots() != self.chain.roots()? {
                return Err(format!("the events lead {name} to other roots than the contract's").into());
            }
        }
        if !register.supply.agrees(supply) {
            return Err(format!("{} of a supply of {supply}", register.supply.total()).into());
        }
        println!("  the sum is the supply");
        Ok(())
    }

    /// Proves and sends a step; then everybody reads its events.
    fn submit(&mut self, function: &str, step: &Step, from: &str) -> Outcome {
        let included = step.submit(&self.chain, Some(from))?;
        println!("  {function} in block {} · gas {}", included["block"], included["gas"]);
        self.read()
    }

    /// Everybody reads the new events.
    fn read(&mut self) -> Outcome {
        let Self { chain, auditor, wallets, officer, .. } = self;
        let (from, contract) = (auditor.next_height(), auditor.identity().contract);
        chain.scan(contract, from, |taken| -> Outcome {
            match taken {
                Taken::Events(events) => {
                    auditor.scan(events)?;
                    officer.scan(events)?;
                    for (wallet, name) in wallets.iter_mut().zip(NAMES) {
                        for _ in 0..wallet.scan(events)?.received {
                            println!("  {name} finds a note in the events");
                        }
                    }
                }
                Taken::Back(height) => {
                    auditor.rewind(height);
                    wallets.iter_mut().chain([&mut *officer]).for_each(|wallet| wallet.rewind(height));
                }
            }
            Ok(())
        })
    }

    fn address(&self, who: usize) -> Address {
        self.wallets[who].address()
    }

    fn name(&self, owner: Option<Field>) -> &'static str {
        let found = self.wallets.iter().position(|wallet| Some(wallet.address().owner) == owner);
        found.map_or("somebody", |number| NAMES[number])
    }
}

/// The auditor's public key, as calls take it.
fn key(auditor: &Auditor) -> Outcome<serde_json::Value> {
    let mut text = String::new();
    auditor.key().write_json(&mut text);
    Ok(serde_json::from_str(&text)?)
}

fn short(element: Field) -> String {
    element.to_string().chars().take(8).collect()
}
