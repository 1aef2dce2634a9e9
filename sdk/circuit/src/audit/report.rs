//! The result of an audit, for programs and readers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::check::{REVEAL_VARIABLE, Revealed, reveals, short};
use crate::layout::{Place, Wire};
use crate::native;
use crate::one_line::OneLine;

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The name of the circuit.
    pub circuit: String,
    /// The number of wires that the constraints and the inputs determine. Inputs are not counted.
    pub determined: usize,
    /// The number of wires with harmless choices: a prover may choose them, but provably nothing depends on the choice.
    pub choices: usize,
    /// The wires without a proof that they are determined: those of the findings, and those that depend on them.
    pub undetermined: Vec<Wire>,
    /// The faults, and the possible faults.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything is proved to be determined: for the same inputs there is no other assignment, except for
    /// harmless choices.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Shows values of the witness only if [`REVEAL_VARIABLE`] requests them, or as [`Revealed`].
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, reveals())
    }
}

impl fmt::Display for Revealed<'_, Report> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, true)
    }
}

impl Report {
    fn write(&self, f: &mut fmt::Formatter<'_>, reveal: bool) -> fmt::Result {
        write!(f, "{}: ", OneLine(&self.circuit))?;
        if self.clean() {
            write!(f, "clean; the inputs determine all {} wires", self.determined + self.choices)?;
            if self.choices > 0 {
                write!(f, ", except for harmless choices on {}", self.choices)?;
            }
            return Ok(());
        }
        let s = |count: usize| if count == 1 { "" } else { "s" };
        write!(f, "{} finding{}; ", self.findings.len(), s(self.findings.len()))?;
        write!(
            f,
            "{} wire{} determined, {} not known to be",
            self.determined,
            s(self.determined),
            self.undetermined.len()
        )?;
        self.findings.iter().try_for_each(|finding| {
            f.write_str("\n\n")?;
            finding.write(f, reveal)
        })
    }
}

/// A fault or a possible fault. It contains all wires of one constraint with the same kind of fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of fault.
    pub kind: FindingKind,
    /// The name of the constraint that first uses the wires. For an unused input it is the input's name; for a circuit
    /// that states nothing, the circuit's.
    pub name: String,
    /// The names of the enclosing regions, outermost first.
    pub path: Vec<String>,
    /// The place in the source that adds the constraint.
    pub place: Option<Place>,
    /// The first row that uses one of the wires.
    pub row: Option<usize>,
    /// The wires.
    pub wires: Vec<Wire>,
    /// The number of further wires that are determined if these are.
    pub dependents: usize,
}

/// A wire with two values that satisfy the circuit for the same inputs, so that a prover can choose. It is as secret as
/// the witness, and `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// The wire.
    pub wire: Wire,
    /// Its value in the assignment of the witness.
    pub value: native::Field,
    /// Its value in another assignment, in which other wires may differ as well.
    pub other: native::Field,
}

impl fmt::Debug for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counterexample({})", self.wire.index())
    }
}

/// The kind of fault of some wires.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// No rule proves that they are determined.
    Unknown,
    /// They are under-constrained: one of them has another value with which all constraints hold for the same inputs.
    UnderConstrained(Counterexample),
    /// They are used as a point, and no constraint puts them on the curve.
    OffCurve,
    /// They are an input point on the curve, and no constraint puts it into the subgroup of prime order.
    OutsideSubgroup,
    /// They are a private input that no constraint restricts, except those of its type. The circuit may compute values
    /// from it that nothing uses.
    Unused,
    /// They are a part of a private input with this number of elements. No constraint restricts that part, except those
    /// of its type.
    PartlyUnused(usize),
    /// They are the digits of a scalar, and several scalars give its multiple of a fixed point. A prover who knows one
    /// scalar can also use the others, and has as many nullifiers.
    Aliased,
    /// The circuit constrains only the types of its inputs.
    Nothing,
}

/// Shows values of the witness only if [`REVEAL_VARIABLE`] requests them, or as [`Revealed`].
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, reveals())
    }
}

impl fmt::Display for Revealed<'_, Finding> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, true)
    }
}

impl Finding {
    fn write(&self, f: &mut fmt::Formatter<'_>, reveal: bool) -> fmt::Result {
        let title = match self.kind {
            FindingKind::Unknown => "unknown",
            FindingKind::UnderConstrained(_) => "under-constrained",
            FindingKind::OffCurve => "off the curve",
            FindingKind::OutsideSubgroup => "outside the subgroup",
            FindingKind::Unused | FindingKind::PartlyUnused(_) => "unused",
            FindingKind::Aliased => "several scalars",
            FindingKind::Nothing => "empty",
        };
        write!(f, "{title}: ")?;
        self.path.iter().try_for_each(|name| write!(f, "{} / ", OneLine(name)))?;
        write!(f, "{}", OneLine(&self.name))?;
        if let (Some(place), Some(row)) = (&self.place, self.row) {
            write!(f, " ({place}, row {row})")?;
        }
        let (count, s) = (self.wires.len(), if self.wires.len() == 1 { "" } else { "s" });
        match &self.kind {
            FindingKind::Unknown => write!(f, "\n  no rule says that the inputs determine {count} wire{s} of it")?,
            FindingKind::UnderConstrained(Counterexample { wire, value, other }) if reveal => {
                let (wire, value, other) = (wire.index(), short(value), short(other));
                write!(
                    f,
                    "\n  for the same inputs all constraints hold with {value} on wire {wire}, and with {other}"
                )?;
            }
            FindingKind::UnderConstrained(Counterexample { wire, .. }) => write!(
                f,
                "\n  for the same inputs all constraints hold with another value on wire {}, too ({REVEAL_VARIABLE}=1 shows both)",
                wire.index()
            )?,
            FindingKind::OffCurve => write!(f, "\n  it adds a pair that no constraint puts on the curve")?,
            FindingKind::OutsideSubgroup => {
                write!(f, "\n  no constraint puts this input into the subgroup of prime order")?;
            }
            FindingKind::Unused => {
                write!(f, "\n  no constraint depends on this private input: a proof says nothing of it")?;
            }
            FindingKind::PartlyUnused(of) => write!(
                f,
                "\n  no constraint depends on {count} of the {of} elements of this private input: a proof says nothing of them"
            )?,
            FindingKind::Aliased => write!(
                f,
                "\n  the digits of this multiple may make several scalars with the same end: one key has several secrets, and \
                 one secret several nullifiers"
            )?,
            FindingKind::Nothing => {
                write!(f, "\n  it constrains only the types of its inputs: a proof says nothing else")?;
            }
        }
        if self.dependents > 0 {
            write!(f, "; {} more depend{} on it", self.dependents, if self.dependents == 1 { "s" } else { "" })?;
        }
        f.write_str("\n  hint: ")?;
        f.write_str(match self.kind {
            FindingKind::Unknown | FindingKind::UnderConstrained(_) => {
                "add the constraint that is missing, or use a gadget"
            }
            FindingKind::OffCurve => "make the point with `Point`, which states the curve's equation",
            FindingKind::OutsideSubgroup => "take the input as a `Point`",
            FindingKind::Unused => "constrain it, or what is computed of it, or remove it",
            FindingKind::PartlyUnused(_) => {
                "constrain all of it (a credential, for example, with `assert_signed`), or take fewer inputs"
            }
            FindingKind::Aliased => {
                "take the scalar as a `Scalar`, which is below the order of the points, and use a gadget: its digits begin at zero, and \
                 there are at most 252"
            }
            FindingKind::Nothing => "constrain the inputs with gadgets",
        })
    }
}
