//! Draws the reliability curve.

use crate::report::Bin;

const SIZE: f64 = 320.0;
const BORDER: f64 = 40.0;

/// Returns a picture of the share that is right over the confidence. The larger a dot, the more questions.
pub(crate) fn reliability(bins: &[Bin]) -> String {
    let x = |value: f64| BORDER + value * SIZE;
    let y = |value: f64| BORDER + (1.0 - value) * SIZE;
    let side = SIZE + 2.0 * BORDER;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Share of right answers over confidence</title>\n\
         <rect width=\"{side}\" height=\"{side}\" fill=\"white\"/>\n\
         <rect x=\"{BORDER}\" y=\"{BORDER}\" width=\"{SIZE}\" height=\"{SIZE}\" fill=\"none\" stroke=\"#999\"/>\n\
         <line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#bbb\" stroke-dasharray=\"4\"/>\n",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0),
    );
    for tick in 0..=5_u8 {
        let value = f64::from(tick) / 5.0;
        svg.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{value}</text>\n",
            x(value),
            y(0.0) + 16.0
        ));
        svg.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>\n",
            x(0.0) - 6.0,
            y(value) + 4.0
        ));
    }
    svg.push_str(&format!("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">confidence</text>\n", x(0.5), y(0.0) + 32.0));
    let middle = y(0.5);
    svg.push_str(&format!("<text x=\"12\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {middle})\">share right</text>\n"));
    let seen: Vec<_> = bins.iter().filter(|bin| bin.count > 0).collect();
    let points: Vec<String> = seen.iter().map(|bin| format!("{:.1},{:.1}", x(bin.mean), y(bin.right))).collect();
    svg.push_str(&format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#1a6\"/>\n", points.join(" ")));
    for bin in seen {
        let radius = 2.0 + crate::report::real(bin.count).sqrt() / 4.0;
        svg.push_str(&format!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"#1a6\"/>\n",
            x(bin.mean),
            y(bin.right)
        ));
    }
    svg.push_str("</svg>\n");
    svg
}
