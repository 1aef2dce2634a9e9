//! The test host, spoken to as a test speaks to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{CallError, Frame};
use dusk_sdk_protocol::host::{
    Attached, Call, HexBytes, MAX_ATTACHED_BYTES, MAX_BLOCK_CALLS, MAX_LINE_BYTES, MAX_OPEN_BYTES, Outcome,
    PROTOCOL_VERSION, Request, Response,
};
use dusk_sdk_protocol::observation;
use local_node::genesis::DEV_BALANCE;
use local_node::test_host::{Action, Artefact, Chains, HostConfig, MAX_STRANGERS, TestChain, TestHost, TestReport};
use local_node_types::rules::BLOCK_GAS_LIMIT;

use crate::common::{ACCOUNTS, COUNTER, module_cache};

fn host() -> TestHost {
    let contracts = BTreeMap::from([
        ("counter".to_owned(), Artefact::Bytes(COUNTER.clone())),
        ("broken".to_owned(), Artefact::Bytes(COUNTER[..40].to_vec())),
        ("missing".to_owned(), Artefact::File(PathBuf::from("/there/is/no/such.wasm"))),
    ]);
    TestHost::start(HostConfig { contracts, module_cache: module_cache(), ..HostConfig::default() }).expect("starts")
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(host: &TestHost) -> Self {
        Self(BufReader::new(TcpStream::connect(host.address()).expect("listens")))
    }

    fn open(host: &TestHost, test: &str) -> Self {
        let mut client = Self::connect(host);
        let opened = client.ask(&open(host, test));
        assert_eq!(opened, Response::Opened { chain_id: 0, height: 0 });
        client
    }

    fn send(&mut self, line: &[u8]) {
        self.0.get_mut().write_all(line).expect("open");
    }

    fn line(&mut self) -> Option<Response> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => {
                let mut response = Response::from_line(line.as_bytes()).expect("a response");
                response.receive(&mut self.0).expect("what follows the line");
                Some(response)
            }
        }
    }

    fn ask(&mut self, request: &Request) -> Response {
        self.send(&request.to_line().expect("encodes"));
        self.send(request.attached());
        self.line().expect("answered")
    }

    fn outcome(&mut self, request: &Request) -> Outcome {
        match self.ask(request) {
            Response::Outcome(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    fn failure(&mut self, request: &Request) -> String {
        match self.ask(request) {
            Response::Failed { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    fn deploy(&mut self, from: &str, init: &[u8]) -> Outcome {
        let (package, owner) = ("counter".into(), from.into());
        self.outcome(&Request::Deploy { package, from: from.into(), owner, init: init.to_vec() })
    }

    fn call(&mut self, from: &str, contract: ContractId, function: &str) -> Outcome {
        self.outcome(&call(from, contract, function))
    }

    fn count(&mut self, contract: ContractId) -> u64 {
        match self.ask(&Request::Query { contract, function: "read".into(), argument: vec![] }) {
            Response::Queried { result: Ok(HexBytes(bytes)), .. } => u64::from_le_bytes(bytes.try_into().expect("8")),
            other => panic!("{other:?}"),
        }
    }

    fn balance(&mut self, account: usize) -> (u64, u64) {
        match self.ask(&Request::Balance { account: ACCOUNTS[account].id().to_string() }) {
            Response::Balance { balance, nonce } => (balance, nonce),
            other => panic!("{other:?}"),
        }
    }
}

/// The first request of a test that has the host's token.
fn open(host: &TestHost, test: &str) -> Request {
    let place = host.place();
    let (_, token) = place.split_once('#').expect("address and token");
    Request::Open { version: PROTOCOL_VERSION, token: token.into(), test: test.into() }
}

fn call(from: &str, contract: ContractId, function: &str) -> Request {
    Request::Call(of_block(from, contract, function, Some(5_000_000)))
}

fn of_block(from: &str, contract: ContractId, function: &str, gas_limit: Option<u64>) -> Call {
    Call { from: from.into(), contract, function: function.into(), argument: vec![], deposit: 0, gas_limit }
}

#[test]
fn a_test_deploys_calls_and_asks() {
    let host = host();
    let mut client = Client::open(&host, "first");
    let deployed = client.deploy("alice", &[7]);
    assert_eq!((deployed.result, deployed.height), (Ok(HexBytes(vec![])), 1));
    assert_eq!(deployed.fee, deployed.gas_spent * 2000);
    let contract = deployed.contract;
    let counted = client.call("bob", contract, "count");
    assert_eq!(counted.result, Ok(HexBytes(8_u64.to_le_bytes().to_vec())));
    assert_eq!((counted.height, counted.fee), (2, counted.gas_spent));
    assert!(counted.events.iter().any(|event| event.source == contract && event.topic == "counted"));
    assert_eq!(client.count(contract), 8);

    let refused = client.call("bob", contract, "fail");
    assert_eq!(refused.result, Err(CallError::Panic("refused".into())));
    assert_eq!(refused.gas_spent, 5_000_000);
    assert_eq!(client.count(contract), 8);
    assert_eq!(client.balance(1), (DEV_BALANCE - counted.fee - refused.fee, 2));
    assert_eq!(client.ask(&Request::Height), Response::Height { height: 3 });

    drop(client);
    let report = host.stop();
    let [test] = report.tests.as_slice() else { panic!("{report:?}") };
    assert_eq!((test.test.as_str(), test.dropped), ("first", 0));
    let counting =
        |frame: &Frame| frame.calls.iter().any(|frame| (frame.contract, &*frame.function) == (contract, "count"));
    assert!(test.entries[1].traces.iter().any(counting), "{:?}", test.entries[1]);
    let actions: Vec<_> = test.entries.iter().map(|entry| (entry.action, entry.function.as_str())).collect();
    let expected = [
        (Action::Deploy, "init"),
        (Action::Call, "count"),
        (Action::Query, "read"),
        (Action::Call, "fail"),
        (Action::Query, "read"),
    ];
    assert_eq!(actions, expected);
    assert!(test.entries.iter().all(|entry| entry.package.as_deref() == Some("counter")));
    assert_eq!(test.gas_spent(), deployed.gas_spent + counted.gas_spent + 5_000_000);
}

#[test]
fn one_block_holds_several_calls_in_their_order() {
    let host = host();
    let mut client = Client::open(&host, "together");
    let contract = client.deploy("alice", &[7]).contract;
    let block = |calls: &[(&str, &str, Option<u64>)]| Request::Block {
        calls: calls.iter().map(|(from, function, limit)| of_block(from, contract, function, *limit)).collect(),
    };
    // One account twice, and a call between that fails.
    let calls = [("bob", "count", None), ("carol", "fail", None), ("bob", "count", Some(6_000_000))];
    let Response::Block { outcomes } = client.ask(&block(&calls)) else { panic!("a block was made") };
    let results: Vec<_> = outcomes.iter().map(|outcome| outcome.result.clone()).collect();
    let number = |value: u64| Ok(HexBytes(value.to_le_bytes().to_vec()));
    assert_eq!(results, [number(8), Err(CallError::Panic("refused".into())), number(9)]);
    assert!(outcomes.iter().all(|outcome| outcome.height == 2 && outcome.fee == outcome.gas_spent));
    // The calls without a limit share the gas that is left; a call that fails spends its limit.
    assert_eq!(outcomes[1].gas_spent, (BLOCK_GAS_LIMIT - 6_000_000) / 2);
    let topics = |outcome: &Outcome| outcome.events.iter().filter(|event| event.topic == "counted").count();
    assert_eq!(outcomes.iter().map(topics).collect::<Vec<_>>(), [1, 0, 1]);
    assert_ne!(outcomes[0].tx, outcomes[2].tx);
    assert_eq!(client.balance(1), (DEV_BALANCE - outcomes[0].fee - outcomes[2].fee, 2));
    assert_eq!(client.balance(2), (DEV_BALANCE - outcomes[1].fee, 1));
    assert_eq!((client.count(contract), client.ask(&Request::Height)), (9, Response::Height { height: 2 }));

    // If one of the calls cannot be in the block, there is no block.
    let mut dear = of_block("carol", contract, "count", None);
    dear.deposit = DEV_BALANCE;
    let with_dear = Request::Block { calls: vec![of_block("bob", contract, "count", None), dear] };
    let failure = client.failure(&with_dear);
    assert!(failure.starts_with("call 2 of 2, `count` by carol, cannot be in a block: "), "{failure}");
    let failure = client.failure(&block(&[("bob", "count", Some(BLOCK_GAS_LIMIT)), ("bob", "count", Some(1))]));
    assert!(failure.contains(&format!("gas limits of {} together", BLOCK_GAS_LIMIT + 1)), "{failure}");
    assert!(client.failure(&block(&[])).contains("1 to 256 calls, not 0"));
    assert!(client.failure(&block(&[("bob", "count", None); MAX_BLOCK_CALLS + 1])).contains("not 257"));
    assert_eq!((client.count(contract), client.ask(&Request::Height)), (9, Response::Height { height: 2 }));
    assert_eq!(client.balance(1).1, 2);
    let Response::Block { outcomes } = client.ask(&block(&[("bob", "count", None); MAX_BLOCK_CALLS])) else {
        panic!("a full block was made")
    };
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok() && outcome.height == 3));
    assert_eq!(client.count(contract), 9 + MAX_BLOCK_CALLS as u64);

    drop(client);
    let report = host.stop();
    let heights: Vec<_> = report.tests[0].entries.iter().map(|entry| (entry.height, &*entry.function)).collect();
    assert_eq!(heights[..4], [(1, "init"), (2, "count"), (2, "fail"), (2, "count")]);
}

#[test]
fn an_observed_block_tells_of_each_of_its_calls() {
    let host = host();
    let mut client = Client::open(&host, "observed together");
    assert_eq!(client.ask(&Request::Observe { again: false }), Response::Done);
    let contract = client.deploy("alice", &[7]).contract;
    let calls = ["bob", "carol"].map(|from| of_block(from, contract, "count", Some(5_000_000)));
    // The deployment was not looked at: it is forgotten.
    let Response::Block { outcomes } = client.ask(&Request::Block { calls: calls.into() }) else { panic!("a block") };
    let mut observed = || match client.ask(&Request::Observed) {
        Response::Observed { observation } => *observation,
        other => panic!("{other:?}"),
    };
    let (first, second) = (observed(), observed());
    for (seen, (outcome, from)) in [&first, &second].into_iter().zip(outcomes.iter().zip(["bob", "carol"])) {
        assert_eq!((&*seen.from, &*seen.function, seen.height), (from, "count", 2));
        assert_eq!((&seen.result, &seen.events, seen.gas_spent), (&outcome.result, &outcome.events, outcome.gas_spent));
    }
    // The changes are those of the block.
    assert!(first.changes.is_empty());
    assert!(second.changes.iter().any(|change| change.contract == contract && !change.pages.is_empty()));
    assert!(client.failure(&Request::Observed).contains("no transaction was observed"));
}

#[test]
fn runs_that_begin_alike_show_the_same() {
    let host = host();
    let shown = |test: &str, calls: u32| {
        let mut client = Client::open(&host, test);
        assert_eq!(client.ask(&Request::Observe { again: false }), Response::Done);
        let contract = client.deploy("alice", &[7]).contract;
        let mut shown = vec![client.ask(&Request::Observed)];
        for _ in 0..calls {
            client.call("bob", contract, "count");
            shown.push(client.ask(&Request::Observed));
        }
        shown
    };
    // The second run takes the blocks of the first one, and then makes one more.
    let (first, second) = (shown("first", 2), shown("second", 3));
    assert_eq!(second[..3], *first);
    for response in &second {
        let Response::Observed { observation } = response else { panic!("{response:?}") };
        assert!(observation.changes.iter().all(|change| !change.pages.is_empty()) && observation.changes.len() > 1);
        assert!(response.attached().any(|bytes| !bytes.is_empty()));
    }
    assert_ne!(second[3], second[2]);
}

#[test]
fn money_moves_between_named_accounts() {
    let host = host();
    let mut client = Client::open(&host, "money");
    let paid =
        client.outcome(&Request::Transfer { from: "alice".into(), to: ACCOUNTS[3].id().to_string(), value: 1234 });
    assert_eq!(client.balance(0), (DEV_BALANCE - 1234 - paid.fee, 1));
    assert_eq!(client.balance(3), (DEV_BALANCE + 1234, 0));
    let too_much = Request::Transfer { from: "alice".into(), to: ACCOUNTS[3].id().to_string(), value: DEV_BALANCE };
    assert!(client.failure(&too_much).contains("funds"));
    // A transaction that could not be made changes nothing, not even the nonce.
    assert_eq!(client.balance(0), (DEV_BALANCE - 1234 - paid.fee, 1));
    client.outcome(&Request::Transfer { from: "alice".into(), to: ACCOUNTS[3].id().to_string(), value: 1 });
}

#[test]
fn other_names_stand_for_free_accounts() {
    let host = host();
    let mut client = Client::open(&host, "names");
    let mut account = |name: &str| client.ask(&Request::Account { name: name.into() });
    let of =
        |name: &str, index: usize| Response::Account { name: name.into(), account: ACCOUNTS[index].id().to_string() };
    assert_eq!(account("issuer"), of("issuer", 9));
    assert_eq!(account("alice"), of("alice", 0));
    assert_eq!(account("mallory"), of("mallory", 8));
    assert_eq!(account("issuer"), of("issuer", 9));
    assert!(matches!(account("judy"), Response::Failed { message, .. } if message.contains("issuer")));
    for name in 0..7 {
        assert!(matches!(account(&name.to_string()), Response::Account { .. }));
    }
    assert!(matches!(account("one too many"), Response::Failed { .. }));
}

#[test]
fn an_observed_chain_tells_what_each_transaction_shows() {
    let host = host();
    let mut client = Client::open(&host, "observed");
    assert!(client.failure(&Request::Observed).contains("no transaction was observed"));
    assert_eq!(client.ask(&Request::Observe { again: true }), Response::Done);
    let contract = client.deploy("alice", &[7]).contract;
    let mut observed = || match client.ask(&Request::Observed) {
        Response::Observed { observation } => *observation,
        other => panic!("{other:?}"),
    };
    let deployed = observed();
    assert_eq!(
        (deployed.action, deployed.function.as_str(), deployed.argument),
        (observation::Action::Deploy, "init", vec![7])
    );
    assert!(deployed.changes.iter().any(|change| change.contract == contract && !change.pages.is_empty()));
    // It is told once.
    assert!(client.failure(&Request::Observed).contains("no transaction was observed"));

    let outcome = client.call("bob", contract, "count");
    let Response::Observed { observation: called } = client.ask(&Request::Observed) else { panic!("it was observed") };
    assert_eq!((called.from.as_str(), called.function.as_str(), called.height), ("bob", "count", outcome.height));
    assert_eq!((called.gas_spent, called.gas_limit), (outcome.gas_spent, 5_000_000));
    assert_eq!((&called.result, &called.events), (&outcome.result, &outcome.events));
    assert_eq!(called.call.as_ref().map(|call| (call.contract, call.function.as_str())), Some((contract, "count")));
    let change = called.changes.iter().find(|change| change.contract == contract).expect("the counter has changed");
    let page = &change.pages[0];
    assert!(!page.parts.is_empty() && page.parts.iter().all(|part| part.bytes.bytes.len() == 4096), "{page:?}");
    assert!(change.length >= u64::from(page.index + 1) * 65_536);
    // The fee changes the payer's balance.
    assert!(called.changes.len() > 1);

    let findings = vec![
        observation::Finding {
            kind: observation::FindingKind::Gas,
            call: 1,
            place: "gas".into(),
            text: "differs".into(),
        };
        observation::MAX_FINDINGS + 1
    ];
    let compared = observation::Compared { runs: 4, findings, ..observation::Compared::default() };
    assert_eq!(client.ask(&Request::Compared { compared }), Response::Done);
    drop(client);
    let report = host.stop();
    let told = report.tests[0].compared.as_ref().expect("it was told");
    assert_eq!((told.runs, told.findings.len()), (4, observation::MAX_FINDINGS), "what a test tells is bounded");
    assert!(report.tests[0].entries.is_empty(), "another chain of the test has the transactions");
}

#[test]
fn a_test_goes_back_and_forth_in_time() {
    let host = host();
    let mut client = Client::open(&host, "time");
    let contract = client.deploy("alice", &[]).contract;
    assert_eq!(client.ask(&Request::Snapshot), Response::Snapshot { snapshot: 0 });
    client.call("alice", contract, "count");
    assert_eq!(client.ask(&Request::Snapshot), Response::Snapshot { snapshot: 1 });
    client.call("alice", contract, "count");
    assert_eq!(client.ask(&Request::Mine { blocks: 1000 }), Response::Height { height: 1003 });
    assert_eq!(client.count(contract), 2);
    for _ in 0..2 {
        assert_eq!(client.ask(&Request::Revert { snapshot: 0 }), Response::Done);
        assert_eq!((client.count(contract), client.ask(&Request::Height)), (0, Response::Height { height: 1 }));
        client.call("alice", contract, "count");
        assert_eq!(client.count(contract), 1);
    }
    assert!(client.failure(&Request::Revert { snapshot: 1 }).contains("no snapshot 1"));
    assert!(client.failure(&Request::Mine { blocks: u64::MAX }).contains("too many"));
}

#[test]
fn equal_contracts_have_ids_of_their_own() {
    let host = host();
    let mut client = Client::open(&host, "twins");
    let (first, second) = (client.deploy("alice", &[1]).contract, client.deploy("alice", &[2]).contract);
    assert_ne!(first, second);
    assert_eq!((client.count(first), client.count(second)), (1, 2));
}

#[test]
fn what_cannot_be_deployed_is_named() {
    let host = host();
    let mut client = Client::open(&host, "deployments");
    let mut deploy = |package: &str| {
        let (package, alice) = (package.into(), String::from("alice"));
        client.failure(&Request::Deploy { package, from: alice.clone(), owner: alice, init: vec![] })
    };
    assert!(deploy("nothing").contains("counter"));
    assert!(deploy("missing").contains("such.wasm"));
    assert!(deploy("broken").contains("cannot be deployed"));
    let refused = client.deploy("alice", &[255]);
    assert!(refused.result.is_err());
    let lost = Request::Query { contract: refused.contract, function: "read".into(), argument: vec![] };
    assert!(matches!(client.ask(&lost), Response::Queried { result: Err(CallError::DoesNotExist), .. }));
}

#[test]
fn chains_do_not_see_each_other() {
    let host = host();
    std::thread::scope(|scope| {
        for index in 0..8_u8 {
            let host = &host;
            scope.spawn(move || {
                let mut client = Client::open(host, &index.to_string());
                // Equal beginnings give equal states, which the machine keeps once.
                let contract = client.deploy("alice", &[]).contract;
                for _ in 0..=index {
                    client.call("alice", contract, "count");
                }
                assert_eq!(client.count(contract), u64::from(index) + 1);
            });
        }
    });
    assert_eq!(host.stop().tests.len(), 8);
}

#[test]
fn what_tests_repeat_has_the_same_outcome() {
    let host = host();
    // The host keeps what came twice: the first two runs execute everything, the others only what is theirs.
    let mut runs = Vec::new();
    for index in 0..5_u8 {
        let mut client = Client::open(&host, &index.to_string());
        let contract = client.deploy("alice", &[7]).contract;
        let common = [client.call("bob", contract, "count"), client.call("bob", contract, "fail")];
        let counts = [client.count(contract), client.count(contract)];
        let read = client.ask(&Request::Query { contract, function: "read".into(), argument: vec![] });
        let balances = [client.balance(0), client.balance(1)];
        client.ask(&Request::Mine { blocks: u64::from(index) });
        let own = client.call(["carol", "dave"][usize::from(index) % 2], contract, "count");
        assert_eq!(own.height, 4 + u64::from(index));
        assert_eq!(client.count(contract), 9);
        runs.push((contract, common, counts, read, balances, own.result));
    }
    assert_eq!(runs[0].2, [8, 8]);
    runs.iter().for_each(|run| assert_eq!(*run, runs[0]));

    let report = host.stop();
    let told = |test: &TestReport| {
        let entries = test.entries.iter().take(6);
        entries
            .map(|it| (it.action, it.gas_spent, it.result.clone(), it.events.clone(), it.traces.clone()))
            .collect::<Vec<_>>()
    };
    let first = told(&report.tests[0]);
    assert!(first.iter().all(|entry| !entry.4.is_empty()), "{first:?}");
    report.tests.iter().for_each(|test| assert_eq!(told(test), first));
}

#[test]
fn wires_that_are_too_many_end_the_connection() {
    let host = host();
    let mut client = Client::open(&host, "wires");
    let wires = Attached::new(vec![7; 1000]);
    let prove = Request::Prove { circuit: "any".into(), digest: [0; 32], layout: None, wires };
    // This host makes no proofs. The bytes after the line are not taken for the next one.
    assert!(client.failure(&prove).contains("makes no proofs"));
    assert_eq!(client.ask(&Request::Height), Response::Height { height: 0 });
    let line = String::from_utf8(prove.to_line().expect("encodes")).expect("text");
    client.send(line.replace("1000", &(MAX_ATTACHED_BYTES + 1).to_string()).as_bytes());
    assert!(matches!(client.line(), Some(Response::Failed { message, .. }) if message.contains("at most")));
    assert!(client.line().is_none());
}

#[test]
fn what_is_no_request_ends_the_connection_with_a_reason() {
    let host = host();
    for line in [&b"\n"[..], b"{}\n", b"{\"do\":\"height\"\n", b"\xff\xfe\n", b"[[[[[[[[[[[[[[[[\n"] {
        let mut client = Client::open(&host, "nonsense");
        client.send(line);
        assert!(matches!(client.line(), Some(Response::Failed { .. })), "{line:?}");
        assert!(client.line().is_none());
    }
    assert!(Client::connect(&host).failure(&Request::Height).contains("open"));
    let other = Request::Open { version: PROTOCOL_VERSION + 1, token: String::new(), test: "old".into() };
    assert!(Client::connect(&host).failure(&other).contains("version"));
    let mut twice = Client::open(&host, "twice");
    assert!(twice.failure(&open(&host, "twice")).contains("already"));

    let mut endless = Client::open(&host, "endless");
    let part = vec![b'x'; 1 << 20];
    for _ in 0..=MAX_LINE_BYTES / part.len() {
        // The host may close before everything is sent.
        let _ = endless.0.get_mut().write_all(&part);
    }
    assert!(endless.line().is_none_or(|answer| matches!(answer, Response::Failed { .. })));
    Client::open(&host, "the host goes on");
}

#[test]
fn strangers_are_not_served() {
    let host = host();
    let guessed = |token: String| Request::Open { version: PROTOCOL_VERSION, token, test: "stranger".into() };
    for token in [String::new(), "0".repeat(64), "no digits".into()] {
        let mut stranger = Client::connect(&host);
        assert!(stranger.failure(&guessed(token)).contains("token"));
        assert!(stranger.line().is_none(), "the connection is closed");
    }
    // An older test names no token at all.
    let mut older = Client::connect(&host);
    older.send(format!("{{\"do\":\"open\",\"version\":{PROTOCOL_VERSION},\"test\":\"old\"}}\n").as_bytes());
    assert!(matches!(older.line(), Some(Response::Failed { message, .. }) if message.contains("token")));
    // A web page speaks HTTP.
    let mut page = Client::connect(&host);
    page.send(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert!(matches!(page.line(), Some(Response::Failed { .. })));
    assert!(page.line().is_none());
    // Without a token a line is short.
    let mut long = Client::connect(&host);
    long.send(&vec![b'x'; MAX_OPEN_BYTES + 1]);
    assert!(
        long.line()
            .is_none_or(|answer| matches!(answer, Response::Failed { message, .. } if message.contains("at most")))
    );
    assert_eq!(host.stop().tests.len(), 0);
}

#[test]
fn strangers_do_not_take_the_places_of_tests() {
    let host = host();
    let silent: Vec<_> = (0..MAX_STRANGERS + 8).map(|_| Client::connect(&host)).collect();
    let mut client = Client::open(&host, "served");
    assert_eq!(client.ask(&Request::Height), Response::Height { height: 0 });
    drop(silent);
}

#[test]
fn endless_contracts_end_with_their_gas() {
    let host = host();
    let mut client = Client::open(&host, "spin");
    let contract = client.deploy("alice", &[]).contract;
    let spun = client.call("alice", contract, "spin");
    assert_eq!((spun.result, spun.gas_spent), (Err(CallError::OutOfGas), 5_000_000));
    drop(client);
    let report = host.stop();
    let spun = report.tests[0].entries.last().expect("the call is reported");
    let ran_out = |frame: &Frame| frame.calls.iter().any(|frame| frame.outcome == Err(CallError::OutOfGas));
    assert!(spun.traces.iter().any(ran_out), "{spun:?}");
}

/// A host whose calls may run for half a second: far less than a call with the gas of a block takes, and far more than
/// other calls take on a slow machine.
fn impatient() -> TestHost {
    let contracts = BTreeMap::from([("counter".to_owned(), Artefact::Bytes(COUNTER.clone()))]);
    let call_time = Duration::from_millis(500);
    TestHost::start(HostConfig { contracts, module_cache: module_cache(), call_time, ..HostConfig::default() })
        .expect("starts")
}

#[test]
fn endless_contracts_end_with_their_time_as_well() {
    let host = impatient();
    let mut client = Client::open(&host, "slow");
    let contract = client.deploy("alice", &[]).contract;
    let spin = |client: &mut Client, request: &Request| {
        let refused = client.failure(request);
        assert!(refused.contains("`spin` takes longer than 500 milliseconds"), "{refused}");
    };
    // As much gas as there is for one transaction.
    let mut sent = call("bob", contract, "spin");
    if let Request::Call(Call { gas_limit, .. }) = &mut sent {
        *gas_limit = None;
    }
    spin(&mut client, &sent);
    spin(&mut client, &Request::Query { contract, function: "spin".into(), argument: vec![] });
    spin(&mut client, &Request::Feed { contract, function: "spin".into(), argument: vec![] });
    // The chain is as it was, and goes on.
    assert_eq!((client.balance(1), client.count(contract)), ((DEV_BALANCE, 0), 0));
    let counted = client.call("bob", contract, "count");
    assert_eq!((counted.height, counted.result), (2, Ok(HexBytes(1_u64.to_le_bytes().to_vec()))));
}

#[test]
fn a_stopping_host_closes_its_connections() {
    let host = host();
    let mut client = Client::open(&host, "interrupted");
    let report = host.stop();
    assert_eq!(report.tests.len(), 1);
    assert!(client.line().is_none());
}

/// Chains of which only the height is known, as somebody else's may be.
#[derive(Debug)]
struct Foreign;

struct OfForeign(String);

impl Chains for Foreign {
    fn open(&self, test: String) -> Box<dyn TestChain + '_> {
        Box::new(OfForeign(test))
    }
}

impl TestChain for OfForeign {
    fn opened(&self) -> Response {
        Response::Opened { chain_id: 3, height: 70 }
    }

    fn answer(&mut self, request: Request) -> Response {
        match request {
            Request::Height => Response::Height { height: 71 },
            _ => Response::NotHere { message: "it only tells its height".into() },
        }
    }

    fn close(self: Box<Self>) -> TestReport {
        TestReport::new(self.0)
    }
}

#[test]
fn a_host_serves_chains_of_others_and_knows_what_they_cannot_do() {
    let host = TestHost::serving(Foreign).expect("starts");
    let mut client = Client::connect(&host);
    assert_eq!(client.ask(&open(&host, "it::asks_more")), Response::Opened { chain_id: 3, height: 70 });
    assert_eq!(client.ask(&Request::Height), Response::Height { height: 71 });
    assert_eq!(host.skipped("it::asks_more"), None);
    assert!(matches!(client.ask(&Request::Mine { blocks: 1 }), Response::NotHere { .. }));
    // The host knows it before the test can fail of it.
    assert_eq!(host.skipped("it::asks_more").as_deref(), Some("it only tells its height"));
    let mut other = Client::connect(&host);
    other.ask(&open(&host, "it::is_content"));
    other.ask(&Request::Height);
    assert_eq!(host.skipped("it::is_content"), None);
    drop((client, other));
    let tests: Vec<String> = host.stop().tests.into_iter().map(|test| test.test).collect();
    assert!(tests.iter().all(|test| ["it::asks_more", "it::is_content"].contains(&test.as_str())), "{tests:?}");
}
