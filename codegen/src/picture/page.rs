//! One page in HTML that opens from a file, without a network: the drawing, and a script that moves, searches and
//! filters it.
//!
//! The drawing is there without the script too. No script but that one runs: the page's policy states its digest.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::svg::{drawing, escaped};
use super::{Mark, Picture, Subject};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Draws a picture as a page.
pub fn page(picture: &Picture) -> String {
    let digest = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
    let (one, several) = picture.subject.nouns();
    let within = match picture.subject {
        Subject::Tables => "tables and columns",
        Subject::Chains => "revisions",
    };
    let has_marks = picture.boxes.iter().any(|found| found.mark != Mark::Same);
    let parts = [
        ("digest", digest),
        ("title", escaped(&picture.title)),
        ("subtitle", escaped(&picture.subtitle)),
        ("one", one.to_owned()),
        ("several", several.to_owned()),
        ("within", within.to_owned()),
        ("marks", if has_marks { "" } else { "hidden" }.to_owned()),
        ("style", format!("{}{STYLE}", include_str!("picture.css"))),
        ("drawing", drawing(picture, "", "id=\"picture\" ")),
        ("data", data(picture)),
        ("script", SCRIPT.to_owned()),
    ];
    filled(TEMPLATE, &parts)
}

/// Puts the parts into the places of a template, `{{name}}`. What was put in is not looked at again.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        let part = parts.iter().find(|(known, _)| *known == name);
        text.push_str(part.map_or("", |(_, part)| part));
        text.push_str(rest);
    }
    text
}

/// Writes what the script knows as JSON in which nothing can end its element.
fn data(picture: &Picture) -> String {
    let json = serde_json::to_string(picture).unwrap_or_else(|_| "null".to_owned());
    // Outside strings JSON has none of these.
    [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")].iter().fold(json, |json, (from, to)| json.replace(from, to))
}
