//! The market of the story: both assets, both parties, and one auditor, with what each of them sees.

use circuits::{Answer, Instruction, Terms};
use dusk_sdk::finance::confidential::pool::Locking;
use dusk_sdk::finance::confidential::{AuditorKey, Holder, Keys, NoteCipher};
use dusk_sdk::zk::native::{Date, Scalar};
use dusk_sdk::{ContractId, Field};
use play::{Auditor, Deal, Ledger, Party};
use serde_json::{Value, json};

use crate::tool::{Outcome, Tool};

/// The first leg, and the first asset.
pub(crate) const SHARES: usize = 0;
/// The second one.
pub(crate) const MONEY: usize = 1;
/// Who delivers.
pub(crate) const ADA: usize = 0;
/// Who pays.
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
    tool: Tool,
    settlement: ContractId,
    chain: u8,
    sides: [Side; 2],
    /// The block of the last transfer.
    block: u64,
    seen: Seen,
}

/// An asset with those who follow it.
struct Side {
    contract: ContractId,
    terms: Terms,
    ledger: Ledger,
    auditor: Auditor,
    parties: [Party; 2],
}

/// An instruction as its parties know it.
pub(crate) struct Trade {
    instruction: Instruction,
    name: Field,
    deals: [Deal; 2],
    payers: [usize; 2],
    locks: [Option<Locking>; 2],
}

/// What was seen, step by step: by the chain, by ada, by ben, by the auditor.
#[derive(Default)]
struct Seen(Vec<[String; 4]>);

impl Market {
    /// Deploys both assets and the settlement, and admits both parties to both assets.
    pub(crate) fn open(network: Option<String>) -> Outcome<Self> {
        let tool = Tool::new(network);
        println!("▸ {ISSUER} deploys shares, money and the settlement");
        let secret = random()?;
        let key = text(&Auditor::new(secret.clone()).key());
        let mut sides = Vec::new();
        let seeds = [seed()?, seed()?];
        for alias in ASSETS {
            let contract =
                contract(&tool.deploy("asset", alias, ISSUER, &format!("[\"{alias}\",{key}]"))?)?;
            let today = Date::new(2026, 3, 1).ok_or("there is this day")?.number();
            let policy = json!({ "today": today, "block_seconds": 10, "level": 1 });
            tool.call(alias, "set_policy", &policy.to_string(), Some(ISSUER))?;
            let terms = terms(&tool.call(alias, "terms", "{}", None)?["result"])?;
            let parties = seeds.map(|seed| Party::new(Keys::from_seed(&seed, 0), terms.asset));
            let (ledger, auditor) = (Ledger::new(terms.asset), Auditor::new(secret.clone()));
            sides.push(Side { contract, terms, ledger, auditor, parties });
        }
        let settlement = contract(&tool.deploy("settlement", "settlement", ISSUER, "[]")?)?;
        let sides: [Side; 2] = sides.try_into().map_err(|_| "there are two assets")?;
        let chain = chain_of(&sides[SHARES])?;
        let mut market = Self { tool, settlement, chain, sides, block: 0, seen: Seen::default() };
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
        let act = play::enrol(&it.terms, &mut it.parties[who])?;
        let proof = self.tool.prove("enrol", &act.public, &act.private)?;
        let (owner, valid_until) = (act.call.owner, it.terms.today + 365);
        let holder = Holder { owner, class: 1, country: 528, level: 1, valid_until, active: true };
        let arguments =
            format!("{{\"call\":{},\"holder\":{},\"proof\":\"{proof}\"}}", text(&act.call), text(&holder));
        self.tool.call(ASSETS[side], "admit", &arguments, Some(ISSUER))?;
        it.auditor.register(&act.call.view)?;
        it.ledger.set_holder(it.ledger.holders(), holder);
        Ok(())
    }

    /// The issuer issues an amount.
    pub(crate) fn issue(&mut self, side: usize, to: usize, amount: u64) -> Outcome {
        println!("▸ {ISSUER} issues {amount} {} to {}", ASSETS[side], NAMES[to]);
        let it = &mut self.sides[side];
        let fresh = [random()?, random()?];
        let act = play::issue(&it.ledger, &it.terms, &it.parties[to].address(), amount, fresh)?;
        let proof = self.tool.prove("issue", &act.public, &act.private)?;
        let document = order(&self.tool, it, side, "issue", &text(&act.call), &proof, ISSUER)?;
        let positions = it.read(&document, side)?;
        it.auditor.read(it.terms.asset, &[], &act.call.cipher, &positions)?;
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
        let address = it.parties[to].address();
        let (ledger, party) = (&it.ledger, &mut it.parties[from]);
        let act = play::send(ledger, &it.terms, party, &address, amount, Field::default())?;
        let proof = self.tool.prove("send", &act.public, &act.private)?;
        let document =
            order(&self.tool, it, side, "confidential_transfer", &text(&act.call), &proof, RELAYER)?;
        self.block = number(&document["block"])?;
        let positions = it.read(&document, side)?;
        let read = it.auditor.read(it.terms.asset, &act.call.nullifiers, &act.call.cipher, &positions)?;
        let mut row =
            [format!("{} notes become 2", ASSETS[side]), String::new(), String::new(), String::new()];
        row[1 + from] = format!("-{amount} {}", ASSETS[side]);
        row[1 + to] = format!("+{amount} {}", ASSETS[side]);
        row[3] = format!(
            "{} → {}: {} {}",
            it.name(read.sender),
            it.name(Some(read.receiver)),
            read.amount,
            ASSETS[side]
        );
        self.seen.0.push(row);
        Ok(())
    }

    /// What both wallets agree on.
    pub(crate) fn trade(&self, payers: [usize; 2], amounts: [u64; 2]) -> Outcome<Trade> {
        let mut deals = Vec::new();
        for (leg, amount) in amounts.into_iter().enumerate() {
            let it = &self.sides[leg];
            let (receiver, blinding) = (it.parties[payers[1 - leg]].address(), random()?.field());
            let (contract, asset) = (it.contract, it.terms.asset);
            deals.push(Deal { contract, asset, amount, receiver, blinding });
        }
        let deals: [Deal; 2] = deals.try_into().map_err(|_| "there are two legs")?;
        let deadline = self.block + DEADLINE_BLOCKS;
        let instruction = Instruction { legs: deals.map(|deal| deal.leg()), deadline };
        let name = instruction.name(self.settlement, self.chain);
        Ok(Trade { instruction, name, deals, payers, locks: [None, None] })
    }

    /// Somebody submits the instruction.
    pub(crate) fn instruct(&mut self, trade: &Trade) -> Outcome {
        let [shares, money] = trade.deals.map(|deal| deal.amount);
        println!("▸ both agree on {shares} shares for {money} money; {RELAYER} submits the instruction");
        let arguments = format!("{{\"instruction\":{}}}", text(&trade.instruction));
        let document = self.tool.call("settlement", "instruct", &arguments, Some(RELAYER))?;
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
        let party = &self.sides[leg].parties[who];
        let at = (self.settlement, self.chain);
        let side = u8::try_from(leg)?;
        let act = play::agree(&trade.instruction, at, side, Answer::Affirm, party, &trade.deals[leg]);
        let act = act.ok_or("an instruction has two legs")?;
        let proof = self.tool.prove("agree", &act.public, &act.private)?;
        let arguments = json!({ "name": hexadecimal(&trade.name), "side": side, "proof": proof });
        let document = self.tool.call("settlement", "affirm", &arguments.to_string(), Some(RELAYER))?;
        print_call("affirm", &document);
        let both = format!("{} has affirmed", NAMES[who]);
        self.seen.0.push([format!("receiver {leg} affirms"), both.clone(), both, String::new()]);
        Ok(())
    }

    /// Who delivers or pays locks the amount of the leg.
    pub(crate) fn lock(&mut self, trade: &mut Trade, leg: usize) -> Outcome {
        let (who, amount) = (trade.payers[leg], trade.deals[leg].amount);
        println!("▸ {} locks {amount} {}; {RELAYER} submits it", NAMES[who], ASSETS[leg]);
        let (at, deadline) = ((self.settlement, trade.name), trade.instruction.deadline);
        let it = &mut self.sides[leg];
        let (ledger, party) = (&it.ledger, &mut it.parties[who]);
        let act = play::reserve(ledger, &it.terms, party, &trade.deals[leg], at, deadline)?;
        let proof = self.tool.prove("reserve", &act.public, &act.private)?;
        let document = order(&self.tool, it, leg, "lock", &text(&act.call), &proof, RELAYER)?;
        let [change] = it.read(&document, leg)?[..] else { return Err("a lock makes one note".into()) };
        let read = it.auditor.lock(it.terms.asset, &act.call.nullifiers, &act.call.cipher, change)?;
        trade.locks[leg] = Some(act.call);
        let mut row = [format!("{} are locked", ASSETS[leg]), String::new(), String::new(), String::new()];
        row[1 + who] = format!("-{amount} {}, locked", ASSETS[leg]);
        row[2 - who] = format!("{} has locked {amount} {}", NAMES[who], ASSETS[leg]);
        row[3] = format!("{} locks {} {}", it.name(read.sender), read.amount, ASSETS[leg]);
        self.seen.0.push(row);
        Ok(())
    }

    /// Anybody settles.
    pub(crate) fn settle(&mut self, trade: &Trade) -> Outcome {
        println!("▸ {RELAYER} settles: both legs in one transaction");
        let arguments = json!({ "name": hexadecimal(&trade.name) });
        let document = self.tool.call("settlement", "settle", &arguments.to_string(), Some(RELAYER))?;
        print_call("settle", &document);
        for (leg, it) in self.sides.iter_mut().enumerate() {
            let [position] = it.read(&document, leg)?[..] else {
                return Err("a release makes one note".into());
            };
            let lock = trade.locks[leg].as_ref().ok_or("what settles was locked")?;
            it.auditor.settled(it.terms.asset, lock.released, position);
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
    pub(crate) fn tell(&self) -> Outcome {
        println!();
        println!(
            "{:COLUMN$}  {:COLUMN$}  {:COLUMN$}  the auditor saw",
            "the chain saw", "ada saw", "ben saw"
        );
        for [chain, ada, ben, auditor] in &self.seen.0 {
            println!("{chain:COLUMN$}  {ada:COLUMN$}  {ben:COLUMN$}  {auditor}");
        }
        println!();
        for (side, it) in self.sides.iter().enumerate() {
            let status = self.tool.call(ASSETS[side], "status", "{}", None)?["result"].clone();
            let [ada, ben] = [ADA, BEN].map(|who| it.parties[who].balance());
            let [of_ada, of_ben] = [ADA, BEN].map(|who| it.auditor.balance(it.parties[who].owner()));
            println!(
                "{}: supply {} for everybody · ada holds {ada}, ben {ben} · the auditor reads {of_ada} and {of_ben}",
                ASSETS[side], status["supply"]
            );
            if [ada, ben] != [of_ada, of_ben] {
                return Err("the auditor and a holder disagree".into());
            }
        }
        Ok(())
    }

    /// What a party holds.
    pub(crate) fn balance(&self, side: usize, who: usize) -> u64 {
        self.sides[side].parties[who].balance()
    }
}

impl Side {
    /// Everybody reads the events of a call; returns the positions of the new notes.
    fn read(&mut self, document: &Value, side: usize) -> Outcome<Vec<u64>> {
        let mut positions = Vec::new();
        for event in document["events"].as_array().ok_or("the call gives no events")? {
            let (data, from) = (&event["data"], event["contract"].as_str().unwrap_or_default());
            if from != ASSETS[side] && contract(from).ok() != Some(self.contract) {
                continue;
            }
            match event["topic"].as_str() {
                Some("NullifierSpent") => {
                    let nullifier = field(&data["nullifier"])?;
                    self.ledger.spend(nullifier);
                    self.parties.iter_mut().for_each(|party| party.spent(nullifier));
                }
                Some("NoteAdded") => {
                    let (commitment, cipher) = (field(&data["commitment"])?, cipher(&data["cipher"])?);
                    let position = self.ledger.add(commitment);
                    positions.push(position);
                    for (party, name) in self.parties.iter_mut().zip(NAMES) {
                        if party.found(position, commitment, &cipher) {
                            println!("  {name} finds a note of {} in the events", ASSETS[side]);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(positions)
    }

    fn name(&self, owner: Option<Field>) -> &'static str {
        let found = self.parties.iter().position(|party| Some(party.owner()) == owner);
        found.map_or("somebody", |number| NAMES[number])
    }
}

/// Calls a function of an asset that takes an order.
fn order(
    tool: &Tool,
    it: &Side,
    side: usize,
    function: &str,
    order: &str,
    proof: &str,
    from: &str,
) -> Outcome<Value> {
    let root = hexadecimal(&it.ledger.holder_root());
    let arguments = format!("{{\"order\":{order},\"registry_root\":\"{root}\",\"proof\":\"{proof}\"}}");
    let document = tool.call(ASSETS[side], function, &arguments, Some(from))?;
    print_call(function, &document);
    Ok(document)
}

fn print_call(function: &str, document: &Value) {
    println!("  {function} in block {} · gas {}", document["block"], document["gas"]);
}

/// The chain on which an asset is: the one for which its name follows.
fn chain_of(side: &Side) -> Outcome<u8> {
    let asset = |chain| dusk_sdk::finance::confidential::asset(side.contract, chain);
    Ok((0..=u8::MAX).find(|chain| asset(*chain) == side.terms.asset).ok_or("the asset is of no chain")?)
}

/// A scalar that nobody can guess.
fn random() -> Outcome<Scalar> {
    Ok(Scalar::from_bytes_wide(&seed()?))
}

fn seed() -> Outcome<[u8; 64]> {
    let mut bytes = [0; 64];
    getrandom::getrandom(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A value as calls take it.
fn text(value: &impl dusk_sdk::Value) -> String {
    let mut text = String::new();
    value.write_json(&mut text);
    text
}

fn hexadecimal(element: &Field) -> String {
    text(element).trim_matches('"').to_owned()
}

fn bytes(digits: &str) -> Outcome<[u8; 32]> {
    let digits = digits.trim_start_matches("0x");
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let pair = digits.get(2 * place..2 * place + 2).ok_or_else(|| format!("`{digits}` is too short"))?;
        *byte = u8::from_str_radix(pair, 16)?;
    }
    Ok(bytes)
}

fn contract(id: &str) -> Outcome<ContractId> {
    Ok(ContractId::from_bytes(bytes(id)?))
}

fn field(value: &Value) -> Outcome<Field> {
    Ok(Field::from_bytes(&bytes(value.as_str().unwrap_or_default())?)?)
}

fn number<T: TryFrom<u64>>(value: &Value) -> Outcome<T> {
    let number = value.as_u64().and_then(|number| T::try_from(number).ok());
    Ok(number.ok_or_else(|| format!("{value} is no such number"))?)
}

fn terms(value: &Value) -> Outcome<Terms> {
    let auditor = AuditorKey { u: field(&value["auditor"]["u"])?, v: field(&value["auditor"]["v"])? };
    let (today, level) = (number(&value["today"])?, number(&value["level"])?);
    Ok(Terms { asset: field(&value["asset"])?, auditor, today, level })
}

fn cipher(value: &Value) -> Outcome<NoteCipher> {
    let mut fields = [Field::default(); 4];
    for (place, element) in fields.iter_mut().enumerate() {
        *element = field(&value["fields"][place])?;
    }
    Ok(NoteCipher { ephemeral: bytes(value["ephemeral"].as_str().unwrap_or_default())?, fields })
}
