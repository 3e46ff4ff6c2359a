use crate::control::Request;
use crate::telemetry::Moment;

/// What the caller has to do after an update.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Draw the whole terminal again.
    Redraw,
    /// Send this request to the engine.
    Send(Request),
    /// Put this text into the terminal's clipboard.
    Copy(String),
    /// Go to this moment of the record that is shown.
    Go(Moment),
    /// Stop this process, as ctrl-z does: the run is another one's.
    Stop,
    /// End the screens; the run goes on, or has ended.
    Leave,
}
