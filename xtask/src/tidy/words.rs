//! Plain words: phrases that a newcomer would stumble over, and what to write instead.
//!
//! The check reads comments, strings and identifiers alike (`is_no_tick` and `IsNoTick` read as "is
//! no tick"), follows a sentence over the end of a line, and looks at file names too. The list
//! stands for a kind of language: prefer the plain word also where a phrase is not listed.

mod list;

use std::fs;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, bail};
use regex::{Regex, RegexBuilder};

use self::list::{ENTRIES, Entry, In};
use super::files;
use crate::context::Context;

/// Files that people write.
const ENDINGS: &[&str] = &[
    ".rs", ".ts", ".js", ".mjs", ".md", ".toml", ".html", ".css", ".sh", ".py", ".json", ".yml",
];

/// Files that are not checked, and why.
const EXCEPT: &[(&str, &str)] = &[
    ("package-lock.json", "npm writes it"),
    ("sdk/js/dist/", "the SDK's build writes it"),
    ("tests/data/", "data of other projects"),
    ("ui/assets/fonts/LICENSE", "licences of third parties"),
    ("xtask/src/tidy/words", "the list and its tests"),
];

struct Compiled {
    entry: &'static Entry,
    pattern: Regex,
    unless: Option<Regex>,
}

#[expect(
    clippy::expect_used,
    reason = "the list is part of the program, and a test compiles it"
)]
static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |pattern: &str, any_case: bool| {
        let mut builder = RegexBuilder::new(pattern);
        builder.case_insensitive(any_case).build()
    };
    let one = |entry: &'static Entry| {
        let any_case = entry.place == In::Text;
        let pattern = match entry.place {
            In::Text => format!(r"\b(?:{})\b{{end-half}}", entry.pattern),
            In::Code => entry.pattern.to_owned(),
        };
        let unless = (!entry.unless.is_empty()).then_some(entry.unless);
        Compiled {
            entry,
            pattern: compile(&pattern, any_case).expect("a pattern of the list"),
            unless: unless.map(|unless| compile(unless, true).expect("an exception of the list")),
        }
    };
    ENTRIES.iter().map(one).collect()
});

/// A phrase that was found.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// Counted from 1; 0 is the file's name.
    line: usize,
    phrase: String,
    instead: &'static str,
}

/// Looks through the files under version control.
pub(super) fn check(context: &Context) -> Result<()> {
    let mut faults = Vec::new();
    for path in files::tracked(context)?
        .iter()
        .filter(|path| is_checked(path))
    {
        let text = fs::read_to_string(context.path(path)).with_context(|| path.clone())?;
        for Finding {
            line,
            phrase,
            instead,
        } in findings(path, &text)
        {
            let place = match line {
                0 => format!("{path} (its name)"),
                line => format!("{path}:{line}"),
            };
            faults.push(format!("{place}: \"{phrase}\": write {instead}"));
        }
    }
    if !faults.is_empty() {
        bail!("\n  {}\n{} phrases", faults.join("\n  "), faults.len());
    }
    Ok(())
}

fn is_checked(path: &str) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
        && !EXCEPT.iter().any(|(part, _reason)| path.contains(part))
}

fn findings(path: &str, text: &str) -> Vec<Finding> {
    let prose = Prose::of(path, text);
    let is_code = path.ends_with(".rs") || path.ends_with(".ts");
    let mut found = Vec::new();
    for compiled in COMPILED.iter() {
        match compiled.entry.place {
            In::Text => {
                let phrases = compiled.find(&prose.text);
                found.extend(
                    phrases.map(|(at, phrase)| compiled.finding(prose.line_at(at), phrase)),
                );
            }
            In::Code if is_code => {
                for (index, line) in text.lines().enumerate() {
                    let phrases = compiled.find(line);
                    found.extend(phrases.map(|(_, phrase)| compiled.finding(index + 1, phrase)));
                }
            }
            In::Code => {}
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

impl Compiled {
    /// The matches that are not ordinary English, with their offsets.
    fn find<'t>(&self, text: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        let matches = self.pattern.find_iter(text);
        let odd = matches.filter(|found| {
            let ordinary = |unless: &Regex| unless.is_match(found.as_str().trim());
            !self.unless.as_ref().is_some_and(ordinary)
        });
        odd.map(|found| (found.start(), found.as_str().trim()))
    }

    fn finding(&self, line: usize, phrase: &str) -> Finding {
        Finding {
            line,
            phrase: phrase.to_owned(),
            instead: self.entry.instead,
        }
    }
}

/// A file as running text: without comment marks and indentation, identifiers split into words,
/// one space where a line ends, a line feed where a paragraph does.
struct Prose {
    text: String,
    /// Where each line begins in `text`; the first is the file's name.
    starts: Vec<usize>,
}

impl Prose {
    fn of(path: &str, text: &str) -> Self {
        let mut prose = Self {
            text: String::new(),
            starts: Vec::new(),
        };
        prose.push(path);
        prose.text.push('\n');
        text.lines().for_each(|line| prose.push(line));
        prose
    }

    fn push(&mut self, line: &str) {
        self.starts.push(self.text.len());
        let marks = |c: char| c.is_whitespace() || "/!#*->|".contains(c);
        let words = split_identifiers(line.trim_start_matches(marks).trim_end_matches('\\'));
        let before = self.text.len();
        for word in words.split_whitespace() {
            self.text.push_str(word);
            self.text.push(' ');
        }
        if self.text.len() == before {
            self.text.push('\n');
        }
    }

    /// The line of an offset; 0 is the file's name.
    fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }
}

/// `is_no_tick` and `IsNoTick` as words.
fn split_identifiers(line: &str) -> String {
    let mut words = String::with_capacity(line.len() + 16);
    let mut before = ' ';
    for c in line.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            words.push(' ');
        }
        words.push(if c == '_' { ' ' } else { c });
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that the list must object to; each entry to at least one.
    const ODD: &[&str] = &[
        "// The house, from a bird's eye.",
        "/// A library belongs to one of the rooms.",
        "The one front door: run, test, build.",
        "//! The seam to what is kept.",
        "let bell = sync_channel(1);",
        "// DuckDB judges both on a file.",
        "fn verdict(&self) -> Verdict {",
        "bail!(\"'{other}' is no role; the roles are api and console\")",
        "fn a_colour_that_is_none_is_refused() {",
        "/// Ids that mean nobody.",
        "the id means nobody",
        "/// Whether somebody holds a lease.",
        "/// Whoever started it reads one line.",
        "//! The chart for who cannot see it.",
        "/// Asks anew.",
        "a click shows it alone, once more all",
        "/// Formats, mends spelling.",
        "they arrive by and by",
        "the answer in words",
        "a message that came three times in vain",
        "Installers for Debian and Fedora's kin",
        "no unwrap, save with a reason",
        "/// The latest answer, be it old.",
        "the database cannot be had",
        "503 while the store is away",
        "/// What is not answered within so long is asked again.",
        "lest it be forgotten",
        "/// Says what became of each item.",
        "/// Whether the stream broke; says so once.",
        "the import ended badly",
        "The body broke off.",
        "the file could not be looked for",
        "\"This import is over.\"",
        "Read once more, left alone",
        "/// Whose word it is, by the key.",
        "files through the ordinary way in",
        "/// 500: a defect of ours.",
        "nor could that be said",
        "## Honest limits",
        "running it again is always right",
        "Another content is stored under this id",
        "only a server may merge two users",
        "pub(super) struct Taken {",
        "    no: i64,",
    ];

    fn all(text: &str) -> Vec<Finding> {
        findings("a/file.rs", text)
    }

    #[test]
    fn every_entry_finds_a_line() {
        for line in ODD {
            assert!(!all(line).is_empty(), "{line}");
        }
        for entry in ENTRIES {
            let is_found = |line: &str| {
                let found = all(line);
                found.iter().any(|finding| finding.instead == entry.instead)
            };
            assert!(ODD.iter().any(|line| is_found(line)), "{}", entry.pattern);
        }
    }

    #[test]
    fn ordinary_english_is_accepted() {
        for line in [
            "there is no project with this id",
            "// It is no longer hot, and there are no rows.",
            "the answer is no: try again",
            "in other words, an in-house warehouse",
            "Room for `+ 19 others`; the room of a line's mark",
            "// It may be it.",
            "the limit is over the maximum",
            "amend, recommend, kind, king, belle, seamless, mushrooms",
            "struct Worker; type Knowledge; struct HeldLease;",
            "saved with a reason; fn save(&self)",
            "look for a free port",
            "if no { return; }",
        ] {
            assert_eq!(all(line), [], "{line}");
        }
    }

    #[test]
    fn identifiers_are_read_as_words() {
        assert_eq!(
            all("fn half_a_user_is_no_tick() {")[0].phrase,
            "user is no tick"
        );
        assert_eq!(all("struct JudgedRow;")[0].phrase, "Judged");
        assert_eq!(all("const JUDGE_PY: &str").len(), 1);
    }

    #[test]
    fn a_sentence_goes_on_in_the_next_line_and_ends_with_a_paragraph() {
        let found = all("fn a() {}\n/// The server says\n/// so once.\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
        assert_eq!(all("/// It says\n///\n/// so it is\n"), []);
    }

    #[test]
    fn the_name_of_a_file_counts() {
        let found = findings("tests/judge.rs", "fn main() {}\n");
        assert_eq!((found[0].line, found.len()), (0, 1));
    }

    #[test]
    fn only_what_people_write_is_checked() {
        assert!(is_checked("docs/ARCHITECTURE.md") && is_checked("sdk/js/src/queue.ts"));
        assert!(!is_checked("sdk/js/dist/empmix.min.js"));
        assert!(!is_checked("sdk/js/package-lock.json"));
        assert!(!is_checked("ui/assets/fonts/Inter-Regular.otf"));
    }
}
