//! How many tests passed and failed, from the lines of their runners.

use std::ops::AddAssign;

/// Counts of tests, and the names of those that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Where the runner names them: fewer than `failed` otherwise.
    pub(crate) failures: Vec<String>,
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }
}

impl Outcome {
    /// One check that either holds or not.
    pub(crate) fn of_one(passed: bool) -> Self {
        Self {
            passed: passed.into(),
            failed: (!passed).into(),
            failures: Vec::new(),
        }
    }

    /// One test that failed.
    pub(crate) fn failure(name: impl Into<String>) -> Self {
        Self {
            passed: 0,
            failed: 1,
            failures: vec![name.into()],
        }
    }

    fn counts(passed: u64, failed: u64) -> Self {
        Self {
            passed,
            failed,
            failures: Vec::new(),
        }
    }

    /// Reads one line of a runner: Rust's (`test result: ok. 3 passed; 0 failed; …`), Node's
    /// (`# pass 3`, `ℹ fail 0`), Vitest's (`Tests  1 failed | 2 passed (3)`).
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let line = without_colours(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["test", "result:", rest @ ..] | ["Tests", rest @ ..] => Some(Self::counts(
                number_before(rest, "passed"),
                number_before(rest, "failed"),
            )),
            ["#" | "ℹ", "pass", count] => Some(Self::counts(count.parse().ok()?, 0)),
            ["#" | "ℹ", "fail", count] => Some(Self::counts(0, count.parse().ok()?)),
            _ => None,
        }
    }
}

/// The number before a word: `["3", "passed;"]` and `passed` give 3; 0 where there is none.
fn number_before(words: &[&str], word: &str) -> u64 {
    words
        .windows(2)
        .find(|pair| pair[1].trim_end_matches([';', ',']) == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

/// Without terminal escapes such as `ESC [ 32 m`.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            let _escape = chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(char);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[track_caller]
    fn check(line: &str, expect: Option<(u64, u64)>) {
        let expect = expect.map(|(passed, failed)| Outcome::counts(passed, failed));
        assert_eq!(Outcome::of_line(line), expect, "{line}");
    }

    #[test]
    fn lines_of_every_runner() {
        check(
            "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out",
            Some((12, 3)),
        );
        check("\u{1b}[34mℹ pass 7\u{1b}[39m", Some((7, 0)));
        check("# fail 2", Some((0, 2)));
        check(
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m2 passed\u{1b}[39m (3)",
            Some((2, 1)),
        );
        check("test store::writes ... ok", None);
        check("# tests 9", None);
    }
}
