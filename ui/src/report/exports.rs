//! The answer as CSV (RFC 4180).

use super::ChartModel;

/// One row per line, one column per bucket. A text that a spreadsheet would run as a formula gets a
/// leading apostrophe; a number does not. So does a text that has such apostrophes already: no two texts
/// are written alike.
pub fn csv(model: &ChartModel) -> String {
    let name = model.breakdown.as_deref().unwrap_or("series");
    let mut out = String::new();
    let head = [name, "total"].into_iter().map(cell);
    let buckets = model.buckets.iter().map(|start| cell(start));
    push_row(&mut out, head.chain(buckets));
    for line in &model.lines {
        let values = std::iter::once(&line.total).chain(&line.points);
        let values = values.map(|value| value.map_or_else(String::new, |value| value.to_string()));
        push_row(
            &mut out,
            std::iter::once(cell(&line.name.text)).chain(values),
        );
    }
    out
}

fn push_row(out: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

fn cell(text: &str) -> String {
    let inner = text.trim_start_matches('\'');
    let is_formula = inner.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn names_are_quoted_and_formulas_are_escaped() {
        let lines: [(&str, &[Option<f64>]); 2] = [
            ("=cmd|'/c calc'!A1", &[Some(1.0), None]),
            ("a \"b\", c", &[Some(0.5), Some(2.0)]),
        ];
        let expected = "repo,total,2026-07-06T00:00:00+00:00,2026-07-13T00:00:00+00:00\r\n\
                        '=cmd|'/c calc'!A1,1,1,\r\n\
                        \"a \"\"b\"\", c\",2.5,0.5,2\r\n";
        assert_eq!(csv(&example(Some("repo"), &lines)), expected);
    }

    #[test]
    fn numbers_stay_numbers_and_no_two_texts_are_alike() {
        let texts = ["-5", "-5a", "'-5a", "=a", "'=a", "''=a", "'a", "a"];
        let expected = ["-5", "'-5a", "''-5a", "'=a", "''=a", "'''=a", "'a", "a"];
        assert_eq!(texts.map(cell), expected);
    }
}
