//! The picture of the demo in the README: the output of the command, as an SVG.
//!
//! `UPDATE_BOOK=1 cargo test -p cargo-dusk --test it the_demo_shows` runs the demo and draws its output again.

use std::fmt::Write as _;

/// Longer lines are cut.
const COLUMNS: usize = 116;
/// A longer run of similar lines, such as passed tests, is shown by its first and last ones.
const MAX_SIMILAR_LINES: usize = 8;
/// The width of a label in front of a step or a result, such as `    Building`.
const LABEL_COLUMNS: usize = 12;

const LINE_PIXELS: usize = 19;
const MARGIN_PIXELS: usize = 20;
/// The base line of the first line, below the buttons of the window.
const FIRST_LINE_PIXELS: usize = 52;
const WIDTH_PIXELS: usize = 984;

/// The colours of the text, and the one of the window.
const PLAIN: &str = "#c9d1d9";
const GOOD: &str = "#7ee787";
const BAD: &str = "#ff7b72";
const HINT: &str = "#79c0ff";
const FAINT: &str = "#8b949e";
const WINDOW: &str = "#0d1117";

/// Draws what a command has printed.
pub(crate) fn drawn(command: &str, printed: &str) -> String {
    let prompt = format!("$ {command}");
    // How far a step has come says something about the machine alone.
    let lines: Vec<&str> = printed.trim_end().lines().filter(|line| !line.trim_start().starts_with("Still ")).collect();
    let shown = shortened(&lines);
    let height = FIRST_LINE_PIXELS + (shown.len() + 1) * LINE_PIXELS;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PIXELS}" height="{height}"
     viewBox="0 0 {WIDTH_PIXELS} {height}" role="img" aria-label="{command} in a terminal">
<rect width="{WIDTH_PIXELS}" height="{height}" rx="8" fill="{WINDOW}"/>
<circle cx="20" cy="18" r="5" fill="#ff5f56"/>
<circle cx="38" cy="18" r="5" fill="#ffbd2e"/>
<circle cx="56" cy="18" r="5" fill="#27c93f"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13"
   fill="{PLAIN}" xml:space="preserve" style="white-space:pre">
"##
    );
    for (number, line) in std::iter::once(&*prompt).chain(shown).enumerate() {
        if line.is_empty() {
            continue;
        }
        let y = FIRST_LINE_PIXELS + number * LINE_PIXELS;
        let _ = write!(svg, r#"<text x="{MARGIN_PIXELS}" y="{y}">"#);
        for (text, style) in coloured(&cut(line)) {
            let _ = write!(svg, "<tspan{style}>{}</tspan>", escaped(text));
        }
        svg.push_str("</text>\n");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The lines of a picture.
pub(crate) fn lines(svg: &str) -> Vec<String> {
    let texts = svg.lines().filter(|line| line.starts_with("<text "));
    texts
        .map(|line| {
            unescaped(
                &line.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<String>(),
            )
        })
        .collect()
}

/// Replaces the middle of each long run of similar lines by `…`.
fn shortened<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut shown = Vec::new();
    for run in lines.chunk_by(|one, next| kind(one).is_some() && kind(one) == kind(next)) {
        if run.len() <= MAX_SIMILAR_LINES {
            shown.extend(run);
            continue;
        }
        let half = MAX_SIMILAR_LINES / 2;
        shown.extend(&run[..half]);
        shown.push("…");
        shown.extend(&run[run.len() - half..]);
    }
    shown
}

/// The kind of a line: a tree of files, or the label. Lines of one kind are similar.
fn kind(line: &str) -> Option<&str> {
    if line.starts_with(['├', '└']) {
        return Some("├");
    }
    label(line).map(|(label, _)| label.trim_start())
}

/// The label of a line and what follows it.
fn label(line: &str) -> Option<(&str, &str)> {
    let word = line.trim_start().split(' ').next()?;
    let end = line.len() - line.trim_start().len() + word.len();
    let is_label =
        line.starts_with("   ") && end <= LABEL_COLUMNS && word.starts_with(|first: char| first.is_ascii_uppercase());
    is_label.then(|| line.split_at(end))
}

/// The parts of a line with their attributes.
fn coloured(line: &str) -> Vec<(&str, String)> {
    let bold = |colour: &str| format!(r#" fill="{colour}" font-weight="700""#);
    let fill = |colour: &str| format!(r#" fill="{colour}""#);
    let begins = |word: &'static str, style: String| {
        line.strip_prefix(word).map(|rest| vec![(word, style), (rest, String::new())])
    };
    if line.starts_with("$ ") {
        return vec![(line, r#" font-weight="700""#.into())];
    }
    if line == "…" || line.strip_prefix("  ").is_some_and(|rest| !rest.starts_with([' ', '"']) && is_elapsed(rest)) {
        return vec![(line, fill(FAINT))];
    }
    if let Some((label, rest)) = label(line) {
        let colour = match label.trim_start() {
            "Note" => HINT,
            "Warning" | "FAIL" => BAD,
            _ => GOOD,
        };
        return vec![(label, bold(colour)), (rest, String::new())];
    }
    begins("▸", bold(HINT))
        .or_else(|| begins("error:", bold(BAD)))
        .or_else(|| begins("hint:", bold(HINT)))
        .or_else(|| begins("event", fill(HINT)))
        .or_else(|| begins("done", bold(GOOD)))
        .unwrap_or_else(|| vec![(line, String::new())])
}

/// Whether a line ends with a time, as the line after each step does.
fn is_elapsed(line: &str) -> bool {
    let last = line.rsplit(" · ").next().unwrap_or(line);
    last.split_once(' ').is_some_and(|(number, unit)| number.parse::<f64>().is_ok() && ["ms", "s"].contains(&unit))
}

fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}

#[test]
fn a_picture_has_the_lines_of_the_command_cut_and_coloured() {
    let passed: Vec<String> = (0..20).map(|number| format!("   PASS tests::number_{number}")).collect();
    let printed = format!(
        "\n▸ test it: cargo dusk test && a < b\n       Still compiling the tests 4/77 syn (15 s)\n{}\n   \
         20 passed, 0 failed in 3.1 s\n  refused, as expected · 4.2 s\n{}\nerror: no\n",
        passed.join("\n"),
        "x".repeat(COLUMNS + 1),
    );
    let svg = drawn("cargo dusk demo", &printed);
    let lines = lines(&svg);
    assert_eq!(lines[..3], ["$ cargo dusk demo", "▸ test it: cargo dusk test && a < b", "   PASS tests::number_0"]);
    assert_eq!(lines[5..8], ["   PASS tests::number_3", "…", "   PASS tests::number_16"]);
    assert_eq!(lines[11..13], ["   20 passed, 0 failed in 3.1 s", "  refused, as expected · 4.2 s"]);
    assert_eq!(lines[13], format!("{}…", "x".repeat(COLUMNS - 1)));
    assert!(
        svg.contains(r##"<tspan fill="#7ee787" font-weight="700">   PASS</tspan><tspan> tests::number_0</tspan>"##)
    );
    assert!(svg.contains(r##"<tspan fill="#8b949e">  refused, as expected · 4.2 s</tspan>"##));
    assert!(svg.contains(r##"<tspan fill="#ff7b72" font-weight="700">error:</tspan><tspan> no</tspan>"##));
    assert!(svg.contains("<tspan>   20 passed, 0 failed in 3.1 s</tspan>"), "{svg}");
    // The prompt, an empty line, and fourteen more lines.
    assert!(svg.contains(&format!(r#"height="{}""#, FIRST_LINE_PIXELS + 16 * LINE_PIXELS)), "{svg}");
}
