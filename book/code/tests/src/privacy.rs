//! Observer tests: the public data is the same for other private values.

use dusk_sdk::testing::*;

use crate::voucher::Scene;

/// Alice pays a private amount to bob or to herself.
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
    // Nullifiers have random places in their tree, so the number of hashes differs a little.
    private.declare_random_gas("voucher.pay", 500_000);

    let mut scene = Scene::open(&chain, private.random_bytes())?;
    let amount = private.one_of(&[1, 50]);
    let to = if private.flag() { scene.bob.address() } else { scene.alice.address() };
    scene.pay(to, amount)?.succeeds();
    Ok(())
}
