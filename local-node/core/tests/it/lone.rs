//! A node without peers runs on the same core.

use std::sync::Arc;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use local_node_consensus::signing::Keyring;
use local_node_consensus::{BlockBody, Config, MIN_STAKE, Millis, Provisioners, Stake, Start};
use local_node_core::{Answer, ChainBlock, Core, CoreConfig, Event, Input, LedgerRequest, Output, Position, Restart};
use local_node_types::bloom::Bloom;
use local_node_types::ledger::{Fault, Header, Label};

const NOW: Millis = Millis::from_secs(1_000_000);

fn secret(number: u64) -> SecretKey {
    SecretKey::from(BlsScalar::from(number))
}

/// The body of a block without transactions.
fn built(faults: Vec<Fault>) -> Answer {
    let (transactions, event_bloom) = (Vec::new(), Bloom::default());
    let body = BlockBody { transactions, faults, state_root: [1; 32], event_bloom, gas_limit: 0 };
    Answer::Built { body: Box::new(body), unfit: Vec::new(), postponed: None }
}

/// Answers the ledger's requests until there are none. Returns the accepted blocks and what else came out.
fn run(core: &mut Core, mut out: Vec<Output>, provisioners: &Arc<Provisioners>, most: usize) -> (Vec<Header>, usize) {
    let (mut accepted, mut to_others) = (Vec::new(), 0);
    while let Some(place) = out.iter().position(|output| matches!(output, Output::Ledger { .. })) {
        let Output::Ledger { id, request } = out.remove(place) else { unreachable!() };
        let answer = match request {
            LedgerRequest::Build { faults, .. } => built(faults),
            LedgerRequest::Accept { block, executed, .. } => {
                assert!(executed.is_some(), "a block is executed once");
                accepted.push(block.header);
                Answer::Accepted { provisioners: Arc::clone(provisioners), accounts: Vec::new() }
            }
            other => panic!("a lone node asks for {other:?}"),
        };
        let others = |output: &&Output| matches!(output, Output::Send { .. } | Output::Ask { .. });
        to_others += out.iter().filter(others).count();
        out.clear();
        if accepted.len() >= most {
            break;
        }
        core.handle(NOW, Input::Ledger { id, answer }, &mut out);
    }
    (accepted, to_others)
}

fn lone(start: Start) -> (Core, Vec<Output>, Arc<Provisioners>) {
    let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
    let provisioners: Arc<Provisioners> =
        Arc::new((1..5).map(|number| (PublicKey::from(&secret(number)), stake)).collect());
    let genesis = Header { hash: Header::default().compute_hash(), ..Header::default() };
    let last_final = ChainBlock { header: genesis, provisioners: Arc::clone(&provisioners) };
    let restart =
        Restart { before: None, last_final, unsettled: Vec::new(), records: Vec::new(), position: Position(0) };
    let config = CoreConfig::new(Config { alone: true, start, ..Config::local(Millis(0)) });
    let mut out = Vec::new();
    let core = Core::new(config, Box::new(Keyring::new((1..5).map(secret).collect())), restart, NOW, &mut out);
    (core, out, provisioners)
}

#[test]
fn blocks_follow_each_other_and_nobody_hears_of_them() {
    let (mut core, out, provisioners) = lone(Start::AtOnce);
    let (accepted, to_others) = run(&mut core, out, &provisioners, 6);
    assert_eq!((accepted.len(), to_others), (6, 0));
    assert_eq!(core.tip().0.height, 5);
    assert_eq!((core.last_final().height, core.tip().1), (4, Label::Attested(1)));
}

#[test]
fn on_demand_a_block_comes_when_it_is_asked_for() {
    let (mut core, out, provisioners) = lone(Start::OnGo);
    assert_eq!(run(&mut core, out, &provisioners, 2).0.len(), 0);
    assert_eq!(core.deadline(), None);
    let mut out = Vec::new();
    core.handle(NOW, Input::Go, &mut out);
    assert_eq!(run(&mut core, out, &provisioners, 2).0.len(), 1);
    assert_eq!(core.tip().0.height, 1);
}

#[test]
fn a_block_that_the_ledger_refuses_is_no_tip() {
    let (mut core, mut out, _) = lone(Start::AtOnce);
    for _ in 0..2 {
        let request = out.iter().find_map(|output| match output {
            Output::Ledger { id, request } => Some((*id, matches!(request, LedgerRequest::Build { .. }))),
            _ => None,
        });
        let (id, builds) = request.expect("the ledger is asked");
        out.clear();
        let answer = if builds { built(Vec::new()) } else { Answer::NotAccepted };
        core.handle(NOW, Input::Ledger { id, answer }, &mut out);
    }
    assert!(!out.iter().any(|output| matches!(output, Output::Event(Event::Accepted { .. }))));
    assert_eq!(core.tip().0.height, 0);
    // The next iteration makes another one.
    assert!(core.deadline().is_some());
}
