//! The result type of tests.

use alloc::string::{String, ToString};
use core::fmt;

use crate::contract::Refusal;

/// The result of a test: `Ok(())`, or a failure. The operator `?` works on every error.
pub type TestResult = Result<(), Failure>;

/// The reason why a test failed, as text. `?` converts any error to it.
///
/// It does not implement `std::error::Error`, because it converts from all errors.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    text: String,
    /// The text with which the contract reverted the call.
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

    /// Whether a query reverted with this error, fields included.
    #[must_use]
    pub fn is(&self, refusal: &impl Refusal) -> bool {
        self.panic.as_ref().is_some_and(|text| *text == refusal.to_text())
    }

    /// The text with which the contract reverted the call: code, name and fields of a refusal, or another panic. `None`
    /// for every other failure.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.panic.as_deref()
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

/// In readable form, because the test runner prints the `Debug` form.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
