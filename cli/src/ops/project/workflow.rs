//! The workflow of a new project: it installs the `cargo dusk` that made the project, and runs its checks.

use std::env;

use super::bundled::{REPOSITORY, REVISION, WORKFLOW};
use super::sdk::Source;

/// Where the workflow lies in a project.
pub(crate) const FILE: &str = ".github/workflows/ci.yml";
/// Names the repository to install from, for example a mirror, instead of the one that this program is built from.
pub(crate) const REPOSITORY_VARIABLE: &str = "CARGO_DUSK_REPOSITORY";

/// The repository that the workflow installs `cargo-dusk` from.
///
/// The SDK's repository has the command, too: it is taken where this program does not know its own.
pub(crate) fn repository(source: &Source) -> Option<String> {
    let named = env::var(REPOSITORY_VARIABLE).ok();
    let sdk = match source {
        Source::Git(url) => Some(url.clone()),
        _ => None,
    };
    [named, Some(REPOSITORY.to_owned()), sdk].into_iter().flatten().find(|url| !url.is_empty())
}

/// Whether a machine elsewhere can fetch from a repository.
pub(crate) fn is_reachable(repository: &str) -> bool {
    !repository.starts_with("file:")
}

/// The workflow's text.
pub(crate) fn text(repository: Option<&str>) -> String {
    // It stands in quotation marks, which it must not end.
    let ends_text = |letter: char| letter.is_control() || letter == '"' || letter == '\\';
    let repository = repository.unwrap_or_default().replace(ends_text, "");
    WORKFLOW.replace("{{repository}}", &repository).replace("{{revision}}", REVISION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflow_states_what_it_installs() {
        let of = |repository| -> String {
            text(repository).lines().filter(|line| line.starts_with("  CARGO_DUSK_RE")).collect()
        };
        let revision = format!("  CARGO_DUSK_REVISION: \"{REVISION}\"");
        for (repository, stated) in [
            (Some("https://example.org/cargo-dusk"), "https://example.org/cargo-dusk"),
            (Some("https://example.org/\"\nrun: \\"), "https://example.org/run: "),
            (None, ""),
        ] {
            assert_eq!(of(repository), format!("  CARGO_DUSK_REPOSITORY: \"{stated}\"{revision}"));
        }
    }

    #[test]
    fn a_folder_is_no_address_for_others() {
        assert!(is_reachable("https://example.org/cargo-dusk"));
        assert!(!is_reachable("file:///home/you/cargo-dusk"));
    }
}
