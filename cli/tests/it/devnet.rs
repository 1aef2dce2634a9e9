//! A network of real processes: it lives while nodes die and links break, and leaves no process behind.

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{PROGRAM, Place, Ran, RunningNode, says, turn};

/// Tells what takes its time from what hangs.
const HANGS: Duration = Duration::from_secs(180);
/// The pause between two looks.
const GLANCE: Duration = Duration::from_millis(200);
/// How long nothing must be sent. Nodes that are connected vote every second.
const QUIET: Duration = Duration::from_secs(2);

/// The right to start a devnet, until it is dropped.
///
/// Two devnets that start at one time plan the same ports, and one that is down for a moment may lose its ports. A test
/// that starts its devnet again holds the right meanwhile.
fn starting() -> MutexGuard<'static, ()> {
    static STARTING: Mutex<()> = Mutex::new(());
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A devnet in the foreground of a process. It ends with the test.
pub(crate) struct Up {
    child: Child,
    /// The document that it printed when it was ready.
    document: Value,
}

impl Up {
    /// Starts one and waits until it is ready.
    pub(crate) fn start(place: &Place, options: &[&str]) -> Self {
        let _starting = starting();
        Self::run(place.command(PROGRAM), options)
    }

    /// As [`start`](Self::start), by this command, for a test that has the right to start one.
    fn run(mut command: Command, options: &[&str]) -> Self {
        command.args(["--json", "devnet", "up"]).args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let document = serde_json::Deserializer::from_reader(output).into_iter::<Value>().next();
        let document = document.expect("it says what it is").unwrap();
        if document["ready"] != true {
            let errors = child.wait_with_output().unwrap().stderr;
            panic!("{document}\n{}", String::from_utf8_lossy(&errors));
        }
        Self { child, document }
    }

    /// Sends a signal to its supervisor and waits for its end.
    fn signal(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Its nodes end with it, however it ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that goes on until a signal ends it. It ends with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(place: &Place, words: &[&str]) -> Self {
        let mut command = place.command(PROGRAM);
        let mut child = command.args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // Nobody reads on after the test.
                let _ = tell.send(line);
            }
        });
        Self { child, lines }
    }

    /// Waits for a line.
    #[track_caller]
    fn line(&self, what: &str, is_it: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        loop {
            match self.lines.recv_timeout(HANGS.saturating_sub(begun.elapsed())) {
                Ok(line) if is_it(&line) => return,
                Ok(_) => {}
                Err(error) => panic!("no line comes in which {what}: {error}"),
            }
        }
    }

    /// Sends a signal, and gives the exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // Already gone where the test has ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes that run a node of this place, by their command lines.
fn processes(place: &Place) -> Vec<String> {
    let listed = Command::new("ps").args(["-A", "-ww", "-o", "pid=,args="]).output().unwrap();
    let folder = place.root().canonicalize().unwrap();
    let lines = String::from_utf8_lossy(&listed.stdout).into_owned();
    let is_node = |line: &&str| line.contains("--supervised") && line.contains(folder.to_str().unwrap());
    lines.lines().filter(is_node).map(str::to_owned).collect()
}

/// Waits until something is so.
#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < HANGS, "not within {HANGS:?}: {what}");
        thread::sleep(GLANCE);
    }
}

fn nodes(place: &Place) -> Vec<Value> {
    let status = place.dusk(&["--json", "devnet", "status"]).exits(0).document();
    status["nodes"].as_array().unwrap().clone()
}

/// Of each node, a number that it tells; nothing for one that does not run.
fn numbers(place: &Place, field: &str) -> Vec<Option<u64>> {
    nodes(place).iter().map(|node| node[field].as_u64()).collect()
}

/// The height of a node. Asks again while the node is too busy to answer.
#[track_caller]
fn height_of(place: &Place, node: usize) -> u64 {
    let mut height = None;
    eventually(&format!("node {node} tells its height"), || {
        height = numbers(place, "height")[node - 1];
        height.is_some()
    });
    height.expect("it was told")
}

/// Waits until the given nodes have a later final block than any had before.
#[track_caller]
pub(crate) fn finality_goes_on(place: &Place, which: &[usize]) {
    let before = numbers(place, "last_final").into_iter().flatten().max().unwrap_or_default();
    eventually(&format!("nodes {which:?} have a final block above {before}"), || {
        let now = numbers(place, "last_final");
        which.iter().all(|node| now[node - 1].is_some_and(|last_final| last_final > before))
    });
}

/// Waits until all nodes work on the same round from its beginning: a node that has just caught up is behind.
#[track_caller]
fn all_in_step(place: &Place) {
    eventually("all nodes are in the same round and its first iteration", || {
        let nodes = nodes(place);
        let of = |node: &Value| (node["height"].as_u64(), node["round"].as_u64(), node["iteration"].as_u64());
        nodes.iter().all(|node| of(node) == of(&nodes[0]) && of(node).2 == Some(0))
    });
}

/// A folder that is a project as far as a devnet cares.
fn project() -> Place {
    let place = Place::new();
    place.write("Cargo.toml", "[workspace]\n");
    place
}

#[test]
fn a_devnet_lives_through_what_is_done_to_it() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "shares"]).exits(0);
    place.enter("shares");
    place.dusk(&["build"]).exits(0);
    // Of four nodes one may hold half of a committee's votes, so that the others wait long for a block without it.
    let begun = Instant::now();
    let mut up = Up::start(&place, &["--nodes", "7", "--block-time", "1"]);
    println!("7 nodes have met and a block is final after {:?}", begun.elapsed());
    assert_eq!(up.document["nodes"].as_array().unwrap().len(), 7);
    assert_eq!(processes(&place).len(), 7);
    let again = place.dusk(&["devnet", "up"]).exits(1);
    says(&again, &["error: a devnet is already up here", "hint: `cargo dusk devnet status` shows it"]);

    let on_devnet = |words: &[&str]| {
        let mut all = words.to_vec();
        all.extend(["--network", "devnet"]);
        place.dusk(&all)
    };
    on_devnet(&["deploy", "counter", "--init", "10"]).exits(0);
    let value = |expected: &str| assert_eq!(on_devnet(&["call", "counter", "value"]).exits(0).stdout.trim(), expected);
    value("0");
    let follow = ["--json", "events", "--follow", "--from-block", "0", "--network", "devnet"];
    let follower = Watching::start(&place, &follow);
    follower.line("an event since the first block is told", |_| true);

    // The node that commands have used so far is killed; they go on at another one, and so do those that run.
    says(&place.dusk(&["devnet", "kill", "1"]).exits(0), &["killed node 1"]);
    assert_eq!(processes(&place).len(), 6);
    on_devnet(&["call", "counter", "increment", "--by", "3", "--from", "bob"]).exits(0);
    value("3");
    follower.line("the counter is at 3, while node 1 is dead", |line| changes_to(line, 3));
    says(&place.dusk(&["devnet", "kill", "1"]).exits(1), &["error: node 1 is not running", "devnet start 1`"]);
    says(&place.dusk(&["devnet", "start", "1"]).exits(0), &["started node 1"]);
    finality_goes_on(&place, &[1, 2, 3, 4, 5, 6, 7]);
    value("3");

    says(&place.dusk(&["devnet", "stop", "3"]).exits(0), &["stopped node 3"]);
    finality_goes_on(&place, &[1, 2, 4, 5, 6, 7]);
    place.dusk(&["devnet", "start", "3"]).exits(0);
    says(&place.dusk(&["devnet", "start", "3"]).exits(1), &["node 3 is already running"]);
    finality_goes_on(&place, &[1, 2, 3, 4, 5, 6, 7]);

    finality_goes_on(&place, &[1, 2, 3, 4, 5, 6, 7]);
    all_in_step(&place);

    // A node by itself finds nobody to agree with; the rest goes on.
    says(&place.dusk(&["devnet", "cut", "4/1,2,3,5,6,7"]).exits(0), &["1-4, 2-4, 3-4", "cut"]);
    // The node still handles the messages that arrived before the cut.
    thread::sleep(Duration::from_secs(2));
    finality_goes_on(&place, &[1, 2, 3, 5, 6, 7]);
    let alone = height_of(&place, 4);
    finality_goes_on(&place, &[1, 2, 3, 5, 6, 7]);
    assert_eq!(height_of(&place, 4), alone, "nothing reaches it");
    says(&place.dusk(&["devnet", "heal"]).exits(0), &["no link has a cut, a delay or a loss"]);
    finality_goes_on(&place, &[1, 2, 3, 4, 5, 6, 7]);
    says(&place.dusk(&["devnet", "delay", "20ms"]).exits(0), &["20 ms late"]);
    says(&place.dusk(&["devnet", "loss", "5%"]).exits(0), &["20 ms late · 5.0 % lost"]);
    finality_goes_on(&place, &[1, 2, 3, 4, 5, 6, 7]);
    place.dusk(&["devnet", "heal"]).exits(0);
    commands_work_there(&place, on_devnet);
    value("4");
    follower.line("the counter is at 4, after all that happened to nodes and links", |line| changes_to(line, 4));
    assert_eq!(follower.end("-INT"), Some(0));

    says(&place.dusk(&["devnet", "down"]).exits(0), &["ended 7 nodes; `up` continues the chain"]);
    assert_eq!(up.child.wait().unwrap().code(), Some(0));
    assert_eq!(processes(&place), Vec::<String>::new());
    says(&place.dusk(&["devnet", "status"]).exits(1), &["no devnet is up: the last one was ended with `down`"]);
}

/// Whether a line of `events --json` is the event by which the counter came to a value.
fn changes_to(line: &str, value: u64) -> bool {
    let event: Value = serde_json::from_str(line).unwrap();
    event["topic"] == "Changed" && event["data"]["to"] == value
}

/// Commands that look at a chain look at that of the devnet, and what only a lone node does is refused.
fn commands_work_there(place: &Place, on_devnet: impl Fn(&[&str]) -> Ran) {
    let call = ["call", "counter", "increment", "--by", "1", "--from", "alice", "--final", "--json"];
    let called = on_devnet(&call).exits(0).document();
    let (id, height) = (called["tx"].as_str().unwrap(), called["block"].as_u64().unwrap());
    let tx = on_devnet(&["tx", id, "--json"]).exits(0).document();
    assert_eq!((&tx["status"], &tx["sender_name"]), (&"included".into(), &"alice".into()), "{tx}");
    assert_eq!((&tx["call"]["function"], &tx["block"]["height"]), (&"increment".into(), &height.into()), "{tx}");
    let block = on_devnet(&["block", &height.to_string(), "--json"]).exits(0).document();
    assert_eq!(block["hash"], tx["block"]["hash"]);
    assert!(block["transactions"].as_array().unwrap().iter().any(|it| it["id"] == id), "{block}");
    let account = on_devnet(&["account", "alice", "--json"]).exits(0).document();
    assert_eq!((&account["name"], &account["nonce"]), (&"alice".into(), &tx["nonce"]), "{account}");
    let inspected = on_devnet(&["inspect", "counter", "--json"]).exits(0).document();
    assert_eq!((&inspected["name"], &inspected["owner_name"]), (&"counter".into(), &"alice".into()), "{inspected}");
    // Node 1 is asked first.
    let before = numbers(place, "height")[0];
    let mined = on_devnet(&["node", "mine", "1", "--json"]).exits(0).document();
    assert!(mined["height"].as_u64() > before, "{mined}, {before:?} before");
    for change in [&["node", "snapshot"][..], &["node", "revert"], &["node", "warp", "1h"], &["node", "reset"]] {
        says(
            &on_devnet(change).exits(1),
            &[
                "this node is part of a network: its chain and clock cannot be set back or forward",
                "hint: start a single node with `cargo dusk node`",
            ],
        );
    }
}

#[test]
fn no_node_outlives_its_supervisor_and_the_chain_goes_on() {
    let _starting = starting();
    let place = project();
    let mut begun_at = 0;
    let mut address = String::new();
    for (signal, code, options) in [
        ("-KILL", None, &["--log", "off"][..]),
        // A closed terminal.
        ("-HUP", None, &[]),
        ("-TERM", Some(0), &[]),
        // Ctrl-C.
        ("-INT", Some(0), &[]),
    ] {
        // A caller of the tests may have them ignore the closed terminal.
        let mut command = place.command("env");
        command.args(["--default-signal=HUP", PROGRAM]);
        let mut up = Up::run(command, options);
        let heights: Vec<u64> = numbers(&place, "height").into_iter().flatten().collect();
        assert!(heights.iter().all(|height| *height > begun_at), "{begun_at}: {heights:?}");
        begun_at = heights.into_iter().max().unwrap();
        address = up.document["nodes"][1]["address"].as_str().unwrap().to_owned();
        assert_eq!(processes(&place).len(), 4);
        let logs = place.dusk(&["devnet", "logs", "--lines", "1000"]).exits(0).stdout;
        // The first processes log nothing, so that these lines are of the second ones.
        assert_eq!(logs.contains(" INFO "), signal != "-KILL", "{signal}: {logs}");
        assert!(!logs.contains(" DEBUG "), "{signal}: {logs}");
        assert_eq!(up.signal(signal), code, "{signal}");
        if code.is_some() {
            assert_eq!(processes(&place), Vec::<String>::new(), "{signal} ends it in order");
            says(&place.dusk(&["devnet", "status"]).exits(1), &["no devnet is up: the last one was ended with `down`"]);
        } else {
            eventually("all nodes end after their supervisor", || processes(&place).is_empty());
            says(
                &place.dusk(&["devnet", "status"]).exits(1),
                &["the last one ended without `down`", "hint: `cargo dusk devnet up` continues"],
            );
        }
    }

    let taken = UdpSocket::bind(&address).unwrap();
    let port = address.rsplit(':').next().unwrap();
    let refused = place.dusk(&["devnet", "up"]).exits(1);
    says(&refused, &[&format!("cannot start node 2: UDP port {port} is in use"), "hint: another node may be running"]);
    assert_eq!(processes(&place), Vec::<String>::new());
    drop(taken);

    says(&place.dusk(&["devnet", "up", "--nodes", "7"]).exits(2), &["a devnet of 4 nodes", "devnet reset`"]);
    says(&place.dusk(&["devnet", "reset"]).exits(0), &["removed the chains"]);
    assert!(!place.at.join("target/dusk/devnet/plan.json").exists());
}

#[test]
fn a_detached_devnet_runs_until_it_is_ended() {
    let right = starting();
    let place = project();
    let begun = Instant::now();
    let detached = place.dusk(&["devnet", "up", "--detach", "--log", "debug"]).exits(0);
    println!("detached after {:?}", begun.elapsed());
    says(&detached, &["running", "http://127.0.0.1:", "`cargo dusk devnet down` ends them"]);
    assert_eq!(processes(&place).len(), 4);
    let before = numbers(&place, "height").into_iter().flatten().max().unwrap();
    says(&place.dusk(&["devnet", "reset"]).exits(0), &["began a new chain"]);
    drop(right);
    finality_goes_on(&place, &[1, 2, 3, 4]);
    println!("the chain was at {before} before it began anew");
    watching_goes_on_until_a_signal(&place);
    links_get_their_rules(&place);
    place.dusk(&["devnet", "down"]).exits(0);
    assert_eq!(processes(&place), Vec::<String>::new());
}

#[test]
fn a_detached_devnet_ends_with_a_command_that_is_killed_before_it_is_ready() {
    let _starting = starting();
    let place = project();
    let mut command = place.command(PROGRAM);
    command.args(["devnet", "up", "--detach"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut starter = command.spawn().unwrap();
    eventually("the first node has a process", || !processes(&place).is_empty());
    starter.kill().unwrap();
    assert_eq!(starter.wait().unwrap().code(), None, "it was killed before the network was ready");
    eventually("the nodes and their supervisor end", || {
        let status = place.dusk(&["devnet", "status"]);
        status.code == Some(1) && status.stderr.contains("no devnet is up") && processes(&place).is_empty()
    });
}

/// `logs`, `logs --follow` and `status --watch`.
fn watching_goes_on_until_a_signal(place: &Place) {
    let logs = place.dusk(&["devnet", "logs", "2"]).exits(0);
    let lines: Vec<&str> = logs.stdout.lines().collect();
    assert!((1..=20).contains(&lines.len()), "{}", logs.all());
    assert!(lines.iter().all(|line| line.starts_with("node 2 | ")), "{}", logs.all());
    let all = place.dusk(&["devnet", "logs", "--lines", "1000"]).exits(0).stdout;
    for part in ["node 1 | ", "node 4 | ", " INFO ", " DEBUG "] {
        assert!(all.contains(part), "`{part}` is missing:\n{all}");
    }
    says(&place.dusk(&["devnet", "logs", "5"]).exits(2), &["there is no node 5", "this devnet has the nodes 1 to 4"]);

    let follower = Watching::start(place, &["devnet", "logs", "2", "--follow", "--lines", "0"]);
    for _ in 0..2 {
        follower.line("node 2 tells of a block", |line| line.starts_with("node 2 | ") && line.contains("height="));
    }
    assert_eq!(follower.end("-INT"), Some(0));

    let watch = Watching::start(place, &["--json", "devnet", "status", "--watch"]);
    let state = |line: &str| serde_json::from_str::<Value>(line).unwrap()["nodes"][2]["state"].clone();
    watch.line("node 3 runs", |line| state(line) == "running");
    place.dusk(&["devnet", "kill", "3"]).exits(0);
    watch.line("node 3 was killed", |line| state(line) == "killed");
    place.dusk(&["devnet", "start", "3"]).exits(0);
    watch.line("node 3 runs again", |line| state(line) == "running");
    assert_eq!(watch.end("-INT"), Some(0));

    let watch = Watching::start(place, &["devnet", "status", "--watch"]);
    for _ in 0..2 {
        watch.line("a table begins", |line| line.contains("node") && line.contains("peers"));
        watch.line("node 4 runs", |line| line.trim_start().starts_with("4  running"));
    }
    assert_eq!(watch.end("-TERM"), Some(0));
    finality_goes_on(place, &[1, 2, 3, 4]);
}

/// A delay and a loss hold in each node, until the links are whole.
fn links_get_their_rules(place: &Place) {
    for (words, told) in [(["devnet", "delay", "10000"], "10000 ms late"), (["devnet", "loss", "100"], "100.0 % lost")]
    {
        says(&place.dusk(&words).exits(0), &[told]);
        nothing_is_sent(place);
        says(&place.dusk(&["devnet", "heal"]).exits(0), &["no link has a cut, a delay or a loss"]);
        finality_goes_on(place, &[1, 2, 3, 4]);
    }
}

/// Waits until no node sends anything for a while.
#[track_caller]
fn nothing_is_sent(place: &Place) {
    let sent = |node: &Value| {
        let url = format!("{}/on/dev/network", node["url"].as_str().unwrap());
        let mut answer = ureq::post(url).send("{}").unwrap();
        let told: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        told["sent"].as_u64().unwrap()
    };
    let (mut last, mut since) = (Vec::new(), Instant::now());
    eventually("no node sends anything", || {
        let now: Vec<u64> = nodes(place).iter().map(sent).collect();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > QUIET
    });
}

#[test]
fn a_node_with_a_key_of_its_own_joins_a_devnet() {
    let place = project();
    let up = Up::start(&place, &[]);
    let first = up.document["nodes"][0]["address"].as_str().unwrap();
    eventually("node 1 counts the other nodes", || numbers(&place, "peers")[0] == Some(3));
    place.dusk(&["node", "new-keys", "mine.json"]).exits(0);
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let options = ["--port", "0", "--genesis", "target/dusk/devnet/genesis.json", "--keys", "mine.json"];
    let network = ["--bootstrap", first, "--listen", &free, "--data", "chain"];
    // Itself, its folder, its network, and ten accounts.
    let node = RunningNode::with(&place, &[options, network].concat(), 13);
    assert!(node.said.contains(&format!("network {free} · asks 1 node for peers · votes as ")), "{}", node.said);

    let has_the_tip = || {
        let tip = nodes(&place)[0]["hash"].clone();
        place.dusk(&["--json", "block", "--network", &node.url]).exits(0).document()["hash"] == tip
    };
    eventually("the node has the last block of node 1", has_the_tip);
    eventually("node 1 counts the node among its peers", || numbers(&place, "peers")[0] == Some(4));
    finality_goes_on(&place, &[1, 2, 3, 4]);
    eventually("the node follows node 1", has_the_tip);
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn without_a_devnet_commands_say_how_to_start_one() {
    let place = project();
    for words in [
        &["devnet", "status"][..],
        &["devnet", "stop", "1"],
        &["devnet", "heal"],
        &["devnet", "cut", "1,2/3,4"],
        &["account", "alice", "--network", "devnet"],
        &["node", "mine", "--network", "devnet"],
    ] {
        says(&place.dusk(words).exits(1), &["error: no devnet is up", "hint: start one with `cargo dusk devnet up`"]);
    }
    says(&place.dusk(&["devnet", "logs"]).exits(1), &["error: there is no devnet here"]);
    says(&place.dusk(&["devnet", "down"]).exits(0), &["no devnet is up"]);
    says(&place.dusk(&["devnet", "reset"]).exits(0), &["removed the chains"]);
    let document = place.dusk(&["--json", "devnet", "status"]).exits(1).document();
    assert_eq!(document["error"], "no devnet is up");
    for (words, told) in [
        (&["devnet", "cut", "1,2"][..], "one group is cut from nothing"),
        (&["devnet", "cut", "1,x/2"], "`x` is not a node"),
        (&["devnet", "up", "--nodes", "2"], "a devnet has 3 to 32 nodes"),
        (&["devnet", "up", "--block-time", "instant"], "cannot make blocks on demand"),
        (&["devnet", "loss", "101"], "a loss is 0 to 100 percent"),
        (&["devnet", "delay", "-1"], "unexpected argument '-1'"),
    ] {
        says(&place.dusk(words).exits(2), &[told]);
    }
}

#[test]
fn damaged_files_of_a_devnet_are_told_and_reset_removes_them() {
    let place = project();
    place.write("target/dusk/devnet/running.json", "{\"version\": 1, \"supervisor\"");
    says(&place.dusk(&["devnet", "status"]).exits(2), &["running.json is damaged", "hint: remove what is left"]);
    place.write("target/dusk/devnet/running.json", "{\"version\": 9}");
    says(&place.dusk(&["devnet", "status"]).exits(2), &["running.json has version 9"]);
    place.write("target/dusk/devnet/plan.json", "[]");
    place.dusk(&["devnet", "reset"]).exits(0);
    says(&place.dusk(&["devnet", "status"]).exits(1), &["error: no devnet is up"]);
}

#[test]
fn a_node_that_joins_a_network_is_told_what_it_lacks() {
    let place = project();
    let keys = place.dusk(&["--json", "node", "new-keys", "mine.json"]).exits(0).document();
    assert!(keys["address"].as_str().unwrap().len() > 100);
    assert!(!place.read("mine.json").is_empty());
    says(&place.dusk(&["node", "new-keys", "mine.json"]).exits(3), &["cannot write the keys file mine.json"]);
    let joining = |options: &[&str]| {
        let mut words = vec!["node", "--bootstrap", "127.0.0.1:9001"];
        words.extend(options);
        place.dusk(&words)
    };
    says(&joining(&[]).exits(2), &["a node of a network needs the genesis of its chain", "`--genesis FILE`"]);
    says(&place.dusk(&["node", "--keys", "mine.json"]).exits(2), &["`--keys` needs the genesis"]);
    place.write("genesis.json", "{\"version\": 3}");
    says(&joining(&["--genesis", "genesis.json"]).exits(2), &["the genesis file has version 3"]);
    says(&joining(&["--genesis", "nowhere.json"]).exits(3), &["cannot read the genesis file nowhere.json"]);
    says(&joining(&["--keys", "mine.json"]).exits(2), &["the genesis file has version 3"]);
}
