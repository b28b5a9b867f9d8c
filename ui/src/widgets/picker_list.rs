//! The open list of a picker.

use egui::{
    EventFilter, Key, Modifiers, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{
    field::TextField,
    icon::Icon,
    picker::{Choice, Picker},
    text::{label, layout},
};
use crate::{
    text,
    theme::{Type, tokens},
};

/// A list of at least this many choices has a search field.
const SEARCH_FROM: usize = 8;
/// The number of rows that are visible at once.
const MAX_ROWS: f32 = 10.0;

/// The state of an open list.
#[derive(Debug, Clone, Default)]
pub(super) struct ListState {
    query: String,
    /// The index of the row that Enter picks, among the matching rows.
    marked: usize,
    /// Whether the list was shown before.
    opened: bool,
    /// Whether the pick was made with Enter.
    pub(super) by_keyboard: bool,
}

/// The keyboard input for the list in this frame.
#[derive(Default)]
struct ListInput {
    moved: bool,
    enter: bool,
}

pub(super) fn show_list<T>(
    ui: &mut Ui,
    picker: &Picker<'_>,
    state: &mut ListState,
    width: f32,
    choices: Vec<Choice<T>>,
    typed: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let width = width - 2.0 * tokens(ui).space.xs;
    ui.set_width(width);
    ui.spacing_mut().item_spacing.y = 0.0;
    let searched = choices.len() >= SEARCH_FROM || picker.is_searched();
    let first = !state.opened;
    if first {
        let chosen = picker.chosen_label();
        state.marked = choices.iter().position(|c| c.label == chosen).unwrap_or(0);
        state.opened = true;
    }
    let keys = take_keys(
        ui,
        state,
        rows(&choices, picker, &state.query, &typed).len(),
    );
    let mut retyped = false;
    if searched {
        retyped = search_field(ui, picker, state, width, first);
    } else {
        keep_focus(ui, first);
    }
    let rows = rows(&choices, picker, &state.query, &typed);
    if retyped {
        let skips = rows.len() > 1 && rows[0] == ListRow::Typed && !picker.prefers_typed();
        state.marked = usize::from(skips);
    }
    state.marked = state.marked.min(rows.len().saturating_sub(1));
    if rows.is_empty() {
        empty_row(ui, picker);
    }
    let scroll_to_mark = keys.moved || first;
    let mut picked = rows_ui(ui, picker, state, &choices, &rows, width, scroll_to_mark);
    if keys.enter {
        state.by_keyboard = true;
        picked = Some(state.marked);
    }
    match rows.get(picked?)? {
        ListRow::Typed => typed(state.query.trim()),
        ListRow::Choice(index) => Some(choices.into_iter().nth(*index)?.value),
    }
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListRow {
    /// The typed text.
    Typed,
    /// The choice with this index.
    Choice(usize),
}

/// The rows for the typed text: first the text itself, if it can be picked and differs from every
/// choice, then the choices that contain it.
fn rows<T>(
    choices: &[Choice<T>],
    picker: &Picker<'_>,
    query: &str,
    typed: impl Fn(&str) -> Option<T>,
) -> Vec<ListRow> {
    let matches = matching(choices, query);
    let query = query.trim();
    let is_choice = || matches.iter().any(|index| choices[*index].label == query);
    let offered =
        picker.takes_typed() && !query.is_empty() && !is_choice() && typed(query).is_some();
    let matches = matches.iter().map(|index| ListRow::Choice(*index));
    offered
        .then_some(ListRow::Typed)
        .into_iter()
        .chain(matches)
        .collect()
}

/// Indices of the choices whose label contains every word of the query, in any case: first the label
/// that equals the query, then those that begin with it.
fn matching<T>(choices: &[Choice<T>], query: &str) -> Vec<usize> {
    let query = query.trim().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<(bool, bool, usize)> = Vec::new();
    for (index, choice) in choices.iter().enumerate() {
        let label = choice.label.to_lowercase();
        if words.iter().all(|word| label.contains(word)) {
            found.push((label != query, !label.starts_with(&query), index));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, _, index)| index).collect()
}

fn take_keys(ui: &Ui, state: &mut ListState, rows: usize) -> ListInput {
    let mut keys = ListInput::default();
    let last = rows.saturating_sub(1);
    ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        let steps = [
            (Key::ArrowDown, state.marked.saturating_add(1)),
            (Key::ArrowUp, state.marked.saturating_sub(1)),
            (
                Key::PageDown,
                state.marked.saturating_add(MAX_ROWS as usize),
            ),
            (Key::PageUp, state.marked.saturating_sub(MAX_ROWS as usize)),
        ];
        for (key, to) in steps {
            if pressed(key) {
                state.marked = to.min(last);
                keys.moved = true;
            }
        }
        keys.enter = pressed(Key::Enter);
    });
    keys
}

/// Shows the search field; returns whether its text changed.
fn search_field(
    ui: &mut Ui,
    picker: &Picker<'_>,
    state: &mut ListState,
    width: f32,
    first: bool,
) -> bool {
    let list = picker.list_name().to_lowercase();
    let name = text!("widgets-search-list", list = list);
    let hint = if picker.takes_typed() {
        text!("widgets-search-or-type")
    } else {
        text!("widgets-search")
    };
    let response = TextField::new(&name)
        .hint(&hint)
        .width(width)
        .show(ui, &mut state.query);
    if first || !response.has_focus() {
        response.request_focus();
    }
    ui.add_space(tokens(ui).space.xs);
    response.changed()
}

/// Keeps the focus, and with it the arrow keys, on a short list, which has no search field.
fn keep_focus(ui: &Ui, first: bool) {
    let id = ui.scope_id().with("list");
    let response = ui.interact(Rect::NOTHING, id, Sense::FOCUSABLE);
    if first {
        response.request_focus();
    }
    let filter = EventFilter {
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
}

fn empty_row(ui: &mut Ui, picker: &Picker<'_>) {
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        ui.set_height(tokens.size.row);
        ui.add_space(tokens.space.s);
        label(ui, &picker.empty_text(), Type::Body, tokens.color.muted);
    });
}

fn rows_ui<T>(
    ui: &mut Ui,
    picker: &Picker<'_>,
    state: &mut ListState,
    choices: &[Choice<T>],
    rows: &[ListRow],
    width: f32,
    scroll_to_mark: bool,
) -> Option<usize> {
    let height = tokens(ui).size.row;
    let mut clicked = None;
    let mut area = ScrollArea::vertical()
        .max_height(height * MAX_ROWS)
        .auto_shrink([false, true]);
    if scroll_to_mark {
        let middle = state.marked as f32 * height - height * (MAX_ROWS - 1.0) / 2.0;
        area = area.vertical_scroll_offset(middle.max(0.0));
    }
    let list = UiBuilder::new()
        .accessibility_role(Role::ListBox)
        .accessibility_label(picker.list_name());
    let mut show = |ui: &mut Ui, range: std::ops::Range<usize>| {
        for position in range {
            let marked = position == state.marked;
            let response = match rows[position] {
                ListRow::Typed => {
                    let name = text!("widgets-use-typed", typed = state.query.trim());
                    row(ui, &name, "", width, marked, false)
                }
                ListRow::Choice(index) => {
                    let choice = &choices[index];
                    let chosen = choice.chosen || choice.label == picker.chosen_label();
                    row(ui, &choice.label, &choice.detail, width, marked, chosen)
                }
            };
            if response.hovered() && ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO) {
                state.marked = position;
            }
            if response.clicked() {
                clicked = Some(position);
            }
        }
    };
    ui.scope_builder(list, |ui| {
        area.show_rows(ui, height, rows.len(), |ui, range| show(ui, range));
    });
    clicked
}

fn row(
    ui: &mut Ui,
    name: &str,
    detail: &str,
    width: f32,
    marked: bool,
    chosen: bool,
) -> egui::Response {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let (rect, response) = ui.allocate_exact_size(vec2(width, tokens.size.row), Sense::CLICK);
    if marked || response.hovered() {
        let fill = color.pressed(color.raised);
        ui.painter()
            .rect_filled(rect, tokens.radius.control - 2.0, fill);
    }
    let mut right = rect.right() - tokens.space.s;
    if chosen {
        let square = Rect::from_center_size(pos2(right - 6.0, rect.center().y), vec2(12.0, 12.0));
        Icon::Check.paint(ui.painter(), square, 13.0, color.accent);
        right -= 20.0;
    }
    if !detail.is_empty() {
        let galley = layout(ui.painter(), detail, Type::Small, color.muted, 120.0);
        let at = pos2(
            right - galley.size().x,
            rect.center().y - galley.size().y / 2.0,
        );
        right = at.x - tokens.space.s;
        ui.painter().galley(at, galley, color.muted);
    }
    let left = rect.left() + tokens.space.s;
    let galley = layout(ui.painter(), name, Type::Body, color.text, right - left);
    let cut = galley.elided;
    let at = pos2(left, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color.text);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, name));
    if cut {
        response.on_hover_text(name)
    } else {
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_matches_every_word_in_any_case() {
        let names = ["Pull Request Merged", "Merge", "Commit"];
        let choices: Vec<_> = names.iter().map(|name| Choice::new((), *name)).collect();
        assert_eq!(matching(&choices, ""), vec![0, 1, 2]);
        assert_eq!(
            matching(&choices, "merge"),
            vec![1, 0],
            "the equal label comes first"
        );
        assert_eq!(matching(&choices, "MER pull"), vec![0]);
        assert_eq!(matching(&choices, "x"), Vec::<usize>::new());
    }

    #[test]
    fn the_typed_text_is_a_row_if_it_has_a_value_and_differs_from_every_choice() {
        let choices: Vec<_> = ["15", "5"].map(|n| Choice::new(0.0, n)).into();
        let number = |text: &str| text.parse::<f64>().ok();
        let rows = |query| rows(&choices, &Picker::new("Value", "").custom(), query, number);
        assert_eq!(rows("5"), [ListRow::Choice(1), ListRow::Choice(0)]);
        assert_eq!(rows("1"), [ListRow::Typed, ListRow::Choice(0)]);
        assert_eq!(rows("many"), []);
    }
}
