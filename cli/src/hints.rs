//! Hints for errors that come from below without one: from nodes, data drivers, and the operating system.
//!
//! Most errors are [`Fault`]s, whose hint stands where the cause is known. The others get a hint here by their type; a
//! new kind of [`ClientError`] does not compile without a hint.

use std::io::ErrorKind;

use local_node_vm::ModuleError;
use local_node_vm::driver::DriverError;

use crate::error::{Exit, Fault};
use crate::ops::chain::client::ClientError;

/// The hint where an invariant of ours is broken, or nothing fits.
const OURS: &str = "run `cargo dusk doctor`; if it finds no fault, report this error with the complete output";

/// How the command ends, and what helps.
pub(crate) fn of(error: &anyhow::Error) -> (Exit, &str) {
    let fault = error.chain().find_map(|cause| cause.downcast_ref::<Fault>());
    fault.map_or_else(|| of_others(error), |fault| (fault.exit(), fault.hint()))
}

/// The same for an error without a hint of its own.
fn of_others(error: &anyhow::Error) -> (Exit, &'static str) {
    let known = error.chain().find_map(|cause| {
        cause
            .downcast_ref::<ClientError>()
            .map(ClientError::ending)
            .or_else(|| cause.downcast_ref::<DriverError>().map(|error| (Exit::Failed, of_driver(error))))
            .or_else(|| {
                cause
                    .downcast_ref::<ModuleError>()
                    .map(|_| (Exit::Failed, "build the contract again with `cargo dusk build`"))
            })
            .or_else(|| cause.downcast_ref::<std::io::Error>().map(|error| of_system(error.kind())))
            .or_else(|| {
                let damaged = "delete the named file: `cargo dusk build` and `cargo dusk deploy` create it again";
                cause.downcast_ref::<serde_json::Error>().map(|_| (Exit::Failed, damaged))
            })
    });
    known.unwrap_or((Exit::Failed, OURS))
}

/// The hint for a data driver that does not work.
fn of_driver(error: &DriverError) -> &'static str {
    match error {
        DriverError::Refused { .. } => {
            "the driver cannot decode these bytes: the deployed code may have another version"
        }
        DriverError::Start(_) => {
            "the operating system provides no memory or thread for the data driver: close other programs, and try again"
        }
        _ => "the driver's owner must fix it; for your own contract, run `cargo dusk build` and `cargo dusk deploy`",
    }
}

fn of_system(kind: ErrorKind) -> (Exit, &'static str) {
    match kind {
        ErrorKind::NotFound => {
            (Exit::Environment, "check the path; if a program is missing, `cargo dusk doctor` shows how to install it")
        }
        ErrorKind::InvalidData => (Exit::Usage, "the named file is not text in UTF-8: save it as such"),
        ErrorKind::FileTooLarge => (Exit::Usage, "shorten the named file"),
        ErrorKind::InvalidFilename => (Exit::Usage, "shorten the name: the system accepts no file with this one"),
        ErrorKind::ArgumentListTooLong => (Exit::Usage, "shorten the arguments of the command, or pass them in a file"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            (Exit::Environment, "make the named file or folder readable and writable for yourself")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            (Exit::Environment, "free disk space, and run the command again")
        }
        ErrorKind::OutOfMemory | ErrorKind::WouldBlock => (
            Exit::Environment,
            "the system has no memory, files or processes left: close other programs, and try again",
        ),
        _ => (Exit::Environment, "the operating system refuses it: look at the named file or program"),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn every_kind_of_error_from_below_has_a_hint_of_its_own() {
        let url = || "http://127.0.0.1:1".to_owned();
        let refused = |status| ClientError::Refused { status, message: String::new() };
        let errors: Vec<anyhow::Error> = vec![
            ClientError::Unreachable { url: url(), reason: String::new() }.into(),
            ClientError::Unreachable { url: "https://far.away".to_owned(), reason: String::new() }.into(),
            ClientError::Slow { url: url() }.into(),
            ClientError::NotEncrypted { url: url() }.into(),
            ClientError::Untrusted { url: url(), reason: String::new() }.into(),
            ClientError::Redirected { url: url(), to: String::new() }.into(),
            ClientError::Strange { url: url(), request: String::new(), reason: String::new() }.into(),
            refused(429).into(),
            refused(500).into(),
            refused(400).into(),
            DriverError::Refused { code: 1, message: String::new() }.into(),
            DriverError::TooSlow("init").into(),
            io::Error::from(ErrorKind::NotFound).into(),
            io::Error::from(ErrorKind::InvalidFilename).into(),
            io::Error::from(ErrorKind::ArgumentListTooLong).into(),
            io::Error::from(ErrorKind::PermissionDenied).into(),
            io::Error::from(ErrorKind::StorageFull).into(),
            io::Error::from(ErrorKind::OutOfMemory).into(),
            io::Error::from(ErrorKind::BrokenPipe).into(),
            serde_json::from_str::<u8>("x").unwrap_err().into(),
        ];
        let mut hints = std::collections::BTreeSet::new();
        for error in errors {
            let told = error.to_string();
            let (_, hint) = of_others(&error.context("at some depth"));
            assert_ne!(hint, OURS, "{told}");
            hints.insert(hint);
        }
        assert_eq!(hints.len(), 20, "each says something else: {hints:#?}");
        assert_eq!(of_others(&anyhow::anyhow!("an invariant is broken")), (Exit::Failed, OURS));
    }
}
