//! Ownership, roles, pausing.

use bank::{Refused, Role};
use dusk_sdk::parts::{ownership, pausing, roles};
use dusk_sdk::testing::*;
use dusk_sdk::{Dusk, Principal};

use crate::open;

#[dusk_sdk::test]
fn an_owner_hands_over_in_two_steps(chain: Chain) -> TestResult {
    let (bank, alice, bob) = open(&chain)?;
    let [a, b] = [&alice, &bob].map(Principal::from);
    let not_owner = || Refused::Ownership(ownership::Refused::NotOwner);
    let not_offered = || Refused::Ownership(ownership::Refused::NotOffered);
    bank.by(&bob).offer(Some(b)).refused(not_owner());
    bank.by(&bob).accept().refused(not_offered());
    bank.by(&alice).offer(Some(b)).emits(ownership::OwnershipOffered { from: a, to: Some(b) });
    assert_eq!(bank.owner()?, Some(a), "an offer is not enough");
    bank.by(&alice).accept().refused(not_offered());
    bank.by(&alice).offer(None).emits(ownership::OwnershipOffered { from: a, to: None });
    bank.by(&bob).accept().refused(not_offered());
    bank.by(&alice).offer(Some(b)).succeeds();
    bank.by(&bob).accept().emits(ownership::OwnershipChanged { from: a, to: Some(b) });
    bank.by(&bob).accept().refused(not_offered());
    bank.by(&alice).renounce().refused(not_owner());
    bank.by(&bob).offer(Some(a)).succeeds();
    bank.by(&bob).renounce().emits(ownership::OwnershipChanged { from: b, to: None });
    bank.by(&alice).accept().refused(not_offered());
    bank.by(&bob).offer(Some(b)).refused(not_owner());
    assert_eq!(bank.owner()?, None);
    Ok(())
}

#[dusk_sdk::test]
fn roles_are_granted_by_their_admins(chain: Chain) -> TestResult {
    let (bank, alice, bob) = open(&chain)?;
    let carol = chain.account("carol");
    let [a, b, c] = [&alice, &bob, &carol].map(Principal::from);
    let missing = |role: &str| Refused::Roles(roles::Refused::MissingRole { role: role.into() });
    bank.by(&bob).grant(Role::Guard, b).refused(missing("Admin"));
    let granted = roles::RoleGranted { role: "Guard".into(), to: b, by: a };
    bank.by(&alice).grant(Role::Guard, b).emits(granted);
    bank.by(&alice).grant(Role::Guard, b).succeeds().emits_nothing();
    assert_eq!((bank.members(Role::Guard)?, bank.members(Role::Opener)?), (vec![b], vec![]));

    // Guards administer openers from now on, and admins do not any more.
    bank.by(&bob).set_admin(Role::Opener, Role::Guard).refused(missing("Admin"));
    let changed = roles::RoleAdminChanged { role: "Opener".into(), admin: "Guard".into() };
    bank.by(&alice).set_admin(Role::Opener, Role::Guard).emits(changed);
    bank.by(&alice).grant(Role::Opener, c).refused(missing("Guard"));
    bank.by(&bob).grant(Role::Opener, c).succeeds();
    bank.by(&bob).revoke(Role::Opener, c).emits(roles::RoleRevoked { role: "Opener".into(), from: c, by: b });
    bank.by(&bob).renounce_role(Role::Guard).emits(roles::RoleRevoked { role: "Guard".into(), from: b, by: b });
    bank.by(&bob).grant(Role::Opener, c).refused(missing("Guard"));

    // Somebody always can grant.
    let last = || Refused::Roles(roles::Refused::LastOfRoot);
    bank.by(&alice).renounce_role(Role::Admin).refused(last());
    bank.by(&alice).revoke(Role::Admin, a).refused(last());
    bank.by(&alice).grant(Role::Admin, c).succeeds();
    bank.by(&carol).revoke(Role::Admin, a).succeeds();
    assert_eq!(bank.members(Role::Admin)?, [c]);
    Ok(())
}

#[dusk_sdk::test]
fn a_paused_contract_stops_what_it_should(chain: Chain) -> TestResult {
    let (bank, alice, bob) = open(&chain)?;
    let [a, b] = [&alice, &bob].map(Principal::from);
    bank.by(&alice).pause().refused(Refused::Roles(roles::Refused::MissingRole { role: "Guard".into() }));
    bank.by(&alice).grant(Role::Guard, b).succeeds();
    bank.by(&alice).grant(Role::Opener, a).succeeds();
    bank.by(&alice).resume().refused(Refused::Pausing(pausing::Refused::NotPaused));
    bank.by(&bob).pause().emits(pausing::Paused { by: b });
    bank.by(&bob).pause().refused(Refused::Pausing(pausing::Refused::Paused));
    let one = Dusk::new(1);
    bank.by(alice.depositing(one)).pay_in(one).refused(Refused::Pausing(pausing::Refused::Paused));
    bank.by(&alice).ignore().succeeds();
    bank.by(&alice).resume().emits(pausing::Resumed { by: a });
    bank.by(alice.depositing(one)).pay_in(one).succeeds();
    Ok(())
}
