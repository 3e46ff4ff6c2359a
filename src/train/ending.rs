//! How a run ends, and the events that report it.

use super::error::TrainError;
use super::folder::RunFolder;
use super::run_control::RunControl;
use super::start_order::StartOrder;
use crate::telemetry::{Event, Hub, Level, Phase, RunState};
use crate::unit::Step;

/// How a run ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnding {
    /// Optimizer steps done.
    pub step: Step,
    /// Whether all planned steps were done.
    pub complete: bool,
    /// Whether a checkpoint holds the last step.
    pub saved: bool,
    /// What ended it: `all steps done`, `stopped by SIGINT`.
    pub why: String,
}

/// Reports the end to the record, which is forced to disk, and to the order of the runs. An error of the
/// run itself comes before one of reporting it.
pub fn report_end(
    ended: Result<RunEnding, TrainError>,
    control: &mut RunControl,
    hub: &Hub,
    folder: &RunFolder,
) -> Result<RunEnding, TrainError> {
    let reported = match &ended {
        Ok(ending) => report_finished(ending, control, hub),
        Err(error) => report_failed(error, control),
    };
    let synced = hub.sync();
    let ending = ended?;
    reported?;
    synced?;
    if ending.complete {
        StartOrder::record_end(folder.path())?;
    }
    Ok(ending)
}

fn report_finished(
    ending: &RunEnding,
    control: &mut RunControl,
    hub: &Hub,
) -> Result<(), TrainError> {
    control.close()?;
    let missed = hub.dropped_samples();
    if missed > 0 {
        let text = format!("viewers missed {missed} samples; the record has them all");
        control.events.notice(Level::Info, text)?;
    }
    if let Some(text) = hub.with_state(within_noise).filter(|_| ending.complete) {
        control.events.notice(Level::Warning, text)?;
    }
    let domains = hub.with_state(|state| state.closing_table());
    let RunEnding { step, complete, why, .. } = ending.clone();
    control.events.enter(Phase::Finished, None)?;
    control.events.emit(Event::Finished { step, why, complete, domains })
}

/// What is to be said of a mixture that has moved less than w(0) is known.
fn within_noise(state: &RunState) -> Option<String> {
    let ranges = state.history.moves_within_detected()?;
    let named = state.domains.iter().zip(ranges).zip(&state.history.detected_intervals);
    let moves: Vec<String> = named
        .map(|((name, (low, high)), (from, to))| {
            format!("{name} {low:.3} to {high:.3} of [{from:.3} {to:.3}]")
        })
        .collect();
    Some(format!(
        "every weight stayed within the 95 % interval of w(0), so that the mixture moved less than w(0) may be \
         off: {}; more texts (detection.samples, detection.iterations) narrow the intervals, a larger λ moves \
         further",
        moves.join(", ")
    ))
}

fn report_failed(error: &TrainError, control: &mut RunControl) -> Result<(), TrainError> {
    control.close()?;
    control.events.enter(Phase::Failed, None)?;
    control.events.emit(Event::Failed { step: control.step(), error: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of two domains whose w(0) is within 0.1 of a half, with these first weights over time.
    fn run(weights: &[f64]) -> RunState {
        let mut run = RunState::default();
        run.domains = ["law", "code"].map(String::from).to_vec();
        run.history.detected_intervals = vec![(0.4, 0.6); 2];
        run.history.curves.weights = vec![Default::default(); 2];
        for (step, weight) in (0..).zip(weights) {
            run.history.curves.weights[0].push(step, *weight);
            run.history.curves.weights[1].push(step, 1.0 - weight);
        }
        run
    }

    #[test]
    fn a_mixture_that_moves_less_than_w0_is_known_is_said() {
        let text = within_noise(&run(&[0.5, 0.45, 0.55])).unwrap();
        assert!(
            text.contains("law 0.450 to 0.550 of [0.400 0.600], code 0.450 to 0.550"),
            "{text}"
        );
        assert_eq!(within_noise(&run(&[0.5, 0.61, 0.5])), None, "it was outside once");
        assert_eq!(within_noise(&run(&[0.5, 0.5])), None, "it has not moved");
        let mut given = run(&[0.5, 0.55]);
        given.history.detected_intervals.clear();
        assert_eq!(within_noise(&given), None, "w(0) was not measured");
    }
}
