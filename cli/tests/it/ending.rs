//! How a node ends that is busy with what never ends.

use std::thread;
use std::time::{Duration, Instant};

use dusk_core::abi::ContractId;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::moonlight::{self, Fee, Payload};
use local_node::accounts::dev_accounts;
use ureq::Agent;

use crate::support::{Place, RunningNode};

/// Tells a node that ends from one that hangs.
const HANGS: Duration = Duration::from_secs(60);
/// The status of a transaction that a node takes.
const TAKEN: u16 = 202;
/// How many queries a node answers at a time, and some more.
const QUERIES: usize = 6;

/// A contract whose function `many` fills memory without end.
const ENDLESS: &str = "0061736d0100000001060160017f017f03020100050301000306080\
    17f00418080040b071503066d656d6f727902000141030004\
    6d616e7900000a18011600034041808008410741808004fc0b000c000b41000b";

fn signed(nonce: u64, data: TransactionData) -> Vec<u8> {
    let accounts = dev_accounts();
    let sender = *accounts[9].public_key();
    let payload = Payload {
        chain_id: 0,
        sender,
        receiver: sender,
        value: 0,
        deposit: 0,
        fee: Fee { gas_limit: 100_000_000, gas_price: 2000, refund_address: sender },
        nonce,
        data: Some(data),
    };
    let signed = moonlight::Transaction::sign_payload(accounts[9].secret_key(), payload).expect("there is no memo");
    Transaction::from(signed).to_network_bytes()
}

/// Posts a body and gives the status.
fn post(url: &str, path: &str, body: &[u8]) -> u16 {
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    agent
        .post(format!("{url}{path}"))
        .content_type("application/octet-stream")
        .send(body)
        .map_or(0, |answer| answer.status().as_u16())
}

/// A node with the endless contract.
fn node(place: &Place) -> (RunningNode, ContractId) {
    let node = RunningNode::start(place, "0");
    let module = hex::decode(ENDLESS.replace(char::is_whitespace, "")).expect("hexadecimal digits");
    let deploy = ContractDeploy::new(module, dev_accounts()[9].id().0.to_vec(), None, 1);
    let contract = deploy.contract_id();
    assert_eq!(post(&node.url, "/on/transactions/propagate", &signed(1, deploy.into())), TAKEN);
    let begun = Instant::now();
    while post(&node.url, &format!("/on/contract_owner:{}/owner", hex::encode(contract.as_bytes())), &[]) != 200 {
        assert!(begun.elapsed() < HANGS, "the contract is not deployed");
        thread::sleep(Duration::from_millis(50));
    }
    (node, contract)
}

#[test]
fn a_signal_ends_a_node_that_answers_endless_queries() {
    let place = Place::new();
    let (node, contract) = node(&place);
    let path = format!("/on/contracts:{}/many", hex::encode(contract.as_bytes()));
    let asking: Vec<_> = (0..QUERIES)
        .map(|_| {
            let (url, path) = (node.url.clone(), path.clone());
            thread::spawn(move || post(&url, &path, &[]))
        })
        .collect();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(post(&node.url, "/on/node/info", &[]), 200, "it answers others meanwhile");
    assert_eq!(node.stop_within(HANGS), Some(0));
    for question in asking {
        assert_ne!(question.join().expect("it ends"), 200);
    }
}

#[test]
fn a_signal_ends_a_node_that_runs_an_endless_transaction() {
    let place = Place::new();
    let (node, contract) = node(&place);
    let call = ContractCall::new(contract, "many").with_raw_args(Vec::new());
    assert_eq!(post(&node.url, "/on/transactions/propagate", &signed(2, call.into())), TAKEN);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(node.stop_within(HANGS), Some(0));
}
