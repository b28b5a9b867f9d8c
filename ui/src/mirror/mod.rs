//! The accessibility tree as plain data.
//!
//! egui describes each frame as an AccessKit tree, which its web host drops. [`MirrorPlugin`] keeps
//! what of the latest tree has a meaning as [`Element`]s: controls and texts, and the groups that give
//! them one (a table and its rows, a list and its options, a dialog), which their parents lead to. The
//! web host lays them over the canvas as invisible elements, and passes actions on those elements back
//! to egui as input.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::accesskit::{
    Action, ActionData, ActionRequest, Node, NodeId, Rect, Role, SortDirection, Toggled, TreeId,
    TreeUpdate,
};

/// A control or a text, as assistive technology sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Its id, which stays the same from frame to frame.
    pub id: u64,
    /// The group that it is in, which comes before it.
    pub parent: Option<u64>,
    /// The HTML element that represents it.
    pub tag: Tag,
    /// Its ARIA role; `None` where the tag implies it.
    pub role: Option<&'static str>,
    /// Its accessible name; for a text, the text.
    pub name: String,
    /// The text of a text field, or the position of a slider.
    pub value: Option<String>,
    /// Whether it is checked, pressed or selected.
    pub on: Option<bool>,
    /// Of what opens a list: whether it is open.
    pub expanded: Option<bool>,
    /// How a table is sorted by the column that it heads, as `aria-sort` says it.
    pub sort: Option<&'static str>,
    /// Whether it cannot be used now.
    pub disabled: bool,
    /// Whether it can be clicked.
    pub clickable: bool,
    /// Whether it has the keyboard focus.
    pub focused: bool,
    /// Left, top, width, height in points of the page: those of egui times its zoom.
    pub bounds: [f32; 4],
}

/// The HTML element that represents a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A push button.
    Button,
    /// A text field of one line.
    Input,
    /// A text field of several lines.
    TextArea,
    /// Anything else, identified by its role.
    Div,
    /// A text.
    Span,
}

/// The elements of the latest frame, and the input for the next one.
#[derive(Debug, Default)]
pub struct MirrorState {
    /// The elements, in reading order.
    pub elements: Vec<Element>,
    /// The number of changes of `elements`.
    pub version: u64,
    /// Input from the elements.
    pub input: Vec<egui::Event>,
}

/// A mirror that a plugin fills and a host reads.
#[derive(Debug, Clone, Default)]
pub struct Mirror(Arc<Mutex<MirrorState>>);

impl Mirror {
    /// The state.
    pub fn lock(&self) -> MutexGuard<'_, MirrorState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a click on an element to egui.
    pub fn click(&self, id: u64) {
        self.request(id, Action::Click, None);
    }

    /// Moves egui's focus to an element.
    pub fn focus(&self, id: u64) {
        self.request(id, Action::Focus, None);
    }

    /// Sets the text of a text field.
    pub fn set_value(&self, id: u64, text: &str) {
        self.request(id, Action::SetValue, Some(ActionData::Value(text.into())));
    }

    /// Presses a key without modifiers.
    pub fn press(&self, key: egui::Key) {
        let press = |pressed| egui::Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        self.lock().input.extend([press(true), press(false)]);
    }

    fn request(&self, id: u64, action: Action, data: Option<ActionData>) {
        let request = ActionRequest {
            action,
            target_tree: TreeId::ROOT,
            target_node: NodeId(id),
            data,
        };
        let event = egui::Event::AccessKitActionRequest(request);
        self.lock().input.push(event);
    }
}

/// Fills a [`Mirror`] each frame.
pub struct MirrorPlugin {
    mirror: Mirror,
}

impl MirrorPlugin {
    /// A plugin that fills `mirror`.
    pub fn new(mirror: Mirror) -> Self {
        Self { mirror }
    }
}

impl egui::Plugin for MirrorPlugin {
    fn debug_name(&self) -> &'static str {
        "accessibility mirror"
    }

    fn setup(&mut self, ctx: &egui::Context) {
        ctx.enable_accesskit();
    }

    fn input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        input.events.append(&mut self.mirror.lock().input);
    }

    fn output_hook(&mut self, ctx: &egui::Context, output: &mut egui::FullOutput) {
        let Some(update) = &output.platform_output.accesskit_update else {
            return;
        };
        let mut elements = ctx.viewport(|viewport| elements(update, &viewport.prev_pass.widgets));
        let zoom = ctx.zoom_factor();
        let bounds = elements.iter_mut().flat_map(|element| &mut element.bounds);
        bounds.for_each(|side| *side *= zoom);
        let mut state = self.mirror.lock();
        if state.elements != elements {
            state.elements = elements;
            state.version += 1;
        }
    }
}

/// The layer of an element, and its visible area.
#[derive(Clone, Copy)]
struct Placement {
    order: egui::Order,
    /// The area of the widget; groups have no other.
    rect: egui::Rect,
    clip: egui::Rect,
}

/// The elements of a tree in reading order: the page first, then popups. Elements without a name or
/// value and elements outside the visible area are left out. `widgets` are those of the same frame.
pub fn elements(update: &TreeUpdate, widgets: &egui::WidgetRects) -> Vec<Element> {
    let places: std::collections::HashMap<NodeId, Placement> = widgets
        .layers()
        .flat_map(|(layer, widgets)| widgets.iter().map(move |one| (layer.order, one)))
        .map(|(order, one)| {
            let placement = Placement {
                order,
                rect: one.rect,
                clip: one.interact_rect,
            };
            (one.id.accesskit_id(), placement)
        })
        .collect();
    let nodes: std::collections::HashMap<NodeId, &Node> =
        update.nodes.iter().map(|(id, node)| (*id, node)).collect();
    let Some(root) = update.tree.as_ref().map(|tree| tree.root) else {
        return Vec::new();
    };
    let mut found: Vec<(egui::Order, Element)> = Vec::new();
    let everywhere = Placement {
        order: egui::Order::Background,
        rect: egui::Rect::EVERYTHING,
        clip: egui::Rect::EVERYTHING,
    };
    let mut waiting = vec![(root, everywhere, None)];
    while let Some((id, around, group)) = waiting.pop() {
        let Some(node) = nodes.get(&id) else { continue };
        // The lines of a text are not widgets; they have the text's placement.
        let place = places.get(&id).copied().unwrap_or(around);
        // What is on another layer lies over its parent, not in it.
        let group = group.filter(|_| place.order == around.order);
        let named_by = || {
            let labels = node.labelled_by().iter().filter_map(|id| nodes.get(id));
            let names: Vec<_> = labels.filter_map(|label| text_of(label)).collect();
            (!names.is_empty()).then(|| names.join(" "))
        };
        let mut inside = group;
        if let Some(mut element) = element(id, node, place, named_by) {
            element.focused = update.focus == id;
            element.parent = group;
            if element.is_group() {
                inside = Some(element.id);
            }
            found.push((place.order, element));
        }
        let children = node.children().iter().rev();
        waiting.extend(children.map(|child| (*child, place, inside)));
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, element)| element).collect()
}

/// Roles of groups.
const GROUPS: [&str; 12] = [
    "table",
    "grid",
    "rowgroup",
    "row",
    "listbox",
    "menu",
    "tablist",
    "radiogroup",
    "dialog",
    "navigation",
    "status",
    "alert",
];

impl Element {
    /// Whether others may be in it.
    pub fn is_group(&self) -> bool {
        self.role.is_some_and(|role| GROUPS.contains(&role))
    }
}

fn text_of(node: &Node) -> Option<&str> {
    node.label()
        .or(node.value())
        .filter(|text| !text.is_empty())
}

fn element(
    id: NodeId,
    node: &Node,
    place: Placement,
    named_by: impl Fn() -> Option<String>,
) -> Option<Element> {
    let (tag, role) = tag_and_role(node.role())?;
    let own = node.bounds();
    let bounds = bounds(
        own.unwrap_or_else(|| accesskit_rect(place.rect)),
        place.clip,
    )?;
    let text = tag == Tag::Span;
    let name = match text {
        true => text_of(node)?.to_owned(),
        false => node
            .label()
            .map(str::to_owned)
            .or_else(&named_by)
            .or_else(|| node.placeholder().map(str::to_owned))
            .unwrap_or_default(),
    };
    let value = match (text, node.value(), node.numeric_value()) {
        (true, _, _) => None,
        (false, Some(value), _) => Some(value.to_owned()),
        (false, None, Some(number)) => Some(number.to_string()),
        (false, None, None) => None,
    };
    let nameless = name.is_empty() && value.is_none();
    // A dialog without a name says nothing.
    let needs_none = matches!(tag, Tag::Input | Tag::TextArea)
        || role.is_some_and(|role| GROUPS.contains(&role) && role != "dialog");
    (!nameless || needs_none).then(|| Element {
        id: id.0,
        parent: None,
        expanded: match role {
            Some("combobox") => Some(node.is_expanded() == Some(true)),
            _ => node.is_expanded(),
        },
        tag,
        role,
        name,
        value,
        on: node.toggled().map(|toggled| toggled == Toggled::True),
        sort: node.sort_direction().map(|direction| match direction {
            SortDirection::Ascending => "ascending",
            SortDirection::Descending => "descending",
            SortDirection::Other => "other",
        }),
        disabled: node.is_disabled(),
        clickable: node.supports_action(Action::Click),
        focused: false,
        bounds,
    })
}

fn tag_and_role(role: Role) -> Option<(Tag, Option<&'static str>)> {
    let div = |role| Some((Tag::Div, Some(role)));
    match role {
        Role::Button | Role::DefaultButton => Some((Tag::Button, None)),
        Role::TextInput | Role::SearchInput => Some((Tag::Input, None)),
        Role::MultilineTextInput => Some((Tag::TextArea, None)),
        Role::Label | Role::TextRun => Some((Tag::Span, None)),
        Role::Link => div("link"),
        Role::CheckBox => div("checkbox"),
        Role::Switch => div("switch"),
        Role::RadioButton => div("radio"),
        Role::Tab => div("tab"),
        Role::ComboBox => div("combobox"),
        Role::ListBox => div("listbox"),
        Role::ListBoxOption => div("option"),
        Role::Menu => div("menu"),
        Role::MenuItem => div("menuitem"),
        Role::TabList => div("tablist"),
        Role::RadioGroup => div("radiogroup"),
        Role::Table => div("table"),
        Role::Grid => div("grid"),
        Role::RowGroup => div("rowgroup"),
        Role::Slider => div("slider"),
        Role::SpinButton => div("spinbutton"),
        Role::ProgressIndicator => div("progressbar"),
        Role::Image | Role::GraphicsDocument | Role::Canvas => div("img"),
        Role::Row => div("row"),
        Role::Cell => div("cell"),
        Role::GridCell => div("gridcell"),
        Role::ColumnHeader => div("columnheader"),
        Role::Heading => div("heading"),
        Role::Alert => div("alert"),
        Role::Status => div("status"),
        Role::Dialog => div("dialog"),
        Role::Navigation => div("navigation"),
        _ => None,
    }
}

fn accesskit_rect(rect: egui::Rect) -> Rect {
    Rect {
        x0: rect.left().into(),
        y0: rect.top().into(),
        x1: rect.right().into(),
        y1: rect.bottom().into(),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a window is smaller than f32's exact range"
)]
fn bounds(rect: Rect, clip: egui::Rect) -> Option<[f32; 4]> {
    let rect = rect.intersect(accesskit_rect(clip));
    let all = [rect.x0, rect.y0, rect.width(), rect.height()];
    let shown = rect.width() > 0.0 && rect.height() > 0.0 && all.iter().all(|n| n.is_finite());
    shown.then(|| all.map(|n| (n * 10.0).round() as f32 / 10.0))
}

#[cfg(test)]
mod tests;
