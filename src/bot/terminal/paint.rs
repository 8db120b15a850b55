//! Colour, lightly: the first line is bold and takes the colour of its kind. Only a real terminal gets any.

/// Returns the text with its first line painted.
pub fn painted(kind: &str, text: &str) -> String {
    let colour = match kind {
        "card" | "question" => "36",
        "fill" => "32",
        "denied" | "error" => "31",
        "alert" => "33",
        _ => "39",
    };
    match text.split_once('\n') {
        Some((first, rest)) => format!("\u{1b}[1;{colour}m{first}\u{1b}[0m\n{rest}"),
        None => format!("\u{1b}[1;{colour}m{text}\u{1b}[0m"),
    }
}

#[cfg(test)]
mod tests {
    use super::painted;

    #[test]
    fn only_the_first_line_is_painted() {
        assert_eq!(painted("fill", "a\nb"), "\u{1b}[1;32ma\u{1b}[0m\nb");
        assert_eq!(painted("error", "a"), "\u{1b}[1;31ma\u{1b}[0m");
    }
}
