//! Log lines of the nodes of this process, at the level `debug`, about messages that they refuse.

use std::net::SocketAddr;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// The lines of all nodes, whatever test they belong to.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps from now on what nodes tell of their networks.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Keeper).expect("nobody else listens"));
}

/// The lines with a text that name an address.
pub(crate) fn lines(from: SocketAddr, text: &str) -> Vec<String> {
    let (plain, within) = (format!("from={from} "), format!("from=Some({from}) "));
    let is_meant = |line: &&String| line.contains(text) && (line.contains(&plain) || line.contains(&within));
    LINES.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(is_meant).cloned().collect()
}

struct Keeper;

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_of_network = ["local_node::runtime::network", "local_node::runtime::peers"].contains(&metadata.target());
        is_of_network && *metadata.level() == Level::DEBUG
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}
