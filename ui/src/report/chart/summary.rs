//! The chart as text, for screen readers.

use super::ChartModel;
use crate::report::{bucket_title, full};

/// The most lines that are described one by one.
const MAX_DESCRIBED: usize = 5;

/// Describes the chart: measure, time, and for each of the first lines its total, its highest
/// bucket and its last complete one.
pub fn summary(model: &ChartModel) -> String {
    let measure = &model.measure;
    let Some(last) = model.buckets.len().checked_sub(1) else {
        return format!("Chart of {measure}: the range is empty");
    };
    let title = |bucket| bucket_title(&model.buckets, bucket, model.granularity);
    let count = model.lines.len();
    let lines = if count == 1 {
        "one line".to_owned()
    } else {
        format!("{count} lines")
    };
    let mut text = format!(
        "Chart of {measure}, {} to {}, {lines}.",
        title(0),
        title(last)
    );
    for line in model.lines.iter().take(MAX_DESCRIBED) {
        text.push_str(&format!(" {}: total {}", line.name.text, full(line.total)));
        let highest = line
            .points
            .iter()
            .enumerate()
            .filter_map(|(index, point)| point.map(|value| (index, value)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, value)) = highest {
            let when = title(index);
            text.push_str(&format!(", highest {} in {when}", full(Some(value))));
        }
        let complete = model.partial.iter().rposition(|partial| !partial);
        if let Some(index) = complete {
            text.push_str(&format!(", last complete {}", full(line.points[index])));
        }
        text.push('.');
    }
    if count > MAX_DESCRIBED {
        text.push_str(&format!(
            " {} more lines are in the table.",
            count - MAX_DESCRIBED
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn it_describes_the_chart() {
        let points = [Some(1.0), Some(22.0), Some(3.0), Some(4.0)];
        let model = example(None, &[("All events, unique users", &points)]);
        assert_eq!(
            summary(&model),
            "Chart of unique users, Week of 6 Jul 2026 to Week of 27 Jul 2026, one line. All \
             events, unique users: total 30, highest 22 in Week of 13 Jul 2026, last complete 3."
        );
    }
}
