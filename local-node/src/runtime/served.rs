//! Tests: what peers are given of the records of this node, and when it is gone.

use std::net::SocketAddr;

use local_node_consensus::Persist;
use local_node_core::{IngressId, Position, Record, Serve};
use local_node_types::ledger::{Block, ConsensusHeader, Header, StepVotes, Vote};
use local_node_types::message::{InventoryItem, Message, ValidationQuorum, ValidationResult};
use tokio::sync::mpsc;

use super::peers::{MAX_MESSAGES, Outgoing, Peers};

/// The bound of the records that peers may ask for.
const MAX_RECORDS: u64 = 1024;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A node with these records of an earlier life, and the network's end of its channel.
fn peers(records: &[Record]) -> (Peers, mpsc::Receiver<Outgoing>) {
    let (outgoing, network) = mpsc::channel(MAX_MESSAGES);
    (Peers::new(address(1), outgoing, records, Position(records.len() as u64)), network)
}

/// What a peer is given that asks for these.
fn given(peers: &mut Peers, network: &mut mpsc::Receiver<Outgoing>, items: &[InventoryItem]) -> Vec<Message> {
    let peer = peers.number(address(7));
    peers.serve((IngressId(1), peer), Serve::Items(items.to_vec()), 5, |_| None);
    let Ok(Outgoing::Serve(service)) = network.try_recv() else { panic!("nothing is served") };
    assert_eq!((service.to, service.blocks.len()), (address(7), 0));
    service.messages
}

#[test]
fn candidates_and_results_are_given_until_their_rounds_are_final() {
    let candidate = |round: u64, iteration: u8| {
        let header = Header { height: round, iteration, prev_block_hash: [1; 32], ..Header::default() };
        let hash = header.compute_hash();
        Box::new(Block { header: Header { hash, ..header }, ..Block::default() })
    };
    let (first, second) = (candidate(4, 0), candidate(5, 2));
    let header = second.header.consensus_header();
    let result = ValidationResult::new(Vote::Valid(second.header.hash), StepVotes::default());
    let (mut peers, mut network) = peers(&[Record::Consensus(Persist::Candidate(first.clone()))]);
    peers.keep(&Record::Consensus(Persist::Candidate(second.clone())));
    peers.keep(&Record::Consensus(Persist::ValidationResult(header, result)));
    let items = [
        InventoryItem::CandidateFromHash(first.header.hash),
        InventoryItem::CandidateFromIteration(header),
        InventoryItem::ValidationResult(header),
        // None of these is here.
        InventoryItem::CandidateFromHash([9; 32]),
        InventoryItem::CandidateFromIteration(ConsensusHeader { iteration: 3, ..header }),
        InventoryItem::ValidationResult(first.header.consensus_header()),
        InventoryItem::MempoolTransaction([3; 32]),
    ];
    let quorum = Message::ValidationQuorum(Box::new(ValidationQuorum { header, result }));
    let (first, second) = (Message::Candidate(first), Message::Candidate(second));
    assert_eq!(given(&mut peers, &mut network, &items), [first, second.clone(), quorum.clone()]);
    peers.settle(4);
    assert_eq!(given(&mut peers, &mut network, &items), [second, quorum]);
    peers.settle(5);
    assert_eq!(given(&mut peers, &mut network, &items), []);
}

#[test]
fn the_oldest_records_give_way() {
    let (mut peers, mut network) = peers(&[]);
    let about = |round: u64| ConsensusHeader { prev_block_hash: [1; 32], round, iteration: 0 };
    for round in 0..=MAX_RECORDS {
        peers.keep(&Record::Consensus(Persist::ValidationResult(about(round), ValidationResult::default())));
    }
    let mut is_given = |round| {
        let item = InventoryItem::ValidationResult(about(round));
        !given(&mut peers, &mut network, &[item]).is_empty()
    };
    assert!(!is_given(0), "there are more than may be kept");
    assert!(is_given(1) && is_given(MAX_RECORDS));
}
