//! New projects from templates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use toml_edit::DocumentMut;

use super::bundled::{self, LOCK, TEMPLATES};
use super::sdk::{self, Source};
use super::settings::SETTINGS_FILE;
use super::{folders, workflow};
use crate::error::{Fault, nearest};
use crate::ops::cargo::command;
use crate::ops::cargo::machine::Machine;
use crate::ops::report::Report;

/// The longest name of a project.
const MAX_NAME_BYTES: usize = 64;
/// How many commands `new` offers.
const MAX_COMMANDS: usize = 3;
/// The placeholder for the project's name in templates.
const NAME_MARK: &str = "{{name}}";

/// A project that has been made.
#[derive(Debug)]
pub(crate) struct Scaffolded {
    /// Its folder.
    pub(crate) root: PathBuf,
    /// Its name.
    pub(crate) name: String,
    /// Its files, by path.
    pub(crate) files: Vec<String>,
    /// The first command of its README.
    pub(crate) next: Vec<String>,
    /// Why there is no whole lock file yet.
    pub(crate) unlocked: Option<String>,
    /// The workspace around it that takes it for a member, which cargo refuses.
    pub(crate) claimed_by: Option<PathBuf>,
    /// The repository that its workflow installs `cargo-dusk` from.
    pub(crate) repository: Option<String>,
}

/// The templates: name, and what they are in one line.
pub(crate) fn templates() -> Vec<(&'static str, String)> {
    TEMPLATES.iter().map(|(name, files)| (*name, summary(files))).collect()
}

/// The first line of text in the template's README.
fn summary(files: bundled::Files) -> String {
    let readme = files.iter().find(|(path, _)| *path == "README.md").map_or("", |(_, content)| *content);
    let first = readme.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.unwrap_or_default().to_owned()
}

/// Makes a project in a folder that does not exist yet, or is empty. It appears whole or not at all.
///
/// # Errors
/// A usage fault for names, folders and templates that will not do.
pub(crate) fn scaffold(folder: &Path, template: &str, source: &Source, report: &dyn Report) -> Result<Scaffolded> {
    let name = name_of(folder)?;
    let files = files_of(template)?;
    if fs::read_dir(folder).map_or_else(|_| folder.exists(), |mut entries| entries.next().is_some()) {
        return Err(Fault::usage(
            format!("{} exists already", folder.display()),
            "choose another name, or remove it first",
        ));
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let parent = parent.canonicalize().with_context(|| format!("cannot resolve {}", parent.display()))?;
    let root = parent.join(&name);

    let staged = tempfile::tempdir_in(&parent).with_context(|| format!("cannot write to {}", parent.display()))?;
    let mut contents: BTreeMap<String, String> =
        files.iter().map(|(path, content)| ((*path).to_owned(), content.replace(NAME_MARK, &name))).collect();
    contents.insert("Cargo.lock".to_owned(), LOCK.to_owned());
    let repository = workflow::repository(source);
    contents.insert(workflow::FILE.to_owned(), workflow::text(repository.as_deref()));
    keep_to_this_machine(contents.entry(".gitignore".to_owned()).or_default());
    settle_source(&mut contents, source)?;
    for (path, content) in &contents {
        folders::write_atomically(&staged.path().join(path), content.as_bytes())?;
    }
    match source {
        Source::Carried => sdk::write_patch(staged.path(), &sdk::unpacked()?)?,
        Source::Path(path) => sdk::write_patch(staged.path(), path)?,
        Source::Git(_) | Source::Registry => {}
    }
    fs::rename(staged.path(), &root).with_context(|| format!("cannot make {}", root.display()))?;
    readable(&root)?;

    let next = first_commands(contents.get("README.md").map_or("", String::as_str));
    let unlocked = lock(&root, report).err().map(|error| format!("{error:#}"));
    begin_history(&root);
    let claimed_by = claiming_workspace(&root);
    Ok(Scaffolded { root, name, files: contents.into_keys().collect(), next, unlocked, claimed_by, repository })
}

/// The project's name: the folder's.
fn name_of(folder: &Path) -> Result<String> {
    let name = match folder.components().next_back() {
        Some(Component::Normal(name)) => name.to_string_lossy().into_owned(),
        _ => String::new(),
    };
    let fits = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= MAX_NAME_BYTES
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter));
    if fits {
        return Ok(name);
    }
    let given = if name.is_empty() { folder.display().to_string() } else { name };
    Err(Fault::usage(
        format!("`{given}` is not a project name"),
        format!(
            "begin with a letter, then use lowercase letters, digits, `-` and `_`; at most {MAX_NAME_BYTES} characters"
        ),
    ))
}

fn files_of(template: &str) -> Result<bundled::Files> {
    let found = TEMPLATES.iter().find(|(name, _)| *name == template).map(|(_, files)| *files);
    found.ok_or_else(|| {
        let names = || TEMPLATES.iter().map(|(name, _)| *name);
        let hint = nearest(template, names()).map_or_else(
            || format!("templates: {}", names().collect::<Vec<_>>().join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        Fault::usage(format!("there is no template `{template}`"), hint)
    })
}

/// The first commands of the session in a README, without their comments.
fn first_commands(readme: &str) -> Vec<String> {
    let commands =
        readme.lines().filter_map(|line| line.strip_prefix("$ ")).filter(|line| line.starts_with("cargo dusk "));
    commands.map(|line| line.split(" # ").next().unwrap_or(line).trim_end().to_owned()).take(MAX_COMMANDS).collect()
}

/// Adds to the ignored paths what must not be committed.
fn keep_to_this_machine(ignored: &mut String) {
    for path in ["/target", "/.cargo/config.toml"] {
        if !ignored.lines().any(|line| line == path) {
            if !ignored.is_empty() && !ignored.ends_with('\n') {
                ignored.push('\n');
            }
            ignored.push_str(path);
            ignored.push('\n');
        }
    }
}

/// Where the SDK comes from somewhere that all machines reach, the project says so itself.
fn settle_source(contents: &mut BTreeMap<String, String>, source: &Source) -> Result<()> {
    match source {
        Source::Carried | Source::Path(_) => Ok(()),
        Source::Registry => {
            contents.entry(SETTINGS_FILE.to_owned()).or_default().push_str("\n[sdk]\nsource = \"registry\"\n");
            Ok(())
        }
        Source::Git(url) => {
            let manifest = contents.entry("Cargo.toml".to_owned()).or_default();
            let mut document: DocumentMut = manifest.parse().context("the template's manifest")?;
            let mut git = toml_edit::InlineTable::new();
            git.insert("git", url.as_str().into());
            document["patch"]["crates-io"][sdk::SDK_PACKAGE] = toml_edit::value(git);
            *manifest = document.to_string();
            Ok(())
        }
    }
}

/// Temporary folders are private; a project is not.
fn readable(root: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(root, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} readable for others", root.display()))?;
    }
    Ok(())
}

/// Lets cargo take from the bundled lock file what the project needs: first without the network, then with it.
fn lock(root: &Path, report: &dyn Report) -> Result<()> {
    let mut words = Vec::new();
    for offline in [true, false] {
        let mut cargo = command::cargo();
        cargo.current_dir(root).args(["metadata", "--format-version", "1"]);
        if offline {
            cargo.arg("--offline");
        }
        let is_success;
        (is_success, words) = command::watch(&mut cargo, "resolving the dependencies", report, |_| Ok(()))?;
        if is_success {
            return Ok(());
        }
    }
    anyhow::bail!("cargo cannot write the lock file: {}", words.join("\n").trim())
}

/// The workspace around a project whose `members` have a pattern that takes the project in: cargo finds two roots
/// there.
fn claiming_workspace(root: &Path) -> Option<PathBuf> {
    let around = root.parent()?.ancestors().find(|folder| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.parse::<DocumentMut>().is_ok_and(|manifest| manifest.contains_key("workspace")))
    })?;
    let mut cargo = command::cargo();
    cargo.current_dir(around).args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let output = cargo.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    (!output.status.success() && said.contains("multiple workspace roots") && said.contains(root.to_str()?))
        .then(|| around.to_owned())
}

/// Puts the project under git, as `cargo new` does; not inside another repository, and not where git is missing.
fn begin_history(root: &Path) {
    let machine = Machine::here(root);
    let Some(git) = machine.find("git") else { return };
    let inside = machine.ask(&git, &["rev-parse", "--is-inside-work-tree"]).is_some();
    if !inside {
        // A project without a repository is as good: its user can make one.
        let _ = machine.command(&git).args(["init", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folders_that_cargo_and_shells_like() {
        for good in ["x", "shares", "a-b_c9", "some/where/shares", "/tmp/x1"] {
            assert!(name_of(Path::new(good)).is_ok(), "{good}");
        }
        let long = "a".repeat(MAX_NAME_BYTES + 1);
        for bad in ["", ".", "..", "/", "9lives", "Shares", "a b", "ä", "-x", "a.b", &long] {
            assert!(name_of(Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_readme_tells_what_comes_next() {
        let readme =
            "# X\n```console\n$ cargo dusk test\nPASS\n$ cargo dusk node\n$ ls\n$ cargo dusk a\n$ cargo dusk b\n";
        assert_eq!(first_commands(readme), ["cargo dusk test", "cargo dusk node", "cargo dusk a"]);
    }

    #[test]
    fn what_is_of_this_machine_is_ignored_once() {
        let mut ignored = "/target".to_owned();
        keep_to_this_machine(&mut ignored);
        assert_eq!(ignored, "/target\n/.cargo/config.toml\n");
        keep_to_this_machine(&mut ignored);
        assert_eq!(ignored.lines().count(), 2);
    }

    #[test]
    fn sources_for_all_machines_stand_in_the_project() {
        let mut contents = BTreeMap::from([("Cargo.toml".to_owned(), "[workspace]\n".to_owned())]);
        settle_source(&mut contents, &Source::Git("https://example.org/x".to_owned())).unwrap();
        assert!(contents["Cargo.toml"].contains("dusk-sdk = { git = \"https://example.org/x\" }"), "{contents:?}");
        settle_source(&mut contents, &Source::Registry).unwrap();
        assert!(contents[SETTINGS_FILE].contains("source = \"registry\""));
    }
}
