//! Attempts of somebody who passes messages on, or signs as many as it likes: to be believed, to have others punished,
//! to silence them, or to fill the memory.

use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::data::{ContractCall, TransactionData};
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_consensus::header::Verifier;
use local_node_consensus::signing::Keyring;
use local_node_consensus::{
    Consensus, Input, MAX_BLOCK_BYTES, Offence, Output, Provisioners, Stake, TipContext, Verdict, attestation,
    check_candidate,
};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, Fault, LedgerTransaction, MAX_FAULTS, MAX_TRANSACTIONS, RatificationResult,
    Statement, StepName, StepVotes, Vote,
};
use local_node_types::message::{
    InventoryItem, Message, Ratification, SignedBy, Validation, ValidationResult, ratification_bytes, validation_bytes,
};

use crate::rounds::{NOW, STAKERS, all_said, chain, config, decided, node, of_step, quorum, relayed};
use crate::support::{DUSK, build, key, public, secret};

/// All that is said in the round after the block, and the chain with the block.
fn next_round() -> (crate::support::Chain, Vec<Message>) {
    let (_, block) = all_said();
    let mut chain = chain();
    chain.accept(config(), block, NOW).expect("the block is accepted");
    let mut ahead = Consensus::new(config(), (1..=STAKERS).map(secret).collect());
    let (mut said, mut inputs) = (Vec::new(), vec![Input::NewTip(Box::new(chain.context()))]);
    while let Some(input) = inputs.pop() {
        for output in ahead.step(NOW, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(message) => said.push(message),
                _ => {}
            }
        }
    }
    (chain, said)
}

/// A vote in validation that a provisioner signs for any round.
pub(crate) fn vote(number: u64, header: ConsensusHeader, vote: Vote) -> Message {
    let version = config().profile.at(header.round).fork().bls_version();
    let signature = Keyring::new(vec![secret(number)]).sign(&key(number), &validation_bytes(&header, &vote), version);
    let signed = SignedBy { signer: key(number), signature: signature.expect("it holds the key") };
    Message::Validation(Box::new(Validation { header, vote, signed }))
}

#[allow(clippy::vec_box, reason = "messages hold them in boxes")]
fn ratifications(said: &[Message]) -> Vec<Box<Ratification>> {
    let votes = of_step(said, StepName::Ratification).into_iter();
    votes.map(|message| if let Message::Ratification(vote) = message { vote } else { unreachable!() }).collect()
}

#[test]
fn votes_of_one_step_prove_nothing_about_another() {
    let (said, block) = all_said();
    let Message::Quorum(good) = quorum(&said) else { unreachable!() };
    let Attestation { validation, ratification, result } = good.attestation;
    let of_validation = RatificationResult::Success(Vote::Valid([7; 32]));
    for (name, forged) in [
        ("swapped", Attestation { validation: ratification, ratification: validation, result }),
        ("validation twice", Attestation { ratification: validation, ..good.attestation }),
        ("ratification twice", Attestation { validation: ratification, ..good.attestation }),
        ("another block", Attestation { result: of_validation, ..good.attestation }),
        (
            "a failure",
            Attestation { result: RatificationResult::Fail(Vote::Invalid(block.header.hash)), ..good.attestation },
        ),
        ("no candidate", Attestation { result: RatificationResult::Fail(Vote::NoCandidate), ..good.attestation }),
        ("nobody", Attestation { validation: StepVotes::default(), ..good.attestation }),
        (
            "nobody with a signature",
            Attestation { ratification: StepVotes { bitset: 0, ..ratification }, ..good.attestation },
        ),
        (
            "all bits",
            Attestation {
                ratification: StepVotes { bitset: u64::MAX, ..ratification },
                result,
                validation: StepVotes { bitset: 0, ..validation },
            },
        ),
    ] {
        let mut quorum = good.clone();
        quorum.attestation = forged;
        assert!(node([]).step(NOW, Input::Message(Message::Quorum(quorum))).is_empty(), "{name}");
    }
}

#[test]
fn bits_that_name_nobody_add_nothing() {
    let (said, _) = all_said();
    let Message::Quorum(good) = quorum(&said) else { unreachable!() };
    let mut verifier = Verifier::new(config(), chain().context());
    let mut committees = verifier.committees().clone();
    let members = committees.voting(0, StepName::Validation).members().len();
    let mut padded = good.attestation;
    padded.validation.bitset |= u64::MAX << members;
    let verify = |verifier: &mut Verifier, attestation: &Attestation| {
        verifier.verify_attestation(attestation, &good.header, attestation::Expected::Any)
    };
    let honest = verify(&mut verifier, &good.attestation).expect("it holds");
    assert_eq!(verify(&mut verifier, &padded).expect("the members are the same"), honest);
    assert_eq!(attestation::voters(&padded, 0, &mut committees), honest);
}

#[test]
fn an_altered_result_does_not_take_the_place_of_a_members_vote() {
    let (said, block) = all_said();
    let votes = ratifications(&said);
    let altered = |vote: &Ratification, change: fn(&mut ValidationResult)| {
        let mut vote = *vote;
        change(&mut vote.validation);
        Message::Ratification(Box::new(vote))
    };
    let changes: [fn(&mut ValidationResult); 4] = [
        |result| result.step_votes.bitset &= 1,
        |result| result.step_votes.signature.0[5] ^= 1,
        |result| result.step_votes = StepVotes::default(),
        |result| result.vote = Vote::NoQuorum,
    ];
    // The step has not come, and nothing is known of its result.
    let mut observer = node([]);
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    for vote in &votes {
        for change in changes {
            let outputs = observer.step(NOW, Input::Message(altered(vote, change)));
            assert!(outputs.is_empty(), "{outputs:?}");
        }
    }
    assert_eq!(relayed(&observer.step(NOW, Input::Messages(of_step(&said, StepName::Ratification)))), votes.len());
    let outputs = observer.step(NOW, Input::Messages(of_step(&said, StepName::Validation)));
    assert_eq!(decided(&outputs).map(|block| block.header.hash), Some(block.header.hash), "no vote was lost");
}

#[test]
fn a_vote_is_passed_on_with_a_result_that_holds() {
    let (said, _) = all_said();
    let mut observer = node([]);
    for step in [StepName::Proposal, StepName::Validation] {
        let _ = observer.step(NOW, Input::Messages(of_step(&said, step)));
    }
    let votes = ratifications(&said);
    let mut altered = votes[0].clone();
    altered.validation.step_votes.signature.0[5] ^= 1;
    let outputs = observer.step(NOW, Input::Message(Message::Ratification(altered)));
    let passed_on = outputs.iter().find_map(|output| match output {
        Output::Relay(message @ Message::Ratification(_)) => Some(message.clone()),
        _ => None,
    });
    // Somebody who has heard nothing of the validation can count it.
    let mut other = node([]);
    let heard = other.step(NOW, Input::Message(passed_on.expect("the vote is the member's own")));
    assert_eq!(relayed(&heard), 1);
}

#[test]
fn an_altered_result_that_has_waited_does_not_cost_the_vote() {
    let (chain, said) = next_round();
    let mut observer = node([]);
    // Nobody knows the committees of the next round yet, so nobody can check results of its validation.
    for vote in ratifications(&said) {
        let mut altered = vote.clone();
        altered.validation.step_votes.bitset &= 1;
        let _ = observer.step(NOW, Input::Message(Message::Ratification(altered)));
    }
    let _ = observer.step(NOW, Input::NewTip(Box::new(chain.context())));
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    let outputs = observer.step(NOW, Input::Messages(of_step(&said, StepName::Validation)));
    assert_eq!(decided(&outputs).map(|block| block.header.height), Some(2), "the votes count");
}

#[test]
fn votes_of_a_later_round_that_no_member_casts_are_not_passed_on() {
    let refused = |message: Message| {
        let reception = node([]).receive(NOW, message);
        assert!(reception.outputs.is_empty(), "{:?}", reception.outputs);
        reception.offence
    };
    // A provisioner signs it, but validation never has this result.
    let header = ConsensusHeader { prev_block_hash: [9; 32], round: 2, iteration: 0 };
    assert_eq!(refused(vote(1, header, Vote::NoQuorum)), Some(Offence::Contents));
    // Anybody can write another result into a vote in ratification.
    let (_, said) = next_round();
    let good = ratifications(&said).remove(0);
    let mut altered = good.clone();
    altered.validation.vote = Vote::NoCandidate;
    assert_eq!(refused(Message::Ratification(altered)), Some(Offence::Contents));
    assert_eq!(relayed(&node([]).step(NOW, Input::Message(Message::Ratification(good)))), 1);
}

/// A vote in ratification that a provisioner signs for any round, with a validation result that nobody has signed.
fn unfounded(number: u64, header: ConsensusHeader, vote: Vote) -> Message {
    let version = config().profile.at(header.round).fork().bls_version();
    let signature = Keyring::new(vec![secret(number)]).sign(&key(number), &ratification_bytes(&header, &vote), version);
    let signature = signature.expect("it holds the key");
    let is_empty = vote == Vote::NoQuorum;
    let step_votes = if is_empty { StepVotes::default() } else { StepVotes { bitset: 1, signature } };
    let signed = SignedBy { signer: key(number), signature };
    let validation = ValidationResult::new(vote, step_votes);
    Message::Ratification(Box::new(Ratification { header, vote, timestamp: 0, validation, signed }))
}

#[test]
fn a_node_that_is_behind_passes_on_few_results_that_it_cannot_verify() {
    let mut observer = node([]);
    let mut passed_on = |number: u64, round: u64, vote: Vote| -> usize {
        let header = |iteration| ConsensusHeader { prev_block_hash: [9; 32], round, iteration };
        let votes = (0..50).map(|iteration| unfounded(number, header(iteration), vote));
        votes.map(|vote| relayed(&observer.step(NOW, Input::Message(vote)))).sum()
    };
    assert_eq!(passed_on(1, 2, Vote::Valid([1; 32])), 2);
    assert_eq!(passed_on(1, 3, Vote::Invalid([1; 32])), 2, "of each round");
    assert_eq!(passed_on(2, 2, Vote::NoCandidate), 2, "of each signer");
    assert_eq!(passed_on(3, 2, Vote::NoQuorum), 50, "these come with no result");
    // Nodes of that round do not know who has forged the result.
    let header = ConsensusHeader { prev_block_hash: chain().context().header.hash, round: 1, iteration: 0 };
    let mut verifier = Verifier::new(config(), chain().context());
    let committee = verifier.committees().voting(0, StepName::Ratification);
    let member = (1..=STAKERS).find(|number| committee.place(&key(*number)).is_some()).expect("somebody is drawn");
    let reception = node([]).receive(NOW, unfounded(member, header, Vote::Valid([1; 32])));
    assert_eq!((reception.offence, relayed(&reception.outputs)), (Some(Offence::Result), 0));
}

#[test]
fn a_signer_of_the_future_leaves_room_for_the_others() {
    let (chain, said) = next_round();
    let mut observer = node([]);
    // One provisioner signs for every step of every round that is kept, on a tip that it has made up.
    let headers = (2..=11)
        .flat_map(|round| (0..50).map(move |iteration| ConsensusHeader { prev_block_hash: [9; 32], round, iteration }));
    let mut kept = 0;
    for header in headers {
        kept += relayed(&observer.step(NOW, Input::Message(vote(1, header, Vote::NoCandidate))));
        let again = observer.step(NOW, Input::Message(vote(1, header, Vote::Valid([1; 32]))));
        assert!(again.is_empty(), "one of each signer and step");
    }
    assert_eq!(kept, 500);
    // The others speak as they would have.
    let is_others = |message: &&Message| match message {
        Message::Validation(vote) => vote.signed.signer != key(1),
        Message::Ratification(vote) => vote.signed.signer != key(1),
        _ => true,
    };
    let early: Vec<_> = said.iter().filter(is_others).filter(|it| !matches!(it, Message::Quorum(_))).cloned().collect();
    assert_eq!(relayed(&observer.step(NOW, Input::Messages(early.clone()))), early.len());
    let outputs = observer.step(NOW, Input::NewTip(Box::new(chain.context())));
    assert_eq!(decided(&outputs).map(|block| block.header.height), Some(2));
}

#[test]
fn messages_of_rounds_that_never_come_are_dropped() {
    let mut observer = node([]);
    for round in [0, 12, 1 << 32, u64::MAX - 1, u64::MAX] {
        for iteration in [0, 49, 50, 255] {
            let header = ConsensusHeader { prev_block_hash: [9; 32], round, iteration };
            let message = Input::Message(vote(1, header, Vote::NoCandidate));
            assert!(observer.step(NOW, message).is_empty(), "{round} {iteration}");
        }
    }
}

#[test]
fn nobody_without_an_eligible_stake_is_heard_in_advance() {
    let stakes = [(1, 0), (2, 0), (3, 0), (4, 0), (5, 3), (6, u64::MAX)];
    let stake = |since| Stake { value: 1000 * DUSK, eligible_since: since };
    let provisioners: Provisioners = stakes.map(|(number, since)| (public(number), stake(since))).into_iter().collect();
    let context = TipContext { provisioners: Arc::new(provisioners), ..chain().context() };
    let mut observer = node([]);
    let _ = observer.step(NOW, Input::NewTip(Box::new(context)));
    let mut heard = |number, round| {
        let header = ConsensusHeader { prev_block_hash: [9; 32], round, iteration: 0 };
        relayed(&observer.step(NOW, Input::Message(vote(number, header, Vote::NoCandidate))))
    };
    assert_eq!([heard(1, 2), heard(5, 2), heard(5, 3), heard(6, 2), heard(7, 2)], [1, 0, 1, 0, 0]);
}

#[test]
fn a_member_that_contradicts_itself_is_accused_once() {
    let (said, _) = all_said();
    let mut observer = node([]);
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    let votes = of_step(&said, StepName::Validation);
    let Message::Validation(first) = &votes[0] else { unreachable!() };
    let number = (1..=STAKERS).find(|number| key(*number) == first.signed.signer).unwrap();
    let _ = observer.step(NOW, Input::Message(votes[0].clone()));
    let accusations =
        |outputs: &[Output]| outputs.iter().filter(|output| matches!(output, Output::Misbehaviour(_))).count();
    // Somebody else cannot make the second vote up.
    let mut made_up = first.clone();
    made_up.vote = Vote::NoCandidate;
    assert!(observer.step(NOW, Input::Message(Message::Validation(made_up))).is_empty());
    let mut accused = 0;
    for hash in 0..50 {
        let outputs = observer.step(NOW, Input::Message(vote(number, first.header, Vote::Invalid([hash; 32]))));
        assert_eq!(relayed(&outputs), 0);
        accused += accusations(&outputs);
    }
    assert_eq!(accused, 1);
}

#[test]
fn signatures_are_for_one_step_only() {
    let (said, _) = all_said();
    let mut observer = node([]);
    for step in [StepName::Proposal, StepName::Validation] {
        let _ = observer.step(NOW, Input::Messages(of_step(&said, step)));
    }
    let [Message::Validation(validation), ..] = &of_step(&said, StepName::Validation)[..] else { unreachable!() };
    let mut retagged = ratifications(&said).remove(0);
    assert_ne!(
        validation_bytes(&validation.header, &validation.vote),
        ratification_bytes(&retagged.header, &retagged.vote)
    );
    retagged.signed = validation.signed;
    assert!(observer.step(NOW, Input::Message(Message::Ratification(retagged))).is_empty());
}

#[test]
fn the_sum_of_two_keys_is_nobodys() {
    // A holder of two keys signs for a third one that is not there.
    let (said, _) = all_said();
    let Message::Validation(good) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let mut infinity = good.clone();
    infinity.signed.signature.0 = [0; 48];
    infinity.signed.signature.0[0] = 0xc0;
    let mut nobody = infinity.clone();
    nobody.signed.signer = BlsKey([0; 96]);
    nobody.signed.signer.0[0] = 0xc0;
    let mut stranger = good.clone();
    stranger.signed.signer = BlsKey::from(&PublicKey::from(&secret(99)));
    for forged in [infinity, nobody, stranger] {
        let mut observer = node([]);
        let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
        assert!(observer.step(NOW, Input::Message(Message::Validation(forged))).is_empty());
    }
}

#[test]
fn an_altered_copy_of_a_candidate_is_dropped_and_another_asked_for() {
    let (said, block) = all_said();
    let candidate = of_step(&said, StepName::Proposal).remove(0);
    let Message::Validation(vote) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let member = (1..=STAKERS).find(|number| key(*number) == vote.signed.signer).unwrap();
    let verification = |outputs: &[Output]| {
        let request = outputs.iter().find_map(|output| match output {
            Output::Verify(request) => Some(request.id),
            _ => None,
        });
        request.expect("the candidate is to be verified")
    };
    let votes = |outputs: &[Output]| {
        outputs.iter().filter(|output| matches!(output, Output::Broadcast(Message::Validation(_)))).count()
    };
    let asks = |outputs: &[Output]| {
        outputs.iter().any(|output| {
            matches!(output, Output::Request(inventory)
                if inventory.items == [InventoryItem::CandidateFromHash(block.header.hash)])
        })
    };
    // The node after so many altered copies, and what it said last.
    let after = |copies: usize| {
        let (mut node, mut outputs) = (node([member]), Vec::new());
        for _ in 0..copies {
            let request = verification(&node.step(NOW, Input::Message(candidate.clone())));
            outputs = node.step(NOW, Input::Verified { request, verdict: Verdict::Altered });
            assert_eq!(votes(&outputs), 0, "nobody knows who has altered it");
        }
        (node, outputs)
    };
    for copies in 1..4 {
        let (mut node, outputs) = after(copies);
        assert!(asks(&outputs));
        let request = verification(&node.step(NOW, Input::Message(candidate.clone())));
        assert_eq!(votes(&node.step(NOW, Input::Verified { request, verdict: Verdict::Valid })), 1);
    }
    // Repeated alterations are not verified for ever.
    let (mut node, outputs) = after(4);
    assert!(!asks(&outputs));
    assert!(node.step(NOW, Input::Message(candidate.clone())).is_empty());
}

/// A transaction that calls a function with so many bytes.
fn transaction(bytes: usize) -> LedgerTransaction {
    let contract = ContractId::from_bytes([3; 32]);
    let call = ContractCall { contract, fn_name: "store".to_owned(), fn_args: vec![7; bytes] };
    let data = Some(TransactionData::Call(call));
    let transaction = Transaction::moonlight(&secret(1), None, 5, 0, 100_000, 1, 1, 0, data);
    LedgerTransaction::new(transaction.expect("a transaction"), TransactionFormat::Boreas)
}

#[test]
fn a_candidate_with_more_than_a_block_may_hold_is_dropped() {
    let (said, block) = all_said();
    let Message::Validation(vote) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let SignedBy { signer, signature } = vote.signed;
    let says = |payload| Statement { header: vote.header, signer, signature, payload };
    let fault = Fault::DoubleValidationVote(Box::new([says(Vote::NoCandidate), says(vote.vote)]));
    let with = |transactions: Vec<LedgerTransaction>, faults: usize| {
        let mut block = Block { transactions, faults: vec![fault.clone(); faults], ..block.clone() };
        block.header.tx_root = block.compute_tx_root();
        block.header.fault_root = block.compute_fault_root();
        block.header.hash = block.header.compute_hash();
        check_candidate(&block)
    };
    let short = transaction(0);
    assert_eq!(with(vec![short.clone(); MAX_TRANSACTIONS], MAX_FAULTS), Ok(()));
    assert_eq!(with(vec![short.clone(); MAX_TRANSACTIONS + 1], 0), Err("too many transactions"));
    assert_eq!(with(vec![short], MAX_FAULTS + 1), Err("too many faults"));
    assert_eq!(with(vec![transaction(MAX_BLOCK_BYTES - 10_000)], 0), Ok(()));
    assert_eq!(with(vec![transaction(MAX_BLOCK_BYTES)], 0), Err("too many bytes"));
}

#[test]
fn votes_that_only_hold_together_do_not_silence_their_members() {
    let (said, _) = all_said();
    let votes = of_step(&said, StepName::Validation);
    let [Message::Validation(a), Message::Validation(b)] = &votes[..2] else { unreachable!() };
    let (mut swapped_a, mut swapped_b) = (a.clone(), b.clone());
    (swapped_a.signed.signature, swapped_b.signed.signature) = (b.signed.signature, a.signed.signature);
    let mut observer = node([]);
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    // A node that has heard both can send them like this: they count, and others drop them where they come one by one.
    let forged = vec![Message::Validation(swapped_a.clone()), Message::Validation(swapped_b)];
    assert_eq!(relayed(&observer.step(NOW, Input::Messages(forged))), 2);
    for vote in &votes[..2] {
        assert_eq!(relayed(&observer.step(NOW, Input::Message(vote.clone()))), 1, "the right one is passed on");
        assert!(observer.step(NOW, Input::Message(vote.clone())).is_empty(), "once");
    }
    assert!(observer.step(NOW, Input::Message(Message::Validation(swapped_a))).is_empty());
    // One that was right from the first is not passed on again, whatever comes after it.
    let Message::Validation(c) = &votes[2] else { unreachable!() };
    assert_eq!(relayed(&observer.step(NOW, Input::Message(votes[2].clone()))), 1);
    let mut wrong = c.clone();
    wrong.signed.signature = a.signed.signature;
    for again in [wrong, c.clone()] {
        assert!(observer.step(NOW, Input::Message(Message::Validation(again))).is_empty());
    }
}
