//! Single rules of a round, tried on one node that hears what others say.

use local_node_consensus::{
    Config, Consensus, EMERGENCY_ITERATION, Input, Millis, Offence, Output, Persist, TimerId, Verdict, is_emergency,
};
use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{Block, ConsensusHeader, RatificationResult, StepName, Vote};
use local_node_types::message::{InventoryItem, Message, Quorum};

use crate::support::{Chain, GENESIS_TIME, Rng, build, key, provisioners, secret, verify};

pub(crate) const STAKERS: u64 = 6;
pub(crate) const NOW: Millis = Millis::from_secs(GENESIS_TIME);

pub(crate) fn config() -> Config {
    Config::local(Millis(0))
}

pub(crate) fn chain() -> Chain {
    Chain::new(provisioners(STAKERS))
}

/// A node that has heard of the genesis block.
pub(crate) fn node(keys: impl IntoIterator<Item = u64>) -> Consensus {
    let mut node = Consensus::new(config(), keys.into_iter().map(secret).collect());
    let _ = node.step(NOW, Input::NewTip(Box::new(chain().context())));
    node
}

/// Everything that all provisioners say in the first iteration, and the block.
pub(crate) fn all_said() -> (Vec<Message>, Block) {
    let mut node = Consensus::new(config(), (1..=STAKERS).map(secret).collect());
    let mut inputs = vec![Input::NewTip(Box::new(chain().context()))];
    let (mut said, mut block) = (Vec::new(), None);
    while let Some(input) = inputs.pop() {
        for output in node.step(NOW, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(message) => said.push(message),
                Output::Decide(decision) => block = Some(decision.block),
                _ => {}
            }
        }
    }
    (said, block.expect("all votes are there"))
}

pub(crate) fn of_step(said: &[Message], step: StepName) -> Vec<Message> {
    let wanted = |message: &&Message| {
        !matches!(message, Message::Quorum(_)) && message.consensus_step().is_some_and(|(_, of)| of == step)
    };
    said.iter().filter(wanted).cloned().collect()
}

pub(crate) fn quorum(said: &[Message]) -> Message {
    said.iter().find(|message| matches!(message, Message::Quorum(_))).cloned().expect("there was a quorum")
}

pub(crate) fn decided(outputs: &[Output]) -> Option<&Block> {
    outputs.iter().find_map(|output| match output {
        Output::Decide(decision) => Some(&decision.block),
        _ => None,
    })
}

pub(crate) fn relayed(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| matches!(output, Output::Relay(_))).count()
}

/// Fires timers until `done`; other outputs are answered or dropped.
fn run_timers(node: &mut Consensus, mut outputs: Vec<Output>, mut done: impl FnMut(&Output) -> bool) -> Millis {
    let mut now = NOW;
    let mut timer: Option<(TimerId, Millis)> = None;
    for _ in 0..1000 {
        for output in outputs.drain(..) {
            if done(&output) {
                return now;
            }
            match output {
                Output::SetTimer { id, at } => timer = Some((id, at)),
                Output::CancelTimer(id) if timer.is_some_and(|(armed, _)| armed == id) => timer = None,
                _ => {}
            }
        }
        let (id, at) = timer.take().expect("a timer is armed while nothing happens");
        now = now.max(at);
        outputs = node.step(now, Input::Timer(id));
    }
    panic!("it did not happen in a thousand timeouts");
}

#[test]
fn messages_in_any_order_lead_to_the_same_block() {
    let (said, block) = all_said();
    for seed in 0..20 {
        let mut rng = Rng(seed);
        let mut messages: Vec<_> =
            said.iter().filter(|message| !matches!(message, Message::Quorum(_))).cloned().collect();
        for place in (1..messages.len()).rev() {
            messages.swap(place, rng.place(place + 1));
        }
        let mut observer = node([]);
        let found = messages
            .into_iter()
            .find_map(|message| decided(&observer.step(NOW, Input::Message(message))).map(|block| block.header.hash));
        assert_eq!(found, Some(block.header.hash), "seed {seed}");
    }
}

#[test]
fn a_quorum_alone_is_enough_and_the_candidate_is_asked_for() {
    let (said, block) = all_said();
    let mut observer = node([]);
    let outputs = observer.step(NOW, Input::Message(quorum(&said)));
    assert_eq!((relayed(&outputs), decided(&outputs)), (1, None));
    let asked = outputs.iter().any(|output| {
        matches!(output, Output::Request(inventory)
            if inventory.items == [InventoryItem::CandidateFromHash(block.header.hash)])
    });
    assert!(asked);
    let outputs = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    assert_eq!(decided(&outputs), Some(&block));
    // Hearing it again changes nothing.
    assert!(observer.step(NOW, Input::Message(quorum(&said))).is_empty());
}

#[test]
fn a_success_of_an_iteration_that_is_over_decides_the_round() {
    let (said, block) = all_said();
    let mut observer = Consensus::new(config(), Vec::new());
    let outputs = observer.step(NOW, Input::NewTip(Box::new(chain().context())));
    // It has heard nothing of iteration 0, and has gone on.
    let now = run_timers(&mut observer, outputs, |output| {
        matches!(output, Output::Persist(Persist::Iteration { iteration: 2, .. }))
    });
    assert_eq!(observer.position(), Some((1, 2)));
    assert_eq!(block.header.iteration, 0);
    let outputs = observer.step(now, Input::Message(quorum(&said)));
    assert_eq!((relayed(&outputs), decided(&outputs)), (1, None));
    let outputs = observer.step(now, Input::Messages(of_step(&said, StepName::Proposal)));
    assert_eq!(decided(&outputs), Some(&block));
}

#[test]
fn a_forged_quorum_is_neither_believed_nor_passed_on() {
    let (said, _) = all_said();
    let Message::Quorum(good) = quorum(&said) else { unreachable!() };
    let change = |change: fn(&mut Quorum)| {
        let mut forged = good.clone();
        change(&mut forged);
        let mut observer = node([]);
        let outputs = observer.step(NOW, Input::Message(Message::Quorum(forged)));
        assert!(outputs.is_empty(), "{outputs:?}");
    };
    change(|quorum| quorum.attestation.validation.bitset &= 1);
    change(|quorum| quorum.attestation.validation.signature = BlsSignature([1; 48]));
    change(|quorum| quorum.attestation.result = RatificationResult::Success(Vote::Valid([1; 32])));
    change(|quorum| quorum.attestation.result = RatificationResult::Fail(Vote::NoQuorum));
    change(|quorum| quorum.attestation.result = RatificationResult::Fail(*quorum.attestation.result.vote()));
    change(|quorum| quorum.header.iteration = 1);
    change(|quorum| quorum.header.iteration = 200);
    change(|quorum| quorum.header.round = 2);
    change(|quorum| quorum.header.prev_block_hash = [1; 32]);
}

#[test]
fn forged_votes_in_a_batch_do_not_spoil_the_others() {
    let (said, block) = all_said();
    let mut observer = node([]);
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    let good = of_step(&said, StepName::Validation);
    let mut batch = Vec::new();
    for message in &good {
        // Before each vote one with its neighbour's signature.
        let Message::Validation(vote) = message else { unreachable!() };
        let mut forged = vote.clone();
        forged.signed.signature = BlsSignature([3; 48]);
        batch.extend([Message::Validation(forged), message.clone()]);
    }
    let outputs = observer.step(NOW, Input::Messages(batch));
    assert_eq!(relayed(&outputs), good.len());
    let outputs = observer.step(NOW, Input::Messages(of_step(&said, StepName::Ratification)));
    assert_eq!(decided(&outputs).map(|block| block.header.hash), Some(block.header.hash));
}

#[test]
fn strangers_and_other_branches_are_not_heard() {
    let (said, _) = all_said();
    let Message::Validation(vote) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let mut observer = node([]);
    let mut drop = |change: fn(&mut local_node_types::message::Validation)| {
        let mut changed = vote.clone();
        change(&mut changed);
        assert!(observer.step(NOW, Input::Message(Message::Validation(changed))).is_empty());
    };
    drop(|vote| vote.header.prev_block_hash = [1; 32]);
    drop(|vote| vote.header.round = 0);
    drop(|vote| vote.header.round = 12);
    drop(|vote| vote.header.round = 3);
    drop(|vote| vote.header.iteration = 255);
    drop(|vote| vote.signed.signer.0[0] ^= 1);
    drop(|vote| vote.signed.signature.0[5] ^= 1);
    drop(|vote| vote.vote = Vote::NoQuorum);
    drop(|vote| vote.vote = Vote::NoCandidate);
}

#[test]
fn a_candidate_with_other_contents_than_signed_is_dropped() {
    let (said, _) = all_said();
    let Message::Candidate(good) = of_step(&said, StepName::Proposal).remove(0) else { unreachable!() };
    let drop = |change: fn(&mut Block)| {
        let mut changed = good.clone();
        change(&mut changed);
        let outputs = node([]).step(NOW, Input::Message(Message::Candidate(changed)));
        assert!(outputs.is_empty(), "{outputs:?}");
    };
    drop(|block| block.header.gas_limit = 1);
    drop(|block| block.header.tx_root = [1; 32]);
    drop(|block| block.header.hash = [1; 32]);
    drop(|block| block.header.signature = BlsSignature([1; 48]));
    drop(|block| block.header.iteration = 1);
    let mut rehashed = good.clone();
    rehashed.header.gas_limit = 1;
    rehashed.header.hash = rehashed.header.compute_hash();
    assert!(node([]).step(NOW, Input::Message(Message::Candidate(rehashed))).is_empty());
    assert_eq!(relayed(&node([]).step(NOW, Input::Message(Message::Candidate(good)))), 1);
}

#[test]
fn a_candidate_that_states_other_roots_than_its_contents_have_is_dropped() {
    let (said, _) = all_said();
    let Message::Candidate(good) = of_step(&said, StepName::Proposal).remove(0) else { unreachable!() };
    let generator = good.header.generator;
    let number = (1..=STAKERS).find(|number| key(*number) == generator).expect("a provisioner proposed it");
    let keyring = local_node_consensus::signing::Keyring::new(vec![secret(number)]);
    let version = config().profile.at(1).fork().bls_version();
    // The generator itself lies: hash and signature are those of the changed header.
    let signed_again = |change: fn(&mut Block)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed.header.hash = changed.header.compute_hash();
        changed.header.signature = keyring.sign(&generator, &changed.header.hash, version).expect("it holds the key");
        node([]).receive(NOW, Message::Candidate(changed))
    };
    let other = signed_again(|block| block.header.gas_limit += 1);
    assert_eq!((other.offence, relayed(&other.outputs)), (None, 1), "the signature holds");
    let lies: [fn(&mut Block); 2] = [|block| block.header.tx_root = [1; 32], |block| block.header.fault_root = [1; 32]];
    for (place, lie) in lies.into_iter().enumerate() {
        let dropped = signed_again(lie);
        assert_eq!(dropped.offence, Some(Offence::Contents), "lie {place}");
        assert!(dropped.outputs.is_empty(), "lie {place}: {:?}", dropped.outputs);
    }
}

#[test]
fn a_member_asks_for_verification_and_votes_as_it_turns_out() {
    use local_node_consensus::Verdict;
    let (said, block) = all_said();
    let candidate = of_step(&said, StepName::Proposal).remove(0);
    let Message::Validation(vote) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let member = (1..=STAKERS).find(|number| crate::support::key(*number) == vote.signed.signer).unwrap();
    for verdict in [Verdict::Valid, Verdict::Invalid, Verdict::Abstain] {
        let mut node = node([member]);
        let outputs = node.step(NOW, Input::Message(candidate.clone()));
        let request = outputs.iter().find_map(|output| match output {
            Output::Verify(request) => Some(request),
            _ => None,
        });
        let request = request.expect("the candidate is to be verified");
        assert_eq!(verify(request, chain().tip()), Verdict::Valid);
        let outputs = node.step(NOW, Input::Verified { request: request.id, verdict });
        let cast: Vec<_> = outputs
            .iter()
            .filter_map(|output| match output {
                Output::Broadcast(Message::Validation(vote)) => Some(vote.vote),
                _ => None,
            })
            .collect();
        let expected = match verdict {
            Verdict::Valid => vec![Vote::Valid(block.header.hash)],
            Verdict::Invalid => vec![Vote::Invalid(block.header.hash)],
            Verdict::Abstain | Verdict::Altered => vec![],
        };
        assert_eq!(cast, expected);
        assert!(node.step(NOW, Input::Verified { request: request.id, verdict: Verdict::Valid }).is_empty());
    }
}

#[test]
fn messages_for_the_next_round_wait_for_it() {
    let (said, block) = all_said();
    // Somebody who has all keys is one block ahead.
    let mut ahead = Consensus::new(config(), (1..=STAKERS).map(secret).collect());
    let mut chain = chain();
    chain.accept(config(), block, NOW).unwrap();
    let mut early = Vec::new();
    let mut inputs = vec![Input::NewTip(Box::new(chain.context()))];
    while let Some(input) = inputs.pop() {
        for output in ahead.step(NOW, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(message) if !matches!(message, Message::Quorum(_)) => early.push(message),
                _ => {}
            }
        }
    }
    let mut observer = node([]);
    let outputs = observer.step(NOW, Input::Messages(early.clone()));
    assert_eq!((relayed(&outputs), outputs.len()), (early.len(), early.len()));
    assert!(observer.step(NOW, Input::Messages(early)).is_empty(), "one message of each signer and step is kept");
    let outputs = observer.step(NOW, Input::Message(quorum(&said)));
    assert_eq!(relayed(&outputs), 1);
    let outputs = observer.step(NOW, Input::NewTip(Box::new(chain.context())));
    assert_eq!(decided(&outputs).map(|block| block.header.height), Some(2));
    assert_eq!(relayed(&outputs), 0, "what has waited was relayed when it came");
}

#[test]
fn a_tip_that_comes_back_is_not_voted_on_again() {
    let mut node = node([1, 2]);
    let again = node.step(NOW, Input::NewTip(Box::new(chain().context())));
    let begun = again.iter().find_map(|output| match output {
        Output::Persist(Persist::Iteration { iteration, .. }) => Some(*iteration),
        _ => None,
    });
    assert_eq!(begun, Some(0), "it goes on where it was");
    let says = again.iter().any(|output| matches!(output, Output::Broadcast(_) | Output::Build(_)));
    assert!(!says, "it neither votes nor proposes");
}

#[test]
fn a_restarted_node_goes_on_with_the_saved_iteration_or_behind_the_first_one_that_stays_open() {
    for (saved, expected) in [(0, 0), (7, 7), (16, 17), (30, 17), (49, 17)] {
        let mut node = Consensus::new(config(), vec![secret(1)]);
        let context = local_node_consensus::TipContext { resume: Some(saved), ..chain().context() };
        let _ = node.step(NOW, Input::NewTip(Box::new(context)));
        assert_eq!(node.position(), Some((1, expected)));
    }
}

#[test]
fn left_alone_a_node_goes_through_all_iterations_and_then_stays_open() {
    let mut node = Consensus::new(config(), vec![secret(1)]);
    let outputs = node.step(NOW, Input::NewTip(Box::new(chain().context())));
    let (mut last, mut asked, mut votes) = (0, Vec::new(), Vec::new());
    let end = run_timers(&mut node, outputs, |output| {
        match output {
            Output::Persist(Persist::Iteration { iteration, .. }) => last = *iteration,
            Output::Request(inventory) => asked.extend(inventory.items.clone()),
            Output::Broadcast(Message::Validation(vote)) => votes.push((vote.header.iteration, vote.vote)),
            Output::Broadcast(Message::Ratification(vote)) => votes.push((vote.header.iteration, vote.vote)),
            _ => {}
        }
        last == 49
    });
    assert!(end > NOW.plus(Millis(49 * 3 * 700)));
    assert!(
        votes.iter().all(|(iteration, _)| !is_emergency(*iteration)),
        "only valid votes are cast in emergency mode"
    );
    assert!(votes.iter().any(|(iteration, vote)| *iteration == 15 && *vote == Vote::NoQuorum));
    let kinds = |pick: fn(&InventoryItem) -> Option<u8>| asked.iter().filter_map(pick).collect::<Vec<_>>();
    let candidates = kinds(|item| match item {
        InventoryItem::CandidateFromIteration(header) => Some(header.iteration),
        _ => None,
    });
    let results = kinds(|item| match item {
        InventoryItem::ValidationResult(header) => Some(header.iteration),
        _ => None,
    });
    assert_eq!(candidates, (16..49).collect::<Vec<_>>());
    assert_eq!(results, (16..49).collect::<Vec<_>>());
}

#[test]
fn messages_of_other_kinds_and_before_any_tip_do_nothing() {
    let (said, _) = all_said();
    let mut observer = node([]);
    assert!(observer.step(NOW, Input::Message(Message::GetMempool(1))).is_empty());
    assert!(observer.step(NOW, Input::Timer(TimerId(999))).is_empty());
    let mut fresh = Consensus::new(config(), Vec::new());
    assert!(fresh.step(NOW, Input::Messages(said)).is_empty());
    assert_eq!(fresh.position(), None);
}

#[test]
fn a_candidate_of_somebody_who_was_not_drawn_does_not_take_the_generators_place() {
    let (_, first) = all_said();
    let mut chain = chain();
    chain.accept(config(), first, NOW).unwrap();
    let mut ahead = Consensus::new(config(), (1..=STAKERS).map(secret).collect());
    let mut good = None;
    let mut inputs = vec![Input::NewTip(Box::new(chain.context()))];
    while let Some(input) = inputs.pop() {
        for output in ahead.step(NOW, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(Message::Candidate(block)) => good = Some(block),
                _ => {}
            }
        }
    }
    let good = good.expect("a candidate for round 2");
    // Another provisioner signs a candidate for the same iteration, before it is known who will be drawn.
    let other = (1..=STAKERS).find(|number| crate::support::key(*number) != good.header.generator).unwrap();
    let keyring = local_node_consensus::signing::Keyring::new(vec![secret(other)]);
    let mut forged = good.clone();
    forged.header.generator = crate::support::key(other);
    forged.header.hash = forged.header.compute_hash();
    let version = config().profile.at(2).fork().bls_version();
    forged.header.signature = keyring.sign(&forged.header.generator, &forged.header.hash, version).unwrap();

    let mut observer = node([]);
    assert_eq!(relayed(&observer.step(NOW, Input::Message(Message::Candidate(forged)))), 1);
    let _ = observer.step(NOW, Input::NewTip(Box::new(chain.context())));
    let outputs = observer.step(NOW, Input::Message(Message::Candidate(good)));
    assert_eq!(relayed(&outputs), 1, "the generator's own candidate is taken");
}

#[test]
fn votes_that_only_hold_together_are_not_kept_for_later() {
    use local_node_consensus::signing::add;
    let (said, block) = all_said();
    let votes = of_step(&said, StepName::Ratification);
    let [Message::Ratification(a), Message::Ratification(b)] = &votes[..2] else { unreachable!() };
    // Two members' signatures in each other's name: both are wrong, their sum is right if it is not looked at closely.
    let (mut swapped_a, mut swapped_b) = (a.clone(), b.clone());
    (swapped_a.signed.signature, swapped_b.signed.signature) = (b.signed.signature, a.signed.signature);
    let sum = |x: &BlsSignature, y: &BlsSignature| add(&[*x, *y]).unwrap();
    assert_eq!(
        sum(&swapped_a.signed.signature, &swapped_b.signed.signature),
        sum(&a.signed.signature, &b.signed.signature)
    );
    let mut observer = node([]);
    let forged = vec![Message::Ratification(swapped_a), Message::Ratification(swapped_b)];
    assert!(observer.step(NOW, Input::Messages(forged)).is_empty(), "the step has not come, so each is verified");
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Validation)));
    let outputs = observer.step(NOW, Input::Messages(votes));
    assert_eq!(decided(&outputs).map(|block| block.header.hash), Some(block.header.hash));
}

#[test]
fn a_vote_that_comes_too_late_is_passed_on_once() {
    let (said, block) = all_said();
    let mut committees = local_node_consensus::committee::Committees::new(provisioners(STAKERS), chain().tip().seed, 1);
    let committee = committees.voting(0, StepName::Validation);
    let least = committee.members().iter().min_by_key(|member| member.credits).expect("there are members");
    assert!(least.credits <= 21, "the others suffice");
    let is_least = |message: &Message| matches!(message, Message::Validation(vote) if vote.signed.signer == least.key);
    let (late, votes): (Vec<_>, Vec<_>) = of_step(&said, StepName::Validation).into_iter().partition(is_least);

    let mut observer = node([]);
    let _ = observer.step(NOW, Input::Messages(of_step(&said, StepName::Proposal)));
    let _ = observer.step(NOW, Input::Messages(votes));
    assert_eq!(relayed(&observer.step(NOW, Input::Messages(late.clone()))), 1);
    assert!(observer.step(NOW, Input::Messages(late)).is_empty());
    let outputs = observer.step(NOW, Input::Messages(of_step(&said, StepName::Ratification)));
    let attestation = decided(&outputs).expect("both committees agree").header.attestation;
    assert_eq!(committee.credits(attestation.validation.bitset), 64 - least.credits, "it is not counted");
    assert_eq!(attestation.result, block.header.attestation.result);
}

/// Everything that all provisioners say in the first iteration of emergency mode that a restarted node comes to.
pub(crate) fn said_in_emergency() -> (ConsensusHeader, Vec<Message>) {
    let mut context = chain().context();
    context.resume = Some(EMERGENCY_ITERATION);
    let header = ConsensusHeader { prev_block_hash: context.header.hash, round: 1, iteration: EMERGENCY_ITERATION + 1 };
    let mut node = Consensus::new(config(), (1..=STAKERS).map(secret).collect());
    let (mut inputs, mut said) = (vec![Input::NewTip(Box::new(context))], Vec::new());
    while let Some(input) = inputs.pop() {
        for output in node.step(NOW, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(message) => said.push(message),
                _ => {}
            }
        }
    }
    (header, said)
}

#[test]
fn a_node_that_comes_back_in_emergency_mode_repeats_its_vote_or_casts_none() {
    let (header, said) = said_in_emergency();
    let candidate = of_step(&said, StepName::Proposal).remove(0);
    let Message::Validation(vote) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let member = (1..=STAKERS).find(|number| key(*number) == vote.signed.signer).expect("a provisioner voted");
    // The vote of its earlier life, and how many votes it casts now.
    let cases = [(None, 1), (Some(vote.vote), 1), (Some(Vote::Valid([9; 32])), 0)];
    for (earlier, expected) in cases {
        let mut node = Consensus::new(config(), vec![secret(member)]);
        let (prev_block_hash, round) = (header.prev_block_hash, header.round);
        node.restore(&Persist::Iteration { prev_block_hash, round, iteration: header.iteration });
        if let Some(vote) = earlier {
            node.restore(&Persist::Vote { header, step: StepName::Validation, vote });
        }
        let _ = node.step(NOW, Input::NewTip(Box::new(chain().context())));
        let outputs = node.step(NOW, Input::Message(candidate.clone()));
        let asked = outputs.iter().find_map(|output| match output {
            Output::Verify(request) => Some(request.id),
            _ => None,
        });
        let request = asked.expect("the candidate is verified");
        let outputs = node.step(NOW, Input::Verified { request, verdict: Verdict::Valid });
        let cast = outputs.iter().filter(|output| matches!(output, Output::Broadcast(Message::Validation(_)))).count();
        assert_eq!(cast, expected, "{earlier:?}");
    }
}

#[test]
fn what_is_wrong_with_a_message_is_told() {
    let (said, _) = all_said();
    let Message::Validation(vote) = of_step(&said, StepName::Validation).remove(0) else { unreachable!() };
    let Message::Quorum(quorum) = quorum(&said) else { unreachable!() };
    let candidate = of_step(&said, StepName::Proposal).remove(0);
    let told = |message: Message| node([]).receive(NOW, message).offence;
    assert_eq!(told(candidate.clone()), None);
    let altered = |change: &dyn Fn(&mut Block)| {
        let Message::Candidate(mut block) = candidate.clone() else { unreachable!() };
        change(&mut block);
        Message::Candidate(block)
    };
    assert_eq!(told(altered(&|block| block.header.gas_limit += 1)), Some(Offence::Contents));
    assert_eq!(told(altered(&|block| block.header.signature = BlsSignature([1; 48]))), Some(Offence::Signature));
    assert_eq!(told(altered(&|block| block.header.generator = key(99))), Some(Offence::Contents));
    let mut forged = quorum;
    forged.attestation.validation.bitset = 1;
    assert_eq!(told(Message::Quorum(forged)), Some(Offence::Proof));
    let signed_by = |number| {
        let mut vote = vote.clone();
        vote.signed.signer = key(number);
        Message::Validation(vote)
    };
    assert_eq!(told(Message::Validation(vote.clone())), None);
    assert_eq!(told(signed_by(99)), Some(Offence::Stranger));
}
