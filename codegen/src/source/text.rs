//! Texts as Rust literals, and comments as doc comments.

/// Writes a string literal, raw if that saves escapes.
pub(super) fn literal(text: &str) -> String {
    let escaped = format!("{text:?}");
    let unescaped = format!("\"{}\"", escaped[1..escaped.len() - 1].replace("\\\"", "\"").replace("\\\\", "\\"));
    let only_quotes_were = unescaped[1..unescaped.len() - 1] == *text;
    if !text.contains(['"', '\\']) || !only_quotes_were {
        return escaped;
    }
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

/// Writes a byte string literal.
pub(super) fn byte_literal(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii())
}

/// Writes a comment as doc comments, or as the attribute that states it if doc comments would read back as
/// another text.
pub(super) fn comment(comment: Option<&String>) -> Vec<String> {
    let reads_back = |text: &str| {
        let has_odd_ends = |line: &str| line.ends_with(char::is_whitespace);
        text.trim() == text && !text.is_empty() && !text.split('\n').any(has_odd_ends)
    };
    match comment {
        None => Vec::new(),
        Some(text) if reads_back(text) => doc(text),
        Some(text) => vec![comment_attribute(Some(text))],
    }
}

/// Writes the attribute that states a comment, or that there is none.
pub(super) fn comment_attribute(comment: Option<&String>) -> String {
    format!("#[comment = {}]", literal(comment.map(String::as_str).unwrap_or_default()))
}

/// Writes a comment's lines as doc comments.
pub(super) fn doc(comment: &str) -> Vec<String> {
    // Rust refuses these in comments, and a lone carriage return with them.
    let is_odd = |letter: char| {
        letter == '\r' || ('\u{202A}'..='\u{202E}').contains(&letter) || ('\u{2066}'..='\u{2069}').contains(&letter)
    };
    comment
        .split('\n')
        .map(|line| match line.trim_end() {
            "" => "///".to_owned(),
            line if line.contains(is_odd) => format!("#[doc = {}]", literal(&format!(" {line}"))),
            line => format!("/// {line}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_reads_as_itself() {
        for text in ["", "plain", "it's", "a \"b\"", "\\", "\"#\"##", "\r\n\t", "é😀\u{301}", "\"\r", "\u{202E}\""] {
            let written = literal(text);
            let read: syn::LitStr = syn::parse_str(&written).unwrap();
            assert_eq!(read.value(), text, "{written}");
        }
        assert_eq!(literal("length(\"a b\") > 0"), r##"r#"length("a b") > 0"#"##);
    }

    #[test]
    fn every_byte_reads_as_itself() {
        let bytes: Vec<u8> = (0..=255).collect();
        let read: syn::LitByteStr = syn::parse_str(&byte_literal(&bytes)).unwrap();
        assert_eq!(read.value(), bytes);
    }

    #[test]
    fn a_comment_that_no_doc_comment_keeps_is_stated() {
        let written = |text: &str| comment(Some(&text.to_owned()));
        assert_eq!(written("One."), ["/// One."]);
        assert_eq!(written(" padded "), ["#[comment = \" padded \"]"]);
        assert_eq!(written("a \nb"), ["#[comment = \"a \\nb\"]"]);
        assert_eq!(comment(None), Vec::<String>::new());
    }

    #[test]
    fn a_comment_keeps_its_lines() {
        assert_eq!(doc("One.\n\nTwo."), ["/// One.", "///", "/// Two."]);
        assert_eq!(doc("a\rb"), ["#[doc = \" a\\rb\"]"]);
    }
}
