//! Changes of requests.

use rand::Rng;
use rand::seq::SliceRandom as _;

use crate::corpus::{Framing, Request};

/// The most bytes that a change makes of a body, mostly.
const MAX_BODY_BYTES: usize = 300 * 1024;

const METHODS: [&str; 12] =
    ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "post", "B/D", "\0"];
const VERSIONS: [&str; 6] = ["HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/0.9", "HTTP/1.12345", "HTCPCP"];
const ENTITIES: [&str; 10] =
    ["", "%00", "%ff%fe", "..", "../..", "0x00", "-1", "99999999999999999999", "%zz", "\u{202e}x"];
const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "10001",
    "NaN",
    "0x10",
    "99999999999999999999999999999999999999999999999999",
];
const HEADERS: [(&str, &str); 34] = [
    ("host", "evil.example"),
    ("host", "localhost"),
    ("host", "["),
    ("origin", "https://evil.example"),
    ("origin", "null"),
    ("origin", "http://"),
    ("sec-fetch-site", "cross-site"),
    ("rusk-version", "2.0.0"),
    ("rusk-version", ">=0, <99999999999999999999"),
    ("rusk-version-strict", ""),
    ("rusk-feeder", "1"),
    ("rusk-session-id", "00"),
    ("rusk-gqlvar-n", "[[[[[[[[{\"a\":1e999}"),
    ("rusk-gqlvar-", "x"),
    ("sign", "00"),
    ("accept", "application/octet-stream"),
    ("accept", "*/*;q=-1"),
    ("content-type", "application/json"),
    ("content-type", "application/octet-stream"),
    ("content-type", ";;;"),
    ("content-encoding", "gzip"),
    ("expect", "100-continue"),
    ("expect", "200-nothing"),
    ("connection", "keep-alive, upgrade"),
    ("upgrade", "websocket"),
    ("upgrade", "h2c"),
    ("sec-websocket-version", "12"),
    ("sec-websocket-key", "short"),
    ("sec-websocket-extensions", "permessage-deflate; server_max_window_bits=0"),
    ("sec-websocket-protocol", ",,,"),
    ("transfer-encoding", "chunked, gzip"),
    ("x-echo", "once"),
    ("x-echo", "\u{fc}\u{1b}[31m"),
    ("access-control-request-method", "POST"),
];
const TEXTS: [&str; 10] = ["{a", "{a(b:[", "[", "{\"a\":", "((", "\"\"\"", "...f ", "# ", "\u{0}", "\\u0000"];

/// Changes one thing.
pub(crate) fn mutate(request: &mut Request, other: &Request, random: &mut impl Rng) {
    match random.gen_range(0..20) {
        0 => request.method = METHODS.choose(random).unwrap().to_string(),
        1 => request.version = VERSIONS.choose(random).unwrap(),
        2 | 3 => target(&mut request.target, &other.target, random),
        4 | 5 => {
            let (name, value) = HEADERS.choose(random).unwrap();
            request.headers.push((name.to_string(), value.bytes().collect()));
        }
        6 => headers(&mut request.headers, random),
        7 => request.framing = framing(random),
        8 => request.after.extend(after(other, random)),
        9 => request.headers.extend(other.headers.iter().cloned()),
        10 => request.target.clone_from(&other.target),
        11 => request.body.clone_from(&other.body),
        12 | 13 => numbers(&mut request.body, random),
        14 => request.body = nested(random),
        _ => bytes(if request.after.is_empty() { &mut request.body } else { &mut request.after }, random),
    }
}

fn target(target: &mut String, other: &str, random: &mut impl Rng) {
    let place = (0..=target.len()).filter(|at| target.is_char_boundary(*at)).collect::<Vec<_>>();
    let at = *place.choose(random).unwrap();
    match random.gen_range(0..9) {
        0 => target.insert_str(at, ENTITIES.choose(random).unwrap()),
        1 => target.truncate(at),
        2 => *target = target.to_ascii_uppercase(),
        3 => *target = format!("http://evil.example{target}"),
        4 => *target = format!("{target}{}", "/x".repeat(random.gen_range(0..40))),
        5 => *target = format!("{}{}", &target[..at], "a".repeat(random.gen_range(0..100_000))),
        6 => {
            let bytes = target
                .bytes()
                .map(|byte| if random.gen_ratio(1, 6) { format!("%{byte:02X}") } else { char::from(byte).into() });
            *target = bytes.collect();
        }
        7 => *target = format!("{}{}", &target[..at], other.get(at.min(other.len())..).unwrap_or_default()),
        _ => {
            *target = ["*", "/", "//on/node/info", "/on/./dev/../node/info", "", "?", "/on?x", "localhost:80"]
                .choose(random)
                .unwrap()
                .to_string();
        }
    }
}

fn headers(headers: &mut Vec<(String, Vec<u8>)>, random: &mut impl Rng) {
    let count = headers.len();
    if count == 0 {
        return headers.push(("host".into(), b"localhost".to_vec()));
    }
    match random.gen_range(0..6) {
        0 => headers.extend((0..random.gen_range(0..300)).map(|n| (format!("x-{n}"), b"y".to_vec()))),
        1 => headers.push(("x-long".into(), vec![b'z'; random.gen_range(0..120_000)])),
        2 => drop(headers.remove(random.gen_range(0..count))),
        3 => {
            let (_, value) = headers.choose_mut(random).unwrap();
            bytes(value, random);
        }
        4 => {
            headers.push((["", " ", "a b", "x:y", "\u{fc}", "x\0"].choose(random).unwrap().to_string(), b"v".to_vec()));
        }
        _ => headers.push(headers.choose(random).unwrap().clone()),
    }
}

fn framing(random: &mut impl Rng) -> Framing {
    let claims = ["", "-1", "+5", "0x10", "99999999999", "18446744073709551616", "5, 5", "1", "1e3", "4000000"];
    match random.gen_range(0..8) {
        0 => Framing::None,
        1 => Framing::Garbled,
        2..=4 => Framing::Chunked(random.gen_range(1..2000)),
        _ => Framing::Claimed(claims.choose(random).unwrap().to_string()),
    }
}

/// More on the same connection: nonsense, frames with lengths that are not true, floods.
fn after(other: &Request, random: &mut impl Rng) -> Vec<u8> {
    let opcode: u8 = random.r#gen();
    match random.gen_range(0..6) {
        0 => [&[opcode, 0xff][..], &random.r#gen::<u64>().to_be_bytes(), &[0; 4], b"little"].concat(),
        1 => [opcode, random.r#gen(), 1, 2, 3, 4, 5, 6, 7].into(),
        2 => [0x89, 0x80, 0, 0, 0, 0].repeat(random.gen_range(0..5000)),
        3 => [0x01, 0x80, 0, 0, 0, 0].repeat(random.gen_range(0..5000)),
        4 => [&[0x82, 0xff][..], &300_000_u64.to_be_bytes(), &[0; 4], &[7; 300_000]].concat(),
        _ => other.body.clone(),
    }
}

/// Puts another number in the place of one.
fn numbers(body: &mut Vec<u8>, random: &mut impl Rng) {
    let digits: Vec<_> = (0..body.len()).filter(|at| body[*at].is_ascii_digit()).collect();
    let Some(begin) = digits.choose(random).copied() else { return bytes(body, random) };
    let end = body[begin..].iter().position(|byte| !byte.is_ascii_digit()).map_or(body.len(), |length| begin + length);
    body.splice(begin..end, NUMBERS.choose(random).unwrap().bytes());
}

fn nested(random: &mut impl Rng) -> Vec<u8> {
    let text = TEXTS.choose(random).unwrap();
    let times = [10, 63, 64, 65, 127, 128, 129, 1000, MAX_BODY_BYTES / text.len()].choose(random).unwrap().to_owned();
    let deep = text.repeat(times);
    if random.gen_bool(0.5) { serde_json::json!({ "query": deep }).to_string().into() } else { deep.into() }
}

fn bytes(body: &mut Vec<u8>, random: &mut impl Rng) {
    let at = random.gen_range(0..=body.len());
    match random.gen_range(0..8) {
        0 if at < body.len() => body[at] ^= 1 << random.gen_range(0..8),
        1 if at < body.len() => body[at] = random.r#gen(),
        2 => body.truncate(at),
        3 => drop(body.drain(..at)),
        4 => body.insert(at, random.r#gen()),
        5 => {
            let part = body[at..].to_vec();
            body.splice(at..at, part);
        }
        6 => *body = (0..random.gen_range(0..4096)).map(|_| random.r#gen()).collect(),
        7 if random.gen_ratio(1, 10) => body.resize(random.gen_range(0..4 << 20), b'x'),
        _ => body.extend_from_slice(TEXTS.choose(random).unwrap().as_bytes()),
    }
}
