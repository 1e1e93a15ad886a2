//! `multipart/form-data` (RFC 7578) of a body that is in memory already.

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Form field.
    pub(crate) name: String,
    /// `None` for a plain field.
    pub(crate) file_name: Option<String>,
    /// The part's own type.
    pub(crate) content_type: Option<&'a str>,
    /// Its content.
    pub(crate) bytes: &'a [u8],
}

/// Most parts of a form; the API needs three.
const MOST_PARTS: usize = 50;

/// The parts of a form; `None` where it is none, is cut short or has too many parts.
pub(crate) fn parse<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    if boundary.is_empty() || boundary.len() > 200 {
        return None;
    }
    let delimiter = format!("--{boundary}");
    let mut rest = &body[find(body, delimiter.as_bytes())? + delimiter.len()..];
    let inner = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = find(rest, inner.as_bytes())?;
        parts.push(part(&rest[..end])?);
        if parts.len() > MOST_PARTS {
            return None;
        }
        rest = &rest[end + inner.len()..];
    }
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let end = find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let (mut name, mut file_name, mut content_type) = (None, None, None);
    for line in head.split("\r\n") {
        let (header, value) = line.split_once(':')?;
        if header.eq_ignore_ascii_case("content-disposition") {
            name = parameter(value, "name");
            file_name = parameter(value, "filename");
        } else if header.eq_ignore_ascii_case("content-type") {
            content_type = Some(value.trim());
        }
    }
    Some(Part { name: name?, file_name, content_type, bytes: &bytes[end + 4..] })
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = 0;
    while let Some(offset) = haystack.get(at..)?.iter().position(|byte| *byte == first) {
        at += offset;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_apart() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"table_name\"\r\n\r\nkb_knowledge\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x00\r\n--x\r\n--B--\r\n";
        let parts = parse("multipart/form-data; boundary=B", body).unwrap();
        assert_eq!(parts[0].name, "table_name");
        assert_eq!(parts[0].bytes, b"kb_knowledge");
        assert_eq!(parts[1].file_name.as_deref(), Some("a.png"));
        assert_eq!(parts[1].content_type, Some("image/png"));
        assert_eq!(parts[1].bytes, b"\x00\r\n--x");
        for cut in 0..body.len() - 4 {
            assert!(parse("multipart/form-data; boundary=B", &body[..cut]).is_none(), "{cut}");
        }
    }
}
