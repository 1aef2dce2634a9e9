//! Observer tests: the public data does not depend on the member.

use dusk_sdk::testing::*;

use crate::issuer::{EPOCH_BLOCKS, Holder, Issuer};

/// Members enter twice. The test runs with different members: all public data must be the same, except for
/// nullifiers and proofs.
#[dusk_sdk::test(observer)]
fn nobody_learns_which_member_enters(chain: Chain, private: &Private) -> TestResult {
    private.declare_random("allowlist.enter.nullifier");
    private.declare_random("allowlist.Entered.nullifier");
    let mut issuer = Issuer::new();
    let members: Vec<Holder> = (0..4).map(|_| issuer.issue_for(private.random_field())).collect();
    let (list, _) = issuer.open(&chain)?;
    let [sender, recipient] = chain.accounts(["alice", "bob"]);
    for _ in 0..2 {
        let member = &members[usize::from(private.one_of(&[0_u8, 1, 2, 3]))];
        let statement = issuer.statement(&chain, &list, member, sender.account(), recipient.account());
        let proof = statement.prove(&chain)?;
        list.by(&sender).enter(recipient.account(), statement.public.nullifier, proof).succeeds();
        chain.mine(EPOCH_BLOCKS);
    }
    Ok(())
}
