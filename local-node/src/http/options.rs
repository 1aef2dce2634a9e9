//! How a node's interface is offered, and its bounds.

use std::time::Duration;

use super::access::{HostName, Origin};

/// How a node's interface is offered.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Names of the node besides this machine's own, under which it may be told to change something.
    pub hosts: Vec<HostName>,
    /// Origins of pages, besides the node's own, that may read answers and tell the node to change something.
    pub origins: Vec<Origin>,
    /// The bounds.
    pub bounds: Bounds,
}

/// The limits of clients: resources of a node, and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The most connections at a time.
    pub connections: usize,
    /// The most connections at a time of one address that is not loopback.
    pub connections_of_address: usize,
    /// The most sockets for events.
    pub sessions: usize,
    /// The most sockets for events of all foreign pages together.
    pub sessions_of_pages: usize,
    /// The most sockets for events of the pages of one foreign origin.
    pub sessions_of_origin: usize,
    /// How long a connection may be without a whole head of a request, at its begin and after each answer.
    pub silence: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long an answer or an event waits for a client that takes nothing.
    pub stall: Duration,
    /// How often the client of a socket for events is asked whether it is there; it may miss two.
    pub ping: Duration,
}

/// The most connections at a time, where so many files may be open.
pub const MAX_CONNECTIONS: usize = 512;
/// The most connections at a time of one address that is not loopback.
pub const MAX_CONNECTIONS_OF_ADDRESS: usize = 64;
/// The most sockets for events.
pub const MAX_SESSIONS: usize = 256;
/// The most sockets for events of all foreign pages together.
pub const MAX_SESSIONS_OF_PAGES: usize = 64;
/// The most sockets for events of the pages of one foreign origin.
pub const MAX_SESSIONS_OF_ORIGIN: usize = 16;
/// How long a connection may be without a whole head of a request.
pub const MAX_SILENCE: Duration = Duration::from_secs(30);
/// How long the body of a request may take.
pub const MAX_BODY_TIME: Duration = Duration::from_secs(60);
/// How long an answer or an event waits for a client that takes nothing.
pub const MAX_STALL: Duration = Duration::from_secs(30);
/// How often the client of a socket for events is asked whether it is there.
pub const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Files that the process needs for other things than connections.
const RESERVED_FILES: usize = 96;
/// There are always so many connections.
const MIN_CONNECTIONS: usize = 16;
/// The number of files that may be open where the system does not tell: macOS begins with so many.
const USUAL_FILES: usize = 256;

impl Default for Bounds {
    /// The constants of this module, and as many connections as files may be open.
    fn default() -> Self {
        let connections = connections(open_files());
        Self {
            connections,
            connections_of_address: MAX_CONNECTIONS_OF_ADDRESS,
            sessions: MAX_SESSIONS.min(connections / 2),
            sessions_of_pages: MAX_SESSIONS_OF_PAGES.min(connections / 4),
            sessions_of_origin: MAX_SESSIONS_OF_ORIGIN.min(connections / 4),
            silence: MAX_SILENCE,
            body: MAX_BODY_TIME,
            stall: MAX_STALL,
            ping: PING_INTERVAL,
        }
    }
}

fn connections(open_files: usize) -> usize {
    open_files.saturating_sub(RESERVED_FILES).clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}

/// How many files this process may have open (`ulimit -n`).
fn open_files() -> usize {
    std::fs::read_to_string("/proc/self/limits").ok().and_then(|limits| soft_limit(&limits)).unwrap_or(USUAL_FILES)
}

fn soft_limit(limits: &str) -> Option<usize> {
    let figures = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match figures.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        figure => figure.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_the_limit_of_open_files() {
        for (files, most) in [(0, 16), (100, 16), (256, 160), (1024, 512), (usize::MAX, 512)] {
            assert_eq!(connections(files), most, "{files}");
        }
    }

    #[test]
    fn the_limit_is_read_as_linux_writes_it() {
        let text = |soft: &str| {
            format!(
                "Limit  Soft Limit  Hard Limit  Units\nMax open files            {soft}        524288   files\nMax locked 1 2 bytes\n"
            )
        };
        assert_eq!(soft_limit(&text("1024")), Some(1024));
        assert_eq!(soft_limit(&text("unlimited")), Some(usize::MAX));
        assert_eq!(soft_limit("nothing of it"), None);
    }
}
