//! Commands that take effect together: either each of them can be carried out, or none is.

use crate::control::{
    Command, EngineCommand, LifecycleCommand, LiveChange, LiveValues, Request, weights_by_id,
};
use crate::mixing::Mixture;
use crate::unit::Step;

/// What the commands of a group are tried on; it is a copy, and changes as the run would.
pub struct Trial<'a> {
    /// The live values.
    pub live: LiveValues,
    /// Names of the domains, in the run's order.
    pub domains: &'a [String],
    /// The weights in force; `None` before there are any.
    pub mixture: Option<Mixture>,
    /// Optimizer steps done.
    pub step: Step,
    /// Whether the run is paused.
    pub is_paused: bool,
}

impl Trial<'_> {
    /// Tries the commands of a request in their order.
    ///
    /// # Errors
    /// The first that cannot be carried out, and why.
    pub fn run(mut self, request: &Request) -> Result<(), String> {
        let last = request.also.len();
        for (index, one) in request.each().iter().enumerate() {
            self.try_one(&one.command, index == last)
                .map_err(|why| format!("`{}`: {why}", one.command))?;
        }
        Ok(())
    }

    fn try_one(&mut self, command: &Command, is_last: bool) -> Result<(), String> {
        command.check(self.domains).map_err(|error| error.to_string())?;
        match command {
            Command::Live(change) => self.change(change),
            Command::Engine(EngineCommand::Weights(named)) => self.weigh(named),
            Command::Engine(_) => {
                Err("it can fail while it is carried out, when the others could not be \
                                       taken back any more; give it in a call of its own"
                    .into())
            }
            Command::Lifecycle(lifecycle) => self.live_on(*lifecycle, is_last),
            Command::Note(_) => Ok(()),
        }
    }

    fn change(&mut self, change: &LiveChange) -> Result<(), String> {
        change.check_at(self.step).map_err(|error| error.to_string())?;
        self.live.apply(change, self.domains).map(drop)
    }

    fn weigh(&mut self, named: &[(String, f64)]) -> Result<(), String> {
        let named = weights_by_id(named, self.domains).map_err(|error| error.to_string())?;
        let Some(mixture) = &self.mixture else { return Ok(()) };
        self.mixture = Some(mixture.with_weights(&named).map_err(|error| error.to_string())?);
        Ok(())
    }

    fn live_on(&mut self, command: LifecycleCommand, is_last: bool) -> Result<(), String> {
        match command {
            LifecycleCommand::Pause if self.is_paused => Err("the run is paused already".into()),
            LifecycleCommand::Resume if !self.is_paused => Err("the run is not paused".into()),
            LifecycleCommand::Pause | LifecycleCommand::Resume => {
                self.is_paused = command == LifecycleCommand::Pause;
                Ok(())
            }
            LifecycleCommand::Stop | LifecycleCommand::Abort if !is_last => {
                Err("it ends the run; put it last".into())
            }
            LifecycleCommand::Stop | LifecycleCommand::Abort => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Actor;
    use crate::telemetry::fixture::live_values;

    /// What is said to commands with `;` between them, in a run that goes on with two domains of equal weight.
    fn tried(line: &str) -> Result<(), String> {
        let domains = ["code".to_owned(), "law".to_owned()];
        let mixture = Some(Mixture::new(vec![0.5, 0.5]).unwrap());
        let live = live_values();
        let trial = Trial { live, domains: &domains, mixture, step: Step(12), is_paused: false };
        let (mut commands, _) = Command::parse_group(line).unwrap();
        let request = Request::new(Actor::Engine, commands.remove(0)).with_also(commands);
        trial.run(&request)
    }

    #[test]
    fn each_is_tried_after_those_before_it() {
        for good in [
            "set lambda 0.3; target law; set tau 20; note both; mixing hold",
            "pause; set lr 1e-5; resume; pause",
            "weights law=0.3; weights code=0.4; stop",
            "set lambda 0.3; undo",
        ] {
            assert_eq!(tried(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            (
                "set lambda 0.3; set tau -1",
                "`set tau -1`: tau cannot be -1; allowed is 0 to 1000000",
            ),
            ("target sport; set tau 2", "`target sport`: no domain 'sport'"),
            ("set tau 2; limit law=-1", "`limit law=-1`: the limit of law cannot be -1"),
            ("pause; pause", "`pause`: the run is paused already"),
            ("set tau 2; stop at 12", "`set stop_at 12`: step 12 is past: the run has done 12"),
            ("resume; set tau 2", "`resume`: the run is not paused"),
            ("set tau 2; undo; undo", "`undo`: no live value was changed"),
            ("stop; set tau 2", "`stop`: it ends the run; put it last"),
            ("set tau 2; save", "`save`: it can fail while it is carried out"),
            ("weights law=0.7 code=0.7; pause", "`weights law=0.7 code=0.7`: "),
        ] {
            let said = tried(bad).unwrap_err();
            assert!(said.starts_with(why), "{bad}: {said}");
        }
    }
}
