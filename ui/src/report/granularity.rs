//! The width of a bucket: those that suit a range, and the list to choose one from.

use egui::Ui;
use empmix_query::report::Granularity;
use jiff::civil::Date;

use super::{ReportCommand, ReportEdit, Shared, range::RangeChoice};
use crate::{
    session::View,
    text,
    widgets::{ButtonKind, Choice, Picker},
};

/// The bucket widths on offer, narrow to wide.
const WIDTHS: [Granularity; 6] = [
    Granularity::Hour,
    Granularity::Day,
    Granularity::Week,
    Granularity::Month,
    Granularity::Quarter,
    Granularity::Year,
];
/// A width is on offer only if the chart has at most this many buckets.
const MAX_OFFERED_BUCKETS: i64 = 2000;

/// The bucket widths on offer for a range.
pub fn granularities(range: &RangeChoice, today: Date) -> Vec<Granularity> {
    let days = range.length_days(today);
    let buckets = |width| match width {
        Granularity::Minute => days * 1440,
        Granularity::Hour => days * 24,
        Granularity::Day => days,
        Granularity::Week => days / 7,
        Granularity::Month => days / 28,
        Granularity::Quarter => days / 90,
        Granularity::Year => days / 365,
    };
    let suits = |width: &Granularity| (1..=MAX_OFFERED_BUCKETS).contains(&buckets(*width));
    WIDTHS.into_iter().filter(suits).collect()
}

/// `Day`, `Week`, …
pub fn granularity_label(width: Granularity) -> String {
    text!("report-width", width = width.name())
}

/// Shows the width and the list of those that suit the range.
pub(crate) fn show(ui: &mut Ui, shared: &Shared, view: View<'_>) {
    let (name, chosen) = (
        text!("report-width-name"),
        granularity_label(shared.granularity),
    );
    let picked = Picker::new(&name, &chosen)
        .kind(ButtonKind::Secondary)
        .list_width(140.0)
        .show(ui, || {
            let choice = |width| Choice::new(width, granularity_label(width));
            let offered = granularities(&shared.range, view.session.today());
            offered.into_iter().map(choice).collect()
        });
    if let Some(width) = picked {
        let edit = ReportEdit::Granularity(width);
        view.commands.send(ReportCommand::Edit(edit));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_has_hours_and_a_year_has_no_hours() {
        let today = date(2026, 11, 24);
        let day = RangeChoice::Dates {
            from: today,
            to: today,
        };
        assert_eq!(
            granularities(&day, today),
            [Granularity::Hour, Granularity::Day]
        );
        let year = granularities(&RangeChoice::PRESETS[3], today);
        assert!(!year.contains(&Granularity::Hour) && year.contains(&Granularity::Quarter));
    }
}
