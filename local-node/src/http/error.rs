//! Errors of requests: their classes and status codes, and the class of each error of the node.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use local_node_vm::VmError;
use serde_json::json;

use crate::drivers::{CodecError, DriversError};
use crate::end::Stopped;
use crate::handle::{ControlError, MineError, SimulateError, SubmitError};
use crate::network::NetworkError;
use crate::reader::QueryError;
use crate::store::StoreError;

/// The content type of error answers.
const JSON: &str = "application/json";

/// Why a request is not served.
///
/// The classes are production's. Production replaces the text of server errors by a fixed one; a development node
/// says what happened, because the developer at the other end is the one who needs to know.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("Invalid input: {0}")]
    InvalidInput(String),
    #[error("Version error: {0}")]
    Version(String),
    #[error("Invalid payload: {0}")]
    Malformed(String),
    #[error("Payload too large: {0}")]
    TooLarge(String),
    #[error("Not found: {0}")]
    NotFound(String),
    #[error("Forbidden: {0}")]
    Forbidden(String),
    #[error("Too many requests: {0}")]
    Busy(String),
    #[error("Unsupported operation: {0}")]
    Unsupported(String),
    #[error("VM error: {0}")]
    Vm(String),
    #[error("Data driver error: {0}")]
    Driver(String),
    #[error("{0}")]
    Internal(String),
}

impl Error {
    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidInput(_) | Self::Version(_) => StatusCode::BAD_REQUEST,
            Self::Malformed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Vm(_) | Self::Driver(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = error_response(self.status(), &self.to_string());
        if matches!(self, Self::Busy(_)) {
            response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
        }
        response
    }
}

/// `{"error": text}` with this status.
pub(super) fn error_response(status: StatusCode, text: &str) -> Response {
    (status, [(CONTENT_TYPE, JSON)], Body::from(json!({ "error": text }).to_string())).into_response()
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        Self::Internal(stopped.to_string())
    }
}

impl From<NetworkError> for Error {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Alone => Self::Unsupported(error.to_string()),
            NetworkError::Stopped(stopped) => stopped.into(),
        }
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Busy | QueryError::TooManyStreams => Self::Busy(error.to_string()),
            QueryError::Call(VmError::MissingFeed) => Self::InvalidInput("rusk-feeder header is missing".into()),
            QueryError::Call(inner) => Self::Vm(inner.to_string()),
            QueryError::TooLong(_) => Self::Vm(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<SubmitError> for Error {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Busy | SubmitError::Compiling => Self::Busy(error.to_string()),
            SubmitError::Stopped(_) | SubmitError::State(_) | SubmitError::Failed(_) => {
                Self::Internal(error.to_string())
            }
            SubmitError::Invalid(_) | SubmitError::Refused(_) => Self::InvalidInput(error.to_string()),
        }
    }
}

impl From<SimulateError> for Error {
    fn from(error: SimulateError) -> Self {
        match error {
            SimulateError::Refused(error) => error.into(),
            SimulateError::Query(error) => error.into(),
        }
    }
}

impl From<MineError> for Error {
    fn from(error: MineError) -> Self {
        match error {
            MineError::Busy => Self::Busy(error.to_string()),
            MineError::Stopped(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<ControlError> for Error {
    fn from(error: ControlError) -> Self {
        match &error {
            ControlError::NotLocal(_) | ControlError::InNetwork => Self::Forbidden(error.to_string()),
            ControlError::Store(StoreError::NoSuchSnapshot(_) | StoreError::NoSnapshots) => {
                Self::NotFound(error.to_string())
            }
            ControlError::Store(StoreError::TooManySnapshots | StoreError::SnapshotsTooLarge)
            | ControlError::TooFar { .. } => Self::InvalidInput(error.to_string()),
            ControlError::Store(_) | ControlError::State(_) | ControlError::Stopped(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<DriversError> for Error {
    fn from(error: DriversError) -> Self {
        let text = error.to_string();
        match error {
            DriversError::Missing(_) | DriversError::Store(StoreError::NotDeployed(_)) => Self::NotFound(text),
            DriversError::TooLong { .. } => Self::TooLarge(text),
            DriversError::Signature | DriversError::Owner => Self::Forbidden(text),
            DriversError::BuiltIn(_) | DriversError::Unusable(_) => Self::InvalidInput(text),
            DriversError::Codec(error) => error.into(),
            DriversError::Busy => Self::Busy(text),
            DriversError::Store(_) | DriversError::Failed(_) | DriversError::Stopped(_) => Self::Internal(text),
        }
    }
}

impl From<CodecError> for Error {
    fn from(error: CodecError) -> Self {
        if error.is_refusal() { Self::InvalidInput(error.to_string()) } else { Self::Driver(error.to_string()) }
    }
}
