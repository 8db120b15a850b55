//! A request's arguments. As in the real server all are text, wherever they came from: query, form, JSON or multipart.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::Value;

use super::failure::Failure;

/// A file that came with a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
}

/// The arguments of one call.
#[derive(Debug, Clone, Default)]
pub struct Args {
    pub fields: BTreeMap<String, String>,
    pub files: BTreeMap<String, Upload>,
}

impl Args {
    /// Reads what came in the query and in the body.
    pub fn read(query: Option<&str>, content_type: &str, body: &Bytes) -> Result<Self, Failure> {
        let mut args = Self::default();
        args.form(query.unwrap_or_default());
        if let Some(boundary) = content_type.strip_prefix("multipart/form-data; boundary=") {
            args.multipart(boundary.trim_matches('"'), body)?;
        } else if content_type.starts_with("application/json") {
            args.json(body)?;
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            args.form(&String::from_utf8_lossy(body));
        }
        Ok(args)
    }

    /// The argument, or nothing where it is absent: the server makes no difference.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).to_lowercase().as_str(), "true" | "yes" | "1")
    }

    /// An argument that is itself JSON. `what` is how the server calls it when it is not.
    pub fn object(&self, name: &str, what: &str) -> Result<Option<Value>, Failure> {
        match self.text(name) {
            "" => Ok(None),
            text => serde_json::from_str(text).map(Some).map_err(|_| Failure::bad(&format!("can't parse {what} JSON object"))),
        }
    }

    fn json(&mut self, body: &[u8]) -> Result<(), Failure> {
        if body.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_slice(body).map_err(|_| Failure::bad("can't parse JSON object"))?;
        let Value::Object(fields) = value else { return Err(Failure::bad("can't parse JSON object: object expected")) };
        for (name, value) in fields {
            match value {
                Value::Null => {}
                Value::String(text) => drop(self.fields.insert(name, text)),
                other => drop(self.fields.insert(name, other.to_string())),
            }
        }
        Ok(())
    }

    fn form(&mut self, text: &str) {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.fields.insert(percent_decoded(name), percent_decoded(value));
        }
    }

    fn multipart(&mut self, boundary: &str, body: &Bytes) -> Result<(), Failure> {
        let broken = || Failure::bad("can't parse multipart/form-data");
        let fence = format!("--{boundary}");
        let mut rest = find(body, fence.as_bytes()).map(|at| at + fence.len()).ok_or_else(broken)?;
        while body.get(rest..rest + 2) == Some(b"\r\n") {
            let head = rest + 2;
            let head_end = head + find(&body[head..], b"\r\n\r\n").ok_or_else(broken)?;
            let data = head_end + 4;
            let end = data + find(&body[data..], format!("\r\n{fence}").as_bytes()).ok_or_else(broken)?;
            self.part(&String::from_utf8_lossy(&body[head..head_end]), body.slice(data..end)).ok_or_else(broken)?;
            rest = end + 2 + fence.len();
        }
        if body.get(rest..rest + 2) == Some(b"--") { Ok(()) } else { Err(broken()) }
    }

    /// One part of a multipart body, or `None` where it has no name.
    fn part(&mut self, head: &str, bytes: Bytes) -> Option<()> {
        let line = |wanted: &str| head.lines().find(|line| line.to_lowercase().starts_with(wanted));
        let disposition = line("content-disposition:")?;
        let name = quoted(disposition, "; name=\"")?;
        if let Some(file) = quoted(disposition, "; filename=\"") {
            let mime = line("content-type:").and_then(|line| line.split_once(": ")).map_or("", |(_, mime)| mime).to_owned();
            self.files.insert(name, Upload { name: file, mime, bytes });
        } else {
            self.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
        Some(())
    }
}

fn quoted(line: &str, before: &str) -> Option<String> {
    let (_, rest) = line.split_once(before)?;
    rest.split_once('"').map(|(inside, _)| inside.to_owned())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
