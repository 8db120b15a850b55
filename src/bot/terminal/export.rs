//! Exports as files: the terminal has no way to hand a document over but to write it down.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::bot::render::Rendered;
use crate::domain::report::DocumentView;

/// Writes a document into `folder`, and returns its rendering with the place it stands at, or with why it does not.
pub fn written(document: &DocumentView, folder: &Path, rendered: &Rendered) -> Rendered {
    let mut rendered = rendered.clone();
    match write(document, folder) {
        Ok(path) => {
            rendered.text.push_str(&format!("\nWritten to {}", path.display()));
            if let Some(told) = rendered.data.get_mut("document").and_then(|told| told.as_object_mut()) {
                told.insert("path".to_owned(), json!(path.display().to_string()));
            }
        }
        Err(error) => rendered.text.push_str(&format!("\nIt could not be written to {}: {error}", folder.display())),
    }
    rendered
}

/// Writes the file in one move: a notice that is shown twice writes the same file twice.
fn write(document: &DocumentView, folder: &Path) -> io::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if document.name.starts_with('.') || !document.name.chars().all(plain) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its name is no plain name of a file"));
    }
    fs::create_dir_all(folder)?;
    let (path, fresh) = (folder.join(&document.name), folder.join(format!("{}.new", document.name)));
    let mut file = File::create(&fresh)?;
    file.write_all(document.content.as_bytes())?;
    file.sync_all()?;
    fs::rename(fresh, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::written;
    use crate::bot::render::Rendered;
    use crate::domain::report::DocumentView;

    fn document(name: &str) -> DocumentView {
        DocumentView { name: name.into(), media: "text/csv".into(), content: "a,b\r\n".into(), about: String::new(), rows: 0 }
    }

    #[test]
    fn a_document_is_written_once_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let exports = folder.path().join("exports");
        let rendered = Rendered::new("answer", "x").with("document", serde_json::json!({ "name": "a.csv" }));
        for _ in 0..2 {
            let told = written(&document("a.csv"), &exports, &rendered);
            assert!(told.text.starts_with("x\nWritten to "), "{}", told.text);
            assert_eq!(told.data["document"]["path"], exports.join("a.csv").display().to_string());
        }
        assert_eq!(std::fs::read_to_string(exports.join("a.csv")).unwrap(), "a,b\r\n");
        for name in ["../a.csv", "/etc/a", ".hidden", "a b"] {
            assert!(written(&document(name), &exports, &rendered).text.contains("could not be written"), "{name}");
        }
        assert_eq!(std::fs::read_dir(&exports).unwrap().count(), 1);
    }
}
