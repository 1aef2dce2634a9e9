//! Limits of a query before it is read or checked, because reading and checking themselves would cost too
//! much: nesting, and fragments that multiply each other.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Request, ServerError};

use super::MAX_COMPLEXITY;

/// How deep brackets may nest in the text of a query, and fragments in each other.
const MAX_NESTING: usize = 64;
/// The most fragments and operations of a query.
const MAX_DEFINITIONS: usize = 64;

/// Reads the text of a query, which the request carries from then on.
///
/// # Errors
/// When it is no query, or would be too much to check.
pub(super) fn read(request: &mut Request) -> Result<&ExecutableDocument, ServerError> {
    if nesting(&request.query) > MAX_NESTING {
        return Err(refusal(format!("Query is nested too deep: more than {MAX_NESTING} levels of brackets.")));
    }
    let document = request.parsed_query()?;
    let definitions = document.fragments.len() + document.operations.iter().count();
    if definitions > MAX_DEFINITIONS {
        return Err(refusal(format!(
            "Query has {definitions} fragments and operations, {MAX_DEFINITIONS} are allowed."
        )));
    }
    let fields = Counting::new(document).all()?;
    if fields > MAX_COMPLEXITY {
        return Err(refusal(format!("Query is too complex: it selects more than {MAX_COMPLEXITY} fields.")));
    }
    Ok(document)
}

fn refusal(message: String) -> ServerError {
    ServerError::new(message, None)
}

/// How deep brackets nest, outside of strings and comments.
fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'{' | b'[' | b'(' => {
                depth += 1;
                most = most.max(depth);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => rest = after_line(rest),
            b'"' => rest = after_string(rest),
            _ => {}
        }
    }
    most
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    &text[end..]
}

/// The rest after a string whose first quotation mark is passed.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(mut block) = text.strip_prefix(b"\"\"") {
        while !block.is_empty() {
            if let Some(after) = block.strip_prefix(b"\"\"\"") {
                return after;
            }
            block = block.strip_prefix(b"\\\"\"\"").unwrap_or(&block[1..]);
        }
        return block;
    }
    let mut text = text;
    loop {
        match text {
            [b'"', after @ ..] => return after,
            [b'\\', _, after @ ..] => text = after,
            // A string ends with its line.
            [b'\n' | b'\r', ..] | [] => return text,
            [_, after @ ..] => text = after,
        }
    }
}

/// Counts the fields that a query selects with all fragments in their places, each fragment once.
struct Counting<'a> {
    document: &'a ExecutableDocument,
    /// The fields of each fragment; nothing while it is being counted.
    counted: HashMap<&'a Name, Option<usize>>,
}

impl<'a> Counting<'a> {
    fn new(document: &'a ExecutableDocument) -> Self {
        Self { document, counted: HashMap::new() }
    }

    fn all(mut self) -> Result<usize, ServerError> {
        let document = self.document;
        let mut fields = 0_usize;
        for (_, operation) in document.operations.iter() {
            fields = fields.saturating_add(self.selections(&operation.node.selection_set, 0)?);
        }
        for name in document.fragments.keys() {
            fields = fields.saturating_add(self.fragment(name, 0)?);
        }
        Ok(fields)
    }

    fn selections(&mut self, set: &'a Positioned<SelectionSet>, depth: usize) -> Result<usize, ServerError> {
        if depth > MAX_NESTING {
            return Err(refusal(format!("Query is nested too deep: more than {MAX_NESTING} nested fragments.")));
        }
        let mut fields = 0_usize;
        for selection in &set.node.items {
            let selected = match &selection.node {
                Selection::Field(field) => self.selections(&field.node.selection_set, depth + 1)?.saturating_add(1),
                Selection::InlineFragment(fragment) => self.selections(&fragment.node.selection_set, depth + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, depth + 1)?,
            };
            fields = fields.saturating_add(selected);
        }
        Ok(fields)
    }

    fn fragment(&mut self, name: &'a Name, depth: usize) -> Result<usize, ServerError> {
        match self.counted.get(name) {
            Some(Some(fields)) => return Ok(*fields),
            Some(None) => return Err(refusal(format!("Fragment \"{name}\" contains itself."))),
            None => {}
        }
        // One that is not there is told of later.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(0) };
        let fragment: &'a FragmentDefinition = &fragment.node;
        self.counted.insert(name, None);
        let fields = self.selections(&fragment.selection_set, depth)?;
        self.counted.insert(name, Some(fields));
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> String {
        match read(&mut Request::new(query)) {
            Ok(_) => panic!("not refused: {}", &query[..query.len().min(80)]),
            Err(error) => error.message,
        }
    }

    #[test]
    fn nesting_is_counted_outside_of_strings_and_comments() {
        for (text, depth) in [
            ("{ a { b(c: [1, {d: 2}]) } }", 5),
            ("{ a(b: \"{{{{\") }", 2),
            ("{ a(b: \"\\\"{{{{\") }", 2),
            ("{ a(b: \"\"\"{{ \\\"\"\" {{ \"\" {{\"\"\") { b } }", 2),
            ("{ # {{{{{{\n a }", 1),
            ("}}}}{", 1),
            ("\"never ends {{{", 0),
            ("\"line\n{", 1),
            ("\\", 0),
        ] {
            assert_eq!(nesting(text), depth, "{text}");
        }
    }

    #[test]
    fn deep_queries_are_refused_before_they_are_read() {
        for open in ["{a", "{a(b:[", "{a(b:{c:", "[", "(", "query q($a:["] {
            assert!(refused(&open.repeat(200_000)).contains("too deep"), "{open}");
        }
    }

    #[test]
    fn fragments_that_multiply_are_refused() {
        let bomb: String = (0..40).map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1)).collect();
        let bomb = format!("{{ ...f0 }} {bomb} fragment f40 on Query {{ __typename }}");
        assert!(refused(&bomb).contains("too complex"));
        let cycle = "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }";
        assert!(refused(cycle).contains("contains itself"));
        let chain: String = (0..200).map(|n| format!("fragment f{n} on Query {{ ...f{} }} ", n + 1)).collect();
        assert!(refused(&format!("{{ ...f0 }} {chain}")).contains("fragments"));
    }

    #[test]
    fn many_fields_are_refused() {
        assert!(refused(&format!("{{ {} }}", "a ".repeat(MAX_COMPLEXITY + 1))).contains("too complex"));
        let ordinary = "query q { ...f } fragment f on Query { lastBlockPair { json } blocks(last: 3) { gasSpent } }";
        assert!(read(&mut Request::new(ordinary)).is_ok());
    }
}
