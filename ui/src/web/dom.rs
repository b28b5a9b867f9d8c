//! The accessibility mirror in the page: an invisible element over each control and text of the
//! canvas, with role, name, value, state and bounds. Only what changed is touched.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{Document, HtmlCanvasElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

use super::dom_events;
use crate::{
    mirror::{Element, Mirror, Tag},
    text,
};

/// The id of the elements' container.
const CONTAINER: &str = "a11y";
/// The level of headings: the first is the page's own.
const LEVEL: &str = "2";

/// The elements over the canvas.
pub(super) struct DomMirror {
    pub(super) canvas: HtmlCanvasElement,
    pub(super) container: HtmlElement,
    pub(super) ctx: egui::Context,
    pub(super) mirror: Mirror,
    /// Texts that were typed into elements and that the console has not shown yet.
    pub(super) typed: HashMap<u64, String>,
    document: Document,
    nodes: HashMap<u64, Node>,
    /// Every element with its group, in the order in which they are in the page.
    order: Vec<(u64, Option<u64>)>,
    version: u64,
    focused: Option<u64>,
    cursor: String,
}

struct Node {
    element: HtmlElement,
    shown: Element,
    /// The left and top edge of its group, which its own are relative to.
    origin: [f32; 2],
}

impl DomMirror {
    /// Lays the mirror over the canvas, for as long as the page lives.
    ///
    /// # Errors
    /// The page has no body, or forbids listeners.
    pub(super) fn attach(
        canvas: &HtmlCanvasElement,
        ctx: egui::Context,
        mirror: Mirror,
    ) -> Result<(), JsValue> {
        let document = canvas.owner_document().ok_or("the canvas is in no page")?;
        let container: HtmlElement = document.create_element("main")?.dyn_into()?;
        container.set_id(CONTAINER);
        if let Some(field) = canvas.next_element_sibling() {
            // egui's own, which takes what is typed into the fields of the canvas.
            field.set_attribute("aria-label", &text!("chrome-typing"))?;
        }
        canvas.after_with_node_1(&container)?;
        canvas.set_attribute("aria-owns", CONTAINER)?;
        let this = Rc::new(RefCell::new(Self {
            canvas: canvas.clone(),
            container,
            ctx,
            mirror,
            typed: HashMap::new(),
            document,
            nodes: HashMap::new(),
            order: Vec::new(),
            version: 0,
            focused: None,
            cursor: String::new(),
        }));
        dom_events::listen(&this)?;
        each_frame(move || this.borrow_mut().sync())
    }

    /// Brings the elements up to date with the latest frame.
    fn sync(&mut self) -> Result<(), JsValue> {
        self.sync_cursor()?;
        let elements = {
            let state = self.mirror.lock();
            if state.version == self.version {
                return Ok(());
            }
            self.version = state.version;
            state.elements.clone()
        };
        self.remove_gone(&elements);
        let bounds: HashMap<u64, [f32; 4]> =
            elements.iter().map(|one| (one.id, one.bounds)).collect();
        for element in &elements {
            let group = element.parent.and_then(|group| bounds.get(&group));
            let origin = group.map_or([0.0; 2], |[left, top, ..]| [*left, *top]);
            self.show(element, origin)?;
        }
        self.put_in_order(&elements)?;
        self.point_at_focus(&elements)
    }

    fn remove_gone(&mut self, elements: &[Element]) {
        let tags: HashMap<u64, Tag> = elements.iter().map(|one| (one.id, one.tag)).collect();
        let typed = &mut self.typed;
        self.nodes.retain(|id, node| {
            let stays = tags.get(id) == Some(&node.shown.tag);
            if !stays {
                node.element.remove();
                typed.remove(id);
            }
            stays
        });
    }

    fn show(&mut self, element: &Element, origin: [f32; 2]) -> Result<(), JsValue> {
        if let Some(node) = self.nodes.get_mut(&element.id) {
            if node.shown.bounds != element.bounds || node.origin != origin {
                place(&node.element, element, origin);
                node.origin = origin;
            }
            if node.shown != *element {
                let typed = self.typed.get(&element.id);
                update(&node.element, Some(&node.shown), element, typed)?;
                if typed == element.value.as_ref() {
                    self.typed.remove(&element.id);
                }
                node.shown = element.clone();
            }
            return Ok(());
        }
        let made: HtmlElement = self
            .document
            .create_element(tag_name(element.tag))?
            .dyn_into()?;
        made.set_id(&format!("{CONTAINER}-{}", element.id));
        made.set_attribute("data-id", &element.id.to_string())?;
        // The canvas is in the tab order; egui moves the keyboard among the controls.
        made.set_tab_index(-1);
        place(&made, element, origin);
        update(&made, None, element, None)?;
        let node = Node {
            element: made,
            shown: element.clone(),
            origin,
        };
        self.nodes.insert(element.id, node);
        Ok(())
    }

    fn put_in_order(&mut self, elements: &[Element]) -> Result<(), JsValue> {
        let order: Vec<(u64, Option<u64>)> =
            elements.iter().map(|one| (one.id, one.parent)).collect();
        if order == self.order {
            return Ok(());
        }
        // The element that was put last into each group.
        let mut last: HashMap<Option<u64>, &HtmlElement> = HashMap::new();
        for (id, group) in &order {
            let Some(node) = self.nodes.get(id).map(|node| &node.element) else {
                continue;
            };
            let group_node = group.and_then(|group| self.nodes.get(&group));
            let holder = group_node.map_or(&self.container, |group| &group.element);
            let before = last.insert(*group, node);
            // Asked now: what was next may have moved into another group.
            let next = match before {
                Some(before) => before.next_sibling(),
                None => holder.first_child(),
            };
            if next.as_ref() != Some(node.as_ref()) {
                holder.insert_before(node, next.as_ref())?;
            }
        }
        self.order = order;
        Ok(())
    }

    fn point_at_focus(&mut self, elements: &[Element]) -> Result<(), JsValue> {
        let focused = elements
            .iter()
            .find(|element| element.focused)
            .map(|element| element.id);
        if focused != self.focused {
            self.focused = focused;
            let name = "aria-activedescendant";
            match focused {
                Some(id) => self
                    .canvas
                    .set_attribute(name, &format!("{CONTAINER}-{id}"))?,
                None => self.canvas.remove_attribute(name)?,
            }
        }
        Ok(())
    }

    /// Over an element the pointer looks as egui wants it to look over the canvas.
    fn sync_cursor(&mut self) -> Result<(), JsValue> {
        let cursor = self.canvas.style().get_property_value("cursor")?;
        if cursor != self.cursor {
            self.container.style().set_property("cursor", &cursor)?;
            self.cursor = cursor;
        }
        Ok(())
    }
}

fn tag_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Button => "button",
        Tag::Input => "input",
        Tag::TextArea => "textarea",
        Tag::Div => "div",
        Tag::Span => "span",
    }
}

/// Puts an element where it is on the canvas.
fn place(node: &HtmlElement, element: &Element, [x, y]: [f32; 2]) {
    let [left, top, width, height] = element.bounds;
    let (left, top) = (left - x, top - y);
    node.style().set_css_text(&format!(
        "left:{left}px;top:{top}px;width:{width}px;height:{height}px"
    ));
}

/// Writes what differs from what is shown. A text that was just typed stays until the
/// console shows it.
fn update(
    node: &HtmlElement,
    shown: Option<&Element>,
    element: &Element,
    typed: Option<&String>,
) -> Result<(), JsValue> {
    let differs = |part: fn(&Element) -> String| shown.map(part).as_ref() != Some(&part(element));
    if differs(|one| one.name.clone()) {
        match element.tag {
            Tag::Span => node.set_text_content(Some(&element.name)),
            _ => node.set_attribute("aria-label", &element.name)?,
        }
    }
    if differs(|one| format!("{:?}", one.role))
        && let Some(role) = element.role
    {
        node.set_attribute("role", role)?;
        let level = (role == "heading").then_some(LEVEL);
        set_or_remove(node, "aria-level", level)?;
    }
    if differs(|one| format!("{:?}{:?}", one.role, one.on)) {
        let value = element.on.map(|on| if on { "true" } else { "false" });
        set_or_remove(node, on_attribute(element), value)?;
    }
    if differs(|one| format!("{:?}", one.expanded)) {
        let value = element
            .expanded
            .map(|open| if open { "true" } else { "false" });
        set_or_remove(node, "aria-expanded", value)?;
    }
    if differs(|one| format!("{:?}", one.sort)) {
        set_or_remove(node, "aria-sort", element.sort)?;
    }
    if differs(|one| one.disabled.to_string()) {
        set_or_remove(node, "aria-disabled", element.disabled.then_some("true"))?;
        if matches!(element.tag, Tag::Button | Tag::Input | Tag::TextArea) {
            set_or_remove(node, "disabled", element.disabled.then_some(""))?;
        }
    }
    if differs(|one| format!("{}{:?}", one.clickable, one.tag)) {
        let live = element.clickable || matches!(element.tag, Tag::Input | Tag::TextArea);
        set_or_remove(node, "data-live", live.then_some(""))?;
    }
    if differs(|one| format!("{:?}", one.value))
        && typed.is_none_or(|typed| Some(typed) == element.value.as_ref())
    {
        set_value(node, element)?;
    }
    Ok(())
}

fn on_attribute(element: &Element) -> &'static str {
    match element.role {
        Some("checkbox" | "switch" | "radio") => "aria-checked",
        Some("tab" | "option" | "row" | "gridcell") => "aria-selected",
        _ => "aria-pressed",
    }
}

fn set_value(node: &HtmlElement, element: &Element) -> Result<(), JsValue> {
    let value = element.value.as_deref();
    if let Some(input) = node.dyn_ref::<HtmlInputElement>() {
        input.set_value(value.unwrap_or_default());
    } else if let Some(area) = node.dyn_ref::<HtmlTextAreaElement>() {
        area.set_value(value.unwrap_or_default());
    } else if matches!(element.role, Some("slider" | "spinbutton" | "progressbar")) {
        set_or_remove(node, "aria-valuenow", value)?;
    } else {
        set_or_remove(node, "aria-description", value)?;
    }
    Ok(())
}

fn set_or_remove(node: &HtmlElement, name: &str, value: Option<&str>) -> Result<(), JsValue> {
    match value {
        Some(value) => node.set_attribute(name, value),
        None => node.remove_attribute(name),
    }
}

/// Calls `action` once per animation frame.
fn each_frame(mut action: impl FnMut() -> Result<(), JsValue> + 'static) -> Result<(), JsValue> {
    type Slot = Rc<RefCell<Option<Closure<dyn FnMut()>>>>;
    let slot = Slot::default();
    let own = Rc::clone(&slot);
    *slot.borrow_mut() = Some(Closure::new(move || {
        // What could not be shown in this frame may be in the next one.
        let _ = action();
        // A page that cannot schedule a frame is going away.
        let _ = request_frame(&own);
    }));
    return request_frame(&slot);

    fn request_frame(slot: &Slot) -> Result<(), JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let slot = slot.borrow();
        let callback = slot.as_ref().ok_or("no callback")?;
        window.request_animation_frame(callback.as_ref().unchecked_ref())?;
        Ok(())
    }
}
