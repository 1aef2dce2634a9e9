//! The protocol between a contract's tests and the test host.
//!
//! A test is an ordinary native program that knows neither a WASM engine nor a proof system. It connects to the
//! address in [`ADDRESS_VARIABLE`] and sends requests, one JSON document a line; the host answers each with one line.
//! The values of a proof's wires are megabytes, and so is the state that the transactions of an observer test change:
//! they follow their line as bytes ([`Attached`]). One connection has one chain: it begins at genesis, and the host
//! discards it when the connection closes. Connections do not see each other, but share compiled modules.
//!
//! The host answers only the tests that it was started for: the first request carries a random token, which tests get
//! with the address, in their environment. Other users of the machine, and web pages, do not know it.
//!
//! The host signs for the accounts, so no key ever reaches a test.
//!
//! A host may serve a running network instead of chains of its own. All tests then share one chain, each with accounts
//! of its own. The host answers requests that move time or revert blocks with [`Response::NotHere`].

use std::fmt;
use std::io::{self, Read};

use piecrust_uplink::ContractId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::execution::{CallError, Event, Logged, hex_id};
use crate::observation::{Compared, Observation};

/// The environment variable that holds the host's address and its token, `127.0.0.1:PORT#TOKEN`.
pub const ADDRESS_VARIABLE: &str = "DUSK_TEST_HOST";
/// The environment variable with the maximum duration of a test in seconds; 0 or unset: no limit.
pub const TIMEOUT_VARIABLE: &str = "DUSK_TEST_TIMEOUT";
/// The version of this protocol. Host and test must agree exactly.
pub const PROTOCOL_VERSION: u32 = 7;
/// The longest line that either side accepts.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;
/// The most bytes that may follow a line: the values of the largest circuit, or the state that a block changed.
pub const MAX_ATTACHED_BYTES: usize = 20 * 1024 * 1024;
/// The longest first line that the host accepts: the client has not shown its token before.
pub const MAX_OPEN_BYTES: usize = 64 * 1024;

/// A request of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// Starts a chain. Always the first request. Answer: [`Response::Opened`].
    Open {
        /// [`PROTOCOL_VERSION`].
        version: u32,
        /// The host's token.
        #[serde(default)]
        token: String,
        /// The name of the test, for the report.
        test: String,
    },
    /// A funded account by its name. The name of a development account gives that account; any other name gets one of
    /// the development accounts that are still free. Answer: [`Response::Account`].
    Account {
        /// The name.
        name: String,
    },
    /// Deploys a contract of the project. Answer: [`Response::Outcome`].
    Deploy {
        /// The package of the contract.
        package: String,
        /// The name of the account that signs the deployment.
        from: String,
        /// The name of the account that the deployment states as the owner.
        owner: String,
        /// The constructor's argument (rkyv).
        #[serde(with = "crate::bytes")]
        init: Vec<u8>,
    },
    /// Sends a transaction that calls a contract, and makes a block of it. Answer: [`Response::Outcome`].
    Call(Call),
    /// Sends several such transactions and makes one block of them, in this order. Answer: [`Response::Block`].
    Block {
        /// The calls: at least one, at most [`MAX_BLOCK_CALLS`].
        calls: Vec<Call>,
    },
    /// Calls a function without a transaction, and discards its changes. Answer: [`Response::Queried`].
    Query {
        /// The callee.
        #[serde(with = "hex_id")]
        contract: ContractId,
        /// The function.
        function: String,
        /// Its argument (rkyv).
        #[serde(with = "crate::bytes")]
        argument: Vec<u8>,
    },
    /// Calls a function that feeds items, without a transaction. Answer: [`Response::Fed`].
    Feed {
        /// The callee.
        #[serde(with = "hex_id")]
        contract: ContractId,
        /// The function.
        function: String,
        /// Its argument (rkyv).
        #[serde(with = "crate::bytes")]
        argument: Vec<u8>,
    },
    /// Moves DUSK from one account to another. Answer: [`Response::Outcome`].
    Transfer {
        /// The name of the account that pays.
        from: String,
        /// The receiver: base58 of 96 bytes.
        to: String,
        /// LUX.
        value: u64,
    },
    /// The balance of any account. Answer: [`Response::Balance`].
    Balance {
        /// Base58 of 96 bytes.
        account: String,
    },
    /// The balance of a contract. Answer: [`Response::Balance`].
    ContractBalance {
        /// The contract.
        #[serde(with = "hex_id")]
        contract: ContractId,
    },
    /// Makes a mock proof or a real one, as the host's settings say. Answer: [`Response::Proof`], or
    /// [`Response::LayoutWanted`] if the host does not know the circuit yet.
    Prove {
        /// The circuit's name.
        circuit: String,
        /// The digest of its layout.
        #[serde(with = "hex::serde")]
        digest: [u8; 32],
        /// The layout, as `dusk-sdk-circuit` encodes it.
        layout: Option<HexBytes>,
        /// The wires for the witness, as `dusk-sdk-circuit` encodes them.
        wires: Attached,
    },
    /// Counts a proof that another test has made of the same inputs, and that this test uses as well. So the report
    /// does not depend on the order of the tests. Answer: [`Response::Done`].
    Reused {
        /// Whether the proof is a mock.
        mock: bool,
    },
    /// The height of the chain. Answer: [`Response::Height`].
    Height,
    /// Makes that many empty blocks. Answer: [`Response::Height`].
    Mine {
        /// The number of blocks, at most [`MAX_MINED_BLOCKS`].
        blocks: u64,
    },
    /// Saves the state. Answer: [`Response::Snapshot`].
    Snapshot,
    /// Restores a saved state. It stays valid, and later ones become invalid. Answer: [`Response::Done`].
    Revert {
        /// The snapshot in [`Response::Snapshot`].
        snapshot: u64,
    },
    /// Records the data that the chain shows of each transaction, for [`Request::Observed`]. Answer:
    /// [`Response::Done`].
    Observe {
        /// Whether another chain of this test has done the same already: the report then has its transactions.
        again: bool,
    },
    /// The data that the chain shows of the last block's next transaction; the host returns each once. Answer:
    /// [`Response::Observed`].
    Observed,
    /// The result of comparing the runs of a test, for the report. Answer: [`Response::Done`].
    Compared {
        /// The result.
        compared: Compared,
    },
}

// Lines are written and read here, not where they are used: projects have this package optimised.

impl Request {
    /// The line of this request, with its line feed. The [attached](Self::attached) bytes follow it.
    ///
    /// # Errors
    /// None that are known: every request can be written.
    pub fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        to_line(self)
    }

    /// Reads the line of a request.
    ///
    /// # Errors
    /// If the line is not a request.
    pub fn from_line(line: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }

    /// The bytes that follow the line of this request.
    #[must_use]
    pub fn attached(&self) -> &[u8] {
        if let Self::Prove { wires, .. } = self { &wires.bytes } else { &[] }
    }

    /// Reads the bytes that follow the line of this request, after the line.
    ///
    /// # Errors
    /// If the bytes are missing, or are more than [`MAX_ATTACHED_BYTES`].
    pub fn receive(&mut self, from: &mut impl Read) -> io::Result<()> {
        if let Self::Prove { wires, .. } = self { wires.receive(from, MAX_ATTACHED_BYTES) } else { Ok(()) }
    }
}

/// Bytes that follow the line of a request or of an answer. The line states how many.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Attached {
    /// The bytes; empty until they are received.
    pub bytes: Vec<u8>,
    /// The number that the line has stated.
    stated: u64,
}

impl Attached {
    /// The bytes to send.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, stated: 0 }
    }

    /// Reads the stated number of bytes, at most `most`.
    fn receive(&mut self, from: &mut impl Read, most: usize) -> io::Result<()> {
        let length = usize::try_from(self.stated).ok().filter(|length| *length <= most);
        let Some(length) = length else {
            let most = format!("at most {MAX_ATTACHED_BYTES} bytes follow a line");
            return Err(io::Error::new(io::ErrorKind::InvalidData, most));
        };
        self.bytes = vec![0; length];
        from.read_exact(&mut self.bytes)
    }
}

impl fmt::Debug for Attached {
    /// Prints no byte: they are as secret as a witness.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attached({} bytes)", self.bytes.len())
    }
}

impl Serialize for Attached {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.bytes.len() as u64)
    }
}

impl<'de> Deserialize<'de> for Attached {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { bytes: Vec::new(), stated: u64::deserialize(deserializer)? })
    }
}

/// A call that an account signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The name of the account that signs.
    pub from: String,
    /// The callee.
    #[serde(with = "hex_id")]
    pub contract: ContractId,
    /// The function.
    pub function: String,
    /// Its argument (rkyv).
    #[serde(with = "crate::bytes")]
    pub argument: Vec<u8>,
    /// LUX deposited with the call.
    pub deposit: u64,
    /// The gas limit. `None`: as much as one transaction may have. In a block of several calls, those without a limit
    /// share the gas that the others leave.
    pub gas_limit: Option<u64>,
}

/// The most calls that one block of a test may have.
pub const MAX_BLOCK_CALLS: usize = 256;
/// The most empty blocks that one request may ask for.
pub const MAX_MINED_BLOCKS: u64 = 1_000_000;

/// An answer of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Response {
    /// The chain has started.
    Opened {
        /// Its id.
        chain_id: u8,
        /// Its height.
        height: u64,
    },
    /// An account.
    Account {
        /// The name that was asked for.
        name: String,
        /// Base58 of 96 bytes.
        account: String,
    },
    /// A transaction is in a block.
    Outcome(Outcome),
    /// Several transactions are in one block.
    Block {
        /// Their outcomes, in the order of the calls.
        outcomes: Vec<Outcome>,
    },
    /// A query was answered.
    Queried {
        /// The returned bytes (rkyv), or the reason why there are none.
        result: Result<HexBytes, CallError>,
        /// Gas that was spent.
        gas_spent: u64,
        /// Events that it would have emitted.
        events: Vec<Event>,
        /// The lines that its calls logged.
        logs: Vec<Logged>,
    },
    /// A query that feeds was answered.
    Fed {
        /// The items (rkyv), or why there are none.
        items: Result<Vec<HexBytes>, CallError>,
        /// Gas that was spent.
        gas_spent: u64,
        /// The lines that its calls logged.
        logs: Vec<Logged>,
    },
    /// The balance of an account or a contract.
    Balance {
        /// LUX.
        balance: u64,
        /// The number of transactions that it has sent; 0 for a contract.
        nonce: u64,
    },
    /// A proof.
    Proof {
        /// Its bytes.
        proof: HexBytes,
        /// Whether it is a mock.
        mock: bool,
    },
    /// The host does not know this circuit: ask again, with the layout.
    LayoutWanted,
    /// The chain's height.
    Height {
        /// Blocks since genesis.
        height: u64,
    },
    /// A saved state.
    Snapshot {
        /// Its number.
        snapshot: u64,
    },
    /// The data that the chain shows of a transaction.
    Observed {
        /// The data.
        observation: Box<Observation>,
    },
    /// The host has carried out the request.
    Done,
    /// No chain of this host can carry it out. A test that needs it is skipped, and does not fail.
    NotHere {
        /// The text: the request, and the reason.
        message: String,
    },
    /// The request failed. The chain has not changed.
    Failed {
        /// The text of the error.
        message: String,
        /// The hint.
        hint: Option<String>,
    },
}

impl Response {
    /// The line of this answer, with its line feed. The [attached](Self::attached) bytes follow it.
    ///
    /// # Errors
    /// None that are known: every answer can be written.
    pub fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        to_line(self)
    }

    /// Reads the line of an answer.
    ///
    /// # Errors
    /// If the line is not an answer.
    pub fn from_line(line: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }

    /// The bytes that follow the line of this answer: those of each part of a changed page, in order.
    pub fn attached(&self) -> impl Iterator<Item = &[u8]> {
        let changes = if let Self::Observed { observation } = self { observation.changes.as_slice() } else { &[] };
        let parts = changes.iter().flat_map(|change| &change.pages).flat_map(|page| &page.parts);
        parts.map(|part| part.bytes.bytes.as_slice())
    }

    /// Reads the bytes that follow the line of this answer, after the line.
    ///
    /// # Errors
    /// If the bytes are missing, or are more than [`MAX_ATTACHED_BYTES`].
    pub fn receive(&mut self, from: &mut impl Read) -> io::Result<()> {
        let Self::Observed { observation } = self else { return Ok(()) };
        let pages = observation.changes.iter_mut().flat_map(|change| &mut change.pages);
        let mut left = MAX_ATTACHED_BYTES;
        for part in pages.flat_map(|page| &mut page.parts) {
            part.bytes.receive(from, left)?;
            left -= part.bytes.bytes.len();
        }
        Ok(())
    }
}

fn to_line(document: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(document)?;
    line.push(b'\n');
    Ok(line)
}

/// The outcome of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The transaction's id.
    #[serde(with = "hex::serde")]
    pub tx: [u8; 32],
    /// The height of its block.
    pub height: u64,
    /// The contract that it deployed or called.
    #[serde(with = "hex_id")]
    pub contract: ContractId,
    /// The returned bytes (rkyv), or the reason why there are none.
    pub result: Result<HexBytes, CallError>,
    /// Gas that was paid for.
    pub gas_spent: u64,
    /// The fee that its sender paid, in LUX.
    pub fee: u64,
    /// The events that it emitted, including those of the transfer contract.
    pub events: Vec<Event>,
    /// The lines that its calls logged.
    pub logs: Vec<Logged>,
}

/// Bytes, written as hexadecimal text in documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::bytes::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::bytes::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Action, Changed, Page, Part};

    fn proof_request(bytes: &[u8]) -> Request {
        let wires = Attached::new(bytes.to_vec());
        Request::Prove { circuit: "c".into(), digest: [7; 32], layout: None, wires }
    }

    #[test]
    fn wires_follow_their_line() {
        let request = proof_request(b"wires");
        let line = serde_json::to_string(&request).unwrap();
        assert!(line.ends_with(r#""wires":5}"#), "{line}");
        let mut received: Request = serde_json::from_str(&line).unwrap();
        assert_eq!(received.attached(), b"");
        let mut rest = &b"wires and the next line"[..];
        received.receive(&mut rest).unwrap();
        assert_eq!((received.attached(), rest), (request.attached(), &b" and the next line"[..]));
        let mut other = Request::Height;
        other.receive(&mut rest).unwrap();
        assert_eq!(rest, b" and the next line");
    }

    #[test]
    fn wires_that_break_off_or_are_too_many_are_refused() {
        let line = serde_json::to_string(&proof_request(b"wires")).unwrap();
        let mut received: Request = serde_json::from_str(&line).unwrap();
        assert_eq!(received.receive(&mut &b"wire"[..]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let stated = |bytes: u64| line.replace(r#""wires":5"#, &format!(r#""wires":{bytes}"#));
        for bytes in [MAX_ATTACHED_BYTES as u64 + 1, u64::MAX] {
            let mut received: Request = serde_json::from_str(&stated(bytes)).unwrap();
            assert_eq!(received.receive(&mut io::repeat(1)).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        let mut received: Request = serde_json::from_str(&stated(MAX_ATTACHED_BYTES as u64)).unwrap();
        received.receive(&mut io::repeat(1)).unwrap();
        assert_eq!(received.attached().len(), MAX_ATTACHED_BYTES);
    }

    fn observed(parts: &[&[u8]]) -> Response {
        let part = |bytes: &&[u8]| Part { offset: 0, bytes: Attached::new(bytes.to_vec()) };
        let page = Page { index: 3, hash: [5; 32], parts: parts.iter().map(part).collect() };
        let id = ContractId::from_bytes([1; 32]);
        let changes = vec![
            Changed { contract: id, length: 1 << 18, pages: vec![page.clone()] },
            Changed { contract: id, length: 1 << 16, pages: vec![page] },
        ];
        let observation = Observation {
            action: Action::Call,
            from: "alice".into(),
            contract: id,
            function: "send".into(),
            argument: vec![7],
            value: 0,
            deposit: 0,
            gas_limit: 100,
            height: 2,
            gas_spent: 20,
            result: Ok(HexBytes::default()),
            events: Vec::new(),
            call: None,
            changes,
        };
        Response::Observed { observation: Box::new(observation) }
    }

    #[test]
    fn changed_state_follows_its_line() {
        let response = observed(&[b"one", b"", b"three"]);
        let mut sent = response.to_line().unwrap();
        let line = sent.len();
        response.attached().for_each(|bytes| sent.extend_from_slice(bytes));
        assert_eq!(sent[line..], *b"onethreeonethree");
        let mut received = Response::from_line(&sent[..line]).unwrap();
        assert_eq!(received.attached().flatten().count(), 0);
        let rest = [&sent[line..], b"the next line"].concat();
        let mut rest = rest.as_slice();
        received.receive(&mut rest).unwrap();
        assert!(received.attached().eq(response.attached()), "{received:?}");
        assert_eq!(rest, b"the next line");
        Response::Done.receive(&mut rest).unwrap();
        assert_eq!((rest, Response::Done.attached().count()), (&b"the next line"[..], 0));
    }

    #[test]
    fn changed_state_that_breaks_off_or_is_too_large_is_refused() {
        let line = String::from_utf8(observed(&[b"one", b"two"]).to_line().unwrap()).unwrap();
        let mut received = Response::from_line(line.as_bytes()).unwrap();
        assert_eq!(received.receive(&mut &b"onetwoonetw"[..]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        // Each of the four parts is small enough, but all of them together are too large.
        let stated = |bytes: usize| line.replace(r#""bytes":3"#, &format!(r#""bytes":{bytes}"#));
        let mut received = Response::from_line(stated(MAX_ATTACHED_BYTES / 4 + 1).as_bytes()).unwrap();
        assert_eq!(received.receive(&mut io::repeat(1)).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut received = Response::from_line(stated(MAX_ATTACHED_BYTES / 4).as_bytes()).unwrap();
        received.receive(&mut io::repeat(1)).unwrap();
        assert_eq!(received.attached().map(<[u8]>::len).sum::<usize>(), MAX_ATTACHED_BYTES);
    }

    #[test]
    fn bytes_stand_as_hexadecimal_text() {
        let bytes = HexBytes(vec![0, 0xab, 0xff]);
        assert_eq!(serde_json::to_string(&bytes).unwrap(), r#""00abff""#);
        assert_eq!(serde_json::from_str::<HexBytes>(r#""00ABff""#).unwrap(), bytes);
        assert_eq!(serde_json::from_str::<HexBytes>(r#""""#).unwrap(), HexBytes::default());
        for text in [r#""0""#, r#""0g""#, "7", "null", "[0]"] {
            assert!(serde_json::from_str::<HexBytes>(text).is_err(), "{text}");
        }
    }
}
