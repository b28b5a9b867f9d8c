//! Property names as field names, reversibly.
//!
//! MongoDB gives meaning to dots, a leading `$`, NUL and the empty name, so these are escaped the
//! way URLs are: `%` → `%25`, `.` → `%2E`, a leading `$` → `%24`, NUL → `%00`. The empty name is a
//! lone `%`, which no other name becomes. An escaped name can stand in a field path as it is.

use std::borrow::Cow;

const EMPTY: &str = "%";

/// The field name of a property.
pub(super) fn escaped(name: &str) -> Cow<'_, str> {
    if name.is_empty() {
        return Cow::Borrowed(EMPTY);
    }
    let plain = |c: char| !matches!(c, '%' | '.' | '\0');
    if !name.starts_with('$') && name.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    let mut field = String::with_capacity(name.len() + 8);
    for (at, c) in name.char_indices() {
        match c {
            '%' => field.push_str("%25"),
            '.' => field.push_str("%2E"),
            '\0' => field.push_str("%00"),
            '$' if at == 0 => field.push_str("%24"),
            _ => field.push(c),
        }
    }
    Cow::Owned(field)
}

/// The property name of a field; text that no escape made stays as it is.
pub(super) fn unescaped(field: &str) -> String {
    if field == EMPTY {
        return String::new();
    }
    let mut name = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('%') {
        name.push_str(&rest[..at]);
        let (c, length) = match rest.get(at..at + 3) {
            Some("%25") => ('%', 3),
            Some("%2E") => ('.', 3),
            Some("%00") => ('\0', 3),
            Some("%24") => ('$', 3),
            _ => ('%', 1),
        };
        name.push(c);
        rest = &rest[at + length..];
    }
    name.push_str(rest);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_survives_and_none_means_anything_to_mongodb() {
        let names = [
            "",
            "%",
            "%%",
            "%25",
            "a",
            "a.b",
            ".",
            "..",
            "$",
            "$where",
            "$$x",
            "a$b",
            "\0",
            "a\0b",
            "%2E",
            "%24where",
            "é.ü%",
            "__proto__",
            "0",
            "%00",
        ];
        let mut fields = std::collections::HashSet::new();
        for name in names {
            let field = escaped(name);
            assert_eq!(unescaped(&field), name);
            assert!(!field.is_empty() && !field.starts_with('$'), "{field}");
            assert!(!field.contains(['.', '\0']), "{field}");
            assert!(fields.insert(field.into_owned()), "{name} shares its field");
        }
    }
}
