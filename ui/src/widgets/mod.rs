//! Controls that every module uses.
//!
//! Each control is painted with the design tokens, 28 points high, can be reached with the keyboard
//! (with a visible focus ring), and has a role and a name in the accessibility tree. Controls keep no
//! state, except for a popup while it is open.

mod button;
mod card;
mod field;
mod focus;
mod icon;
mod page;
mod picker;
mod picker_list;
mod segmented;
mod status;
mod table;
mod text;
mod toast;

pub use button::{Button, ButtonKind};
pub use card::{card, card_frame, popup_frame, section, separator};
pub use field::TextField;
pub use focus::focus_ring;
pub use icon::Icon;
pub use page::{group, page, row};
pub use picker::{Choice, Picker};
pub use segmented::{segmented, tabs};
pub use status::{chip, dot, progress_line, skeleton, status_dot};
pub use table::{HeaderCell, Sort};
pub use text::{elided, label, label_wrapped, layout, layout_name, one_line, paint_text};
pub use toast::{ToastKind, toast};
