//! A documentation page with generated parts between markers.

use std::{fs, path::PathBuf, sync::Mutex};

/// Held while a page is read and written again, because several tests write parts of the same page.
static WRITING: Mutex<()> = Mutex::new(());

/// A file of `docs/`.
pub(crate) struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    /// Reads the page with this file name.
    pub(crate) fn read(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, text }
    }

    /// Returns the whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Asserts that a generated part is up to date. With `SWITCHBOARD_WRITE_DOCS` set, writes it instead.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    pub(crate) fn assert_current(&self, part: &str, expected: &str) {
        let (start, end) =
            (format!("<!-- {part}: written by `just reference` -->\n"), format!("<!-- end of {part} -->"));
        let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let text = fs::read_to_string(&self.path).unwrap();
        let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no {start}"));
        let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
        if found == expected {
            return;
        }
        assert!(
            std::env::var("SWITCHBOARD_WRITE_DOCS").is_ok(),
            "the {part} in {} are stale: run `just reference`. Expected:\n{expected}",
            self.path.display()
        );
        fs::write(&self.path, format!("{before}{start}{expected}{end}{after}")).unwrap();
    }

    /// Returns the first column of the table below a heading, without back quotes.
    pub(crate) fn first_column(&self, heading: &str) -> Vec<&str> {
        let (_, below) = self.text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
        let rows = below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        rows.skip(2).filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().trim_matches('`')).collect()
    }
}
