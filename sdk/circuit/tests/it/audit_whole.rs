//! The audit of circuits as people write them: gadgets together.

use dusk_sdk_circuit::*;

/// The circuit of a member of an allow-list: membership in a tree, non-membership in a list, a nullifier.
fn member() -> Layout {
    let mut cs = ConstraintSystem::new("member");
    let root = cs.public::<Field>("root", None);
    let revoked = cs.public::<Field>("revoked", None);
    let scope = cs.public::<Field>("scope", None);
    let own = cs.public::<Field>("nullifier", None);
    cs.public::<Field>("occasion", None);
    let secret = cs.private::<Field>("secret", None);
    let path = cs.private::<MerklePath<12>>("path", None);
    let non_membership = cs.private::<NonMembership<10>>("non_membership", None);
    let credential = hash(&mut cs, &[secret]);
    path.assert_root(&mut cs, "the credential is in the issuer's tree", credential, root);
    non_membership.assert_absent(&mut cs, "the credential is not revoked", credential, revoked);
    let it = nullifier(&mut cs, secret, scope);
    it.assert_eq(&mut cs, "the nullifier is that of the secret", own);
    cs.finish().0
}

#[test]
fn a_member_of_an_allow_list_has_nothing_to_choose() {
    let layout = member();
    assert!(layout.rows.len() > 13_000, "{} rows", layout.rows.len());
    let report = audit(&layout);
    assert!(report.clean(), "{report}");
    assert_eq!(report.choices, 0);
}
