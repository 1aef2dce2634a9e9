//! The encryption of a wallet's content under a password.
//!
//! ```text
//! magic 8 │ version 1 │ length of all 8 │ memory KiB 4 │ passes 4 │ lanes 4 │ salt 32 │ nonce 24 │ check 32 │
//! ciphertext and its tag │ SHA-256 of all before 32
//! ```
//!
//! Numbers are lengths in bytes. Argon2id derives 64 bytes from password and salt: the key of XChaCha20-Poly1305, and
//! `check`, which detects a wrong password. Salt and nonce are drawn anew each time the file is written, so no key is
//! used twice. Everything before the ciphertext is authenticated with it. The hash at the end does not protect the
//! file: it distinguishes damage from a wrong password.

use alloc::vec::Vec;
use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::codec::{Reader, Strange, Writer};
use super::randomness::{NoRandomness, fill};

/// The version of the format that this program writes and reads.
pub const FILE_VERSION: u8 = 1;
/// The maximum length of a wallet file, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// The minimum length of a new password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// The maximum length of a password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

const MAGIC: &[u8; 8] = b"duskwall";
const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const CHECK_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const SUM_BYTES: usize = 32;
/// Bytes before the ciphertext.
const HEADER_BYTES: usize = 8 + 1 + 8 + 3 * 4 + SALT_BYTES + NONCE_BYTES + CHECK_BYTES;
/// Bytes of the shortest file: a ciphertext of nothing.
const LEAST_BYTES: usize = HEADER_BYTES + TAG_BYTES + SUM_BYTES;

/// A password, wiped from memory when dropped, and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(Vec<u8>);

/// The reason why a text is not a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordError {
    /// It has fewer than [`MIN_PASSWORD_CHARS`] characters.
    TooShort,
    /// It has more than [`MAX_PASSWORD_BYTES`] bytes.
    TooLong,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "the password has fewer than {MIN_PASSWORD_CHARS} characters"),
            Self::TooLong => write!(f, "the password has more than {MAX_PASSWORD_BYTES} bytes"),
        }
    }
}

impl core::error::Error for PasswordError {}

impl Password {
    /// A password of this text, byte for byte. The caller wipes the text.
    ///
    /// # Errors
    /// [`PasswordError`] if it is too short or too long.
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        if text.chars().count() < MIN_PASSWORD_CHARS {
            return Err(PasswordError::TooShort);
        }
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        Ok(Self(text.as_bytes().to_vec()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// How hard the password is to guess. The values are in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hardness {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Hardness {
    /// The second choice of RFC 9106, section 4, in one lane: 64 MiB, three passes.
    pub(super) const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// The least that is accepted, and what tests take.
    pub(super) const LEAST: Self = Self { memory_kib: 64, passes: 1, lanes: 1 };
    /// The most that is accepted: a file cannot make a program use all memory.
    const MOST: Self = Self { memory_kib: 1024 * 1024, passes: 16, lanes: 8 };

    fn is_in_bounds(self) -> bool {
        let within = |least: u32, given: u32, most: u32| (least..=most).contains(&given);
        within(Self::LEAST.memory_kib, self.memory_kib, Self::MOST.memory_kib)
            && within(Self::LEAST.passes, self.passes, Self::MOST.passes)
            && within(Self::LEAST.lanes, self.lanes, Self::MOST.lanes)
    }
}

/// The reason why bytes cannot be opened as a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The bytes do not begin as a wallet file does.
    NotAWallet,
    /// The file has another version.
    Version(u8),
    /// The file ends before its stated length.
    Truncated,
    /// More bytes follow than the file's stated length.
    Trailing,
    /// Bytes of the file have changed since it was written.
    Damaged,
    /// The file asks for more memory or time than is allowed, or for less than is safe.
    Hardness,
    /// The password is wrong.
    WrongPassword,
    /// The password and the hash are right, but the content was not encrypted under this password.
    Forged,
    /// The content is not that of a wallet of this version.
    Content,
    /// The file is an auditor's where a holder's is expected, or the other way round.
    OtherKind,
    /// The content is larger than [`MAX_FILE_BYTES`].
    TooLarge,
    /// The system gives no random bytes.
    NoRandomness,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAWallet => f.write_str("the file is not a wallet"),
            Self::Version(version) => {
                write!(f, "the wallet file has version {version}; this program reads version {FILE_VERSION}")
            }
            Self::Truncated => f.write_str("the wallet file is truncated"),
            Self::Trailing => f.write_str("bytes follow after the end of the wallet file"),
            Self::Damaged => f.write_str("the wallet file is damaged: its checksum is wrong"),
            Self::Hardness => f.write_str("the wallet file asks for an unsafe amount of memory or time"),
            Self::WrongPassword => f.write_str("the password is wrong"),
            Self::Forged => f.write_str("the wallet file was changed by somebody without the password"),
            Self::Content => f.write_str("the content of the wallet file is not that of a wallet"),
            Self::OtherKind => {
                f.write_str("the file belongs to a holder where an auditor's is expected, or vice versa")
            }
            Self::TooLarge => write!(f, "a wallet file has at most {MAX_FILE_BYTES} bytes"),
            Self::NoRandomness => NoRandomness.fmt(f),
        }
    }
}

impl core::error::Error for SealError {}

impl From<NoRandomness> for SealError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

/// Encrypts a content under a password.
pub(super) fn seal(content: &[u8], password: &Password, hardness: Hardness) -> Result<Vec<u8>, SealError> {
    let length = LEAST_BYTES + content.len();
    if length as u64 > MAX_FILE_BYTES {
        return Err(SealError::TooLarge);
    }
    let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
    fill(&mut salt)?;
    fill(&mut nonce)?;
    let keys = Keys::derive(password, &salt, hardness)?;
    let mut header = Writer::default();
    header.bytes(MAGIC);
    header.u8(FILE_VERSION);
    header.u64(length as u64);
    for number in [hardness.memory_kib, hardness.passes, hardness.lanes] {
        header.u32(number);
    }
    header.bytes(&salt);
    header.bytes(&nonce);
    header.bytes(keys.check());
    let header = header.finish();
    let mut file = Vec::with_capacity(length);
    file.extend_from_slice(&header);
    // The content is encrypted in its place: no copy of it stays.
    file.extend_from_slice(content);
    let (_, body) = file.split_at_mut(HEADER_BYTES);
    let sealed = keys.cipher().encrypt_in_place_detached(&XNonce::from(nonce), &header, body);
    let Ok(tag) = sealed else {
        file.zeroize();
        return Err(SealError::TooLarge);
    };
    file.extend_from_slice(&tag);
    let sum = Sha256::digest(&file);
    file.extend_from_slice(&sum);
    Ok(file)
}

/// Decrypts what [`seal`] has made.
pub(super) fn open(file: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let header = Header::read(file)?;
    let (body, sum) = file.split_at_checked(file.len() - SUM_BYTES).ok_or(SealError::Truncated)?;
    if *Sha256::digest(body) != *sum {
        return Err(SealError::Damaged);
    }
    if !header.hardness.is_in_bounds() {
        return Err(SealError::Hardness);
    }
    let keys = Keys::derive(password, &header.salt, header.hardness)?;
    if !same(keys.check(), &header.check) {
        return Err(SealError::WrongPassword);
    }
    let (associated, sealed) = body.split_at(HEADER_BYTES);
    let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
    let mut content = Zeroizing::new(ciphertext.to_vec());
    let (nonce, tag) = (XNonce::from(header.nonce), Tag::clone_from_slice(tag));
    let opened = keys.cipher().decrypt_in_place_detached(&nonce, associated, &mut content, &tag);
    opened.map_err(|_| SealError::Forged)?;
    Ok(content)
}

/// The header before the ciphertext.
struct Header {
    hardness: Hardness,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    check: [u8; CHECK_BYTES],
}

impl Header {
    fn read(file: &[u8]) -> Result<Self, SealError> {
        let begins = |bytes: &[u8]| file.len() >= bytes.len() && file.starts_with(bytes);
        if !begins(MAGIC) {
            let cut = !file.is_empty() && MAGIC.starts_with(file);
            return Err(if cut { SealError::Truncated } else { SealError::NotAWallet });
        }
        let short = |_: Strange| SealError::Truncated;
        let mut reader = Reader::new(&file[MAGIC.len()..]);
        let version = reader.u8().map_err(short)?;
        if version != FILE_VERSION {
            return Err(SealError::Version(version));
        }
        let length = reader.u64().map_err(short)?;
        if length > MAX_FILE_BYTES || length < LEAST_BYTES as u64 {
            return Err(SealError::Damaged);
        }
        match (file.len() as u64).cmp(&length) {
            core::cmp::Ordering::Less => return Err(SealError::Truncated),
            core::cmp::Ordering::Equal => {}
            core::cmp::Ordering::Greater => return Err(SealError::Trailing),
        }
        let hardness = Hardness {
            memory_kib: reader.u32().map_err(short)?,
            passes: reader.u32().map_err(short)?,
            lanes: reader.u32().map_err(short)?,
        };
        let salt = reader.array().map_err(short)?;
        let nonce = reader.array().map_err(short)?;
        let check = reader.array().map_err(short)?;
        Ok(Self { hardness, salt, nonce, check })
    }
}

/// The values that the password gives: a key, and a check.
struct Keys(Zeroizing<[u8; 64]>);

impl Keys {
    fn derive(password: &Password, salt: &[u8; SALT_BYTES], hardness: Hardness) -> Result<Self, SealError> {
        let Hardness { memory_kib, passes, lanes } = hardness;
        let params = Params::new(memory_kib, passes, lanes, Some(64)).map_err(|_| SealError::Hardness)?;
        let mut keys = Zeroizing::new([0; 64]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hashed = argon.hash_password_into(&password.0, salt, keys.as_mut_slice());
        hashed.map_err(|_| SealError::Hardness)?;
        Ok(Self(keys))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&self.0[..32]);
        XChaCha20Poly1305::new((&*key).into())
    }

    fn check(&self) -> &[u8] {
        &self.0[32..]
    }
}

/// Compares in a time that does not depend on the bytes.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |different, (l, r)| different | (l ^ r)) == 0
}

#[cfg(test)]
mod tests {
    use std::format;

    use proptest::prelude::*;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    fn sealed(content: &[u8]) -> Vec<u8> {
        seal(content, &password("long enough"), Hardness::LEAST).unwrap()
    }

    fn opened(file: &[u8]) -> Result<Vec<u8>, SealError> {
        open(file, &password("long enough")).map(|content| content.to_vec())
    }

    /// Writes the sum again, as somebody would who knows the form but not the password.
    fn with_sum(mut file: Vec<u8>) -> Vec<u8> {
        let end = file.len() - SUM_BYTES;
        let sum = Sha256::digest(&file[..end]);
        file[end..].copy_from_slice(&sum);
        file
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let file = sealed(b"content");
        assert_eq!(opened(&file).as_deref(), Ok(&b"content"[..]));
        assert_eq!(open(&file, &password("another one")).err(), Some(SealError::WrongPassword));
        assert_eq!(opened(b""), Err(SealError::NotAWallet));
        assert_eq!(opened(b"something else"), Err(SealError::NotAWallet));
        for length in 1..file.len() {
            assert_eq!(opened(&file[..length]), Err(SealError::Truncated), "{length}");
        }
        assert_eq!(opened(&[&file[..], &[0]].concat()), Err(SealError::Trailing));
        let mut other = file.clone();
        other[8] = 2;
        assert_eq!(opened(&other), Err(SealError::Version(2)));
        let changed = |place: usize| {
            let mut file = file.clone();
            file[place] ^= 1;
            with_sum(file)
        };
        assert_eq!(opened(&changed(HEADER_BYTES)), Err(SealError::Forged));
        // The nonce, which comes before the check.
        assert_eq!(opened(&changed(HEADER_BYTES - CHECK_BYTES - 1)), Err(SealError::Forged));
        assert_eq!(opened(&changed(HEADER_BYTES - 1)), Err(SealError::WrongPassword));
        let greedy = |place: usize| {
            let mut file = file.clone();
            file[place..place + 4].fill(0xff);
            opened(&with_sum(file))
        };
        for place in [17, 21, 25] {
            assert_eq!(greedy(place), Err(SealError::Hardness));
        }
        assert!(matches!(
            seal(&[], &password("long enough"), Hardness { lanes: 0, ..Hardness::LEAST }),
            Err(SealError::Hardness)
        ));
    }

    #[test]
    fn the_same_content_is_never_the_same_file() {
        let (one, other) = (sealed(b"content"), sealed(b"content"));
        assert_ne!(one[29..], other[29..]);
        assert!(!one.windows(7).any(|window| window == b"content"));
    }

    #[test]
    fn passwords_have_bounds_and_are_not_shown() {
        assert_eq!(Password::new("1234567").err(), Some(PasswordError::TooShort));
        assert_eq!(Password::new(&"x".repeat(MAX_PASSWORD_BYTES + 1)).err(), Some(PasswordError::TooLong));
        assert_eq!(format!("{:?}", password("long enough")), "Password(..)");
    }

    #[test]
    fn the_default_is_within_bounds() {
        assert!(Hardness::DEFAULT.is_in_bounds() && Hardness::LEAST.is_in_bounds() && Hardness::MOST.is_in_bounds());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_flipped_bit_is_noticed(place in 0usize..200, bit in 0u8..8) {
            let mut file = sealed(&[7; 64]);
            let place = place % file.len();
            file[place] ^= 1 << bit;
            prop_assert!(opened(&file).is_err());
            // Where the sum covers the place and the beginning is in order, it says so.
            if place >= 17 {
                prop_assert_eq!(opened(&file), Err(SealError::Damaged));
            }
        }

        #[test]
        fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), begun in any::<bool>()) {
            let start: &[u8] = if begun { b"duskwall\x01" } else { b"" };
            prop_assert!(opened(&[start, &bytes].concat()).is_err());
        }

        #[test]
        fn any_content_comes_back(content in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(opened(&sealed(&content)), Ok(content));
        }
    }
}
