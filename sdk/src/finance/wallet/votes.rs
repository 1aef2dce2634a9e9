//! The witnesses of votes and claims: one for each note of the holder at a snapshot.

use alloc::vec::Vec;

use super::acts::{ActError, HeldWitness};
use super::build::{point, sealed};
use super::wallet::Wallet;
use crate::Field;
use crate::finance::confidential::dividends::{self, Claiming, Dividend};
use crate::finance::confidential::polls::{self, Poll, Voting};
use crate::finance::confidential::snapshots::Pinned as Snapshot;
use crate::finance::confidential::statements::{ClaimNative, ClaimSecretNative, VoteNative, VoteSecretNative};
use crate::finance::confidential::{Address, AuditCipher, AuditorKey, Ballot, Coordinates, Counted, Note};
use crate::zk::native::{Array, Point};

/// Numbers that make the ephemeral keys within an act differ.
mod purpose {
    pub(super) const AUDITOR: u64 = 0;
    pub(super) const FIRST: u64 = 1;
    pub(super) const COUNTED: u64 = 5;
}

/// The witness of a vote with one note.
#[derive(Debug, Clone)]
pub struct VoteWitness {
    /// The arguments of the call.
    pub vote: Voting,
    /// The weight: the value of the note.
    pub weight: u64,
    /// The statement.
    pub act: VoteNative,
    /// The private inputs of the proof.
    pub secret: VoteSecretNative,
}

/// The witness of a claim for one note.
#[derive(Debug, Clone)]
pub struct ClaimWitness {
    /// The arguments of the call.
    pub claim: Claiming,
    /// The value of the new note.
    pub part: u64,
    /// The statement.
    pub act: ClaimNative,
    /// The private inputs of the proof.
    pub secret: ClaimSecretNative,
}

impl Wallet {
    /// Makes the witnesses of votes in a poll: one for each note of this holder at its snapshot.
    ///
    /// # Errors
    /// [`ActError::Snapshot`], [`ActError::UnknownChoice`], [`ActError::TellerKey`],
    /// [`ActError::NoRandomness`].
    pub fn votes(
        &self,
        snapshot: &Snapshot,
        number: u32,
        poll: &Poll,
        choice: u8,
    ) -> Result<Vec<VoteWitness>, ActError> {
        if choice >= poll.choices {
            return Err(ActError::UnknownChoice(choice));
        }
        let mut keys = [Point::IDENTITY; 8];
        for (key, stated) in keys.iter_mut().zip(&poll.keys) {
            *key = teller(stated)?;
        }
        let held = self.show_all(snapshot, polls::act(self.asset, number))?;
        let votes = held.into_iter().map(|HeldWitness { act, value, secret }| {
            let context = self.context(&[act.act_nullifier, u64::from(choice).into(), poll.keys[0].u])?;
            let ephemeral = self.ephemeral(&context, purpose::COUNTED);
            let ballot = Ballot::seal(&keys, &ephemeral, choice, value);
            let vote = Voting { poll: number, act_nullifier: act.act_nullifier, ballot };
            let marks = Array(core::array::from_fn(|at| at == usize::from(choice)));
            let secret = VoteSecretNative { holding: secret, marks, ephemeral };
            Ok(VoteWitness { act: poll.statement(self.asset, snapshot, &vote), vote, weight: value, secret })
        });
        votes.collect()
    }

    /// Makes the witnesses of claims of a dividend for a receiver: one for each note of this holder at its snapshot
    /// that has a part.
    ///
    /// # Errors
    /// [`ActError::Snapshot`], [`ActError::AuditorKey`], [`ActError::TellerKey`], [`ActError::Receiver`],
    /// [`ActError::TooMuch`] if a part has more than 64 bits, [`ActError::NoRandomness`].
    pub fn claims(
        &self,
        auditor: &AuditorKey,
        snapshot: &Snapshot,
        number: u32,
        dividend: &Dividend,
        to: &Address,
    ) -> Result<Vec<ClaimWitness>, ActError> {
        let (auditor_key, key) = (point(auditor)?, teller(&dividend.key)?);
        let mut claims = Vec::new();
        for HeldWitness { act, value, secret } in self.show_all(snapshot, dividends::act(self.asset, number))? {
            let part = dividend.part(value).ok_or(ActError::TooMuch)?;
            if part == 0 {
                continue;
            }
            let context = self.context(&[act.act_nullifier, part.into(), to.owner, auditor.u, dividend.key.u])?;
            let [ephemeral, first, counted] =
                [purpose::AUDITOR, purpose::FIRST, purpose::COUNTED].map(|number| self.ephemeral(&context, number));
            let (cipher, [rho, _]) = AuditCipher::seal(&auditor_key, &ephemeral, [part, 0], to.owner);
            let note = Note { value: part, owner: to.owner, rho };
            let claim = Claiming {
                dividend: number,
                act_nullifier: act.act_nullifier,
                commitment: note.commitment(self.asset),
                cipher,
                note: sealed(to, &first, &note, Field::default())?,
                part: Counted::seal(&key, &counted, part),
            };
            let secret = ClaimSecretNative { holding: secret, receiver: to.owner, ephemeral, counted };
            let act = dividend.statement(self.asset, *auditor, snapshot, &claim);
            claims.push(ClaimWitness { claim, part, act, secret });
        }
        Ok(claims)
    }
}

fn teller(key: &Coordinates) -> Result<Point, ActError> {
    key.point().map_err(ActError::TellerKey)
}
