//! Formats numbers for display, with the signs of the user's language.

use crate::text;

/// From here on numbers are in scientific notation: a double has no more exact digits.
const SCIENTIFIC_FROM: f64 = 1e15;
/// The most decimals that are shown.
const MOST_DECIMALS: usize = 9;

/// What numbers of a language are written with, besides digits.
struct Signs {
    /// Between thousands.
    group: String,
    /// Before decimals.
    decimal: String,
    minus: String,
    /// Where there is no number.
    none: String,
    /// After short numbers, largest first: their unit, and how much it is.
    units: [(f64, String); 4],
}

thread_local! {
    static SIGNS: Signs = Signs {
        group: text!("number-group"),
        decimal: text!("number-decimal"),
        minus: text!("number-minus"),
        none: text!("number-none"),
        units: [
            (1e12, text!("number-trillion")),
            (1e9, text!("number-billion")),
            (1e6, text!("number-million")),
            (1e3, text!("number-thousand")),
        ],
    };
}

/// The smallest number without an exponent.
const SCIENTIFIC_BELOW: f64 = 1e-6;
/// Digits of a number below one.
const SMALL_DIGITS: i32 = 4;

/// A number with separators and at most two decimals, or four digits below one: `122,004`, `0.25`,
/// `0.0101`, `4.45e21`, `–` for none.
pub fn full(value: Option<f64>) -> String {
    let Some(value) = value else {
        return SIGNS.with(|signs| signs.none.clone());
    };
    let magnitude = value.abs();
    let decimals = match magnitude {
        m if m >= SCIENTIFIC_FROM => return scientific(value),
        m if m == 0.0 || m.fract() == 0.0 => 0,
        m if m < SCIENTIFIC_BELOW => return scientific(value),
        m if m < 1.0 => decimals_of(m, SMALL_DIGITS),
        _ => 2,
    };
    grouped(trim_zeros(&format!("{value:.decimals$}")))
}

/// The decimals that give a number so many digits.
fn decimals_of(magnitude: f64, digits: i32) -> usize {
    let power = magnitude.log10().floor() as i32;
    let decimals = usize::try_from(digits - 1 - power).unwrap_or(0);
    decimals.min(MOST_DECIMALS)
}

/// The decimals that a column of numbers needs: one; two digits of the largest where that is small; and
/// a tenth of the distance between the smallest and the largest where these are close.
pub fn decimals(values: impl Iterator<Item = f64>) -> usize {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    let needs = |magnitude: f64| {
        if magnitude > 0.0 && magnitude.is_finite() {
            decimals_of(magnitude, 2)
        } else {
            0
        }
    };
    let largest = low.abs().max(high.abs());
    needs(largest).max(needs(high - low)).max(1)
}

/// A number with so many decimals, for a column of averages: `1,234.5`. One with fewer than two digits
/// then gets two, `0.0004`: only zero is shown as zero.
pub fn fixed(value: Option<f64>, decimals: usize) -> String {
    match value {
        Some(value) if value.abs() < SCIENTIFIC_FROM => {
            let magnitude = value.abs();
            let few = i32::try_from(decimals).unwrap_or(0);
            if magnitude == 0.0 || magnitude > 0.999_999 * 10_f64.powi(1 - few) {
                return grouped(&format!("{value:.decimals$}"));
            }
            if magnitude < SCIENTIFIC_BELOW {
                return scientific(value);
            }
            let decimals = decimals_of(magnitude, 2);
            grouped(trim_zeros(&format!("{value:.decimals$}")))
        }
        other => full(other),
    }
}

/// The labels of the ticks of an axis, with the digits that its step needs: `0`, `2.5k`, `5k`.
pub fn ticks(values: &[f64], step: f64) -> Vec<String> {
    let most = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    let (scale, unit) = unit(most);
    let decimals = (0..=MOST_DECIMALS).find(|decimals| {
        let power = 10_f64.powi(i32::try_from(*decimals).unwrap_or(0));
        let is_exact = |value: &f64| {
            let scaled = value / scale * power;
            (scaled - scaled.round()).abs() < step / scale * power * 1e-6
        };
        values.iter().all(is_exact)
    });
    let label = |value: &f64| match decimals {
        // A step is never so small that its own zero needs an exponent.
        _ if *value == 0.0 => "0".to_owned(),
        Some(decimals) if most < SCIENTIFIC_FROM => {
            let scaled = value / scale;
            let text = grouped(trim_zeros(&format!("{scaled:.decimals$}")));
            format!("{text}{unit}")
        }
        _ => scientific(*value),
    };
    values.iter().map(label).collect()
}

/// A short number for an axis: `950`, `12.4k`, `3M`.
pub fn compact(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= SCIENTIFIC_FROM {
        return scientific(value);
    }
    let (scale, unit) = unit(magnitude);
    let scaled = value / scale;
    let decimals = match scaled.abs() {
        s if s.fract() == 0.0 => 0,
        s if s < 1.0 => 3,
        s if s < 10.0 => 2,
        _ => 1,
    };
    let digits = format!("{scaled:.decimals$}");
    format!("{}{unit}", pointed(trim_zeros(&digits)))
}

/// The unit of numbers up to this one, and how much it is.
fn unit(magnitude: f64) -> (f64, String) {
    SIGNS.with(|signs| {
        let mut units = signs.units.iter();
        let unit = units.find(|(scale, _)| magnitude >= *scale).cloned();
        unit.unwrap_or((1.0, String::new()))
    })
}

/// Digits as Rust writes them, with the signs of the language.
fn grouped(digits: &str) -> String {
    let unsigned = digits.strip_prefix('-');
    let is_zero = !digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let text = unsigned.unwrap_or(digits);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    SIGNS.with(|signs| {
        let mut out = String::new();
        if unsigned.is_some() && !is_zero {
            out.push_str(&signs.minus);
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                out.push_str(&signs.group);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push_str(&signs.decimal);
            out.push_str(fraction);
        }
        out
    })
}

/// `4.45e21`.
fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    pointed(&format!("{}e{power}", trim_zeros(digits)))
}

/// Digits as Rust writes them, with the decimal sign and the minus of the language only.
fn pointed(digits: &str) -> String {
    SIGNS.with(|signs| {
        let digits = digits.replace('.', &signs.decimal);
        digits.replace('-', &signs.minus)
    })
}

fn trim_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
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
            0.010_1,
            0.010_2,
            0.999_6,
            -2e-9,
            -0.0,
        ];
        let expected = [
            "0",
            "711",
            "122,004",
            "1,234.5",
            "−1,000",
            "0.25",
            "0.6667",
            "0.00012",
            "0.0101",
            "0.0102",
            "0.9996",
            "−2e−9",
            "0",
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
        let expected = ["0", "40", "2.5", "950", "1k", "12.4k", "1.25M", "3B", "−2k"];
        assert_eq!(shown.map(compact), expected);
    }

    #[test]
    fn very_large_numbers_are_in_scientific_notation() {
        assert_eq!(full(Some(4.4536e21)), "4.45e21");
        assert_eq!(fixed(Some(-1e15), 1), "−1e15");
        assert_eq!(compact(3e20), "3e20");
    }

    #[test]
    fn averages_have_one_decimal_or_two_digits_where_all_are_small() {
        let column = |values: [f64; 3]| {
            let decimals = decimals(values.into_iter());
            values.map(|value| fixed(Some(value), decimals))
        };
        assert_eq!(column([21.0, 12_345.67, -0.0]), ["21.0", "12,345.7", "0.0"]);
        assert_eq!(
            column([0.0001, 0.0006, 0.0003]),
            ["0.00010", "0.00060", "0.00030"]
        );
        assert_eq!(column([0.25, 0.5, 0.75]), ["0.25", "0.50", "0.75"]);
        assert_eq!(column([0.05, 21.0, 4.7]), ["0.05", "21.0", "4.7"]);
        assert_eq!(column([0.000_4, 12.0, 0.0]), ["0.0004", "12.0", "0.0"]);
        assert_eq!(
            column([0.010_1, 0.010_2, 0.010_3]),
            ["0.01010", "0.01020", "0.01030"]
        );
        assert_eq!(
            column([100.01, 100.02, 100.03]),
            ["100.010", "100.020", "100.030"]
        );
    }
}
