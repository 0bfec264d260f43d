//! A picture: for each workload a bar for each database, as long as its rate is high.
//!
//! An SVG without scripts, fonts or background, whose colors can be read on white and on black; where the viewer tells
//! which of the two it is, they suit it better.

use std::fmt::Write;

use super::{number, time};
use crate::summary::{RAW, ResultRow, Summary};
use crate::workload::Workload;

const WIDTH: f64 = 840.0;
const NAMES: f64 = 150.0;
const BARS: f64 = 560.0;
const BAR_HEIGHT: f64 = 14.0;
const ROW: f64 = 20.0;
const TITLE: f64 = 26.0;
const GAP: f64 = 18.0;

const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #7d7d7d }
.title { font-weight: 600; font-size: 13px }
.name { text-anchor: end }
.ours { fill: #2f9e6e } .other { fill: #8795a8 } .raw { fill: #c08a3e }
@media (prefers-color-scheme: light) { text { fill: #333 } }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
";

/// Returns the picture as SVG. The first database of the summary is taken for ours.
pub(crate) fn plot(summary: &Summary) -> String {
    let ours = summary
        .engines
        .first()
        .map_or("", |facts| facts.engine.as_str());
    let mut body = String::new();
    let mut top = 20.0;
    element(
        &mut body,
        &format!(
            r#"<text class="title" x="0" y="{top:.0}">Rates, longer is faster; each group has its own scale</text>"#
        ),
    );
    top += GAP;
    for workload in Workload::ALL {
        let rows = summary.results_of(workload);
        let rows = rows.filter(|row| row.engine != RAW || workload.waits_for_disk());
        let rows = rows.collect::<Vec<_>>();
        if !rows.is_empty() {
            group(&mut body, workload, &rows, ours, top);
            #[allow(clippy::cast_precision_loss)]
            let height = TITLE + rows.len() as f64 * ROW + GAP;
            top += height;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH:.0}\" height=\"{top:.0}\" viewBox=\"0 0 {WIDTH:.0} {top:.0}\" \
         role=\"img\">\n<title>Benchmarks</title>\n<style>\n{STYLE}</style>\n{body}</svg>\n"
    )
}

fn group(body: &mut String, workload: Workload, rows: &[&ResultRow], ours: &str, top: f64) {
    let best = rows.iter().map(|row| row.per_second).fold(0.0, f64::max);
    let title = escaped(workload.title());
    element(
        body,
        &format!(
            r#"<text class="title" x="0" y="{:.0}">{title}</text>"#,
            top + 14.0
        ),
    );
    let mut y = top + TITLE;
    for row in rows {
        let class = match row.engine.as_str() {
            RAW => "raw",
            engine if engine == ours => "ours",
            _ => "other",
        };
        let length = (BARS * row.per_second / best.max(f64::MIN_POSITIVE)).max(1.0);
        let base = y + BAR_HEIGHT - 3.0;
        let (name, label) = (escaped(&row.engine), escaped(&label(workload, row)));
        element(
            body,
            &format!(
                r#"<text class="name" x="{:.0}" y="{base:.0}">{name}</text>"#,
                NAMES - 8.0
            ),
        );
        element(
            body,
            &format!(
                r#"<rect class="{class}" x="{NAMES:.0}" y="{y:.0}" width="{length:.1}" height="{BAR_HEIGHT:.0}" rx="2"/>"#
            ),
        );
        element(
            body,
            &format!(
                r#"<text x="{:.1}" y="{base:.0}">{label}</text>"#,
                NAMES + length + 6.0
            ),
        );
        y += ROW;
    }
}

fn element(body: &mut String, element: &str) {
    writeln!(body, "{element}").expect("a string takes everything");
}

fn label(workload: Workload, row: &ResultRow) -> String {
    match workload {
        Workload::OpenAfterKill | Workload::ViewReduce | Workload::ViewReduceSmall => {
            time(row.p50_us)
        }
        _ => format!("{}/s", number(row.per_second)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::tests::summary;

    #[test]
    fn bars_are_as_long_as_rates_are_high() {
        let picture = plot(&summary());
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        assert!(
            picture.contains(r#"class="ours" x="150" y="64" width="560.0""#)
                || picture.contains(r#"width="560.0""#)
        );
        assert!(
            picture.contains(r#"width="140.0""#),
            "a quarter of the best:\n{picture}"
        );
        assert!(picture.contains(">200/s</text>"));
        assert_eq!(picture.matches("<rect ").count(), 3);
    }

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escaped("a<b>&c"), "a&lt;b&gt;&amp;c");
    }
}
