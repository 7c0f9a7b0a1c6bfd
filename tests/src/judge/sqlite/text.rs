//! What only the text of a CREATE statement says, found by looking at words and brackets.

/// A statement in one spelling: white space and comments folded, words in lower case, names
/// without quotes. Strings stay as they are.
pub(super) fn folded(sql: &str) -> String {
    joined(&words(sql))
}

/// A CREATE INDEX statement in one spelling: its keys without brackets around the whole, and without
/// order and collation, which a pragma says.
pub(super) fn index(sql: &str) -> String {
    let words = words(sql);
    let Some(open) = words.iter().position(|word| word.is("(")) else { return folded(sql) };
    let keys = definitions(&words[open + 1..]);
    let length: usize = keys.iter().map(|key| key.len() + 1).sum();
    let shown: Vec<_> = keys.into_iter().map(|key| joined(unbracketed(without_order(key)))).collect();
    format!("{} ( {} ) {}", joined(&words[..open]), shown.join(" , "), joined(&words[open + 1 + length..]))
}

fn without_order(key: &[Word]) -> &[Word] {
    match key {
        [rest @ .., last] if last.is("asc") || last.is("desc") => without_order(rest),
        [rest @ .., word, _] if word.is("collate") => without_order(rest),
        _ => key,
    }
}

fn unbracketed(key: &[Word]) -> &[Word] {
    let close = (1..key.len()).find(|close| key[*close].is(")") && depth(&key[1..*close]) == 0);
    if key[0].is("(") && close == Some(key.len() - 1) { &key[1..key.len() - 1] } else { key }
}

fn joined(words: &[Word]) -> String {
    // `new."a"` is three words, `new.a` one.
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ").replace(". ", ".").replace(" .", ".")
}

/// What a CREATE TABLE statement says and pragmas don't.
pub(super) fn facts(sql: &str) -> Vec<String> {
    let words = words(sql);
    let Some(open) = words.iter().position(|word| word.is("(")) else { return Vec::new() };
    let mut facts = Vec::new();
    for definition in definitions(&words[open + 1..]) {
        let Some(first) = definition.first() else { continue };
        // A quoted name is a column's, whatever it looks like.
        let is_constraint = ["constraint", "primary", "unique", "check", "foreign"].iter().any(|word| first.is(word));
        let column = if is_constraint { "" } else { first.text.as_str() };
        let mut name = String::new();
        for (position, word) in definition.iter().enumerate().skip(usize::from(!is_constraint)) {
            let rest = &definition[position + 1..];
            let next = || rest.first().map(|word| word.text.clone()).unwrap_or_default();
            if depth(&definition[..position]) > 0 {
                continue;
            }
            if word.is("constraint") {
                name = next();
                facts.push(format!("constraint {name}"));
            } else if ["references", "unique", "primary", "not", "default"].iter().any(|other| word.is(other)) {
                // The name was this rule's, and not that of a check that follows.
                name.clear();
            } else if word.is("check") {
                facts.push(format!("check {}({})", std::mem::take(&mut name), bracketed(rest)));
            } else if word.is("as") {
                facts.push(format!("generated {column} as ({})", bracketed(rest)));
            } else if word.is("collate") && next() != "binary" {
                facts.push(format!("collate {column} {}", next()));
            } else if word.is("autoincrement") {
                facts.push(format!("autoincrement {column}"));
            } else if word.is("deferred") {
                let columns = if is_constraint { bracketed(definition) } else { column.to_owned() };
                facts.push(format!("deferred {columns}"));
            } else if word.is("conflict") {
                facts.push(format!("on conflict {column} {}", next()));
            }
        }
    }
    facts
}

/// One word, string, number or sign.
#[derive(Debug)]
struct Word {
    text: String,
    is_name: bool,
}

impl Word {
    /// Whether it is this keyword or sign, and not a quoted name that looks like it.
    fn is(&self, text: &str) -> bool {
        !self.is_name && self.text == text
    }
}

/// The definitions between the brackets of CREATE TABLE.
fn definitions(words: &[Word]) -> Vec<&[Word]> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (position, word) in words.iter().enumerate() {
        if word.is("(") {
            depth += 1;
        } else if word.is(")") && depth == 0 {
            found.push(&words[start..position]);
            break;
        } else if word.is(")") {
            depth -= 1;
        } else if word.is(",") && depth == 0 {
            found.push(&words[start..position]);
            start = position + 1;
        }
    }
    found
}

fn depth(words: &[Word]) -> usize {
    let count = |sign: &str| words.iter().filter(|word| word.is(sign)).count();
    count("(") - count(")")
}

/// What stands in the first brackets, without them.
fn bracketed(words: &[Word]) -> String {
    let Some(open) = words.iter().position(|word| word.is("(")) else { return String::new() };
    let inside = &words[open + 1..];
    let end = (0..inside.len()).find(|end| inside[*end].is(")") && depth(&inside[..*end]) == 0).unwrap_or(inside.len());
    joined(&inside[..end])
}

fn words(sql: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            first if first.is_whitespace() => first.len_utf8(),
            '\'' => {
                let end = closing(rest, '\'');
                found.push(Word { text: rest[..end].to_owned(), is_name: false });
                end
            }
            '"' | '`' => {
                let end = closing(rest, first);
                let doubled = first.to_string().repeat(2);
                let name = rest[1..end - 1].replace(&doubled, &first.to_string()).to_ascii_lowercase();
                found.push(Word { text: name, is_name: true });
                end
            }
            '[' => {
                let end = rest.find(']').map_or(rest.len(), |end| end + 1);
                found.push(Word { text: rest[1..end - 1].to_ascii_lowercase(), is_name: true });
                end
            }
            first if is_part(first) => {
                let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
                found.push(Word { text: rest[..end].to_ascii_lowercase(), is_name: false });
                end
            }
            sign => {
                found.push(Word { text: sign.to_string(), is_name: false });
                sign.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    found
}

/// The length of a quoted text; a doubled quote doesn't end it.
fn closing(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(found) = text[end..].find(quote) {
        end += found + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$' || letter == '.' || !letter.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pragmas_leave_out_is_found() {
        let sql = "CREATE TABLE \"t\" (id INTEGER PRIMARY KEY AUTOINCREMENT, -- a comment, with (\n\
                   \"check\" TEXT COLLATE NoCase CONSTRAINT ck CHECK (length(\"check\") > 0),\n\
                   c INT AS (id * 2) STORED, CHECK ( c  <> 'It''s (' ),\n\
                   FOREIGN KEY (c) REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)";
        assert_eq!(
            facts(sql),
            [
                "autoincrement id",
                "collate check nocase",
                "constraint ck",
                "check ck(length ( check ) > 0)",
                "generated c as (id * 2)",
                "check (c < > 'It''s (')",
                "deferred c",
            ]
        );
    }

    #[test]
    fn spelling_is_folded_and_meaning_kept() {
        assert_eq!(folded("SELECT  \"A\" /* x */ FROM [b]"), folded("select a\nfrom `B`"));
        assert_ne!(folded("SELECT 'A'"), folded("SELECT 'a'"));
        let plain = index("CREATE INDEX i ON t (lower(a) DESC, b) WHERE (a) > 0");
        assert_eq!(plain, index("CREATE INDEX \"i\" ON \"t\" ((lower(a)) DESC, \"b\") WHERE (a) > 0"));
        assert_eq!(plain, "create index i on t ( lower ( a ) , b ) where ( a ) > 0");
        assert_ne!(index("CREATE INDEX i ON t ((a) + (b))"), index("CREATE INDEX i ON t (a) + (b)"));
    }
}
