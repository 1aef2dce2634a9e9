//! The company of the story: the contract, the wallets of three holders, the auditor and the teller, with what each of
//! them sees.

use std::error::Error;
use std::time::{Duration, Instant};

use circuits::{
    CastPrivate, CastPublic, CountPrivate, CountPublic, DrawPrivate, DrawPublic, IssuePrivate, IssuePublic,
    SendPrivate, SendPublic, SumUpPrivate, SumUpPublic,
};
use dusk_sdk::finance::confidential::dividends::{Dividend, Payout};
use dusk_sdk::finance::confidential::polls::{Poll, Standing};
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::wallet::{Auditor, Chain, Identity, Step, Taken, Teller, Wallet, Words};
use dusk_sdk::{ContractId, Field};
use serde_json::Value;

/// Has 60 shares at first.
pub(crate) const ADA: usize = 0;
/// Has 30.
pub(crate) const BEN: usize = 1;
/// Has 10.
pub(crate) const CLEO: usize = 2;
/// The holders by name.
const NAMES: [&str; 3] = ["ada", "ben", "cleo"];
/// The account that issues and asks, and the one that submits what others have proved.
const ISSUER: &str = "alice";
const RELAYER: &str = "bob";
/// The least blocks that the poll and the dividend are open: more than the story has calls.
const OPEN_BLOCKS: u64 = 30;
/// The time in which all holders make their proofs, on two cores that also run a devnet.
const OPEN_TIME: Duration = Duration::from_secs(300);
/// The most blocks that a call takes on a node that makes blocks on demand: its own, and an empty one.
const BLOCKS_OF_A_CALL: u64 = 2;
/// The weight that has to be voted.
const QUORUM: u64 = 50;
/// The width of a column in the end.
const COLUMN: usize = 36;

/// The result of a step, or the reason why the story ends.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The contract with everybody who follows it by its events.
pub(crate) struct Company {
    chain: Chain,
    contract: ContractId,
    wallets: [Wallet; 3],
    auditor: Auditor,
    teller: Teller,
    clock: Clock,
    snapshot: Option<Pinned>,
    choices: Vec<String>,
    seen: Seen,
}

/// How quickly blocks come.
struct Clock {
    begun: Instant,
    /// The block of the first call, and of the last one.
    first: u64,
    last: u64,
    calls: u64,
}

/// The view of each observer, step by step: the chain, the teller, the auditor, and the holder concerned.
#[derive(Default)]
struct Seen(Vec<[String; 4]>);

impl Company {
    /// Deploys the contract. Everybody has new words.
    pub(crate) fn open(network: Option<String>) -> Outcome<Self> {
        let chain = Chain::new("holdings", network);
        println!("▸ {ISSUER} deploys the contract");
        let words = Words::generate()?;
        let key = text(&Auditor::key_of(&words, 0));
        chain.deploy("holdings", ISSUER, &format!("[\"Windmill\",{key}]"))?;
        let (contract, number) = chain.identity()?;
        let identity = Identity { contract, chain: number, account: 0 };
        let wallet = || Ok::<_, Box<dyn Error>>(Wallet::new(Words::generate()?, identity));
        Ok(Self {
            chain,
            contract,
            wallets: [wallet()?, wallet()?, wallet()?],
            auditor: Auditor::new(words, identity),
            teller: Teller::new(&Words::generate()?, 0),
            clock: Clock { begun: Instant::now(), first: 0, last: 0, calls: 0 },
            snapshot: None,
            choices: Vec::new(),
            seen: Seen::default(),
        })
    }

    /// The issuer issues shares.
    pub(crate) fn issue(&mut self, to: usize, shares: u64) -> Outcome {
        println!("▸ {ISSUER} issues {shares} shares to {}", NAMES[to]);
        let (key, address) = (self.auditor.key(), self.wallets[to].address());
        let made = self.wallets[to].mint(&key, &address, shares)?;
        let public = IssuePublic { act: made.act, bound: made.order.bound(Field::default()) };
        let step = Step::new("issue", "issue", &public, &IssuePrivate { secret: made.secret })?;
        self.submit("issue", &step.with("order", &made.order)?, ISSUER)?;
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
        let step = Step::new("send", "confidential_transfer", &public, &SendPrivate { secret: made.secret })?;
        self.submit("confidential_transfer", &step.with("order", &made.order)?, RELAYER)?;
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
        let document = self.call("take_snapshot", "{}")?;
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
            ends: self.clock.after_all_proofs(),
            quorum: QUORUM,
            keys: self.teller.key().choices(),
        };
        self.call("open_poll", &format!("{{\"poll\":{}}}", text(&poll)))?;
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
            let (public, private) = (CastPublic { act: vote.act }, CastPrivate { secret: vote.secret });
            let step = Step::new("cast", "vote", &public, &private)?.with("vote", &vote.vote)?;
            self.submit("vote", &step, RELAYER)?;
            let said = self.choices.get(usize::from(choice)).map_or("", String::as_str);
            // With its key the teller could read the ballot here: voters trust it not to. The auditor has no view keys,
            // because holders of this asset do not register.
            self.seen.row(
                "a note votes".into(),
                "a ballot, which it could open",
                "a note votes".into(),
                format!("{name}: {said}, weight {}", vote.weight),
            );
        }
        Ok(())
    }

    /// The issuer declares a dividend in shares.
    pub(crate) fn declare(&mut self, [numerator, denominator]: [u32; 2]) -> Outcome {
        println!("▸ {ISSUER} declares a dividend: {numerator} shares for {denominator}");
        let (snapshot, ends) = (self.pinned()?.height, self.clock.after_all_proofs());
        let dividend = Dividend { snapshot, numerator, denominator, ends, key: self.teller.key().sum() };
        self.call("declare_dividend", &format!("{{\"dividend\":{}}}", text(&dividend)))?;
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
            let step = Step::new("draw", "claim", &public, &DrawPrivate { secret: made.secret })?;
            self.submit("claim", &step.with("claim", &made.claim)?, RELAYER)?;
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
        while self.clock.last < ends {
            self.clock.tick(&self.chain.call("take_snapshot", "{}", Some(ISSUER))?)?;
        }
        Ok(())
    }

    /// The teller tallies.
    pub(crate) fn tally(&mut self) -> Outcome<[u64; 8]> {
        println!("▸ the teller opens the sums of the poll, with a proof; {RELAYER} submits it");
        let made = self.teller.tally(&self.poll()?, self.pinned()?.supply)?;
        let (public, private) = (CountPublic { act: made.act }, CountPrivate { secret: made.secret });
        let step = Step::new("count", "tally", &public, &private)?;
        self.submit("tally", &step.with("poll", &0_u32)?.with("counts", &made.counts)?, RELAYER)?;
        let each = self.choices.iter().zip(made.counts).map(|(choice, count)| format!("{choice} {count}"));
        let result = each.collect::<Vec<_>>().join(", ");
        self.seen.row(result.clone(), &result, result.clone(), "all: the result".into());
        Ok(made.counts)
    }

    /// The teller closes the dividend.
    pub(crate) fn close(&mut self) -> Outcome<u64> {
        println!("▸ the teller opens the sum of the dividend, with a proof; {RELAYER} submits it");
        let made = self.teller.total(&self.payout()?)?;
        let (public, private) = (SumUpPublic { act: made.act }, SumUpPrivate { secret: made.secret });
        let step = Step::new("sum_up", "close", &public, &private)?;
        let step = step.with("dividend", &0_u32)?.with("paid", &made.paid)?;
        let document = self.submit("close", &step, RELAYER)?;
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
        let supply: u64 = self.chain.supply()?;
        let held = [ADA, BEN, CLEO].map(|who| format!("{} holds {}", NAMES[who], self.balance(who)));
        // Without the view keys of holders the auditor reads each act, but not whose notes it spends.
        let (acts, sum) =
            (self.auditor.movements().len(), self.wallets.iter().map(|it| it.balance().total).sum::<u64>());
        println!("supply {supply} for everybody · {} · the auditor reads {acts} acts", held.join(", "));
        let roots = self.chain.roots()?;
        if self.wallets.iter_mut().any(|wallet| wallet.roots() != roots) {
            return Err("the events lead to other roots than the contract's".into());
        }
        if sum != supply {
            return Err(format!("the holders have {sum}").into());
        }
        Ok(())
    }

    /// The balance of a holder.
    pub(crate) fn balance(&self, who: usize) -> u64 {
        self.wallets[who].balance().total
    }

    /// Everybody reads the new events of the contract.
    fn sync(&mut self) -> Outcome {
        let Self { chain, contract, wallets, auditor, .. } = self;
        chain.scan(*contract, auditor.next_height(), |taken| -> Outcome {
            match taken {
                Taken::Events(events) => {
                    auditor.scan(events)?;
                    for wallet in wallets.iter_mut() {
                        wallet.scan(events)?;
                    }
                }
                Taken::Back(height) => {
                    auditor.rewind(height);
                    wallets.iter_mut().for_each(|wallet| wallet.rewind(height));
                }
            }
            Ok(())
        })
    }

    /// The issuer calls a function.
    fn call(&mut self, function: &str, arguments: &str) -> Outcome<Value> {
        let document = self.chain.call(function, arguments, Some(ISSUER))?;
        self.clock.tick(&document)?;
        print_call(function, &document);
        Ok(document)
    }

    /// Makes the proof of a call, and sends it.
    fn submit(&mut self, function: &str, step: &Step, from: &str) -> Outcome<Value> {
        let document = step.submit(&self.chain, Some(from))?;
        self.clock.tick(&document)?;
        print_call(function, &document);
        Ok(document)
    }

    fn poll(&self) -> Outcome<Standing> {
        Ok(self.chain.ask("poll", r#"{"number":0}"#)?)
    }

    fn payout(&self) -> Outcome<Payout> {
        Ok(self.chain.ask("dividend", r#"{"number":0}"#)?)
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

impl Clock {
    /// Notes the block of a call.
    fn tick(&mut self, document: &Value) -> Outcome {
        self.last = document["block"].as_u64().ok_or("the call gives no block")?;
        if self.calls == 0 {
            (self.begun, self.first) = (Instant::now(), self.last);
        }
        self.calls += 1;
        Ok(())
    }

    /// A height at which all holders have made their proofs. Blocks that did not come with calls came with time.
    fn after_all_proofs(&self) -> u64 {
        let passed = (self.last - self.first).saturating_sub(BLOCKS_OF_A_CALL * self.calls);
        let seconds = self.begun.elapsed().as_secs().max(1);
        self.last + OPEN_BLOCKS + passed * OPEN_TIME.as_secs() / seconds
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

/// The result of a call, as a value.
fn read<T: dusk_sdk::Value>(value: &Value) -> Outcome<T> {
    T::read_json(value).map_err(|error| error.to_string().into())
}
