//! What is done to the mirror's elements, handed back to the console.
//!
//! The pointer goes through them to the canvas, as if they were not there: hover, drag and wheel
//! behave the same over a control and beside it. Assistive technology and scripts click, focus and
//! fill the elements themselves; those become AccessKit requests. A key that is pressed on an
//! element moves the keyboard to the canvas and is pressed there, except for typing into a field.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{
    Event, EventTarget, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
    KeyboardEventInit, MouseEvent, MouseEventInit, PointerEvent, PointerEventInit, WheelEvent,
    WheelEventInit,
};

use super::dom::DomMirror;

/// While it has this class the pointer finds the canvas, not the elements.
const THROUGH: &str = "through";

type Shared = Rc<RefCell<DomMirror>>;

/// Listens to the mirror's container.
pub(super) fn listen(mirror: &Shared) -> Result<(), JsValue> {
    on(mirror, "pointerdown", |mirror, event: PointerEvent| {
        let init = PointerEventInit::new();
        init.set_button(event.button());
        init.set_buttons(event.buttons());
        init.set_pointer_id(event.pointer_id());
        copy_mouse(&event, |name, value| set(&init, name, value));
        let event = PointerEvent::new_with_event_init_dict("pointerdown", &init)?;
        pass_through(mirror, &event)
    })?;
    on(mirror, "mousemove", |mirror, event: MouseEvent| {
        let init = MouseEventInit::new();
        init.set_buttons(event.buttons());
        copy_mouse(&event, |name, value| set(&init, name, value));
        let event = MouseEvent::new_with_mouse_event_init_dict("mousemove", &init)?;
        pass_through(mirror, &event)
    })?;
    on(mirror, "wheel", |mirror, event: WheelEvent| {
        event.prevent_default();
        let init = WheelEventInit::new();
        init.set_delta_x(event.delta_x());
        init.set_delta_y(event.delta_y());
        init.set_delta_mode(event.delta_mode());
        copy_mouse(&event, |name, value| set(&init, name, value));
        let event = WheelEvent::new_with_event_init_dict("wheel", &init)?;
        pass_through(mirror, &event)
    })?;
    let follow = listener(mirror, pass_touch);
    on(mirror, "touchstart", move |mirror, event: Event| {
        for name in ["touchmove", "touchend", "touchcancel"] {
            if let Some(target) = event.target() {
                listen_actively(&target, name, &follow)?;
            }
        }
        pass_touch(mirror, event)
    })?;
    for name in ["mousedown", "contextmenu"] {
        // A press must not take the keyboard away from the canvas.
        on(mirror, name, |_, event: Event| {
            event.prevent_default();
            Ok(())
        })?;
    }
    on(mirror, "click", |mirror, event: MouseEvent| {
        // A real pointer was passed through and has pressed the control already.
        if event.detail() == 0 {
            request(mirror, &event, |mirror, id| mirror.mirror.click(id));
        }
        Ok(())
    })?;
    on(mirror, "focusin", |mirror, event: Event| {
        request(mirror, &event, |mirror, id| mirror.mirror.focus(id));
        Ok(())
    })?;
    on(mirror, "input", |mirror, event: Event| {
        let text = typed_text(&event).unwrap_or_default();
        request(mirror, &event, |mirror, id| {
            mirror.mirror.set_value(id, &text);
            mirror.typed.insert(id, text);
        });
        Ok(())
    })?;
    on(mirror, "keydown", keydown)
}

/// Passes a touch through. All events of a touch come to the element where it began, also after it has
/// left the page, as a row does that is scrolled away: so the element itself is listened to.
fn pass_touch(mirror: &Shared, event: Event) -> Result<(), JsValue> {
    event.prevent_default();
    pass_through(mirror, &touch(&event)?)
}

/// The same touch for the canvas.
fn touch(event: &Event) -> Result<Event, JsValue> {
    let init = js_sys::Object::new();
    for list in ["touches", "targetTouches", "changedTouches"] {
        let touches = js_sys::Reflect::get(event, &JsValue::from_str(list))?;
        set(&init, list, &js_sys::Array::from(&touches));
    }
    set(&init, "bubbles", &JsValue::TRUE);
    set(&init, "cancelable", &JsValue::TRUE);
    // There only where the machine has a touch screen.
    let name = JsValue::from_str("TouchEvent");
    let constructor = js_sys::Reflect::get(&js_sys::global(), &name)?;
    let constructor: js_sys::Function = constructor.unchecked_into();
    let arguments = js_sys::Array::of2(&JsValue::from_str(&event.type_()), &init);
    js_sys::Reflect::construct(&constructor, &arguments)?.dyn_into()
}

/// Moves the keyboard to the canvas and presses the key there.
fn keydown(mirror: &Shared, event: KeyboardEvent) -> Result<(), JsValue> {
    let key = event.key();
    let types = key.chars().count() == 1
        || matches!(
            key.as_str(),
            "Backspace" | "Delete" | "ArrowLeft" | "ArrowRight" | "Home" | "End"
        );
    let shortcut = event.ctrl_key() || event.meta_key();
    let modifier = matches!(key.as_str(), "Shift" | "Control" | "Alt" | "Meta");
    if modifier || (typed_text(&event).is_some() && types && !shortcut) {
        return Ok(());
    }
    event.prevent_default();
    let init = KeyboardEventInit::new();
    init.set_key(&key);
    init.set_code(&event.code());
    init.set_ctrl_key(event.ctrl_key());
    init.set_shift_key(event.shift_key());
    init.set_alt_key(event.alt_key());
    init.set_meta_key(event.meta_key());
    let canvas = mirror.borrow().canvas.clone();
    canvas.focus()?;
    for name in ["keydown", "keyup"] {
        let event = KeyboardEvent::new_with_keyboard_event_init_dict(name, &init)?;
        canvas.dispatch_event(&event)?;
    }
    Ok(())
}

/// Calls the listener for events of the container. The mirror is not borrowed while it runs, since
/// events passed through to the canvas may run a frame.
fn on<E: wasm_bindgen::JsCast + 'static>(
    mirror: &Shared,
    name: &str,
    action: impl Fn(&Shared, E) -> Result<(), JsValue> + 'static,
) -> Result<(), JsValue> {
    let container = mirror.borrow().container.clone();
    listen_actively(&container, name, &listener(mirror, action))
}

/// A listener that lives as long as the page, which keeps its mirror.
fn listener<E: wasm_bindgen::JsCast + 'static>(
    mirror: &Shared,
    action: impl Fn(&Shared, E) -> Result<(), JsValue> + 'static,
) -> js_sys::Function {
    let mirror = Rc::clone(mirror);
    let callback = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        // There is no place to report it: the worst is a press that does nothing.
        let _ = action(&mirror, event.unchecked_into());
    });
    callback.into_js_value().unchecked_into()
}

/// Adds a listener that may prevent what the browser would do; once, however often this is called.
fn listen_actively(
    target: &EventTarget,
    name: &str,
    listener: &js_sys::Function,
) -> Result<(), JsValue> {
    let options = web_sys::AddEventListenerOptions::new();
    options.set_passive(false);
    target.add_event_listener_with_callback_and_add_event_listener_options(name, listener, &options)
}

fn pass_through(mirror: &Shared, event: &Event) -> Result<(), JsValue> {
    let (canvas, container) = {
        let mirror = mirror.borrow();
        (mirror.canvas.clone(), mirror.container.clone())
    };
    container.set_class_name(THROUGH);
    let sent = canvas.dispatch_event(event);
    container.set_class_name("");
    sent.map(|_| ())
}

fn copy_mouse(event: &MouseEvent, set: impl Fn(&str, &JsValue)) {
    let number = |n: i32| JsValue::from_f64(n.into());
    set("clientX", &number(event.client_x()));
    set("clientY", &number(event.client_y()));
    set("ctrlKey", &event.ctrl_key().into());
    set("shiftKey", &event.shift_key().into());
    set("altKey", &event.alt_key().into());
    set("metaKey", &event.meta_key().into());
    set("bubbles", &JsValue::TRUE);
    set("cancelable", &JsValue::TRUE);
}

fn set(init: &JsValue, name: &str, value: &JsValue) {
    // An init dictionary is a plain object: setting a field of it cannot fail.
    let _ = js_sys::Reflect::set(init, &JsValue::from_str(name), value);
}

/// Hands the element that the event is about to the console, and wakes it.
fn request(mirror: &Shared, event: &Event, action: impl FnOnce(&mut DomMirror, u64)) {
    let element = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let id = element.and_then(|element| element.get_attribute("data-id")?.parse().ok());
    if let Some(id) = id {
        let mut mirror = mirror.borrow_mut();
        action(&mut mirror, id);
        mirror.ctx.request_repaint();
    }
}

/// The text of the field that the event is about; `None` when it is about something else.
fn typed_text(event: &Event) -> Option<String> {
    let target: EventTarget = event.target()?;
    target
        .dyn_ref::<HtmlInputElement>()
        .map(HtmlInputElement::value)
        .or_else(|| {
            target
                .dyn_ref::<HtmlTextAreaElement>()
                .map(HtmlTextAreaElement::value)
        })
}
