//! Who else is there, in the line of the tabs.

use crate::telemetry::words::parts::who_looks;
use crate::tui::app::model::Model;
use crate::tui::draw::columns;

/// `with bob@pts/3, wall@tty1 (looks)`, as much of it as fits into `space` columns: `with bob@pts/3 +1`, `with 2`.
/// `None` where nobody else is there, or nobody can be.
pub(super) fn text(model: &Model, space: u16) -> Option<String> {
    let others = others(model);
    if others.is_empty() {
        return None;
    }
    let shown = |count: usize| match others.len() - count {
        0 => format!("with {}", others.join(", ")),
        more => format!("with {} +{more}", others[..count].join(", ")),
    };
    let fits = |text: &String| columns(text) <= space;
    let named = (1..=others.len()).rev().map(shown).find(fits);
    named.or_else(|| Some(format!("with {}", others.len())).filter(fits))
}

/// Who looks besides the operator here; nobody where the run has ended.
pub(super) fn others(model: &Model) -> Vec<String> {
    let run = model.run.state();
    if model.replay.is_some() || model.ended || run.ended.is_some() {
        return Vec::new();
    }
    let mut others = who_looks(&run.clients, &run.watching);
    let own = run.clients.iter().position(|client| *client == model.operator);
    if let Some(own) = own {
        others.remove(own);
    }
    others
}
