//! The memory of requests and answers: bodies are read within a time, and all long ones together within a number of
//! bytes.
//!
//! Short bodies and answers are not counted. There are only as many as connections, and slow clients with long ones
//! must not keep the others from sending transactions and questions.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connections::{Place, Waiting};
use super::error::{Error, error_response};

/// The longest body of a RUES request.
pub const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;
/// The longest body of a GraphQL request.
pub const MAX_GRAPHQL_BYTES: usize = 256 * 1024;
/// The most bytes of long bodies and answers that are held at a time, of all connections together.
pub const MAX_HELD_BYTES: usize = 96 * 1024 * 1024;
/// Shorter answers are not counted.
const SHORT_ANSWER_BYTES: u64 = 64 * 1024;
/// So many bytes of a body are not counted.
const SHORT_BODY_BYTES: usize = 64 * 1024;
/// The most bytes that are set aside for a body because its head announces them.
const MAX_TRUSTED_BYTES: usize = 64 * 1024;

/// The rest of the bytes that may be held.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    left: Arc<Semaphore>,
    body_time: Duration,
}

impl Memory {
    pub(super) fn new(body_time: Duration) -> Self {
        Self { left: Arc::new(Semaphore::new(MAX_HELD_BYTES)), body_time }
    }

    fn hold(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Error> {
        let busy = || Error::Busy("the node's memory for requests and answers is full".into());
        let bytes = u32::try_from(bytes).map_err(|_| busy())?;
        Arc::clone(&self.left).try_acquire_many_owned(bytes).map_err(|_| busy())
    }

    /// Reads a body, at most so many bytes of it.
    async fn read(&self, headers: &HeaderMap, body: Body, most: usize) -> Result<Received, Error> {
        let too_large = || Error::TooLarge(format!("the body has more than {most} bytes"));
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|announced| announced > most as u64) {
            return Err(too_large());
        }
        let announced = announced.and_then(|announced| usize::try_from(announced).ok()).unwrap_or_default();
        let (mut bytes, mut held) = (Vec::with_capacity(announced.min(MAX_TRUSTED_BYTES)), self.hold(0)?);
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| Error::Malformed(format!("the body cannot be read: {error}")))?;
            if bytes.len() + part.len() > most {
                return Err(too_large());
            }
            let counted = (bytes.len() + part.len()).saturating_sub(SHORT_BODY_BYTES.max(bytes.len()));
            held.merge(self.hold(counted)?);
            bytes.extend_from_slice(&part);
        }
        Ok(Received { bytes: bytes.into(), _held: held })
    }
}

/// The body of a request.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    // As long as the request is being answered.
    _held: OwnedSemaphorePermit,
}

impl<S: Send + Sync> FromRequest<S> for Received
where
    Memory: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let memory = Memory::from_ref(state);
        let most = if request.uri().path().starts_with("/graphql") { MAX_GRAPHQL_BYTES } else { MAX_BODY_BYTES };
        let (head, body) = request.into_parts();
        let _waiting = head.extensions.get::<Arc<Place>>().cloned().map(Waiting::new);
        match tokio::time::timeout(memory.body_time, memory.read(&head.headers, body, most)).await {
            Ok(read) => read.map_err(IntoResponse::into_response),
            Err(_) => {
                let text = format!("Request timeout: the body has to come within {:?}", memory.body_time);
                Err(error_response(StatusCode::REQUEST_TIMEOUT, &text))
            }
        }
    }
}

/// Counts a long answer as held until the client has taken it.
pub(super) async fn hold_answers(State(memory): State<Memory>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let Some(length) = HttpBody::size_hint(response.body()).exact().filter(|length| *length > SHORT_ANSWER_BYTES)
    else {
        return response;
    };
    match memory.hold(usize::try_from(length).unwrap_or(usize::MAX)) {
        Ok(held) => keeping(response, held),
        Err(error) => error.into_response(),
    }
}

/// Keeps something until the client has taken the answer.
///
/// The connection takes the frames of a body into its own buffer long before the client does, so each frame keeps it as
/// well.
pub(super) fn keeping<K: Send + Sync + 'static>(response: Response, kept: K) -> Response {
    let kept = Arc::new(kept);
    response.map(|body| Body::new(Keeping { body, kept }))
}

struct Keeping<K> {
    body: Body,
    kept: Arc<K>,
}

/// The bytes of a frame, with what they keep.
struct Kept<K> {
    bytes: Bytes,
    _kept: Arc<K>,
}

impl<K> AsRef<[u8]> for Kept<K> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<K: Send + Sync + 'static> HttpBody for Keeping<K> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let kept = Arc::clone(&self.kept);
        let keep = |bytes| Bytes::from_owner(Kept { bytes, _kept: kept });
        Pin::new(&mut self.body).poll_frame(context).map_ok(|frame| frame.map_data(keep))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const ANSWER_BYTES: usize = 1 << 20;
    /// The capacity between the two sides, in bytes.
    const PIPE_BYTES: usize = 256;

    #[tokio::test]
    async fn an_answer_is_held_until_the_client_has_taken_it() {
        let memory = Memory::new(Duration::from_secs(60));
        let service = service_fn(|_| {
            let held = memory.hold(ANSWER_BYTES).expect("nothing else is held");
            let answer = keeping(Response::new(Body::from(vec![7; ANSWER_BYTES])), held);
            async { Ok::<_, Infallible>(answer) }
        });
        let (near, mut far) = duplex(PIPE_BYTES);
        let serving = http1::Builder::new().serve_connection(TokioIo::new(near), service);
        let taking = async {
            let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            far.write_all(request).await.expect("it listens");
            let mut taken = vec![0; PIPE_BYTES];
            // The server has long taken the body by then.
            for _ in 0..100 {
                far.read_exact(&mut taken).await.expect("the answer has begun");
            }
            assert_eq!(
                memory.left.available_permits(),
                MAX_HELD_BYTES - ANSWER_BYTES,
                "most of it is still to be taken"
            );
            far.read_to_end(&mut taken).await.expect("the answer ends");
        };
        let (served, ()) = tokio::join!(serving, taking);
        served.expect("it ends well");
        assert_eq!(memory.left.available_permits(), MAX_HELD_BYTES);
    }
}
