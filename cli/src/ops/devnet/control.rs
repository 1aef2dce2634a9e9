//! Requests to the supervisor: one line of JSON over a connection on the loopback address, one line back.
//!
//! A request brings the token of `running.json`, which only the user can read: others on this machine can connect, and
//! no more.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::ops::project::devnet::Running;

/// The most bytes of a request or an answer.
const MAX_LINE_BYTES: usize = 64 << 10;
/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the supervisor may take: all nodes end, and start again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// The hint if the supervisor does not answer.
const HINT_SUPERVISOR: &str = "end the process of `cargo dusk devnet up`: its nodes end with it";

/// The requests to the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Request {
    /// Ends a node in order.
    Stop {
        /// Its number.
        node: usize,
    },
    /// Starts a node that does not run.
    Start {
        /// Its number.
        node: usize,
    },
    /// Kills a node.
    Kill {
        /// Its number.
        node: usize,
    },
    /// Cuts groups of nodes from each other.
    Cut {
        /// The nodes of each group.
        groups: Vec<Vec<usize>>,
    },
    /// Takes back all that was done to links.
    Heal,
    /// Delays what nodes send to each other.
    Delay {
        /// By so much.
        millis: u64,
    },
    /// Loses a part of what nodes send to each other.
    Loss {
        /// Of a thousand datagrams.
        permille: u16,
    },
    /// Begins a new chain.
    Reset,
    /// Ends all nodes and the supervisor.
    Down,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    token: String,
    request: Request,
}

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    /// It was done: the change, in a sentence.
    Done(String),
    /// It was not done.
    Failed {
        /// Why.
        error: String,
        /// The hint.
        hint: String,
    },
}

/// Asks the supervisor.
///
/// # Errors
/// Why it was not done, with its hint; an environment fault when the supervisor does not answer.
pub(crate) fn ask(running: &Running, request: Request) -> Result<String> {
    let silent = |error: std::io::Error| {
        Fault::environment(
            format!("the supervisor of the devnet (process {}) does not answer: {error}", running.supervisor),
            HINT_SUPERVISOR,
        )
    };
    let mut stream = TcpStream::connect_timeout(&running.control, REQUEST_TIMEOUT).map_err(silent)?;
    let envelope = Envelope { token: running.token.clone(), request };
    let line = serde_json::to_string(&envelope).context("requests are JSON")? + "\n";
    stream.write_all(line.as_bytes()).map_err(silent)?;
    let answer = read_line(&stream, ANSWER_TIMEOUT).map_err(silent)?;
    match serde_json::from_str(&answer) {
        Ok(Answer::Done(text)) => Ok(text),
        Ok(Answer::Failed { error, hint }) => {
            let hint = if hint.is_empty() { HINT_SUPERVISOR.to_owned() } else { hint };
            Err(Fault::failed(error, hint))
        }
        Err(_) => Err(Fault::environment(
            format!("the supervisor of the devnet (process {}) gives no valid answer", running.supervisor),
            HINT_SUPERVISOR,
        )),
    }
}

/// The supervisor's end.
#[derive(Debug)]
pub(super) struct Control {
    listener: TcpListener,
    token: String,
}

impl Control {
    /// Takes requests from now on.
    ///
    /// # Errors
    /// When the system gives no port or no randomness.
    pub(super) fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("the system has no free port")?;
        listener.set_nonblocking(true).context("the system has no sockets that do not block")?;
        let mut token = [0; TOKEN_BYTES];
        getrandom::fill(&mut token).context("the system has no randomness")?;
        Ok(Self { listener, token: hex::encode(token) })
    }

    /// Where requests go.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().context("a listener has an address")
    }

    /// The token that requests must carry.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The next request, if there is one. A text that is no request of this user gets no answer.
    pub(super) fn next(&self) -> Option<(Request, Reply)> {
        let (stream, _) = self.listener.accept().ok()?;
        // Some systems hand the listener's mode on.
        stream.set_nonblocking(false).ok()?;
        stream.set_write_timeout(Some(REQUEST_TIMEOUT)).ok()?;
        let envelope: Envelope = serde_json::from_str(&read_line(&stream, REQUEST_TIMEOUT).ok()?).ok()?;
        is_equal(envelope.token.as_bytes(), self.token.as_bytes()).then_some((envelope.request, Reply(stream)))
    }
}

/// Where the answer to a request goes.
#[derive(Debug)]
pub(super) struct Reply(TcpStream);

impl Reply {
    /// Answers. A client that has gone does not hear it.
    pub(super) fn send(mut self, answer: &Answer) {
        if let Ok(text) = serde_json::to_string(answer) {
            let _ = self.0.write_all((text + "\n").as_bytes());
        }
    }
}

/// Reads a line, all of it within that time.
fn read_line(mut stream: &TcpStream, within: Duration) -> std::io::Result<String> {
    let begun = Instant::now();
    let (mut line, mut part) = (Vec::new(), [0; 4096]);
    while line.last() != Some(&b'\n') {
        let left = within.saturating_sub(begun.elapsed());
        if left.is_zero() || line.len() > MAX_LINE_BYTES {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => line.extend_from_slice(&part[..count]),
        }
    }
    String::from_utf8(line).map_err(|_| ErrorKind::InvalidData.into())
}

/// Compares in a time that does not tell where the first difference is.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one request, whatever comes before it.
    fn serve(control: &Control) -> Request {
        let begun = Instant::now();
        loop {
            if let Some((request, reply)) = control.next() {
                reply.send(&match &request {
                    Request::Start { node } => {
                        Answer::Failed { error: format!("there is no node {node}"), hint: "look".to_owned() }
                    }
                    _ => Answer::Done("done".to_owned()),
                });
                return request;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no request comes");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn requests_are_answered_and_failures_carry_their_hint() {
        let control = Control::open().unwrap();
        let running = Running::new(7, control.address().unwrap(), control.token().to_owned());
        std::thread::scope(|scope| {
            let client = scope.spawn(|| {
                let cut = ask(&running, Request::Cut { groups: vec![vec![1], vec![2, 3]] });
                (cut, ask(&running, Request::Start { node: 9 }))
            });
            assert_eq!(serve(&control), Request::Cut { groups: vec![vec![1], vec![2, 3]] });
            assert_eq!(serve(&control), Request::Start { node: 9 });
            let (cut, start) = client.join().unwrap();
            assert_eq!(cut.unwrap(), "done");
            let error = start.unwrap_err();
            assert_eq!(error.to_string(), "there is no node 9");
            assert_eq!(error.downcast_ref::<Fault>().unwrap().hint(), "look");
        });
    }

    #[test]
    fn strangers_and_nonsense_get_no_answer() {
        let control = Control::open().unwrap();
        let address = control.address().unwrap();
        let send = |bytes: &[u8]| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(bytes).unwrap();
            drop(stream);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(200) {
                assert!(control.next().is_none(), "{}", String::from_utf8_lossy(bytes));
            }
        };
        send(b"");
        send(b"GET / HTTP/1.1\r\n\r\n");
        send(br#"{"token": "", "request": {"do": "down"}}"#);
        send(b"{\"token\": \"\", \"request\": {\"do\": \"down\"}}\n");
        let token = control.token();
        send(format!("{{\"token\": \"{token}\", \"request\": {{\"do\": \"fly\"}}}}\n").as_bytes());
        send(format!("{{\"token\": \"{}\", \"request\": {{\"do\": \"down\"}}}}\n", "0".repeat(64)).as_bytes());
        send(&vec![b' '; 100 << 10]);
        let wrong = Running::new(7, address, "0".repeat(64));
        std::thread::scope(|scope| {
            let client = scope.spawn(|| ask(&wrong, Request::Down));
            let begun = Instant::now();
            while !client.is_finished() {
                assert!(control.next().is_none() && begun.elapsed() < Duration::from_secs(60));
            }
            assert!(client.join().unwrap().unwrap_err().to_string().contains("does not answer"));
        });
    }
}
