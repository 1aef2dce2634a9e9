//! The flame graph of a profile: each region is a box as wide as its gates, below its enclosing region.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::{Profile, Share};

/// The total width, in tenths of a pixel.
const WIDTH: usize = 12_000;
const MARGIN: usize = 10;
const HEADER: usize = 52;
const ROW: usize = 22;
/// The width of a character, in tenths of a pixel.
const LETTER: usize = 72;
/// The minimum width of a box, in tenths of a pixel. Narrower boxes are not drawn, because a mouse pointer could not
/// select them.
const NARROWEST: usize = 3;

pub(super) fn draw(profile: &Profile) -> String {
    let whole = profile.regions[0].total.max(1);
    let depth = profile.regions.iter().map(|region| region.depth).max().unwrap_or(0);
    let (width, height) = (WIDTH / 10 + 2 * MARGIN, HEADER + ROW * (depth + 1) + MARGIN);
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{}</text>\n\
         <text x=\"{MARGIN}\" y=\"41\" fill=\"#555555\">{} gates of 2^{} = {}; {} free ({})</text>\n",
        escape(&profile.circuit),
        profile.gates,
        profile.power,
        1usize << profile.power,
        profile.free(),
        Share(profile.free(), 1 << profile.power),
    );
    // The start of the next box within each region, in gates.
    let mut starts: Vec<usize> = alloc::vec![0; profile.regions.len()];
    for index in profile.order() {
        let region = &profile.regions[index];
        let start = starts[region.parent];
        starts[index] = start;
        if index != 0 {
            starts[region.parent] += region.total;
        }
        let (left, right) = (start * WIDTH / whole, (start + region.total) * WIDTH / whole);
        if right - left < NARROWEST {
            continue;
        }
        draw_box(&mut svg, profile, index, left, right - left);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_box(svg: &mut String, profile: &Profile, index: usize, left: usize, width: usize) {
    let region = &profile.regions[index];
    let left = left + 10 * MARGIN;
    let top = HEADER + ROW * region.depth;
    let letters = width.saturating_sub(60) / LETTER;
    let _ = write!(
        svg,
        "<g><title>{}: {} gates ({}), {} of its own</title>\
         <rect x=\"{}.{}\" y=\"{top}\" width=\"{}.{}\" height=\"{}\" rx=\"2\" fill=\"{}\" stroke=\"#ffffff\"/>",
        escape(&region.name),
        region.total,
        Share(region.total, profile.gates),
        region.own,
        left / 10,
        left % 10,
        width / 10,
        width % 10,
        ROW - 1,
        colour(&region.name),
    );
    if letters >= 3 {
        let label = alloc::format!("{} · {}", region.name, region.total);
        let label = if label.chars().count() <= letters { label } else { region.name.clone() };
        let shown: String = if label.chars().count() <= letters {
            label
        } else {
            label.chars().take(letters - 1).chain(['…']).collect()
        };
        let _ = write!(
            svg,
            "<text x=\"{}.{}\" y=\"{}\" fill=\"#1c1c1c\">{}</text>",
            left / 10 + 4,
            left % 10,
            top + 15,
            escape(&shown)
        );
    }
    svg.push_str("</g>\n");
}

/// A warm colour for a name, always the same one.
fn colour(name: &str) -> String {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let [a, b, ..] = (hash ^ (hash >> 15)).to_be_bytes();
    alloc::format!("hsl({}, {}%, 72%)", 12 + u32::from(a) * 40 / 255, 70 + u32::from(b) * 25 / 255)
}

/// Escapes text for a document, and removes characters that documents must not contain.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
