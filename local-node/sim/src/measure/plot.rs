//! Line plots in SVG.

use std::fmt::Write;

/// A line.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

/// A plot of some lines over one axis.
#[derive(Debug, Clone)]
pub struct Plot {
    /// The title.
    pub title: String,
    /// The label of the horizontal axis.
    pub x: String,
    /// The label of the vertical axis.
    pub y: String,
    /// Whether equal steps to the right are equal factors.
    pub is_logarithmic: bool,
    /// The lines.
    pub series: Vec<Series>,
}

const WIDTH_PX: f64 = 720.0;
const HEIGHT_PX: f64 = 380.0;
const LEFT_PX: f64 = 76.0;
const RIGHT_PX: f64 = 24.0;
const TOP_PX: f64 = 64.0;
const BOTTOM_PX: f64 = 52.0;
/// Steps between the lines of the grid.
const STEPS: u32 = 5;
const COLOURS: [&str; 4] = ["#1f6fb2", "#c77700", "#2a8a3e", "#a0308f"];

impl Plot {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter().copied());
        let scaled = |x: f64| if self.is_logarithmic { x.max(f64::MIN_POSITIVE).ln() } else { x };
        let least = points().map(|(x, _)| scaled(x)).fold(f64::INFINITY, f64::min);
        let most = points().map(|(x, _)| scaled(x)).fold(f64::NEG_INFINITY, f64::max);
        let top = round_up(points().map(|(_, y)| y).fold(0.0, f64::max));
        let span = if most > least { most - least } else { 1.0 };
        let place_x = |x: f64| LEFT_PX + (scaled(x) - least) / span * (WIDTH_PX - LEFT_PX - RIGHT_PX);
        let place_y = |y: f64| HEIGHT_PX - BOTTOM_PX - y / top * (HEIGHT_PX - TOP_PX - BOTTOM_PX);
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH_PX} {HEIGHT_PX}\" width=\"{WIDTH_PX}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"{title}\">\n<rect width=\"100%\" \
             height=\"100%\" fill=\"white\"/>\n<text x=\"{LEFT_PX}\" y=\"22\" font-size=\"15\" \
             font-weight=\"bold\">{title}</text>",
            title = self.title
        );
        for step in 0..=STEPS {
            let value = top * f64::from(step) / f64::from(STEPS);
            let y = place_y(value);
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT_PX}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\" stroke=\"#ddd\"/><text x=\"{}\" \
                 y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
                WIDTH_PX - RIGHT_PX,
                LEFT_PX - 8.0,
                y + 4.0,
                number(value)
            );
        }
        for (x, _) in self.series.first().map_or(&[][..], |series| &series.points) {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
                place_x(*x),
                HEIGHT_PX - BOTTOM_PX + 18.0,
                number(*x)
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n<text x=\"18\" y=\"{}\" text-anchor=\"middle\" \
             transform=\"rotate(-90 18 {})\">{}</text>",
            (LEFT_PX + WIDTH_PX - RIGHT_PX) / 2.0,
            HEIGHT_PX - 12.0,
            self.x,
            (TOP_PX + HEIGHT_PX - BOTTOM_PX) / 2.0,
            (TOP_PX + HEIGHT_PX - BOTTOM_PX) / 2.0,
            self.y
        );
        let mut legend = LEFT_PX;
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let line: Vec<_> =
                series.points.iter().map(|(x, y)| format!("{:.1},{:.1}", place_x(*x), place_y(*y))).collect();
            let _ = writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                line.join(" ")
            );
            for (x, y) in &series.points {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>",
                    place_x(*x),
                    place_y(*y)
                );
            }
            let _ = writeln!(
                out,
                "<line x1=\"{legend}\" y1=\"44\" x2=\"{}\" y2=\"44\" stroke=\"{colour}\" stroke-width=\"2\"/><text \
                 x=\"{}\" y=\"48\">{}</text>",
                legend + 20.0,
                legend + 26.0,
                series.name
            );
            #[allow(clippy::cast_precision_loss, reason = "a name is short")]
            let letters = series.name.len() as f64;
            legend += 50.0 + letters * 6.5;
        }
        out.push_str("</svg>\n");
        out
    }
}

/// The next number that is 1, 2, 2.5 or 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * power).find(|it| *it >= value).unwrap_or(value)
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 || value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}
