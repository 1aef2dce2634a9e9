//! The connection to the test host: find or start the host, and speak its protocol.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use dusk_sdk_protocol::host::{ADDRESS_VARIABLE, MAX_LINE_BYTES, PROTOCOL_VERSION, Request, Response};

/// The hint where an answer does not fit the request.
pub(super) const OTHER_VERSION: &str = "hint: dusk-sdk and cargo-dusk must be of the same version";
/// The beginning of the host's first line.
const READY: &str = "listening ";
/// The maximum time for an answer of the host, in seconds. Proofs take minutes on slow machines.
const MAX_SILENCE_SECONDS: u64 = 1_800;

/// A connection to the test host: one chain.
#[derive(Debug)]
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    pub(super) chain_id: u8,
}

impl Connection {
    /// Finds or starts the host, and starts a chain there.
    pub(super) fn open(test: &str, manifest_folder: &str) -> Result<Self, ConnectionError> {
        let place = match env::var(ADDRESS_VARIABLE) {
            Ok(place) => place,
            Err(_) => own_host(manifest_folder)?,
        };
        Self::to(&place, test)
    }

    /// Starts a chain on the host with this address, `ADDRESS#TOKEN`.
    pub(super) fn to(place: &str, test: &str) -> Result<Self, ConnectionError> {
        let (address, token) = place.split_once('#').unwrap_or((place, ""));
        let failed = |source| ConnectionError::Connect { address: address.into(), source };
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(Duration::from_secs(MAX_SILENCE_SECONDS))).map_err(failed)?;
        let mut connection = Self { stream: BufReader::new(stream), chain_id: 0 };
        match connection.ask(&Request::Open { version: PROTOCOL_VERSION, token: token.into(), test: test.into() })? {
            Response::Opened { chain_id, .. } => connection.chain_id = chain_id,
            other => return Err(ConnectionError::Unexpected(other.into())),
        }
        Ok(connection)
    }

    /// Sends a request to the host. An answer that reports a failure is an error here.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Response, ConnectionError> {
        let line = request.to_line().map_err(ConnectionError::Protocol)?;
        let stream = self.stream.get_mut();
        stream.write_all(&line).and_then(|()| stream.write_all(request.attached())).map_err(ConnectionError::Lost)?;
        let mut answer = Vec::new();
        let read = (&mut self.stream).take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut answer);
        if read.map_err(ConnectionError::Lost)? == 0 {
            return Err(ConnectionError::Closed);
        }
        let mut response = Response::from_line(&answer).map_err(ConnectionError::Protocol)?;
        response.receive(&mut self.stream).map_err(ConnectionError::Lost)?;
        match response {
            Response::Failed { message, hint } => Err(ConnectionError::Refused { message, hint }),
            Response::NotHere { message } => Err(ConnectionError::Refused { message, hint: None }),
            response => Ok(response),
        }
    }
}

/// The host that this program has started for all of its tests. It ends with this program, because then its standard
/// input closes.
struct OwnHost {
    place: String,
    _child: Child,
    _stdin: Option<ChildStdin>,
    _stdout: BufReader<ChildStdout>,
}

fn own_host(manifest_folder: &str) -> Result<String, ConnectionError> {
    static HOST: OnceLock<Result<OwnHost, String>> = OnceLock::new();
    match HOST.get_or_init(|| start(manifest_folder)) {
        Ok(host) => Ok(host.place.clone()),
        Err(message) => Err(ConnectionError::NotStarted(message.clone())),
    }
}

fn start(manifest_folder: &str) -> Result<OwnHost, String> {
    let manifest = Path::new(manifest_folder).join("Cargo.toml");
    let installed = installed();
    let mut command = match &installed {
        Some(program) => Command::new(program),
        // Cargo may still find `cargo dusk` as an alias of the project.
        None => Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))),
    };
    command.args(["dusk", "test-host", "--manifest-path"]).arg(&manifest);
    let hint = if installed.is_some() {
        "run `cargo dusk test` to see more, or `cargo dusk doctor` to check this machine"
    } else {
        "cargo-dusk is not installed: run `cargo install --path cli` in its repository, then test again"
    };
    launch(command).map_err(|what| alloc::format!("{what}\nhint: {hint}"))
}

/// Runs the host and waits for its first line.
fn launch(mut command: Command) -> Result<OwnHost, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| alloc::format!("the test host could not be started: {e}"))?;
    let stdin = child.stdin.take();
    let mut stdout = BufReader::new(child.stdout.take().ok_or("the test host has no output")?);
    let mut line = String::new();
    let read = (&mut stdout).take(MAX_LINE_BYTES as u64).read_line(&mut line);
    let place = read.ok().and_then(|_| line.trim_end().strip_prefix(READY)).map(ToString::to_string);
    let Some(place) = place else {
        drop(stdin);
        let status = child.wait().map_or_else(|e| e.to_string(), |status| status.to_string());
        let said =
            if line.is_empty() { String::new() } else { alloc::format!(", with the message: {}", line.trim_end()) };
        return Err(alloc::format!("the test host ended before it was ready ({status}){said}"));
    };
    Ok(OwnHost { place, _child: child, _stdin: stdin, _stdout: stdout })
}

/// The path of `cargo-dusk`: in `PATH`, or where cargo installs programs.
fn installed() -> Option<PathBuf> {
    let name = alloc::format!("cargo-dusk{}", env::consts::EXE_SUFFIX);
    let mut folders: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    folders.extend(home.map(|home| home.join("bin")));
    folders.into_iter().map(|folder| folder.join(&name)).find(|program| program.is_file())
}

/// The reason why the test host did not answer.
#[derive(Debug)]
pub(super) enum ConnectionError {
    /// There is no host, and starting one failed. The text has a hint.
    NotStarted(String),
    /// The host cannot be reached.
    Connect {
        /// Its address.
        address: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The connection broke.
    Lost(std::io::Error),
    /// The host ended the connection.
    Closed,
    /// The answer is not in the protocol's format.
    Protocol(serde_json::Error),
    /// The answer does not belong to the request.
    Unexpected(alloc::boxed::Box<Response>),
    /// The host reports that the request failed.
    Refused {
        /// The reason.
        message: String,
        /// The hint.
        hint: Option<String>,
    },
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(text) => f.write_str(text),
            Self::Connect { address, source } => write!(
                f,
                "the test host at {address} cannot be reached: {source}\nhint: unset {ADDRESS_VARIABLE} to start a \
                 new one"
            ),
            Self::Lost(source) => write!(f, "the connection to the test host broke: {source}"),
            Self::Closed => f.write_str("the test host ended the connection; its own output says why"),
            Self::Protocol(source) => write!(f, "the test host speaks another protocol: {source}\n{OTHER_VERSION}"),
            Self::Unexpected(response) => {
                write!(f, "the test host gave an unexpected answer: {response:?}\n{OTHER_VERSION}")
            }
            Self::Refused { message, hint } => {
                f.write_str(message)?;
                hint.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
            }
        }
    }
}

impl core::error::Error for ConnectionError {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_host_that_is_ready_says_where_it_is() {
        let host = launch(shell("echo listening 127.0.0.1:4242#5ec2e7; cat")).map_err(drop).unwrap();
        assert_eq!(host.place, "127.0.0.1:4242#5ec2e7");
        let OwnHost { mut _child, _stdin, .. } = host;
        drop(_stdin);
        assert!(_child.wait().unwrap().success(), "it ends when its input closes");
    }

    #[test]
    fn a_host_that_ends_early_is_quoted() {
        let error = launch(shell("echo no such project; exit 3")).map(|_| ()).unwrap_err();
        assert!(error.contains("exit status: 3") && error.contains("no such project"), "{error}");
        let error = launch(Command::new("/nowhere/cargo-dusk")).map(|_| ()).unwrap_err();
        assert!(error.starts_with("the test host could not be started"), "{error}");
    }

    #[test]
    fn an_address_without_host_is_named() {
        let error = Connection::to("127.0.0.1:1#5ec2e7", "test").unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:1") && error.contains(ADDRESS_VARIABLE), "{error}");
        assert!(!error.contains("5ec2e7"), "{error}");
    }
}
