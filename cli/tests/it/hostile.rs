//! Texts of contracts and nodes that try to command the terminal: no command lets one through.
//!
//! A contract has them in its documentation, values, events, errors and panics. A node is made hostile by a proxy
//! before a real one: it puts such a text into one field of its answers after the other, for each command.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::support::{PROGRAM, Place, Ran};

/// A text with a control sequence, C1 controls, U+007F, marks of direction, a bell, and a line that looks like one of
/// ours.
pub(crate) const HOSTILE: &str = "x\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{7f}\u{202e}\u{2066}\u{200f}\r\nFORGED";
/// The most bytes of a request or an answer that the proxy carries.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Panics where what was printed holds what a terminal obeys, or a line that somebody else began.
#[track_caller]
fn is_clean(what: &str, ran: &Ran) {
    for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        let obeyed = |letter: char| {
            (letter.is_control() && letter != '\n')
                || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!text.contains(obeyed), "{what}: {name} commands the terminal: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{what}: {name} has a forged line: {text:?}");
    }
}

/// Tries every command on a contract and a node that are hostile in every field. The contract `kinds` stands on the
/// node at `url`.
pub(crate) fn no_text_commands_the_terminal(place: &Place, url: &str) {
    of_a_circuit(place);
    of_a_contract(place, url);
    of_a_description(place, url);
    of_a_node(place, url);
}

/// The circuit `loud` has them in its documentation and in the names of its region and its constraint.
fn of_a_circuit(place: &Place) {
    place.write("loud.json", r#"{"x": 4, "y": 3}"#);
    place.write("good.json", r#"{"x": 9, "y": 3}"#);
    let commands: [(&[&str], i32); 9] = [
        (&["circuit", "list"], 0),
        (&["circuit", "check", "loud", "--witness", "good.json"], 0),
        (&["circuit", "check", "loud", "--witness", "loud.json"], 1),
        (&["circuit", "profile", "loud", "--flamegraph", "loud.svg"], 0),
        (&["circuit", "audit", "loud"], 0),
        (&["circuit", "audit", "loud", "--witness", "loud.json"], 1),
        (&["prove", "loud", "--witness", "loud.json"], 1),
        (&["prove", "loud", "--witness", "good.json", "--out", "loud.proof.toml"], 0),
        (&["circuit", "check", HOSTILE, "--witness", "loud.json"], 2),
    ];
    for (words, code) in commands {
        for json in [&[][..], &["--json"]] {
            let ran = place.dusk(&[words, json].concat());
            is_clean(&format!("{words:?} {json:?}"), &ran);
            assert_eq!(ran.code, Some(code), "{words:?}: {}", ran.all());
        }
    }
    let listed = place.dusk(&["circuit", "list"]).exits(0);
    assert!(listed.stdout.contains("Says \\u{1b}[31mred"), "{}", listed.stdout);
    let svg = place.read("loud.svg");
    assert!(!svg.contains(|letter: char| letter.is_control() && letter != '\n'), "{svg:?}");
}

fn of_a_contract(place: &Place, url: &str) {
    let call = |words: &[&str]| {
        for json in [&[][..], &["--json"]] {
            let ran = place.dusk(&[&["call", "--network", url], json, words].concat());
            is_clean(&format!("call {words:?} {json:?}"), &ran);
        }
        place.dusk(&[&["call", "--network", url], words].concat())
    };
    let text = format!("--text={HOSTILE}");
    let listed = call(&["kinds"]).exits(0);
    assert!(listed.stdout.contains("Does \\u{1b}[31mred things."), "{}", listed.stdout);
    let said = call(&["kinds", "say", &text]).exits(0);
    assert!(said.stdout.starts_with("x\\u{1b}[31m") && said.stdout.lines().count() == 1, "{}", said.stdout);
    let told = call(&["kinds", "tell", &text]).exits(0);
    assert!(told.stdout.contains("event Said {\"text\":\"x\\u001b[31m"), "{}", told.stdout);
    let refused = call(&["kinds", "no", &format!("--why={HOSTILE}")]).exits(1);
    assert!(refused.stderr.contains("refused: No (1): No, \\u{1b}[31mred\\u{7f}"), "{}", refused.stderr);
    let failed = call(&["kinds", "fail", &text]).exits(1);
    assert!(failed.stderr.contains("refused: the contract panicked: x\\u{1b}[31m"), "{}", failed.stderr);
    for function in ["say", "tell", "no", "clash"] {
        call(&["kinds", function, "--help"]).exits(0);
    }
    // The typed text comes back in errors.
    for words in
        [&["kinds", HOSTILE][..], &["kinds", "big", HOSTILE], &[HOSTILE], &["kinds", "say", "--", "a", HOSTILE]]
    {
        call(words).exits(2);
    }
    for words in
        [&["tx", HOSTILE][..], &["block", HOSTILE], &["account", HOSTILE], &["events", HOSTILE], &["inspect", HOSTILE]]
    {
        let ran = place.dusk(&[words, &["--network", url]].concat());
        is_clean(&format!("{words:?}"), &ran);
        assert_ne!(ran.code, Some(0));
    }
}

/// A description that a stranger's driver gave, with such texts in all its names.
fn of_a_description(place: &Place, url: &str) {
    let folder = place.at.join("target/dusk/deployed");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.to_str().unwrap().ends_with(".abi.json")).unwrap();
    let whole = std::fs::read_to_string(&file).unwrap();
    let mut abi: Value = serde_json::from_str(&whole).unwrap();
    let hostile = |value: &mut Value| *value = format!("{}{HOSTILE}", value.as_str().unwrap_or_default()).into();
    for key in ["name", "doc", "sdk"] {
        hostile(&mut abi[key]);
    }
    for part in ["functions", "events", "errors"] {
        for item in abi[part].as_array_mut().unwrap() {
            for key in ["name", "doc", "topic"].iter().filter(|key| !item[**key].is_null()).collect::<Vec<_>>() {
                hostile(&mut item[*key]);
            }
            for field in item.get_mut("inputs").and_then(Value::as_array_mut).into_iter().flatten() {
                hostile(&mut field["name"]);
            }
        }
    }
    std::fs::write(&file, abi.to_string()).unwrap();
    let say = format!("say{HOSTILE}");
    for words in [
        &["kinds"][..],
        &["kinds", "say"],
        &["kinds", &say, "--help"],
        &["kinds", &say, "x"],
        &["kinds", &say, "--text", "x"],
        &["kinds", &say, "--args", "{}"],
    ] {
        for json in [&[][..], &["--json"]] {
            let ran = place.dusk(&[&["call", "--network", url], json, words].concat());
            is_clean(&format!("call {words:?} {json:?}"), &ran);
        }
    }
    std::fs::write(&file, whole).unwrap();
}

fn of_a_node(place: &Place, url: &str) {
    let told = place.dusk(&["call", "kinds", "tell", "--text=a", "--network", url, "--json"]).exits(0).document();
    let transaction = told["tx"].as_str().unwrap();
    let proxy = Proxy::start(url);
    let network = ["--network", &proxy.url];
    for words in [
        &["tx", transaction][..],
        &["block", "latest"],
        &["account", "alice"],
        &["account"],
        &["events"],
        &["inspect", "@kinds"],
        &["call", "kinds", "text"],
        &["call", "kinds", "tell", "--text=b"],
        &["call", "kinds", "no", "--why=b", "--json"],
        &["deploy", "kinds", "--alias", "other", "--dry-run"],
        &["node", "snapshot"],
        &["node", "mine", "1"],
    ] {
        let words = [words, &network].concat();
        proxy.be(Manner::Recording(BTreeSet::new()));
        is_clean(&format!("{words:?}"), &place.dusk(&words));
        let Manner::Recording(fields) = proxy.be(Manner::Honest) else { panic!("it records") };
        assert!(!fields.is_empty(), "{words:?} asks the node");
        for field in fields {
            proxy.be(Manner::Hostile(field.clone()));
            is_clean(&format!("{words:?} with {field} hostile"), &place.dusk(&words));
        }
        for refusal in [format!("{{\"error\":{}}}", Value::from(HOSTILE)), HOSTILE.to_owned()] {
            proxy.be(Manner::Refusing(refusal));
            let ran = place.dusk(&words);
            is_clean(&format!("{words:?} refused"), &ran);
            assert_ne!(ran.code, Some(0), "{words:?}");
        }
        proxy.be(Manner::Honest);
    }
    // Without a project nothing is known of the contract, and its names come from the node.
    let bare = Place::new();
    let id = told["contract"].as_str().unwrap();
    for words in [&["tx", transaction][..], &["events"], &["inspect", id]] {
        let ran = bare.ran(bare.command(PROGRAM).args(words).args(["--network", url]));
        is_clean(&format!("{words:?} without a project"), &ran);
    }
}

/// How the proxy behaves.
#[derive(Debug)]
enum Manner {
    /// It hands everything on.
    Honest,
    /// It notes what is asked, and what the answers hold: the request's path, and the place in the document.
    Recording(BTreeSet<String>),
    /// It adds the hostile text to one of them, or puts it in the place of a number.
    Hostile(String),
    /// It refuses with this body.
    Refusing(String),
}

/// A node that is not what it seems.
struct Proxy {
    url: String,
    manner: Arc<Mutex<Manner>>,
}

impl Proxy {
    /// Before the node at `url`. It ends with the test's process.
    fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let manner = Arc::new(Mutex::new(Manner::Honest));
        let proxy = Self { url: format!("http://{}", listener.local_addr().unwrap()), manner: manner.clone() };
        let node = url.strip_prefix("http://").unwrap().to_owned();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (node, manner) = (node.clone(), manner.clone());
                thread::spawn(move || {
                    // A command that has ended reads no answer.
                    let _ = carry(client, &node, &manner);
                });
            }
        });
        proxy
    }

    /// Changes its manner, and gives the one that it had.
    fn be(&self, manner: Manner) -> Manner {
        std::mem::replace(&mut self.manner.lock().unwrap(), manner)
    }
}

/// Carries one request to the node, and its answer back.
fn carry(mut client: TcpStream, node: &str, manner: &Mutex<Manner>) -> std::io::Result<()> {
    let (head, body) = read_message(&mut client)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let head: Vec<&str> =
        head.lines().filter(|line| !line.is_empty() && !line.to_ascii_lowercase().starts_with("connection:")).collect();
    let mut node = TcpStream::connect(node)?;
    node.write_all(format!("{}\r\nconnection: close\r\n\r\n", head.join("\r\n")).as_bytes())?;
    node.write_all(&body)?;
    let (head, body) = read_message(&mut node)?;
    let mut status = head.lines().next().unwrap_or_default().to_owned();
    let mut body = body;
    match &mut *manner.lock().unwrap() {
        Manner::Honest => {}
        Manner::Refusing(refusal) => {
            status = "HTTP/1.1 500 Internal Server Error".to_owned();
            body = refusal.clone().into_bytes();
        }
        Manner::Recording(fields) => {
            fields.insert(path.clone());
            if let Ok(mut document) = serde_json::from_slice::<Value>(&body) {
                visit(&mut document, &path, &mut |place, _| {
                    fields.insert(place.to_owned());
                });
            }
        }
        Manner::Hostile(field) => {
            if let Ok(mut document) = serde_json::from_slice::<Value>(&body) {
                visit(&mut document, &path, &mut |place, value| {
                    if place == *field {
                        *value = format!("{}{HOSTILE}", value.as_str().unwrap_or_default()).into();
                    }
                });
                body = document.to_string().into_bytes();
            }
        }
    }
    client.write_all(format!("{status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes())?;
    client.write_all(&body)
}

/// Calls `seen` with each text, number and truth value of a document and its place; the items of a list have one place.
fn visit(value: &mut Value, place: &str, seen: &mut dyn FnMut(&str, &mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, &format!("{place}/*"), seen)),
        Value::Object(members) => {
            members.iter_mut().for_each(|(name, member)| visit(member, &format!("{place}/{name}"), seen));
        }
        leaf => seen(place, leaf),
    }
}

/// The head and the body of a request or an answer that says its length.
fn read_message(from: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = |line: &str| {
                let (name, length) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| length.trim().parse::<usize>().ok()).flatten()
            };
            let length = head.lines().find_map(length).unwrap_or_default().min(MAX_BYTES);
            let mut body = bytes.split_off(end + 4);
            while body.len() < length {
                let count = from.read(&mut chunk)?;
                if count == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..count]);
            }
            return Ok((head, body));
        }
        let count = from.read(&mut chunk)?;
        if count == 0 || bytes.len() > MAX_BYTES {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
}
