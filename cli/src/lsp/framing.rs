//! Messages on a stream: headers, a blank line, and as many bytes of JSON as the headers say.

use std::io::{self, BufRead, Read as _, Write};

use lsp_server::Message;
use serde_json::json;

/// The most bytes that a message may have.
const LARGEST: usize = 64 << 20;

/// The most bytes that a line of a header may have.
const LONGEST_LINE: u64 = 4096;

/// What was read.
#[derive(Debug)]
pub(super) enum Read {
    /// A message.
    Message(Box<Message>),
    /// Something else, and why it isn't one. What comes after it can be read.
    Malformed(String),
    /// The end.
    End,
}

/// Reads a message.
///
/// # Errors
/// When the stream can't be read.
pub(super) fn read(stream: &mut impl BufRead) -> io::Result<Read> {
    let Some(length) = header(stream)? else { return Ok(Read::End) };
    let length = match length {
        Ok(length) if length <= LARGEST => length,
        Ok(length) => {
            let rest = u64::try_from(length).unwrap_or(u64::MAX);
            io::copy(&mut stream.take(rest), &mut io::sink())?;
            return Ok(Read::Malformed(format!("a message of {length} bytes; at most {LARGEST} are read")));
        }
        Err(reason) => return Ok(Read::Malformed(reason)),
    };
    let mut bytes = vec![0; length];
    if let Err(cause) = stream.read_exact(&mut bytes) {
        return if cause.kind() == io::ErrorKind::UnexpectedEof { Ok(Read::End) } else { Err(cause) };
    }
    Ok(match serde_json::from_slice(&bytes) {
        Ok(message) => Read::Message(Box::new(message)),
        Err(error) => Read::Malformed(format!("a message that isn't JSON-RPC: {error}")),
    })
}

/// Reads headers up to the blank line. Returns the number of bytes that follow, or `None` at the end of the stream.
fn header(stream: &mut impl BufRead) -> io::Result<Option<Result<usize, String>>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        stream.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        match (text.split_once(':'), length) {
            (None, Some(length)) if text.is_empty() => return Ok(Some(Ok(length))),
            (None, None) if text.is_empty() => return Ok(Some(Err("a header without Content-Length".to_owned()))),
            (None, _) => return Ok(Some(Err("a line that is no header".to_owned()))),
            (Some((name, value)), _) if name.eq_ignore_ascii_case("Content-Length") => match value.trim().parse() {
                Ok(value) => length = Some(value),
                Err(_) => return Ok(Some(Err("a Content-Length that is no number".to_owned()))),
            },
            (Some(_), _) => {}
        }
    }
}

/// Writes the answer to something that isn't a message. It has no id, so the answer has none.
///
/// # Errors
/// When the stream can't be written.
pub(super) fn write_malformed(stream: &mut impl Write, reason: &str) -> io::Result<()> {
    let code = lsp_server::ErrorCode::ParseError as i32;
    let answer = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": reason } }).to_string();
    write!(stream, "Content-Length: {}\r\n\r\n{answer}", answer.len())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_doesnt_hide_what_follows() {
        let good = "Content-Length: 33\r\n\r\n{\"method\":\"exit\",\"jsonrpc\":\"2.0\"}";
        let far = usize::MAX;
        for bad in [
            "Content-Length: 3\r\n\r\n{x}",
            "Content-Length: 2\r\nContent-Type: x\r\n\r\n[]",
            "hello\r\n",
            "Content-Length: x\r\n",
            "\r\n",
            "Content-Length: 4\r\n\r\n\u{1F600}",
        ] {
            let mut stream = std::io::BufReader::new(std::io::Cursor::new(format!("{bad}{good}")));
            assert!(matches!(read(&mut stream), Ok(Read::Malformed(_))), "{bad}");
            assert!(matches!(read(&mut stream), Ok(Read::Message(_))), "{bad}");
            assert!(matches!(read(&mut stream), Ok(Read::End)), "{bad}");
        }
        let mut stream = std::io::Cursor::new(format!("Content-Length: {far}\r\n\r\n{{}}"));
        assert!(matches!(read(&mut stream), Ok(Read::Malformed(_))), "nothing is reserved for it");
        let mut stream = std::io::Cursor::new("Content-Length: 9\r\n\r\n{}");
        assert!(matches!(read(&mut stream), Ok(Read::End)));
    }
}
