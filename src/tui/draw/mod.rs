//! What every picture is made of: a canvas, lines of text, panels, bars, lists and tables.
//!
//! ```text
//! let mut inside = canvas.panel(Panel::new("domains").right("update 3"));
//! inside.line(0).skip(1).cell(8, "law", Role::Text).put("31.4 %", Role::Text);
//!
//!  ─ domains ─────────────────────────────────────────────── update 3 ──
//!   law     31.4 %
//! ```
//!
//! Nothing here knows the run: values come in, cells go out. Lists and tables find what a click hits
//! by the same layout that they draw with.

mod bars;
mod canvas;
mod facts;
mod frame;
mod gauges;
mod layout;
mod line;
mod list;
pub mod number;
mod panel;
mod table;
mod text;

pub use bars::{Bar, highest, range};
pub use canvas::{Canvas, Ink};
pub use facts::Fact;
pub use frame::Frame;
pub use gauges::{Gauge, Gauges};
pub use layout::{below_title, lines_shown, split_columns, split_rows};
pub use line::Line;
pub use list::List;
pub use panel::Panel;
pub use table::{Align, Column, Hit, Sort, Table};
pub use text::{columns, dotted, fit, wrap};
