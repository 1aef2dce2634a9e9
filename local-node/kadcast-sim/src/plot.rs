//! Figures as an SVG: small panels with one line for each strategy, readable on light and on dark pages.

use std::fmt::Write;

use crate::measure::Figures;
use crate::net::Strategy;
use crate::report::{name, with_commas};

/// Width and height of a panel with its title and labels.
const PANEL: [f64; 2] = [300.0, 250.0];
/// The plotting area within a panel: left, top, width, height.
const AREA: [f64; 4] = [56.0, 44.0, 226.0, 152.0];
const COLUMNS: usize = 3;
/// Colours that people with any colour vision tell apart (after Okabe and Ito), each with a mark of its own.
const COLOURS: [&str; 6] = ["#2a86c8", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];

const STYLE: &str = "\
.page{fill:#fff}.text{fill:#24292f}.faint{fill:#57606a}.grid{stroke:#d0d7de}.axis{stroke:#57606a}
@media(prefers-color-scheme:dark){.page{fill:#161b22}.text{fill:#e6edf3}.faint{fill:#9da7b3}.grid{stroke:#30363d}\
.axis{stroke:#9da7b3}}";

/// A scale of an axis.
#[derive(Debug, Clone)]
struct Axis {
    from: f64,
    to: f64,
    is_log: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// From the power of ten below the values to the one above.
    fn log(values: &[f64]) -> Self {
        let positive = values.iter().copied().filter(|value| *value > 0.0);
        let (low, high) = positive.fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(it), high.max(it)));
        let (low, high) = if low > high { (1.0, 10.0) } else { (low, high) };
        let mut ticks = vec![10f64.powf(low.log10().floor())];
        while let Some(last) = ticks.last().copied()
            && (last < high || ticks.len() < 2)
        {
            ticks.push(last * 10.0);
        }
        Self::over(ticks, true)
    }

    /// From a value to a round one at or above all values.
    fn linear(from: f64, values: &[f64]) -> Self {
        let high = values.iter().copied().fold(from, f64::max);
        let span = (high - from).max(f64::MIN_POSITIVE);
        let power = 10f64.powf(span.log10().floor());
        let step = [0.2, 0.5, 1.0, 2.0].map(|it| it * power).into_iter().find(|step| span / step <= 6.0);
        let step = step.unwrap_or(2.0 * power);
        let mut ticks = vec![from];
        // No more than seven: the step was chosen so.
        while let Some(last) = ticks.last().copied()
            && (last < high - span * 1e-9 || ticks.len() < 2)
        {
            ticks.push(last + step);
        }
        Self::over(ticks, false)
    }

    fn over(ticks: Vec<f64>, is_log: bool) -> Self {
        let ends = (ticks.first().copied(), ticks.last().copied());
        Self { from: ends.0.unwrap_or(0.0), to: ends.1.unwrap_or(1.0), is_log, ticks }
    }

    /// The place of a value, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let of = |it: f64| if self.is_log { it.max(f64::MIN_POSITIVE).log10() } else { it };
        ((of(value) - of(self.from)) / (of(self.to) - of(self.from))).clamp(0.0, 1.0)
    }
}

/// A panel: its figures, and the two values that it plots.
struct Panel<'a> {
    title: &'a str,
    note: String,
    x_title: &'a str,
    x: fn(&Figures) -> f64,
    y: fn(&Figures) -> f64,
    y_axis: fn(&[f64]) -> Axis,
    figures: Vec<&'a Figures>,
}

/// Draws figures of short messages: by the number of nodes at the middle loss, and by loss in the largest network.
#[must_use]
pub fn svg(figures: &[Figures]) -> String {
    let mut losses: Vec<u32> = figures.iter().map(|it| it.loss_permille).collect();
    losses.sort_unstable();
    losses.dedup();
    let loss = losses.get(losses.len() / 2).copied().unwrap_or_default();
    let nodes = figures.iter().map(|it| it.nodes).max().unwrap_or_default();
    let by_nodes: Vec<&Figures> = figures.iter().filter(|it| it.loss_permille == loss).collect();
    let note = || format!("{} % of datagrams lost", f64::from(loss) / 10.0);
    let panel = |title, y: fn(&Figures) -> f64, y_axis| Panel {
        title,
        note: note(),
        x_title: "nodes",
        x: |it| it.nodes as f64,
        y,
        y_axis,
        figures: by_nodes.clone(),
    };
    let from_zero: fn(&[f64]) -> Axis = |values| Axis::linear(0.0, values);
    let panels = [
        panel("Bytes that a node sends", |it| it.bytes, Axis::log),
        panel("Copies that a node receives", |it| it.copies, Axis::log),
        panel("Hops to a node, mean", |it| it.hops, from_zero),
        panel("Milliseconds to the last node", |it| it.last.as_secs_f64() * 1e3, from_zero),
        Panel {
            title: "Nodes reached, percent",
            note: format!("{} nodes", with_commas(nodes as f64)),
            x_title: "datagrams lost, percent",
            x: |it| f64::from(it.loss_permille) / 10.0,
            y: |it| it.delivered * 100.0,
            y_axis: |values| {
                let low = values.iter().copied().fold(100.0, f64::min);
                Axis::linear((low / 5.0 - 0.2).floor().max(0.0) * 5.0, &[100.0])
            },
            figures: figures.iter().filter(|it| it.nodes == nodes).collect(),
        },
    ];
    let strategies = strategies(figures);
    let rows = (panels.len() + 1).div_ceil(COLUMNS);
    let (width, height) = (PANEL[0] * COLUMNS as f64, PANEL[1] * rows as f64);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Kadcast beside gossip and flooding\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
    );
    for (place, panel) in panels.iter().enumerate() {
        let corner = [PANEL[0] * (place % COLUMNS) as f64, PANEL[1] * (place / COLUMNS) as f64];
        draw(&mut out, corner, panel, &strategies);
    }
    let corner = [PANEL[0] * (panels.len() % COLUMNS) as f64, PANEL[1] * (panels.len() / COLUMNS) as f64];
    legend(&mut out, corner, &strategies, figures);
    out.push_str("</svg>\n");
    out
}

/// The strategies in the order of their first figures.
fn strategies(figures: &[Figures]) -> Vec<Strategy> {
    let mut strategies = Vec::new();
    for it in figures {
        if !strategies.contains(&it.strategy) {
            strategies.push(it.strategy);
        }
    }
    strategies
}

fn draw(out: &mut String, [left, top]: [f64; 2], panel: &Panel<'_>, strategies: &[Strategy]) {
    let [x0, y0, width, height] = [left + AREA[0], top + AREA[1], AREA[2], AREA[3]];
    let ys: Vec<f64> = panel.figures.iter().map(|it| (panel.y)(it)).collect();
    let mut xs: Vec<f64> = panel.figures.iter().map(|it| (panel.x)(it)).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let y_axis = (panel.y_axis)(&ys);
    let is_log = xs.first().is_some_and(|low| *low > 0.0) && xs.last() > xs.first().map(|low| low * 9.0).as_ref();
    let x_axis = if is_log { Axis::log(&xs) } else { Axis::linear(xs.first().copied().unwrap_or_default(), &xs) };
    line(out, "text", [left + 16.0, top + 20.0], "start", "13", panel.title);
    line(out, "faint", [left + 16.0, top + 35.0], "start", "10", &panel.note);
    for tick in &y_axis.ticks {
        let y = y0 + height * (1.0 - y_axis.place(*tick));
        let _ = writeln!(out, "<path class=\"grid\" d=\"M{x0:.1} {y:.1}h{width:.1}\" fill=\"none\"/>");
        line(out, "faint", [x0 - 6.0, y + 4.0], "end", "10", &label(*tick));
    }
    for x in &xs {
        let at = x0 + width * x_axis.place(*x);
        let _ = writeln!(out, "<path class=\"axis\" d=\"M{at:.1} {:.1}v4\" fill=\"none\"/>", y0 + height);
        line(out, "faint", [at, y0 + height + 16.0], "middle", "10", &label(*x));
    }
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{x0:.1} {:.1}h{width:.1}\" fill=\"none\"/>", y0 + height);
    line(out, "faint", [x0 + width / 2.0, y0 + height + 32.0], "middle", "10", panel.x_title);
    // The first comes last, above the others.
    for (place, strategy) in strategies.iter().enumerate().rev() {
        let mut points: Vec<[f64; 2]> = panel
            .figures
            .iter()
            .filter(|it| it.strategy == *strategy)
            .map(|it| {
                let (x, y) = (x_axis.place((panel.x)(it)), y_axis.place((panel.y)(it)));
                [x0 + width * x, y0 + height * (1.0 - y)]
            })
            .collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let path: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1} {y:.1}")).collect();
        let colour = COLOURS[place % COLOURS.len()];
        let _ = writeln!(out, "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", path.join("L"));
        points.iter().for_each(|point| mark(out, place, *point));
    }
}

fn legend(out: &mut String, [left, top]: [f64; 2], strategies: &[Strategy], figures: &[Figures]) {
    for (place, strategy) in strategies.iter().enumerate() {
        let y = top + 56.0 + 24.0 * place as f64;
        let colour = COLOURS[place % COLOURS.len()];
        let x = left + 40.0;
        let _ = writeln!(out, "<path d=\"M{x:.1} {y:.1}h36\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        mark(out, place, [x + 18.0, y]);
        line(out, "text", [x + 46.0, y + 4.0], "start", "12", &name(*strategy));
    }
    let bytes = figures.first().map(|it| it.message_bytes).unwrap_or_default();
    let y = top + 66.0 + 24.0 * strategies.len() as f64;
    line(out, "faint", [left + 40.0, y], "start", "10", &format!("messages of {} bytes", with_commas(bytes as f64)));
}

/// The mark of a strategy: circle, square, diamond, triangle.
fn mark(out: &mut String, place: usize, [x, y]: [f64; 2]) {
    let colour = COLOURS[place % COLOURS.len()];
    let path = match place % 4 {
        0 => format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0),
        1 => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
        2 => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
        _ => format!("M{x:.1} {:.1}l5 8h-10z", y - 5.0),
    };
    let _ = writeln!(out, "<path d=\"{path}\" fill=\"{colour}\"/>");
}

fn line(out: &mut String, class: &str, [x, y]: [f64; 2], anchor: &str, size: &str, text: &str) {
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{text}</text>"
    );
}

/// A number at an axis.
fn label(number: f64) -> String {
    match number {
        it if it >= 1e6 => format!("{} M", with_commas(it / 1e6)),
        it if it >= 1000.0 => with_commas(it),
        it if it.fract() == 0.0 => format!("{it:.0}"),
        it => format!("{it:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_hold_their_values_and_ticks() {
        for (axis, ticks) in [
            (Axis::log(&[35_388.0, 1_070_335.0]), vec![1e4, 1e5, 1e6, 1e7]),
            (Axis::log(&[]), vec![1.0, 10.0]),
            (Axis::linear(0.0, &[6.9]), vec![0.0, 2.0, 4.0, 6.0, 8.0]),
            (Axis::linear(80.0, &[100.0]), vec![80.0, 85.0, 90.0, 95.0, 100.0]),
        ] {
            assert_eq!(axis.ticks.len(), ticks.len(), "{axis:?}");
            assert!(axis.ticks.iter().zip(&ticks).all(|(a, b)| (a / b - 1.0).abs() < 1e-9 || a == b), "{axis:?}");
            assert!(axis.place(axis.from) == 0.0 && axis.place(axis.to) == 1.0);
        }
    }
}
