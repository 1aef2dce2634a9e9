//! The story of the README, on a node, a devnet or a public network: `cargo run -p play -- --network NAME`.
//!
//! Every proof is real. Each step says what the chain has seen; the end says what each party knows.

mod tool;

use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{Holder, Keys, NoteCipher};
use dusk_sdk::zk::native::{Date, Scalar};
use play::{Auditor, Ledger, Party};
use serde_json::{Value, json};
use tool::{Outcome, Tool};

use circuits::Terms;
use dusk_sdk::finance::confidential::AuditorKey;

const USAGE: &str = "Usage: play [--network NAME|URL]";
/// Whose account is the officer's, and whose is the relayer's.
const OFFICER: &str = "alice";
const RELAYER: &str = "bob";
/// The holders of the story.
const NAMES: [&str; 3] = ["ada", "ben", "cleo"];
const ADA: usize = 0;
const BEN: usize = 1;
const CLEO: usize = 2;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let network = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => None,
        ["--network", name] => Some((*name).to_owned()),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    if let Err(error) = Story::begin(network).and_then(Story::play) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// What everybody knows so far.
struct Story {
    tool: Tool,
    terms: Terms,
    ledger: Ledger,
    auditor: Auditor,
    parties: [Party; 3],
    /// Random scalars of the officer. Those of a real officer are random.
    drawn: u64,
}

impl Story {
    /// Deploys an asset, and sets its policy.
    fn begin(network: Option<String>) -> Outcome<Self> {
        let (tool, auditor) = (Tool::new(network), Auditor::new(Scalar::from(4_242)));
        let init = format!("[\"Windmill\",{}]", text(&auditor.key()));
        println!("▸ {OFFICER} opens the asset; every act will be encrypted to the auditor's key");
        println!("  contract {}", tool.deploy("asset", OFFICER, &init)?);
        let today = Date::new(2026, 3, 1).ok_or("there is no such day")?.number();
        let policy = json!({ "today": today, "block_seconds": 10, "level": 1 });
        tool.call("set_policy", &policy.to_string(), Some(OFFICER))?;
        let found = &tool.call("terms", "{}", None)?["result"];
        let auditor_key = AuditorKey { u: field(&found["auditor"]["u"])?, v: field(&found["auditor"]["v"])? };
        let terms = Terms { asset: field(&found["asset"])?, auditor: auditor_key, today, level: 1 };
        let parties = [ADA, BEN, CLEO].map(|it| Party::new(Keys::from_seed(&[11; 64], it as u32)));
        Ok(Self { tool, terms, ledger: Ledger::new(terms.asset), auditor, parties, drawn: 0 })
    }

    fn play(mut self) -> Outcome {
        for party in [ADA, BEN, CLEO] {
            self.enrol(party)?;
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
        let act = play::enrol(&self.terms, &mut self.parties[who])?;
        let proof = self.tool.prove("enrol", &act.public, &act.private)?;
        let arguments = format!("{{\"enrolment\":{},\"proof\":\"{proof}\"}}", text(&act.call));
        self.tool.call("register", &arguments, Some(RELAYER))?;
        let owner = self.auditor.register(&act.call.view)?;
        let valid_until = self.terms.today + 365;
        let holder = Holder { owner, class: 1, country: 528, level: 1, valid_until, active: true };
        self.tool.call("admit", &format!("{{\"holder\":{}}}", text(&holder)), Some(OFFICER))?;
        self.ledger.set_holder(self.ledger.holders(), holder);
        println!("  the chain sees the pseudonym {}…", short(&owner));
        Ok(())
    }

    fn issue(&mut self, to: usize, amount: u64) -> Outcome {
        println!("▸ {OFFICER} issues {amount} to {}", NAMES[to]);
        let (address, fresh) = (self.parties[to].address(), self.draw());
        let act = play::issue(&self.ledger, &self.terms, &address, amount, fresh)?;
        let proof = self.tool.prove("issue", &act.public, &act.private)?;
        let positions = self.order("issue", &text(&act.call), "", &proof, OFFICER)?;
        self.auditor.read(self.terms.asset, &[], &act.call.cipher, &positions)?;
        println!("  the chain sees the amount, and not to whom it went");
        Ok(())
    }

    fn send(&mut self, from: usize, to: usize, amount: u64) -> Outcome {
        println!("▸ {} sends {amount} to {}; {RELAYER} submits it", NAMES[from], NAMES[to]);
        let (address, memo) = (self.parties[to].address(), Field::from(2_026));
        let act = play::send(&self.ledger, &self.terms, &mut self.parties[from], &address, amount, memo)?;
        let proof = self.tool.prove("send", &act.public, &act.private)?;
        let positions = self.order("confidential_transfer", &text(&act.call), "", &proof, RELAYER)?;
        let read = self.auditor.read(self.terms.asset, &act.call.nullifiers, &act.call.cipher, &positions)?;
        let [nullifier, _] = act.call.nullifiers;
        println!("  the chain sees two nullifiers, {}… and another, and two commitments", short(&nullifier));
        let (sender, receiver) = (self.name(read.sender), self.name(Some(read.receiver)));
        println!("  the auditor reads: {sender} sent {} to {receiver}", read.amount);
        Ok(())
    }

    fn redeem(&mut self, from: usize, amount: u64) -> Outcome {
        println!("▸ {} redeems {amount}", NAMES[from]);
        let (reference, party) = ("invoice 12", &mut self.parties[from]);
        let act = play::redeem(&self.ledger, &self.terms, party, amount, reference)?;
        let proof = self.tool.prove("send", &act.public, &act.private)?;
        let more = format!("\"amount\":{amount},\"reference\":\"{reference}\",");
        let positions = self.order("redeem", &text(&act.call), &more, &proof, RELAYER)?;
        self.auditor.read(self.terms.asset, &act.call.nullifiers, &act.call.cipher, &positions)?;
        println!("  the chain sees the amount and the reference, and not who redeemed");
        Ok(())
    }

    /// The officer freezes somebody, who cannot make a proof any more.
    fn freeze(&mut self, who: usize) -> Outcome {
        println!("▸ {OFFICER} freezes {}", NAMES[who]);
        let owner = self.parties[who].owner();
        let arguments = json!({ "owner": hexadecimal(&owner), "reason": "court order 7" });
        self.tool.call("freeze", &arguments.to_string(), Some(OFFICER))?;
        let (holder, _) = self.ledger.holder(owner).ok_or("nobody is registered")?;
        let place = self.ledger.place(owner).ok_or("nobody is registered")?;
        self.ledger.set_holder(place, Holder { active: false, ..holder });
        let to = self.parties[BEN].address();
        let act = play::send(&self.ledger, &self.terms, &mut self.parties[who], &to, 1, Field::default())?;
        match self.tool.prove("send", &act.public, &act.private) {
            Err(refusal) => println!("  {} tries to send: {refusal}", NAMES[who]),
            Ok(_) => return Err("a frozen holder has made a proof".into()),
        }
        Ok(())
    }

    /// The officer seizes all that somebody holds, with the keys that the auditor knows.
    fn seize(&mut self, from: usize, to: usize) -> Outcome {
        let (owner, address) = (self.parties[from].owner(), self.parties[to].address());
        for known in self.auditor.notes(owner) {
            println!("▸ {OFFICER} seizes a note of {} for {}", NAMES[from], NAMES[to]);
            let (reason, fresh) = ("court order 7", self.draw());
            let keys = self.auditor.keys(owner).ok_or("nobody is registered")?;
            let act = play::seize(&self.ledger, &self.terms, keys, &known, &address, reason, fresh)?;
            let proof = self.tool.prove("confiscate", &act.public, &act.private)?;
            let more = format!("\"reason\":\"{reason}\",");
            let positions = self.order("seize", &text(&act.call), &more, &proof, OFFICER)?;
            self.auditor.read(self.terms.asset, &[act.call.nullifier], &act.call.cipher, &positions)?;
            println!("  the chain sees the new owner and the reason, and not the amount");
        }
        Ok(())
    }

    /// Says what each party knows in the end, and that it is the same.
    fn tell(&self) -> Outcome {
        let status = self.tool.call("status", "{}", None)?["result"].clone();
        let supply: u64 = status["supply"].to_string().trim_matches('"').parse()?;
        println!("▸ in the end");
        println!("  the chain knows: supply {supply}, {} notes, {} spent", status["notes"], status["spent"]);
        let mut sum = 0;
        for (number, party) in self.parties.iter().enumerate() {
            let read = self.auditor.balance(party.owner());
            println!("  {} holds {}, and the auditor reads {read}", NAMES[number], party.balance());
            if read != party.balance() {
                return Err("the auditor and the holder disagree".into());
            }
            sum += read;
        }
        if sum != supply {
            return Err(format!("the holders have {sum} of a supply of {supply}").into());
        }
        println!("  the sum is the supply");
        Ok(())
    }

    /// Calls a function that takes an order; then everybody reads its events. Returns the positions of the new notes.
    fn order(
        &mut self,
        function: &str,
        order: &str,
        more: &str,
        proof: &str,
        from: &str,
    ) -> Outcome<Vec<u64>> {
        let root = hexadecimal(&self.ledger.holder_root());
        let arguments =
            format!("{{{more}\"order\":{order},\"registry_root\":\"{root}\",\"proof\":\"{proof}\"}}");
        let document = self.tool.call(function, &arguments, Some(from))?;
        println!("  {function} in block {} · gas {}", document["block"], document["gas"]);
        let mut positions = Vec::new();
        for event in document["events"].as_array().ok_or("the call gives no events")? {
            let data = &event["data"];
            match event["topic"].as_str() {
                Some("NullifierSpent") => {
                    let nullifier = field(&data["nullifier"])?;
                    self.ledger.spend(nullifier);
                    self.parties.iter_mut().for_each(|party| party.spent(self.terms.asset, nullifier));
                }
                Some("NoteAdded") => {
                    let (commitment, cipher) = (field(&data["commitment"])?, cipher(&data["cipher"])?);
                    let position = self.ledger.add(commitment);
                    positions.push(position);
                    for (number, party) in self.parties.iter_mut().enumerate() {
                        if party.found(self.terms.asset, position, commitment, &cipher) {
                            println!("  {} finds a note in the events", NAMES[number]);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(positions)
    }

    fn draw(&mut self) -> [Scalar; 2] {
        self.drawn += 2;
        [self.drawn, self.drawn + 1].map(|number| Scalar::from(1_000_000 + number))
    }

    fn name(&self, owner: Option<Field>) -> &'static str {
        let found = self.parties.iter().position(|party| Some(party.owner()) == owner);
        found.map_or("somebody", |number| NAMES[number])
    }
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

fn short(element: &Field) -> String {
    hexadecimal(element).chars().take(8).collect()
}

fn bytes(value: &Value) -> Outcome<[u8; 32]> {
    let digits = value.as_str().map(|text| text.trim_start_matches("0x")).unwrap_or_default();
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let pair = digits.get(2 * place..2 * place + 2).ok_or_else(|| format!("{value} is no element"))?;
        *byte = u8::from_str_radix(pair, 16)?;
    }
    Ok(bytes)
}

fn field(value: &Value) -> Outcome<Field> {
    Ok(Field::from_bytes(&bytes(value)?)?)
}

fn cipher(value: &Value) -> Outcome<NoteCipher> {
    let mut fields = [Field::default(); 4];
    for (place, element) in fields.iter_mut().enumerate() {
        *element = field(&value["fields"][place])?;
    }
    Ok(NoteCipher { ephemeral: bytes(&value["ephemeral"])?, fields })
}
