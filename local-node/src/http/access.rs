//! The access rules that keep web pages from driving a developer's node.
//!
//! A browser lets any page send requests to `http://127.0.0.1:8080`, and names the page's origin in `Origin`. With DNS
//! rebinding a page even reaches the node under the page's own name, and then that name stands in `Host`. So:
//!
//! * A request that may change something needs a `Host` that is this machine's or was allowed. If it comes from a page,
//!   the page must be the node's own or of an allowed origin.
//! * Every page may send reading requests; browsers show the answers only to the node's own pages and to allowed ones.
//! * A node on loopback refuses all requests under a foreign `Host`, because only a rebound page would use one.
//!
//! Programs other than browsers send no `Origin`; the node checks only their `Host`.
//!
//! A node on loopback answers [`MAX_PAGE_REQUESTS`] requests of all foreign pages at a time, so that half of its
//! capacity remains for the developer. Those that wait for their turn make room when a connection is needed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;

use super::connections::{Place, Waiting};
use super::error::Error;
use super::memory::keeping;
use crate::reader::MAX_QUESTIONS_AT_ONCE;

/// The most requests of foreign pages that a node on loopback answers at a time. Others wait.
const MAX_PAGE_REQUESTS: usize = MAX_QUESTIONS_AT_ONCE / 2;

/// The header with which browsers state the origin of a request.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The header of browsers before a page of the internet reaches the local network.
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
/// How long a browser may remember the answer to its preflight, in seconds.
const PREFLIGHT_SECONDS: &str = "600";
/// The longest host name, as in DNS.
const MAX_NAME_BYTES: usize = 253;
/// The longest origin that is told apart from others.
const MAX_ORIGIN_BYTES: usize = 300;

/// A host as it stands in URLs, without port: a name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(Name);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// In lower case, without the dot of the root.
    Dns(String),
    Ip(IpAddr),
}

/// A text is neither a host name nor an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No host name.
    #[error("`{0}` is not a host name: write it without scheme, port and path, as in `node.example`")]
    Host(String),
    /// No origin.
    #[error(
        "`{0}` is not an origin: write scheme, host and port, as in `https://wallet.example` or `http://localhost:5173`"
    )]
    Origin(String),
}

impl HostName {
    /// Reads a host; an IPv6 address stands in brackets where a port could follow.
    fn read(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: std::net::Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self(Name::Ip(IpAddr::V6(address).to_canonical())));
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
            return Some(Self(Name::Ip(address.into())));
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let labels = text.split('.').all(|label| !label.is_empty());
        (text.len() <= MAX_NAME_BYTES && labels && text.bytes().all(legal))
            .then(|| Self(Name::Dns(text.to_ascii_lowercase())))
    }

    /// Whether it always means this machine.
    fn is_loopback(&self) -> bool {
        match &self.0 {
            Name::Dns(name) => name == "localhost" || name.ends_with(".localhost"),
            Name::Ip(address) => address.is_loopback(),
        }
    }
}

impl FromStr for HostName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bare = text.parse::<std::net::Ipv6Addr>().ok().map(|it| Self(Name::Ip(IpAddr::V6(it).to_canonical())));
        bare.or_else(|| Self::read(text)).ok_or_else(|| NameError::Host(text.to_owned()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Dns(name) => f.write_str(name),
            Name::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Name::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
        }
    }
}

/// Where a page comes from: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: HostName,
    port: Option<u16>,
}

impl FromStr for Origin {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::read(text).ok_or_else(|| NameError::Origin(text.to_owned()))
    }
}

impl Origin {
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.strip_suffix('/').unwrap_or(text).split_once("://")?;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if scheme.is_empty() || !scheme.bytes().all(letters) {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = authority(rest)?;
        let port = port.or_else(|| usual_port(&scheme));
        Some(Self { scheme, host, port })
    }

    /// Whether it is a page that came from this host and port.
    fn is_at(&self, (host, port): &(HostName, Option<u16>)) -> bool {
        let usual = usual_port(&self.scheme);
        usual.is_some() && self.host == *host && self.port == port.or(usual)
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Reads `host[:port]`.
fn authority(text: &str) -> Option<(HostName, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        // The colons of an IPv6 address are no port's.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
    };
    Some((HostName::read(host)?, port))
}

/// Under which names a node is used, and by which pages.
#[derive(Debug)]
pub(super) struct Access {
    /// Others than this machine can reach the node.
    reachable: bool,
    hosts: Vec<HostName>,
    origins: Vec<Origin>,
    /// The bound of simultaneous answers to foreign pages.
    pages: Arc<Semaphore>,
}

/// The other end of a request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    page: Page,
    /// Why nothing may be changed under the name by which the node was called.
    foreign_host: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Page {
    /// No browser, as far as can be told.
    None,
    /// One of the node's own, or one that was allowed.
    Trusted(Option<HeaderValue>),
    /// Any other; its origin if it is known.
    Foreign(String),
}

impl Caller {
    /// # Errors
    /// Why it may not change anything.
    pub(super) fn may_change(&self) -> Result<(), Error> {
        if let Some(reason) = &self.foreign_host {
            return Err(Error::Forbidden(reason.clone()));
        }
        match &self.page {
            Page::None | Page::Trusted(_) => Ok(()),
            Page::Foreign(origin) => {
                // Some pages have no origin that could be allowed: those of files and sandboxes say `null`.
                let hint = match Origin::read(origin) {
                    Some(_) => format!("if you trust this origin, start the node with `--allow-origin {origin}`"),
                    None => "serve it from an origin of its own, which can be allowed with `--allow-origin`".into(),
                };
                Err(Error::Forbidden(format!("pages of {origin} may only read: {hint}")))
            }
        }
    }

    /// The foreign page that it is, to count what its origin uses.
    pub(super) fn foreign_origin(&self) -> Option<&str> {
        match &self.page {
            Page::Foreign(origin) => Some(origin),
            Page::None | Page::Trusted(_) => None,
        }
    }
}

impl Access {
    pub(super) fn new(reachable: bool, hosts: Vec<HostName>, origins: Vec<Origin>) -> Self {
        // Where others can reach the node, production's limits hold for all.
        let at_once = if reachable { Semaphore::MAX_PERMITS } else { MAX_PAGE_REQUESTS };
        Self { reachable, hosts, origins, pages: Arc::new(Semaphore::new(at_once)) }
    }

    /// Looks at the head of a request.
    ///
    /// # Errors
    /// When nobody may ask in this way.
    fn judge(&self, request: &Request) -> Result<Caller, Error> {
        let called = self.called(request)?;
        let foreign_host = match &called {
            Some((host, _)) if self.knows(host) => None,
            Some((host, _)) => Some(format!(
                "the node does not accept the host name `{host}`: use an address of this machine, or start the \
                 node with `--allow-host {host}`"
            )),
            None => Some("the request names no host".into()),
        };
        if let (Some(reason), true, false) = (&foreign_host, called.is_some(), self.reachable) {
            return Err(Error::Forbidden(reason.clone()));
        }
        Ok(Caller { page: self.page(request.headers(), called.as_ref()), foreign_host })
    }

    /// The host and port that the request is for, from its target or its `Host`. Where both name one, both must be
    /// known.
    fn called(&self, request: &Request) -> Result<Option<(HostName, Option<u16>)>, Error> {
        let mut given = request.headers().get_all(HOST).iter();
        let header = match (given.next(), given.next()) {
            (Some(value), None) => {
                let read = value.to_str().ok().and_then(authority);
                Some(read.ok_or_else(|| Error::InvalidInput("the header `Host` is not a host name".into()))?)
            }
            (Some(_), Some(_)) => return Err(Error::InvalidInput("the request has the header `Host` twice".into())),
            (None, _) => None,
        };
        let target = match request.uri().authority() {
            Some(target) => {
                let read = authority(target.as_str());
                Some(read.ok_or_else(|| Error::InvalidInput("the request's target names no host".into()))?)
            }
            None => None,
        };
        if header.is_none() && target.is_none() && request.version() >= Version::HTTP_11 {
            return Err(Error::InvalidInput("the header `Host` is missing".into()));
        }
        match (target, header) {
            (Some(target), Some(header)) if self.knows(&target.0) => Ok(Some(header)),
            (target, header) => Ok(target.or(header)),
        }
    }

    /// Whether this is a name of the node. Nobody can give a page an address for its name, so where the node can be
    /// reached from elsewhere, every address is one.
    fn knows(&self, host: &HostName) -> bool {
        host.is_loopback() || self.hosts.contains(host) || self.reachable && matches!(host.0, Name::Ip(_))
    }

    fn page(&self, headers: &HeaderMap, called: Option<&(HostName, Option<u16>)>) -> Page {
        let mut given = headers.get_all(ORIGIN).iter();
        match (given.next(), given.next()) {
            (Some(value), None) => {
                let text = value.to_str().unwrap_or_default();
                let Some(origin) = Origin::read(text) else { return Page::Foreign(shown(text)) };
                if self.origins.contains(&origin) {
                    return Page::Trusted(Some(value.clone()));
                }
                let own = called.is_some_and(|called| self.knows(&called.0) && origin.is_at(called));
                if own { Page::Trusted(None) } else { Page::Foreign(shown(text)) }
            }
            (Some(_), Some(_)) => Page::Foreign("several origins".into()),
            (None, _) => match headers.get(FETCH_SITE).map(HeaderValue::as_bytes) {
                None | Some(b"same-origin" | b"none") => Page::None,
                Some(_) => Page::Foreign("another origin".into()),
            },
        }
    }
}

/// An origin as it is told to people and told apart from others.
fn shown(text: &str) -> String {
    if text.is_empty() || text.len() > MAX_ORIGIN_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "another origin".into()
    } else {
        text.to_ascii_lowercase()
    }
}

/// Refuses what nobody may ask, notes for the others who they are, and tells browsers which pages may see the answer.
pub(super) async fn enforce(State(access): State<Arc<Access>>, mut request: Request<Body>, next: Next) -> Response {
    let caller = match access.judge(&request) {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    let origin = match caller.page.clone() {
        Page::Trusted(Some(origin)) => origin,
        Page::None | Page::Trusted(None) => {
            request.extensions_mut().insert(caller);
            return next.run(request).await;
        }
        Page::Foreign(_) => {
            let waiting = request.extensions().get::<Arc<Place>>().cloned().map(Waiting::new);
            // The semaphore is never closed.
            let turn = Arc::clone(&access.pages).acquire_owned().await.ok();
            drop(waiting);
            request.extensions_mut().insert(caller);
            return keeping(next.run(request).await, turn);
        }
    };
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        preflight_answer(request.headers())
    } else {
        request.extensions_mut().insert(caller);
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    headers.append(VARY, HeaderValue::from_static("Origin"));
    response
}

fn preflight_answer(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    if asked.contains_key(PRIVATE_NETWORK) {
        headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    response
}
