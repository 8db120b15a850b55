//! HTML, in the real server's words.

use serde_json::json;

use crate::telegram_fake::html::parse;

fn refusal(source: &str) -> String {
    parse(source).unwrap_err()
}

#[test]
fn marks_become_pieces_in_utf16_units() {
    let done = parse("😀<b>bold <i>both</i></b> <a href=\"https://x.y/?a=1&amp;b=2\">link</a>").unwrap();
    assert_eq!(done.text, "😀bold both link");
    assert_eq!(
        done.entities,
        [
            json!({ "type": "bold", "offset": 2, "length": 9 }),
            json!({ "type": "italic", "offset": 7, "length": 4 }),
            json!({ "type": "text_link", "offset": 12, "length": 4, "url": "https://x.y/?a=1&b=2" }),
        ]
    );
    let done = parse("<pre><code class=\"language-rust\">fn</code></pre><code class=\"language-c\">x</code>").unwrap();
    assert_eq!(
        done.entities,
        [json!({ "type": "pre", "offset": 0, "length": 2, "language": "rust" }), json!({ "type": "code", "offset": 2, "length": 1 }),]
    );
    let done = parse("<blockquote expandable>q</blockquote><span class='tg-spoiler'>s</span><U>u</u><b></b>").unwrap();
    assert_eq!(
        done.entities.iter().map(|entity| entity["type"].clone()).collect::<Vec<_>>(),
        ["expandable_blockquote", "spoiler", "underline"]
    );
}

#[test]
fn references_are_read_or_left() {
    assert_eq!(parse("&lt;&gt;&amp;&quot;&#65;&#x42;&lt").unwrap().text, "<>&\"AB<");
    assert_eq!(parse("a & b &nbsp; &#0; AT&T").unwrap().text, "a & b &nbsp; &#0; AT&T");
    assert!(refusal("&#xd800;").starts_with("Text contains invalid Unicode characters after decoding HTML entities"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (source, reason) in [
        ("a<b", "Unclosed start tag at byte offset 1"),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("<1>", "Unsupported start tag \"1\" at byte offset 0"),
        ("é<BR>", "Unsupported start tag \"br\" at byte offset 2"),
        ("<b/>", "Unsupported start tag \"b/\" at byte offset 0"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b />", "Empty attribute name in the tag \"b\" at byte offset 0"),
        ("<a href", "Unclosed start tag \"a\" at byte offset 0"),
        ("<a href=", "Unclosed start tag \"a\" at byte offset 0"),
        ("<a href=\"x", "Unclosed start tag at byte offset 0"),
        ("<a href=x/y>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
        ("<b>x<i>", "Can't find end tag corresponding to start tag \"i\""),
        ("<tg-emoji emoji-id=\"x\">y</tg-emoji>", "Invalid custom emoji identifier specified"),
    ] {
        assert_eq!(refusal(source), reason, "{source}");
    }
}
