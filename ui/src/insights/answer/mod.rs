//! The answer as plain data, which the answer panel paints.

mod axis;
mod bucket;
mod csv;
mod lines;
mod number;
mod summary;
mod table;

pub use axis::{Axis, time_ticks, value_axis};
pub use bucket::{bucket_axis_label, bucket_column_label, bucket_title};
pub use csv::csv;
pub use lines::{ChartModel, Line, LineName, chart_model};
pub use number::{compact, full, one_decimal};
pub use summary::summary;
pub use table::{Column, Row, SortBy, Table, table};
