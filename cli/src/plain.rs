//! Makes texts fit for a screen or a report: without passwords, and without characters that a terminal obeys.
//!
//! Names, expressions and messages of servers come from authors and databases that nobody has reviewed yet.

use std::ops::Range;

use autogen_codegen::printable::is_obeyed;
pub(crate) use autogen_codegen::printable::printable;

/// Makes a sentence fit to show to users: without passwords and without characters that a terminal obeys.
/// Paths below the current folder are as short as users would write them.
pub(crate) fn plain(sentence: &str) -> String {
    printable(&without_passwords(sentence)).replace("`./", "`").replace("`.\\", "`")
}

/// Makes a file's text fit for showing a part of it: without passwords and without characters that a terminal
/// obeys. Every place in the text stays where it was. An obeyed character that is one byte long stays,
/// because whatever draws such a part has a picture of its own for it.
pub(crate) fn in_place(text: &str) -> String {
    let shown = |letter: char| match (is_obeyed(letter), letter.len_utf8()) {
        (true, 2) => '\u{b7}',
        (true, 3) => '\u{fffd}',
        (true, 4) => '\u{1f6c8}',
        (true | false, _) => letter,
    };
    without_passwords(text).chars().map(shown).collect()
}

/// Escapes the characters of a JSON document that a terminal obeys, in JSON's way.
pub(crate) fn printable_json(document: &str) -> String {
    let mut shown = String::with_capacity(document.len());
    let mut units = [0; 2];
    for letter in document.chars() {
        if is_obeyed(letter) {
            letter.encode_utf16(&mut units).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Replaces every byte of a password in a text's URLs and settings with `*`, so that places in the text stay
/// the same.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://").map(|found| found + 3) {
        let (before, after) = rest.split_at(start);
        let all = after.find(char::is_whitespace).unwrap_or(after.len());
        let quoted = after[..all].find(['"', '\'', '`']).unwrap_or(all);
        // A quote ends a URL, unless it is in a password.
        let in_password = after[..quoted].contains(':') && !after[..quoted].contains(['@', '/']);
        let end = if in_password && after[quoted..all].contains('@') { all } else { quoted };
        let (url, tail) = after.split_at(end);
        result.push_str(before);
        match url.rfind('@').and_then(|at| Some((url[..at].find(':')?, at))) {
            Some((colon, at)) => {
                result.push_str(&url[..=colon]);
                result.push_str(&"*".repeat(at - colon - 1));
                result.push_str(&url[at..]);
            }
            None => {
                let hidden = password_without_host(url);
                result.push_str(&url[..hidden.start]);
                result.push_str(&"*".repeat(hidden.len()));
                result.push_str(&url[hidden.end..]);
            }
        }
        rest = tail;
    }
    without_stated_passwords(result + rest)
}

/// Finds the password in a URL that was cut off before its `@`: what follows a colon and isn't a port.
fn password_without_host(url: &str) -> Range<usize> {
    let host = &url[..url.find(['/', '?']).unwrap_or(url.len())];
    match host.find(':') {
        // `[::1]` is an address, and `C:\\` a drive.
        Some(colon)
            if colon > 0
                && !host.starts_with('[')
                && !host[colon + 1..].starts_with('\\')
                && !host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            colon + 1..host.len()
        }
        Some(_) | None => 0..0,
    }
}

/// Masks the passwords in settings such as `password=secret` and `password='se cret'`, in URLs and in libpq's own
/// form.
fn without_stated_passwords(mut text: String) -> String {
    let mut from = 0;
    loop {
        // It has the same length as the text, so that places are the same.
        let lower = text[from..].to_ascii_lowercase();
        let keys = ["password=", "password =", "passwd=", "pwd="];
        let Some((at, key)) = keys.iter().filter_map(|key| Some((lower.find(key)?, *key))).min() else { return text };
        let start = from + at + key.len();
        let spaces = text[start..].len() - text[start..].trim_start_matches(' ').len();
        let start = start + if text[start + spaces..].starts_with('\'') { spaces } else { 0 };
        let value = &text[start..];
        let length = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => closed(value, quote).unwrap_or(value.len()),
            Some(_) | None => {
                value.find(|letter: char| letter.is_whitespace() || "&\"'`".contains(letter)).unwrap_or(value.len())
            }
        };
        text.replace_range(start..start + length, &"*".repeat(length));
        from = start + length;
    }
}

/// Returns the length of a quoted value, in which a backslash escapes the next letter.
fn closed(value: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, letter) in value.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            letter if letter == quote => return Some(at + letter.len_utf8()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_become_stars_and_nothing_moves() {
        for (text, shown) in [
            ("url = 'postgres://u:sé@cret@h:1/db' # a:b@c", "url = 'postgres://u:********@h:1/db' # a:b@c"),
            ("a://u:p@h b://u:p@h", "a://u:*@h b://u:*@h"),
            ("https://toml.io/a:b and x://h:1/d", "https://toml.io/a:b and x://h:1/d"),
            ("://", "://"),
            ("`x://u:hunter2`: x://[::1]:5/d x://h:12", "`x://u:*******`: x://[::1]:5/d x://h:12"),
            ("`x://u:p'`s@h/d` and 'b@c'", "`x://u:****@h/d` and 'b@c'"),
            ("password = 'it\\'s' x", "password = ******* x"),
            ("host=h password=geheim user=u", "host=h password=****** user=u"),
            ("x://h/d?PASSWORD=a&b=c password='a b' pwd=", "x://h/d?PASSWORD=*&b=c password=***** pwd="),
        ] {
            assert_eq!(without_passwords(text), shown);
            assert_eq!(text.len(), shown.len());
        }
    }

    #[test]
    fn what_a_terminal_obeys_takes_its_place_in_a_file() {
        let text = "a\u{9b}\u{202e}\u{61c}é password=x";
        assert_eq!(in_place(text), "a\u{b7}\u{fffd}\u{b7}é password=*");
        assert_eq!(in_place(text).len(), text.len());
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_as_json_has_it() {
        assert_eq!(printable_json("{ \"a\u{9b}\": \"\u{202e}é\" }\n"), "{ \"a\\u009b\": \"\\u202eé\" }\n");
    }
}
