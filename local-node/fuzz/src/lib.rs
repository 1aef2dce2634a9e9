//! Fuzz targets for everything that nodes read from others and from files, and their corpus.
//!
//! A [`Target`] is a plain function of bytes. It panics where a property of its decoder does not hold:
//!
//! * what is accepted is written back as the same bytes, or, where several forms are read, as one that is written back
//!   as itself;
//! * what a node reads faster than the chain's decoder, or knows already, is what the decoder gives;
//! * an endpoint stays within its bounds, and sends no more than a few times what it received to addresses that have
//!   not answered a ping.
//!
//! Three things run the targets:
//!
//! 1. `cargo test -p local-node-fuzz` replays the corpus and mutates it for some seconds, always with the same random
//!    numbers. It also measures that a target takes no more memory than a multiple of its input's length and a
//!    constant. `FUZZ_ROUNDS` and `FUZZ_SEED` change how long and with which numbers.
//! 2. `cargo +nightly fuzz run --fuzz-dir local-node/fuzz --features libfuzzer frame local-node/fuzz/corpus/frame` lets
//!    libFuzzer look for new inputs, guided by coverage.
//! 3. `cargo run -p local-node-fuzz` writes the corpus anew, after a format has changed.
//!
//! The corpus has a folder for each target. A file's name says what it is and whether it is taken or refused; a test
//! compares. An input that once failed is added to [`Target::extras`] with its name.

mod files;
mod kadcast;
mod messages;
pub mod mutate;
mod transactions;

/// Whether a decoder took an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of it was read.
    Taken,
    /// It was refused as a whole or in part.
    Refused,
}

impl Verdict {
    /// The word in names of files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }
}

/// A named input.
pub type Input = (String, Vec<u8>);

/// A decoder with its properties.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of its corpus' folder and of its program for libFuzzer.
    pub name: &'static str,
    /// Reads an input and checks the properties.
    ///
    /// # Panics
    /// If a property does not hold.
    pub run: fn(&[u8]) -> Verdict,
    /// Valid inputs.
    pub seeds: fn() -> Vec<Input>,
    /// Inputs that announce too much, or failed once.
    pub extras: fn() -> Vec<Input>,
    /// The heap that the target may use: so many bytes for each byte of the input, and so many beside.
    pub heap: [usize; 2],
}

/// All targets.
pub const TARGETS: [Target; 14] = [
    kadcast::DATAGRAM,
    kadcast::CHUNK,
    kadcast::ENDPOINT,
    messages::FRAME,
    messages::BLOCK,
    messages::HEADER,
    messages::ATTESTATION,
    messages::TRANSACTION,
    messages::INVENTORY,
    transactions::READING,
    transactions::KNOWN,
    files::RECORD,
    files::GENESIS,
    files::KEYS,
];

/// Runs the target of a name.
///
/// # Panics
/// If there is none, or a property does not hold.
pub fn run(name: &str, input: &[u8]) -> Verdict {
    let target = TARGETS.into_iter().find(|target| target.name == name);
    (target.expect("programs are named after targets").run)(input)
}

/// The corpus of a target: its valid inputs, each of them also cut, prolonged and damaged, and its extras.
#[must_use]
pub fn corpus(target: &Target) -> Vec<Input> {
    let mut corpus = Vec::new();
    for (name, bytes) in (target.seeds)() {
        let cut = bytes[..bytes.len() / 2].to_vec();
        let long = [&bytes[..], &[0]].concat();
        let mut flipped = bytes.clone();
        let middle = bytes.len() / 2;
        flipped[middle] ^= 0x10;
        let damaged = [("cut", cut), ("long", long), ("flipped", flipped)];
        corpus.push((name.clone(), bytes));
        corpus.extend(damaged.map(|(how, bytes)| (format!("{name}-{how}"), bytes)));
    }
    corpus.extend((target.extras)());
    corpus.push(("empty".to_owned(), Vec::new()));
    corpus
}

/// The name of an input's file: its own and what becomes of it.
#[must_use]
pub fn file_name(target: &Target, (name, bytes): &Input) -> String {
    format!("{name}.{}", (target.run)(bytes).word())
}
