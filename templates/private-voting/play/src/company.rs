//! The company of the story: the contract, the wallets of three holders, the auditor and the teller, with what each of
//! them sees.

use circuits::{
    CastPrivate, CastPublic, CountPrivate, CountPublic, DrawPrivate, DrawPublic, IssuePrivate, IssuePublic,
    SendPrivate, SendPublic, SumUpPrivate, SumUpPublic,
};
use dusk_sdk::finance::confidential::asset;
use dusk_sdk::finance::confidential::dividends::{Dividend, Payout};
use dusk_sdk::finance::confidential::polls::{Poll, Standing};
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::wallet::{Auditor, Events, Identity, LineError, News, Teller, Wallet, Words};
use dusk_sdk::{ContractId, Field, Value as _};
use serde_json::{Value, json};

use crate::tool::{Outcome, Tool};

/// Has 60 shares at first.
pub(crate) const ADA: usize = 0;
/// Has 30.
pub(crate) const BEN: usize = 1;
/// Has 10.
pub(crate) const CLEO: usize = 2;
/// The holders by name.
const NAMES: [&str; 3] = ["ada", "ben", "cleo"];
/// The deployment.
const HOLDINGS: &str = "holdings";
/// The account that issues and asks, and the one that submits what others have proved.
const ISSUER: &str = "alice";
const RELAYER: &str = "bob";
/// How many blocks the poll and the dividend have.
const OPEN_BLOCKS: u64 = 30;
/// The weight that has to be voted.
const QUORUM: u64 = 50;
/// Events that wallets take at a time.
const BATCH_EVENTS: usize = 1_000;
/// The width of a column in the end.
const COLUMN: usize = 36;

/// The contract with everybody who follows it.
pub(crate) struct Company {
    tool: Tool,
    contract: ContractId,
    wallets: Vec<Wallet>,
    auditor: Auditor,
    teller: Teller,
    /// The last block that is known.
    block: u64,
    snapshot: Option<Pinned>,
    choices: Vec<String>,
    seen: Seen,
}

/// What was seen, step by step: by the chain, the teller, the auditor, and the holder concerned.
#[derive(Default)]
struct Seen(Vec<[String; 4]>);

impl Company {
    /// Deploys the contract. Everybody has new words.
    pub(crate) fn open(network: Option<String>) -> Outcome<Self> {
        let tool = Tool::new(network);
        println!("▸ {ISSUER} deploys the contract");
        let [words, of_teller] = [Words::generate()?, Words::generate()?];
        // The auditor's key follows from its words alone, and is known before the contract.
        let nowhere = Identity { contract: ContractId::from_bytes([0; 32]), chain: 0, account: 0 };
        let auditor = Auditor::new(words, nowhere);
        let key = text(&auditor.key());
        let id = tool.deploy(HOLDINGS, HOLDINGS, ISSUER, &format!("[\"Windmill\",{key}]"))?;
        let contract = ContractId::read_json(&json!(id)).map_err(|error| error.to_string())?;
        let status = tool.call(HOLDINGS, "status", "{}", None)?["result"].clone();
        let stated: Field = read(&status["asset"])?;
        let chain = (0..=u8::MAX).find(|chain| asset(contract, *chain) == stated);
        let identity = Identity { contract, chain: chain.ok_or("the asset is of no chain")?, account: 0 };
        let mut wallets = Vec::new();
        for _ in NAMES {
            wallets.push(Wallet::new(Words::generate()?, identity));
        }
        let auditor = Auditor::new(auditor.words().clone(), identity);
        let teller = Teller::new(&of_teller, 0);
        let (choices, seen) = (Vec::new(), Seen::default());
        Ok(Self { tool, contract, wallets, auditor, teller, block: 0, snapshot: None, choices, seen })
    }

    /// The issuer issues shares.
    pub(crate) fn issue(&mut self, to: usize, shares: u64) -> Outcome {
        println!("▸ {ISSUER} issues {shares} shares to {}", NAMES[to]);
        let (key, address) = (self.auditor.key(), self.wallets[to].address());
        let made = self.wallets[to].mint(&key, &address, shares)?;
        let public = IssuePublic { act: made.act, bound: made.order.bound(Field::default()) };
        let proof = self.tool.prove("issue", &public, &IssuePrivate { secret: made.secret })?;
        self.send_call("issue", &json!({ "order": parsed(&made.order)?, "proof": proof }), ISSUER)?;
        let name = NAMES[to];
        self.seen.row(
            format!("{shares} shares are issued"),
            "",
            format!("{name} +{shares}"),
            format!("{name}: +{shares}"),
        );
        self.sync()
    }

    /// A holder sends shares to another one.
    pub(crate) fn send(&mut self, [from, to]: [usize; 2], shares: u64) -> Outcome {
        println!("▸ {} sends {shares} shares to {}; {RELAYER} submits it", NAMES[from], NAMES[to]);
        let (key, address) = (self.auditor.key(), self.wallets[to].address());
        let made = self.wallets[from].transfer(&key, address, shares, Field::default())?;
        let public = SendPublic { act: made.act, bound: made.order.bound(Field::default()) };
        let proof = self.tool.prove("send", &public, &SendPrivate { secret: made.secret })?;
        let arguments = json!({ "order": parsed(&made.order)?, "proof": proof });
        self.send_call("confidential_transfer", &arguments, RELAYER)?;
        self.seen.row(
            "2 notes become 2".into(),
            "",
            format!("{shares} shares to {}", NAMES[to]),
            format!("{}: -{shares}, {}: +{shares}", NAMES[from], NAMES[to]),
        );
        self.sync()
    }

    /// The issuer takes a snapshot.
    pub(crate) fn pin(&mut self) -> Outcome {
        println!("▸ {ISSUER} takes a snapshot");
        let document = self.send_call("take_snapshot", &json!({}), ISSUER)?;
        let snapshot: Pinned = read(&document["result"])?;
        self.seen.row(format!("two roots, supply {}", snapshot.supply), "", String::new(), String::new());
        self.snapshot = Some(snapshot);
        Ok(())
    }

    /// The issuer asks something.
    pub(crate) fn ask(&mut self, question: &str, choices: &[&str]) -> Outcome {
        println!("▸ {ISSUER} asks: {question} {}", choices.join(", "));
        let texts = [&[question], choices].concat().join("\n");
        let poll = Poll {
            question: dusk_sdk::crypto::hash(texts.as_bytes()),
            choices: u8::try_from(choices.len())?,
            snapshot: self.pinned()?.height,
            ends: self.block + OPEN_BLOCKS,
            quorum: QUORUM,
            keys: self.teller.key().choices(),
        };
        self.send_call("open_poll", &json!({ "poll": parsed(&poll)? }), ISSUER)?;
        self.choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
        let asked = format!("{} choices, quorum {QUORUM}", choices.len());
        self.seen.row(asked, "", String::new(), "all: the question".into());
        Ok(())
    }

    /// A holder votes with every note that it had.
    pub(crate) fn vote(&mut self, who: usize, choice: u8) -> Outcome {
        let name = NAMES[who];
        println!("▸ {name} votes; {RELAYER} submits it");
        let poll = self.poll()?.poll;
        for vote in self.wallets[who].votes(&self.pinned()?, 0, &poll, choice)? {
            let private = CastPrivate { secret: vote.secret };
            let proof = self.tool.prove("cast", &CastPublic { act: vote.act }, &private)?;
            self.send_call("vote", &json!({ "vote": parsed(&vote.vote)?, "proof": proof }), RELAYER)?;
            let said = self.choices.get(usize::from(choice)).map_or("", String::as_str);
            // With its key the teller could read it here: it is trusted not to.
            self.seen.row(
                "a note votes".into(),
                "a ballot, which it could open",
                format!("{name} has voted"),
                format!("{name}: {said}, weight {}", vote.weight),
            );
        }
        Ok(())
    }

    /// The issuer declares a dividend in shares.
    pub(crate) fn declare(&mut self, [numerator, denominator]: [u32; 2]) -> Outcome {
        println!("▸ {ISSUER} declares a dividend: {numerator} shares for {denominator}");
        let (snapshot, ends) = (self.pinned()?.height, self.block + OPEN_BLOCKS);
        let dividend = Dividend { snapshot, numerator, denominator, ends, key: self.teller.key().sum() };
        self.send_call("declare_dividend", &json!({ "dividend": parsed(&dividend)? }), ISSUER)?;
        let payout = self.payout()?;
        self.seen.row(format!("a pot of {}", payout.pot), "", String::new(), "all: the rate".into());
        Ok(())
    }

    /// A holder claims its part for every note that it had.
    pub(crate) fn claim(&mut self, who: usize) -> Outcome {
        let name = NAMES[who];
        println!("▸ {name} claims its part; {RELAYER} submits it");
        let (dividend, wallet) = (self.payout()?.dividend, &self.wallets[who]);
        let (key, own) = (self.auditor.key(), wallet.address());
        for made in wallet.claims(&key, &self.pinned()?, 0, &dividend, &own)? {
            let public = DrawPublic { act: made.act, bound: made.claim.bound(Field::default()) };
            let proof = self.tool.prove("draw", &public, &DrawPrivate { secret: made.secret })?;
            self.send_call("claim", &json!({ "claim": parsed(&made.claim)?, "proof": proof }), RELAYER)?;
            self.seen.row(
                "a note claims".into(),
                "a part, which it could open",
                format!("{name} +{}", made.part),
                format!("{name}: +{}", made.part),
            );
        }
        self.sync()
    }

    /// Blocks pass until the poll and the dividend have ended. On a node that makes blocks only for transactions, the
    /// issuer's snapshots make them.
    pub(crate) fn wait(&mut self) -> Outcome {
        let ends = self.poll()?.poll.ends.max(self.payout()?.dividend.ends);
        println!("▸ blocks pass up to {ends}");
        while self.block < ends {
            self.block = block(&self.tool.call(HOLDINGS, "take_snapshot", "{}", Some(ISSUER))?)?;
        }
        Ok(())
    }

    /// The teller tallies.
    pub(crate) fn tally(&mut self) -> Outcome<[u64; 8]> {
        println!("▸ the teller opens the sums of the poll, with a proof; {RELAYER} submits it");
        let made = self.teller.tally(&self.poll()?, self.pinned()?.supply)?;
        let proof = self.tool.prove(
            "count",
            &CountPublic { act: made.act },
            &CountPrivate { secret: made.secret },
        )?;
        let arguments = json!({ "poll": 0, "counts": parsed(&made.counts)?, "proof": proof });
        self.send_call("tally", &arguments, RELAYER)?;
        let each = self.choices.iter().zip(made.counts).map(|(choice, count)| format!("{choice} {count}"));
        let result = each.collect::<Vec<_>>().join(", ");
        self.seen.row(result.clone(), &result, result.clone(), "all: the result".into());
        Ok(made.counts)
    }

    /// The teller closes the dividend.
    pub(crate) fn close(&mut self) -> Outcome<u64> {
        println!("▸ the teller opens the sum of the dividend, with a proof; {RELAYER} submits it");
        let made = self.teller.total(&self.payout()?)?;
        let proof = self.tool.prove(
            "sum_up",
            &SumUpPublic { act: made.act },
            &SumUpPrivate { secret: made.secret },
        )?;
        let arguments = json!({ "dividend": 0, "paid": made.paid, "proof": proof });
        let document = self.send_call("close", &arguments, RELAYER)?;
        let result = format!("{} were paid, {} go back", made.paid, document["result"]);
        self.seen.row(result.clone(), &result, result.clone(), String::new());
        Ok(made.paid)
    }

    /// Says side by side what was seen, and what each party knows in the end.
    pub(crate) fn tell(&mut self) -> Outcome {
        self.sync()?;
        println!();
        println!(
            "{:COLUMN$}  {:COLUMN$}  {:COLUMN$}  the holder saw",
            "the chain saw", "the teller saw", "the auditor saw"
        );
        for [chain, teller, auditor, holder] in &self.seen.0 {
            println!("{chain:COLUMN$}  {teller:COLUMN$}  {auditor:COLUMN$}  {holder}");
        }
        println!();
        let status = self.tool.call(HOLDINGS, "status", "{}", None)?["result"].clone();
        let held = [ADA, BEN, CLEO].map(|who| format!("{} holds {}", NAMES[who], self.balance(who)));
        let read = self.auditor.supply_at(self.block);
        println!(
            "supply {} for everybody · {} · the auditor reads {} in all",
            status["supply"],
            held.join(", "),
            read.held
        );
        if read.unread == 0 && Some(u64::try_from(read.held)?) == status["supply"].as_u64() {
            Ok(())
        } else {
            Err("the auditor and the chain disagree".into())
        }
    }

    /// What a holder holds.
    pub(crate) fn balance(&self, who: usize) -> u64 {
        self.wallets[who].balance().total
    }

    /// Everybody reads the events of the contract.
    fn sync(&mut self) -> Outcome {
        let document = serde_json::to_vec(&self.tool.events(HOLDINGS)?)?;
        let Self { wallets, auditor, .. } = self;
        let mut events = Events::of(self.contract);
        events.read::<Box<dyn std::error::Error>>(&*document, BATCH_EVENTS, |news| {
            let seen: Vec<_> = news
                .into_iter()
                .filter_map(|news| match news {
                    News::Event(seen) => Some(seen),
                    News::TakenBack(_) => None,
                })
                .collect();
            for wallet in wallets.iter_mut() {
                wallet.scan(&seen)?;
            }
            auditor.scan(&seen)?;
            Ok(())
        })
    }

    fn send_call(&mut self, function: &str, arguments: &Value, from: &str) -> Outcome<Value> {
        let document = self.tool.call(HOLDINGS, function, &arguments.to_string(), Some(from))?;
        self.block = block(&document)?;
        println!("  {function} in block {} · gas {}", document["block"], document["gas"]);
        Ok(document)
    }

    fn poll(&self) -> Outcome<Standing> {
        read(&self.tool.call(HOLDINGS, "poll", r#"{"number":0}"#, None)?["result"])
    }

    fn payout(&self) -> Outcome<Payout> {
        read(&self.tool.call(HOLDINGS, "dividend", r#"{"number":0}"#, None)?["result"])
    }

    fn pinned(&self) -> Outcome<Pinned> {
        Ok(self.snapshot.ok_or("no snapshot was taken")?)
    }
}

impl Seen {
    fn row(&mut self, chain: String, teller: &str, auditor: String, holder: String) {
        self.0.push([chain, teller.to_owned(), auditor, holder]);
    }
}

/// The block of a call.
fn block(document: &Value) -> Outcome<u64> {
    Ok(document["block"].as_u64().ok_or(LineError::Member("block"))?)
}

/// A value as calls take it.
fn text(value: &impl dusk_sdk::Value) -> String {
    let mut text = String::new();
    value.write_json(&mut text);
    text
}

fn parsed(value: &impl dusk_sdk::Value) -> Outcome<Value> {
    Ok(serde_json::from_str(&text(value))?)
}

/// What a call returns, as a value.
fn read<T: dusk_sdk::Value>(value: &Value) -> Outcome<T> {
    T::read_json(value).map_err(|error| error.to_string().into())
}
