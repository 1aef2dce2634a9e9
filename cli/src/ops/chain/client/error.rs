//! What can go wrong between us and a node.

use crate::error::Exit;

/// What can go wrong between us and a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ClientError {
    /// Nobody answers.
    #[error("no node answers at {url}: {reason}")]
    Unreachable {
        /// The node's address.
        url: String,
        /// Why.
        reason: String,
    },
    /// There is a connection, and no answer in time.
    #[error("the node at {url} does not answer in time")]
    Slow {
        /// The node's address.
        url: String,
    },
    /// What answers does not speak TLS.
    #[error("the server at {url} does not speak TLS")]
    NotEncrypted {
        /// The node's address.
        url: String,
    },
    /// The node refuses.
    #[error("{message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// The node answers, but not as nodes do.
    #[error("the answer of {url} to `{request}` is not what a node answers: {reason}")]
    Strange {
        /// The node's address.
        url: String,
        /// What was asked.
        request: String,
        /// What is odd.
        reason: String,
    },
    /// The node cannot show who it is.
    #[error("the certificate of {url} is not trusted: {reason}")]
    Untrusted {
        /// The node's address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The node sends us elsewhere, which is not followed: what is signed for one place is not carried to another.
    #[error("{url} redirects to {to}, which is not followed")]
    Redirected {
        /// The node's address.
        url: String,
        /// Where it sends us.
        to: String,
    },
}

impl ClientError {
    /// How the command ends, and what helps.
    pub(crate) fn ending(&self) -> (Exit, &'static str) {
        match self {
            Self::Unreachable { url, .. } => {
                let here = ["//127.", "//localhost", "//[::1]"].iter().any(|here| url.contains(here));
                let hint = if here {
                    "start one with `cargo dusk node` in another terminal, or name another with `--network`"
                } else {
                    "is the address right, and is this machine online? `--network` names another node"
                };
                (Exit::Environment, hint)
            }
            Self::Slow { .. } => (
                Exit::Environment,
                "the node may be busy: try again; if it stays silent, restart it, or name another with `--network`",
            ),
            Self::NotEncrypted { .. } => {
                (Exit::Usage, "write the address with `http://` if the node is on this machine or in your own network")
            }
            Self::Untrusted { .. } => (
                Exit::Environment,
                "is it the right address? for a certificate authority of your own, name its PEM file in SSL_CERT_FILE",
            ),
            Self::Redirected { .. } => (Exit::Usage, "name the node's own address with `--network`"),
            Self::Strange { .. } => (
                Exit::Failed,
                "is a Dusk node at that address, and of a version that this cargo-dusk knows? `--network` names another",
            ),
            Self::Refused { status: 429 | 503, .. } => (Exit::Failed, "the node is busy: wait a little, and try again"),
            Self::Refused { status: 500..=599, .. } => {
                (Exit::Failed, "the node failed at it: its own log says more; `--network` names another node")
            }
            Self::Refused { .. } => (Exit::Failed, "the message is the node's reason; `--network` names another node"),
        }
    }
}
