//! How often each kind of request is served (the book, "The HTTP interface", section "Rate limits").
//!
//! The kinds and figures are production's defaults. They hold for a node that others can reach; one that listens on
//! loopback serves its developer as fast as it can.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::RequestPartsExt as _;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::error::error_response;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    ContractQuery,
    FeederQuery,
    Graphql,
    Propagate,
    UploadDriver,
    OtherRues,
    OtherHttp,
}

/// Requests in a second, requests at once after a pause, requests being answered: in the order of the classes.
const LIMITS: [(u32, u32, usize); 7] =
    [(180, 360, 12), (3, 6, 3), (1500, 3000, 64), (400, 800, 32), (2, 4, 2), (500, 1000, 64), (2000, 4000, 128)];

impl Class {
    /// The class of a request to a path, or to a target and topic as the router has read them: one spelling of a path
    /// must not be served more often than another.
    fn of(path: &str, asked: Option<(&str, &str)>, feeder: bool) -> Self {
        let Some((target, topic)) = asked else {
            return match path.trim_end_matches('/') {
                "/graphql" => Self::Graphql,
                "/on" => Self::OtherRues,
                _ => Self::OtherHttp,
            };
        };
        match (target.split(':').next().unwrap_or_default().to_ascii_lowercase().as_str(), topic) {
            ("graphql", "query") => Self::Graphql,
            ("transactions", "propagate") => Self::Propagate,
            ("contract", "upload_driver") => Self::UploadDriver,
            ("contracts", _) if feeder => Self::FeederQuery,
            ("contracts", _) => Self::ContractQuery,
            _ => Self::OtherRues,
        }
    }
}

/// The limits of a node, all clients together.
#[derive(Debug)]
pub(super) struct Limits([Limit; 7]);

#[derive(Debug)]
struct Limit {
    pace: Mutex<Pace>,
    answering: Arc<Semaphore>,
}

impl Limits {
    /// Production's defaults.
    pub(super) fn production(now: Instant) -> Self {
        Self(LIMITS.map(|(each_second, burst, at_once)| Limit {
            pace: Mutex::new(Pace::new(each_second, burst, now)),
            answering: Arc::new(Semaphore::new(at_once)),
        }))
    }
}

/// Lets a request through, or says when to come again.
pub(super) async fn enforce(State(limits): State<Arc<Limits>>, request: Request<Body>, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let parameters = head.extract::<RawPathParams>().await.ok();
    let named = |wanted: &str| parameters.iter().flatten().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let asked = named("target").zip(named("topic"));
    let class = Class::of(head.uri.path(), asked, head.headers.contains_key("rusk-feeder"));
    let request = Request::from_parts(head, body);
    let limit = &limits.0[class as usize];
    let Ok(_answering) = Arc::clone(&limit.answering).try_acquire_owned() else {
        return too_many("the node already answers the maximum of such requests", 1);
    };
    let paced = limit.pace.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
    match paced {
        Ok(()) => next.run(request).await,
        Err(wait) => too_many("such requests arrive faster than the node allows", wait.as_secs().saturating_add(1)),
    }
}

fn too_many(why: &str, retry_after: u64) -> Response {
    let mut response = error_response(StatusCode::TOO_MANY_REQUESTS, &format!("Too many requests: {why}"));
    response.headers_mut().insert("retry-after", HeaderValue::from(retry_after));
    response
}

/// Lets so many through in a second, and some more at once after a pause.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    tolerance: Duration,
    /// When all that was let through would have come at the pace.
    settled: Instant,
}

impl Pace {
    fn new(each_second: u32, burst: u32, now: Instant) -> Self {
        let interval = Duration::from_secs(1) / each_second;
        Self { interval, tolerance: interval * (burst - 1), settled: now }
    }

    /// # Errors
    /// How long to wait.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let settled = self.settled.max(now);
        let ahead = settled - now;
        if ahead > self.tolerance {
            return Err(ahead - self.tolerance);
        }
        self.settled = settled + self.interval;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_pace() {
        let begin = Instant::now();
        let mut pace = Pace::new(2, 4, begin);
        let taken = (0..10).filter(|_| pace.take(begin).is_ok()).count();
        assert_eq!(taken, 4);
        assert_eq!(pace.take(begin), Err(Duration::from_millis(500)));
        assert_eq!(pace.take(begin + Duration::from_millis(500)), Ok(()));
        assert!(pace.take(begin + Duration::from_millis(999)).is_err());
        let rested = begin + Duration::from_secs(60);
        assert_eq!((0..10).filter(|_| pace.take(rested).is_ok()).count(), 4);
    }

    #[test]
    fn requests_have_their_kinds() {
        let class = |path: &str, feeder| {
            let asked = path.strip_prefix("/on/").and_then(|path| path.split_once('/'));
            Class::of(path, asked, feeder)
        };
        assert_eq!(class("/on/contracts:00/f", false), Class::ContractQuery);
        assert_eq!(class("/on/contracts:00/f", true), Class::FeederQuery);
        assert_eq!(class("/graphql/", false), Class::Graphql);
        assert_eq!(class("/on/graphql/query", false), Class::Graphql);
        assert_eq!(class("/on/transactions/propagate", false), Class::Propagate);
        assert_eq!(class("/on/TransActions:x/propagate", false), Class::Propagate);
        assert_eq!(class("/on/contract:00/upload_driver", false), Class::UploadDriver);
        assert_eq!(class("/on/transactions/simulate", false), Class::OtherRues);
        assert_eq!(class("/on", false), Class::OtherRues);
        assert_eq!(class("/", false), Class::OtherHttp);
    }
}
