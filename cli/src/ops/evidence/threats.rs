//! The table of threats in a project's README.
//!
//! A Markdown table is one if its first column is called `threat` and it has a column `test`. The column `test` names
//! test functions in backticks, without their modules or with the last ones. A column `defence` is copied, other
//! columns are not. Several such tables count as one.

use super::document::{Standing, Test, Threat, Try};

/// The most threats that are read.
const MAX_THREATS: usize = 10_000;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    threat: String,
    defence: String,
    tests: Vec<String>,
}

/// The rows of all tables of threats in a text.
pub(super) fn rows(markdown: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut columns: Option<Columns> = None;
    let mut is_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let Some(cells) = cells(line).filter(|_| !is_code) else {
            columns = None;
            continue;
        };
        match &columns {
            None => columns = Some(Columns::of(&cells)),
            Some(_) if cells.iter().all(|cell| cell.chars().all(|it| "-: ".contains(it))) => {}
            Some(Columns { test: Some(test), defence }) if rows.len() < MAX_THREATS => rows.push(Row {
                threat: cells[0].clone(),
                defence: defence.and_then(|place| cells.get(place)).cloned().unwrap_or_default(),
                tests: cells.get(*test).map(|cell| in_backticks(cell)).unwrap_or_default(),
            }),
            Some(_) => {}
        }
    }
    rows
}

/// Where a table has what. `test` is `None` in a table of something else.
struct Columns {
    test: Option<usize>,
    defence: Option<usize>,
}

impl Columns {
    fn of(heading: &[String]) -> Self {
        let place =
            |names: &[&str]| heading.iter().position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)));
        let is_ours = place(&["threat", "threats"]) == Some(0);
        Self { test: place(&["test", "tests"]).filter(|_| is_ours), defence: place(&["defence", "defense"]) }
    }
}

/// The cells of a row; `None` for a line that is none. A bar behind a backslash or in backticks ends no cell.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let (mut cells, mut cell, mut is_code, mut escaped) = (Vec::new(), String::new(), false, false);
    for letter in inner.chars() {
        match letter {
            '|' if !is_code && !escaped => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            _ => {
                is_code ^= letter == '`';
                cell.push(letter);
            }
        }
        escaped = letter == '\\';
    }
    cells.push(cell.trim().to_owned());
    Some(cells)
}

fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The threats with the results of their tests.
pub(super) fn judged(rows: Vec<Row>, tests: &[Test]) -> Vec<Threat> {
    let judge = |row: Row| {
        let tries: Vec<Try> = row.tests.into_iter().map(|name| tried(name, tests)).collect();
        let standing = match tries.as_slice() {
            [] => Standing::Untested,
            tries if tries.iter().all(|it| it.status == "passed") => Standing::Averted,
            _ => Standing::Open,
        };
        Threat { threat: row.threat, defence: row.defence, standing, tests: tries }
    };
    rows.into_iter().map(judge).collect()
}

/// The test with a name. If several have it, one that has not passed counts.
fn tried(name: String, tests: &[Test]) -> Try {
    let is_it = |test: &&Test| {
        let full = test.name.strip_suffix("::observer").unwrap_or(&test.name);
        full == name || full.strip_suffix(name.as_str()).is_some_and(|before| before.ends_with("::"))
    };
    let found = tests.iter().filter(is_it).min_by_key(|test| test.status == "passed");
    match found {
        Some(test) => Try { name, test: Some(test.name.clone()), status: test.status.clone() },
        None => Try { name, test: None, status: "missing".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "
# A project

| file | test |
|---|---|
| `a` | `no_threat` |

| Threat | other | Defence | Tests |
|---|:-:|---|---|
| a stranger pays | x | rule `a|b` | `one`, `deep::two` |
| a \\| b | | none | not yet |
| gone | | none | `three` |

```
| threat | test |
|---|---|
| in code | `one` |
```
| threat | test |
|---|---|
| the last | `one` and `one_more` |
";

    fn test(name: &str, status: &str) -> Test {
        let (name, status) = (name.to_owned(), status.to_owned());
        Test { name, status, mock_proofs: 0, real_proofs: 0, observer: None }
    }

    #[test]
    fn threats_are_read_with_their_tests_and_judged() {
        let tests = [
            test("tests::threats::one", "passed"),
            test("tests::deep::two::observer", "passed"),
            test("tests::one_more", "failed"),
            test("tests::not_one", "failed"),
        ];
        let threats = judged(rows(README), &tests);
        let short: Vec<_> = threats.iter().map(|it| (it.threat.as_str(), it.defence.as_str(), it.standing)).collect();
        let expected = [
            ("a stranger pays", "rule `a|b`", Standing::Averted),
            ("a \\| b", "none", Standing::Untested),
            ("gone", "none", Standing::Open),
            ("the last", "", Standing::Open),
        ];
        assert_eq!(short, expected);
        assert_eq!(threats[0].tests[1].test.as_deref(), Some("tests::deep::two::observer"));
        assert_eq!((threats[2].tests[0].test.as_deref(), threats[2].tests[0].status.as_str()), (None, "missing"));
        assert_eq!(threats[3].tests[1].status, "failed");
    }

    #[test]
    fn of_two_tests_with_one_name_the_worse_counts() {
        let tests = [test("a::one", "passed"), test("b::one", "failed")];
        assert_eq!(tried("one".to_owned(), &tests).status, "failed");
    }
}
