//! The form of a RUES request and of its answer: headers and bodies (the book, "The HTTP interface", section
//! "Requests").

use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, TryStreamExt as _};
use semver::{Prerelease, Version, VersionReq};
use serde_json::Value;

use super::error::Error;

/// The version of the production node whose interface this one has.
pub const NODE_VERSION: &str = "1.7.0";
const BINARY: &str = "application/octet-stream";
const JSON: &str = "application/json";
const VERSION_HEADER: HeaderName = HeaderName::from_static("rusk-version");
const STRICT_HEADER: HeaderName = HeaderName::from_static("rusk-version-strict");
const FEEDER_HEADER: HeaderName = HeaderName::from_static("rusk-feeder");
const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("sign");
/// The most characters of a function or topic name that are read.
const MAX_TOPIC_CHARS: usize = 256;

/// A request to `/on/{component}[:{entity}]/{topic}`.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) component: String,
    pub(super) entity: Option<String>,
    pub(super) topic: String,
    pub(super) body: Payload,
    /// The answer may be a stream of items.
    pub(super) feeder: bool,
    /// The client spoke JSON, so it wants JSON back.
    pub(super) json: bool,
    /// The signature of whoever may do what is asked.
    pub(super) signature: Option<String>,
    binary: bool,
}

/// The body of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Payload {
    Bytes(Bytes),
    Text(String),
}

impl Payload {
    /// The bytes of the payload; a text's own bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// The payload as text.
    pub(super) fn text(&self) -> Result<&str, Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Bytes(bytes) => {
                std::str::from_utf8(bytes).map_err(|_| Error::Malformed("the body is not UTF-8".into()))
            }
        }
    }
}

impl Request {
    /// Reads a request from its parts.
    pub(super) fn parse(target: &str, topic: &str, headers: &HeaderMap, body: Bytes) -> Result<Self, Error> {
        check_version(headers)?;
        let (component, entity) = match target.split_once(':') {
            Some((component, entity)) => (component, Some(entity.to_owned())),
            None => (target, None),
        };
        if topic.chars().count() > MAX_TOPIC_CHARS {
            return Err(Error::InvalidInput(format!("the topic is longer than {MAX_TOPIC_CHARS} characters")));
        }
        if let Some((name, _)) = headers.iter().find(|(_, value)| value.to_str().is_err()) {
            return Err(Error::Malformed(format!("the header `{name}` is not ASCII")));
        }
        // Parameters such as a charset do not matter.
        let is = |name: HeaderName, value: &str| {
            let given = headers.get(name).and_then(|given| given.to_str().ok()).unwrap_or_default();
            given.split(';').next().is_some_and(|given| given.trim().eq_ignore_ascii_case(value))
        };
        let binary_body = is(CONTENT_TYPE, BINARY);
        Ok(Self {
            component: component.to_ascii_lowercase(),
            entity,
            topic: topic.to_owned(),
            body: payload(body, binary_body)?,
            feeder: headers.contains_key(FEEDER_HEADER),
            json: is(CONTENT_TYPE, JSON),
            signature: headers.get(SIGNATURE_HEADER).and_then(|given| given.to_str().ok()).map(str::to_owned),
            binary: binary_body || is(ACCEPT, BINARY),
        })
    }

    /// Whether answering it changes nothing, on the chain or in the node. An unknown request counts as changing.
    pub(super) fn only_reads(&self) -> bool {
        match (self.component.as_str(), self.topic.as_str()) {
            // Calls run on a state that is forgotten.
            (
                "contracts" | "contract_owner" | "driver" | "graphql" | "node" | "network" | "blocks" | "blobs"
                | "account" | "stats" | "prover",
                _,
            )
            | ("contract", "metadata" | "status" | "download_driver")
            | ("transactions", "preverify" | "simulate") => true,
            _ => false,
        }
    }

    /// The entity, which this component needs.
    pub(super) fn entity(&self) -> Result<&str, Error> {
        self.entity.as_deref().filter(|entity| !entity.is_empty()).ok_or_else(|| {
            Error::InvalidInput(format!("`{0}` needs an entity: /on/{0}:ID/{1}", self.component, self.topic))
        })
    }

    /// Puts an answer into the form that the client understands.
    pub(super) fn respond(&self, reply: Reply) -> Response {
        match reply {
            Reply::Nothing => StatusCode::ACCEPTED.into_response(),
            Reply::Json(value) => ([(CONTENT_TYPE, JSON)], value.to_string()).into_response(),
            Reply::JsonText(text) => ([(CONTENT_TYPE, JSON)], text).into_response(),
            Reply::Text(text) => text.into_response(),
            Reply::Bytes(bytes) if self.binary => ([(CONTENT_TYPE, BINARY)], bytes).into_response(),
            Reply::Bytes(bytes) => hex::encode(bytes).into_response(),
            Reply::Wasm(bytes) => ([(CONTENT_TYPE, "application/wasm")], bytes).into_response(),
            Reply::Fed(items) if self.binary => ([(CONTENT_TYPE, BINARY)], Body::from_stream(items)).into_response(),
            Reply::Fed(items) => Body::from_stream(items.map_ok(hex::encode)).into_response(),
            Reply::JsonPieces(pieces) => ([(CONTENT_TYPE, JSON)], Body::from_stream(pieces)).into_response(),
        }
    }
}

fn payload(body: Bytes, binary: bool) -> Result<Payload, Error> {
    if binary {
        return Ok(Payload::Bytes(body));
    }
    let text = String::from_utf8(body.into()).map_err(|_| Error::Malformed("the body is not UTF-8".into()))?;
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits)
            .map(|bytes| Payload::Bytes(bytes.into()))
            .map_err(|error| Error::Malformed(format!("the body is not hexadecimal: {error}"))),
        None => Ok(Payload::Text(text)),
    }
}

/// A client may require a version of the node (a semver requirement, matched without our pre-release part).
fn check_version(headers: &HeaderMap) -> Result<(), Error> {
    let strict = headers.contains_key(STRICT_HEADER);
    let Some(required) = headers.get(VERSION_HEADER) else {
        return if strict {
            Err(Error::Version("Rusk-Version-Strict is set, but Rusk-Version is missing".into()))
        } else {
            Ok(())
        };
    };
    let required = required.to_str().map_err(|_| Error::Version("Rusk-Version is not ASCII".into()))?;
    let required =
        VersionReq::parse(required).map_err(|error| Error::Version(format!("Rusk-Version `{required}`: {error}")))?;
    let mut ours = Version::parse(NODE_VERSION).map_err(|error| Error::Internal(error.to_string()))?;
    if !strict {
        ours.pre = Prerelease::EMPTY;
    }
    if required.matches(&ours) {
        Ok(())
    } else {
        Err(Error::Version(format!("this node speaks version {ours}, the client requires {required}")))
    }
}

/// An answer, before its encoding.
pub(super) enum Reply {
    /// Accepted; there is nothing to say.
    Nothing,
    Bytes(Vec<u8>),
    Json(Value),
    /// A JSON text that is written already.
    JsonText(String),
    Text(String),
    /// A WASM module, whatever the client asked for.
    Wasm(Bytes),
    /// Bytes of what a call feeds, as they come.
    Fed(ItemStream),
    /// A JSON text, piece by piece.
    JsonPieces(ItemStream),
}

/// An answer, or why there is none.
pub(super) type Answer = Result<Reply, Error>;

/// The refusal of a request that production serves and this node does not, or that nobody serves.
pub(super) fn unsupported(request: &Request) -> Error {
    Error::Unsupported(format!("this node does not serve /on/{}/{}", request.component, request.topic))
}

/// Pieces of an answer that come one after the other. An error breaks the connection off.
pub(super) type ItemStream = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Error>> + Send>>;

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_wallet_that_requires_version_1_is_served() {
        for required in ["1.0.0-rc.0", "1.0", "^1.6", "*"] {
            assert!(check_version(&headers(&[("rusk-version", required)])).is_ok(), "{required}");
        }
        for required in ["2.0.0", "0.8", "nonsense"] {
            assert!(check_version(&headers(&[("rusk-version", required)])).is_err(), "{required}");
        }
        assert!(check_version(&headers(&[("rusk-version-strict", "1")])).is_err());
    }

    #[test]
    fn bodies_are_read_by_their_content_type() {
        let binary = headers(&[("content-type", BINARY)]);
        let read = |headers: &HeaderMap, body: &'static str| {
            Request::parse("contracts:00", "f", headers, Bytes::from_static(body.as_bytes()))
                .map(|request| request.body)
        };
        assert_eq!(read(&binary, "0x00").unwrap(), Payload::Bytes("0x00".into()));
        assert_eq!(read(&HeaderMap::new(), "0x00ff").unwrap(), Payload::Bytes(vec![0, 255].into()));
        assert_eq!(read(&HeaderMap::new(), "text").unwrap(), Payload::Text("text".into()));
        assert!(matches!(read(&HeaderMap::new(), "0xzz"), Err(Error::Malformed(_))));
    }

    #[test]
    fn what_is_not_known_to_read_changes() {
        let only_reads =
            |target, topic| Request::parse(target, topic, &HeaderMap::new(), Bytes::new()).unwrap().only_reads();
        for (target, topic) in [
            ("dev", "reset"),
            ("DEV", "mine"),
            ("transactions", "propagate"),
            ("Transactions:00", "propagate"),
            ("contract:00", "upload_driver"),
            ("something", "new"),
            ("", ""),
        ] {
            assert!(!only_reads(target, topic), "{target}/{topic}");
        }
        for (target, topic) in [
            ("contracts:00", "reset"),
            ("transactions", "simulate"),
            ("contract:00", "download_driver"),
            ("graphql", "query"),
            ("Node", "info"),
        ] {
            assert!(only_reads(target, topic), "{target}/{topic}");
        }
    }

    #[test]
    fn targets_split_into_component_and_entity() {
        let parse = |target| Request::parse(target, "t", &HeaderMap::new(), Bytes::new()).unwrap();
        assert_eq!(parse("node").entity, None);
        assert_eq!(parse("contracts:abc").entity().unwrap(), "abc");
        assert!(parse("contracts:").entity().is_err());
    }
}
