//! How SQLite would run the statements of a crate, for tests: which of them read a whole table.
//!
//! The statements are found in the source text, so that none is left out because no test runs it: each
//! string literal that begins with `SELECT`, `INSERT`, `UPDATE`, `DELETE` or `WITH` and a space. Steps of
//! layouts begin with other words; they run once.

use std::{fs, io, path::Path};

use rusqlite::{Connection, types::Null};

const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// A statement and what it reads in full, if it is allowed to.
#[derive(Debug)]
pub struct AllowedScan {
    /// The beginning of a step of the plan.
    pub step: &'static str,
    /// A part of the statement.
    pub statement: &'static str,
    /// Why it may.
    pub reason: &'static str,
}

/// The statements in the source files below a folder. Of `placeholders` each name in braces is replaced
/// by each of its values in turn.
///
/// # Errors
/// A file cannot be read.
pub fn statements(folder: &Path, placeholders: &[(&str, &[&str])]) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(statements(&path, placeholders)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path)?;
            // SQL quotes with single quotes, so a literal ends at the next double quote.
            let literals = source.split('"');
            let is_statement = |text: &&str| VERBS.iter().any(|verb| text.starts_with(verb));
            for literal in literals.filter(is_statement) {
                found.extend(filled(literal, placeholders));
            }
        }
    }
    Ok(found)
}

fn filled(literal: &str, placeholders: &[(&str, &[&str])]) -> Vec<String> {
    let words: Vec<&str> = literal.split_whitespace().collect();
    let mut texts = vec![words.join(" ")];
    for (name, values) in placeholders {
        let name = format!("{{{name}}}");
        let with_each = |text: String| -> Vec<String> {
            if text.contains(&name) {
                values
                    .iter()
                    .map(|value| text.replace(&name, value))
                    .collect()
            } else {
                vec![text]
            }
        };
        texts = texts.into_iter().flat_map(with_each).collect();
    }
    texts
}

/// The steps of a statement's plan whose cost grows with a table: they read all of it, or all rows of a
/// project, or sort.
///
/// # Errors
/// The tables do not fit the statement.
pub fn scans(connection: &Connection, statement: &str) -> rusqlite::Result<Vec<String>> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}"))?;
    let parameters = vec![Null; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))?;
    let mut steps: Vec<String> = steps.collect::<Result<_, _>>()?;
    steps.retain(|step| {
        step.starts_with("SCAN ") || step.starts_with("USE TEMP") || step.ends_with("(project=?)")
    });
    Ok(steps)
}

/// Every step that [`scans`] finds and the list does not allow, and every entry of the list that allows
/// nothing.
///
/// # Errors
/// The tables do not fit a statement.
pub fn not_allowed(
    connection: &Connection,
    statements: &[String],
    allowed: &[AllowedScan],
) -> rusqlite::Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut used = vec![false; allowed.len()];
    for statement in statements {
        for step in scans(connection, statement)? {
            let allows = |scan: &AllowedScan| {
                step.starts_with(scan.step) && statement.contains(scan.statement)
            };
            match allowed.iter().position(allows) {
                Some(at) => used[at] = true,
                None => complaints.push(format!("{step}: {statement}")),
            }
        }
    }
    let unused = allowed.iter().zip(used).filter(|(_, used)| !used);
    complaints.extend(unused.map(|(scan, _)| format!("allowed for nothing: {scan:?}")));
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "
        CREATE TABLE words (project INTEGER, word TEXT, PRIMARY KEY (project, word)) WITHOUT ROWID;";

    fn words() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        connection
    }

    #[test]
    fn a_scan_is_seen_and_a_lookup_is_not() {
        let scanned = |statement: &str| !scans(&words(), statement).unwrap().is_empty();
        assert!(scanned("SELECT word FROM words"));
        assert!(scanned("SELECT word FROM words WHERE word = ?1"));
        assert!(scanned("DELETE FROM words WHERE project = ?1"));
        assert!(!scanned(
            "SELECT word FROM words WHERE project = ?1 AND word = ?2"
        ));
        assert!(!scanned("INSERT INTO words VALUES (?1, ?2)"));
    }

    #[test]
    fn statements_are_found_in_sources_and_filled() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        let source = r#"fn f() { sql("SELECT {COLUMNS}
            FROM {table}"); print("not SQL"); sql("DELETE FROM words") }"#;
        fs::write(below.join("f.rs"), source).unwrap();
        let placeholders: [(&str, &[&str]); 2] = [("COLUMNS", &["word"]), ("table", &["a", "b"])];
        assert_eq!(
            statements(folder.path(), &placeholders).unwrap(),
            [
                "SELECT word FROM a",
                "SELECT word FROM b",
                "DELETE FROM words"
            ]
        );
    }

    #[test]
    fn what_is_allowed_is_named_and_used() {
        let scan = |statement| AllowedScan {
            step: "SCAN words",
            statement,
            reason: "an export",
        };
        let statements = ["SELECT word FROM words".to_owned()];
        let complaints =
            |allowed: &[AllowedScan]| not_allowed(&words(), &statements, allowed).unwrap().len();
        assert_eq!(complaints(&[]), 1);
        assert_eq!(complaints(&[scan("word FROM words")]), 0);
        assert_eq!(complaints(&[scan("word FROM words"), scan("other")]), 1);
    }
}
