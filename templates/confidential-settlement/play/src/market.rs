//! The market of the story: both assets, both parties, and one auditor, with what each of them sees.

use std::error::Error;

use circuits::{Answer, Instruction, Terms};
use dusk_sdk::finance::confidential::Holder;
use dusk_sdk::finance::wallet::{
    Auditor, Chain, Identity, Movement, Step, Taken, Wallet, Words, random_field,
};
use dusk_sdk::zk::native::Date;
use dusk_sdk::{ContractId, Field};
use play::{Act, Deal};
use serde::Serialize;
use serde_json::{Value, json};

/// The result of a step, or the reason why the story ends.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The first leg, and the first asset.
pub(crate) const SHARES: usize = 0;
/// The second one.
pub(crate) const MONEY: usize = 1;
/// The party that delivers.
pub(crate) const ADA: usize = 0;
/// The party that pays.
pub(crate) const BEN: usize = 1;
/// The parties by name.
pub(crate) const NAMES: [&str; 2] = ["ada", "ben"];
/// The deployments of the asset.
const ASSETS: [&str; 2] = ["shares", "money"];
/// The account that issues and admits, and the one that submits what others have proved.
const ISSUER: &str = "alice";
const RELAYER: &str = "bob";
/// How many blocks the settlement has: a day of ten seconds.
const DEADLINE_BLOCKS: u64 = 8_640;
/// The width of a column in the end.
const COLUMN: usize = 34;

/// Both assets and the settlement.
pub(crate) struct Market {
    settlement: Chain,
    /// The settlement contract, and the number of its chain.
    at: (ContractId, u8),
    sides: [Side; 2],
    /// The block of the last transfer.
    block: u64,
    seen: Seen,
}

/// An asset with those who follow it by its events.
struct Side {
    chain: Chain,
    identity: Identity,
    terms: Terms,
    auditor: Auditor,
    wallets: [Wallet; 2],
    /// The issuer's wallet, which follows the registry and holds nothing.
    issuer: Wallet,
}

/// An instruction as its parties know it.
pub(crate) struct Trade {
    instruction: Instruction,
    name: Field,
    deals: [Deal; 2],
    payers: [usize; 2],
}

/// The view of each observer, step by step: the chain, ada, ben, the auditor.
#[derive(Default)]
struct Seen(Vec<[String; 4]>);

impl Market {
    /// Deploys both assets and the settlement, and admits both parties to both assets.
    pub(crate) fn open(network: Option<String>) -> Outcome<Self> {
        println!("▸ {ISSUER} deploys shares, money and the settlement");
        // The auditor of both assets, and both parties. The issuer needs a wallet to follow the registries.
        let (auditor, parties) = (Words::generate()?, [Words::generate()?, Words::generate()?]);
        let open = |name| Side::open(Chain::new(name, network.clone()), &auditor, &parties);
        let sides = [open(ASSETS[SHARES])?, open(ASSETS[MONEY])?];
        let settlement = Chain::new("settlement", network.clone());
        let at = (settlement.deploy("settlement", ISSUER, "[]")?, sides[SHARES].identity.chain);
        let mut market = Self { settlement, at, sides, block: 0, seen: Seen::default() };
        for side in [SHARES, MONEY] {
            for who in [ADA, BEN] {
                market.enrol(side, who)?;
            }
        }
        Ok(market)
    }

    fn enrol(&mut self, side: usize, who: usize) -> Outcome {
        println!("▸ {} registers for {}, and {ISSUER} admits", NAMES[who], ASSETS[side]);
        let it = &mut self.sides[side];
        let act = play::enrol(&it.terms, it.wallets[who].register(&it.terms.auditor)?);
        let (owner, valid_until) = (act.call.owner, it.terms.today + 365);
        let holder = Holder { owner, class: 1, country: 528, level: 1, valid_until, active: true };
        let step = Step::new("enrol", "admit", &act.public, &act.private)?;
        step.with("call", &act.call)?.with("holder", &holder)?.submit(&it.chain, Some(ISSUER))?;
        it.read()
    }

    /// The issuer issues an amount.
    pub(crate) fn issue(&mut self, side: usize, to: usize, amount: u64) -> Outcome {
        println!("▸ {ISSUER} issues {amount} {} to {}", ASSETS[side], NAMES[to]);
        let it = &mut self.sides[side];
        let address = it.wallets[to].address();
        let minted = it.issuer.mint(&it.terms.auditor, &address, amount)?;
        let root = minted.registry_root;
        it.order(["issue", "issue"], &play::issue(&it.terms, minted)?, root, ISSUER)?;
        let mut row = ["", "", "", ""].map(String::from);
        row[0] = format!("{amount} {} are issued", ASSETS[side]);
        row[1 + to] = format!("+{amount} {}", ASSETS[side]);
        row[3] = format!("{} +{amount} {}", NAMES[to], ASSETS[side]);
        self.seen.0.push(row);
        Ok(())
    }

    /// A party sends an amount to the other one.
    pub(crate) fn send(&mut self, side: usize, [from, to]: [usize; 2], amount: u64) -> Outcome {
        println!("▸ {} sends {amount} {} to {}; {RELAYER} submits it", NAMES[from], ASSETS[side], NAMES[to]);
        let it = &mut self.sides[side];
        let address = it.wallets[to].address();
        let sent = it.wallets[from].transfer(&it.terms.auditor, address, amount, Field::default())?;
        let root = sent.registry_root;
        let act = play::send(&it.terms, sent)?;
        let document = it.order(["send", "confidential_transfer"], &act, root, RELAYER)?;
        self.block = document["block"].as_u64().ok_or("the call gives no block")?;
        let read = it.last()?;
        let mut row =
            [format!("{} notes become 2", ASSETS[side]), String::new(), String::new(), String::new()];
        row[1 + from] = format!("-{amount} {}", ASSETS[side]);
        row[1 + to] = format!("+{amount} {}", ASSETS[side]);
        row[3] =
            format!("{} → {}: {} {}", it.name(read.from), it.name(Some(read.to)), read.amount, ASSETS[side]);
        self.seen.0.push(row);
        Ok(())
    }

    /// The terms on which both wallets agree.
    pub(crate) fn trade(&self, payers: [usize; 2], amounts: [u64; 2]) -> Outcome<Trade> {
        let mut deals = Vec::new();
        for (leg, amount) in amounts.into_iter().enumerate() {
            let it = &self.sides[leg];
            let (receiver, blinding) = (it.wallets[payers[1 - leg]].address(), random_field()?);
            let (contract, asset) = (it.identity.contract, it.terms.asset);
            deals.push(Deal { contract, asset, amount, receiver, blinding });
        }
        let deals: [Deal; 2] = deals.try_into().map_err(|_| "there are two legs")?;
        let deadline = self.block + DEADLINE_BLOCKS;
        let instruction = Instruction { legs: deals.map(|deal| deal.leg()), deadline };
        let name = instruction.name(self.at.0, self.at.1);
        Ok(Trade { instruction, name, deals, payers })
    }

    /// Somebody submits the instruction.
    pub(crate) fn instruct(&mut self, trade: &Trade) -> Outcome {
        let [shares, money] = trade.deals.map(|deal| deal.amount);
        println!("▸ both agree on {shares} shares for {money} money; {RELAYER} submits the instruction");
        let arguments = format!("{{\"instruction\":{}}}", text(&trade.instruction));
        let document = self.settlement.call("instruct", &arguments, Some(RELAYER))?;
        print_call("instruct", &document);
        let chain = "shares for money: two commitments".to_owned();
        let deal = format!("{shares} shares for {money} money");
        self.seen.0.push([chain, deal.clone(), deal, String::new()]);
        Ok(())
    }

    /// The receiver of a leg affirms.
    pub(crate) fn affirm(&mut self, trade: &Trade, leg: usize) -> Outcome {
        let who = trade.payers[1 - leg];
        println!("▸ {} affirms", NAMES[who]);
        let (deal, side) = (&trade.deals[leg], u8::try_from(leg)?);
        let secret = self.sides[leg].wallets[who].affirm(deal.amount, deal.blinding).secret;
        let act = play::agree(&trade.instruction, self.at, side, Answer::Affirm, secret);
        let act = act.ok_or("an instruction has two legs")?;
        let step = Step::new("agree", "affirm", &act.public, &act.private)?;
        let step = step.with("name", &trade.name)?.with("side", &side)?;
        let document = step.submit(&self.settlement, Some(RELAYER))?;
        print_call("affirm", &document);
        let both = format!("{} has affirmed", NAMES[who]);
        self.seen.0.push([format!("receiver {leg} affirms"), both.clone(), both, String::new()]);
        Ok(())
    }

    /// The party that delivers or pays locks the amount of the leg.
    pub(crate) fn lock(&mut self, trade: &Trade, leg: usize) -> Outcome {
        let (who, amount) = (trade.payers[leg], trade.deals[leg].amount);
        println!("▸ {} locks {amount} {}; {RELAYER} submits it", NAMES[who], ASSETS[leg]);
        let (deal, it) = (&trade.deals[leg], &mut self.sides[leg]);
        let lock = deal.lock((self.at.0, trade.name), trade.instruction.deadline);
        let (auditor, wallet) = (&it.terms.auditor, &mut it.wallets[who]);
        let locked = wallet.lock(auditor, deal.receiver, amount, &lock)?;
        let root = locked.registry_root;
        it.order(["reserve", "lock"], &play::reserve(&it.terms, locked)?, root, RELAYER)?;
        let read = it.last()?;
        let mut row = [format!("{} are locked", ASSETS[leg]), String::new(), String::new(), String::new()];
        row[1 + who] = format!("-{amount} {}, locked", ASSETS[leg]);
        row[2 - who] = format!("{} has locked {amount} {}", NAMES[who], ASSETS[leg]);
        row[3] = format!("{} locks {} {}", it.name(read.from), read.amount, ASSETS[leg]);
        self.seen.0.push(row);
        Ok(())
    }

    /// Anybody settles.
    pub(crate) fn settle(&mut self, trade: &Trade) -> Outcome {
        println!("▸ {RELAYER} settles: both legs in one transaction");
        let arguments = json!({ "name": trade.name.to_string() });
        let document = self.settlement.call("settle", &arguments.to_string(), Some(RELAYER))?;
        print_call("settle", &document);
        for it in &mut self.sides {
            it.read()?;
        }
        let [shares, money] = trade.deals.map(|deal| deal.amount);
        let [seller, buyer] = trade.payers;
        let mut row = ["both locks are released".to_owned(), String::new(), String::new(), String::new()];
        row[1 + seller] = format!("+{money} money");
        row[1 + buyer] = format!("+{shares} shares");
        row[3] = format!("{} +{money} money, {} +{shares} shares", NAMES[seller], NAMES[buyer]);
        self.seen.0.push(row);
        Ok(())
    }

    /// Says side by side what was seen, and what each party knows in the end.
    pub(crate) fn tell(&mut self) -> Outcome {
        println!();
        println!(
            "{:COLUMN$}  {:COLUMN$}  {:COLUMN$}  the auditor saw",
            "the chain saw", "ada saw", "ben saw"
        );
        for [chain, ada, ben, auditor] in &self.seen.0 {
            println!("{chain:COLUMN$}  {ada:COLUMN$}  {ben:COLUMN$}  {auditor}");
        }
        println!();
        for (side, it) in self.sides.iter_mut().enumerate() {
            let (supply, held) = (it.chain.supply()?, it.held());
            let register = it.auditor.register_at(it.auditor.height());
            let read = |wallet: &Wallet| {
                let row = register.rows.iter().find(|row| row.owner == wallet.address().owner);
                row.map_or(0, |row| row.amount)
            };
            let [of_ada, of_ben] = [ADA, BEN].map(|who| read(&it.wallets[who]));
            println!(
                "{}: supply {supply} for everybody · ada holds {}, ben {} · the auditor reads {of_ada} and {of_ben}",
                ASSETS[side], held[ADA], held[BEN]
            );
            if held.map(u128::from) != [of_ada, of_ben] || !register.supply.agrees(supply) {
                return Err("the auditor and a holder disagree".into());
            }
            let roots = it.chain.roots()?;
            if it.wallets.iter_mut().any(|wallet| wallet.roots() != roots) {
                return Err("the events lead to other roots than the contract's".into());
            }
        }
        Ok(())
    }

    /// The balance of a party.
    pub(crate) fn balance(&self, side: usize, who: usize) -> u64 {
        self.sides[side].held()[who]
    }
}

impl Side {
    fn open(chain: Chain, auditor: &Words, parties: &[Words; 2]) -> Outcome<Self> {
        // The auditor's key comes first: the constructor takes it.
        let nowhere = Identity { contract: ContractId::from_bytes([0; 32]), chain: 0, account: 0 };
        let auditor = Auditor::new(auditor.clone(), nowhere);
        let init = format!("[\"{}\",{}]", chain.contract(), text(&auditor.key()));
        chain.deploy("asset", ISSUER, &init)?;
        let today = Date::new(2026, 3, 1).ok_or("there is this day")?.number();
        let policy = json!({ "today": today, "block_seconds": 10, "level": 1 });
        chain.call("set_policy", &policy.to_string(), Some(ISSUER))?;
        let (contract, number) = chain.identity()?;
        let identity = Identity { contract, chain: number, account: 0 };
        let wallets = [ADA, BEN].map(|who| Wallet::new(parties[who].clone(), identity));
        let issuer = Wallet::new(Words::generate()?, identity);
        let (terms, auditor) = (chain.ask("terms", "{}")?, auditor.forgotten(identity));
        Ok(Self { chain, identity, terms, auditor, wallets, issuer })
    }

    /// Proves an act and calls the function that takes its order; then everybody reads the events.
    fn order<Call: dusk_sdk::Value>(
        &mut self,
        [circuit, function]: [&str; 2],
        act: &Act<Call, impl Serialize, impl Serialize>,
        registry_root: Field,
        from: &str,
    ) -> Outcome<Value> {
        let step = Step::new(circuit, function, &act.public, &act.private)?;
        let step = step.with("order", &act.call)?.with("registry_root", &registry_root)?;
        let document = step.submit(&self.chain, Some(from))?;
        print_call(function, &document);
        self.read()?;
        Ok(document)
    }

    /// Everybody reads the new events.
    fn read(&mut self) -> Outcome {
        let Self { chain, identity, auditor, wallets, issuer, .. } = self;
        chain.scan(identity.contract, auditor.next_height(), |taken| -> Outcome {
            match taken {
                Taken::Events(events) => {
                    auditor.scan(events)?;
                    issuer.scan(events)?;
                    for (wallet, name) in wallets.iter_mut().zip(NAMES) {
                        for _ in 0..wallet.scan(events)?.received {
                            println!("  {name} finds a note of {} in the events", chain.contract());
                        }
                    }
                }
                Taken::Back(height) => {
                    auditor.rewind(height);
                    wallets.iter_mut().chain([&mut *issuer]).for_each(|wallet| wallet.rewind(height));
                }
            }
            Ok(())
        })
    }

    /// The movement that the auditor has read last.
    fn last(&self) -> Outcome<Movement> {
        Ok(self.auditor.movements().pop().ok_or("the auditor has read nothing")?)
    }

    /// The balances of both parties.
    fn held(&self) -> [u64; 2] {
        [ADA, BEN].map(|who| self.wallets[who].balance().total)
    }

    fn name(&self, owner: Option<Field>) -> &'static str {
        let found = self.wallets.iter().position(|wallet| Some(wallet.address().owner) == owner);
        found.map_or("somebody", |number| NAMES[number])
    }
}

fn print_call(function: &str, document: &Value) {
    println!("  {function} in block {} · gas {}", document["block"], document["gas"]);
}

/// A value as calls take it.
fn text(value: &impl dusk_sdk::Value) -> String {
    let mut text = String::new();
    value.write_json(&mut text);
    text
}
