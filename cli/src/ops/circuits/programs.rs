//! The circuits of a project: found in programs that are made of its packages, and asked there.
//!
//! Keys and proofs are those of the circuits that ship ([`shipped`]). Circuits that only the tests of a package have
//! are found in its test program; they can be looked at, and have no keys. The values of a witness go through pipes
//! only.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use cargo_metadata::{Artifact as Compiled, Message};
use dusk_sdk_circuit::runner::{self, Answer, InputFault, Panicked};
use dusk_sdk_circuit::{Assignment, Layout, LayoutError};
use zeroize::Zeroizing;

use super::shipped::{self, Plan};
use super::witness::Witness;
use crate::error::{Fault, nearest};
use crate::figures::{count, listed};
use crate::ops::cargo::packages::Packages;
use crate::ops::cargo::{command, configuration, inputs};
use crate::ops::report::Report;

/// The most bytes that a program may print beside its answer.
const MAX_CHATTER_BYTES: usize = 1024 * 1024;

/// The circuits of a project.
#[derive(Debug, Default)]
pub(crate) struct Circuits {
    /// By name.
    all: BTreeMap<String, Circuit>,
    /// The local files that they were made from.
    pub(crate) sources: BTreeSet<PathBuf>,
}

/// A circuit in a program that answers for it.
#[derive(Debug, Clone)]
pub(crate) struct Circuit {
    /// Its name.
    pub(crate) name: String,
    /// The package that it is in.
    pub(crate) package: String,
    program: PathBuf,
    /// The request to the program.
    arguments: Vec<String>,
    /// The folder in which it runs.
    folder: PathBuf,
}

/// A circuit's description.
#[derive(Debug)]
pub(crate) struct Described {
    /// The documentation of its function.
    pub(crate) doc: String,
    /// The circuit.
    pub(crate) layout: Layout,
}

impl Circuits {
    /// Compiles the packages as they ship, and gathers their circuits. The compiler's messages go to stderr.
    ///
    /// # Errors
    /// A failure when they do not compile, a usage fault when two circuits have the same name, or one is another
    /// circuit in two contracts, or could be another in a contract than here.
    pub(crate) fn compile(root: &Path, plan: &Plan, report: &dyn Report) -> Result<Self> {
        let mut found = Self::default();
        if !plan.is_empty() {
            report.step("Compiling", &"the circuits");
        }
        for package in &plan.roots {
            let linked = shipped::link(root, package, plan, report)?;
            found.sources.extend(linked.sources);
            let circuits = list(&linked.program, root, package)?;
            let mut names = BTreeSet::new();
            for runner::Name { package: of, name } in circuits {
                plan.check(&of)?;
                let circuit = Circuit {
                    arguments: vec![runner::SERVE.to_owned(), of.clone(), name.clone()],
                    name,
                    package: of,
                    program: linked.program.clone(),
                    folder: root.to_owned(),
                };
                if !names.insert(circuit.name.clone()) {
                    return Err(same_name(&circuit.name, &circuit.package, &circuit.package));
                }
                found.add(circuit)?;
            }
        }
        Ok(found)
    }

    /// Adds a circuit. One that is there must be the same.
    fn add(&mut self, circuit: Circuit) -> Result<()> {
        let Some(other) = self.all.get(&circuit.name) else {
            self.all.insert(circuit.name.clone(), circuit);
            return Ok(());
        };
        if other.package != circuit.package {
            return Err(same_name(&circuit.name, &other.package, &circuit.package));
        }
        // Of two, the one that panics stays: a caller that needs its layout gets the panic.
        let Ok(known) = other.inspect()? else { return Ok(()) };
        let Ok(described) = circuit.inspect()? else {
            self.all.insert(circuit.name.clone(), circuit);
            return Ok(());
        };
        if known.layout.digest() != described.layout.digest() {
            return Err(Fault::usage(
                format!("two contracts are built with different circuits called `{}`", circuit.name),
                format!(
                    "select the same features of {} in both: keys and proofs are bound to the name",
                    circuit.package
                ),
            ));
        }
        Ok(())
    }

    /// Compiles the tests of the packages, and looks for circuits in them: also those that only tests have.
    ///
    /// # Errors
    /// As [`Circuits::compile`].
    pub(crate) fn of_tests(root: &Path, packages: &Packages, report: &dyn Report) -> Result<Self> {
        let mut found = Self::default();
        if packages.circuits.is_empty() {
            return Ok(found);
        }
        report.step("Compiling", &"the circuits of tests");
        let mut command = command::build(root, "test");
        command
            .args(["--no-run", "--lib"])
            .args(packages.circuits.iter().flat_map(|package| ["--package", package]))
            .args(configuration::native(root));
        let mut programs = Vec::new();
        let compiled = command::follow(&mut command, "compiling the circuits of tests", report, |message| {
            if let Message::CompilerArtifact(compiled) = message
                && inputs::is_local(&compiled)
            {
                found.sources.extend(inputs::sources_of(&compiled, root));
                if compiled.profile.test && compiled.executable.is_some() {
                    programs.push(compiled);
                }
            }
            Ok(())
        })?;
        if !compiled {
            let what = format!("the circuits in {} do not compile", packages.circuits.join(", "));
            return Err(Fault::failed(what, "see the messages above"));
        }
        for program in &programs {
            found.gather(program)?;
        }
        Ok(found)
    }

    /// Adds the circuits of a test program.
    fn gather(&mut self, compiled: &Compiled) -> Result<()> {
        let Some(program) = compiled.executable.clone().map(PathBuf::from) else { return Ok(()) };
        let folder: PathBuf = compiled.manifest_path.parent().context("a manifest has a folder")?.into();
        let output = Command::new(&program)
            .args(["--list", "--format", "terse"])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start {}", program.display()))?;
        for test in String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.strip_suffix(": test")) {
            let Some(name) = circuit_of(test) else { continue };
            let package = compiled.target.name.clone();
            let arguments = [test, "--exact", "--nocapture", "--test-threads", "1"];
            let circuit = Circuit {
                name: name.to_owned(),
                package: package.clone(),
                arguments: arguments.map(str::to_owned).into(),
                program: program.clone(),
                folder: folder.clone(),
            };
            if let Some(other) = self.all.insert(name.to_owned(), circuit) {
                return Err(same_name(name, &other.package, &package));
            }
        }
        Ok(())
    }

    /// Whether there is a circuit of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// All, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Circuit> {
        self.all.values()
    }

    /// The circuit of this name; the only one where none is named.
    ///
    /// # Errors
    /// A usage fault that says which there are.
    pub(crate) fn pick(&self, name: Option<&str>) -> Result<&Circuit> {
        let names = || self.all.keys().map(String::as_str);
        if self.all.is_empty() {
            return Err(Fault::usage(
                "the project has no circuits",
                "a circuit is a function with `#[circuit]` in a package that depends on dusk-sdk with the feature `zk`",
            ));
        }
        let Some(name) = name else {
            let mut all = self.all.values();
            return match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(Fault::usage("the project has several circuits", format!("name one of {}", listed(names())))),
            };
        };
        self.all.get(name).ok_or_else(|| {
            let hint = nearest(name, names()).map_or_else(
                || format!("the project has {}", listed(names())),
                |near| format!("did you mean `{near}`?"),
            );
            Fault::usage(format!("there is no circuit `{name}`"), hint)
        })
    }
}

/// The circuits of a program.
fn list(program: &Path, folder: &Path, package: &str) -> Result<Vec<runner::Name>> {
    let strange = |reason: &str| {
        Fault::failed(
            format!("the circuits of `{package}` give an unexpected answer: {reason}"),
            "use the SDK version of this cargo-dusk in the project, and build again",
        )
    };
    let output = Command::new(program)
        .arg(runner::LIST)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    match runner::read_frame(&output.stdout) {
        Ok(Answer::Circuits(names)) => Ok(names),
        Ok(_) => Err(strange("the answer does not match the request")),
        Err(reason) => Err(strange(&reason)),
    }
}

fn same_name(name: &str, one: &str, other: &str) -> anyhow::Error {
    Fault::usage(
        format!("two circuits are called `{name}`: one in {one}, one in {other}"),
        "rename one of the functions: keys and proofs are bound to the name",
    )
}

/// The name of the circuit whose test this is: `module::__circuit_NAME::serves`.
pub(crate) fn circuit_of(test: &str) -> Option<&str> {
    let module = test.strip_suffix(runner::TEST)?.strip_suffix("::")?;
    module.rsplit("::").next()?.strip_prefix(runner::TEST_MODULE)
}

impl Circuit {
    /// The circuit.
    ///
    /// # Errors
    /// A failure when its function panics, or makes a circuit that is too large to prove.
    pub(crate) fn describe(&self) -> Result<Described> {
        let described = self.describe_of_any_size()?;
        match described.layout.validate() {
            Ok(()) => exposes_its_inputs(described),
            Err(error @ LayoutError::TooLarge { .. }) => Err(Fault::failed(
                format!("`{}` is too large to prove: {error}", self.name),
                format!(
                    "`cargo dusk circuit profile {}` shows the rows of each region; split the circuit, or prove less \
                     at a time",
                    self.name
                ),
            )),
            Err(error) => Err(self.strange(&error.to_string())),
        }
    }

    /// The circuit, also if it is too large to prove.
    ///
    /// # Errors
    /// A failure when its function panics.
    pub(crate) fn describe_of_any_size(&self) -> Result<Described> {
        self.inspect()?.map_err(|panic| {
            Fault::failed(
                format!("the circuit `{}` cannot be built: its function panics: {panic}", self.name),
                "fix the function at that place: it must build the circuit for any values",
            )
        })
    }

    /// The circuit, also if it is too large to prove; or the panic of its function.
    ///
    /// # Errors
    /// A failure when its program does not answer as it should.
    pub(crate) fn inspect(&self) -> Result<Result<Described, Panicked>> {
        match self.ask("{\"layout\":{}}")? {
            Answer::Layout { doc, bytes } => {
                let layout =
                    Layout::from_bytes_of_any_size(&bytes).map_err(|error| self.strange(&error.to_string()))?;
                Ok(Ok(Described { doc, layout }))
            }
            Answer::Panicked(panic) => Ok(Err(panic)),
            Answer::Refused(fault) => Err(self.strange(&fault.to_string())),
            Answer::Assignment(_) | Answer::Circuits(_) => Err(self.strange("the answer does not match the request")),
        }
    }

    /// The assignment for a witness. Whether it satisfies the circuit is another question.
    ///
    /// # Errors
    /// A usage fault that names the input at fault; a failure where the circuit's function panics.
    pub(crate) fn assign(&self, layout: &Layout, witness: &Witness) -> Result<Assignment> {
        witness.check_names(&self.name, layout)?;
        let answer = self.ask(&witness.request())?;
        match answer {
            Answer::Assignment(assignment) => Ok(assignment),
            Answer::Refused(
                fault @ (InputFault::Missing { .. } | InputFault::Unknown { .. } | InputFault::Invalid { .. }),
            ) => Err(witness.refused(&self.name, &fault)),
            Answer::Refused(fault) => Err(Fault::failed(
                format!("cannot assign this witness to `{}`: {fault}", self.name),
                "the layout of a circuit must not depend on values: build both branches, and select between their \
                 results",
            )),
            Answer::Layout { .. } | Answer::Circuits(_) | Answer::Panicked(_) => {
                Err(self.strange("the answer does not match the request"))
            }
        }
    }

    fn ask(&self, request: &str) -> Result<Answer> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env(runner::VARIABLE, "serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read it gives no answer, which is told below.
            let _ = stdin.write_all(request.as_bytes());
        }
        let mut output = Zeroizing::new(Vec::new());
        let stdout = child.stdout.take().context("the circuit's output is piped")?;
        read_secret(stdout, &mut output).with_context(|| format!("cannot read the answer of `{}`", self.name))?;
        let status = child.wait().with_context(|| format!("cannot wait for `{}`", self.name))?;
        runner::read_frame(&output).map_err(|reason| {
            if status.success() {
                self.strange(&reason)
            } else {
                let message = format!("the circuit `{}` cannot be built: its function panics", self.name);
                Fault::failed(message, "see the message above")
            }
        })
    }

    fn strange(&self, reason: &str) -> anyhow::Error {
        let message = format!("the circuit `{}` gives an unexpected answer: {reason}", self.name);
        Fault::failed(message, "use the SDK version of this cargo-dusk in the project, and build again")
    }
}

/// The same, where a contract can verify its proofs: it gives the verifier the public inputs alone.
fn exposes_its_inputs(described: Described) -> Result<Described> {
    let layout = &described.layout;
    let Some(elements) = layout.unlike_public_inputs() else { return Ok(described) };
    Err(Fault::failed(
        format!(
            "`{}` exposes {}, not exactly the {elements} of its public inputs: a contract would refuse every proof",
            layout.name,
            count(layout.public_rows.len(), "value")
        ),
        "declare the exposed value as a `#[public]` input, constrain it with `assert_eq`, and remove `expose`",
    ))
}

/// Reads all that comes, within bounds, and leaves no copies behind where the buffer grows.
fn read_secret(mut from: impl Read, into: &mut Zeroizing<Vec<u8>>) -> std::io::Result<()> {
    const MAX_BYTES: usize = runner::MAX_ANSWER_BYTES + MAX_CHATTER_BYTES;
    let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let count = match from.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let length = into.len() + count;
        if length > MAX_BYTES {
            return Err(std::io::Error::other(format!("it is longer than {MAX_BYTES} bytes")));
        }
        if length > into.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity((2 * length).min(MAX_BYTES)));
            larger.extend_from_slice(into);
            *into = larger;
        }
        into.extend_from_slice(&chunk[..count]);
    }
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::{ConstraintSystem, Field};

    use super::*;

    #[test]
    fn tests_of_circuits_are_told_from_others() {
        assert_eq!(circuit_of("__circuit_eligible::serves"), Some("eligible"));
        assert_eq!(circuit_of("deep::module::__circuit_a_b::serves"), Some("a_b"));
        for other in
            ["serves", "__circuit_x", "__circuit_x::other", "circuit_x::serves", "x::serves", "__circuit_x::observes"]
        {
            assert_eq!(circuit_of(other), None, "{other}");
        }
    }

    #[test]
    fn answers_are_read_whole_and_within_bounds() {
        let mut read = Zeroizing::new(Vec::new());
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        read_secret(bytes.as_slice(), &mut read).unwrap();
        assert!(*read == bytes);
        let mut read = Zeroizing::new(Vec::new());
        assert!(read_secret(std::io::repeat(1), &mut read).is_err());
    }

    #[test]
    fn a_circuit_exposes_its_public_inputs_and_nothing_else() {
        let described = |exposes_more: bool, is_turned: bool| {
            let mut cs = ConstraintSystem::new("shown");
            let both = cs.private::<[Field; 2]>("both", None);
            if is_turned {
                cs.expose(both[1].wire());
            }
            let shown = cs.public::<Field>("shown", None);
            if exposes_more {
                cs.expose(both[0].wire());
            }
            shown.assert_eq(&mut cs, "sum", both[0]);
            exposes_its_inputs(Described { doc: String::new(), layout: cs.finish().0 }).map_err(|it| it.to_string())
        };
        assert!(described(false, false).is_ok());
        for (exposes_more, is_turned) in [(true, false), (false, true)] {
            let told = described(exposes_more, is_turned).unwrap_err();
            assert!(told.contains("`shown` exposes 2 values, not exactly the 1 of its public inputs"), "{told}");
        }
    }

    #[test]
    fn a_circuit_is_named_or_alone() {
        let circuit = |name: &str| Circuit {
            name: name.to_owned(),
            package: "circuits".to_owned(),
            program: PathBuf::new(),
            arguments: Vec::new(),
            folder: PathBuf::new(),
        };
        let circuits = |names: &[&str]| Circuits {
            all: names.iter().map(|name| ((*name).to_owned(), circuit(name))).collect(),
            sources: BTreeSet::new(),
        };
        assert_eq!(circuits(&["a"]).pick(None).unwrap().name, "a");
        assert_eq!(circuits(&["a", "b"]).pick(Some("b")).unwrap().name, "b");
        assert!(circuits(&[]).pick(None).unwrap_err().to_string().contains("no circuits"));
        assert!(circuits(&["a", "b"]).pick(None).unwrap_err().to_string().contains("several"));
        assert!(circuits(&["eligible"]).pick(Some("eligable")).unwrap_err().to_string().contains("`eligable`"));
    }
}
