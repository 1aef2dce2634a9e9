//! Tests of the board: signatures that it accepts, and signatures that it refuses.
#![cfg(test)]

use board::{BoardClient, Passed, Refused, message};
use dusk_sdk::testing::*;

/// A board of three, any two of whom decide.
#[derive(Clone)]
struct Meeting {
    board: BoardClient<Deployed>,
    members: [BlsKey; 3],
    clerk: Signer,
    chain: u8,
}

fn meet(chain: &Chain) -> Result<Meeting, Failure> {
    let clerk = chain.account("clerk");
    let members = [1, 2, 3].map(BlsKey::new);
    let accounts = members.iter().map(BlsKey::account).collect();
    let board = chain.deploy(&clerk, board::init(accounts, 2))?;
    Ok(Meeting { board, members, clerk, chain: chain.chain_id() })
}

impl Meeting {
    /// Hands in a resolution that these keys have signed as the resolution `signed`.
    fn pass(&self, number: u64, text: &str, keys: &[&BlsKey], signed: &[u8]) -> Sent<(), Refused> {
        let signature = BlsKey::sign_together(keys, signed).expect("somebody signs");
        let signers = keys.iter().map(|key| key.account()).collect();
        self.board.by(&self.clerk).pass(number, text.into(), signers, signature)
    }

    fn message(&self, number: u64, text: &str) -> Vec<u8> {
        message(self.chain, self.board.id(), number, text)
    }
}

#[dusk_sdk::test]
fn enough_members_decide(chain: Chain) -> TestResult {
    let meeting = meet(&chain)?;
    let [ann, ben, cleo] = &meeting.members;
    let passed = meeting.pass(0, "Paint it blue", &[ann, cleo], &meeting.message(0, "Paint it blue"));
    passed.emits(Passed { number: 0, text: "Paint it blue".into(), signers: 2 });
    meeting.pass(1, "Green", &[ann, ben, cleo], &meeting.message(1, "Green")).succeeds();
    assert_eq!(meeting.board.resolution(1)?, Some("Green".into()));
    assert_eq!((meeting.board.resolution(2)?, meeting.board.next()?), (None, 2));
    Ok(())
}

#[dusk_sdk::test]
fn too_few_and_strangers_do_not(chain: Chain) -> TestResult {
    let meeting = meet(&chain)?;
    let [ann, ben, _] = &meeting.members;
    let stranger = BlsKey::new(99);
    let message = meeting.message(0, "Paint it blue");
    meeting.pass(0, "Paint it blue", &[ann], &message).refused(Refused::TooFew { needed: 2 });
    let account = stranger.account();
    meeting.pass(0, "Paint it blue", &[ann, &stranger], &message).refused(Refused::NotMember { account });

    // Ann's signature alone, said to be of both.
    let signature = BlsKey::sign_together(&[ann], &message).expect("somebody signs");
    let signers = [ann.account(), ben.account()].into();
    let forged = meeting.board.by(&meeting.clerk).pass(0, "Paint it blue".into(), signers, signature);
    forged.refused(Refused::BadSignature);
    Ok(())
}

#[dusk_sdk::test]
fn a_signature_is_good_once_and_here_only(chain: Chain) -> TestResult {
    let meeting = meet(&chain)?;
    let [ann, ben, _] = &meeting.members;
    let signed = meeting.message(0, "Paint it blue");
    meeting.pass(0, "Paint it red", &[ann, ben], &signed).refused(Refused::BadSignature);
    meeting.pass(0, "Paint it blue", &[ann, ben], &signed).succeeds();
    meeting.pass(0, "Paint it blue", &[ann, ben], &signed).refused(Refused::WrongNumber { next: 1 });
    meeting.pass(1, "Paint it blue", &[ann, ben], &signed).refused(Refused::BadSignature);

    let elsewhere = message(meeting.chain.wrapping_add(1), meeting.board.id(), 1, "Green");
    meeting.pass(1, "Green", &[ann, ben], &elsewhere).refused(Refused::BadSignature);
    let other = Meeting { board: meet(&chain)?.board, ..meeting.clone() };
    other.pass(0, "Paint it blue", &[ann, ben], &signed).refused(Refused::BadSignature);
    Ok(())
}

#[dusk_sdk::test]
fn a_board_can_decide(chain: Chain) -> TestResult {
    let clerk = chain.account("clerk");
    let members = |count: u64| (1..=count).map(|seed| BlsKey::new(seed).account()).collect();
    chain.try_deploy(&clerk, board::init(members(0), 0)).refused(Refused::Members { limit: 32 });
    chain.try_deploy(&clerk, board::init(members(33), 1)).refused(Refused::Members { limit: 32 });
    chain.try_deploy(&clerk, board::init(members(3), 4)).refused(Refused::Needed { members: 3 });
    chain.try_deploy(&clerk, board::init(members(3), 0)).refused(Refused::Needed { members: 3 });
    Ok(())
}
