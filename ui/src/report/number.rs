//! Formats numbers for display.

/// From here on numbers are in scientific notation: a double has no more exact digits.
const SCIENTIFIC_FROM: f64 = 1e15;

/// A number with separators and at most two decimals (three below one): `122,004`, `0.25`,
/// `4.45e21`, `–` for none.
pub fn full(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    let magnitude = value.abs();
    let decimals = match magnitude {
        m if m >= SCIENTIFIC_FROM => return scientific(value),
        m if m == 0.0 || m.fract() == 0.0 => 0,
        m if m < 0.01 => return format!("{value:.1e}"),
        m if m < 1.0 => 3,
        _ => 2,
    };
    trim_zeros(&grouped(value, decimals))
}

/// A number with exactly one decimal, for a column of averages: `1,234.5`.
pub fn one_decimal(value: Option<f64>) -> String {
    match value {
        Some(value) if value.abs() < SCIENTIFIC_FROM => grouped(value, 1),
        other => full(other),
    }
}

/// A short number for an axis: `950`, `12.4k`, `3M`.
pub fn compact(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= SCIENTIFIC_FROM {
        return scientific(value);
    }
    let (scale, unit) = match magnitude {
        m if m >= 1e12 => (1e12, "T"),
        m if m >= 1e9 => (1e9, "B"),
        m if m >= 1e6 => (1e6, "M"),
        m if m >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let scaled = value / scale;
    let decimals = match scaled.abs() {
        s if s.fract() == 0.0 => 0,
        s if s < 1.0 => 3,
        s if s < 10.0 => 2,
        _ => 1,
    };
    format!("{}{unit}", trim_zeros(&format!("{scaled:.decimals$}")))
}

fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        out.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `4.45e21`.
fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{power}", trim_zeros(digits))
}

fn trim_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_numbers_have_separators_and_few_decimals() {
        let shown = [
            0.0,
            711.0,
            122_004.0,
            1_234.5,
            -1_000.0,
            0.25,
            2.0 / 3.0,
            0.000_12,
            -0.0,
        ];
        let expected = [
            "0", "711", "122,004", "1,234.5", "−1,000", "0.25", "0.667", "1.2e-4", "0",
        ];
        assert_eq!(shown.map(|value| full(Some(value))), expected);
        assert_eq!(full(None), "–");
    }

    #[test]
    fn axis_labels_are_short() {
        let shown = [
            0.0,
            40.0,
            2.5,
            950.0,
            1_000.0,
            12_400.0,
            1_250_000.0,
            3e9,
            -2_000.0,
        ];
        let expected = ["0", "40", "2.5", "950", "1k", "12.4k", "1.25M", "3B", "-2k"];
        assert_eq!(shown.map(compact), expected);
    }

    #[test]
    fn very_large_numbers_are_in_scientific_notation() {
        assert_eq!(full(Some(4.4536e21)), "4.45e21");
        assert_eq!(one_decimal(Some(-1e15)), "-1e15");
        assert_eq!(compact(3e20), "3e20");
    }

    #[test]
    fn averages_have_one_decimal() {
        assert_eq!(one_decimal(Some(21.0)), "21.0");
        assert_eq!(one_decimal(Some(12_345.67)), "12,345.7");
        assert_eq!(one_decimal(Some(-0.01)), "0.0");
    }
}
