//! A node that holds all keys: real votes, no peers, no waiting.

use crate::support::{Chain, GENESIS_TIME, build, provisioners, secret};
use local_node_consensus::{Config, Consensus, Input, Millis, Output, Start, TOTAL_CREDITS};
use local_node_types::ledger::{Block, Label, RatificationResult, Vote};
use local_node_types::message::Message;

struct Lone {
    consensus: Consensus,
    config: Config,
    chain: Chain,
    now: Millis,
    broadcast: Vec<Message>,
    timers: usize,
}

impl Lone {
    fn new(config: Config, stakers: u64) -> Self {
        Self {
            consensus: Consensus::new(config, (1..=stakers).map(secret).collect()),
            config,
            chain: Chain::new(provisioners(stakers)),
            now: Millis::from_secs(GENESIS_TIME + 60),
            broadcast: Vec::new(),
            timers: 0,
        }
    }

    fn new_tip(&mut self) -> Option<Block> {
        let context = Box::new(self.chain.context());
        self.drive(Input::NewTip(context))
    }

    /// Feeds an input and the answers to what it causes, except timers; returns what was decided.
    fn drive(&mut self, input: Input) -> Option<Block> {
        let mut inputs = vec![input];
        let mut decided = None;
        while let Some(input) = inputs.pop() {
            for output in self.consensus.step(self.now, input) {
                match output {
                    Output::Build(request) => {
                        inputs.push(Input::Built { request: request.id, body: build(&request) });
                    }
                    Output::Decide(decision) => {
                        assert!(decision.request.is_some(), "the node has built this block");
                        decided = Some(decision.block);
                    }
                    Output::Broadcast(message) => self.broadcast.push(message),
                    Output::SetTimer { .. } => self.timers += 1,
                    Output::CancelTimer(_) | Output::Persist(_) => {}
                    other => panic!("a lone node has no use for {other:?}"),
                }
            }
        }
        decided
    }

    fn accept(&mut self, block: Block) {
        self.chain.accept(self.config, block, self.now).expect("a decided block passes all rules");
    }
}

#[test]
fn blocks_follow_each_other_without_a_timer() {
    for stakers in [1, 2, 3, 10] {
        for alone in [true, false] {
            let config = Config { alone, ..Config::local(Millis(0)) };
            let mut lone = Lone::new(config, stakers);
            for height in 1..=4 {
                let block = lone.new_tip().expect("own votes suffice");
                assert_eq!((block.header.height, block.header.iteration), (height, 0));
                let hash = block.header.hash;
                assert_eq!(block.header.attestation.result, RatificationResult::Success(Vote::Valid(hash)));
                lone.accept(block);
                if alone {
                    assert!(lone.broadcast.is_empty());
                }
            }
            assert_eq!(lone.chain.labels[4], Label::Attested(1));
            assert_eq!(lone.chain.final_height(), 3);
        }
    }
}

#[test]
fn signing_together_or_apart_makes_the_same_block() {
    let block = |alone| Lone::new(Config { alone, ..Config::local(Millis(0)) }, 5).new_tip().unwrap();
    assert_eq!(block(true), block(false));
}

#[test]
fn all_votes_are_in_the_certificate() {
    let mut lone = Lone::new(Config { alone: true, ..Config::local(Millis(0)) }, 5);
    let block = lone.new_tip().unwrap();
    lone.accept(block);
    let context = Box::new(lone.chain.context());
    let outputs = lone.consensus.step(lone.now, Input::NewTip(context));
    let request = outputs.iter().find_map(|output| match output {
        Output::Build(request) => Some(request),
        _ => None,
    });
    let request = request.expect("the next block is asked for");
    assert_eq!(request.voters.iter().map(|voter| voter.credits).sum::<u32>(), TOTAL_CREDITS);
    assert!(request.slashes.is_empty());
    assert_eq!(request.prev_state_root, lone.chain.tip().state_root);
}

#[test]
fn on_demand_nothing_happens_before_go() {
    let config = Config { alone: true, start: Start::OnGo, ..Config::local(Millis(0)) };
    let mut lone = Lone::new(config, 3);
    for _ in 0..3 {
        assert_eq!(lone.new_tip(), None);
        assert_eq!((lone.timers, lone.consensus.position()), (0, None));
        let block = lone.drive(Input::Go).expect("go makes a block");
        lone.accept(block);
        assert_eq!(lone.drive(Input::Go), None, "a round is only begun once");
        lone.timers = 0;
    }
}

#[test]
fn with_a_block_time_the_slot_is_waited_for() {
    let config = Config { alone: true, ..Config::local(Millis::from_secs(10)) };
    let mut lone = Lone::new(config, 3);
    let block = lone.new_tip().expect("genesis is old enough");
    let tip_time = block.header.timestamp;
    assert_eq!(Millis::from_secs(tip_time), lone.now);
    lone.accept(block);

    let outputs = lone.consensus.step(lone.now, Input::NewTip(Box::new(lone.chain.context())));
    let timer = outputs.iter().find_map(|output| match output {
        Output::SetTimer { id, at } if *at == Millis::from_secs(tip_time + 10) => Some(*id),
        _ => None,
    });
    assert!(!outputs.iter().any(|output| matches!(output, Output::Build(_))));
    lone.now = Millis::from_secs(tip_time + 10);
    let block = lone.drive(Input::Timer(timer.expect("a timer for the slot"))).expect("the slot opens the round");
    assert_eq!(block.header.timestamp, tip_time + 10);
    lone.accept(block);
}

#[test]
fn blocks_of_one_second_may_share_a_timestamp_only_without_a_block_time() {
    let mut lone = Lone::new(Config { alone: true, ..Config::local(Millis(0)) }, 3);
    let first = lone.new_tip().unwrap();
    lone.accept(first.clone());
    let second = lone.new_tip().unwrap();
    assert_eq!(first.header.timestamp, second.header.timestamp);
    let strict = Config { alone: true, ..Config::local(Millis(1)) };
    assert!(lone.chain.accept(strict, second, lone.now).unwrap_err().contains("too early"));
}

#[test]
fn a_build_that_fails_costs_an_iteration_and_is_reported() {
    let mut lone = Lone::new(Config { alone: true, ..Config::local(Millis(0)) }, 5);
    let outputs = lone.consensus.step(lone.now, Input::NewTip(Box::new(lone.chain.context())));
    // It waits for its own block as long as it takes.
    let timer = |outputs: &[Output]| {
        outputs.iter().find_map(|output| match output {
            Output::SetTimer { id, at } => Some((*id, *at)),
            _ => None,
        })
    };
    assert_eq!(timer(&outputs), None);
    let request = outputs.iter().find_map(|output| match output {
        Output::Build(build) => Some(build.id),
        _ => None,
    });
    let outputs = lone.consensus.step(lone.now, Input::BuildFailed { request: request.expect("a block is asked for") });
    let (timer, at) = timer(&outputs).expect("a timer for the proposal");
    lone.now = at;
    let block = lone.drive(Input::Timer(timer)).expect("the next iteration succeeds");
    assert_eq!(block.header.iteration, 1);
    let failed = block.header.failed_iterations.items()[0].expect("the failure is proven");
    assert_eq!(failed.attestation.result, RatificationResult::Fail(Vote::NoCandidate));
    lone.accept(block);
    assert_eq!(lone.chain.labels[1], Label::Attested(1));
}
