//! Progress of long operations.

/// A stage of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Waiting for another process that makes the same result.
    Wait,
    /// Making or checking parameters.
    Parameters,
    /// Making keys.
    Keys,
    /// Checking the witness against the circuit.
    Check,
    /// Making the proof.
    Prove,
    /// Verifying the proof.
    Verify,
}

/// A callback that receives the current stage, and the finished share of it, from 0 to 1 and never decreasing within a
/// stage.
///
/// It is called some tens of times for each stage, on the thread that requested the work, and should return at once. A
/// stage without work, because the result was stored, is not reported.
pub type Progress<'a> = &'a (dyn Fn(Stage, f32) + Sync);

/// A callback that does nothing.
pub const SILENT: Progress<'static> = &|_, _| ();
