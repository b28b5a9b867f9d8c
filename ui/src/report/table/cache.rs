//! What of the table stays the same from frame to frame: the order of its rows, and the columns that
//! fit. Rows are made when they are shown.

use std::{cell::RefCell, rc::Rc};

use egui::Ui;

use super::model::{SortBy, Table, order};
use crate::{
    report::ChartModel,
    theme::{Type, tokens},
    widgets::{Sort, layout},
};

/// The smallest width of the column of names.
const NAME_MIN: f32 = 170.0;
/// The largest width of the column of names.
const NAME_MAX: f32 = 300.0;
/// Width of a line's marker before its name.
pub(super) const MARK: f32 = 18.0;
/// Space between the card's edge and the texts, besides the border.
pub(super) const PAD: f32 = 12.0;
/// Space between two columns of numbers.
pub(super) const COLUMN_GAP: f32 = 26.0;
/// The least width of a bucket's column with its gap.
const BUCKET: f32 = 62.0;
/// The least width of total and average together.
const FIXED: f32 = 156.0;
/// The smallest width of a column of numbers.
const NUMBER_MIN: f32 = 34.0;
/// Width of the arrow in the header of the column that the rows are sorted by.
const ARROW: f32 = 14.0;
/// The rows that the widths of columns are measured by.
const MEASURED: usize = 200;

/// The parts of a table that stay the same until there is another answer.
#[derive(Debug, Default)]
pub(in crate::report) struct TableCache(RefCell<Option<Rc<Prepared>>>);

/// The order of the rows, and the columns that fit.
#[derive(Debug)]
pub(super) struct Prepared {
    made_for: MadeFor,
    /// The lines in the order of their rows.
    pub(super) order: Rc<[usize]>,
    /// The columns that fit beside the names.
    pub(super) table: Table,
    /// The width of each column of numbers.
    pub(super) widths: Vec<f32>,
}

/// What the columns depend on, besides the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MadeFor {
    sort: (SortBy, Sort),
    width: f32,
    pixels_per_point: f32,
}

impl TableCache {
    /// The table in a card of this width; what has not changed is not made again.
    pub(super) fn prepared(
        &self,
        ui: &Ui,
        model: &ChartModel,
        sort: (SortBy, Sort),
        width: f32,
    ) -> Rc<Prepared> {
        let made_for = MadeFor {
            sort,
            width,
            pixels_per_point: ui.ctx().pixels_per_point(),
        };
        let mut cached = self.0.borrow_mut();
        let before = cached.take();
        let prepared = match before {
            Some(before) if before.made_for == made_for => before,
            before => {
                let before = before.filter(|before| before.made_for.sort == sort);
                let order = match before {
                    Some(before) => Rc::clone(&before.order),
                    None => order(model, sort).into(),
                };
                Rc::new(Prepared::new(ui, model, order, made_for))
            }
        };
        Rc::clone(cached.insert(prepared))
    }
}

impl Prepared {
    /// As many of the last buckets as fit beside the names; each column is as wide as its widest text.
    fn new(ui: &Ui, model: &ChartModel, order: Rc<[usize]>, made_for: MadeFor) -> Self {
        let inside = made_for.width - 2.0 * (PAD + 1.0);
        let space = inside - name_width(ui, model, made_for.width);
        let at_most = ((space - FIXED) / BUCKET).floor().max(0.0) as usize;
        let mut table = Table::new(model, at_most);
        let mut widths = widths(ui, model, &table, &order, made_for.sort.0);
        let needed = |widths: &[f32]| widths.iter().map(|width| width + COLUMN_GAP).sum::<f32>();
        // Total and average stay; the oldest bucket is the first one after them.
        while widths.len() > 2 && needed(&widths) > space {
            widths.remove(2);
            table.columns.remove(2);
        }
        Self {
            made_for,
            order,
            table,
            widths,
        }
    }
}

/// The width of the names: that of the longest one, up to a third of the card.
fn name_width(ui: &Ui, model: &ChartModel, width: f32) -> f32 {
    let names = model.lines.iter().take(MEASURED);
    let longest = names
        .map(|line| wide(ui, &line.name.text, Type::Body, NAME_MAX))
        .fold(0.0, f32::max);
    (longest + MARK).clamp(NAME_MIN, (width / 3.0).clamp(NAME_MIN, NAME_MAX))
}

/// The width of each column of numbers.
fn widths(
    ui: &Ui,
    model: &ChartModel,
    table: &Table,
    order: &[usize],
    sorted_by: SortBy,
) -> Vec<f32> {
    let header = table.columns.iter().map(|column| {
        let arrow = if column.sort == sorted_by { ARROW } else { 0.0 };
        wide(ui, &column.label, Type::Small, 240.0) + arrow
    });
    let mut widths: Vec<f32> = header.map(|width| width.max(NUMBER_MIN)).collect();
    for line in order.iter().take(MEASURED) {
        let row = table.row(model, *line);
        for (width, text) in widths.iter_mut().zip(&row.cells) {
            *width = width.max(wide(ui, text, Type::Body, 240.0));
        }
    }
    widths.into_iter().map(f32::ceil).collect()
}

fn wide(ui: &Ui, text: &str, kind: Type, most: f32) -> f32 {
    let ink = tokens(ui).color.text;
    layout(ui.painter(), text, kind, ink, most).size().x
}
