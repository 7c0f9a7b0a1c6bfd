//! Changes a definition that somebody wrote: what differs is written anew, the rest stays as it is.
//!
//! Works on the text between the places of tokens. So order, comments, white space and attributes that say
//! nothing to a database are kept. The caller must scan the result again: what could not be merged shows as a
//! difference.

use std::ops::Range;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{DataType, Pair};
use autogen_engine::scan::{COLUMN_ATTRIBUTES, HAZARDS, TABLE_ATTRIBUTES};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::table::{ColumnParts, Parts};
use super::{Form, text};

/// A place in a text, and its new contents.
pub(super) type Edit = (Range<usize>, String);

/// Returns the edits that turn what a definition says now into what it is to say to one database. `name` is
/// the place of the table's name in `text`. What the definition says to other databases stays. Returns `None`
/// if there is no definition there.
pub(super) fn edits(
    text: &str,
    name: &Range<usize>,
    both: &Pair<Parts>,
    form: Form,
    dialect: Dialect,
) -> Option<Vec<Edit>> {
    let Pair { from, to } = both;
    let call = Call::around(text, name)?;
    let foreign = call.diesels.iter().filter(|_| form == Form::Autogen);
    let mut edits: Vec<Edit> = foreign.map(|path| (path.clone(), "autogen::table".to_owned())).collect();
    if from.key != to.key {
        edits.push((call.key.clone(), to.key.clone()));
    }
    let mut before_name: Vec<String> = Vec::new();
    if from.attributes != to.attributes {
        let ours = call.attributes.iter().filter(|attribute| attribute.is_read(TABLE_ATTRIBUTES));
        let ours = ours.filter(|attribute| attribute.name != COMMENT && attribute.is_for(dialect));
        edits.extend(ours.map(|attribute| (whole_lines(text, &attribute.range), String::new())));
        before_name.extend(to.attributes.iter().cloned());
    }
    if from.comment != to.comment {
        let stated = call.attributes.iter().filter(|attribute| attribute.name == COMMENT);
        edits.extend(stated.map(|attribute| (whole_lines(text, &attribute.range), String::new())));
        before_name.splice(0..0, comment_beside(&call.attributes, to.comment.as_ref()));
    }
    if !before_name.is_empty() {
        let indent = indent_before(text, call.name);
        edits.push((call.name..call.name, before_name.iter().map(|line| format!("{line}\n{indent}")).collect()));
    }
    columns(text, &call, both, dialect, &mut edits);
    Some(edits)
}

/// The attribute that states a comment.
const COMMENT: &str = "comment";

/// Writes a comment for an item with these attributes. A doc comment that somebody wrote stays, and the
/// comment is stated beside it.
fn comment_beside(attributes: &[Attribute], comment: Option<&String>) -> Vec<String> {
    match attributes.iter().any(|attribute| attribute.name == "doc") {
        true => vec![text::comment_attribute(comment)],
        false => text::comment(comment),
    }
}

/// Applies edits that don't overlap to a text.
pub(super) fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (range, written) in edits {
        result.push_str(&text[at..range.start]);
        result.push_str(&written);
        at = range.end;
    }
    result + &text[at..]
}

fn columns(text: &str, call: &Call, both: &Pair<Parts>, dialect: Dialect, edits: &mut Vec<Edit>) {
    let Pair { from, to } = both;
    let Some(first) = call.columns.first() else { return };
    let indent = indent_before(text, first.range.start);
    let item = |column: &ColumnParts| {
        call.columns.iter().find(|item| column.lines.last().is_some_and(|line| item.is_said_by(line)))
    };

    for column in &from.columns {
        if !to.columns.iter().any(|other| other.name == column.name)
            && let Some(found) = item(column)
        {
            edits.push((whole_lines(text, &found.range), String::new()));
        }
    }
    // New columns go after the one that they follow, or before all.
    let mut last: Option<&Item> = None;
    for column in &to.columns {
        let before = from.columns.iter().find(|other| other.name == column.name);
        match before.and_then(|old| item(old).map(|found| (old, found))) {
            Some((old, found)) => {
                if old != column {
                    let written = found.rewritten(text, &Pair::new(old, column), dialect).join(&format!("\n{indent}"));
                    edits.push((found.range.clone(), written));
                }
                last = Some(found);
            }
            None if column.lines.is_empty() => {}
            None => {
                let lines: Vec<String> =
                    text::comment(column.comment.as_ref()).into_iter().chain(column.lines.iter().cloned()).collect();
                let written = lines.join(&format!("\n{indent}"));
                match last {
                    Some(found) => {
                        let comma = if found.ends_with_comma { "" } else { "," };
                        edits.push((found.range.end..found.range.end, format!("{comma}\n{indent}{written}")));
                    }
                    None => edits.push((first.range.start..first.range.start, format!("{written}\n{indent}"))),
                }
            }
        }
    }
}

/// A `table!` call, by the places of its parts.
struct Call {
    /// The path of the macro, if it is Diesel's.
    diesels: Option<Range<usize>>,
    /// The attributes of the table.
    attributes: Vec<Attribute>,
    /// Where the table's name begins, its schema's included.
    name: usize,
    /// The primary key in its brackets, or the place where it would be.
    key: Range<usize>,
    columns: Vec<Item>,
}

/// One attribute.
struct Attribute {
    range: Range<usize>,
    /// Its first word.
    name: String,
    text: String,
    /// The only database that it is for, if it isn't for all.
    only: Option<String>,
    /// What it states for each database by name, if it does.
    by_database: Vec<(String, String)>,
}

/// One column: from its first attribute to its comma.
struct Item {
    range: Range<usize>,
    ends_with_comma: bool,
    /// Where its name begins.
    declared: usize,
    name: String,
    attributes: Vec<Attribute>,
}

impl Call {
    /// Finds the macro call that contains a table's name.
    fn around(text: &str, name: &Range<usize>) -> Option<Self> {
        let tokens: TokenStream = text.parse().ok()?;
        let (before, body) = body_around(tokens, name)?;
        let mut attributes = Vec::new();
        let mut tokens = body.stream().into_iter().peekable();
        let mut begin = None;
        let mut key = name.end..name.end;
        let mut is_import = false;
        while let Some(token) = tokens.next() {
            match (&token, tokens.peek()) {
                (TokenTree::Punct(sign), _) if is_import && sign.as_char() == ';' => {
                    is_import = false;
                    attributes.clear();
                    begin = None;
                }
                (_, _) if is_import => {}
                (TokenTree::Ident(word), _) if word == "use" => is_import = true,
                (TokenTree::Punct(sign), Some(TokenTree::Group(group))) if sign.as_char() == '#' => {
                    attributes.push(Attribute::new(text, bytes(&token).start, group));
                    tokens.next();
                    begin = None;
                }
                (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Parenthesis => key = bytes(&token),
                (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Brace => {
                    let columns = items(text, group);
                    return Some(Self { diesels: diesels(text, &before), attributes, name: begin?, key, columns });
                }
                (_, _) => begin = begin.or(Some(bytes(&token).start)),
            }
        }
        None
    }
}

impl Attribute {
    fn new(text: &str, start: usize, group: &Group) -> Self {
        let range = start..group.span().byte_range().end;
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let name = tokens.first().map(|token| token.to_string()).unwrap_or_default();
        let options = match tokens.last() {
            Some(TokenTree::Group(options)) => options_of(text, options),
            Some(TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_)) | None => Vec::new(),
        };
        let only = options.iter().find(|(word, _)| word == "only").and_then(|(_, option)| option.rsplit('=').next());
        let only = only.map(|database| database.trim().to_owned());
        let by_database = options.into_iter().filter(|_| name == "sql_type").collect();
        Self { text: text[range.clone()].to_owned(), range, name, only, by_database }
    }

    /// Checks whether the attribute says something to this database.
    fn is_for(&self, dialect: Dialect) -> bool {
        self.only.as_ref().is_none_or(|only| only == dialect.name())
    }

    /// Checks whether the model states the attribute, so that it is written anew with the rest.
    fn is_read(&self, names: &[&str]) -> bool {
        match self.name.as_str() {
            "allow" => HAZARDS.iter().any(|hazard| self.text.contains(hazard)),
            "cfg_attr" => self.text.contains("autogen"),
            name => names.contains(&name),
        }
    }
}

impl Item {
    /// Checks whether a line such as `name -> Type,` is this column's.
    fn is_said_by(&self, line: &str) -> bool {
        line.split(" -> ").next() == Some(self.name.as_str())
    }

    /// Writes a column anew, with what is kept of it.
    fn rewritten(&self, text: &str, both: &Pair<&ColumnParts>, dialect: Dialect) -> Vec<String> {
        let Pair { from: old, to: new } = both;
        let keeps_comment = old.comment == new.comment;
        let kept = self.kept(text, keeps_comment, dialect).map(str::to_owned);
        let comment = match keeps_comment {
            true => Vec::new(),
            false => comment_beside(&self.attributes, new.comment.as_ref()),
        };
        kept.chain(comment).chain(self.with_stated_types(self.in_its_words(text, old, new), both, dialect)).collect()
    }

    /// Writes the lines of a column, with the types that it states for other databases. A type that stays the
    /// same stays as it is stated, which may be for all databases.
    fn with_stated_types(&self, lines: Vec<String>, both: &Pair<&ColumnParts>, dialect: Dialect) -> Vec<String> {
        const STATED: &str = "#[sql_type(";
        let Some(attribute) = self.attributes.iter().find(|attribute| attribute.name == "sql_type") else {
            return lines;
        };
        let others = attribute.by_database.iter().filter(|(database, _)| database != dialect.name());
        let others: Vec<&str> = others.map(|(_, option)| option.as_str()).collect();
        let stays = stated_type(both.from) == stated_type(both.to);
        let written = match (stays, lines.iter().find(|line| is_stated_type(line))) {
            (true, _) => attribute.text.clone(),
            (false, Some(line)) if !others.is_empty() => {
                format!("{STATED}{}, {}", others.join(", "), line.trim_start_matches(STATED))
            }
            (false, None) if !others.is_empty() => format!("{STATED}{})]", others.join(", ")),
            (false, Some(_) | None) => return lines,
        };
        let mut lines: Vec<String> = lines.into_iter().filter(|line| !is_stated_type(line)).collect();
        lines.insert(lines.len().saturating_sub(1), written);
        lines
    }

    /// Writes the lines of a column, with its type as it is written now if it hasn't changed. The host may
    /// have its own word for a type.
    fn in_its_words(&self, text: &str, old: &ColumnParts, new: &ColumnParts) -> Vec<String> {
        let mut lines = new.lines.clone();
        // Types that definitions have no word for may be written alike.
        let is_named = |column: &ColumnParts| matches!(&column.data_type, DataType::Other(_) | DataType::Array(..));
        if old.lines.last() != lines.last() || is_named(old) && old.data_type != new.data_type {
            return lines;
        }
        let states_type = self.attributes.iter().any(|attribute| attribute.name == "sql_type");
        let keeps_type = states_type || stated_type(old) != stated_type(new);
        lines.retain(|line| keeps_type || !is_stated_type(line));
        if let Some(last) = lines.last_mut() {
            let comma = if self.ends_with_comma { "" } else { "," };
            *last = format!("{}{comma}", &text[self.declared..self.range.end]);
        }
        lines
    }

    /// Returns what is kept of a column that is written anew: comments, and attributes that say nothing to a
    /// database.
    fn kept<'a>(&'a self, text: &'a str, keeps_comment: bool, dialect: Dialect) -> impl Iterator<Item = &'a str> {
        let comments = text[self.range.clone()].lines().map(str::trim);
        let comments = comments.filter(|line| line.starts_with("//") && !line.starts_with("///"));
        let is_written_anew = move |attribute: &&Attribute| match attribute.name.as_str() {
            COMMENT => !keeps_comment,
            "sql_name" | "max_length" => true,
            _other => attribute.is_read(COLUMN_ATTRIBUTES) && attribute.is_for(dialect),
        };
        let others = self.attributes.iter().filter(move |attribute| !is_written_anew(attribute));
        comments.chain(others.map(|attribute| attribute.text.as_str()))
    }
}

/// Returns the line in which a column states its type in a database's words.
fn stated_type(column: &ColumnParts) -> Option<&String> {
    column.lines.iter().find(|line| is_stated_type(line))
}

fn is_stated_type(line: &str) -> bool {
    line.starts_with("#[sql_type")
}

/// Returns the options of an attribute: the first word of each, and its text.
fn options_of(text: &str, group: &Group) -> Vec<(String, String)> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
    let options = tokens.split(is_comma).filter_map(|option| Some((option.first()?, option.last()?)));
    options.map(|(first, last)| (first.to_string(), text[bytes(first).start..bytes(last).end].to_owned())).collect()
}

fn items(text: &str, group: &Group) -> Vec<Item> {
    let mut items = Vec::new();
    let mut current: Vec<TokenTree> = Vec::new();
    let mut depth = 0_i32;
    let mut tokens = group.stream().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let sign = match &token {
            TokenTree::Punct(punct) => Some(punct.as_char()),
            TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => None,
        };
        let is_arrow =
            sign == Some('>') && matches!(current.last(), Some(TokenTree::Punct(last)) if last.as_char() == '-');
        depth += match sign {
            Some('<') => 1,
            Some('>') if !is_arrow => -1,
            Some(_) | None => 0,
        };
        let ends = sign == Some(',') && depth == 0;
        current.push(token);
        if ends || tokens.peek().is_none() {
            items.extend(item(text, &std::mem::take(&mut current), ends));
        }
    }
    items
}

fn item(text: &str, tokens: &[TokenTree], ends_with_comma: bool) -> Option<Item> {
    let range = bytes(tokens.first()?).start..bytes(tokens.last()?).end;
    let mut attributes = Vec::new();
    let mut at = 0;
    while let [TokenTree::Punct(sign), TokenTree::Group(group), ..] = &tokens[at..]
        && sign.as_char() == '#'
    {
        attributes.push(Attribute::new(text, bytes(&tokens[at]).start, group));
        at += 2;
    }
    let declared = bytes(tokens.get(at)?).start;
    let name = tokens.get(at)?.to_string();
    Some(Item { range, declared, ends_with_comma, name, attributes })
}

/// Returns the innermost call that has a table's name at the top of its body, and what comes before the body.
fn body_around(tokens: TokenStream, name: &Range<usize>) -> Option<(Vec<TokenTree>, Group)> {
    let mut before: Vec<TokenTree> = Vec::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let range = group.span().byte_range();
            if range.start < name.start && name.end < range.end {
                let is_here = group.stream().into_iter().any(|inner| bytes(&inner) == *name);
                return if is_here { Some((before, group.clone())) } else { body_around(group.stream(), name) };
            }
        }
        before.push(token);
    }
    None
}

/// Returns the path of the macro, such as `diesel::table`, if it is Diesel's.
fn diesels(text: &str, before: &[TokenTree]) -> Option<Range<usize>> {
    let [path @ .., TokenTree::Punct(sign)] = before else { return None };
    let is_path = |token: &&TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(sign) => sign.as_char() == ':',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    };
    let first = path.iter().rev().take_while(is_path).last()?;
    let range = bytes(first).start..bytes(path.last()?).end;
    let is_stock = text[range.clone()] == *"table" || text[range.clone()].ends_with("diesel::table");
    (sign.as_char() == '!' && is_stock).then_some(range)
}

fn bytes(token: &TokenTree) -> Range<usize> {
    token.span().byte_range()
}

/// Extends a range to whole lines if nothing else is in them: white space before it, a comment after it, and
/// the line's end.
fn whole_lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text[..range.start].trim_end_matches([' ', '\t']).len();
    let begins_line = text[..start].ends_with('\n') || start == 0;
    let line = text[range.end..].split_inclusive('\n').next().unwrap_or_default();
    let ends_line = line.trim().is_empty() || line.trim_start().starts_with("//");
    if begins_line && ends_line { start..range.end + line.len() } else { range.clone() }
}

/// Returns the white space that a line begins with.
fn indent_before(text: &str, place: usize) -> &str {
    let line = text[..place].rfind('\n').map_or(0, |found| found + 1);
    let indent = &text[line..place];
    &indent[..indent.len() - indent.trim_start().len()]
}
