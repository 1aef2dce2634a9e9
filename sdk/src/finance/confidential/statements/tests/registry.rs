//! The registry's statements about the parties.

use super::*;

#[test]
fn the_registry_refuses_by_name() {
    let world = World::new();
    let owners = [&world.sender, &world.receiver].map(|keys| keys.address().owner);
    let build = |cs: &mut ConstraintSystem, parties: &Parties| {
        with_registry(cs, Some(parties), |cs| {
            let [sender, receiver] = owners.map(|it| cs.private("party", Some(&it)));
            Moved { sender, receiver }
        });
    };
    holds(|cs: &mut ConstraintSystem| build(cs, &world.parties()));
    let refused = |parties: Parties| refused_(|cs: &mut ConstraintSystem| build(cs, &parties));
    // Entries that the registry has, with other attributes.
    let entry = |change: &dyn Fn(&mut Holder), of_sender: bool| world.parties_with(change, of_sender);
    assert_eq!(refused(entry(&|it| it.active = false, true)), "the sender is active");
    assert_eq!(refused(entry(&|it| it.active = false, false)), "the receiver is active");
    assert_eq!(refused(entry(&|it| it.valid_until -= 1, false)), "the receiver is valid today");
    assert_eq!(refused(entry(&|it| it.level -= 1, false)), "the receiver's level is high enough");
    assert_eq!(refused(entry(&|it| other(&mut it.owner), true)), "the entry is the sender's");
    assert_eq!(refused(entry(&|it| other(&mut it.owner), false)), "the entry is the receiver's");
    // A sender who is not valid any more may still send.
    let (policy, sender, receiver) = entry(&|it| it.valid_until -= 1, true);
    holds(|cs: &mut ConstraintSystem| build(cs, &(policy.clone(), sender.clone(), receiver.clone())));
    // Entries that the registry does not have.
    let (_, sender, receiver) = entry(&|it| it.class += 1, true);
    assert_eq!(refused((world.policy(), sender, receiver)), "the sender is in the registry");
    let mut stale = world.parties();
    stale.2 = entry(&|it| it.country += 1, false).2;
    assert_eq!(refused(stale.clone()), "the receiver is in the registry");
    // With the nodes below the root that the sender has, the path does not lead to them.
    stale.2.path = with_top_of(&stale.2.path, &stale.1.path);
    assert_eq!(refused(stale), "the node is at its place");
}

/// The receiver of an issue and that of a seizure, where no path of a sender leads to the registry's root.
#[test]
fn the_registry_refuses_the_receiver_of_an_issue_or_a_seizure_by_name() {
    let world = World::new();
    let (mint, seizure) = (world.minting(), world.seizure(world.input(0)));
    holds(|cs: &mut ConstraintSystem| issued(cs, Some(&world.parties()), Some(&mint)));
    holds(|cs: &mut ConstraintSystem| confiscated(cs, Some(&world.parties()), Some(&seizure)));
    let refused = |parties: &Parties| {
        let name = refused_(|cs: &mut ConstraintSystem| issued(cs, Some(parties), Some(&mint)));
        let of_seizure = refused_(|cs: &mut ConstraintSystem| confiscated(cs, Some(parties), Some(&seizure)));
        assert_eq!(of_seizure, name);
        name
    };
    // Entries that the registry has, with other attributes, and the entry of somebody else.
    let entry = |change: &dyn Fn(&mut Holder)| world.parties_with(change, false);
    assert_eq!(refused(&entry(&|it| it.active = false)), "the receiver is active");
    assert_eq!(refused(&entry(&|it| it.valid_until -= 1)), "the receiver is valid today");
    assert_eq!(refused(&entry(&|it| it.level -= 1)), "the receiver's level is high enough");
    assert_eq!(refused(&entry(&|it| other(&mut it.owner))), "the entry is the receiver's");
    let (policy, sender, _) = world.parties();
    assert_eq!(refused(&(policy, sender.clone(), sender)), "the entry is the receiver's");
    // Entries that the registry does not have: in another registry, or on the path of the true entry.
    let (_, sender, receiver) = entry(&|it| it.country += 1);
    assert_eq!(refused(&(world.policy(), sender, receiver)), "the receiver is in the registry");
    let mut changed = world.parties();
    changed.2.holder.country += 1;
    assert_eq!(refused(&changed), "the node is at its place");
}

#[test]
fn the_registry_refuses_a_sender_without_a_receiver_by_name() {
    let world = World::new();
    let owner = world.sender.address().owner;
    let build = |cs: &mut ConstraintSystem, parties: &Parties| {
        let policy: Policy = cs.public("policy", Some(&parties.0));
        let party: Party = cs.private("party", Some(&parties.1));
        let sender: crate::zk::Field = cs.private("sender", Some(&owner));
        policy.assert_sender(cs, &party, sender);
    };
    holds(|cs: &mut ConstraintSystem| build(cs, &world.parties()));
    let refused = |parties: &Parties| refused_(|cs: &mut ConstraintSystem| build(cs, parties));
    let entry = |change: &dyn Fn(&mut Holder)| world.parties_with(change, true);
    assert_eq!(refused(&entry(&|it| it.active = false)), "the sender is active");
    assert_eq!(refused(&entry(&|it| other(&mut it.owner))), "the entry is the sender's");
    let (policy, _, receiver) = world.parties();
    assert_eq!(refused(&(policy, receiver.clone(), receiver)), "the entry is the sender's");
    let (_, sender, receiver) = entry(&|it| it.class += 1);
    assert_eq!(refused(&(world.policy(), sender, receiver)), "the sender is in the registry");
    let mut changed = world.parties();
    changed.1.holder.class += 1;
    assert_eq!(refused(&changed), "the node is at its place");
    // The requirements for receivers do not hold for senders.
    let outdated = entry(&|it| (it.valid_until, it.level) = (TODAY - 1, 0));
    holds(|cs: &mut ConstraintSystem| build(cs, &outdated));
}
