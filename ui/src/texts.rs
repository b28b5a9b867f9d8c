//! The console's texts in the user's language.
//!
//! A text has a key and lies in `ui/texts/<language>.ftl`, in the format of Project Fluent, with its
//! plural forms. Sources name keys in two ways only, which a test finds: [`text!`](crate::text) where a
//! text is shown, [`Key`] where a table holds one. A second language is a file and a row of
//! [`LANGUAGES`].

use std::cell::OnceCell;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

/// The languages with their texts; the first one has every text.
const LANGUAGES: [(&str, &str); 1] = [("en", include_str!("../texts/en.ftl"))];

thread_local! {
    static BUNDLE: OnceCell<FluentBundle<FluentResource>> = const { OnceCell::new() };
}

/// Chooses the first language of the user's list that there are texts in; the first of all without one.
/// It is to be called before any text is shown, and does nothing after that.
pub fn choose<'a>(wanted: impl IntoIterator<Item = &'a str>) {
    let chosen = choice(&LANGUAGES.map(|(language, _)| language), wanted);
    BUNDLE.with(|known| {
        // It fails where a text was shown already.
        let _ = known.set(bundle(LANGUAGES[chosen]));
    });
}

/// The place of the language that is spoken best: `de` for `de-AT`.
fn choice<'a>(known: &[&str], wanted: impl IntoIterator<Item = &'a str>) -> usize {
    let primary = |tag: &str| {
        tag.split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_lowercase()
    };
    let mut places = wanted.into_iter().filter_map(|tag| {
        let exact = known
            .iter()
            .position(|known| known.eq_ignore_ascii_case(tag));
        exact.or_else(|| {
            known
                .iter()
                .position(|known| primary(known) == primary(tag))
        })
    });
    places.next().unwrap_or(0)
}

fn bundle((language, texts): (&str, &str)) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(language.parse().into_iter().collect());
    // The console has no text from right to left, which these marks are for.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(number) => Some(crate::report::full(Some(number.value))),
        _ => None,
    }));
    // A test reads every file; a line that cannot be read leaves its text out.
    let resource = FluentResource::try_new(texts.to_owned()).unwrap_or_else(|(read, _)| read);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The key of a text, in a table of constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub &'static str);

impl Key {
    /// Its text.
    pub fn text(self) -> String {
        get(self.0, &[])
    }
}

/// A value in a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// Shown as it is.
    Text(String),
    /// Shown with separators; it chooses the plural form.
    Number(f64),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Key> for Argument {
    fn from(key: Key) -> Self {
        Self::Text(key.text())
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

/// The text of a key, with its arguments; the key itself where there is no text.
pub fn get(key: &str, arguments: &[(&str, Argument)]) -> String {
    BUNDLE.with(|chosen| {
        let bundle = chosen.get_or_init(|| bundle(LANGUAGES[0]));
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        let Some(pattern) = pattern else {
            debug_assert!(false, "no text for {key}");
            return key.to_owned();
        };
        let arguments: FluentArgs<'_> = arguments
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Argument::Text(text) => FluentValue::from(text.as_str()),
                    Argument::Number(number) => FluentValue::from(*number),
                };
                (*name, value)
            })
            .collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text.into_owned()
    })
}

/// The text of a key: `text!("live-pause")`, `text!("live-missed", count = 7_u64)`.
#[macro_export]
macro_rules! text {
    ($key:literal $(,)?) => {
        $crate::texts::get($key, &[])
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::texts::get($key, &[$((stringify!($name), $crate::texts::Argument::from($value))),+])
    };
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        path::{Path, PathBuf},
    };

    use fluent_syntax::{
        ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
        parser,
    };

    use super::*;

    /// The keys of a language, each with the arguments that its text shows or chooses by.
    fn texts((language, texts): (&str, &str)) -> BTreeMap<String, BTreeSet<String>> {
        let resource = parser::parse(texts);
        let resource = resource.unwrap_or_else(|(_, errors)| panic!("{language}: {errors:?}"));
        let mut found = BTreeMap::new();
        for entry in &resource.body {
            let Entry::Message(message) = entry else {
                continue;
            };
            let mut arguments = BTreeSet::new();
            let value = message.value.as_ref();
            in_pattern(value.expect("a text"), &mut arguments);
            let before = found.insert(message.id.name.to_owned(), arguments);
            let key = message.id.name;
            assert!(before.is_none(), "{language}: {key} is there twice");
        }
        found
    }

    fn in_pattern(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                in_expression(expression, arguments);
            }
        }
    }

    fn in_expression(expression: &Expression<&str>, arguments: &mut BTreeSet<String>) {
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                let variants = variants.iter();
                variants.for_each(|variant| in_pattern(&variant.value, arguments));
                selector
            }
        };
        match inline {
            InlineExpression::VariableReference { id } => {
                arguments.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => in_expression(expression, arguments),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            // The arguments of what it refers to would have to be followed.
            other => panic!("{other:?} is not used in texts"),
        }
    }

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let inside = folders.iter().flat_map(|folder| sources(folder));
        files.into_iter().chain(inside).collect()
    }

    /// A place in the sources that names a key, with the arguments that it gives.
    struct Use {
        key: String,
        arguments: BTreeSet<String>,
        file: PathBuf,
    }

    fn uses() -> Vec<Use> {
        let mut uses = Vec::new();
        for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            if file.ends_with("texts.rs") {
                continue;
            }
            let source = fs::read_to_string(&file).unwrap();
            for marker in ["text!(", "Key("] {
                for (at, _) in source.match_indices(marker) {
                    let rest = source[at + marker.len()..].trim_start();
                    let named = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
                    let Some((key, rest)) = named else { continue };
                    uses.push(Use {
                        key: key.to_owned(),
                        arguments: given(rest),
                        file: file.clone(),
                    });
                }
            }
        }
        uses
    }

    /// The names of the arguments in the rest of a call, after its key.
    fn given(call: &str) -> BTreeSet<String> {
        let (mut depth, mut in_literal) = (0, false);
        // The call without what is in its values.
        let mut outline = String::new();
        let mut chars = call.chars();
        while let Some(char) = chars.next() {
            match char {
                '\\' if in_literal => drop(chars.next()),
                '"' => in_literal = !in_literal,
                _ if in_literal => {}
                '(' | '[' | '{' => depth += 1,
                ')' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                _ if depth == 0 => outline.push(char),
                _ => {}
            }
        }
        let named = outline.split(',').filter_map(|part| part.split_once('='));
        named.map(|(name, _)| name.trim().to_owned()).collect()
    }

    #[test]
    fn every_key_that_is_used_has_a_text_and_every_text_is_used() {
        let known: BTreeSet<String> = texts(LANGUAGES[0]).into_keys().collect();
        let used: BTreeSet<String> = uses().into_iter().map(|one| one.key).collect();
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "no text: {missing:?}");
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(unused.is_empty(), "not used: {unused:?}");
    }

    #[test]
    fn every_text_gets_the_arguments_that_it_names() {
        let texts = texts(LANGUAGES[0]);
        for one in uses() {
            let (key, file) = (&one.key, one.file.display());
            assert_eq!(
                Some(&one.arguments),
                texts.get(key),
                "given and named: {key} in {file}"
            );
        }
    }

    /// What a language lacks, has too much, or names without need, beside the first one.
    fn differences(first: (&str, &str), other: (&str, &str)) -> Vec<String> {
        let (first, other) = (texts(first), texts(other));
        let keys: BTreeSet<&String> = first.keys().chain(other.keys()).collect();
        let compare = |key: &&String| match (first.get(*key), other.get(*key)) {
            (Some(_), None) => Some(format!("no text for {key}")),
            (None, _) => Some(format!("{key} is not used")),
            (Some(given), Some(named)) => {
                let unknown: Vec<_> = named.difference(given).collect();
                (!unknown.is_empty()).then(|| format!("{key} does not get {unknown:?}"))
            }
        };
        keys.iter().filter_map(compare).collect()
    }

    #[test]
    fn every_language_has_every_text_with_no_other_arguments() {
        for language in LANGUAGES {
            let wrong = differences(LANGUAGES[0], language);
            assert!(wrong.is_empty(), "{}: {wrong:?}", language.0);
        }
        let second = ("de", "seen = { $when } gesehen\nspare = Rest\n");
        let first = ("en", "seen = seen { $at }\nleft = left\n");
        assert_eq!(
            differences(first, second),
            [
                "no text for left",
                "seen does not get [\"when\"]",
                "spare is not used"
            ]
        );
    }

    #[test]
    fn the_language_is_the_first_wanted_one_that_there_is() {
        let known = ["en", "de", "pt-BR"];
        for (wanted, place) in [
            (&["de-AT", "en"][..], 1),
            (&["fr", "pt_PT"], 2),
            (&["EN-us", "de"], 0),
            (&["fr"], 0),
            (&[], 0),
        ] {
            assert_eq!(choice(&known, wanted.iter().copied()), place, "{wanted:?}");
        }
    }

    #[test]
    fn every_pattern_of_dates_gives_a_date() {
        let time = jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        for language in LANGUAGES {
            let bundle = bundle(language);
            let keys = texts(language);
            let keys = keys
                .iter()
                .filter(|(key, arguments)| key.starts_with("date-") && arguments.is_empty());
            for (key, _) in keys {
                let pattern = bundle.get_message(key).unwrap().value().unwrap();
                let pattern = bundle.format_pattern(pattern, None, &mut Vec::new());
                let date = jiff::fmt::strtime::format(&*pattern, &time);
                assert!(date.is_ok_and(|date| date.len() > 1), "{pattern}");
            }
        }
    }

    #[test]
    fn a_text_has_plural_forms_and_numbers_have_separators() {
        let texts =
            "rows = { $count ->\n    [one] { $count } row\n   *[other] { $count } rows\n }\n";
        let bundle = bundle(("en", texts));
        let text = |count: f64| {
            let mut arguments = FluentArgs::new();
            arguments.set("count", count);
            let pattern = bundle.get_message("rows").unwrap().value().unwrap();
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
            text.into_owned()
        };
        assert_eq!([1.0, 32_933.0].map(text), ["1 row", "32,933 rows"]);
    }
}
