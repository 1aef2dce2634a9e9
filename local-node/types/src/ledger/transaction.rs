//! A transaction as the ledger carries it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use dusk_core::signatures::bls::BlsVersion;
use dusk_core::transfer::{DecodedTransaction, Transaction, TransactionFormat};
use sha3::{Digest, Sha3_256};

use super::Hash;
use crate::codec::{Decode, DecodeError, Encode, Reader, encode_count};
use crate::rules::Fork;

/// The most bytes of an encoded protocol transaction that the decoder reads: production's bound. A block holds less.
pub const MAX_ENCODED_TRANSACTION_BYTES: usize = 2 * 1024 * 1024;
/// The most blobs of a transaction, a rule of the chain (`Transaction::blob_check` of `dusk-core`). The decoder
/// enforces it, because a decoded blob takes 128 KiB of memory, even where the 33 bytes of its name are all that came.
pub const MAX_BLOBS: usize = 6;
/// The version that the envelope states.
const ENVELOPE_VERSION: u32 = 1;
/// The type that the envelope states.
const ENVELOPE_TYPE: u32 = 1;

impl Fork {
    /// The format in which blocks of this fork carry transactions.
    #[must_use]
    pub const fn ledger_format(self) -> TransactionFormat {
        match self {
            Self::PreFork => TransactionFormat::PreAegis,
            Self::Aegis => TransactionFormat::Aegis,
            Self::Boreas => TransactionFormat::Boreas,
        }
    }

    /// The format to which a node brings a transaction that comes in under this fork.
    #[must_use]
    pub const fn ingress_format(self) -> TransactionFormat {
        match self {
            Self::PreFork | Self::Aegis => TransactionFormat::Aegis,
            Self::Boreas => TransactionFormat::Boreas,
        }
    }

    /// The version of BLS signatures under this fork.
    #[must_use]
    pub const fn bls_version(self) -> BlsVersion {
        match self {
            Self::PreFork => BlsVersion::V1,
            Self::Aegis | Self::Boreas => BlsVersion::V2,
        }
    }
}

/// Finds the transaction, in the usual envelope, that is encoded by exactly these protocol bytes, if it is known.
pub type KnownTransactions<'a> = &'a dyn Fn(&[u8]) -> Option<LedgerTransaction>;

/// A protocol transaction in one of its three formats, within the ledger's envelope.
///
/// The id does not depend on the format, the digest does. Clones share the transaction.
///
/// A transaction with blobs that was read keeps its bytes, its id and its digest until somebody asks for more: decoded,
/// each blob takes 128 KiB, and a block of 100 KB can name 3,000 of them.
#[derive(Clone)]
pub struct LedgerTransaction(Arc<Shared>);

struct Shared {
    version: u32,
    kind: u32,
    format: TransactionFormat,
    /// Empty until it is asked for, where there are `bytes`.
    protocol: OnceLock<Transaction>,
    /// The encoded form of a transaction with blobs.
    bytes: Option<Box<[u8]>>,
    id: OnceLock<Hash>,
    digest: OnceLock<Hash>,
}

impl LedgerTransaction {
    /// Wraps a transaction in the given format.
    #[must_use]
    pub fn new(protocol: Transaction, format: TransactionFormat) -> Self {
        Self::with_envelope(ENVELOPE_VERSION, ENVELOPE_TYPE, protocol, format)
    }

    fn with_envelope(version: u32, kind: u32, protocol: Transaction, format: TransactionFormat) -> Self {
        let (id, digest) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Shared { version, kind, format, protocol: protocol.into(), bytes: None, id, digest }))
    }

    /// As [`with_envelope`](Self::with_envelope), of what has come from outside: blobs do not stay in memory.
    fn of_decoded(version: u32, kind: u32, decoded: DecodedTransaction, bytes: &[u8]) -> Self {
        let whole = Self::with_envelope(version, kind, decoded.transaction, decoded.format);
        if whole.protocol().blob().is_none() {
            return whole;
        }
        let (id, digest) = (whole.id().into(), whole.digest().into());
        let (format, protocol, bytes) = (whole.format(), OnceLock::new(), Some(bytes.into()));
        Self(Arc::new(Shared { version, kind, format, protocol, bytes, id, digest }))
    }

    /// Reads the bytes of a protocol transaction, without the envelope, in whatever format they have.
    ///
    /// # Errors
    /// When they are longer than [`MAX_ENCODED_TRANSACTION_BYTES`], do not decode, or hold more than [`MAX_BLOBS`]
    /// blobs.
    pub fn from_protocol_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_ENCODED_TRANSACTION_BYTES {
            return Err(DecodeError::TooMany {
                what: "transaction bytes",
                found: bytes.len() as u64,
                most: MAX_ENCODED_TRANSACTION_BYTES as u64,
            });
        }
        let decoded = decode_protocol(bytes, 0)?;
        Ok(Self::of_decoded(ENVELOPE_VERSION, ENVELOPE_TYPE, decoded, bytes))
    }

    /// The transaction itself.
    #[must_use]
    pub fn protocol(&self) -> &Transaction {
        self.0.protocol.get_or_init(|| self.read_again())
    }

    fn read_again(&self) -> Transaction {
        let decoded = self.0.bytes.as_deref().map(Transaction::decode_any);
        let Some(Ok(decoded)) = decoded else { unreachable!("these bytes were decoded before") };
        decoded.transaction
    }

    /// Its format.
    #[must_use]
    pub fn format(&self) -> TransactionFormat {
        self.0.format
    }

    /// The same transaction in another format.
    #[must_use]
    pub fn reformatted(&self, format: TransactionFormat) -> Self {
        if self.0.format == format { self.clone() } else { Self::new(self.protocol().clone(), format) }
    }

    /// The bytes of the protocol transaction, without the envelope.
    #[must_use]
    pub fn protocol_bytes(&self) -> Vec<u8> {
        match self.0.protocol.get() {
            Some(protocol) => protocol.encode_for_format(self.0.format),
            // Its blobs do not stay in memory for that.
            None => self.read_again().encode_for_format(self.0.format),
        }
    }

    /// The transaction's id for users and the ledger: its hash, independent of the format.
    #[must_use]
    pub fn id(&self) -> Hash {
        *self.0.id.get_or_init(|| dusk_bytes::Serializable::to_bytes(&self.protocol().hash()))
    }

    /// The SHA3-256 hash of the protocol bytes, without blobs' sidecars. The block's transaction root is made of these.
    #[must_use]
    pub fn digest(&self) -> Hash {
        *self.0.digest.get_or_init(|| {
            let bytes = match self.protocol().blob_to_memo() {
                None => self.protocol_bytes(),
                Some(mut stripped) => {
                    // The sidecars themselves are of no use here.
                    let _ = stripped.strip_blobs();
                    stripped.encode_for_format(self.0.format)
                }
            };
            Sha3_256::digest(bytes).into()
        })
    }
}

/// Reads a protocol transaction whose bytes begin at `at` of the input.
fn decode_protocol(bytes: &[u8], at: usize) -> Result<DecodedTransaction, DecodeError> {
    let decoded = Transaction::decode_any(bytes).map_err(|problem| DecodeError::Transaction { at, problem })?;
    let blobs = decoded.transaction.blob().map_or(0, Vec::len);
    if blobs > MAX_BLOBS {
        let what = "blobs in a transaction";
        return Err(DecodeError::TooMany { what, found: blobs as u64, most: MAX_BLOBS as u64 });
    }
    Ok(decoded)
}

impl PartialEq for LedgerTransaction {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        Arc::ptr_eq(a, b)
            || (a.version, a.kind, a.format) == (b.version, b.kind, b.format)
                && self.protocol_bytes() == other.protocol_bytes()
    }
}

impl Eq for LedgerTransaction {}

impl fmt::Debug for LedgerTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerTransaction({}, {:?})", hex::encode(self.id()), self.0.format)
    }
}

impl Encode for LedgerTransaction {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.0.version.to_le_bytes());
        out.extend(self.0.kind.to_le_bytes());
        let bytes = self.protocol_bytes();
        encode_count(bytes.len(), out);
        out.extend(bytes);
    }
}

impl LedgerTransaction {
    /// Reads a transaction, and says how many blobs it has.
    pub(crate) fn decode_counting(
        reader: &mut Reader<'_>,
        known: KnownTransactions<'_>,
    ) -> Result<(Self, usize), DecodeError> {
        let (version, kind) = (reader.u32()?, reader.u32()?);
        let at = reader.position() + size_of::<u32>();
        let bytes = reader.sized("transaction bytes", MAX_ENCODED_TRANSACTION_BYTES)?;
        if (version, kind) == (ENVELOPE_VERSION, ENVELOPE_TYPE)
            && let Some(transaction) = known(bytes)
        {
            let blobs = transaction.protocol().blob().map_or(0, Vec::len);
            return Ok((transaction, blobs));
        }
        let decoded = decode_protocol(bytes, at)?;
        let blobs = decoded.transaction.blob().map_or(0, Vec::len);
        Ok((Self::of_decoded(version, kind, decoded, bytes), blobs))
    }
}

impl Decode for LedgerTransaction {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode_counting(reader, &|_| None).map(|(transaction, _)| transaction)
    }
}
