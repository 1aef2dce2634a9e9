//! Evidence: one document about a project, which another person can check by making it again.
//!
//! | file | contents |
//! |---|---|
//! | `document` | the content of the document, and how it is written and read |
//! | `threats` | the table of threats in the project's README |
//! | `sources` | the files that the project is built from |
//! | `gather` | builds, tests and audits the project, and makes the document |
//! | `differences` | the differences between two documents |
//! | `page` | the document as an HTML page that prints well |

mod differences;
mod document;
mod gather;
mod page;
mod sources;
mod threats;

pub(crate) use self::differences::{Difference, differences};
pub(crate) use self::document::{Evidence, EvidenceError, MAX_EVIDENCE_BYTES, Standing};
pub(crate) use self::gather::{Order, gather};
pub(crate) use self::page::page;
