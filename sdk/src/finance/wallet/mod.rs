//! The side of holders and auditors of [confidential assets](crate::finance::confidential), outside of the chain.
//!
//! # Model
//!
//! ```text
//!   words ─► Keys ─┐                                   ┌► balance, notes, history
//!   events ────────┴► Wallet: notes, trees, registry ──┼► witnesses: register, transfer, redeem, lock, affirm, vote, …
//!                        │  ▲                          └► roots, to compare with the contract's
//!                   save ▼  │ open
//!                     WalletFile: Argon2id, XChaCha20-Poly1305, replaced whole
//!
//!   the same events ──► Auditor ─► register of holders at any height, movements, supply, seizures
//! ```
//!
//! - **A backup of the words suffices.** A [`Wallet`] with the same [`Words`] that scans all events has the same notes.
//!   It lacks only what it cannot read from the chain: the receivers and memos of past transfers, and adopted notes.
//! - **Events may come in any order and repeatedly.** A [scan](Wallet::scan) is idempotent, so after a crash the wallet
//!   scans the same events once more. The contract numbers notes and nullifiers, so a wallet knows which are
//!   [missing](Wallet::gaps). Changes of the registry have their block and their number among the contract's events in
//!   the block, which `cargo dusk events` prints as `index`.
//! - **Events are checked.** A note counts only if its commitment is the one of the event. A scan refuses an event that
//!   contradicts an earlier one. Compare the [`roots`](Wallet::roots) with those of the contract to find out whether a
//!   node has left out or invented events. If a sender makes a ciphertext unreadable, the auditor tells the receiver
//!   the content, and the receiver [adopts](Wallet::adopt) the note.
//! - **A wallet loses no note that the chain has.** It keeps the contents of adopted notes, and of notes that a
//!   [rewind](Wallet::rewind) or a [new scan](Wallet::forget) removes. A commitment has one content only, so the next
//!   scan finds these notes again, even if their ciphertexts are unreadable.
//! - **Ephemeral keys are never used twice.** Those of an act, from which `rho` follows, are derived from the spend
//!   key, from a random element, and from the nullifiers and outputs of the act. So a wallet restored from an old
//!   backup repeats none, and neither does one on a system with bad randomness, because each note is spent once.
//! - **Small notes do no harm.** If notes must be merged, the wallet [chooses](choose) the largest ones first. It keeps
//!   no notes of value 0.
//! - **`cargo dusk` is the access to the chain.** A [`Chain`] runs it for events, queries, proofs and calls. Events may
//!   also come from a [file](scan_file).
//! - **Secrets are wiped** when they are dropped, and no `Debug` prints them. Witnesses are as secret as the wallet;
//!   move them into the private inputs of a circuit, which wipe themselves.
//! - **Votes and claims take one proof for each note** of the snapshot: [`votes`](Wallet::votes) and
//!   [`claims`](Wallet::claims) make all of them. A [`Teller`] opens the sums.
//!
//! # Costs
//!
//! For each note a scan computes the ordinate of a multiple of a point and two BLAKE3 hashes, on all cores; for a note
//! of the wallet also the point itself. The wallet computes the trees when it needs a root or a path. The template
//! `confidential-token` prints the time with `holder measure`. A wallet stores every commitment and nullifier of the
//! asset, 80 bytes each in the file.
//!
//! # Absent
//!
//! - A server that scans for a holder: the wallet reads every event of the asset itself, so no server learns which
//!   notes are its own.
//! - Wiping of notes that the auditor has read: only its keys and those of holders are wiped.
//!
//! The same wallet serves an asset without a registry: its witnesses then have no entries of the parties, and the
//! registry root 0.

mod acts;
mod auditor;
pub(crate) mod build;
mod chain;
mod codec;
mod events;
mod file;
mod held;
mod history;
mod lines;
mod randomness;
mod register;
mod sealed;
mod select;
mod sequence;
mod teller;
#[cfg(test)]
mod tests;
mod tree;
mod view;
mod votes;
#[allow(clippy::module_inception, reason = "the type gives the module its name")]
mod wallet;
mod words;

pub use acts::{
    ActError, AffirmWitness, HeldWitness, Instruction, LockWitness, MintWitness, RegisterWitness, TransferWitness,
};
pub use auditor::{Audit, Auditor, Known, MAX_FORMER, Movement, SeizeWitness};
pub use chain::{Chain, ChainError, Step, Taken, network_of, scan_file};
pub use events::{Event, Seen};
pub use file::{FileError, WalletFile};
pub use held::Held;
pub use history::{Act, Effect, Entry, Made};
pub use lines::{Events, LineError, MAX_INPUT_BYTES, News};
pub use randomness::{NoRandomness, field as random_field};
pub use register::{Register, Row, Supply};
pub use sealed::{
    FILE_VERSION, MAX_FILE_BYTES, MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, Password, PasswordError, SealError,
};
pub use select::{Choice, ChoiceError, Spendable, choose};
pub use sequence::MAX_ITEMS_AHEAD;
pub use teller::{TallyWitness, Teller, TellerError, TotalWitness};
pub use view::{Gap, Kind, MAX_HOLDER_CHANGES, Place, ScanError};
pub use votes::{ClaimWitness, VoteWitness};
pub use wallet::{AdoptError, Balance, Identity, MAX_MADE, OpenError, RESERVED_BLOCKS, Scanned, Wallet};
pub use words::{Words, WordsError};
