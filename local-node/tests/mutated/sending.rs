//! Requests on the wire, and what comes of them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::corpus::{Framing, Request};

/// How long an ordinary request may take while mutated ones are being answered.
const MAX_ORDINARY: Duration = Duration::from_secs(180);
/// How long a client waits for the next bytes of an answer to a request that is whole.
const MAX_WAIT: Duration = Duration::from_secs(120);
/// How long it waits where the node may rightly wait for more.
const MAX_WAIT_OF_HALF: Duration = Duration::from_millis(50);
/// The most bytes that an answer may have.
const MAX_ANSWER_BYTES: usize = 24 * 1024 * 1024;

/// The response before the answer where a client asks whether it may send a body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// An answer with this status.
    Answered(u16),
    /// The connection was closed without one.
    Closed,
    /// Nothing yet; the node may wait for the rest.
    Waiting,
}

/// Sends a request and takes what comes.
pub(crate) fn exchange(address: SocketAddr, request: &Request) -> Outcome {
    let mut stream = TcpStream::connect(address).expect("the node listens");
    let whole = is_whole_request(request);
    stream.set_read_timeout(Some(if whole { MAX_WAIT } else { MAX_WAIT_OF_HALF })).unwrap();
    stream.set_write_timeout(Some(MAX_WAIT)).unwrap();
    // The node may have said all that it has to say, and closed, before everything is sent.
    let _ = stream.write_all(&encode(request));
    if !whole {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let outcome = take(&mut stream);
    assert!(!whole || outcome != Outcome::Waiting, "no answer to {} {}", request.method, request.target);
    outcome
}

/// Whether the node has no reason to wait for more, and its answer tells its length.
fn is_whole_request(request: &Request) -> bool {
    let waits = |name: &String| ["transfer-encoding", "upgrade", "content-length"].contains(&name.trim());
    let framed = request.framing == Framing::Length && request.after.is_empty() && request.method != "HEAD";
    framed && !request.headers.iter().any(|(name, _)| waits(name))
}

fn encode(request: &Request) -> Vec<u8> {
    let mut bytes = format!("{} {} {}\r\n", request.method, request.target, request.version).into_bytes();
    let mut header = |name: &str, value: &[u8]| {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    };
    for (name, value) in &request.headers {
        header(name, value);
    }
    match &request.framing {
        Framing::Length => header("content-length", request.body.len().to_string().as_bytes()),
        Framing::Claimed(text) => header("content-length", text.as_bytes()),
        Framing::Chunked(_) | Framing::Garbled => header("transfer-encoding", b"chunked"),
        Framing::None => {}
    }
    bytes.extend_from_slice(b"\r\n");
    match &request.framing {
        Framing::Chunked(size) => {
            for chunk in request.body.chunks(*size) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        Framing::Garbled => {
            for (size, chunk) in ["5", "ffffffffffffffffff", "-1", "0x3;a=b", ""].iter().zip(request.body.chunks(3)) {
                bytes.extend_from_slice(size.as_bytes());
                bytes.extend_from_slice(b"\n");
                bytes.extend_from_slice(chunk);
            }
        }
        _ => bytes.extend_from_slice(&request.body),
    }
    bytes.extend_from_slice(&request.after);
    bytes
}

/// Takes one answer, or everything that comes, for as long as something comes.
fn take(stream: &mut TcpStream) -> Outcome {
    let (mut answer, mut part, begun) = (Vec::new(), vec![0; 64 * 1024], Instant::now());
    let ended = loop {
        match stream.read(&mut part) {
            Ok(0) => break true,
            Ok(read) => answer.extend_from_slice(&part[..read]),
            Err(error) => break error.kind() == std::io::ErrorKind::ConnectionReset,
        }
        if answer.starts_with(CONTINUE) {
            answer.drain(..CONTINUE.len());
        }
        assert!(answer.len() < MAX_ANSWER_BYTES, "an answer without end: {}", head(&answer));
        assert!(begun.elapsed() < MAX_WAIT, "an answer that drips: {}", head(&answer));
        if is_whole(&answer) {
            break true;
        }
    };
    match head(&answer).split(' ').nth(1).and_then(|status| status.parse().ok()) {
        Some(status) => Outcome::Answered(status),
        None if ended => Outcome::Closed,
        None => Outcome::Waiting,
    }
}

fn head(answer: &[u8]) -> String {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len().min(200));
    String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase()
}

/// Whether an answer has the length that it tells.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = head(answer);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    match length {
        Some(length) => answer.len() >= end + 4 + length,
        None if head.contains("transfer-encoding: chunked") => answer.ends_with(b"0\r\n\r\n"),
        // A socket goes on; other answers without a length have no body.
        None => !head.starts_with("http/1.1 101"),
    }
}

/// Whether the node answers an ordinary request.
pub(crate) fn is_alive(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, MAX_ORDINARY) else { return false };
    stream.set_read_timeout(Some(MAX_ORDINARY)).unwrap();
    let sent = write!(
        stream,
        "POST /on/node/info HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    let mut answer = Vec::new();
    sent.is_ok() && stream.read_to_end(&mut answer).is_ok() && answer.starts_with(b"HTTP/1.1 200")
}
