//! SVG: a file of its own, and what [`page`](super::page()) shows.

use std::fmt::Write as _;

use super::layout::{Area, Layout, ROW, TOP, layout};
use super::{Arrow, Box, Line, Mark, Picture, Row, Subject};

/// Around everything.
const EDGE: f64 = 24.0;
/// How many colours groups have; `picture.css` lists them.
const COLORS: usize = 10;

/// Draws a picture as a file in SVG, in dark or light as its reader has it.
pub fn svg(picture: &Picture) -> String {
    let style = format!("<style>\n{}</style>\n", include_str!("picture.css"));
    drawing(picture, &style, "xmlns=\"http://www.w3.org/2000/svg\" ")
}

/// Draws a picture. `style` stands before everything else, `attributes` in the root.
pub(super) fn drawing(picture: &Picture, style: &str, attributes: &str) -> String {
    let found = layout(picture);
    // Without a table there is a sentence.
    let (width, height) = (found.size.0.max(200.0) + 2.0 * EDGE, found.size.1.max(36.0) + 2.0 * EDGE);
    let (top, left) = (-EDGE, -EDGE);
    let mut text = format!(
        "<svg {attributes}class=\"picture {}\" role=\"group\" aria-label=\"{}\" viewBox=\"{left} {top} {width} {height}\">\n\
         {style}{MARKERS}",
        class(picture.subject),
        escaped(&picture.title),
    );
    text.push_str("<g class=\"all\">\n");
    for (number, name) in picture.groups.iter().enumerate() {
        group(&mut text, number, name, &found.groups[number], found.label);
    }
    text.push_str("<g class=\"arrows\" aria-hidden=\"true\">\n");
    for (number, found_arrow) in picture.arrows.iter().enumerate() {
        let is_far = picture.boxes[found_arrow.from].group != picture.boxes[found_arrow.to].group;
        arrow(&mut text, number, found_arrow, &path(picture, found_arrow, number, &found), is_far);
    }
    text.push_str("</g>\n");
    for (number, found_box) in picture.boxes.iter().enumerate() {
        draw_box(&mut text, number, found_box, &found.boxes[number], picture.subject);
    }
    if picture.boxes.is_empty() {
        text.push_str("<text class=\"owner\" x=\"0\" y=\"24\">nothing to show yet</text>\n");
    }
    text + "</g>\n</svg>\n"
}

const MARKERS: &str = "<defs>\n\
    <marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" \
    orient=\"auto-start-reverse\" markerUnits=\"userSpaceOnUse\">\
    <path d=\"M0 1 10 5 0 9z\" class=\"tip\" fill=\"context-stroke\"/></marker>\n</defs>\n";

fn class(subject: Subject) -> &'static str {
    match subject {
        Subject::Tables => "tables",
        Subject::Chains => "chains",
    }
}

fn group(text: &mut String, number: usize, name: &str, area: &Area, label: f64) {
    let Area { x, y, width, height } = area;
    let _ = writeln!(
        text,
        "<g class=\"group c{}\" data-group=\"{number}\" data-width=\"{width}\" data-label=\"{label}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" \
         height=\"{height}\" rx=\"10\" fill=\"#f3f4f6\" stroke=\"#888\"/>\
         <text class=\"owner\" x=\"{}\" y=\"{}\">{}</text></g>",
        number % COLORS,
        x + 16.0,
        y + label,
        escaped(name),
    );
}

fn draw_box(text: &mut String, number: usize, found: &Box, area: &Area, subject: Subject) {
    let Area { x, y, width, height } = area;
    let mark = match found.mark {
        Mark::Same => String::new(),
        Mark::New | Mark::Gone | Mark::Changed => format!(", {}", found.mark.word()),
    };
    let label = format!("{} {}{mark}", subject.nouns().0, found.name);
    let _ = write!(
        text,
        "<g class=\"box c{} {}\" id=\"b{number}\" data-group=\"{}\" data-x=\"{x}\" data-y=\"{y}\" data-width=\"{width}\" \
         data-height=\"{height}\" transform=\"translate({x} {y})\" tabindex=\"0\" role=\"img\" aria-label=\"{}\">\n\
         <title>{}</title>\n\
         <rect class=\"body\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#fff\" stroke=\"#666\"/>\
         <path class=\"top\" d=\"M0 6a6 6 0 0 1 6-6h{}a6 6 0 0 1 6 6v{}H0z\" fill=\"#888\" fill-opacity=\".18\"/>\
         <text class=\"name\" x=\"12\" y=\"20\">{}</text>",
        found.group % COLORS,
        found.mark.word(),
        found.group,
        escaped(&label),
        escaped(&found.definition().join("\n")),
        width - 12.0,
        TOP - 6.0,
        escaped(&found.name),
    );
    if found.mark != Mark::Same {
        let _ = write!(
            text,
            "<text class=\"badge\" x=\"{width}\" y=\"-5\" text-anchor=\"end\">{}</text>",
            found.mark.word()
        );
    }
    if !found.rows.is_empty() {
        text.push_str("<g class=\"rows\">");
        found.rows.iter().enumerate().for_each(|(at, found)| row(text, at, found, *width));
        text.push_str("</g>");
    }
    text.push_str("</g>\n");
}

fn row(text: &mut String, at: usize, row: &Row, width: f64) {
    let y = TOP + ROW * (at as f64 + 1.0);
    let key = if row.is_key { " key" } else { "" };
    let sign = match row.mark {
        Mark::Same => String::new(),
        Mark::New | Mark::Gone | Mark::Changed => {
            format!("<tspan class=\"sign\" x=\"3\">{}</tspan>", row.mark.sign().trim())
        }
    };
    let _ = write!(
        text,
        "<text class=\"row {}{key}\" y=\"{y}\">{sign}<tspan x=\"12\">{}</tspan>",
        row.mark.word(),
        escaped(&row.name),
    );
    if !row.short.is_empty() {
        let _ = write!(
            text,
            "<tspan class=\"short\" x=\"{}\" text-anchor=\"end\">{}</tspan>",
            width - 12.0,
            escaped(&row.short)
        );
    }
    text.push_str("</text>");
}

/// Draws an arrow. `is_far` says that it leads into another group.
fn arrow(text: &mut String, number: usize, arrow: &Arrow, path: &str, is_far: bool) {
    let line = match arrow.line {
        Line::Solid => "",
        Line::Dashed => " stroke-dasharray=\"7 4\"",
        Line::Dotted => " stroke-dasharray=\"2 4\"",
    };
    let far = if is_far { " apart" } else { "" };
    let _ = writeln!(
        text,
        "<path class=\"arrow {}{far}\" data-arrow=\"{number}\" data-from=\"{}\" data-to=\"{}\" d=\"{path}\" fill=\"none\" \
         stroke=\"#777\"{line} marker-end=\"url(#tip)\"><title>{}</title></path>",
        arrow.mark.word(),
        arrow.from,
        arrow.to,
        escaped(&arrow.text),
    );
}

/// Returns the line of an arrow, between the sides of two boxes that face one another.
fn path(picture: &Picture, arrow: &Arrow, number: usize, found: &Layout) -> String {
    let (from, to) = (&found.boxes[arrow.from], &found.boxes[arrow.to]);
    if arrow.from == arrow.to {
        let (x, y) = (from.x + from.width, from.y + TOP / 2.0);
        return format!(
            "M{x} {}C{} {} {} {} {} {}",
            y + 18.0,
            x + 30.0,
            y + 22.0,
            x + 30.0,
            y - 10.0,
            x + 1.0,
            y - 4.0
        );
    }
    // Arrows of one box don't begin or end at the same point.
    let share = |is_it: &dyn Fn(&Arrow) -> bool| {
        let before = picture.arrows[..number].iter().filter(|other| is_it(other)).count() as f64;
        let all = picture.arrows.iter().filter(|other| is_it(other)).count() as f64;
        (before + 1.0) / (all + 1.0)
    };
    let start = share(&|other| other.from == arrow.from && other.to != other.from);
    let end = share(&|other| other.to == arrow.to && other.to != other.from);
    let along = |area: &Area, share: f64| (area.x + area.width * (0.2 + 0.6 * share)).round();
    let beside = |area: &Area, share: f64| (area.y + 8.0 + (area.height - 16.0) * share).round();
    if to.y + to.height < from.y || from.y + from.height < to.y {
        let is_up = to.y < from.y;
        let (x1, x2) = (along(from, start), along(to, end));
        let (y1, y2) = if is_up { (from.y, to.y + to.height) } else { (from.y + from.height, to.y) };
        let bend = ((y2 - y1).abs() / 2.0).clamp(16.0, 90.0) * if is_up { -1.0 } else { 1.0 };
        return format!("M{x1} {y1}C{x1} {} {x2} {} {x2} {y2}", y1 + bend, y2 - bend);
    }
    let is_right = to.x > from.x;
    let (y1, y2) = (beside(from, start), beside(to, end));
    let (x1, x2) = if is_right { (from.x + from.width, to.x) } else { (from.x, to.x + to.width) };
    let bend = ((x2 - x1).abs() / 2.0).clamp(16.0, 90.0) * if is_right { 1.0 } else { -1.0 };
    format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend)
}

/// Escapes a text for a place between tags or in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            letter => shown.push(letter),
        }
    }
    shown
}
