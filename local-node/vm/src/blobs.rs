//! Blobs: data beside a transaction, to which the transaction commits (EIP-4844, with Ethereum's parameters).

use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::BlobData;

/// Why a blob is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// The transaction names a blob, but does not bring it.
    #[error("the transaction names blob {} but does not bring its data (commitment, proof and 131072 bytes)", hex::encode(.0))]
    Missing([u8; 32]),
    /// The commitment is not the one that the transaction names.
    #[error("the commitment of blob {} has another versioned hash", hex::encode(.0))]
    Commitment([u8; 32]),
    /// The data are not field elements, or the proof does not show that the commitment is theirs.
    #[error("the KZG proof of blob {} is not valid for its data and commitment", hex::encode(.0))]
    Proof([u8; 32]),
}

/// Checks that a transaction brings all the blobs that it names. A blob takes some milliseconds; the first one of the
/// process also loads the parameters.
///
/// # Errors
/// The fault of the first invalid blob.
pub fn verify_blobs(transaction: &Transaction) -> Result<(), BlobError> {
    for blob in transaction.blob().into_iter().flatten() {
        let sidecar = blob.data.as_ref().ok_or(BlobError::Missing(blob.hash))?;
        if BlobData::hash_from_commitment(&sidecar.commitment) != blob.hash {
            return Err(BlobError::Commitment(blob.hash));
        }
        let valid = BlobData::verify_blob_kzg_proof(BlobData::eth_kzg_settings(None), sidecar);
        if !valid.unwrap_or(false) {
            return Err(BlobError::Proof(blob.hash));
        }
    }
    Ok(())
}
