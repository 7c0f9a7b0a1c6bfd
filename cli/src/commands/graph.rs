//! `autogen graph`: chains or tables as a picture.

use std::path::Path;

use autogen_codegen::picture::{self, Picture};
use autogen_codegen::printable::one_line;
use autogen_engine::error::{Code, Error, Result};
use autogen_workspace::Workspace;
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Graph};
use crate::document;
use crate::ui::{Ui, write_file};
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Graph, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let picture = if args.tables { tables(&workspace, args, ui)? } else { chains(&workspace) };
    let mut files: Vec<(Format, &Path)> =
        global.format.files.iter().map(|(form, file)| (*form, file.as_path())).collect();
    if let Some(file) = args.output.as_deref() {
        files.push((if global.format.main == Format::Text { of_name(file)? } else { global.format.main }, file));
    }
    for (form, file) in &files {
        write_file(file, &drawn(&picture, *form))?;
        ui.remark(format!("wrote {}", file.display()));
    }
    if files.is_empty() || !global.format.files.is_empty() && global.format.main != Format::Text {
        ui.program_text(drawn(&picture, global.format.main).trim_end());
    }
    Ok(Outcome::Clean)
}

/// Returns the form that a file's name states.
///
/// # Errors
/// `no-such-form` if its ending is that of no form.
fn of_name(file: &Path) -> Result<Format> {
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    Ok(match ending.to_str() {
        Some("html" | "htm") => Format::Html,
        Some("svg") => Format::Svg,
        Some("dot" | "gv") => Format::Dot,
        Some("json") => Format::Json,
        Some("mmd" | "mermaid" | "md" | "txt" | "") => Format::Mermaid,
        Some(_) | None => {
            let message = format!("there is no picture in the form that {} names", file.display());
            let help = "end it in .html, .svg, .dot, .mmd or .json, or state the form by `--format`";
            return Err(Error::new(Code::NoSuchForm, message).help(help));
        }
    })
}

fn tables(workspace: &Workspace, args: &Graph, ui: &Ui) -> Result<Picture> {
    let depicted = workspace.depict(&args.view(), ui)?;
    let mut picture = picture::tables(&depicted.schema, &depicted.changes, |name| depicted.owner_of(name));
    picture.title = format!("{}: tables", host_name(workspace));
    let differing = match depicted.changes.len() {
        0 => String::new(),
        number => format!("; {}", counted(number, "change")),
    };
    let number = picture.boxes.len();
    picture.subtitle = format!("{}: {}{differing}", depicted.what, counted(number, "table"));
    Ok(picture)
}

fn chains(workspace: &Workspace) -> Picture {
    let owners: Vec<&str> = workspace.history.owners().filter(|owner| workspace.is_selected(owner)).collect();
    let mut picture = picture::chains(&workspace.history, &owners);
    picture.title = format!("{}: chains", host_name(workspace));
    picture.subtitle = counted(picture.boxes.len(), "revision");
    picture
}

/// Returns the name of the host's folder.
fn host_name(workspace: &Workspace) -> String {
    let root = workspace.host.root.canonicalize().unwrap_or_else(|_| workspace.host.root.clone());
    root.file_name().map_or_else(|| "host".to_owned(), |name| one_line(&name.to_string_lossy()))
}

fn drawn(picture: &Picture, form: Format) -> String {
    match form {
        Format::Dot => picture::dot(picture),
        Format::Svg => picture::svg(picture),
        Format::Html => picture::page(picture),
        Format::Json => document::text("graph", json!({ "text": picture::mermaid(picture), "picture": picture })),
        Format::Text | Format::Mermaid => picture::mermaid(picture),
        // No picture has these forms; they are refused before.
        Format::Sql
        | Format::Rust
        | Format::Unified
        | Format::Sarif
        | Format::Github
        | Format::Gitlab
        | Format::Markdown
        | Format::Junit => String::new(),
    }
}
