//! The workflow that `new` writes, run as a runner runs it, and the one that makes the release which it installs.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::book::root;
use crate::support::{PROGRAM, Place, Ran, says, turn};

/// Where the workflow is in a project.
const FILE: &str = ".github/workflows/ci.yml";
/// Where the workflow of releases is.
const RELEASE: &str = ".github/workflows/release.yml";
/// The actions from elsewhere that workflows use.
const ACTIONS: [&str; 6] = [
    "actions/checkout@v4",
    "actions/cache@v4",
    "actions/cache/restore@v4",
    "actions/cache/save@v4",
    "actions/upload-artifact@v4",
    "actions/download-artifact@v4",
];
/// The condition of steps that follow a cold cache. There is no cache here.
const COLD: &str = "steps.tool.outputs.cache-hit != 'true'";

/// A step that runs commands.
struct Step {
    name: String,
    script: String,
}

fn workflow(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// The steps of a job that run commands. The others are known actions.
fn steps(job: &Value) -> Vec<Step> {
    let mut steps = Vec::new();
    for step in job["steps"].as_array().expect("a job has steps") {
        assert!(step["if"].is_null() || step["if"] == COLD, "{step}");
        match step["run"].as_str() {
            Some(script) => {
                let name = step["name"].as_str().unwrap_or(script).to_owned();
                steps.push(Step { name, script: script.to_owned() });
            }
            None => assert!(step["uses"].as_str().is_some_and(|action| ACTIONS.contains(&action)), "{step}"),
        }
    }
    steps
}

/// The steps of the one job of a project's workflow.
fn steps_of_project(place: &Place) -> Vec<Step> {
    let steps = steps(&workflow(&place.read(FILE))["jobs"]["test"]);
    assert_eq!(steps[0].name, "Install cargo dusk");
    steps
}

/// A runner: a home in which there is nothing but cargo's registry, and a repository to install from.
struct Runner {
    folder: tempfile::TempDir,
    cargo_home: PathBuf,
    repository: String,
    revision: String,
}

impl Runner {
    fn new(place: &Place, repository: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".cargo")).unwrap();
        // Crates that this machine has are not downloaded again, so that the test runs without the network.
        symlink(cargo_home().join("registry"), folder.path().join(".cargo/registry")).unwrap();
        let environment = &workflow(&place.read(FILE))["env"];
        assert_eq!(environment["CARGO_DUSK_REPOSITORY"], "https://example.org/cargo-dusk");
        let revision = environment["CARGO_DUSK_REVISION"].as_str().unwrap().to_owned();
        let cargo_home = folder.path().join(".cargo");
        Self { folder, cargo_home, repository: repository.to_owned(), revision }
    }

    /// With cargo's folder of this machine, where crates have the paths under which other tests have compiled them.
    fn with_compiled_crates(self) -> Self {
        Self { cargo_home: cargo_home(), ..self }
    }

    /// Runs a step in the project, with the shell that GitHub takes.
    fn run(&self, place: &Place, step: &Step) -> Ran {
        let mut command = place.command("bash");
        let bin = self.folder.path().join(".cargo/bin");
        let path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
        for variable in ["CARGO_DUSK_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(variable);
        }
        command
            .args(["-e", "-c", &step.script])
            .env("PATH", std::env::join_paths([bin].into_iter().chain(path)).unwrap())
            .env("HOME", self.folder.path())
            .env("CARGO_HOME", &self.cargo_home)
            // A runner has rustup with the stable toolchain.
            .env("RUSTUP_HOME", rustup_home())
            .env("CARGO_DUSK_REPOSITORY", &self.repository)
            .env("CARGO_DUSK_REVISION", &self.revision);
        place.ran(&mut command)
    }

    fn installed(&self) -> PathBuf {
        self.folder.path().join(".cargo/bin/cargo-dusk")
    }
}

fn home() -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").expect("there is a home"))
}

fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), PathBuf::from)
}

fn rustup_home() -> PathBuf {
    std::env::var_os("RUSTUP_HOME").map_or_else(|| home().join(".rustup"), PathBuf::from)
}

fn host() -> String {
    let output = Command::new("rustc").args(["--print", "host-tuple"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes a release of the program under test, as the workflow of releases packs it, where GitHub would serve it.
fn release(place: &Place, repository: &Path, revision: &str) -> PathBuf {
    let (text, target) = (fs::read_to_string(root().join(RELEASE)).unwrap(), host());
    let job = &workflow(&text)["jobs"]["programs"];
    let pack = steps(job).into_iter().find(|step| step.name == "Pack").expect("programs are packed");
    let built = repository.join("target").join(&target).join("dist");
    fs::create_dir_all(&built).unwrap();
    symlink(PROGRAM, built.join("cargo-dusk")).unwrap();
    for file in ["LICENSE", "README.md"] {
        fs::copy(root().join(file), repository.join(file)).unwrap();
    }
    let mut command = place.command("bash");
    command.current_dir(repository).args(["-e", "-c", &pack.script]).env("TARGET", &target);
    // The link's content, and quickly.
    command.env("TAR_OPTIONS", "--dereference").env("GZIP", "-1");
    place.ran(&mut command).exits(0);

    let served = repository.join("releases/download").join(revision);
    fs::create_dir_all(&served).unwrap();
    let archive = format!("cargo-dusk-{target}.tar.gz");
    for file in [archive.clone(), format!("{archive}.sha256")] {
        fs::rename(repository.join(&file), served.join(&file)).unwrap();
    }
    served.join(archive)
}

#[test]
fn the_workflow_of_a_new_project_runs_in_a_clean_home() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "tried"]).exits(0);
    place.enter("tried");
    let repository = tempfile::tempdir().unwrap();
    let runner = Runner::new(&place, &format!("file://{}", repository.path().display())).with_compiled_crates();
    let archive = release(&place, repository.path(), &runner.revision);

    // A clone does not have this file.
    fs::remove_file(place.at.join(".cargo/config.toml")).unwrap();
    for step in steps_of_project(&place) {
        let ran = runner.run(&place, &step);
        assert_eq!(ran.code, Some(0), "{}\n{}", step.name, ran.all());
        assert!(runner.installed().exists(), "the first step installs the command, and the others use it");
    }

    // An archive that is not the release's is not installed.
    fs::remove_file(runner.installed()).unwrap();
    fs::write(&archive, "another").unwrap();
    let refused = runner.run(&place, &steps_of_project(&place)[0]);
    assert!(refused.code != Some(0) && refused.stdout.contains("FAILED"), "{}", refused.all());
    assert!(!runner.installed().exists());
}

#[test]
fn without_a_release_the_workflow_builds_the_revision() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "tried"]).exits(0);
    place.enter("tried");

    // A small workspace stands for this one, in which the command is a member, too.
    let sources = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = sources.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"cli\"]\n");
    write("cli/Cargo.toml", "[package]\nname = \"cargo-dusk\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    let git = |arguments: &[&str]| {
        let mut git = place.command("git");
        git.current_dir(sources.path()).args(["-c", "user.name=you", "-c", "user.email=you@example.org"]);
        place.ran(git.args(arguments)).exits(0)
    };
    git(&["init", "--quiet"]);
    let commit = |text: &str| {
        write("cli/src/main.rs", &format!("fn main() {{ println!(\"{text}\"); }}\n"));
        place.ran(place.command("cargo").current_dir(sources.path()).args(["generate-lockfile", "--offline"])).exits(0);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", text]);
        git(&["rev-parse", "HEAD"]).stdout.trim().to_owned()
    };
    let pinned = commit("the pinned one");
    git(&["tag", "v0.1.0"]);
    commit("a later one");

    for revision in [pinned.as_str(), "v0.1.0"] {
        let mut runner = Runner::new(&place, "file:///nowhere/cargo-dusk");
        revision.clone_into(&mut runner.revision);
        // There is no release at this address, and git takes the folder in its place.
        let config = format!("[url \"file://{}\"]\n\tinsteadOf = {}\n", sources.path().display(), runner.repository);
        fs::write(runner.folder.path().join(".gitconfig"), config).unwrap();
        let ran = runner.run(&place, &steps_of_project(&place)[0]).exits(0);
        assert!(ran.stderr.contains("Installing"), "{}", ran.all());
        let said = Command::new(runner.installed()).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), "the pinned one\n", "{revision}");
    }
}

#[test]
#[ignore = "compiles the command, which takes ten minutes"]
fn without_a_release_the_workflow_builds_this_clone() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "tried"]).exits(0);
    place.enter("tried");
    let runner = Runner::new(&place, &format!("file://{}", root().canonicalize().unwrap().display()));
    let mut steps = steps_of_project(&place).into_iter();
    let ran = runner.run(&place, &steps.next().unwrap()).exits(0);
    assert!(ran.stderr.contains("Installing") && runner.installed().exists(), "{}", ran.all());
    for step in steps {
        let ran = runner.run(&place, &step);
        assert_eq!(ran.code, Some(0), "{}\n{}", step.name, ran.all());
    }
}

#[test]
fn a_workflow_without_a_repository_says_so() {
    let mut place = Place::new();
    place.dusk(&["new", "tried"]).exits(0);
    place.enter("tried");
    let runner = Runner::new(&place, "");
    let refused = runner.run(&place, &steps_of_project(&place)[0]);
    assert!(
        refused.code != Some(0) && refused.stderr.contains("name the repository of cargo-dusk"),
        "{}",
        refused.all()
    );
}

#[test]
fn new_warns_of_an_address_that_no_runner_reaches() {
    let place = Place::new();
    let address = "file:///home/you/cargo-dusk";
    let made = place.ran(place.command(PROGRAM).args(["new", "tried"]).env("CARGO_DUSK_REPOSITORY", address)).exits(0);
    says(&made, &["comes from file:///home/you/cargo-dusk, which CI cannot reach", FILE]);
    assert_eq!(workflow(&place.read(&format!("tried/{FILE}")))["env"]["CARGO_DUSK_REPOSITORY"], address);
}

#[test]
fn a_release_has_programs_for_linux_and_macos_and_publishes_the_packages() {
    let text = fs::read_to_string(root().join(RELEASE)).unwrap();
    let release = workflow(&text);
    assert_eq!(release["on"]["push"]["tags"][0], "v*");
    let jobs = release["jobs"].as_object().unwrap();
    let targets = jobs["programs"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let targets: Vec<_> = targets.iter().map(|entry| entry["target"].as_str().unwrap()).collect();
    let processors = ["x86_64", "aarch64"];
    let wanted = ["unknown-linux-gnu", "apple-darwin"].map(|system| processors.map(|it| format!("{it}-{system}")));
    assert_eq!(targets, wanted.concat());

    let mut scripts = String::new();
    for (name, job) in jobs {
        for needed in [&job["needs"]].into_iter().filter_map(|needed| needed.as_str()) {
            assert!(jobs.contains_key(needed), "{name} needs {needed}");
        }
        for step in steps(job) {
            let checked = Command::new("bash").args(["-n", "-c", &step.script]).output().unwrap();
            assert!(checked.status.success(), "{}: {}", step.name, String::from_utf8_lossy(&checked.stderr));
            scripts.push_str(&step.script);
            scripts.push('\n');
        }
    }
    assert!(scripts.contains("\ncargo publish --workspace --locked\n"), "{scripts}");
}
