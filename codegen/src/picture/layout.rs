//! Where boxes stand.
//!
//! Boxes of one group that arrows join are laid out in layers by `rust-sugiyama`. What that makes is packed into rows: the
//! parts of a group, and then the groups. A table that very many others point at would stretch its layer across
//! the page, so arrows to such tables don't count.

use std::collections::BTreeSet;

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;
use unicode_width::UnicodeWidthStr as _;

use super::{Box, Picture, Row, Subject};

/// The height of a box's top, and of each of its rows.
pub(super) const TOP: f64 = 30.0;
pub(super) const ROW: f64 = 18.0;
/// The width of a letter of a row, which is set in a monospaced font, and of a name.
const LETTER: f64 = 7.3;
const NAME_LETTER: f64 = 9.2;
/// Between boxes, and around the boxes of a group, where arrows run.
const GAP: f64 = 48.0;
const MARGIN: f64 = 28.0;
/// How many tables are laid out together at most.
const TOGETHER: usize = 40;
/// How much wider than high a picture shall be.
const SHAPE: f64 = 1.7;

/// A rectangle, by its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    fn sized(width: f64, height: f64) -> Self {
        Self { width, height, ..Self::default() }
    }
}

/// Where everything stands.
#[derive(Debug)]
pub(super) struct Layout {
    /// Each box.
    pub(super) boxes: Vec<Area>,
    /// Each group.
    pub(super) groups: Vec<Area>,
    /// How high a group's name may be.
    pub(super) label: f64,
    /// The whole picture.
    pub(super) size: (f64, f64),
}

/// Lays out a picture. The same picture is laid out the same way each time.
pub(super) fn layout(picture: &Picture) -> Layout {
    let mut boxes: Vec<Area> = picture.boxes.iter().map(size).collect();
    // Of many tables one sees all only from afar, where names must be large.
    let label = (30.0 + boxes.len() as f64 * 0.4).min(150.0).round();
    let mut groups = Vec::new();
    for (number, name) in picture.groups.iter().enumerate() {
        let members: Vec<usize> = picture.of(number).map(|(at, _)| at).collect();
        let (width, height) = lay_out_group(picture, &members, &mut boxes);
        let width = width.max(name.width() as f64 * NAME_LETTER * 1.5);
        groups.push(Area::sized(width + 2.0 * MARGIN, height + label + 2.0 * MARGIN));
    }
    let size = pack(&mut groups);
    for (at, found) in picture.boxes.iter().enumerate() {
        boxes[at].x += groups[found.group].x + MARGIN;
        boxes[at].y += groups[found.group].y + MARGIN + label;
    }
    Layout { boxes, groups, label, size }
}

fn size(found: &Box) -> Area {
    let row = |row: &Row| (row.name.width() + row.short.width()) as f64 * LETTER + 56.0;
    let rows = found.rows.iter().map(row).fold(0.0, f64::max);
    let name = found.name.width() as f64 * NAME_LETTER + 24.0;
    let padding = if found.rows.is_empty() { 0.0 } else { 8.0 };
    Area::sized(rows.max(name).max(120.0).ceil(), TOP + found.rows.len() as f64 * ROW + padding)
}

/// Lays out the boxes of a group from its upper left corner on, and returns how much room they take.
fn lay_out_group(picture: &Picture, members: &[usize], boxes: &mut [Area]) -> (f64, f64) {
    let edges = joining(picture, members);
    let mut parts = Vec::new();
    for part in parts_of(members, &edges) {
        parts.push((lay_out_part(&part, &edges, boxes), part));
    }
    let mut areas: Vec<Area> = parts.iter().map(|(area, _)| *area).collect();
    let size = pack(&mut areas);
    for (area, (_, part)) in areas.iter().zip(&parts) {
        for at in part {
            boxes[*at].x += area.x;
            boxes[*at].y += area.y;
        }
    }
    size
}

/// Returns the arrows that count, each from the box that is to stand above.
fn joining(picture: &Picture, members: &[usize]) -> BTreeSet<(usize, usize)> {
    let is_member = |at: &usize| members.binary_search(at).is_ok();
    let arrows = picture.arrows.iter().filter(|arrow| arrow.from != arrow.to);
    let ends = arrows.map(|arrow| (arrow.to, arrow.from)).filter(|(to, from)| is_member(to) && is_member(from));
    let mut edges = BTreeSet::new();
    for (to, from) in ends {
        // Two tables that point at one another stand as the first arrow says.
        if !edges.contains(&(from, to)) {
            edges.insert((to, from));
        }
    }
    if picture.subject == Subject::Chains {
        return edges;
    }
    loop {
        let parts = parts_of(members, &edges);
        let Some(part) = parts.iter().filter(|part| part.len() > TOGETHER).max_by_key(|part| part.len()) else {
            return edges;
        };
        let pointed_at = |at: &usize| edges.iter().filter(|(to, _)| to == at).count();
        // Of equals the first.
        let Some(hub) = part.iter().rev().max_by_key(|at| pointed_at(at)).copied() else { return edges };
        edges.retain(|(to, _)| *to != hub);
    }
}

/// Returns the sets of members that arrows join, each in order.
fn parts_of(members: &[usize], edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut left: BTreeSet<usize> = members.iter().copied().collect();
    let mut parts = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut part = vec![first];
        let mut next = 0;
        while let Some(at) = part.get(next).copied() {
            let joined =
                edges.iter().filter(|(a, b)| *a == at || *b == at).map(|(a, b)| if *a == at { *b } else { *a });
            part.extend(joined.filter(|other| left.remove(other)));
            next += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

/// Lays out boxes that arrows join, and returns how much room they take.
fn lay_out_part(part: &[usize], edges: &BTreeSet<(usize, usize)>, boxes: &mut [Area]) -> Area {
    // The library counts from 0 on.
    let number = |at: &usize| part.binary_search(at).unwrap_or_default() as u32;
    let vertices: Vec<(u32, (f64, f64))> =
        part.iter().map(|at| (number(at), (boxes[*at].width, boxes[*at].height))).collect();
    let edges = edges.iter().filter(|(to, _)| part.binary_search(to).is_ok());
    let edges: Vec<(u32, u32)> = edges.map(|(to, from)| (number(to), number(from))).collect();
    let config = Config {
        minimum_length: 1,
        vertex_spacing: GAP,
        dummy_vertices: true,
        dummy_size: 0.5,
        ranking_type: RankingType::MinimizeEdgeLength,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: part.len() <= TOGETHER,
    };
    if part.len() > 1 {
        let found = from_vertices_and_edges(&vertices, &edges, &config);
        for (number, (x, y)) in found.into_iter().flat_map(|(positions, ..)| positions) {
            // It states where the middle is.
            let at = part[number];
            boxes[at].x = (x - boxes[at].width / 2.0).round();
            boxes[at].y = (y - boxes[at].height / 2.0).round();
        }
    }
    let least = |value: fn(&Area) -> f64| part.iter().map(|at| value(&boxes[*at])).fold(f64::INFINITY, f64::min);
    let (left, top) = (least(|area| area.x), least(|area| area.y));
    let mut size = Area::default();
    for at in part {
        let area = &mut boxes[*at];
        area.x -= left;
        area.y -= top;
        size.width = size.width.max(area.x + area.width);
        size.height = size.height.max(area.y + area.height);
    }
    size
}

/// Puts rectangles into rows, the highest first, and returns how much room they take: in the shape that shows them
/// largest.
fn pack(areas: &mut [Area]) -> (f64, f64) {
    let mut order: Vec<usize> = (0..areas.len()).collect();
    order.sort_by(|a, b| areas[*b].height.total_cmp(&areas[*a].height).then(a.cmp(b)));
    let mut limits = Vec::new();
    let mut width = 0.0;
    for at in &order {
        width += areas[*at].width;
        limits.push(width);
        width += GAP;
    }
    let mut best = (f64::INFINITY, 0.0);
    for limit in limits {
        let (width, height) = in_rows(areas, &order, limit);
        let size = (width / SHAPE).max(height);
        if size < best.0 {
            best = (size, limit);
        }
    }
    let limit = best.1;
    in_rows(areas, &order, limit)
}

/// Puts rectangles into rows of a width at most, in this order.
fn in_rows(areas: &mut [Area], order: &[usize], limit: f64) -> (f64, f64) {
    let (mut x, mut y, mut row, mut size) = (0.0, 0.0, 0.0_f64, (0.0_f64, 0.0_f64));
    for at in order {
        let area = &mut areas[*at];
        if x > 0.0 && x + area.width > limit {
            (x, y, row) = (0.0, y + row + GAP, 0.0);
        }
        (area.x, area.y) = (x, y);
        x += area.width + GAP;
        row = row.max(area.height);
        size = (size.0.max(area.x + area.width), size.1.max(area.y + area.height));
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Arrow, Line, Mark};

    /// Makes a picture of tables in three groups.
    pub(super) fn picture(tables: usize, points_at: impl Fn(usize) -> Vec<usize>) -> Picture {
        let row = |number: usize| Row {
            name: format!("column_{number}"),
            short: "Integer".to_owned(),
            text: "Integer".to_owned(),
            mark: Mark::Same,
            was: None,
            is_key: number == 0,
        };
        let found = |number: usize| Box {
            group: number % 3,
            name: format!("table_{number}"),
            mark: Mark::Same,
            notes: Vec::new(),
            rows: (0..number % 12 + 1).map(row).collect(),
            rules: Vec::new(),
        };
        let arrow = |from, to| Arrow { from, to, text: String::new(), line: Line::Solid, mark: Mark::Same };
        Picture {
            title: String::new(),
            subtitle: String::new(),
            subject: Subject::Tables,
            groups: ["a", "b", "c"].map(str::to_owned).to_vec(),
            boxes: (0..tables).map(found).collect(),
            arrows: (0..tables).flat_map(|from| points_at(from).into_iter().map(move |to| arrow(from, to))).collect(),
        }
    }

    fn overlap(a: &Area, b: &Area) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    fn check(picture: &Picture) {
        let found = layout(picture);
        for (at, area) in found.boxes.iter().enumerate() {
            let group = &found.groups[picture.boxes[at].group];
            assert!(area.x >= group.x && area.x + area.width <= group.x + group.width, "box {at} leaves its group");
            assert!(area.y >= group.y && area.y + area.height <= group.y + group.height, "box {at} leaves its group");
            assert!(!found.boxes[..at].iter().any(|other| overlap(area, other)), "box {at} lies on another");
        }
        for (at, area) in found.groups.iter().enumerate() {
            assert!(!found.groups[..at].iter().any(|other| overlap(area, other)), "group {at} lies on another");
        }
        let again = layout(picture);
        assert_eq!((found.boxes, found.groups, found.size), (again.boxes, again.groups, again.size));
    }

    #[test]
    fn nothing_lies_on_anything_else() {
        check(&picture(0, |_| Vec::new()));
        check(&picture(1, |at| vec![at]));
        check(&picture(9, |at| (0..at).collect()));
        // Circles.
        check(&picture(30, |at| vec![(at + 3) % 30, (at + 9) % 30]));
        // A table that all others point at, and chance.
        check(&picture(300, |at| if at < 3 { Vec::new() } else { vec![at % 3, at * 7919 % at, at * 104_729 % at] }));
    }

    #[test]
    fn a_large_picture_is_no_strip() {
        let (width, height) = layout(&picture(300, |at| if at == 0 { Vec::new() } else { vec![at * 7919 % at] })).size;
        assert!((0.5..4.0).contains(&(width / height)), "{width} x {height}");
    }
}
