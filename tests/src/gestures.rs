//! Keys and fingers in a browser, as its driver makes them.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::time::Duration;

use fantoccini::actions::{
    Actions, InputSource as _, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions,
    PointerAction, TouchActions, WheelAction, WheelActions,
};

use crate::browser::Browser;

/// A finger moves in this many steps, one a frame.
const STEPS: u32 = 20;
const FRAME: Duration = Duration::from_millis(16);

impl Browser {
    /// Presses a key on what has the keyboard.
    pub async fn press(&self, key: char) {
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.perform(keys).await;
    }

    /// Puts a finger on the page, moves it by so many pixels, and lifts it.
    pub async fn drag_with_a_finger(&self, [x, y]: [f64; 2], [dx, dy]: [f64; 2]) {
        let on = PointerAction::MoveTo {
            duration: None,
            x,
            y,
        };
        let step = PointerAction::MoveBy {
            duration: Some(FRAME),
            x: dx / f64::from(STEPS),
            y: dy / f64::from(STEPS),
        };
        let button = MOUSE_BUTTON_LEFT;
        let mut finger = TouchActions::new("finger".to_owned())
            .then(on)
            .then(PointerAction::Down { button });
        for _ in 0..STEPS {
            finger = finger.then(step.clone());
        }
        self.perform(finger.then(PointerAction::Up { button }))
            .await;
    }

    /// Moves the mouse to a place of the page, and turns its wheel down by so many pixels.
    pub async fn turn_the_wheel(&self, [x, y]: [i32; 2], down: i64) {
        let there = PointerAction::MoveTo {
            duration: None,
            x: f64::from(x),
            y: f64::from(y),
        };
        let mouse = MouseActions::new("mouse".to_owned()).then(there);
        self.perform(mouse).await;
        let (x, y) = (i64::from(x), i64::from(y));
        let turn = WheelAction::Scroll {
            duration: None,
            x,
            y,
            delta_x: 0,
            delta_y: down,
        };
        let wheel = WheelActions::new("wheel".to_owned()).then(turn);
        self.perform(wheel).await;
    }

    async fn perform(&self, actions: impl Into<Actions>) {
        let done = self.client.perform_actions(actions.into());
        let done = self.within("an action", done).await;
        done.expect("the driver performs it");
    }
}
