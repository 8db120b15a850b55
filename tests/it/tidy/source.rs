//! Source files as the house rules see them: code without comments and strings, the strings apart, the tests cut off.

use std::path::{Path, PathBuf};

/// One text file of the project.
pub struct SourceFile {
    /// Path from the project's root, with `/`.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// The code: comments and the insides of strings are blanks, lines stay where they are.
    pub code: String,
    /// The code that ships: without modules of unit tests; blank for a file of tests. Lines stay where they are.
    pub shipped: String,
    /// Every string literal, with its line.
    pub strings: Vec<(usize, String)>,
}

impl SourceFile {
    /// Returns a file of this path and text.
    pub fn new(path: &str, text: &str) -> Self {
        let (code, strings) = split(text);
        let is_tests = path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        let shipped = if is_tests { String::new() } else { without_tests(&code) };
        Self { path: path.to_owned(), text: text.to_owned(), code, shipped, strings }
    }

    /// Returns the line that holds this offset of the code or the text.
    pub fn line_of(&self, offset: usize) -> usize {
        self.code.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

const TEST_MARK: &str = "#[cfg(test)]";

/// Returns what follows each `#[cfg(test)] mod`, with the offset of the mark: modules of tests, wherever they stand.
fn test_modules(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.match_indices(TEST_MARK).filter_map(|(start, mark)| {
        let rest = code[start + mark.len()..].trim_start();
        // A visibility may stand before: `pub(super) mod sample;`.
        let rest = if rest.starts_with("pub") { rest.split_once(' ').map_or("", |(_, rest)| rest) } else { rest };
        rest.strip_prefix("mod ").map(|name| (start, name))
    })
}

/// Blanks the modules of tests.
fn without_tests(code: &str) -> String {
    let mut shipped = code.to_owned();
    for (start, _) in test_modules(code) {
        let end = end_of_block(code, start);
        let blank: String = code[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        shipped.replace_range(start..end, &blank);
    }
    shipped
}

/// Empties what ships of files that are declared as modules of tests elsewhere.
fn blank_test_files(files: &mut [SourceFile]) {
    let mut folders = Vec::new();
    for file in files.iter() {
        let folder = match file.path.rsplit_once('/') {
            Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder,
            _ => file.path.trim_end_matches(".rs"),
        };
        let declared = test_modules(&file.code).filter_map(|(_, rest)| rest.split_once(';')).filter(|(name, _)| name.chars().all(is_word));
        folders.extend(declared.map(|(name, _)| format!("{folder}/{name}")));
    }
    let is_test = |path: &str| folders.iter().any(|folder| path == format!("{folder}.rs") || path.starts_with(&format!("{folder}/")));
    for file in files.iter_mut().filter(|file| is_test(&file.path)) {
        file.shipped.clear();
    }
}

/// Returns where the block or the declaration that begins after `start` ends.
fn end_of_block(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b';' if depth == 0 => return offset + 1,
            b'{' => depth += 1,
            b'}' if depth <= 1 => return offset + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Returns the root of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every file under `folder` whose name ends with one of `endings`.
pub fn files(folder: &str, endings: &[&str]) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.sort();
    let mut files: Vec<_> = paths
        .iter()
        .filter(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)))
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let relative = path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/");
            SourceFile::new(&relative, &text)
        })
        .collect();
    blank_test_files(&mut files);
    files
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && name != ".git" && name != "node_modules" {
                collect(&path, paths);
            }
        } else {
            paths.push(path);
        }
    }
}

/// Splits Rust text into code and string literals.
fn split(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let (mut code, mut strings, mut index) = (String::with_capacity(text.len()), Vec::new(), 0);
    while index < chars.len() {
        let start = index;
        match (at(index), at(index + 1)) {
            ('/', '/') => {
                while index < chars.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            ('/', '*') => {
                let mut depth = 0;
                loop {
                    match (at(index), at(index + 1)) {
                        ('/', '*') => (depth, index) = (depth + 1, index + 2),
                        ('*', '/') => (depth, index) = (depth - 1, index + 2),
                        _ => index += 1,
                    }
                    if depth == 0 || index >= chars.len() {
                        break;
                    }
                }
            }
            ('r', '"' | '#') if !is_word(at(index.wrapping_sub(1))) && raw_hashes(&chars, index + 1).is_some() => {
                let hashes = raw_hashes(&chars, index + 1).unwrap_or(0);
                let close: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                index += 2 + hashes;
                let from = index;
                while index < chars.len() && !chars[index..].iter().collect::<String>().starts_with(&close) {
                    index += 1;
                }
                strings.push((line(&chars, start), chars[from..index.min(chars.len())].iter().collect()));
                index += close.len();
            }
            ('"', _) => {
                index += 1;
                while index < chars.len() && at(index) != '"' {
                    index += if at(index) == '\\' { 2 } else { 1 };
                }
                strings.push((line(&chars, start), chars[start + 1..index.min(chars.len())].iter().collect()));
                index += 1;
            }
            // A char literal, not a lifetime: 'x' or '\n'.
            ('\'', next) if next == '\\' || at(index + 2) == '\'' => {
                index += if next == '\\' { 3 } else { 2 };
                while index < chars.len() && at(index) != '\'' {
                    index += 1;
                }
                index += 1;
            }
            (other, _) => {
                code.push(other);
                index += 1;
                continue;
            }
        }
        let index_end = index.min(chars.len());
        code.extend(chars[start..index_end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
    }
    (code, strings)
}

fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from..].iter().take_while(|c| **c == '#').count();
    (chars.get(from + hashes) == Some(&'"')).then_some(hashes)
}

fn line(chars: &[char], index: usize) -> usize {
    chars[..index].iter().filter(|c| **c == '\n').count() + 1
}

/// Tells whether a character can be part of a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the offsets at which `word` stands alone in `code`.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(offset, _)| offset).filter(move |offset| {
        let before = code[..*offset].chars().next_back().is_none_or(|c| !is_word(c));
        let last_is_word = word.chars().next_back().is_some_and(is_word);
        let after = !last_is_word || code[offset + word.len()..].chars().next().is_none_or(|c| !is_word(c));
        before && after
    })
}

#[test]
fn comments_and_strings_are_not_code() {
    let file = SourceFile::new(
        "src/x.rs",
        "let a = \"f64 // \\\" no\"; // f64\nlet c = '\"'; let r = r#\"f64 \"q\" \"#; /* f64 /* f64 */ */ fn f<'a>(x: &'a u8) -> f32 {}\n",
    );
    assert!(!file.code.contains("f64"), "{}", file.code);
    assert!(file.code.contains("f32") && file.code.contains("<'a>"), "{}", file.code);
    assert_eq!(file.strings, [(1, "f64 // \\\" no".to_owned()), (2, "f64 \"q\" ".to_owned())]);
    assert_eq!(file.line_of(file.code.find("f32").expect("kept")), 2);
}

#[test]
fn unit_tests_do_not_ship_and_what_follows_them_does() {
    let file = SourceFile::new("src/x.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n fn f() { if x { f64 } }\n}\nfn b() -> f32 {}\n");
    assert!(!file.shipped.contains("f64"), "{}", file.shipped);
    assert!(file.shipped.starts_with("fn a() {}\n") && file.shipped.contains("fn b() -> f32"), "{}", file.shipped);
    assert_eq!(file.line_of(file.shipped.find("f32").expect("kept")), 6);
    let declared = SourceFile::new("src/x.rs", "#[cfg(test)]\nmod tests;\nfn b() {}");
    assert_eq!(declared.shipped.trim(), "fn b() {}");
    assert_eq!(SourceFile::new("src/config/tests.rs", "fn f() {}").shipped, "");
    assert_eq!(words("f64 xf64 f64x a.f64", "f64").count(), 2);
}

#[test]
fn files_of_tests_are_known_by_their_declaration() {
    let mut files = [
        SourceFile::new("src/risk/mod.rs", "#[cfg(test)]\npub(super) mod sample;\nmod limits;"),
        SourceFile::new("src/risk/sample.rs", "fn a() {}"),
        SourceFile::new("src/risk/limits.rs", "#[cfg(test)]\nmod cases;"),
        SourceFile::new("src/risk/limits/cases.rs", "fn a() {}"),
    ];
    blank_test_files(&mut files);
    assert_eq!(files.iter().map(|file| file.shipped.trim()).collect::<Vec<_>>(), ["mod limits;", "", "", ""]);
}
