//! How far something long has come.

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Another process makes the same, and is waited for.
    Wait,
    /// Parameters are made or checked.
    Parameters,
    /// Keys are made.
    Keys,
    /// The witness is checked against the circuit.
    Check,
    /// The proof is made.
    Prove,
    /// The proof is verified.
    Verify,
}

/// Is told what is being done, and the share of it that is done, from 0 to 1 and never less than before within a stage.
///
/// It is called seldom (some tens of times for a stage), on the thread that asked for the work, and should return at once.
/// A stage for which there is nothing to do, because the result was kept, is not reported.
pub type Progress<'a> = &'a (dyn Fn(Stage, f32) + Sync);

/// Tells nobody.
pub const SILENT: Progress<'static> = &|_, _| ();
