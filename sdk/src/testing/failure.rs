//! What a test returns.

use alloc::string::{String, ToString};
use core::fmt;

use crate::contract::Refusal;

/// What a test returns: `Ok(())`, or why it failed. The operator `?` works on every error.
pub type TestResult = Result<(), Failure>;

/// Why a test failed, in words. Any error becomes one through `?`.
///
/// It is not an error type itself (no `std::error::Error`), because it takes any of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    text: String,
    /// The text that the contract ended the call with.
    panic: Option<String>,
}

impl Failure {
    /// A failure with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), panic: None }
    }

    pub(super) fn of_call(text: String, panic: Option<String>) -> Self {
        Self { text, panic }
    }

    /// Whether a query was refused with this error, fields included.
    #[must_use]
    pub fn is(&self, refusal: &impl Refusal) -> bool {
        self.panic.as_ref().is_some_and(|text| *text == refusal.to_text())
    }
}

impl<E: core::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::new(text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// As people read it, because the test runner shows this form.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
