//! Files of a node: the records of its log of votes, genesis files, keys files.

use std::path::Path;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::SecretKey;
use local_node::accounts::{KeyPair, parse_keys};
use local_node::genesis::{Allocation, DEV_STAKE, GenesisFile};
use local_node::record;
use local_node_types::codec::Encode as _;
use local_node_types::ledger::{StepName, Vote};
use local_node_types::message::ValidationResult;
use local_node_types::rules::Profile;

use crate::messages::{TRANSACTION_HEAP, block, faults, round, votes};
use crate::{Input, Target, Verdict};

/// Records of the log. Blocks within are not canonical, and of many step times the last ones are kept.
pub(crate) const RECORD: Target =
    Target { name: "record", run: is_record, seeds: records, extras: record_extras, heap: TRANSACTION_HEAP };
/// Genesis files.
pub(crate) const GENESIS: Target =
    Target { name: "genesis", run: is_genesis, seeds: genesis_files, extras: genesis_extras, heap: FILE_HEAP };
/// Keys files.
pub(crate) const KEYS: Target =
    Target { name: "keys", run: are_keys, seeds: keys_files, extras: keys_extras, heap: FILE_HEAP };

/// Points and texts of keys take some times their JSON.
const FILE_HEAP: [usize; 2] = [64, 256 * 1024];
/// The secret key of the files, as a number, and its bytes in hexadecimal digits.
const SECRET: u64 = 7;
const SECRET_DIGITS: &str = "0700000000000000000000000000000000000000000000000000000000000000";
/// Blanks that a file has room for. Most mutations of JSON make it invalid; those of blanks do not.
const BLANKS: usize = 2000;
/// More levels than a reader that calls itself for each has room for.
const MANY_LEVELS: usize = 10_000;

fn is_record(bytes: &[u8]) -> Verdict {
    let Ok(read) = record::decode(bytes) else { return Verdict::Refused };
    let encoded = record::encode(&read);
    let again = record::decode(&encoded).expect("what is written is read");
    assert_eq!(record::encode(&again), encoded, "and written as the same bytes");
    Verdict::Taken
}

fn is_genesis(bytes: &[u8]) -> Verdict {
    let Ok(read) = GenesisFile::parse(bytes) else { return Verdict::Refused };
    let text = read.to_text();
    let again = GenesisFile::parse(text.as_bytes()).expect("what is written is read");
    assert_eq!(again.allocation.digest(), read.allocation.digest(), "the chain is the same");
    assert_eq!(again.to_text(), text, "and it is written as the same text");
    Verdict::Taken
}

fn are_keys(bytes: &[u8]) -> Verdict {
    let Ok(read) = parse_keys(Path::new("keys.json"), bytes) else { return Verdict::Refused };
    assert_eq!(KeyPair::from(read.secret().clone()).id(), read.id(), "the keys belong together");
    Verdict::Taken
}

fn keys() -> KeyPair {
    KeyPair::from(SecretKey::from(BlsScalar::from(SECRET)))
}

fn tagged(name: &str, tag: u8, parts: &[&[u8]]) -> Input {
    (name.to_owned(), [&[tag], &parts.concat()[..]].concat())
}

fn records() -> Vec<Input> {
    let header = round().encoded();
    let result = ValidationResult::new(Vote::Valid([12; 32]), votes(3));
    let (valid, ratification) = (Vote::Valid([5; 32]).encoded(), [StepName::Ratification as u8]);
    let time = 1500_u64.to_le_bytes();
    let mut records = vec![
        tagged("iteration", 0, &[&[2; 32], &7_u64.to_le_bytes(), &[200]]),
        tagged("vote", 1, &[&header, &ratification, &valid]),
        tagged("candidate", 2, &[&block().encoded()]),
        tagged("validation-result", 3, &[&header, &result.encoded()]),
        tagged("step-times", 5, &[&[2], &time, &time, &[1], &time, &[0]]),
    ];
    records.extend(faults().first().map(|fault| tagged("fault", 4, &[&fault.encoded()])));
    records
}

fn record_extras() -> Vec<Input> {
    let times = [1500_u64.to_le_bytes(); 255].concat();
    vec![
        tagged("step-unknown", 1, &[&round().encoded(), &[3, 0]]),
        tagged("announces-255-times", 5, &[&[255]]),
        tagged("more-times-than-are-kept", 5, &[&[255], &times, &[0, 0]]),
        tagged("kind-unknown", 6, &[]),
    ]
}

/// A file with blanks in it.
fn spaced(text: &str) -> Vec<u8> {
    text.replacen('{', &format!("{{{}", " ".repeat(BLANKS)), 1).into_bytes()
}

fn genesis_text() -> String {
    let public = *keys().public();
    let allocation = Allocation { accounts: vec![(public, 5)], stakes: vec![(public, DEV_STAKE)] };
    let block_time = std::time::Duration::from_secs(1);
    let genesis_time = 1_796_000_000;
    GenesisFile { chain_id: 0, rules: Profile::Local, genesis_time, block_time, allocation }.to_text()
}

fn genesis_files() -> Vec<Input> {
    let text = genesis_text();
    vec![("with-blanks".to_owned(), spaced(&text)), ("as-written".to_owned(), text.into_bytes())]
}

fn genesis_extras() -> Vec<Input> {
    let with = |part: &str, other: &str| genesis_text().replacen(part, other, 1).into_bytes();
    let named = [
        ("version-2", with("\"version\": 1", "\"version\": 2")),
        ("rules-unknown", with("\"local\"", "\"lokal\"")),
        ("block-time-of-nothing", with("\"block_time\": 1", "\"block_time\": 0")),
        ("lux-beyond-64-bits", with("\"lux\": 5", "\"lux\": 18446744073709551616")),
        ("more-lux-than-64-bits-count", with("\"lux\": 5", "\"lux\": 18446744073709551615")),
        ("lists-in-lists", "[".repeat(MANY_LEVELS).into_bytes()),
        ("lists-in-a-field", format!("{{\"version\": {}", "[".repeat(MANY_LEVELS)).into_bytes()),
    ];
    named.map(|(name, bytes)| (name.to_owned(), bytes)).into()
}

fn keys_text() -> String {
    let public = keys().id();
    format!("{{\n  \"version\": 1,\n  \"public_key\": \"{public}\",\n  \"secret_key\": \"{SECRET_DIGITS}\"\n}}\n")
}

fn keys_files() -> Vec<Input> {
    let text = keys_text();
    vec![("with-blanks".to_owned(), spaced(&text)), ("as-written".to_owned(), text.into_bytes())]
}

fn keys_extras() -> Vec<Input> {
    let with = |part: &str, other: &str| keys_text().replacen(part, other, 1).into_bytes();
    let named = [
        ("version-2", with("\"version\": 1", "\"version\": 2")),
        ("secret-of-another", with("\"07", "\"08")),
        ("secret-beyond-the-field", with(SECRET_DIGITS, &"ff".repeat(32))),
        ("secret-with-a-byte-more", with(SECRET_DIGITS, &format!("{SECRET_DIGITS}00"))),
        ("lists-in-lists", "[".repeat(MANY_LEVELS).into_bytes()),
    ];
    named.map(|(name, bytes)| (name.to_owned(), bytes)).into()
}
