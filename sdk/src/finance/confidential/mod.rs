//! Confidential assets: notes in place of balances.
//!
//! A contract stores commitments to notes and the nullifiers of spent notes. The chain does not show balances, amounts,
//! senders and receivers; the auditor can read them. A holder can prove facts about its notes to anybody.
//!
//! # Model
//!
//! ```text
//!   seed ─► SpendKey ─► (ak, nk) ─► owner ─┐           note = (value, owner, rho)
//!        └► ReadingKey ─► point ───────────┴► Address   commitment = H(value, asset, owner, rho): a leaf
//!                                                       nullifier  = H(position, nk, commitment): once it is spent
//! ```
//!
//! - **A holder spends** with its spend secret. With `ak` and `nk` the auditor sees when notes are spent, and an
//!   officer can [seize](statements::Seize) them, but neither can spend as the holder.
//! - **A nullifier is unique**, because the position of the note is a part of it: nobody can make two notes with one
//!   nullifier.
//! - **The auditor can read** every transfer: the circuit encrypts to its key. `rho` is derived from the same shared
//!   secret, so the auditor knows whole notes.
//! - **A receiver finds a note** by a second ciphertext, for its reading key. The proof is bound to this ciphertext,
//!   but does not show that it is right. If a sender makes it unreadable, the payment is still valid, and the auditor
//!   can tell the receiver the content.
//!
//! # Parts
//!
//! | module | contents | first error code |
//! |---|---|---|
//! | [`statements`] | the statements of holders, issuer and auditor, as gadgets for circuits | |
//! | [`notes`] | the tree of notes, of which the contract keeps the last nodes and roots | 9300 |
//! | [`nullifiers`] | the nullifiers of spent notes, each once | 9310 |
//! | [`registry`] | the admitted holders, and the policy for proofs | 9320 |
//! | [`countries`] | the countries whose holders neither send nor receive | 9390 |
//! | [`auditor`] | the key to which every act is encrypted, and its hand-over | 9330 |
//! | [`snapshots`] | roots pinned at a height; acts that count once for each note | 9340 |
//! | [`locks`] | amounts that wait for a settlement | 9350 |
//! | [`pool`] | transfer, mint, seizure, lock, release: the parts composed, with the public supply | 9360 |
//! | [`polls`] | votes by snapshot, of which only the tally is public | 9370 |
//! | [`dividends`] | parts by snapshot, of which only the sum is public | 9380 |
//! | [`tallies`] | ciphertexts that can be added, and their reader, the teller | |
//!
//! A contract holds a [`Pool`], and also a [`Registry`] unless anybody may hold the asset. With [`Snapshots`] and
//! [`Acts`] it can hold [`Polls`] and [`Dividends`]. Names follow ERC-7984 if it has one for the purpose:
//! [`total_supply`](Pool::total_supply) (public here), [`ConfidentialTransfer`](pool::ConfidentialTransfer).
//!
//! # Sizes
//!
//! [`NOTE_LEVELS`], [`NULLIFIER_LEVELS`] and [`HOLDER_LEVELS`] (13, 13 and 8) are the heights of the trees. Each node
//! has four children. A transfer verifies a proof (10,000,000 gas) and computes up to 82 hashes of up to four elements
//! (70,000 each); in a young tree about 35.
//!
//! # Threats
//!
//! | threat | defence |
//! |---|---|
//! | double spend | [`Nullifiers`] keep every nullifier; it follows from the note, its position and `nk` |
//! | the same nullifier twice in one call | [`nullifiers::Refused::SpentTwice`], before the proof is verified |
//! | two notes with one nullifier | the position is a part of it, and no two notes have one position |
//! | values that wrap around | every value has 64 bits in the circuit; sums stay far below the order of the field |
//! | an absent input that creates value | only the second input may be absent from the tree, and only with value 0 |
//! | a note of another asset, contract or chain | the asset is a part of the commitment, and a public input |
//! | a stale root, a root of another tree | a root has to be one of the last ones of this tree; domains differ |
//! | a flood of acts or holders makes the root of a waiting proof stale | a block takes the place of one root |
//! | a proof that is copied or sent again | its nullifiers are spent; an owner registers once |
//! | a proof with another memo, fee, receiver, entry or deadline | `bound` of the order is a public input |
//! | a ciphertext that the auditor cannot read | the circuit proves it, with a key whose subgroup it checks |
//! | a key of small order, or the neutral point | [`Auditor`] refuses it, and so does the text of an [`Address`] |
//! | officers replace the auditor behind its back | its key [signs](auditor::KeyProof) the hand-over |
//! | an auditor that is gone blocks the hand-over | the issuer declares its key lost, with an event a week before |
//! | acts encrypted to a key that nobody has | the new key signs the hand-over before any act is encrypted to it |
//! | signatures of a hand-over used again, or elsewhere | they are for a key, its number, an asset and a chain |
//! | an ephemeral point of small order | the auditor's is a multiple of the generator; receivers multiply by eight |
//! | aliases of a scalar | scalars are below the order of the subgroup, as [`Scalar`](crate::zk::Scalar) says |
//! | registering under another's `nk`, or twice | `owner` is a hash of both keys; the registry takes an owner once |
//! | a holder is frozen between proof and execution | a change that takes a right away ends all older registry roots |
//! | the holders of a country must stop at once | the blocked countries are a public input; older proofs are void |
//! | a note that was spent is seized | the same nullifier, so [`nullifiers::Refused::AlreadySpent`] |
//! | the auditor spends as a holder | a transfer needs the spend secret, of which `ak` and `nk` are one-way images |
//! | a lock released and cancelled, or twice | the first of them removes the entry; the deadline separates the two |
//! | an attacker takes the place of an entry | its name contains the leg, and a proof shows the content of the leg |
//! | a full tree keeps locked amounts out | the tree reserves a place for every pending entry |
//! | a vote twice with one note, or with its parts | the act's nullifier; the parts are not under the snapshot's root |
//! | more weight, two choices, a ballot that is copied or changed | the circuit proves it, with everything public |
//! | a false tally, or a false sum of a dividend | the teller proves that it has opened the sums |
//! | a vote or a claim in the block of the tally | votes and claims end at the last height, and tallies begin later |
//! | rounding that mints | each part is rounded down, and the pot is the part of the whole supply |
//! | two notes with one `rho`, to take a vote from the receiver | the act's nullifier has the position |
//! | a wallet that uses an ephemeral scalar twice | [`SpendKey::ephemeral`] derives it from everything in the act |
//!
//! # Absent
//!
//! - A proof that the receiver's ciphertext is right: a sender can withhold it, but not take the amount back. The
//!   auditor reads every note, and can tell the receiver. Memos are for the receiver only.
//! - The owner of change in the auditor's ciphertext: the auditor knows it by the first nullifier, with the view keys.
//!   In an asset without a registry it reads amounts and receivers of all acts, and senders only if they have told it
//!   their view keys.
//! - Votes for amounts that are locked at a snapshot.
//! - A shared key of several tellers: one teller is able to decrypt every ballot. A voter can prove its vote.
//! - A way to continue when the tree of notes is full: then transfers fail, and the issuer needs a new contract.
//! - Operators of ERC-7984 (`set_operator`): only the owner of the spend secret can spend. Anybody may submit a
//!   holder's proof, so no operator is needed to pay gas.

mod address;
pub mod auditor;
mod cipher;
pub mod countries;
pub mod dividends;
mod domain;
mod holder;
mod keys;
pub mod locks;
mod note;
pub mod notes;
pub mod nullifiers;
pub mod polls;
pub mod pool;
pub mod registry;
pub mod snapshots;
pub mod statements;
pub mod tallies;
mod trees;

pub use address::{Address, NotAnAddress};
pub use auditor::Auditor;
pub use cipher::{AuditCipher, Audited, AuditorKey, NoteCipher, Opened, Unreadable, ViewCipher};
pub use countries::BlockedCountries;
pub use dividends::Dividends;
pub use holder::Holder;
pub use keys::{Keys, ReadingKey, SpendKey, ViewKeys};
pub use locks::Locks;
pub use note::{Note, act_nullifier, asset, leg, nullifier};
pub use notes::Notes;
pub use nullifiers::Nullifiers;
pub use polls::Polls;
pub use pool::Pool;
pub use registry::Registry;
pub use snapshots::{Acts, Snapshots};
pub use tallies::{Ballot, Coordinates, Counted, MAX_CHOICES, TellerKey};
pub use trees::{
    HOLDER_LEVELS, HolderPath, HolderTree, Host, MAX_NOTES, NOTE_LEVELS, NULLIFIER_LEVELS, NotePath, NoteTree,
    NullifierTree, REVOKED_LEVELS, Unspent, hash,
};
