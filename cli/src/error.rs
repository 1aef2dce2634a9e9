//! How a command fails: one type that carries the exit code and the hint. `main` prints it.

use std::fmt;

/// The exit codes of `cargo dusk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The work was done and failed: a test failed, a transaction was refused.
    Failed = 1,
    /// The command was not understood, or what it names does not exist.
    Usage = 2,
    /// The machine lacks something.
    Environment = 3,
}

/// A problem that knows its way out. Travels inside an [`anyhow::Error`], at any depth of its chain.
#[derive(Debug)]
pub(crate) struct Fault {
    exit: Exit,
    message: String,
    hint: String,
}

impl Fault {
    /// The work failed.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Failed, message: message.into(), hint: hint.into() }.into()
    }

    /// The command is wrong.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Usage, message: message.into(), hint: hint.into() }.into()
    }

    /// The machine lacks something.
    pub(crate) fn environment(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Environment, message: message.into(), hint: hint.into() }.into()
    }

    /// How the command ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The remedy, for the line `hint:`.
    pub(crate) fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// The name among `known` that is most like `given`, for a "did you mean".
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = given.chars().count().div_ceil(3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(given, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let names = ["increment", "reset", "value"];
        assert_eq!(nearest("incremnet", names), Some("increment"));
        assert_eq!(nearest("valu", names), Some("value"));
        assert_eq!(nearest("bbo", ["alice", "bob"]), Some("bob"), "two letters that change places are one mistake");
        assert_eq!(nearest("transfer", names), None);
        assert_eq!(nearest("", names), None);
    }
}
