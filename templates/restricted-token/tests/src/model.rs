//! The register against a model: random sequences of calls, made on the chain and on a page. Both must refuse the same
//! calls for the same reasons, and know the same of everybody. Every function that changes the register is accepted at
//! least once, and so is a locked issue, the end of the policy, and a cap of the supply.

use std::collections::BTreeSet;

use ::attester::{Attester, Attributes, Wallet};
use ::register::{Holding, Policy, Position, Refused, RegisterClient};
use circuits::{BLOCKED, Eligible};
use dusk_sdk::contract::Refusal as _;
use dusk_sdk::finance::batch::Item;
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::finance::documents::Document;
use dusk_sdk::finance::lots::Lot;
use dusk_sdk::finance::operators::Grant;
use dusk_sdk::finance::snapshots::Held;
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;
use dusk_sdk::zk::native::{IndexedTree, Scalar};
use dusk_sdk::{Dusk, Field};

use crate::calls::{Call, Dice};
use crate::page::{ATTESTERS, HOLDERS, Model, PEOPLE, PROVEN_LIMIT, SUPPLY, Standing};
use crate::people::{Shown, Statement, day, eligible, policy, sanctions, trusted, wallet, who};

/// The number of calls in the sequence.
const CALLS: u64 = 500;
/// The number of calls that are drawn for each call that is made. The first one is made, unless others have outcomes
/// that the test still waits for: then one with the rarest of these outcomes.
const DRAWN_CALLS: usize = 48;
/// Functions without a [`Call`] of their name: `Admit` makes `admit_by` for the second attester, and no contract takes
/// part that `claim_for` could pay.
const OTHERS: [&str; 2] = ["admit_by", "claim_for"];
/// Outcomes that the test waits for besides an accepted call of each function: accepted calls with other arguments, and
/// refusals that few sequences lead to.
const MORE_OUTCOMES: [&str; 5] = ["cap_supply", "end_policy", "issue_locked", "NoPolicy", "SupplyCapped"];
const NAMES: [&str; PEOPLE] = ["issuer", "alice", "bob", "carol", "dave", "eve", "frank", "grace"];
/// Eighteen years.
const ADULT_DAYS: u32 = 6_574;
const ADDRESS: &str = "https://example.org/d.pdf";

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let people = chain.accounts(NAMES);
    let world = World::open(&chain, &people)?;
    let (mut model, mut dice, mut accepted) = (Model::new(policy(&world.attesters[0]).today), Dice(2), 0);
    let wanted: BTreeSet<String> = functions().into_iter().chain(MORE_OUTCOMES.map(String::from)).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (person, limit) in [(1, 60), (2, 40), (3, 50)] {
        let list = Call::List { person, limit };
        world.apply(&model, 0, list, None)?;
        model.apply(0, list, 0).map_err(|refused| Failure::new(format!("{refused:?}")))?;
    }
    for number in 0..CALLS {
        // The next block: each call has one.
        let height = chain.height() + 1;
        let mut drawn: Vec<_> = (0..DRAWN_CALLS).map(|_| model.choose(&mut dice, height)).collect();
        let is_new = |outcome: &String| wanted.contains(outcome) && !seen.contains(outcome);
        let place = if seen == wanted {
            0
        } else {
            let outcome =
                |(by, call): &(usize, Call)| outcome_of(*call, &model.clone().apply(*by, *call, height));
            let outcomes: Vec<String> = drawn.iter().map(outcome).collect();
            let count = |wanted: &String| outcomes.iter().filter(|other| *other == wanted).count();
            let rarest =
                (0..DRAWN_CALLS).filter(|at| is_new(&outcomes[*at])).min_by_key(|at| count(&outcomes[*at]));
            rarest.unwrap_or(0)
        };
        let (by, call) = drawn.swap_remove(place);
        let before = model.clone();
        let expected = model.apply(by, call, height);
        accepted += u64::from(expected.is_ok());
        seen.extend(wanted.get(&outcome_of(call, &expected)).cloned());
        let fate = if expected.is_ok() { "succeeds" } else { "is refused" };
        println!("call {number}: {call:?} by {by}, which {fate}");
        world.apply(&before, by, call, expected.err())?;
        model.check();
        if number % 25 == 0 {
            world.compare(&model, height)?;
        }
    }
    world.compare(&model, chain.height())?;
    assert!(accepted > CALLS / 4, "only {accepted} calls were accepted, which tries little");
    assert_eq!(seen, wanted, "the outcomes that occurred, and those that the test waits for");
    Ok(())
}

/// The functions that change the register, as its source has them.
fn functions() -> BTreeSet<String> {
    let source = include_str!("../../contracts/register/src/lib.rs");
    let changing = source.split("pub fn ").skip(1).filter_map(|rest| {
        let (name, arguments) = rest.split_once('(')?;
        arguments.trim_start().starts_with("&mut self").then_some(name)
    });
    changing.filter(|name| !OTHERS.contains(name)).map(String::from).collect()
}

/// The function of an accepted call, or the name of the refusal.
fn outcome_of(call: Call, result: &Result<(), Refused>) -> String {
    match result {
        Ok(()) => function_of(call),
        Err(refused) => refused.name().into(),
    }
}

/// The function that a call makes: `SetToday { day: 7 }` makes `set_today`.
fn function_of(call: Call) -> String {
    let text = format!("{call:?}");
    let mut function = String::new();
    for letter in text.chars().take_while(|letter| letter.is_alphanumeric()) {
        if letter.is_uppercase() && !function.is_empty() {
            function.push('_');
        }
        function.extend(letter.to_lowercase());
    }
    if function == "force" { String::from("force_transfer") } else { function }
}

fn document(name: usize) -> String {
    ["prospectus", "terms", "report"][name].into()
}

/// The register on the chain.
struct World<'a> {
    chain: &'a Chain,
    shares: RegisterClient<Deployed>,
    people: &'a [Signer; PEOPLE],
    attesters: [Attester; ATTESTERS],
    /// Of each attester, for each holder.
    wallets: [[Wallet; HOLDERS]; ATTESTERS],
    tags: [Field; HOLDERS],
    blocked: [IndexedTree<BLOCKED>; 2],
    /// A proof that was good once, for calls that are refused before it is looked at.
    spare: Proof<Eligible>,
}

impl<'a> World<'a> {
    fn open(chain: &'a Chain, people: &'a [Signer; PEOPLE]) -> Result<Self, Failure> {
        let shares = chain.deploy(&people[0], register::init("Model".into(), SUPPLY, 0))?;
        let attesters = [99, 98].map(|key| Attester::new(Scalar::from(key)));
        // The day moves on, and credentials outlast it.
        let attributes = Attributes { expires: day(2036, 3, 1), ..eligible() };
        let wallets = attesters.each_ref().map(|by| [1, 2].map(|key| wallet(by, key, attributes)));
        let mut other = sanctions();
        other.insert(Field::from(276)).map_err(|error| Failure::new(error.to_string()))?;
        let limited = Policy { limit: PROVEN_LIMIT, ..policy(&attesters[0]) };
        shares.by(&people[0]).set_policy(Some(limited)).succeeds();
        let terms = shares.terms(people[0].account())?;
        let tags = wallets[0].each_ref().map(|wallet| wallet.tag(terms.scope));
        let spare = Statement::of(&attesters[0], &wallets[0][0], terms)?.prove(chain)?;
        let blocked = [sanctions(), other];
        Ok(Self { chain, shares, people, attesters, wallets, tags, blocked, spare })
    }

    fn policy(&self, today: u32) -> Policy {
        let born_until = today - ADULT_DAYS;
        Policy { limit: PROVEN_LIMIT, today, born_until, ..policy(&self.attesters[0]) }
    }

    fn key(&self, attester: usize) -> Field {
        self.attesters[attester].key().u()
    }

    /// Makes a call that the model, as it was before the call, refuses for this reason or accepts.
    fn apply(&self, model: &Model, by: usize, call: Call, refusal: Option<Refused>) -> TestResult {
        let shares = self.shares.by(&self.people[by]);
        let id = |person: usize| who(&self.people[person]);
        let reason = || String::from("as rolled");
        let height = self.chain.height() + 1;
        let sent = match call {
            Call::Transfer { to, amount } => shares.transfer(id(to), amount),
            Call::TransferFrom { owner, to, amount } => shares.transfer_from(id(owner), id(to), amount),
            Call::Approve { spender, allowed, blocks } => {
                shares.approve(id(spender), 0, allowed, height + blocks)
            }
            Call::TransferBatch { items } => shares.transfer_batch(self.items(items)),
            Call::SetOperator { operator, blocks } => {
                shares.set_operator(id(operator), blocks.map(|blocks| height + blocks))
            }
            Call::SetPolicy => shares.set_policy(Some(self.policy(model.today))),
            Call::EndPolicy => shares.set_policy(None),
            Call::SetToday { day } => shares.set_today(day, 10),
            Call::SetBlocked { list } => shares.set_blocked(self.blocked[list].root()),
            Call::Trust { attester, instead } => {
                shares.trust(trusted(&self.attesters[attester]), instead.map(|instead| self.key(instead)))
            }
            Call::Distrust { attester } => shares.distrust(self.key(attester)),
            Call::Force { from, to, amount } => shares.force_transfer(id(from), id(to), amount, reason()),
            Call::MoveDividends { from, to } => shares.move_dividends(id(from), id(to), reason()),
            Call::Recover { from, to } => shares.recover(id(from), id(to), reason()),
            Call::Issue { to, amount } => shares.issue(id(to), amount, 0),
            Call::IssueLocked { to, amount, blocks } => shares.issue(id(to), amount, height + blocks),
            Call::Redeem { from, amount } => shares.redeem(id(from), amount, reason()),
            Call::List { person, limit } => shares.list(id(person), limit),
            Call::ListBatch { items } => shares.list_batch(self.items(items)),
            Call::Unlist { person } => shares.unlist(id(person)),
            Call::Lift { person } => shares.lift(id(person)),
            Call::SetLimit { person, limit } => shares.set_limit(id(person), limit),
            Call::Freeze { person } => shares.freeze(id(person), reason()),
            Call::Unfreeze { person } => shares.unfreeze(id(person)),
            Call::FreezeHolder { holder } => shares.freeze_holder(self.tags[holder], reason()),
            Call::UnfreezeHolder { holder } => shares.unfreeze_holder(self.tags[holder]),
            Call::BarHolder { holder } => shares.bar_holder(self.tags[holder]),
            Call::LiftHolder { holder } => shares.lift_holder(self.tags[holder]),
            Call::FreezePart { person, amount } => shares.freeze_part(id(person), amount, reason()),
            Call::Lock { person, amount, blocks } => shares.lock(id(person), amount, height + blocks),
            Call::Identify { person, holder } => shares.identify(id(person), self.tags[holder]),
            Call::SetCountry { person, country } => shares.set_country(id(person), country),
            Call::SetCaps { holders, share } => shares.set_caps(Most { supply: None, holders, share }),
            Call::CapSupply { supply } => shares.set_caps(Most { supply: Some(supply), ..Most::default() }),
            Call::SetCountryCap { country, most } => shares.set_country_cap(country, most),
            Call::SetDocument { name, hash } => {
                shares.set_document(document(name), [hash; 32], ADDRESS.into())
            }
            Call::RemoveDocument { name } => shares.remove_document(document(name)),
            Call::Appoint { person } => shares.appoint(id(person)),
            Call::Dismiss { person } => shares.dismiss(id(person)),
            Call::OfferOffice { office, to } => shares.offer_office(office, to.map(id)),
            Call::TakeOffice { office } => shares.take_office(office),
            Call::Pause => shares.pause(),
            Call::Resume => shares.resume(),
            // These return something.
            Call::Admit { holder, attester } => {
                judge(self.admit(model, by, holder, attester)?, refusal);
                return Ok(());
            }
            Call::TakeSnapshot => {
                judge(shares.take_snapshot(), refusal);
                return Ok(());
            }
            Call::Distribute { lux } => {
                let amount = Dusk::from_lux(lux);
                let attaching = self.shares.by(self.people[by].depositing(amount));
                judge(attaching.distribute(amount), refusal);
                return Ok(());
            }
            Call::Claim => {
                self.claim(by, refusal);
                return Ok(());
            }
        };
        judge(sent, refusal);
        Ok(())
    }

    fn items(&self, items: [(usize, u64); 2]) -> Vec<Item> {
        items.map(|(person, amount)| Item { account: who(&self.people[person]), amount }).into()
    }

    /// An account shows a holder's proof by an attester's word.
    fn admit(&self, model: &Model, by: usize, holder: usize, attester: usize) -> Result<Shown, Failure> {
        let (account, tag) = (&self.people[by], self.tags[holder]);
        let is_trusted = model.attesters.iter().any(|known| known.0 == attester);
        let proof = if model.open && is_trusted {
            let terms = self.shares.terms_of(account.account(), self.key(attester))?;
            let (by, wallet) = (&self.attesters[attester], &self.wallets[attester][holder]);
            Statement::under(by, wallet, terms, &self.blocked[model.blocked])?.prove(self.chain)?
        } else {
            self.spare
        };
        let shares = self.shares.by(account);
        Ok(match model.attesters.first() {
            Some((first, _)) if *first == attester => shares.admit(tag, proof),
            _ => shares.admit_by(self.key(attester), tag, proof),
        })
    }

    /// The account gets the payment that the contract states.
    fn claim(&self, by: usize, refusal: Option<Refused>) {
        let claimant = &self.people[by];
        let before = self.chain.balance(claimant);
        let sent = self.shares.by(claimant).claim();
        match refusal {
            Some(refusal) => drop(sent.refused(refusal)),
            None => {
                let claimed = sent.succeeds();
                assert_eq!(self.chain.balance(claimant), before - claimed.fee() + claimed.value());
            }
        }
    }

    fn compare(&self, model: &Model, height: u64) -> TestResult {
        for (person, expected) in model.people.iter().enumerate() {
            let position = self.shares.position(who(&self.people[person]))?;
            let (standing, locked) = (model.standing(person), model.locked(person, height));
            let proven = model.proven(person);
            let expected = Position {
                shares: expected.shares,
                free: expected.shares.saturating_sub(locked.max(expected.part)),
                limit: expected.limit.or(proven.map(|_| PROVEN_LIMIT)).unwrap_or_default(),
                listed: expected.limit.is_some(),
                proven_until: proven.map(|by| by.until),
                barred: standing.barred,
                frozen: standing.frozen,
                frozen_part: expected.part,
                lots: expected
                    .lots
                    .iter()
                    .filter(|lot| lot.1 > height)
                    .map(|lot| Lot { amount: lot.0, until: lot.1 })
                    .collect(),
                grants: expected
                    .grants
                    .iter()
                    .map(|grant| Grant {
                        spender: who(&self.people[grant.0]),
                        allowed: grant.1,
                        until: grant.2,
                    })
                    .collect(),
                country: standing.country,
                tag: expected.tied.map(|holder| self.tags[holder]),
                claimable: Dusk::from_lux(expected.claimable),
                successor: expected.successor.map(|successor| who(&self.people[successor])),
            };
            assert_eq!(position, expected, "person {person}");
        }
        for (holder, tag) in self.tags.into_iter().enumerate() {
            let Standing { frozen, barred, country } = model.holders[holder];
            let expected = Holding { shares: model.held_by(holder), frozen, barred, country };
            assert_eq!(self.shares.holder(tag)?, expected, "holder {holder}");
        }
        self.compare_policy(model)?;
        let status = self.shares.status()?;
        assert_eq!(status.caps, model.caps);
        assert_eq!((status.supply, status.paused, status.today), (model.supply, model.paused, model.today));
        assert_eq!((status.issuer, status.holders), (who(&self.people[model.issuer]), model.count(None)));
        for country in status.countries {
            assert_eq!(country.holders, model.count(Some(country.country)), "country {}", country.country);
        }
        for person in 0..PEOPLE {
            let is_officer = self.shares.is_officer(who(&self.people[person]))?;
            assert_eq!(is_officer, model.officers.contains(&person), "office of person {person}");
        }
        let documents = model.documents.iter().map(|(name, hash, height)| Document {
            name: document(*name),
            hash: [*hash; 32],
            address: ADDRESS.into(),
            height: *height,
        });
        assert_eq!(self.shares.documents()?, documents.collect::<Vec<_>>());
        self.compare_snapshots(model)?;
        let counted = [status.distributed, status.carried];
        assert_eq!(counted, [model.distributed, model.carried].map(Dusk::from_lux));
        let balance = self.chain.balance(self.shares.id());
        assert_eq!(balance, Dusk::from_lux(model.owed() + model.carried), "the contract has what it owes");
        Ok(())
    }

    /// What is to be proved, as long as proofs are accepted.
    fn compare_policy(&self, model: &Model) -> TestResult {
        let found = self.shares.policy()?.map(|policy| {
            let keys: Vec<Field> = policy.attesters.iter().map(|attester| attester.key).collect();
            (keys, policy.blocked, policy.today)
        });
        let keys: Vec<Field> = model.attesters.iter().map(|known| self.key(known.0)).collect();
        let expected = (keys, self.blocked[model.blocked].root(), model.today);
        assert_eq!(found, model.open.then_some(expected));
        Ok(())
    }

    /// The first snapshot and the last one say who held what.
    fn compare_snapshots(&self, model: &Model) -> TestResult {
        for (height, shares) in model.snapshots.first().into_iter().chain(model.snapshots.last()) {
            let mut all = Vec::new();
            for (person, shares) in shares.iter().enumerate() {
                let who = who(&self.people[person]);
                assert_eq!(self.shares.held_at(who, *height)?, *shares, "person {person} at {height}");
                all.extend((*shares > 0).then_some(Held { who, shares: *shares }));
            }
            all.sort_by_key(|held| held.who);
            assert_eq!(self.shares.holders_at(*height, None)?, all, "at {height}");
        }
        Ok(())
    }
}

fn judge<T>(sent: Sent<T, Refused>, refusal: Option<Refused>) {
    match refusal {
        Some(refusal) => drop(sent.refused(refusal)),
        None => drop(sent.succeeds()),
    }
}
