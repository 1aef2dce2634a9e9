//! Lines in, lines out: the first shows the token, the others are for the test's chain.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::PoisonError;
use std::time::Instant;

use dusk_sdk_protocol::host::{
    MAX_ATTACHED_BYTES, MAX_LINE_BYTES, MAX_OPEN_BYTES, PROTOCOL_VERSION, Request, Response,
};

use super::report::MAX_TESTS;
use super::{MAX_CONNECTIONS, MAX_OPENING, Shared};

/// Serves one test until it closes its connection.
pub(super) fn serve(stream: &TcpStream, id: u64, shared: &Shared) {
    // Requests and answers alternate: a delayed segment would delay every one of them.
    let _ = stream.set_nodelay(true);
    let mut lines = BufReader::new(stream);
    let Some(test) = admit(&mut lines, id, shared) else { return };
    let opened = Instant::now();
    let mut chain = shared.chains.open(test.clone());
    let mut response = chain.opened();
    while send(stream, &response).is_ok() {
        let Some(line) = read_line(&mut lines, MAX_LINE_BYTES) else { break };
        response = match line.and_then(|line| parse(&line)).and_then(|request| receive(request, &mut lines)) {
            Ok(request) => noted(chain.answer(request), &test, shared),
            Err(problem) => {
                // After a line that is no request, the next line may not begin with one.
                let _ = send(stream, &failed(problem, None));
                break;
            }
        };
    }
    let mut report = chain.close();
    (report.test, report.elapsed) = (test, opened.elapsed());
    shared.reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
}

/// Notes that a test needs what its chain cannot do, before the test fails of it.
fn noted(response: Response, test: &str, shared: &Shared) -> Response {
    if let Response::NotHere { message } = &response {
        let mut skipped = shared.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        if skipped.len() < MAX_TESTS {
            skipped.entry(test.to_owned()).or_insert_with(|| message.clone());
        }
    }
    response
}

/// Reads the first line, which has to come soon and to show the host's token. Gives the name of the test.
fn admit(lines: &mut BufReader<&TcpStream>, id: u64, shared: &Shared) -> Option<String> {
    let stream = *lines.get_ref();
    let deadline = Instant::now() + MAX_OPENING;
    let opened =
        first_line(lines, deadline).and_then(|line| parse(&line)).map_err(|problem| Box::new(failed(problem, None)));
    let admitted = opened.and_then(|request| check(request, shared)).and_then(|test| {
        let hint = "run fewer tests at a time, for instance with `--test-threads`";
        let full = || failed(format!("the host serves {MAX_CONNECTIONS} tests at a time"), Some(hint));
        if shared.guests.welcome(id) { Ok(test) } else { Err(Box::new(full())) }
    });
    match admitted {
        // A test may think as long as it likes.
        Ok(test) => stream.set_read_timeout(None).is_ok().then_some(test),
        Err(refusal) => {
            // The refused client may be gone.
            let _ = send(stream, &refusal);
            None
        }
    }
}

fn check(request: Request, shared: &Shared) -> Result<String, Box<Response>> {
    let refusal = match request {
        Request::Open { version: PROTOCOL_VERSION, token, test } if shared.token.is(&token) => return Ok(test),
        Request::Open { version: PROTOCOL_VERSION, .. } => failed(
            "this test host was started for other tests: the token does not match".into(),
            Some("unset DUSK_TEST_HOST to start a new one, or run the tests with `cargo dusk test`"),
        ),
        Request::Open { version, .. } => failed(
            format!("the test speaks version {version} of the protocol, the host version {PROTOCOL_VERSION}"),
            Some("use the versions of `dusk-sdk` and `cargo-dusk` that belong together"),
        ),
        _ => failed("the first request must be `open`".into(), None),
    };
    Err(Box::new(refusal))
}

/// The first line without its end, which comes before the deadline.
fn first_line(lines: &mut BufReader<&TcpStream>, deadline: Instant) -> Result<Vec<u8>, String> {
    let mut line = Vec::new();
    let late = || format!("the first request has to come within {} seconds", MAX_OPENING.as_secs());
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        // A read that gets some bytes gives them, so that a slow sender does not outlive the deadline.
        lines.get_ref().set_read_timeout(Some(left)).map_err(|error| error.to_string())?;
        let arrived = match lines.fill_buf() {
            Ok([]) => return Err("the request breaks off before the end of its line".into()),
            Ok(arrived) => arrived,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err(late()),
            Err(error) => return Err(format!("the request cannot be read: {error}")),
        };
        let end = arrived.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&arrived[..end.unwrap_or(arrived.len())]);
        let taken = end.map_or(arrived.len(), |end| end + 1);
        lines.consume(taken);
        if line.len() > MAX_OPEN_BYTES {
            return Err(format!("the first request has at most {MAX_OPEN_BYTES} bytes"));
        }
        if end.is_some() {
            return Ok(line);
        }
    }
}

/// The next line without its end; `None` when there is none, an error when it is too long or breaks off.
fn read_line(lines: &mut BufReader<&TcpStream>, most: usize) -> Option<Result<Vec<u8>, String>> {
    let mut line = Vec::new();
    match lines.take(most as u64 + 1).read_until(b'\n', &mut line) {
        Ok(0) => None,
        Err(error) => Some(Err(format!("the request cannot be read: {error}"))),
        Ok(_) if line.pop() == Some(b'\n') => Some(Ok(line)),
        Ok(read) if read > most => Some(Err(format!("a request has at most {most} bytes"))),
        Ok(_) => Some(Err("the request breaks off before the end of its line".into())),
    }
}

fn parse(line: &[u8]) -> Result<Request, String> {
    Request::from_line(line).map_err(|error| format!("not a request: {error}"))
}

/// The request with what follows its line.
fn receive(mut request: Request, lines: &mut BufReader<&TcpStream>) -> Result<Request, String> {
    request.receive(lines).map_err(|error| format!("the request cannot be read: {error}"))?;
    Ok(request)
}

fn send(mut stream: &TcpStream, response: &Response) -> std::io::Result<()> {
    let mut line = response.to_line()?;
    let attached = response.attached().map(<[u8]>::len).sum::<usize>();
    let sizes = [(line.len(), MAX_LINE_BYTES), (attached, MAX_ATTACHED_BYTES)];
    if let Some((_, most)) = sizes.into_iter().find(|(bytes, most)| bytes > most) {
        let refusal = failed(format!("the answer has more than {most} bytes"), None);
        return stream.write_all(&refusal.to_line()?);
    }
    response.attached().for_each(|bytes| line.extend_from_slice(bytes));
    stream.write_all(&line)
}

pub(super) fn failed(message: String, hint: Option<&str>) -> Response {
    Response::Failed { message, hint: hint.map(Into::into) }
}
