//! One round of four members, with every order in which messages and timeouts can come to one of them.
//!
//! The machine is the shipped one, with ideal signatures. Each order is run from the start, so nothing is left out.

use std::collections::BTreeMap;

use local_node_consensus::Input;
use local_node_consensus::committee::Committees;
use local_node_sim::keys::{Scheme, key, version};
use local_node_sim::ledger::{Ledger, Rules};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{ConsensusHeader, StepName, Vote};
use local_node_types::message::{Message, SignedBy, Validation, validation_bytes};

use crate::member::{Member, Thing, signer_of};

/// The credits for a valid result, and for any other result.
const FOR_VALID: u32 = 43;
const OTHERWISE: u32 = 33;
/// The most things whose orders are tried: 40,320 orders.
const MAX_THINGS: usize = 8;

/// It has voted once in each step at most, and whatever it says has ended rests on enough credits.
fn check(member: &Member, committees: &mut Committees, order: &[usize]) {
    let mut votes = BTreeMap::new();
    for message in &member.said {
        let cast = match message {
            Message::Validation(vote) => Some((vote.header, StepName::Validation, vote.vote)),
            Message::Ratification(vote) => Some((vote.header, StepName::Ratification, vote.vote)),
            _ => None,
        };
        if let Some((header, step, vote)) = cast {
            let first = *votes.entry((header.iteration, step)).or_insert(vote);
            assert_eq!(first, vote, "two votes in {step:?} of {header:?}, in the order {order:?}");
        }
        let Message::Quorum(quorum) = message else { continue };
        let (iteration, attestation) = (quorum.header.iteration, &quorum.attestation);
        let vote = attestation.result.vote();
        let needed = if vote.is_valid() { FOR_VALID } else { OTHERWISE };
        let mut credits = |step, bitset| committees.voting(iteration, step).credits(bitset);
        assert!(credits(StepName::Ratification, attestation.ratification.bitset) >= needed, "{order:?}");
        let validated = credits(StepName::Validation, attestation.validation.bitset);
        assert!(*vote == Vote::NoQuorum || validated >= needed, "{validated} credits in the order {order:?}");
    }
}

fn committees(ledger: &Ledger) -> Committees {
    let tip = ledger.tip();
    Committees::new(tip.provisioners.clone(), tip.block.header.seed, 1)
}

/// The messages of the members when nothing goes wrong.
fn said_by_all(ledger: &Ledger) -> Vec<Message> {
    let mut members: Vec<_> = (1..=4).map(|number| Member::new(ledger, number)).collect();
    let mut said = Vec::new();
    while let Some(from) = members.iter().position(|member| !member.said.is_empty()) {
        for message in std::mem::take(&mut members[from].said) {
            members.iter_mut().for_each(|member| member.take(Input::Message(message.clone())));
            said.push(message);
        }
    }
    assert!(members.iter().all(|member| member.decided.len() == 1));
    said
}

/// Runs every order of some things; returns how many orders there are, and in how many the block was decided.
fn all_orders(ledger: &Ledger, number: u64, things: &[Thing]) -> (usize, usize) {
    assert!(things.len() <= MAX_THINGS, "{} things", things.len());
    let mut committees = committees(ledger);
    let (mut orders, mut decided) = (0, 0);
    let mut order: Vec<usize> = (0..things.len()).collect();
    loop {
        let mut member = Member::new(ledger, number);
        order.iter().for_each(|place| member.on(&things[*place]));
        check(&member, &mut committees, &order);
        assert!(member.decided.len() <= 1, "{order:?}");
        (orders, decided) = (orders + 1, decided + member.decided.len());
        if !next_order(&mut order) {
            return (orders, decided);
        }
    }
}

/// The next order in the order of a dictionary; false after the last one.
fn next_order(order: &mut [usize]) -> bool {
    let Some(pivot) = (1..order.len()).rev().find(|place| order[place - 1] < order[*place]) else { return false };
    let after = (pivot..order.len()).rev().find(|place| order[*place] > order[pivot - 1]).unwrap_or(pivot);
    order.swap(pivot - 1, after);
    order[pivot..].reverse();
    true
}

/// A member that votes in both steps of the first iteration, what the others say to it, and who votes in validation.
fn case(ledger: &Ledger) -> (u64, Vec<Message>, Vec<BlsKey>) {
    let mut committees = committees(ledger);
    let [validation, ratification] =
        [StepName::Validation, StepName::Ratification].map(|step| committees.voting(0, step));
    let votes = |number: &u64| validation.place(&key(*number)).is_some() && ratification.place(&key(*number)).is_some();
    let number = (1..=4).find(votes).expect("some member votes in both");
    let messages = said_by_all(ledger).into_iter();
    let others = messages.filter(|it| signer_of(it).is_some_and(|signer| signer != key(number))).collect();
    (number, others, validation.members().iter().map(|member| member.key).collect())
}

fn ledger() -> Ledger {
    Ledger::new(Scheme::Ideal.provisioners(&[2000; 4]), Rules::CHAIN)
}

#[test]
fn every_order_of_what_all_members_say_decides_the_block_once() {
    let ledger = ledger();
    let (number, others, _) = case(&ledger);
    let things: Vec<_> = others.into_iter().map(Thing::Message).collect();
    let (orders, decided) = all_orders(&ledger, number, &things);
    assert!(orders >= 6, "{orders} orders");
    assert_eq!(decided, orders);
}

#[test]
fn timeouts_and_a_member_that_contradicts_itself_break_no_rule_in_any_order() {
    let ledger = ledger();
    let (number, others, validators) = case(&ledger);
    let liar = validators.into_iter().find(|validator| *validator != key(number)).expect("it is not alone");
    let liar = (1..=4).find(|number| key(*number) == liar).expect("it is one of the four");
    let header = ConsensusHeader { prev_block_hash: ledger.tip().block.header.hash, round: 1, iteration: 0 };
    let bytes = validation_bytes(&header, &Vote::NoCandidate);
    let signature = Scheme::Ideal.signer(&[liar]).sign(&key(liar), &bytes, version(1)).expect("it is its key");
    let signed = SignedBy { signer: key(liar), signature };
    let lie = Message::Validation(Box::new(Validation { header, vote: Vote::NoCandidate, signed }));
    let mut things: Vec<_> = others.into_iter().map(Thing::Message).collect();
    things.push(Thing::Message(lie));
    things.extend([Thing::Timeout, Thing::Timeout]);
    let (orders, decided) = all_orders(&ledger, number, &things);
    assert!(decided > 0 && decided < orders, "{decided} of {orders}");
}
