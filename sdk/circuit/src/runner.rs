//! The protocol by which a tool uses circuits that are compiled into another program: the tool writes a request to the
//! program's standard input, and reads the answer from its standard output.
//!
//! There are two such programs. For circuits that ship, [`main`] runs the program. `cargo dusk` links it from the
//! project's libraries, compiled as for the contracts: without `cfg(test)`, without debug assertions, with the
//! contracts' features. `#[circuit]` registers each circuit in it. Keys and proofs are made for these circuits.
//!
//! For circuits that exist only in tests, `#[circuit]` adds a test named `__circuit_<name>::serves` to the package. By
//! default it tests that the circuit can be built. With [`VARIABLE`] set, it answers like the other program.
//!
//! The request is one [`Request`] as JSON. The answer is one frame: [`MARK`], a space, the length in decimal, a line
//! feed, and that many bytes of an [`Answer`]. Therefore an assignment is never written to a disk.

extern crate std;

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::io::{Read, Write};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::assignment::Assignment;
use crate::circuit::{Circuit, assign, layout};
use crate::exact::Exact;
pub use crate::exact::Members;
use crate::layout::{Layout, Place};

/// The environment variable that makes the test answer a request.
pub const VARIABLE: &str = "DUSK_CIRCUIT";
/// The first word of a frame.
pub const MARK: &str = "dusk-circuit";
/// The name of the test in the module of a circuit.
pub const TEST: &str = "serves";
/// The prefix of the name of the module with a circuit's test.
pub const TEST_MODULE: &str = "__circuit_";
/// The argument that makes a program with [`main`] list its circuits.
pub const LIST: &str = "list";
/// The argument that makes it answer a request; package and name of the circuit follow.
pub const SERVE: &str = "serve";
/// The maximum size of an answer.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The maximum size of a request.
pub const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// The exit code of a program that answered with a panic, as of one that ends by it.
const PANICKED: i32 = 101;

/// All inputs of a circuit by name, public and private together, as substrings of the request. Secrets in them are not
/// copied.
pub type Inputs<'a> = BTreeMap<String, &'a RawValue>;

/// A request to a circuit.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Request<'a> {
    /// Its layout.
    Layout {},
    /// The assignment for these inputs.
    Witness {
        /// All inputs by name.
        #[serde(borrow)]
        inputs: Inputs<'a>,
    },
}

impl core::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Layout {} => f.write_str("Layout"),
            Self::Witness { inputs } => write!(f, "Witness({} inputs)", inputs.len()),
        }
    }
}

/// The answer of a circuit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The layout.
    Layout {
        /// The documentation of the circuit's function.
        doc: String,
        /// [`Layout::to_bytes`].
        bytes: Vec<u8>,
    },
    /// The assignment. The tool checks whether it satisfies the circuit.
    Assignment(Assignment),
    /// The inputs are invalid.
    Refused(InputFault),
    /// The circuits of a program.
    Circuits(Vec<Name>),
    /// The circuit's function panics, so there is no layout.
    Panicked(Panicked),
}

/// The panic of a circuit's function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panicked {
    /// Its message.
    pub message: String,
    /// The place of the call that panicked; `None` if the compiler did not note it.
    pub place: Option<Place>,
}

impl From<&PanicHookInfo<'_>> for Panicked {
    fn from(panic: &PanicHookInfo<'_>) -> Self {
        let place =
            |at: &std::panic::Location<'_>| Place { file: at.file().to_owned(), line: at.line(), column: at.column() };
        Self {
            message: panic.payload_as_str().unwrap_or("a panic without a text").to_owned(),
            place: panic.location().map(place),
        }
    }
}

impl core::fmt::Display for Panicked {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, " (at {place})"))
    }
}

/// The name of a circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// Its package.
    pub package: String,
    /// Its name.
    pub name: String,
}

/// The reason why inputs are invalid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum InputFault {
    /// An input is missing.
    #[error("the input `{name}` ({kind}) is missing")]
    Missing {
        /// Its name.
        name: String,
        /// Its type.
        kind: String,
    },
    /// There is no such input.
    #[error("the circuit has no input `{name}`; it has {}", list(.known))]
    Unknown {
        /// The given name.
        name: String,
        /// The existing names.
        known: Vec<String>,
    },
    /// A value does not fit its type.
    #[error("the input `{name}` is not a {kind}: {reason}")]
    Invalid {
        /// Its name.
        name: String,
        /// Its type.
        kind: String,
        /// The reason.
        reason: String,
    },
    /// The circuit cannot be built for the inputs, or the request cannot be read.
    #[error("{0}")]
    Other(String),
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| alloc::format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Answers a request for the circuit `C`.
#[must_use]
pub fn answer<C: Circuit>(request: Request<'_>) -> Answer {
    let layout = layout::<C>();
    match request {
        Request::Layout {} => Answer::Layout { doc: C::DOC.to_owned(), bytes: layout.to_bytes() },
        Request::Witness { inputs } => match assignment_for::<C>(&layout, inputs) {
            Ok(assignment) => Answer::Assignment(assignment),
            Err(fault) => Answer::Refused(fault),
        },
    }
}

fn assignment_for<C: Circuit>(layout: &Layout, inputs: Inputs<'_>) -> Result<Assignment, InputFault> {
    let (public, private) = read::<C>(layout, inputs)?;
    assign::<C>(layout, &public, &private).map_err(|error| InputFault::Other(error.to_string()))
}

/// Reads the inputs of a circuit by name. Whole numbers may also be strings, because many programs cannot write large
/// numbers.
///
/// # Errors
/// [`InputFault`], which names the input. It does not repeat the value of a private one.
pub fn read<C: Circuit>(layout: &Layout, mut inputs: Inputs<'_>) -> Result<(C::Public, C::Private), InputFault> {
    let length: usize = inputs.iter().map(|(name, value)| name.len() + value.get().len() + 4).sum();
    // Sufficient capacity from the start: growing would leave copies.
    let mut texts = [true, false].map(|_| Zeroizing::new(String::with_capacity(length + 2)));
    for input in &layout.inputs {
        let value = inputs
            .remove(&input.name)
            .ok_or_else(|| InputFault::Missing { name: input.name.clone(), kind: input.kind.clone() })?;
        let text = &mut texts[usize::from(!input.public)];
        let begin = if text.is_empty() { '{' } else { ',' };
        text.push(begin);
        [r#"""#, &input.name, r#"":"#].iter().for_each(|part| text.push_str(part));
        let written = value.get();
        let digits = written.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(written);
        let whole = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if is_numeric(&input.kind) && !input.kind.starts_with('[') && !whole {
            let (name, kind) = (input.name.clone(), input.kind.clone());
            return Err(InputFault::Invalid { name, kind, reason: "expected a whole number".to_owned() });
        }
        text.push_str(written);
    }
    if let Some((name, _)) = inputs.into_iter().next() {
        return Err(InputFault::Unknown { name, known: layout.inputs.iter().map(|it| it.name.clone()).collect() });
    }
    let [public, private] = &mut texts;
    for text in [&mut *public, &mut *private] {
        let end = if text.is_empty() { "{}" } else { "}" };
        text.push_str(end);
    }
    Ok((decode(layout, public)?, decode(layout, private)?))
}

/// Whether this type is a Rust integer type, or an array of one. A user's type may be called `U256`.
#[must_use]
pub fn is_numeric(kind: &str) -> bool {
    let element = kind.trim_start_matches('[').split(';').next().unwrap_or_default();
    matches!(element, "U8" | "U16" | "U32" | "U64" | "U128")
}

/// Reads a struct of inputs; an error names the invalid member.
fn decode<T: serde::de::DeserializeOwned>(layout: &Layout, members: &str) -> Result<T, InputFault> {
    let json = Exact::new(members).map_err(|error| InputFault::Other(discreet(&error.to_string()).into_owned()))?;
    serde_path_to_error::deserialize(json).map_err(|error| {
        let path = error.path().to_string();
        let told = error.inner().to_string();
        // Line and column refer to the text that was assembled here.
        let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(reason, _)| reason);
        let name = path.split(['.', '[']).next().unwrap_or_default();
        match layout.inputs.iter().find(|input| input.name == name) {
            Some(input) => {
                let reason = if input.public { told.into() } else { discreet(told) };
                InputFault::Invalid { name: path, kind: input.kind.clone(), reason: reason.into_owned() }
            }
            None => InputFault::Other(discreet(told).into_owned()),
        }
    })
}

/// A decoder's message without the unexpected value: `invalid type: string "secret", expected u64`.
fn discreet(told: &str) -> Cow<'_, str> {
    let repeats = ["invalid value: ", "invalid type: "].iter().any(|begin| told.starts_with(begin));
    match told.rsplit_once(", expected ") {
        Some((_, expected)) if repeats => alloc::format!("expected {expected}").into(),
        _ => told.into(),
    }
}

/// Encodes an answer as a frame.
///
/// # Panics
/// Never: every answer can be encoded.
#[must_use]
pub fn frame(answer: &Answer) -> Vec<u8> {
    let bytes = Zeroizing::new(postcard::to_allocvec(answer).expect("answers can be written"));
    let mut frame = alloc::format!("\n{MARK} {}\n", bytes.len()).into_bytes();
    frame.extend_from_slice(&bytes);
    frame
}

/// Finds the frame in the output of a program.
///
/// # Errors
/// A description of the fault in the output.
pub fn read_frame(output: &[u8]) -> Result<Answer, String> {
    let mark = alloc::format!("\n{MARK} ");
    let begin = output.windows(mark.len()).position(|window| window == mark.as_bytes()).ok_or("it gave no answer")?;
    let rest = &output[begin + mark.len()..];
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or("its answer breaks off")?;
    let length = core::str::from_utf8(&rest[..end]).ok().and_then(|text| text.parse::<usize>().ok());
    let length = length.filter(|length| *length <= MAX_ANSWER_BYTES).ok_or("its answer has no length")?;
    let bytes = rest[end + 1..].get(..length).ok_or("its answer breaks off")?;
    postcard::from_bytes(bytes).map_err(|error| alloc::format!("its answer cannot be read: {error}"))
}

/// The body of a circuit's test. It answers a tool's request. Without one, it checks that the circuit can be built, and
/// that the order of its exposed inputs is that of the verifier's encoding.
///
/// # Panics
/// If the circuit cannot be built, or the tool does not read the answer.
pub fn serve<C: Circuit>() {
    if std::env::var_os(VARIABLE).is_none() {
        let layout = layout::<C>();
        assert!(layout.rows.len() <= crate::MAX_ROWS, "{} has more than {} rows", C::NAME, crate::MAX_ROWS);
        assert_eq!(layout.unlike_public_inputs(), None, "{} exposes values that are not public inputs", C::NAME);
        return;
    }
    tell(&answer_stdin(answer::<C>));
}

/// A circuit in this program.
struct Registered {
    package: &'static str,
    name: &'static str,
    answer: fn(Request<'_>) -> Answer,
}

/// The circuits of this program, registered before its `main`.
static REGISTERED: Mutex<Vec<Registered>> = Mutex::new(Vec::new());

/// Registers a circuit of a package in this program.
pub fn register<C: Circuit>(package: &'static str) {
    let circuit = Registered { package, name: C::NAME, answer: answer::<C> };
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner).push(circuit);
}

/// Registers a circuit at the start of its program.
#[doc(hidden)]
#[macro_export]
macro_rules! __register_circuit {
    ($circuit:ty) => {
        const _: () = {
            extern "C" fn register() {
                $crate::runner::register::<$circuit>(::core::env!("CARGO_PKG_NAME"));
            }

            // Elsewhere the section is called something else, and a program would have no circuits.
            #[cfg(not(unix))]
            ::core::compile_error!(
                "circuits are described by a program that Linux and macOS can start; on Windows, build in WSL"
            );

            // SAFETY: the function in this section runs once, before `main`, with the C calling convention; it only
            // adds to a list.
            #[used]
            #[cfg_attr(all(unix, not(target_vendor = "apple")), unsafe(link_section = ".init_array"))]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
            static REGISTER: extern "C" fn() = register;
        };
    };
}

/// The `main` function of a program with circuits: it lists them, or answers one request.
///
/// # Panics
/// If the arguments are unknown, a circuit cannot be built for a witness, or the tool does not read the answer.
pub fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let circuits = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = match arguments.as_slice() {
        [LIST] => {
            let name = |it: &Registered| Name { package: it.package.to_owned(), name: it.name.to_owned() };
            Answer::Circuits(circuits.iter().map(name).collect())
        }
        [SERVE, package, name] => match circuits.iter().find(|it| (it.package, it.name) == (*package, *name)) {
            Some(circuit) => answer_stdin(circuit.answer),
            None => Answer::Refused(InputFault::Other(alloc::format!("there is no circuit `{name}` of {package}"))),
        },
        other => Answer::Refused(InputFault::Other(alloc::format!("{other:?} is not a request"))),
    };
    tell(&answer);
}

/// Reads a request and answers it.
fn answer_stdin(answer: fn(Request<'_>) -> Answer) -> Answer {
    let mut text = Zeroizing::new(String::new());
    let limit = MAX_REQUEST_BYTES as u64;
    let read = std::io::stdin().take(limit).read_to_string(&mut text);
    let request = read
        .map_err(|error| error.to_string())
        .and_then(|_| serde_json::from_str::<Request<'_>>(&text).map_err(|error| error.to_string()));
    match request {
        Ok(request) => {
            // A layout depends on no values, so a panic on the way to it has nothing to hide.
            if matches!(request, Request::Layout {}) {
                answer_panics();
            }
            answer(request)
        }
        Err(error) => Answer::Refused(InputFault::Other(alloc::format!("the request cannot be read: {error}"))),
    }
}

/// Makes this program answer with the next panic and end, also where panics abort.
fn answer_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            usual(panic);
        }
        tell(&Answer::Panicked(panic.into()));
        std::process::exit(PANICKED);
    }));
}

fn tell(answer: &Answer) {
    let frame = Zeroizing::new(frame(answer));
    let mut output = std::io::stdout().lock();
    output.write_all(&frame).and_then(|()| output.flush()).expect("the tool reads the answer");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_known_by_their_type() {
        for kind in ["U8", "U64", "U128", "[U64; 4]", "[[U16; 2]; 3]"] {
            assert!(is_numeric(kind), "{kind}");
        }
        for kind in ["U", "Unsigned<20>", "Field", "[Field; 4]", "Update", "U256", "U7", "[U256; 2]"] {
            assert!(!is_numeric(kind), "{kind}");
        }
    }

    #[test]
    fn secrets_are_not_repeated() {
        assert_eq!(discreet("invalid type: string \"4, expected 2\", expected u64"), "expected u64");
        assert_eq!(discreet("invalid value: integer `300`, expected u8"), "expected u8");
        assert_eq!(discreet("the point is not on the curve"), "the point is not on the curve");
        assert_eq!(discreet("missing field `salt`"), "missing field `salt`");
    }
}
