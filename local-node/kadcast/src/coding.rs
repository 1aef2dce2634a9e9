//! Messages as symbols of an erasure code: RaptorQ (RFC 6330), by the crate `raptorq`.
//!
//! That crate trusts its input: parameters that do not fit together, and symbols of another size than they state, make
//! it panic. [`Object::parse`] lets only those parameters through that its own encoder would choose for a length and a
//! symbol size; so there is always exactly one source block. [`Assembly`] gives it symbols of the right size only.

mod assembly;

use blake2::{Blake2s256, Digest};
use raptorq::{EncodingPacket, ObjectTransmissionInformation, PayloadId, SourceBlockDecoder, SourceBlockEncoder};

use crate::wire::{BROADCAST_OVERHEAD_BYTES, Chunk, MAX_SYMBOL_BYTES, OBJECT_BYTES, RayId};

pub use assembly::{ASSEMBLY_OVERHEAD_BYTES, Added, Assembly, MAX_ATTEMPTS, MAX_SENDERS, SYMBOL_OVERHEAD_BYTES};

/// A message has fewer bytes than this, as in production (`max_udp_len`).
pub const MESSAGE_BYTES_LIMIT: usize = 10 * 1024 * 1024;
/// The symbol size of production's default packet size, 1300 − 1300 mod 8.
pub const SYMBOL_BYTES: u16 = 1296;
/// The fewest symbols beyond the message's own, as in production (`min_repair_packets_per_block`).
pub const MIN_REPAIR_SYMBOLS: usize = 5;
/// The share of symbols beyond the message's own, in percent, as in production (`fec_redundancy`).
pub const REPAIR_PERCENT: usize = 15;
/// The number that each symbol size is a multiple of.
const ALIGNMENT: u8 = 8;

/// A chunk that does not belong to a message as peers send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodingError {
    /// A message of this length is not taken.
    #[error("a message of {0} bytes is announced")]
    MessageLength(u64),
    /// The symbol size is not one that production takes.
    #[error("symbols of {0} bytes are announced")]
    SymbolSize(u16),
    /// The encoder would have chosen other parameters.
    #[error("the parameters of the code do not fit together")]
    Parameters,
    /// The message has one source block, and the chunk names another.
    #[error("source block {0} does not exist")]
    Block(u8),
    /// The symbol has another size than is announced.
    #[error("a symbol has {found} bytes instead of {expected}")]
    Symbol {
        /// The announced size.
        expected: u16,
        /// The size of the symbol.
        found: usize,
    },
}

/// Checked parameters of a message's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    length: usize,
    symbol_bytes: u16,
    symbols: usize,
    information: ObjectTransmissionInformation,
}

impl Object {
    /// Checks the parameters of a chunk.
    ///
    /// # Errors
    /// [`CodingError::MessageLength`] if the message is empty or longer than `max_message_bytes`,
    /// [`CodingError::SymbolSize`], [`CodingError::Parameters`].
    pub fn parse(bytes: &[u8; OBJECT_BYTES], max_message_bytes: usize) -> Result<Self, CodingError> {
        let information = ObjectTransmissionInformation::deserialize(bytes);
        let stated = information.transfer_length();
        let size = information.symbol_size();
        if size < SYMBOL_BYTES || usize::from(size) > MAX_SYMBOL_BYTES || !size.is_multiple_of(ALIGNMENT.into()) {
            return Err(CodingError::SymbolSize(size));
        }
        let fits = |length: &usize| *length > 0 && *length <= max_message_bytes && *length < MESSAGE_BYTES_LIMIT;
        let length = usize::try_from(stated).ok().filter(fits).ok_or(CodingError::MessageLength(stated))?;
        let object = Self::new(length, size);
        if object.to_bytes() == *bytes { Ok(object) } else { Err(CodingError::Parameters) }
    }

    /// The parameters of a message's code.
    fn new(length: usize, symbol_bytes: u16) -> Self {
        let information = ObjectTransmissionInformation::with_defaults(length as u64, symbol_bytes);
        Self { length, symbol_bytes, symbols: length.div_ceil(symbol_bytes.into()), information }
    }

    /// The bytes on the wire.
    pub fn to_bytes(&self) -> [u8; OBJECT_BYTES] {
        self.information.serialize()
    }

    /// The bytes of the message.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The symbols of the message itself. At least as many different ones are needed to have it back.
    pub const fn symbols(&self) -> usize {
        self.symbols
    }

    /// Checks that a chunk carries a symbol of this object.
    ///
    /// # Errors
    /// [`CodingError::Block`], [`CodingError::Symbol`].
    pub fn check(&self, chunk: &Chunk<'_>) -> Result<(), CodingError> {
        if chunk.block != 0 {
            return Err(CodingError::Block(chunk.block));
        }
        if chunk.symbol.len() != usize::from(self.symbol_bytes) {
            return Err(CodingError::Symbol { expected: self.symbol_bytes, found: chunk.symbol.len() });
        }
        Ok(())
    }

    /// Solves for the message. The caller has checked the sizes, and gives no number twice.
    fn decode<'a>(&self, symbols: impl Iterator<Item = (u32, &'a [u8])>) -> Option<Vec<u8>> {
        let block_bytes = self.symbols as u64 * u64::from(self.symbol_bytes);
        let mut decoder = SourceBlockDecoder::new(0, &self.information, block_bytes);
        let packets = symbols.map(|(number, symbol)| EncodingPacket::new(PayloadId::new(0, number), symbol.to_vec()));
        let mut message = decoder.decode(packets)?;
        message.truncate(self.length);
        Some(message)
    }
}

/// The id of a message: the hash of its length and its bytes.
pub fn ray_of(message: &[u8]) -> RayId {
    let mut hash = Blake2s256::new();
    hash.update(u32::try_from(message.len()).unwrap_or(u32::MAX).to_le_bytes());
    hash.update(message);
    RayId(hash.finalize().into())
}

/// How many symbols are sent beyond a message's own.
const fn repair_symbols(message_bytes: usize) -> usize {
    let share = message_bytes * REPAIR_PERCENT / 100 / 1300;
    if share > MIN_REPAIR_SYMBOLS { share } else { MIN_REPAIR_SYMBOLS }
}

/// The bytes that a message takes on its way to one receiver.
pub(crate) const fn sent_bytes(message_bytes: usize) -> usize {
    let symbols = message_bytes.div_ceil(SYMBOL_BYTES as usize) + repair_symbols(message_bytes);
    symbols * (BROADCAST_OVERHEAD_BYTES + SYMBOL_BYTES as usize)
}

/// A message as the symbols that are sent to each receiver.
#[derive(Debug, Clone)]
pub struct Encoded {
    ray: RayId,
    object: [u8; OBJECT_BYTES],
    symbols: Vec<EncodingPacket>,
}

impl Encoded {
    /// Encodes a message: its own symbols, then [`REPAIR_PERCENT`] more, at least [`MIN_REPAIR_SYMBOLS`].
    ///
    /// # Panics
    /// If the message is empty or has [`MESSAGE_BYTES_LIMIT`] bytes or more.
    pub fn new(message: &[u8]) -> Self {
        assert!(!message.is_empty() && message.len() < MESSAGE_BYTES_LIMIT, "a message has 1 byte to 10 MiB");
        let object = Object::new(message.len(), SYMBOL_BYTES);
        let mut padded = message.to_vec();
        padded.resize(object.symbols * usize::from(SYMBOL_BYTES), 0);
        let encoder = SourceBlockEncoder::new(0, &object.information, &padded);
        let repair = u32::try_from(repair_symbols(message.len())).unwrap_or(u32::MAX);
        let mut symbols = encoder.source_packets();
        symbols.extend(encoder.repair_packets(0, repair));
        Self { ray: ray_of(message), object: object.to_bytes(), symbols }
    }

    /// The id of the message.
    pub const fn ray(&self) -> RayId {
        self.ray
    }

    /// The number of chunks.
    #[expect(clippy::len_without_is_empty, reason = "a message always has chunks")]
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// A chunk, by its place.
    pub fn chunk(&self, place: usize) -> Option<Chunk<'_>> {
        let packet = self.symbols.get(place)?;
        let id = packet.payload_id();
        Some(Chunk {
            ray: self.ray,
            object: self.object,
            block: id.source_block_number(),
            number: id.encoding_symbol_id(),
            symbol: packet.data(),
        })
    }

    /// The memory of the symbols.
    pub fn bytes(&self) -> usize {
        self.symbols.iter().map(|packet| packet.data().len() + SYMBOL_OVERHEAD_BYTES).sum()
    }
}
