//! The statement about blocked countries.

use super::*;

type Case = (native::BlockedCountries, Parties);

const SENDER: &str = "the sender's country is not blocked";
const RECEIVER: &str = "the receiver's country is not blocked";

/// The twelve countries of a full set, with the least and the largest number. The parties live elsewhere.
const MOST: [u16; 12] = [1, 4, 50, 112, 192, 364, 408, 643, 706, 760, 840, 999];

fn blocked(countries: &[u16]) -> native::BlockedCountries {
    native::BlockedCountries::of(countries).unwrap()
}

/// Builds an act with the statements about the registry and the countries.
fn whole(cs: &mut ConstraintSystem, case: Option<&Case>, act: impl Fn(&mut ConstraintSystem) -> Moved) {
    let policy: Policy = cs.public("policy", case.map(|(_, parties)| &parties.0));
    let blocked: BlockedCountries = cs.public("blocked", case.map(|it| &it.0));
    let sender: Party = cs.private("sender", case.map(|(_, parties)| &parties.1));
    let receiver: Party = cs.private("receiver", case.map(|(_, parties)| &parties.2));
    let moved = act(cs);
    policy.assert_parties(cs, &sender, &receiver, moved);
    blocked.assert_parties(cs, &sender, &receiver);
}

/// The entries of registered holders, with an act that names their owners and does nothing else.
fn registered(cs: &mut ConstraintSystem, world: &World, case: &Case) {
    whole(cs, Some(case), |cs| {
        let owners = [&world.sender, &world.receiver].map(|keys| keys.address().owner);
        let [sender, receiver] = owners.map(|it| cs.private("owner", Some(&it)));
        Moved { sender, receiver }
    });
}

/// The statement about a receiver alone, as for an issue.
fn received(cs: &mut ConstraintSystem, (countries, parties): &Case) {
    let blocked: BlockedCountries = cs.public("blocked", Some(countries));
    let receiver: Party = cs.private("receiver", Some(&parties.2));
    blocked.assert_receiver(cs, &receiver);
}

/// The holders are registered and active, and nothing but the country is wrong.
#[test]
fn blocked_countries_refuse_by_name() {
    let world = World::new();
    let living = |country, of_sender| world.parties_with(&|it| it.country = country, of_sender);
    let refused = |case: &Case| refused_(|cs: &mut ConstraintSystem| registered(cs, &world, case));
    for countries in [&[][..], &[408], &MOST] {
        let case = (blocked(countries), world.parties());
        holds(|cs: &mut ConstraintSystem| registered(cs, &world, &case));
    }
    for country in MOST {
        let (sender, receiver) = ((blocked(&MOST), living(country, true)), (blocked(&MOST), living(country, false)));
        assert_eq!((refused(&sender).as_str(), refused(&receiver).as_str()), (SENDER, RECEIVER), "{country}");
        let alone = refused_(|cs: &mut ConstraintSystem| received(cs, &receiver));
        assert_eq!(alone, RECEIVER, "{country}");
        // The statement about a receiver does not depend on the sender. An unblocked country is not refused.
        holds(|cs: &mut ConstraintSystem| received(cs, &sender));
        let others: Vec<u16> = MOST.into_iter().filter(|other| *other != country).collect();
        let case = (blocked(&others), receiver.1);
        holds(|cs: &mut ConstraintSystem| registered(cs, &world, &case));
    }
    // A country that is not stated, and numbers that no country has.
    for country in [0, 1_000, u16::MAX] {
        for countries in [&[][..], &[408], &MOST] {
            let case = (blocked(countries), living(country, true));
            holds(|cs: &mut ConstraintSystem| registered(cs, &world, &case));
        }
    }
    // An entry with a forged country does not help: it is not in the registry.
    let ((policy, ..), (_, sender, receiver)) = (living(408, true), living(528, true));
    assert_eq!(refused(&(blocked(&[408]), (policy, sender, receiver))), "the sender is in the registry");
}

/// The circuit agrees with [`native::BlockedCountries::contains`].
#[test]
fn the_circuit_blocks_what_the_native_set_contains() {
    let world = World::new();
    for countries in [&[][..], &[408], &[1, 999], &MOST[..6], &MOST] {
        let countries = blocked(countries);
        for country in [0, 1, 2, 407, 408, 409, 643, 756, 998, 999, 1_000, 65_535] {
            let case = (countries, world.parties_with(&|it| it.country = country, false));
            let (layout, assignment) = run(|cs: &mut ConstraintSystem| received(cs, &case));
            let refuses = fault(&layout, &assignment).is_some();
            assert_eq!(refuses, countries.contains(country), "{country} of {countries:?}");
        }
    }
}

/// The rows with the registry and the countries; the documentation has the differences.
#[test]
fn nothing_is_left_to_choose_about_countries() {
    let rows = [
        audited(|cs: &mut ConstraintSystem| whole(cs, None, |cs| transfer(cs, None))),
        audited(|cs: &mut ConstraintSystem| whole(cs, None, |cs| lock(cs, None))),
        audited(|cs: &mut ConstraintSystem| {
            let policy: Policy = cs.public("policy", None);
            let blocked: BlockedCountries = cs.public("blocked", None);
            let receiver: Party = cs.private("receiver", None);
            statement::<Mint, MintSecret>(cs, None, |cs, act, secret| {
                let owner = act.assert(cs, secret);
                policy.assert_receiver(cs, &receiver, owner);
                blocked.assert_receiver(cs, &receiver);
            });
        }),
    ];
    std::println!("transfer, lock, issue: {rows:?}");
    assert_eq!(rows, [31_339 + 40, 32_475 + 40, 8_155 + 26]);
}
