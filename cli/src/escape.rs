//! Escapes of control characters in printed text, so that the terminal shows them and does not obey them.
//!
//! Contracts, nodes, data drivers and programs of a project write texts that we print. [`output`](crate::output) sends
//! all of them through here, so no command can forget it. Only two things pass: the line ends of a text whose lines are
//! ours, and our own colours. A colour travels through strings as a mark with a number that is drawn for each run, so
//! no text can hold one.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// Begins and ends what has a colour. Unicode gives this code point to no character.
const MARK: char = '\u{fdd0}';
/// Begins a colour of a terminal. Digits and an `m` follow.
const COLOUR: &str = "\x1b[";
/// Digits of a run's number behind a mark.
const NUMBER_DIGITS: usize = 16;

/// The origin of the line ends in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// The text is one line: a line end in it is somebody else's.
    One,
    /// The lines are ours, or a whole text is shown for itself: help, a program's output.
    Many,
}

/// A mark that becomes this code of the terminal. `code`: the place in the table that [`for_terminal`] gets.
pub(crate) fn mark(code: u8) -> String {
    format!("{MARK}{}{}", *NUMBER, char::from(b'a' + code))
}

static NUMBER: LazyLock<String> = LazyLock::new(|| {
    // Each hasher has keys of its own, from the system's random numbers.
    let number = std::hash::RandomState::new().build_hasher().finish();
    format!("{number:0NUMBER_DIGITS$x}")
});

/// The text as a terminal may have it. `codes`: the meanings of our marks.
pub(crate) fn for_terminal(text: &str, lines: Lines, codes: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let code = (letter == MARK).then(|| code_of(rest)).flatten().and_then(|place| codes.get(usize::from(place)));
        match code {
            Some(code) => {
                out.push_str(code);
                rest = &rest[NUMBER_DIGITS + 1..];
            }
            None if lines == Lines::Many && matches!(letter, '\n' | '\t') => out.push(letter),
            None if is_command(letter) => out.extend(letter.escape_default()),
            None => out.push(letter),
        }
    }
    out
}

/// The text of a compiler with its colours and line ends; the terminal obeys nothing else in it.
pub(crate) fn with_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(COLOUR) {
        let (before, code) = rest.split_at(at);
        let digits = code[COLOUR.len()..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        let (code, behind) = code.split_at(COLOUR.len() + digits);
        out.push_str(&for_terminal(before, Lines::Many, &[]));
        rest = if let Some(behind) = behind.strip_prefix('m') {
            out.push_str(code);
            out.push('m');
            behind
        } else {
            out.push_str(&for_terminal(code, Lines::Many, &[]));
            behind
        };
    }
    out.push_str(&for_terminal(rest, Lines::Many, &[]));
    out
}

fn code_of(behind_mark: &str) -> Option<u8> {
    let code = behind_mark.strip_prefix(NUMBER.as_str())?.as_bytes().first()?;
    code.checked_sub(b'a').filter(|code| *code < 26)
}

/// One line of text without what terminals take for commands, for where its width matters before it is printed.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_command) { for_terminal(text, Lines::One, &[]).into() } else { text.into() }
}

/// A JSON document in which no string holds such characters by themselves: JSON has a form for them.
pub(crate) fn json(document: &str) -> Cow<'_, str> {
    let in_strings = |letter: char| is_command(letter) && !matches!(letter, '\n' | '\t' | '\r');
    if !document.contains(in_strings) {
        return document.into();
    }
    let mut out = String::with_capacity(document.len());
    for letter in document.chars() {
        if in_strings(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("strings take all");
            }
        } else {
            out.push(letter);
        }
    }
    out.into()
}

/// Whether a terminal does something else with the character than show it where it stands: control characters (C0,
/// U+007F, C1), marks that turn the direction of text, line and paragraph separators, other invisible format
/// characters, and code points that are no characters.
fn is_command(letter: char) -> bool {
    letter.is_control()
        // The last two of each plane.
        || u32::from(letter) & 0xfffe == 0xfffe
        || matches!(
            letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
                | '\u{fdd0}'..='\u{fdef}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind.
    const HOSTILE: &str = "a\x1b[31mb\r\n\u{7}\u{8}\t\u{7f}\u{9b}2J\u{9d}0;t\u{9c}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{feff}\u{e0041}\u{fdd0}\u{1d173}\u{3164}\u{ffff}\u{2fffe}z";

    #[test]
    fn nothing_of_others_reaches_the_terminal_as_a_command() {
        let shown = for_terminal(HOSTILE, Lines::One, &["\x1b[0m"]);
        assert!(!shown.contains(is_command), "{shown:?}");
        assert!(shown.starts_with("a\\u{1b}[31mb\\r\\n\\u{7}\\u{8}\\t\\u{7f}\\u{9b}2J"), "{shown}");
        let many = for_terminal(HOSTILE, Lines::Many, &[]);
        assert!(many.chars().all(|letter| matches!(letter, '\n' | '\t') || !is_command(letter)), "{many:?}");
        assert_eq!(harmless(HOSTILE), shown);
        assert_eq!(harmless(&shown), shown, "twice is as once");
        assert!(
            matches!(harmless("plain · ä ✓ 日本 葛\u{e0100} 👩\u{200d}🚀"), Cow::Borrowed(_)),
            "what is only shown stays"
        );
    }

    #[test]
    fn colours_are_ours_alone() {
        let codes = ["\x1b[0m", "\x1b[2m"];
        assert_eq!(for_terminal(&format!("{}x{}", mark(1), mark(0)), Lines::One, &codes), "\x1b[2mx\x1b[0m");
        for forged in ["\u{fdd0}", "\u{fdd0}0000000000000000a", "\u{fdd0}b", "\x1b[0m"] {
            assert!(!for_terminal(forged, Lines::Many, &codes).contains('\x1b'), "{forged:?}");
        }
        let unknown = for_terminal(&mark(25), Lines::One, &codes);
        assert!(!unknown.contains(MARK), "{unknown:?}");
    }

    #[test]
    fn of_a_compiler_only_its_colours_pass() {
        let text = "\x1b[1m\x1b[38;5;9merror\x1b[0m: no\n\tx\x1b[2J\x1b]0;t\x1b[";
        assert_eq!(with_colours(text), "\x1b[1m\x1b[38;5;9merror\x1b[0m: no\n\tx\\u{1b}[2J\\u{1b}]0;t\\u{1b}[");
        assert_eq!(with_colours("plain"), "plain");
    }

    #[test]
    fn documents_say_the_same_in_other_letters() {
        let text = serde_json::to_string_pretty(&serde_json::json!({ HOSTILE: [HOSTILE] })).unwrap();
        let safe = json(&text);
        assert!(safe.chars().all(|letter| letter == '\n' || !is_command(letter)), "{safe}");
        let read: serde_json::Value = serde_json::from_str(&safe).unwrap();
        assert_eq!(read[HOSTILE][0], HOSTILE);
        assert!(matches!(json("{\n  \"ä\": 1\n}"), Cow::Borrowed(_)));
    }
}
