//! What the chain shows to everybody.

use dusk_sdk::testing::*;

use crate::voucher::Scene;

/// Alice pays an amount that nobody knows, to bob or to herself.
#[dusk_sdk::test(observer)]
fn a_payment_shows_neither_amount_nor_receiver(chain: Chain, private: &Private) -> TestResult {
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
    let amount = private.one_of(&[1, 50]);
    let to = if private.flag() { scene.bob.address() } else { scene.alice.address() };
    scene.pay(to, amount)?.succeeds();
    Ok(())
}
