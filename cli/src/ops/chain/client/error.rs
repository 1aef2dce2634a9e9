//! Errors between the command and a node.

use crate::error::Exit;

/// Errors between the command and a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ClientError {
    /// No connection is possible.
    #[error("no node answers at {url}: {reason}")]
    Unreachable {
        /// The node's address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The connection is open, but the answer is late.
    #[error("the node at {url} does not answer in time")]
    Slow {
        /// The node's address.
        url: String,
    },
    /// The server does not use TLS.
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
        /// Its text.
        message: String,
    },
    /// The answer does not have the form of a node's answer.
    #[error("the answer of {url} to `{request}` is not a valid answer: {reason}")]
    Strange {
        /// The node's address.
        url: String,
        /// The request.
        request: String,
        /// The unexpected part.
        reason: String,
    },
    /// The node's certificate is not valid for it.
    #[error("the certificate of {url} is not trusted: {reason}")]
    Untrusted {
        /// The node's address.
        url: String,
        /// The fault.
        reason: String,
    },
    /// The node redirects to another URL. Clients do not follow: a request for one node must not reach another.
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
                    "check the address and the network connection; `--network` selects another node"
                };
                (Exit::Environment, hint)
            }
            Self::Slow { .. } => (
                Exit::Environment,
                "the node may be busy: try again; if it still does not answer, restart it, or name another with \
                 `--network`",
            ),
            Self::NotEncrypted { .. } => {
                (Exit::Usage, "write the address with `http://` if the node is on this machine or in your own network")
            }
            Self::Untrusted { .. } => (
                Exit::Environment,
                "check the address; for a certificate authority of your own, set SSL_CERT_FILE to its PEM file",
            ),
            Self::Redirected { .. } => (Exit::Usage, "name the node's own address with `--network`"),
            Self::Strange { .. } => (
                Exit::Failed,
                "check that a Dusk node of a supported version is at that address; `--network` selects another",
            ),
            Self::Refused { status: 429 | 503, .. } => (Exit::Failed, "the node is busy: try again later"),
            Self::Refused { status: 500..=599, .. } => {
                (Exit::Failed, "the node failed: see its log; `--network` selects another node")
            }
            Self::Refused { .. } => {
                (Exit::Failed, "the message states the node's reason; `--network` selects another node")
            }
        }
    }
}
