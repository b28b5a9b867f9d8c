//! The console's texts in the user's language.
//!
//! A text has a key and lies in `ui/texts/<language>.ftl`, in the format of Project Fluent, with its
//! plural forms. Sources name keys in two ways only, which a test finds: [`text!`](crate::text) where a
//! text is shown, [`Key`] where a table holds one. A second language is a file and a row of
//! [`LANGUAGES`].

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

/// The languages with their texts; the first one has every text.
const LANGUAGES: [(&str, &str); 1] = [("en", include_str!("../texts/en.ftl"))];

thread_local! {
    static BUNDLE: FluentBundle<FluentResource> = bundle(LANGUAGES[0]);
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
    BUNDLE.with(|bundle| {
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
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use fluent_syntax::{ast::Entry, parser};

    use super::*;

    fn keys((language, texts): (&str, &str)) -> BTreeSet<String> {
        let resource = parser::parse(texts);
        let resource = resource.unwrap_or_else(|(_, errors)| panic!("{language}: {errors:?}"));
        let messages = resource.body.iter().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        });
        let messages: Vec<String> = messages.collect();
        let keys: BTreeSet<String> = messages.iter().cloned().collect();
        assert_eq!(
            keys.len(),
            messages.len(),
            "{language}: a key is there twice"
        );
        keys
    }

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let inside = folders.iter().flat_map(|folder| sources(folder));
        files.into_iter().chain(inside).collect()
    }

    /// The keys that the sources name.
    fn used() -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            if path.ends_with("texts.rs") {
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for marker in ["text!(", "Key("] {
                for (at, _) in source.match_indices(marker) {
                    let rest = source[at + marker.len()..].trim_start();
                    if let Some(rest) = rest.strip_prefix('"') {
                        used.extend(rest.split('"').next().map(str::to_owned));
                    }
                }
            }
        }
        used
    }

    #[test]
    fn every_key_that_is_used_has_a_text_and_every_text_is_used() {
        let known = keys(LANGUAGES[0]);
        let used = used();
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "no text: {missing:?}");
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(unused.is_empty(), "not used: {unused:?}");
    }

    #[test]
    fn every_language_has_every_text() {
        let first = keys(LANGUAGES[0]);
        for language in LANGUAGES {
            let own = keys(language);
            let missing: Vec<_> = first.difference(&own).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", language.0);
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
