//! Telegram's HTML, read with the same strictness and the same complaints as tdlib does.
//!
//! An unknown literal such as `&nbsp;` is no error there: it stays as it is. A `<` that begins no known tag is one.

use serde_json::{Value, json};

/// Tags that Telegram knows.
const TAGS: &[&str] = &[
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

/// A text with its marked pieces; offsets and lengths are in UTF-16 units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Formatted {
    pub text: String,
    pub entities: Vec<Value>,
}

/// Reads HTML; the error is the sentence after "can't parse entities: ".
pub fn parse(source: &str) -> Result<Formatted, String> {
    let mut reader = Reader { source: source.as_bytes(), at: 0, done: Formatted::default(), units: 0, open: Vec::new() };
    while let Some(byte) = reader.peek() {
        match byte {
            b'<' => reader.tag()?,
            b'&' => match reader.reference()? {
                Some(letter) => reader.push(letter),
                None => {
                    reader.at += 1;
                    reader.push('&');
                }
            },
            _ => {
                let letter = source.get(reader.at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
                reader.at += letter.len_utf8();
                reader.push(letter);
            }
        }
    }
    if let Some(open) = reader.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    let mut done = reader.done;
    for entity in done.entities.iter_mut().filter(|entity| entity["type"] == "code") {
        entity.as_object_mut().map(|fields| fields.remove("language"));
    }
    done.entities.sort_by_key(|entity| (entity["offset"].as_u64(), u64::MAX - entity["length"].as_u64().unwrap_or(0)));
    Ok(done)
}

struct Open {
    tag: String,
    argument: String,
    units: usize,
    bytes: usize,
}

struct Reader<'s> {
    source: &'s [u8],
    at: usize,
    done: Formatted,
    /// UTF-16 units of the text so far.
    units: usize,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn push(&mut self, letter: char) {
        self.done.text.push(letter);
        self.units += letter.len_utf16();
    }

    /// Takes bytes while `wanted` holds.
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> String {
        let begin = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.source[begin..self.at]).into_owned()
    }

    fn spaces(&mut self) {
        self.take(|byte| byte.is_ascii_whitespace());
    }

    /// A character reference at `at`, which moves behind it; `None` and no move where it is none that Telegram knows.
    fn reference(&mut self) -> Result<Option<char>, String> {
        let begin = self.at;
        self.at += 1;
        let code = if self.peek() == Some(b'#') {
            self.at += 1;
            let hex = self.peek() == Some(b'x');
            self.at += usize::from(hex);
            let digits = self.take(|byte| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() });
            let code = u32::from_str_radix(&digits, if hex { 16 } else { 10 }).unwrap_or(0);
            if code >= 0x10_ffff || self.at - begin >= 10 { 0 } else { code }
        } else {
            match self.take(|byte| byte.is_ascii_alphabetic()).as_str() {
                "lt" => u32::from('<'),
                "gt" => u32::from('>'),
                "amp" => u32::from('&'),
                "quot" => u32::from('"'),
                _ => 0,
            }
        };
        if code == 0 {
            self.at = begin;
            return Ok(None);
        }
        if self.peek() == Some(b';') {
            self.at += 1;
        }
        char::from_u32(code).map(Some).ok_or_else(|| {
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units".to_owned()
        })
    }

    fn tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        if self.peek() == Some(b'/') {
            self.at += 1;
            return self.end_tag(begin);
        }
        let tag = self.take(|byte| !byte.is_ascii_whitespace() && byte != b'>').to_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = String::new();
        loop {
            self.spaces();
            if self.peek() == Some(b'>') {
                self.at += 1;
                break;
            }
            let Some((name, value)) = self.attribute(&tag, begin)? else { continue };
            match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix") => argument = value,
                ("code", "class") => argument = value.strip_prefix("language-").unwrap_or_default().to_owned(),
                ("span", "class") => argument = value.strip_prefix("tg-").unwrap_or_default().to_owned(),
                ("blockquote", "expandable") => "1".clone_into(&mut argument),
                _ => {}
            }
        }
        if tag == "span" && argument != "spoiler" {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.open.push(Open { tag, argument, units: self.units, bytes: self.done.text.len() });
        Ok(())
    }

    /// One attribute; `None` for one without a value that means nothing.
    fn attribute(&mut self, tag: &str, begin: usize) -> Result<Option<(String, String)>, String> {
        let unclosed = || format!("Unclosed start tag \"{tag}\" at byte offset {begin}");
        let name = self.take(|byte| !byte.is_ascii_whitespace() && !b"=>/\"'".contains(&byte));
        if name.is_empty() {
            return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
        }
        self.spaces();
        match self.peek() {
            None => return Err(unclosed()),
            Some(b'=') => self.at += 1,
            Some(_) => return Ok((tag == "blockquote" && name == "expandable").then(|| (name, String::new()))),
        }
        self.spaces();
        let value = match self.peek() {
            None => return Err(unclosed()),
            Some(quote @ (b'"' | b'\'')) => self.literal(quote)?,
            Some(_) => {
                let token = self.at;
                let value = self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-').to_lowercase();
                if self.peek().is_some_and(|byte| byte != b'>' && !byte.is_ascii_whitespace()) {
                    return Err(format!("Unexpected end of name token at byte offset {token}"));
                }
                value
            }
        };
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        Ok(Some((name, value)))
    }

    /// A quoted value with its references read.
    fn literal(&mut self, quote: u8) -> Result<String, String> {
        self.at += 1;
        let mut value = String::new();
        loop {
            value += &self.take(|byte| byte != quote && byte != b'&');
            match self.peek() {
                None => return Ok(value),
                Some(b'&') => match self.reference()? {
                    Some(letter) => value.push(letter),
                    None => {
                        self.at += 1;
                        value.push('&');
                    }
                },
                Some(_) => {
                    self.at += 1;
                    return Ok(value);
                }
            }
        }
    }

    fn end_tag(&mut self, begin: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else { return Err(format!("Unexpected end tag at byte offset {begin}")) };
        let found = self.take(|byte| !byte.is_ascii_whitespace() && byte != b'>').to_lowercase();
        self.spaces();
        if self.peek() != Some(b'>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !found.is_empty() && found != open.tag {
            return Err(format!("Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{found}>\"", open.tag));
        }
        if self.units > open.units {
            self.close(&open)?;
        }
        Ok(())
    }

    /// Notes the piece that `open` began and that ends here.
    fn close(&mut self, open: &Open) -> Result<(), String> {
        let kind = match open.tag.as_str() {
            "b" | "strong" => "bold",
            "i" | "em" => "italic",
            "u" | "ins" => "underline",
            "s" | "strike" | "del" => "strikethrough",
            "tg-spoiler" | "span" => "spoiler",
            "blockquote" if open.argument.is_empty() => "blockquote",
            "blockquote" => "expandable_blockquote",
            "pre" => "pre",
            "code" => "code",
            "tg-time" => "date_time",
            "tg-emoji" => "custom_emoji",
            _ => "text_link",
        };
        let (offset, length) = (open.units, self.units - open.units);
        let mut entity = json!({ "type": kind, "offset": offset, "length": length });
        match kind {
            "custom_emoji" if open.argument.parse::<i64>().unwrap_or(0) == 0 => {
                return Err("Invalid custom emoji identifier specified".to_owned());
            }
            "custom_emoji" => entity["custom_emoji_id"] = json!(open.argument),
            "text_link" => {
                let inside = self.done.text.get(open.bytes..).unwrap_or_default();
                let url = if open.argument.is_empty() { inside } else { &open.argument };
                if !url.contains('.') && !url.starts_with("tg://") {
                    return Ok(());
                }
                entity["url"] = json!(url);
            }
            "code" if !open.argument.is_empty() => entity["language"] = json!(open.argument),
            "pre" => self.absorb_language(&mut entity),
            _ => {}
        }
        self.done.entities.push(entity);
        Ok(())
    }

    /// `<pre><code class="language-x">` is one piece of code in language x.
    fn absorb_language(&mut self, entity: &mut Value) {
        let Some(last) = self.done.entities.last() else { return };
        let same = last["offset"] == entity["offset"] && last["length"] == entity["length"];
        if last["type"] == "code" && same && last["language"].is_string() {
            entity["language"] = last["language"].clone();
            self.done.entities.pop();
        }
    }
}
