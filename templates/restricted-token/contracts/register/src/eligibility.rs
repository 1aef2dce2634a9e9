//! Accounts that are not on the allow-list: what they have to prove.

use circuits::{Eligible, EligiblePublic, occasion, scope};
use dusk_sdk::finance::admission::Admission;
use dusk_sdk::finance::attesters::Attester;
use dusk_sdk::finance::{Admissions, Ledger, Officer, admission, freezes, ledger};
use dusk_sdk::prelude::*;
use dusk_sdk::zk::Proof;

use crate::rules::{Refused, Rules};

/// How many blocks an epoch has: an hour, where a block takes ten seconds. A proof is to be sent in the epoch that it
/// is made for.
pub const EPOCH_BLOCKS: u64 = 360;

/// What is to be proved for an account that is not on the allow-list. Days are counted from 1 January of the year 1,
/// which is day 1.
#[contract_type]
#[derive(Eq)]
pub struct Policy {
    /// Who signs credentials.
    pub attesters: Vec<Attester>,
    /// What an attester must be trusted for.
    pub topics: Vec<u32>,
    /// The root of the list of countries where no holder may live.
    pub blocked: Field,
    /// The day on which credentials must not have expired: today. It moves on by itself.
    pub today: u32,
    /// How long a block takes.
    pub block_seconds: u32,
    /// The last day on which a holder may be born. It moves on as `today` does.
    pub born_until: u32,
    /// The least level of accreditation.
    pub level: u8,
    /// The accounts of one holder may receive shares up to this number together.
    pub limit: u64,
}

/// What a proof for an account states now: the public inputs of the circuit `eligible`, without the tag, which the
/// holder adds.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Terms {
    /// The key of the attester.
    pub attester: Field,
    /// The root of its revocation list.
    pub revoked: Field,
    /// As the policy has it.
    pub blocked: Field,
    /// Today.
    pub today: u32,
    /// As the policy has it today.
    pub born_until: u32,
    /// As the policy has it.
    pub level: u8,
    /// This contract and chain.
    pub scope: Field,
    /// This contract, chain and epoch, and the account.
    pub occasion: Field,
}

/// An officer changed what is to be proved: the policy, an attester, the blocked countries, the day. Admissions that
/// rest on what has changed have ended.
#[event]
pub struct PolicyChanged {
    /// How many policies there have been.
    pub number: u64,
    /// What is to be proved. `None`: no proofs are accepted.
    pub policy: Option<Policy>,
    /// Which officer.
    pub by: Principal,
}

/// What is asked besides the word of an attester.
#[derive(Default)]
pub(crate) struct Eligibility {
    pub(crate) blocked: Field,
    /// The least age, in days.
    age: u32,
    level: u8,
}

impl Eligibility {
    /// Begins a policy, or ends it. Proofs under the earlier one are void.
    pub(crate) fn begin(&mut self, policy: Option<Policy>, rules: &mut Rules) -> Result<(), Refused> {
        let Some(policy) = policy else {
            rules.admissions.close();
            return Ok(());
        };
        let Policy { attesters, topics, blocked, today, block_seconds, born_until, level, limit } = policy;
        let age = today.checked_sub(born_until).ok_or(Refused::BornAfterToday)?;
        rules.admissions.calendar.correct(today, block_seconds, block_height())?;
        rules.admissions.open(topics, attesters, block_height())?;
        rules.limits.person = limit;
        *self = Self { blocked, age, level };
        Ok(())
    }

    /// The policy as it is today.
    pub(crate) fn policy(&self, rules: &Rules) -> Option<Policy> {
        let admissions = &rules.admissions;
        let today = admissions.calendar.today(block_height());
        admissions.is_open().then(|| Policy {
            attesters: admissions.attesters.list().cloned().collect(),
            topics: admissions.attesters.topics().to_vec(),
            blocked: self.blocked,
            today,
            block_seconds: admissions.calendar.block_seconds(),
            born_until: today - self.age,
            level: self.level,
            limit: rules.limits.person,
        })
    }

    /// Tells observers what is to be proved from now on.
    pub(crate) fn announce(&self, rules: &Rules, by: Officer) -> Result<(), Refused> {
        emit(PolicyChanged { number: rules.admissions.number(), policy: self.policy(rules), by: by.who() });
        Ok(())
    }

    /// Admits the sender by a proof, which ties it to the holder with this tag. An account sends its proof itself:
    /// nobody can tie it to another holder, or use its proof up.
    pub(crate) fn admit(
        &self,
        ledger: &mut Ledger<Rules>,
        attester: Option<Field>,
        tag: Field,
        proof: &Proof<Eligible>,
    ) -> Result<u32, Refused> {
        let (terms, admission) = self.terms(&ledger.rules.admissions, sender(), attester)?;
        let account = Principal::from(sender());
        let own = ledger.edit(account)?;
        ensure!(!own.account.admissions.is_listed(), admission::Refused::AlreadyListed.into());
        ensure!(own.person.is_none_or(|tied| tied == tag), ledger::Refused::OtherPerson.into());
        let (frozen, barred) = (own.holder.freezes.is_frozen(), own.holder.admissions.is_barred());
        let person = ledger.person_mut(tag);
        ensure!(!frozen && !person.freezes.is_frozen(), freezes::Refused::SenderFrozen.into());
        ensure!(!barred && !person.admissions.is_barred(), admission::Refused::Barred.into());
        ensure!(Eligible::verify(proof, &terms.with(tag)), Refused::NotEligible);
        ledger.tie(account, tag, account)?;
        ledger.edit(account)?.account.admissions.admit(account, tag, admission);
        Ok(admission.until)
    }

    /// What an account has to prove now for an attester, or for the first one, and what that is worth.
    pub(crate) fn terms(
        &self,
        admissions: &Admissions,
        account: Account,
        attester: Option<Field>,
    ) -> Result<(Terms, Admission), Refused> {
        let (admission, attester) = admissions.admission::<Refused>(attester, block_height())?;
        let (contract, chain, today) = (self_id(), chain_id(), admission.until);
        let terms = Terms {
            attester: attester.key,
            revoked: attester.revoked,
            blocked: self.blocked,
            today,
            born_until: today - self.age,
            level: self.level,
            scope: scope(contract, chain),
            occasion: occasion(contract, chain, epoch(), account),
        };
        Ok((terms, admission))
    }
}

impl Terms {
    /// The public inputs of the circuit, for one holder.
    #[must_use]
    pub fn with(self, tag: Field) -> EligiblePublic {
        EligiblePublic {
            attester: self.attester,
            revoked: self.revoked,
            blocked: self.blocked,
            today: self.today,
            born_until: self.born_until,
            level: self.level,
            scope: self.scope,
            tag,
            occasion: self.occasion,
        }
    }
}

/// The epoch now: blocks since genesis, divided by the blocks of an epoch.
pub(crate) fn epoch() -> u64 {
    block_height() / EPOCH_BLOCKS
}
