//! Two questions of parity, read from the answers of the machine under test; `recorded` compares these with
//! production's.

use local_node_parity::ours::Ours;
use local_node_parity::protocol::{Answer, Command};
use local_node_parity::scripts;

fn answers(name: &str) -> Vec<(Command, Answer)> {
    let (_, script) = scripts::all().unwrap().into_iter().find(|(found, _)| *found == name).unwrap();
    let mut ours = Ours::new().unwrap();
    script
        .into_iter()
        .map(|command| {
            let answer = ours.run(&command).unwrap();
            (command, answer)
        })
        .collect()
}

/// Pages of 64 KiB that a contract saw.
fn pages(data: &[u8]) -> Vec<u32> {
    data.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// The instance remembers the length of a memory until it grows it again; the memory itself has the earlier length at
/// once. So `memory.size` says the undone length, and `memory.grow` the true one, within the same top-level call only.
#[test]
fn a_reverted_growth_is_seen_by_memory_size_until_the_next_growth() {
    let said: Vec<_> = answers("growth")
        .into_iter()
        .filter_map(|(command, answer)| match (command, answer) {
            (Command::Call { function, .. }, Answer::Receipt { data, .. }) => Some((function, pages(&data))),
            _ => None,
        })
        .take(9)
        .collect();
    let own = |function: &str, pages: &[u32]| (function.to_owned(), pages.to_vec());
    let expected = [
        // `memory.size`, `memory.grow` by none, `memory.size`.
        own("after_failure", &[5, 3, 3]),
        own("lengths", &[3, 3, 3]),
        own("lengths", &[3, 3, 3]),
        // As before, after growing by one page from three: the last number is what that growth answered.
        own("after_failure_grow", &[4, 4, 4, 3]),
        own("lengths", &[4, 4, 4]),
        own("lengths", &[3, 3, 3]),
        own("after_inner_failure", &[5, 5, 5]),
        own("lengths", &[5, 5, 5]),
        own("lengths", &[3, 3, 3]),
    ];
    assert_eq!(said, expected);
}

/// A stake through a contract costs what the stakes that are there make it cost: the same transaction over other stakes
/// costs thousands more or less, because the stake contract looks its key up among theirs.
#[test]
fn the_gas_of_a_stake_depends_on_the_stakes_that_are_there() {
    let spent: Vec<u64> = answers("stakes")
        .into_iter()
        .filter_map(|(_, answer)| match answer {
            Answer::Executed { result, gas_spent, .. } => {
                assert!(result.is_ok(), "{result:?}");
                Some(gas_spent)
            }
            _ => None,
        })
        .collect();
    assert_eq!(spent, [3_868_394, 3_869_439, 3_869_743, 3_884_784, 3_885_933, 3_859_238]);
}
