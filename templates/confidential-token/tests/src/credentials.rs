//! Admission by a credential: each statement of the circuit has a bad witness that it alone refuses.

use circuits::{Eligible, EligiblePublic};
use dusk_sdk::Field;
use dusk_sdk::zk::layout;
use dusk_sdk::zk::native::{Point, Scalar};
use play::{Attester, blocked};

use crate::alone::{Inputs, fault, refusal};
use crate::people::{LEVEL, TODAY};

type Case = Inputs<Eligible>;

fn other(field: Field) -> Field {
    field + Field::from(1)
}

#[test]
fn each_statement_about_a_person_refuses_by_name() {
    let mut attester = Attester::new(Scalar::from(55));
    let stranger = attester.attest(Scalar::from(67), 528, LEVEL, TODAY);
    attester.revoke(&stranger).expect("it is revoked once");
    let attest = |residence: u16| attester.attest(Scalar::from(66), residence, LEVEL, TODAY + 100);
    let attested = attest(528);
    let sanctions = blocked(&[408, 840]).expect("there is room for two countries");
    let scope = Field::from(6);
    let public = EligiblePublic {
        attester: attester.key(),
        revoked: attester.revoked().root(),
        blocked: sanctions.root(),
        until: TODAY + 100,
        level: LEVEL,
        scope,
        tag: attested.tag(scope),
        occasion: Field::from(7),
    };
    let private = attested.private(attester.revoked(), &sanctions).expect("the person is admitted");
    let usual: Case = (public, private);
    let built = layout::<Eligible>();
    assert_eq!(fault::<Eligible>(&built, &usual), None);
    let refused = |change: &dyn Fn(&mut Case)| {
        let mut case = usual.clone();
        change(&mut case);
        refusal::<Eligible>(built.clone(), &case)
    };
    // 1: another attester's key, its signature, or both; a higher level than the one that was signed.
    let (key, signed) = ("the key is the attester's", "the attester has signed the credential");
    let forger = Scalar::from(56);
    let (forged_key, forged) = (Point::GENERATOR * &forger, attested.credential.sign(&forger));
    assert_eq!(refused(&|it| it.0.attester = other(it.0.attester)), key);
    assert_eq!(refused(&|it| it.1.signature = forged.clone()), signed);
    assert_eq!(refused(&|it| (it.1.attester_key, it.1.signature) = (forged_key, forged.clone())), key);
    assert_eq!(refused(&|it| it.1.credential.accreditation += 1), signed);
    // 2: the day after the last one.
    assert_eq!(refused(&|it| it.0.until += 1), "the credential holds until the day");
    // 3: another gap between revoked credentials, and the list in which the credential is revoked.
    let gaps = [Field::from(1), -Field::from(2)];
    let gaps = gaps.map(|it| attester.revoked().non_membership(it).expect("it is not revoked"));
    let gap = gaps.iter().find(|it| it.low != usual.1.non_membership.low).expect("there are two gaps");
    assert_eq!(refused(&|it| it.1.non_membership = gap.clone()), "the credential is not revoked");
    let mut later = attester.clone();
    later.revoke(&attested).expect("it is revoked once");
    assert_eq!(refused(&|it| it.0.revoked = later.revoked().root()), "the neighbours are in the tree");
    // 4: a signed credential of a resident of either country, and a list with the residence.
    for country in [408, 840] {
        let resident = attest(country);
        let change = |it: &mut Case| {
            it.1.credential = resident.credential.clone();
            it.1.signature = resident.signature.clone();
        };
        assert_eq!(refused(&change), "the residence is not blocked", "{country}");
    }
    let more = blocked(&[408, 528, 840]).expect("there is room for three countries").root();
    assert_eq!(refused(&|it| it.0.blocked = more), "the neighbours are in the tree");
    // 5: the level is above the accreditation.
    assert_eq!(refused(&|it| it.0.level += 1), "the accreditation is high enough");
    // 6: somebody else has the credential.
    assert_eq!(refused(&|it| it.1.secret_key = Scalar::from(67)), "the secret key is the person's");
    // 7: another tag, and the tag elsewhere.
    assert_eq!(refused(&|it| it.0.tag = other(it.0.tag)), "the tag is the person's");
    assert_eq!(refused(&|it| it.0.scope = other(it.0.scope)), "the tag is the person's");
}
