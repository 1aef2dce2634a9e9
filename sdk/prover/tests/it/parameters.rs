//! Parameters from files: production's form, and what is refused.

use std::fs;

use dusk_plonk::prelude::PublicParameters;
use dusk_sdk_prover::{Parameters, ParametersError, ParametersId, SILENT};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// Parameters of another secret, in production's form.
fn foreign() -> Vec<u8> {
    PublicParameters::setup(64, &mut ChaCha20Rng::from_seed([3; 32])).unwrap().to_raw_var_bytes()
}

#[test]
fn a_file_is_read_and_written_back() {
    let bytes = foreign();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.crs");
    fs::write(&path, &bytes).unwrap();
    let hash = hex::encode(Sha256::digest(&bytes));
    let parameters = Parameters::from_file(&path, Some(&hash), SILENT).unwrap();
    assert_eq!(parameters.to_bytes(), bytes);
    // 71 powers: a domain of 64 needs 74.
    assert_eq!(parameters.max_gates(), 32);
    assert!(!parameters.id().is_development());
    assert_ne!(parameters.id(), ParametersId::development());

    let missing = Parameters::from_file(&folder.path().join("missing"), None, SILENT);
    assert!(matches!(missing, Err(ParametersError::Read { .. })));
}

#[test]
fn development_is_told_from_all_others_by_its_id() {
    let small = Parameters::development(8, SILENT).unwrap();
    let large = Parameters::development(64, SILENT).unwrap();
    assert_eq!(small.id(), large.id());
    assert!(small.id().is_development());
    assert!(matches!(Parameters::development((1 << 16) + 1, SILENT), Err(ParametersError::TooLarge { gates: 65537 })));
}

#[test]
fn another_hash_is_refused() {
    let bytes = foreign();
    let error = Parameters::from_bytes(&bytes, Some(dusk_sdk_prover::PRODUCTION_SHA256), SILENT).unwrap_err();
    assert!(
        matches!(&error, ParametersError::Hash { found, .. } if *found == hex::encode(Sha256::digest(&bytes))),
        "{error}"
    );
}

#[test]
fn whatever_is_missing_or_too_much_is_refused() {
    let bytes = foreign();
    for length in [0, 1, 239, 240, 247, 248, 249, 248 + 97, bytes.len() - 97, bytes.len() - 1] {
        let error = Parameters::from_bytes(&bytes[..length], None, SILENT).unwrap_err();
        assert!(matches!(error, ParametersError::Length { found, .. } if found == length), "{length}: {error}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(Parameters::from_bytes(&longer, None, SILENT), Err(ParametersError::Length { .. })));
    // A count that no file can have.
    let mut counted = bytes;
    counted[240..248].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(Parameters::from_bytes(&counted, None, SILENT), Err(ParametersError::Length { .. })));
}

#[test]
fn points_outside_the_group_are_refused() {
    let at = |power: usize| 248 + 97 * power;
    for power in [0, 1, 33, 70] {
        let mut bytes = foreign();
        bytes[at(power) + 5] ^= 1;
        let error = Parameters::from_bytes(&bytes, None, SILENT).unwrap_err();
        assert!(
            matches!(&error, ParametersError::NotInGroup { point } if *point == format!("power {power}")),
            "{error}"
        );
    }
    // The identity.
    let mut bytes = foreign();
    bytes[at(4) + 96] = 1;
    assert!(matches!(Parameters::from_bytes(&bytes, None, SILENT), Err(ParametersError::NotInGroup { .. })));
    // The points that verifiers use.
    for byte in [3, 60, 150] {
        let mut bytes = foreign();
        bytes[byte] ^= 1;
        let error = Parameters::from_bytes(&bytes, None, SILENT).unwrap_err();
        let refused = matches!(error, ParametersError::NotInGroup { .. } | ParametersError::NotPowers);
        assert!(refused, "{byte}: {error}");
    }
}

#[test]
fn points_that_are_no_powers_of_one_secret_are_refused() {
    let point = |bytes: &[u8], power: usize| bytes[248 + 97 * power..][..97].to_vec();
    // Two powers that changed places.
    let mut bytes = foreign();
    let (fifth, sixth) = (point(&bytes, 5), point(&bytes, 6));
    bytes[248 + 97 * 5..][..97].copy_from_slice(&sixth);
    bytes[248 + 97 * 6..][..97].copy_from_slice(&fifth);
    assert!(matches!(Parameters::from_bytes(&bytes, None, SILENT), Err(ParametersError::NotPowers)));
    // The points of one secret with the opening of another.
    let mut bytes = foreign();
    let other = Parameters::development(64, SILENT).unwrap().to_bytes();
    bytes[..240].copy_from_slice(&other[..240]);
    assert!(matches!(Parameters::from_bytes(&bytes, None, SILENT), Err(ParametersError::NotPowers)));
}
