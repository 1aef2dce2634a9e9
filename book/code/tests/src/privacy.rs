//! What the chain shows to everybody.

use dusk_sdk::testing::*;

use crate::voucher::Scene;

/// Alice pays twice, amounts that nobody knows, to bob or to herself.
#[dusk_sdk::test(observer)]
fn payments_show_neither_amounts_nor_receivers(chain: Chain, private: &Private) -> TestResult {
    // Keys, ciphertexts, commitments and nullifiers are random. Nothing else may differ.
    for name in ["AuditorKey", "AuditCipher", "NoteCipher"] {
        private.declare_random_type(name);
    }
    for place in ["grant.order.commitment", "pay.order", "NoteAdded.commitment"] {
        private.declare_random(&format!("voucher.{place}"));
    }
    for place in ["NullifierSpent.nullifier", "ConfidentialTransfer.nullifiers"] {
        private.declare_random(&format!("voucher.{place}"));
    }
    // Nullifiers come to random places of their tree, which costs some hashes more or less.
    private.declare_random_gas("voucher.pay", 500_000);

    let mut scene = Scene::open(&chain, private.random_bytes())?;
    for _ in 0..2 {
        let amount = private.one_of(&[1, 50]);
        let to = if private.flag() { scene.bob.address() } else { scene.alice.address() };
        scene.pay(to, amount)?.succeeds();
        scene.scan()?;
    }
    Ok(())
}
