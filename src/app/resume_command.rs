use crate::config::PLAN_FILE;
use std::path::Path;

/// A command that goes on with a run, as a shell takes it.
#[derive(Clone, Debug)]
pub struct ResumeCommand {
    /// The words of the command that was called, without `--resume`.
    pub words: Vec<String>,
    /// Whether the config is the one in the run's folder, and not among the words.
    pub has_own_config: bool,
}

impl ResumeCommand {
    /// The command for the run in this folder.
    pub fn for_run(&self, run_dir: &Path) -> String {
        let own = self.has_own_config.then(|| run_dir.join(PLAN_FILE).display().to_string());
        let resume = format!("--resume={}", run_dir.display());
        let words = self.words.iter().chain(&own).chain([&resume]);
        words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell takes it, in quotes where it needs some.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_goes_on_is_one_for_a_shell() {
        let words = ["versatune", "train", "my config.ron", "--set", "name='x'"].map(String::from);
        let command = ResumeCommand { words: words.into(), has_own_config: false };
        let command = command.for_run(Path::new("runs/my-2"));
        let expected = r"versatune train 'my config.ron' --set 'name='\''x'\''' --resume=runs/my-2";
        assert_eq!(command, expected);
        let words = ["versatune", "train"].map(String::from);
        let branch = ResumeCommand { words: words.into(), has_own_config: true };
        assert_eq!(
            branch.for_run(Path::new("runs/b")),
            "versatune train runs/b/run.ron --resume=runs/b"
        );
    }
}
