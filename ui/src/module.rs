//! The modules of the console: a row each. Navigation, palette, shortcuts, addresses and tests follow
//! from the rows.

use std::any::Any;

use egui::Ui;

use crate::{
    about::AboutState,
    address::Parameters,
    command::Command,
    insights::InsightsState,
    live::LiveState,
    report::ReportCommand,
    session::{UpdateCtx, View},
    settings::SettingsState,
    texts::Key,
    widgets::Icon,
};

/// A module of the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Module {
    /// Counts, sums and averages over time.
    #[default]
    Insights,
    /// Events as they arrive.
    Live,
    /// Project, keys, theme.
    Settings,
    /// What runs here.
    About,
}

/// The part of the navigation that a module is in. The last part is at the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Questions and their answers.
    Reports,
    /// What comes in.
    Data,
    /// The console itself.
    Console,
}

/// What the console knows of a module.
pub struct Row {
    /// The module.
    pub module: Module,
    /// Its name in an address: lower case, without spaces.
    pub name: &'static str,
    /// Its name in the navigation.
    pub label: Key,
    /// Its icon.
    pub icon: Icon,
    /// The key that opens it, after `g`.
    pub key: egui::Key,
    /// Where it is in the navigation, in the order of the rows.
    pub group: Group,
    /// Whether it is a report: it has undo, redo and an answer, and needs events.
    pub is_report: bool,
    /// Makes its state.
    pub page: fn() -> Box<dyn Page>,
}

/// All modules, in the order of the navigation.
pub const ROWS: [Row; 4] = [
    Row {
        module: Module::Insights,
        name: "insights",
        label: Key("module-insights"),
        icon: Icon::Insights,
        key: egui::Key::I,
        group: Group::Reports,
        is_report: true,
        page: page::<InsightsState>,
    },
    Row {
        module: Module::Live,
        name: "live",
        label: Key("module-live"),
        icon: Icon::Live,
        key: egui::Key::L,
        group: Group::Data,
        is_report: false,
        page: page::<LiveState>,
    },
    Row {
        module: Module::Settings,
        name: "settings",
        label: Key("module-settings"),
        icon: Icon::Settings,
        key: egui::Key::S,
        group: Group::Console,
        is_report: false,
        page: page::<SettingsState>,
    },
    Row {
        module: Module::About,
        name: "about",
        label: Key("module-about"),
        icon: Icon::Info,
        key: egui::Key::A,
        group: Group::Console,
        is_report: false,
        page: page::<AboutState>,
    },
];

fn page<P: Page + Default>() -> Box<dyn Page> {
    Box::<P>::default()
}

impl Module {
    /// What the console knows of it.
    pub fn row(self) -> &'static Row {
        // Checked by a test: the rows are in the order of the modules.
        &ROWS[self as usize]
    }
}

/// The state of a module, and what it does.
pub trait Page: Any {
    /// Runs in each frame before the module is shown, and while it is not.
    fn update(&mut self, cx: UpdateCtx<'_>, is_shown: bool);

    /// Shows the module in the available area.
    fn show(&self, ui: &mut Ui, view: View<'_>);

    /// Applies a command of this module; those of others come by too.
    fn apply(&mut self, command: &Command, cx: UpdateCtx<'_>);

    /// Applies a command to the report, if the module is one.
    fn apply_to_report(&mut self, _command: &ReportCommand, _cx: UpdateCtx<'_>) {}

    /// Another project was chosen.
    fn project_changed(&mut self);

    /// The state that belongs into the page's address.
    fn address(&self) -> Parameters {
        Parameters::default()
    }

    /// Whether it shows what it begins with, which may change with the data: that makes no entries in the
    /// history of addresses.
    fn follows_data(&self) -> bool {
        false
    }

    /// Takes the state of an address over; the error says what of it cannot be shown.
    fn open(&mut self, _state: &Parameters) -> Result<(), String> {
        Ok(())
    }

    /// The project's data changed (more events than before).
    fn data_changed(&mut self, _cx: UpdateCtx<'_>) {}

    /// The backend answers again.
    fn reconnected(&mut self, _cx: UpdateCtx<'_>) {}
}

/// The states of all modules, in the order of the rows.
pub struct Pages(Vec<Box<dyn Page>>);

impl Default for Pages {
    fn default() -> Self {
        Self(ROWS.iter().map(|row| (row.page)()).collect())
    }
}

impl Pages {
    /// The state of a module.
    pub fn of(&self, module: Module) -> &dyn Page {
        &*self.0[module as usize]
    }

    /// The state of a module, to be changed.
    pub fn of_mut(&mut self, module: Module) -> &mut dyn Page {
        &mut *self.0[module as usize]
    }

    /// All of them with their modules.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Module, &mut dyn Page)> {
        let pages = ROWS.iter().zip(&mut self.0);
        pages.map(|(row, page)| (row.module, &mut **page))
    }

    /// The state of a type.
    pub fn get<P: Page>(&self) -> Option<&P> {
        self.0.iter().find_map(|page| {
            let page: &dyn Any = &**page;
            page.downcast_ref()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_rows_are_in_the_order_of_the_modules() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.module as usize, place, "{}", row.name);
        }
        assert!(ROWS.is_sorted_by_key(|row| row.group));
    }

    #[test]
    fn names_labels_and_keys_are_distinct() {
        let distinct = |texts: Vec<String>| texts.iter().collect::<HashSet<_>>().len();
        let of = |text: fn(&Row) -> String| distinct(ROWS.iter().map(text).collect());
        assert_eq!(of(|row| row.name.to_owned()), ROWS.len());
        assert_eq!(of(|row| row.label.text()), ROWS.len());
        assert_eq!(of(|row| row.key.name().to_owned()), ROWS.len());
    }
}
