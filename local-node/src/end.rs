//! How a node comes to its end, and what those who ask it afterwards are told.

use std::sync::Arc;

use crate::store::StoreError;

/// Why a node has stopped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum End {
    /// It was told to, or its last handle is gone.
    Asked,
    /// It cannot read or write its chain. All blocks that it has announced are stored.
    Failed(StoreError),
    /// Its loop panicked with this text, which is a fault of the node. All blocks that it has announced are stored.
    Panicked(String),
}

/// The node no longer answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// A request stopped it.
    #[error("the node was shut down")]
    Asked,
    /// An error ended it.
    #[error("the node stopped after an error: {0}")]
    Failed(Arc<str>),
}

impl From<&End> for Stopped {
    fn from(end: &End) -> Self {
        match end {
            End::Asked => Self::Asked,
            End::Failed(error) => Self::Failed(error.to_string().into()),
            End::Panicked(text) => Self::Failed(text.as_str().into()),
        }
    }
}
