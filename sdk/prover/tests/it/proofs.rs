//! Keys and proofs: the same as the stock crate's, accepted and refused as they must be.

use dusk_sdk_circuit::check;
use dusk_sdk_prover::{Backend, Parameters, Plonk, SILENT, verify};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::circuits::every_kind;
use crate::stock;

#[test]
fn keys_and_proofs_are_those_of_the_stock_crate() {
    // One that fills its domain but for a few rows (the stock crate asks for twice the parameters there), one that does not.
    for rows in [0, 60, 70] {
        let (layout, wires) = every_kind(5, rows);
        assert_eq!(check(&layout, &wires), Ok(()));
        let parameters = Parameters::development(256, SILENT).unwrap();
        let (prover, verifier) = stock::compile(&layout, &parameters);
        let compiled = Plonk::compile(&layout, &parameters, SILENT).unwrap();
        assert_eq!(compiled.verifier_key, verifier.to_bytes(), "{rows} rows");

        let seeded = || ChaCha20Rng::from_seed([9; 32]);
        let expected = stock::prove(&prover, &layout, &wires, &mut seeded());
        let proof = Plonk::prove(&compiled, &parameters, (&layout, &wires), &mut seeded(), &|_| ()).unwrap();
        assert_eq!(proof.as_bytes(), expected.as_slice(), "{rows} rows");
        assert_eq!(verify(&compiled.verifier_key, &proof, wires.public()), Ok(()));
    }
}
