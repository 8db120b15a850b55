//! A text as the server takes it: marked, cleaned, trimmed, and measured after all that.

use serde_json::Value;

use super::failure::Failure;
use super::html::{self, Formatted};
use super::request::Args;

/// Most characters of a message, after its marks are read.
pub const TEXT_MAX: usize = 4096;
/// Most characters of a caption.
pub const CAPTION_MAX: usize = 1024;
/// Most bytes of a text before its marks are read.
const SOURCE_MAX: usize = 1 << 15;

/// Reads `text` with `parse_mode` and `entities`.
pub fn message(args: &Args) -> Result<Formatted, Failure> {
    if args.text("text").is_empty() {
        return Err(Failure::bad("Message text is empty"));
    }
    let done = formatted(args, "text", "entities")?;
    if done.text.is_empty() {
        return Err(Failure::bad("Text must be non-empty"));
    }
    if done.text.chars().count() > TEXT_MAX {
        return Err(Failure::bad("Message is too long"));
    }
    Ok(done)
}

/// Reads `caption`, which may be empty.
pub fn caption(args: &Args) -> Result<Formatted, Failure> {
    let done = formatted(args, "caption", "caption_entities")?;
    if done.text.chars().count() > CAPTION_MAX {
        return Err(Failure::bad("Message caption is too long"));
    }
    Ok(done)
}

fn formatted(args: &Args, name: &str, entities: &str) -> Result<Formatted, Failure> {
    let source = args.text(name);
    if source.len() > SOURCE_MAX {
        return Err(Failure::bad("Text is too long"));
    }
    let mode = args.text("parse_mode").to_lowercase();
    let marked = match mode.as_str() {
        "html" if !source.is_empty() => html::parse(source).map_err(|reason| Failure::bad(&format!("Can't parse entities: {reason}")))?,
        "" | "none" | "html" => {
            let given = args.object(entities, "message entities").ok().flatten();
            Formatted { text: source.to_owned(), entities: given.as_ref().and_then(Value::as_array).cloned().unwrap_or_default() }
        }
        // Nothing here speaks it, and a fake that lets it pass unread would be no strict one.
        "markdown" | "markdownv2" => return Err(Failure::bad("Can't parse entities: this fake reads HTML only")),
        _ => return Err(Failure::bad("Unsupported parse_mode")),
    };
    Ok(trimmed(marked))
}

/// Carriage returns go, other control characters become spaces, and both ends are cut; pieces keep their places.
fn trimmed(marked: Formatted) -> Formatted {
    let Formatted { text, mut entities } = marked;
    let clean = |letter: char| if letter.is_control() && letter != '\n' { ' ' } else { letter };
    let text: String = text.chars().filter(|letter| *letter != '\r').map(clean).collect();
    let text = text.trim_end_matches([' ', '\n']);
    let units = text.encode_utf16().count() as u64;
    entities.retain(|entity| entity["offset"].as_u64().is_some_and(|offset| offset < units));
    for entity in &mut entities {
        let (offset, length) = (number(entity, "offset"), number(entity, "length"));
        entity["length"] = length.min(units - offset).into();
    }
    let first = entities.first().map_or(usize::MAX, |entity| number(entity, "offset") as usize);
    let lead = text.bytes().take(first).take_while(|byte| matches!(byte, b' ' | b'\n')).count();
    for entity in &mut entities {
        entity["offset"] = (number(entity, "offset") - lead as u64).into();
    }
    Formatted { text: text[lead..].to_owned(), entities }
}

fn number(entity: &Value, name: &str) -> u64 {
    entity[name].as_u64().unwrap_or(0)
}
