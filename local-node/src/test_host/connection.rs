//! Lines in, lines out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::PoisonError;
use std::time::Instant;

use local_node_types::host::{MAX_LINE_BYTES, PROTOCOL_VERSION, Request, Response};

use super::chain::Chain;
use super::{MAX_CONNECTIONS, Shared};

/// Says why a connection is refused, and closes it.
pub(super) fn refuse(stream: &TcpStream) {
    let hint = "run fewer tests at a time, for instance with `--test-threads`";
    // Whoever is refused may be gone.
    let _ = send(stream, &failed(format!("the host serves {MAX_CONNECTIONS} tests at a time"), Some(hint)));
}

/// Serves one test until it closes its connection.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) {
    // Requests and answers alternate: a delayed segment would delay every one of them.
    let _ = stream.set_nodelay(true);
    let mut lines = BufReader::new(stream);
    let opened = Instant::now();
    let mut chain = None;
    while let Some(line) = read_line(&mut lines) {
        let response = match line.and_then(|line| parse(&line)) {
            Ok(request) => answer(&mut chain, request, shared),
            Err(problem) => {
                // What follows a line that is no request cannot be trusted to begin with one.
                let _ = send(stream, &failed(problem, None));
                break;
            }
        };
        if send(stream, &response).is_err() {
            break;
        }
    }
    if let Some(chain) = chain {
        let mut report = chain.close();
        report.elapsed = opened.elapsed();
        shared.reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
    }
}

fn answer<'a>(chain: &mut Option<Chain<'a>>, request: Request, shared: &'a Shared) -> Response {
    if let Some(chain) = chain {
        return chain.answer(request);
    }
    match request {
        Request::Open { version: PROTOCOL_VERSION, test } => chain.insert(Chain::new(shared, test)).opened(),
        Request::Open { version, .. } => failed(
            format!("the test speaks version {version} of the protocol, the host version {PROTOCOL_VERSION}"),
            Some("use the versions of `dusk-sdk` and `cargo-dusk` that belong together"),
        ),
        _ => failed("the first request must be `open`".into(), None),
    }
}

/// The next line without its end; `None` when there is none, an error when it is too long or breaks off.
fn read_line(lines: &mut BufReader<&TcpStream>) -> Option<Result<Vec<u8>, String>> {
    let mut line = Vec::new();
    let most = MAX_LINE_BYTES as u64 + 1;
    match lines.take(most).read_until(b'\n', &mut line) {
        Ok(0) => None,
        Err(error) => Some(Err(format!("the request cannot be read: {error}"))),
        Ok(_) if line.pop() == Some(b'\n') => Some(Ok(line)),
        Ok(read) if read > MAX_LINE_BYTES => Some(Err(format!("a request has at most {MAX_LINE_BYTES} bytes"))),
        Ok(_) => Some(Err("the request breaks off before the end of its line".into())),
    }
}

fn parse(line: &[u8]) -> Result<Request, String> {
    serde_json::from_slice(line).map_err(|error| format!("not a request: {error}"))
}

fn send(mut stream: &TcpStream, response: &Response) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(response)?;
    if line.len() >= MAX_LINE_BYTES {
        line = serde_json::to_vec(&failed(format!("the answer has more than {MAX_LINE_BYTES} bytes"), None))?;
    }
    line.push(b'\n');
    stream.write_all(&line)
}

pub(super) fn failed(message: String, hint: Option<&str>) -> Response {
    Response::Failed { message, hint: hint.map(Into::into) }
}
