//! Edits that mend what a diagnostic says.

use std::collections::HashMap;

use autogen_codegen::source::{allow, backfill, default_value, renamed_from, with_attribute};
use autogen_engine::model::Place;
use autogen_workspace::{Concern, Remedy};
use lsp_types::{CodeAction, CodeActionKind, Diagnostic, Range, TextEdit, Url, WorkspaceEdit};

use super::names::holds;
use super::show::Files;
use super::text;
use crate::plain::plain;

/// Returns the edits for the hazards that are shown in a range of a file.
pub(super) fn actions(concerns: &[Concern], files: &Files<'_>, uri: &Url, range: Range) -> Vec<CodeAction> {
    let mut actions = Vec::new();
    for concern in concerns {
        let Some(shown) = concern.place.as_ref().and_then(|place| files.location(place)) else { continue };
        if shown.uri != *uri || !(holds(shown.range, range.start) || holds(range, shown.range.start)) {
            continue;
        }
        let mut shown_as = super::show::ByFile::new();
        files.add_concerns(std::slice::from_ref(concern), &mut shown_as);
        let mends: Vec<Diagnostic> = shown_as.into_values().flatten().collect();
        for (position, (title, place, attribute)) in concern.remedies.iter().flat_map(edits).enumerate() {
            let Some((uri, edit)) = inserted(files, &place, &attribute) else { continue };
            actions.push(CodeAction {
                title,
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(mends.clone()),
                edit: Some(WorkspaceEdit {
                    changes: Some(HashMap::from([(uri, vec![edit])])),
                    ..WorkspaceEdit::default()
                }),
                is_preferred: Some(position == 0 && !is_permission(concern.remedies.first())),
                ..CodeAction::default()
            });
        }
    }
    actions
}

/// Returns what a remedy writes: a title, the place, and the attribute.
fn edits(remedy: &Remedy) -> Vec<(String, Place, String)> {
    match remedy {
        Remedy::Rename(possible) => {
            // A table's old name has no schema there.
            let old = &possible.rename.names.from;
            let old = if possible.table().is_some() { old } else { old.rsplit('.').next().unwrap_or(old) };
            let title = format!("It was called {} before: keep its rows", plain(old));
            let attribute = renamed_from(old, possible.is_stock);
            possible.place.clone().map(|place| (title, place, attribute)).into_iter().collect()
        }
        Remedy::Value { place, column, is_new, is_stock } => {
            let default = default_value(column, *is_stock).filter(|_| *is_new);
            let both = default.into_iter().chain(backfill(column, *is_stock));
            both.map(|attribute| (format!("Write `{attribute}`"), place.clone(), attribute)).collect()
        }
        Remedy::Allow { place, hazard, is_stock } => {
            vec![(format!("Allow {hazard} here"), place.clone(), allow(*hazard, *is_stock))]
        }
    }
}

fn is_permission(remedy: Option<&Remedy>) -> bool {
    matches!(remedy, None | Some(Remedy::Allow { .. }))
}

/// Returns the edit that writes an attribute at a place.
fn inserted(files: &Files<'_>, place: &Place, attribute: &str) -> Option<(Url, TextEdit)> {
    let (text, uri) = files.file(&place.file)?;
    let span = text::span(&text, place);
    let place = Place::in_text(&place.file, &text, span);
    let written = with_attribute(&text, &place, attribute)?;
    // What is written stands between what was before it and what was after it.
    let same = text.bytes().zip(written.bytes()).take_while(|(old, new)| old == new).count();
    let at = (0..=same.min(place.span.start))
        .rev()
        .find(|at| text.is_char_boundary(*at) && written.ends_with(&text[*at..]))?;
    let new = written.get(at..written.len() - (text.len() - at))?;
    let position = text::position(&text, at);
    Some((uri, TextEdit { range: Range { start: position, end: position }, new_text: new.to_owned() }))
}
