//! All output: the result on stdout, everything else on stderr, one document on stdout with `--json`.
//!
//! Nothing else prints. All output goes through [`escape`]: texts of contracts, nodes and drivers cannot command
//! the terminal, wherever they are put into a line.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use crate::escape::{self, Lines};
use crate::ops::report::{self, Report};

/// The voice of one run of the command.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    json: bool,
    /// Whether stdout takes colour.
    color_out: bool,
    /// Whether stderr takes colour.
    color_err: bool,
    /// The animated line on stderr; `None` if there is none.
    bars: Option<MultiProgress>,
    /// The messages of the compiler that were shown, without colours.
    diagnostics: Arc<Mutex<BTreeSet<String>>>,
    /// Whether a question could be answered.
    interactive: bool,
}

/// A colour by what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// Look at this.
    Warn,
    /// The remedy of an error.
    Hint,
    /// The name of a contract.
    Name,
    /// Beside the point.
    Faint,
}

/// The codes of the marks of [`paint`]: the end of all colours, then one for each tone. Styles of `console` would put
/// these codes into a text at once, where nothing tells them from codes that a stranger wrote.
const CODES: [&str; 7] = ["\x1b[0m", "\x1b[1;32m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[36m", "\x1b[2m"];

impl Tone {
    /// The place of its code.
    const fn code(self) -> u8 {
        match self {
            Self::Good => 1,
            Self::Bad => 2,
            Self::Warn => 3,
            Self::Hint => 4,
            Self::Name => 5,
            Self::Faint => 6,
        }
    }
}

impl Ui {
    /// Looks at the terminal and the environment.
    pub(crate) fn new(json: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let plain = set("NO_COLOR") || dumb;
        let err = io::stderr().is_terminal();
        Self {
            json,
            color_out: io::stdout().is_terminal() && !plain && !json,
            color_err: err && !plain,
            bars: (err && !dumb && !set("CI") && !json).then(MultiProgress::new),
            diagnostics: Arc::default(),
            interactive: io::stdin().is_terminal() && err && !set("CI") && !json,
        }
    }

    /// Whether the result is one JSON document.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// A step of the work, on stderr: `    Building counter`.
    pub(crate) fn step(&self, verb: &str, what: impl Display) {
        self.labelled(Tone::Good, verb, what);
    }

    /// Something to know, on stderr.
    pub(crate) fn note(&self, what: impl Display) {
        self.labelled(Tone::Hint, "Note", what);
    }

    /// Something to beware of, on stderr.
    pub(crate) fn warn(&self, what: impl Display) {
        self.labelled(Tone::Warn, "Warning", what);
    }

    fn labelled(&self, tone: Tone, label: &str, what: impl Display) {
        let label = format!("{label:>12}");
        self.beside_bars(|| {
            say(io::stderr(), Lines::One, &format!("{} {what}", paint(self.color_err, tone, &label)), "\n");
        });
    }

    /// Writes while nothing moves.
    fn beside_bars(&self, write: impl FnOnce()) {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// Text whose lines are ours, on stderr.
    pub(crate) fn aside(&self, text: impl Display) {
        self.beside_bars(|| say(io::stderr(), Lines::Many, &text.to_string(), "\n"));
    }

    /// A message of the compiler, on stderr: once, however often it comes.
    pub(crate) fn diagnostic(&self, rendered: &str) {
        let plain = console::strip_ansi_codes(rendered.trim_end()).into_owned();
        let mut shown = self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.contains(&plain) {
            return;
        }
        let text =
            if self.color_err { escape::with_colours(rendered.trim_end()) } else { escape::with_colours(&plain) };
        self.beside_bars(|| write_out(io::stderr(), &format!("{text}\n\n")));
        if shown.len() < MAX_DIAGNOSTICS {
            shown.insert(plain);
        }
    }

    /// A line of the result, on stdout. Nothing with `--json`.
    pub(crate) fn line(&self, text: impl Display) {
        if !self.json {
            say(io::stdout(), Lines::One, &text.to_string(), "\n");
        }
    }

    /// Lines of the result, on stdout: a text that we laid out, or one that is shown whole. Nothing with `--json`.
    pub(crate) fn block(&self, text: impl Display) {
        if !self.json {
            say(io::stdout(), Lines::Many, &text.to_string(), "\n");
        }
    }

    /// The result as a document, on stdout: laid out, unless that makes it very long. Nothing without `--json`.
    pub(crate) fn document(&self, document: &impl Serialize) {
        if self.json {
            say(io::stdout(), Lines::Many, &escape::json(&laid_out(document)), "\n");
        }
    }

    /// A document on one line, for results that come one after the other. Nothing without `--json`.
    pub(crate) fn document_line(&self, document: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string(document).expect("documents have text keys");
            say(io::stdout(), Lines::One, &escape::json(&text), "\n");
        }
    }

    /// Characters of a line on the terminal; `None` where stdout goes elsewhere.
    pub(crate) fn width(&self) -> Option<usize> {
        let terminal = console::Term::stdout();
        terminal.is_term().then(|| terminal.size_checked()).flatten().map(|(_, columns)| usize::from(columns))
    }

    /// Takes back so many lines of the result, so that others take their place. Nothing where stdout is no terminal.
    pub(crate) fn take_back(&self, lines: usize) {
        let terminal = console::Term::stdout();
        if terminal.is_term() && !self.json {
            // A terminal that cannot do it shows the old lines above the new ones.
            let _ = terminal.clear_last_lines(lines);
        }
    }

    /// Text for stdout whether or not `--json` is given: help, scripts, and lines that other programs wait for. It
    /// brings its line ends.
    pub(crate) fn raw(&self, text: impl Display) {
        say(io::stdout(), Lines::Many, &text.to_string(), "");
    }

    /// A word in a result line, in the colour of its meaning.
    pub(crate) fn toned(&self, tone: Tone, text: &str) -> String {
        paint(self.color_out, tone, text)
    }

    /// An error and what to do about it. `lines`: whose the line ends in the message are.
    pub(crate) fn error(&self, message: &str, lines: Lines, hint: &str, exit: u8) {
        self.say_error(message, lines, hint);
        self.document(&json!({ "error": message, "hint": hint, "exit": exit }));
    }

    /// An error and what to do about it, on stderr only: for commands whose document has more to say.
    pub(crate) fn complain(&self, message: &str, hint: &str) {
        self.say_error(message, Lines::One, hint);
    }

    fn say_error(&self, message: &str, lines: Lines, hint: &str) {
        let (error, hint_label) =
            (paint(self.color_err, Tone::Bad, "error:"), paint(self.color_err, Tone::Hint, "hint:"));
        self.beside_bars(|| {
            say(io::stderr(), lines, &format!("{error} {message}"), "\n");
            say(io::stderr(), Lines::One, &format!("{hint_label} {hint}"), "\n");
        });
    }

    /// A sign of life while something takes its time; gone when dropped.
    pub(crate) fn waiting(&self, what: &str) -> Bar {
        self.moving(ProgressBar::new_spinner(), "{spinner:>12} {msg} {elapsed}", what)
    }

    /// A bar for work whose length is known; gone when dropped.
    pub(crate) fn bar(&self, what: &str) -> Bar {
        let template = "{spinner:>12} {msg} [{bar:30}] {percent:>3} % {elapsed}";
        self.moving(ProgressBar::new(BAR_STEPS), template, what)
    }

    fn moving(&self, bar: ProgressBar, template: &str, what: &str) -> Bar {
        let shown = self.bars.as_ref().map(|bars| {
            let bar = bars.add(bar);
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(escape::harmless(what).into_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Bar { shown, what: what.to_owned(), ui: self.clone(), begun: Instant::now(), told: Mutex::new(Instant::now()) }
    }
}

impl Report for Ui {
    fn step(&self, verb: &str, what: &dyn Display) {
        Self::step(self, verb, what);
    }

    fn note(&self, what: &dyn Display) {
        Self::note(self, what);
    }

    fn warn(&self, what: &dyn Display) {
        Self::warn(self, what);
    }

    fn aside(&self, text: &dyn Display) {
        Self::aside(self, text);
    }

    fn diagnostic(&self, rendered: &str) {
        Self::diagnostic(self, rendered);
    }

    fn waiting(&self, what: &str) -> Box<dyn report::Bar> {
        Box::new(Self::waiting(self, what))
    }

    fn bar(&self, what: &str) -> Box<dyn report::Bar> {
        Box::new(Self::bar(self, what))
    }

    fn can_ask(&self) -> bool {
        self.interactive
    }

    fn confirm(&self, question: &str) -> bool {
        if !self.interactive {
            return false;
        }
        say(io::stderr(), Lines::One, &format!("{question} [y/N] "), "");
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

/// The longest document that is laid out, in bytes: the blanks before deep values can be most of it.
const MAX_LAID_OUT_BYTES: usize = 1 << 20;

/// Steps of a whole bar.
const BAR_STEPS: u64 = 1000;

/// The most messages of the compiler that are remembered so that they are not shown twice.
const MAX_DIAGNOSTICS: usize = 10_000;
/// How often the state of the work is told where nothing moves.
const TELLING_PERIOD: Duration = Duration::from_secs(15);

/// See [`Ui::waiting`] and [`Ui::bar`].
#[derive(Debug)]
pub(crate) struct Bar {
    /// `None` where nothing moves.
    shown: Option<ProgressBar>,
    what: String,
    ui: Ui,
    begun: Instant,
    /// When the state was last told on a line of its own.
    told: Mutex<Instant>,
}

impl report::Bar for Bar {
    fn set(&self, share: f32) {
        if let Some(bar) = &self.shown {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share between 0 and 1")]
            bar.set_position((share.clamp(0.0, 1.0) * BAR_STEPS as f32) as u64);
        }
    }

    fn tell(&self, state: &str) {
        let now = if state.is_empty() { self.what.clone() } else { format!("{} {state}", self.what) };
        if let Some(bar) = &self.shown {
            let now = escape::harmless(&now).into_owned();
            if bar.message() != now {
                bar.set_message(now);
            }
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TELLING_PERIOD {
            *told = Instant::now();
            self.ui.labelled(Tone::Good, "Still", format_args!("{now} ({} s)", self.begun.elapsed().as_secs()));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.shown {
            bar.finish_and_clear();
            if let Some(bars) = &self.ui.bars {
                bars.remove(bar);
            }
        }
    }
}

/// Lets the message of a panic through here too: it may repeat a stranger's text.
pub(crate) fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let text = format!("\nthread '{}' {panic}", thread.name().unwrap_or("<unnamed>"));
        say(io::stderr(), Lines::Many, &text, "\n");
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            say(io::stderr(), Lines::Many, &trace.to_string(), "\n");
        }
    }));
}

/// The document with a line for each value; on one line where it would be longer than [`MAX_LAID_OUT_BYTES`].
fn laid_out(document: &impl Serialize) -> String {
    let mut room = Room(Vec::new());
    match serde_json::to_writer_pretty(&mut room, document) {
        Ok(()) => String::from_utf8(room.0).expect("JSON is UTF-8"),
        Err(_) => serde_json::to_string(document).expect("documents have text keys"),
    }
}

/// Bytes of a document that is laid out.
struct Room(Vec<u8>);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_LAID_OUT_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes, and does not mind a reader that has gone (`cargo dusk … | head`). `end`: the end of the text.
fn say(to: impl Write, lines: Lines, text: &str, end: &str) {
    write_out(to, &format!("{}{end}", escape::for_terminal(text, lines, &CODES)));
}

/// Writes a text that has gone through [`escape`].
fn write_out(mut to: impl Write, text: &str) {
    // The exit code tells how the work went; there is nobody left to tell that the pipe is closed.
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

fn paint(color: bool, tone: Tone, text: &str) -> String {
    if color { format!("{}{text}{}", escape::mark(tone.code()), escape::mark(0)) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_begins_and_ends_with_its_text() {
        let painted = paint(true, Tone::Bad, "no\x1b[2J");
        assert_eq!(escape::for_terminal(&painted, Lines::One, &CODES), "\x1b[1;31mno\\u{1b}[2J\x1b[0m");
        assert_eq!(paint(false, Tone::Bad, "no"), "no");
    }

    #[test]
    fn long_documents_are_printed_on_one_line() {
        let short = json!({ "result": [1, 2] });
        assert_eq!(laid_out(&short), format!("{short:#}"));
        let deep = (0..30).fold(json!(vec![1; 100_000]), |inner, _| json!([inner]));
        assert_eq!(laid_out(&deep), deep.to_string());
    }
}
