//! The chart as text, for screen readers.

use super::ChartModel;
use crate::{
    report::{Line, bucket_title, full},
    text,
};

/// The most lines that are described one by one.
const MAX_DESCRIBED: usize = 5;

/// Describes the chart: measure, time, and for each of the first lines its total, its highest
/// bucket and its last complete one.
pub fn summary(model: &ChartModel) -> String {
    let measure = &model.measure;
    let Some(last) = model.buckets.len().checked_sub(1) else {
        return text!("report-summary-empty", measure = measure);
    };
    let lines = model.lines.len();
    let all = text!(
        "report-summary",
        measure = measure,
        first = title(model, 0),
        last = title(model, last),
        lines = lines,
    );
    let mut sentences = vec![all];
    let described = model.lines.iter().take(MAX_DESCRIBED);
    sentences.extend(described.map(|line| of_line(model, line)));
    if lines > MAX_DESCRIBED {
        let count = lines - MAX_DESCRIBED;
        sentences.push(text!("report-summary-more", count = count));
    }
    sentences.join(" ")
}

/// Total, highest bucket and last complete one of a line.
fn of_line(model: &ChartModel, line: &Line) -> String {
    let points = line.points.iter().enumerate();
    let highest = points
        .filter_map(|(index, point)| point.map(|value| (index, value)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let complete = model.partial.iter().rposition(|partial| !partial);
    // What is not there is `none`, which the text leaves out.
    let none = || "none".to_owned();
    text!(
        "report-summary-line",
        name = &line.name.text,
        total = full(line.total),
        highest = highest.map_or_else(none, |(_, value)| full(Some(value))),
        when = highest.map_or_else(none, |(index, _)| title(model, index)),
        complete = complete.map_or_else(none, |index| full(line.points[index])),
    )
}

fn title(model: &ChartModel, bucket: usize) -> String {
    bucket_title(&model.buckets, bucket, model.granularity)
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

    #[test]
    fn it_leaves_out_what_is_not_there() {
        let lines: Vec<(&str, &[Option<f64>])> = vec![("a", &[None]); 7];
        let text = summary(&example(None, &lines));
        assert!(
            text.starts_with(
                "Chart of unique users, Week of 6 Jul 2026 to Week of 6 Jul 2026, 7 lines. a: total 0. a"
            ),
            "{text}"
        );
        assert!(
            text.ends_with(" a: total 0. 2 more lines are in the table."),
            "{text}"
        );
        assert_eq!(
            summary(&example(None, &[])),
            "Chart of unique users: the range is empty"
        );
    }
}
