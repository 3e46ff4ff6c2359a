//! Conversations → text, with the ranges of the assistant's words.
//!
//! ```text
//!  Jinja source ─▶ Renderer ─▶ text ─▶ ranges of the answers: marked by the template (marks),
//!                     │                or found in the text (locate; differ, where there are tools)
//!                     └─▶ Habits: what it writes around every answer, learned once
//! ```
//!
//! A further built-in template is a `.jinja` file here and an entry in `builtin::ALL`.

mod builtin;
mod chat;
mod counted;
mod differ;
mod habits;
mod jinja;
mod left_out;
mod locate;
mod marks;
mod python_json;
mod python_str;
mod renderer;
mod source;
mod tools;
mod written;

pub use builtin::template_names;
pub(super) use chat::{ChatTemplate, Rendered};
pub(super) use left_out::LeftOut;
pub(super) use source::TemplateSource;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wild_tests;
