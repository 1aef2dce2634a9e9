//! Succinct Attestation as a deterministic state machine without I/O.
