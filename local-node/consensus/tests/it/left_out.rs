//! Messages that waited for an iteration of emergency mode, and the round left it out: it stays open, so they count.

use local_node_consensus::committee::Committees;
use local_node_consensus::signing::Keyring;
use local_node_consensus::{EMERGENCY_ITERATION, Input, Output, TipContext};
use local_node_types::ledger::{ConsensusHeader, StepName, StepVotes, Vote};
use local_node_types::message::{
    Message, Ratification, SignedBy, ValidationQuorum, ValidationResult, ratification_bytes, validation_bytes,
};

use crate::attacks::vote;
use crate::meeting::{Listener, MANY, is_member};
use crate::rounds::{NOW, STAKERS, all_said, chain, config, decided, of_step, relayed, said_in_emergency};
use crate::support::{key, provisioners, secret};

/// Has more than a third of the stake go on to a later iteration than that of `header`, and the listener after it.
fn leave_out(listener: &mut Listener, header: ConsensusHeader) -> Vec<Output> {
    let all = |iteration: &u8| MANY.iter().all(|number| is_member(*number, *iteration));
    let later = (header.iteration + 2..50).find(all).expect("they are members together in some iteration");
    for number in MANY {
        let header = ConsensusHeader { iteration: later, ..header };
        listener.take(Input::Message(vote(number, header, Vote::Valid([7; 32]))));
    }
    let outputs = listener.run_out();
    assert_eq!(listener.iteration(), later);
    outputs
}

fn ratified(outputs: &[Output], of: ConsensusHeader) -> usize {
    let is_vote = |output: &&Output| matches!(output, Output::Broadcast(Message::Ratification(it)) if it.header == of);
    outputs.iter().filter(is_vote).count()
}

#[test]
fn votes_that_waited_for_an_iteration_that_was_left_out_decide_its_block() {
    let (header, said) = said_in_emergency();
    let votes: Vec<_> = said.into_iter().filter(|message| !matches!(message, Message::Quorum(_))).collect();
    let mut listener = Listener::in_round([], chain().context());
    let outputs = listener.take(Input::Messages(votes.clone()));
    assert_eq!((relayed(&outputs), decided(&outputs)), (votes.len(), None), "they wait for their steps");
    let outputs = leave_out(&mut listener, header);
    assert_eq!(decided(&outputs).map(|block| block.header.iteration), Some(header.iteration));
    assert_eq!(relayed(&outputs), 0, "they were passed on when they came");
    assert_eq!(relayed(&listener.take(Input::Messages(votes))), 0, "they are known");
}

#[test]
fn votes_that_waited_for_an_iteration_that_was_left_out_count_together_with_those_that_come_later() {
    let (header, said) = said_in_emergency();
    let mut listener = Listener::in_round([], chain().context());
    let ratifications = of_step(&said, StepName::Ratification);
    listener.take(Input::Messages(of_step(&said, StepName::Proposal)));
    listener.take(Input::Messages(of_step(&said, StepName::Validation)));
    listener.take(Input::Message(ratifications[0].clone()));
    assert_eq!(decided(&leave_out(&mut listener, header)), None, "one vote is no quorum");
    let outputs = listener.take(Input::Messages(ratifications[1..].to_vec()));
    assert_eq!(decided(&outputs).map(|block| block.header.iteration), Some(header.iteration));
}

/// A ratification comes with the proof that the block is valid, so whoever is in that committee can ratify it as well.
#[test]
fn a_member_ratifies_in_an_open_iteration_whenever_the_proof_of_the_validation_came() {
    let (header, said) = said_in_emergency();
    let ratifications = of_step(&said, StepName::Ratification);
    let Message::Ratification(own) = &ratifications[0] else { unreachable!() };
    let member = (1..=STAKERS).find(|number| key(*number) == own.signed.signer).expect("a provisioner voted");
    let others = || Input::Message(ratifications[1].clone());

    let mut listener = Listener::in_round([member], chain().context());
    leave_out(&mut listener, header);
    assert_eq!(ratified(&listener.take(others()), header), 1, "it came when the iteration was left out already");

    let mut listener = Listener::in_round([member], chain().context());
    listener.take(others());
    assert_eq!(ratified(&leave_out(&mut listener, header), header), 1, "it waited for the iteration");

    let resumed = TipContext { resume: Some(EMERGENCY_ITERATION), ..chain().context() };
    let mut listener = Listener::in_round([member], resumed);
    listener.take(others());
    assert_eq!(ratified(&listener.run_out(), header), 0, "the validation begins");
    assert_eq!(ratified(&listener.run_out(), header), 1, "it waited for the step");
    assert_eq!(ratified(&listener.take(Input::Message(ratifications[2].clone())), header), 0, "it votes once");
}

#[test]
fn whoever_brings_a_step_about_is_not_blamed_for_what_has_waited_for_it() {
    let mut chain = chain();
    chain.accept(config(), all_said().1, NOW).expect("the block is accepted");
    let (round, iteration) = (2, EMERGENCY_ITERATION);
    let header = ConsensusHeader { prev_block_hash: chain.tip().hash, round, iteration };
    let mut committees = Committees::new(provisioners(STAKERS), chain.tip().seed, round);
    let stranger = committees.generator(iteration).expect("somebody is drawn");
    let keys = Keyring::new((1..=STAKERS).map(secret).collect());
    let version = config().profile.at(round).fork().bls_version();

    // Nobody knows the committees of the next round, so anybody's vote waits for it.
    let mut listener = Listener::in_round([], crate::rounds::chain().context());
    let signature = keys.sign(&stranger, &ratification_bytes(&header, &Vote::NoQuorum), version).expect("it is held");
    let validation = ValidationResult::new(Vote::NoQuorum, StepVotes::default());
    let signed = SignedBy { signer: stranger, signature };
    let early = Ratification { header, vote: Vote::NoQuorum, timestamp: 0, validation, signed };
    assert_eq!(relayed(&listener.take(Input::Message(Message::Ratification(Box::new(early))))), 1);
    listener.take(Input::NewTip(Box::new(chain.context())));
    while listener.iteration() < iteration {
        listener.run_out();
    }
    // The proposal runs out, and validation begins.
    listener.run_out();

    let vote = Vote::Valid([7; 32]);
    let members: Vec<_> =
        committees.voting(iteration, StepName::Validation).members().iter().map(|it| it.key).collect();
    let signature = keys.sign_together(&members, &validation_bytes(&header, &vote), version).expect("they are held");
    let votes = StepVotes { bitset: u64::MAX >> (64 - members.len()), signature };
    let result = ValidationQuorum { header, result: ValidationResult::new(vote, votes) };
    let reception = listener.node.receive(NOW, Message::ValidationQuorum(Box::new(result)));
    assert!(!reception.outputs.is_empty(), "the ratification begins");
    assert_eq!(reception.offence, None);
}
