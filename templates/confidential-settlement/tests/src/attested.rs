//! Tests of registrations by a credential of an attester. The attesters are those of the public half of
//! `dusk_sdk::finance`, the registry is that of the confidential half.

use ::asset::{Eligibility, EligibilityChanged, FIRST_REGISTRATIONS, HolderAttested, MAX_COUNTRIES, Refused};
use circuits::{Attestation, Enrol, EnrolAttested, EnrolAttestedPrivate, EnrolAttestedPublic, Enrolment};
use dusk_sdk::finance::attesters::{self, MAX_ATTESTERS, MAX_TOPICS};
use dusk_sdk::finance::confidential::{pool, registry};
use dusk_sdk::finance::offices;
use dusk_sdk::testing::confidential::Party;
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;
use dusk_sdk::zk::native::Scalar;
use play::Act;

use crate::attester::{Attester, Person};
use crate::market::{
    ALICE, BOB, LEVEL, MONEY, Market, PEOPLE, REASON, SHARES, Side, TODAY, holder, keys, prove, refused,
};

/// Three people who are not holders yet.
const DAVE: usize = PEOPLE;
const ERIN: usize = PEOPLE + 1;
const FRED: usize = PEOPLE + 2;
/// The topic that an attester has to be trusted for.
const TOPIC: u32 = 7;
/// The Netherlands.
const RESIDENCE: u16 = 528;

/// A registration that is not proved yet.
type Enrolling = Act<Enrolment, EnrolAttestedPublic, EnrolAttestedPrivate>;

impl Side {
    /// The registration of an owner, for whom an attester vouches.
    fn enrolling(
        &self,
        owner: usize,
        person: &Person,
        attester: &Attester,
    ) -> Result<(Attestation, Enrolling), Failure> {
        let (terms, attestation) = (&self.terms, person.attestation(self.terms.asset));
        let witness = Party::new(keys(owner), terms.asset).register(&terms.auditor)?;
        let secret = person.secret(attester)?;
        Ok((attestation, play::enrol_attested(terms, &attestation, attester.revoked(), witness, secret)))
    }

    /// Anybody submits a registration.
    fn submit(
        &self,
        relayer: &Signer,
        (attestation, act): &(Attestation, Enrolling),
        proof: Proof<EnrolAttested>,
    ) -> Sent<(), Refused> {
        self.asset.by(relayer).register(act.call, *attestation, proof)
    }
}

impl Market {
    /// Somebody registers for shares.
    fn register(
        &self,
        owner: usize,
        person: &Person,
        attester: &Attester,
    ) -> Result<Sent<(), Refused>, Failure> {
        let it = &self.sides[SHARES];
        let registration = it.enrolling(owner, person, attester)?;
        let proof = prove::<_, EnrolAttested>(&self.chain, &registration.1)?;
        Ok(it.submit(&self.relayer, &registration, proof))
    }

    /// A market whose shares trust this attester until a day.
    fn trusting(chain: &Chain, attester: &Attester, until: u32) -> Result<Self, Failure> {
        let market = Self::open(chain)?;
        let officer = market.sides[SHARES].asset.by(&market.issuer);
        officer.set_attesters(vec![TOPIC], vec![attester.entry(&[TOPIC], until)]).into_result()?;
        Ok(market)
    }
}

fn unknown() -> Refused {
    attesters::Refused::UnknownAttester.into()
}

#[dusk_sdk::test]
fn an_attested_person_becomes_a_holder_without_an_officer(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let (attester, until) = (Attester::new(55), TODAY + 500);
    let officer = market.sides[SHARES].asset.by(&market.issuer);
    let person = attester.attest(66, RESIDENCE, LEVEL, TODAY + 100);
    market.register(DAVE, &person, &attester)?.refused(unknown());
    let entry = attester.entry(&[TOPIC, 9], until);
    let eligibility = Eligibility {
        topics: vec![TOPIC],
        attesters: vec![entry.clone()],
        blocked: vec![],
        registrations: FIRST_REGISTRATIONS,
    };
    let event = EligibilityChanged { eligibility: eligibility.clone(), by: (&market.issuer).into() };
    officer.set_attesters(vec![TOPIC], vec![entry]).emits(event);
    assert_eq!(market.sides[SHARES].asset.eligibility()?, eligibility);
    // Anybody submits it. The entry is what the attester says, and the chain tells which attester that is.
    let it = &market.sides[SHARES];
    let registration = it.enrolling(DAVE, &person, &attester)?;
    let proof = prove::<_, EnrolAttested>(&chain, &registration.1)?;
    let sent = it.submit(&market.relayer, &registration, proof);
    let (attestation, act) = registration;
    let (owner, tag) = (act.call.owner, attestation.tag);
    sent.emits(HolderAttested { owner, attester: attester.key(), tag });
    let entry = attestation.entry(owner);
    assert_eq!((entry.country, entry.level, entry.valid_until), (RESIDENCE, LEVEL, TODAY + 100));
    assert_eq!(it.asset.holder(act.call.owner)?, Some(entry));
    // The auditor reads whose keys they are, and the wallets see the new holder, who receives and sends like others.
    let it = &mut market.sides[SHARES];
    assert_eq!(it.auditor.register(&act.call.view)?, act.call.owner);
    it.ledger.set_holder(it.ledger.holders(), entry);
    it.parties.push(Party::new(keys(DAVE), it.terms.asset));
    market.send(SHARES, [ALICE, DAVE], 30)?;
    market.send(SHARES, [DAVE, BOB], 10)?;
    assert_eq!((market.balances(SHARES), market.sides[SHARES].parties[DAVE].balance()), ([70, 10, 0], 20));
    market.agree()
}

#[dusk_sdk::test]
fn a_person_registers_one_owner_of_its_own(chain: Chain) -> TestResult {
    let attester = Attester::new(55);
    let market = Market::trusting(&chain, &attester, TODAY + 500)?;
    let person = attester.attest(66, RESIDENCE, LEVEL, TODAY + 100);
    let it = &market.sides[SHARES];
    let registration = it.enrolling(DAVE, &person, &attester)?;
    let proof = prove::<_, EnrolAttested>(&chain, &registration.1)?;
    // The proof is for one owner, its reading key, and one asset.
    let (attestation, act) = &registration;
    let anybody = it.asset.by(&market.relayer);
    let call = act.call;
    let erin = keys(ERIN).address();
    for other in [Enrolment { owner: erin.owner, ..call }, Enrolment { reading: erin.reading, ..call }] {
        anybody.register(other, *attestation, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    // Another asset of the same auditor and attester differs in nothing else.
    let twin = chain.deploy(&market.issuer, ::asset::init("Twin".into(), it.auditor.key()))?;
    let of_twin = twin.by(&market.issuer);
    of_twin.set_policy(TODAY, 10, LEVEL).succeeds();
    of_twin.trust(attester.entry(&[], TODAY + 500), None).succeeds();
    let elsewhere = twin.by(&market.relayer).register(call, *attestation, proof);
    elsewhere.refused(refused(pool::Refused::ProofInvalid));
    it.submit(&market.relayer, &registration, proof).succeeds();
    it.submit(&market.relayer, &registration, proof).refused(refused(registry::Refused::AlreadyRegistered));
    // The same person with a second owner.
    market.register(ERIN, &person, &attester)?.refused(refused(registry::Refused::TagUsed));
    // Another attester, who signs for the same key, makes no other person of it, and a freeze does not either.
    let (officer, second) = (it.asset.by(&market.issuer), Attester::new(56));
    officer.trust(second.entry(&[TOPIC], TODAY + 500), None).succeeds();
    let again = second.attest(66, 276, LEVEL, TODAY + 100);
    market.register(ERIN, &again, &second)?.refused(refused(registry::Refused::TagUsed));
    officer.set_active(call.owner, false, REASON.into()).succeeds();
    market.register(ERIN, &again, &second)?.refused(refused(registry::Refused::TagUsed));
    // Another asset has another tag for it.
    assert_ne!(person.attestation(market.sides[MONEY].terms.asset).tag, attestation.tag);
    Ok(())
}

#[dusk_sdk::test]
fn an_attester_counts_until_it_is_replaced_or_ends(chain: Chain) -> TestResult {
    let (first, second) = (Attester::new(55), Attester::new(56));
    let market = Market::trusting(&chain, &first, TODAY + 10)?;
    let officer = market.sides[SHARES].asset.by(&market.issuer);
    let by_first = first.attest(66, RESIDENCE, LEVEL, TODAY + 100);
    let by_second = second.attest(67, RESIDENCE, LEVEL, TODAY + 100);
    let before = chain.snapshot();
    market.register(DAVE, &by_first, &first)?.succeeds();
    chain.revert(&before);
    // Rotation: the word of the former key does not count any more, and that of the new one does.
    market.register(DAVE, &by_second, &second)?.refused(unknown());
    officer.trust(second.entry(&[TOPIC], TODAY + 10), Some(first.key())).succeeds();
    market.register(DAVE, &by_first, &first)?.refused(unknown());
    let rotated = chain.snapshot();
    market.register(DAVE, &by_second, &second)?.succeeds();
    chain.revert(&rotated);
    // One more topic, for which it is not trusted.
    officer.set_attesters(vec![TOPIC, 8], vec![second.entry(&[TOPIC], TODAY + 10)]).succeeds();
    let missing = attesters::Refused::TopicMissing { topic: 8 };
    market.register(DAVE, &by_second, &second)?.refused(missing.into());
    chain.revert(&rotated);
    // Its last day has passed.
    officer.set_policy(TODAY + 11, 10, LEVEL).succeeds();
    let ended = attesters::Refused::AttesterEnded { until: TODAY + 10 };
    market.register(DAVE, &by_second, &second)?.refused(ended.into());
    chain.revert(&rotated);
    // Officers do not trust it any more.
    officer.distrust(second.key()).succeeds();
    market.register(DAVE, &by_second, &second)?.refused(unknown());
    officer.distrust(second.key()).refused(unknown());
    Ok(())
}

#[dusk_sdk::test]
fn a_revoked_credential_registers_nobody(chain: Chain) -> TestResult {
    let mut attester = Attester::new(55);
    let market = Market::trusting(&chain, &attester, TODAY + 500)?;
    let person = attester.attest(66, RESIDENCE, LEVEL, TODAY + 100);
    let it = &market.sides[SHARES];
    let registration = it.enrolling(DAVE, &person, &attester)?;
    let proof = prove::<_, EnrolAttested>(&chain, &registration.1)?;
    attester.revoke(&person)?;
    let entry = attester.entry(&[TOPIC], TODAY + 500);
    it.asset.by(&market.issuer).trust(entry, Some(attester.key())).succeeds();
    // The proof is about the former list, and none can be made about the new one.
    it.submit(&market.relayer, &registration, proof).refused(refused(pool::Refused::ProofInvalid));
    assert!(person.secret(&attester).is_err());
    Ok(())
}

#[dusk_sdk::test]
fn nobody_registers_with_more_than_its_attester_says(chain: Chain) -> TestResult {
    let attester = Attester::new(55);
    let market = Market::trusting(&chain, &attester, TODAY + 500)?;
    let person = attester.attest(66, RESIDENCE, LEVEL, TODAY + 100);
    let it = &market.sides[SHARES];
    let usual = it.enrolling(DAVE, &person, &attester)?;
    let changes: [(fn(&mut EnrolAttestedPublic), &str); 4] = [
        (|it| it.admission.entry.country += 1, "the country is the residence"),
        (|it| it.admission.entry.level += 1, "the level is the accreditation"),
        (|it| it.admission.entry.valid_until += 1, "the entry ends with the credential"),
        (|it| it.admission.tag = it.act.owner, "the tag is the person's"),
    ];
    for (change, constraint) in changes {
        let mut act = usual.1.clone();
        change(&mut act.public);
        let refusal = prove::<_, EnrolAttested>(&chain, &act).expect_err("the statement is false");
        assert_eq!(refusal.constraint(), Some(constraint), "{refusal}");
    }
    // A stolen credential, and one that somebody has signed who is not the attester.
    let mut stolen = usual.1.clone();
    stolen.private.person.secret_key = Scalar::from(67);
    let refusal = prove::<_, EnrolAttested>(&chain, &stolen).expect_err("the key is another one");
    assert_eq!(refusal.constraint(), Some("the secret key is the person's"), "{refusal}");
    let forger = Attester::new(56);
    let forged = forger.attest(66, RESIDENCE, LEVEL, TODAY + 100).secret(&forger)?;
    let mut act = usual.1.clone();
    act.private.person.signature = forged.signature.clone();
    let refusal = prove::<_, EnrolAttested>(&chain, &act).expect_err("the attester has not signed it");
    assert_eq!(refusal.constraint(), Some("the attester has signed the credential"), "{refusal}");
    // The call must be the proved one, also if the forger is an attester: both have revoked nothing.
    it.asset.by(&market.issuer).trust(forger.entry(&[TOPIC], TODAY + 500), None).succeeds();
    let (attestation, act) = &usual;
    let proof = prove::<_, EnrolAttested>(&chain, act)?;
    for changed in [
        Attestation { country: RESIDENCE + 1, ..*attestation },
        Attestation { level: LEVEL + 1, ..*attestation },
        Attestation { valid_until: TODAY + 101, ..*attestation },
        Attestation { tag: attestation.attester, ..*attestation },
        Attestation { attester: forger.key(), ..*attestation },
    ] {
        let sent = it.asset.by(&market.relayer).register(act.call, changed, proof);
        sent.refused(refused(pool::Refused::ProofInvalid));
    }
    it.submit(&market.relayer, &usual, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn residents_of_blocked_countries_and_the_expired_do_not_register(chain: Chain) -> TestResult {
    let attester = Attester::new(55);
    let market = Market::trusting(&chain, &attester, TODAY + 500)?;
    let officer = market.sides[SHARES].asset.by(&market.issuer);
    let expired = attester.attest(66, RESIDENCE, LEVEL, TODAY - 1);
    market.register(DAVE, &expired, &attester)?.refused(Refused::Expired);
    let last_day = attester.attest(66, RESIDENCE, LEVEL, TODAY);
    let before = chain.snapshot();
    market.register(DAVE, &last_day, &attester)?.succeeds();
    chain.revert(&before);
    officer.block_countries(vec![408, RESIDENCE]).succeeds();
    let blocked = Refused::CountryBlocked { country: RESIDENCE };
    market.register(DAVE, &last_day, &attester)?.refused(blocked);
    let abroad = attester.attest(67, 276, LEVEL, TODAY);
    market.register(DAVE, &abroad, &attester)?.succeeds();
    let limit = MAX_COUNTRIES;
    let many: Vec<u16> = (0..=limit as u16).collect();
    officer.block_countries(many).refused(Refused::TooManyCountries { limit });
    Ok(())
}

#[dusk_sdk::test]
fn what_a_bad_attester_has_vouched_for_is_frozen(chain: Chain) -> TestResult {
    let attester = Attester::new(55);
    let mut market = Market::trusting(&chain, &attester, TODAY + 500)?;
    let person = attester.attest(66, RESIDENCE, LEVEL, TODAY + 100);
    market.register(DAVE, &person, &attester)?.succeeds();
    let owner = keys(DAVE).address().owner;
    let it = &mut market.sides[SHARES];
    let officer = it.asset.by(&market.issuer);
    officer.distrust(attester.key()).succeeds();
    // A holder stays one until an officer freezes it: `HolderAttested` tells who vouched for whom.
    let entry = it.asset.holder(owner)?.ok_or_else(|| Failure::new("he is registered"))?;
    assert!(entry.active);
    it.ledger.set_holder(it.ledger.holders(), entry);
    let issue = it.issuing(&keys(DAVE).address(), 5, [1, 2].map(Scalar::from))?;
    let (order, root, proof) = (issue.call, it.ledger.holder_root(), prove(&chain, &issue)?);
    let before = chain.snapshot();
    officer.issue(order, root, proof).succeeds();
    chain.revert(&before);
    officer.set_active(owner, false, REASON.into()).succeeds();
    officer.issue(order, root, proof).refused(refused(registry::Refused::UnknownRegistryRoot));
    Ok(())
}

/// A thief of an attester's key registers as many owners as officers have allowed, and then nobody can.
#[dusk_sdk::test]
fn attesters_do_not_fill_the_registry(chain: Chain) -> TestResult {
    let attester = Attester::new(55);
    let market = Market::trusting(&chain, &attester, TODAY + 500)?;
    let it = &market.sides[SHARES];
    let officer = it.asset.by(&market.issuer);
    let [first, second] = [66, 67].map(|person| attester.attest(person, RESIDENCE, LEVEL, TODAY + 100));
    assert_eq!(it.asset.eligibility()?.registrations, FIRST_REGISTRATIONS);
    market.register(DAVE, &first, &attester)?.succeeds();
    assert_eq!(it.asset.eligibility()?.registrations, FIRST_REGISTRATIONS - 1);
    officer.allow_registrations(0).succeeds();
    market.register(ERIN, &second, &attester)?.refused(Refused::NoRegistrationsLeft);
    // Officers admit others all the same.
    let act = play::enrol(&it.terms, Party::new(keys(FRED), it.terms.asset).register(&it.terms.auditor)?);
    let proof = prove::<_, Enrol>(&chain, &act)?;
    officer.admit(act.call, holder(act.call.owner), proof).succeeds();
    // A registration that is refused uses nothing up.
    officer.allow_registrations(1).succeeds();
    market.register(ERIN, &first, &attester)?.refused(refused(registry::Refused::TagUsed));
    market.register(ERIN, &second, &attester)?.succeeds();
    assert_eq!(it.asset.eligibility()?.registrations, 0);
    Ok(())
}

#[dusk_sdk::test]
fn attesters_are_checked_and_are_the_officers_business(chain: Chain) -> TestResult {
    let (attester, until) = (Attester::new(55), TODAY + 500);
    let market = Market::trusting(&chain, &attester, until)?;
    let [officer, stranger] =
        [&market.issuer, &market.relayer].map(|account| market.sides[SHARES].asset.by(account));
    let entry = |number| Attester::new(number).entry(&[TOPIC], until);
    stranger.set_attesters(vec![], vec![]).refused(offices::Refused::NotOfficer.into());
    stranger.trust(entry(56), None).refused(offices::Refused::NotOfficer.into());
    stranger.distrust(attester.key()).refused(offices::Refused::NotOfficer.into());
    stranger.block_countries(vec![]).refused(offices::Refused::NotOfficer.into());
    stranger.allow_registrations(5).refused(offices::Refused::NotOfficer.into());
    officer.trust(entry(55), None).refused(attesters::Refused::KnownAttester.into());
    let ended = Attester::new(56).entry(&[TOPIC], TODAY - 1);
    officer.trust(ended, None).refused(attesters::Refused::EndsBeforeToday.into());
    let topics: Vec<u32> = (0..=MAX_TOPICS).collect();
    let too_many = attesters::Refused::TooManyTopics { limit: MAX_TOPICS };
    officer.set_attesters(topics, vec![]).refused(too_many.into());
    for number in 1..u64::from(MAX_ATTESTERS) {
        officer.trust(entry(100 + number), None).succeeds();
    }
    let too_many = attesters::Refused::TooManyAttesters { limit: MAX_ATTESTERS };
    officer.trust(entry(200), None).refused(too_many.into());
    assert_eq!(market.sides[SHARES].asset.eligibility()?.attesters.len(), MAX_ATTESTERS as usize);
    Ok(())
}
