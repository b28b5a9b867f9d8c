//! The table under the chart.

use crate::{
    report::{ChartModel, bucket_column_label, decimals, fixed, full},
    text,
    widgets::Sort,
};

/// The column that the rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// The name.
    Name,
    /// The value over the whole range.
    Total,
    /// The mean over complete buckets.
    Average,
    /// The value in one bucket.
    Bucket(usize),
}

/// A column of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its label.
    pub label: String,
    /// What a click on the header sorts by.
    pub sort: SortBy,
    /// Whether it is a bucket that the range cuts, or that has not ended.
    pub partial: bool,
}

/// A row: one line of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The index of the line.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// The cells, one per column of numbers.
    pub cells: Vec<String>,
}

/// The columns of the table, which make its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The label of the column of names.
    pub name_label: String,
    /// The columns of numbers: total, average, then the last buckets.
    pub columns: Vec<Column>,
    /// The decimals of averages.
    decimals: usize,
}

impl Table {
    /// The table with the last `bucket_columns` buckets; the newest may not have ended.
    pub fn new(model: &ChartModel, bucket_columns: usize) -> Self {
        let column = |label, sort| Column {
            label,
            sort,
            partial: false,
        };
        let width = model.granularity.name();
        let average = text!("report-table-average", width = width);
        let mut columns = vec![
            column(text!("report-table-total"), SortBy::Total),
            column(average, SortBy::Average),
        ];
        let count = model.buckets.len();
        let buckets = count.saturating_sub(bucket_columns)..count;
        columns.extend(buckets.map(|index| Column {
            label: bucket_column_label(&model.buckets, index, model.granularity),
            sort: SortBy::Bucket(index),
            partial: model.partial.get(index) == Some(&true),
        }));
        let averages = model.lines.iter().filter_map(|line| line.average);
        Self {
            name_label: model
                .breakdown
                .clone()
                .unwrap_or_else(|| text!("report-table-series")),
            columns,
            decimals: decimals(averages),
        }
    }

    /// The row of a line.
    pub fn row(&self, model: &ChartModel, index: usize) -> Row {
        let line = &model.lines[index];
        let cell = |column: &Column| match column.sort {
            SortBy::Average => fixed(line.average, self.decimals),
            SortBy::Bucket(bucket) => full(line.points[bucket]),
            SortBy::Total | SortBy::Name => full(line.total),
        };
        Row {
            line: index,
            name: line.name.text.clone(),
            cells: self.columns.iter().map(cell).collect(),
        }
    }
}

/// The lines in sorted order. Lines without a value come last in both directions, and after them the
/// rest beyond the limit; ties keep the answer's order.
pub(super) fn order(model: &ChartModel, sort: (SortBy, Sort)) -> Vec<usize> {
    let mut order = sorted(model, sort);
    order.sort_by_key(|index| model.lines[*index].name.is_rest);
    order
}

fn sorted(model: &ChartModel, (by, direction): (SortBy, Sort)) -> Vec<usize> {
    let lines = &model.lines;
    let mut order: Vec<usize> = (0..lines.len()).collect();
    if by == SortBy::Name {
        order.sort_by_cached_key(|index| lines[*index].name.text.to_lowercase());
        if direction == Sort::Descending {
            order.reverse();
        }
        return order;
    }
    let value = |index: usize| match by {
        SortBy::Average => lines[index].average,
        SortBy::Bucket(bucket) => lines[index].points.get(bucket).copied().flatten(),
        SortBy::Total | SortBy::Name => lines[index].total,
    };
    order.sort_by(|a, b| match (value(*a), value(*b)) {
        (Some(a), Some(b)) if direction == Sort::Ascending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example as chart;

    fn example() -> ChartModel {
        let egui = [Some(1.0), Some(2.0), Some(30.0), Some(4.0)];
        let axum = [Some(9.0), Some(8.0), None, Some(1234.0)];
        chart(Some("repo"), &[("egui", &egui), ("Axum", &axum)])
    }

    fn rows(model: &ChartModel, bucket_columns: usize, sort: (SortBy, Sort)) -> Vec<Row> {
        let table = Table::new(model, bucket_columns);
        let order = order(model, sort).into_iter();
        order.map(|line| table.row(model, line)).collect()
    }

    #[test]
    fn it_shows_total_average_and_the_last_buckets_including_the_current_one() {
        let table = Table::new(&example(), 3);
        let headers: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.label.as_str())
            .collect();
        assert_eq!(table.name_label, "repo");
        assert_eq!(
            headers,
            ["Total", "Weekly avg", "13 Jul", "20 Jul", "27 Jul"]
        );
        let partial = table.columns.iter().map(|column| column.partial);
        assert_eq!(
            partial.collect::<Vec<_>>(),
            [false, false, false, false, true]
        );
        let rows = rows(&example(), 3, (SortBy::Total, Sort::Descending));
        assert_eq!(rows[0].name, "Axum");
        assert_eq!(rows[0].cells, ["1,251", "8.0", "8", "–", "1,234"]);
        assert_eq!(rows[1].cells, ["37", "16.0", "2", "30", "4"]);
    }

    #[test]
    fn it_sorts_by_any_column_with_gaps_last() {
        let names = |by, direction| -> Vec<String> {
            let rows = rows(&example(), 1, (by, direction));
            rows.into_iter().map(|row| row.name).collect()
        };
        assert_eq!(names(SortBy::Name, Sort::Ascending), ["Axum", "egui"]);
        assert_eq!(names(SortBy::Total, Sort::Ascending), ["egui", "Axum"]);
        assert_eq!(names(SortBy::Bucket(2), Sort::Ascending), ["egui", "Axum"]);
        assert_eq!(names(SortBy::Bucket(2), Sort::Descending), ["egui", "Axum"]);
    }

    #[test]
    fn the_rest_comes_last() {
        let mut model = example();
        model.lines[1].name.is_rest = true;
        let rows = rows(&model, 1, (SortBy::Total, Sort::Descending));
        let names: Vec<_> = rows.into_iter().map(|row| row.name).collect();
        assert_eq!(
            names,
            ["egui", "Axum"],
            "the rest is last even if it is the largest"
        );
    }
}
