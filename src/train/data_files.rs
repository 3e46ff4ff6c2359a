//! Data sets of the Hub: fetched before the data are read, and kept to for as long as the run goes on.

use super::error::TrainError;
use super::folder::write_atomic;
use super::interrupt::{Break, Supervisor, reporting};
use super::model_files::report_fetching;
use crate::data::{self, DataPlan, LocalData, TakenFiles};
use crate::disk;
use crate::model::Fetching;
use crate::telemetry::Level;
use std::io::ErrorKind;
use std::path::Path;

/// Which files a run took from the Hub, in its folder.
pub const FILE: &str = "data_sources.ron";

/// The plan of the data with files on this machine alone. What an address stands for is looked up once: it
/// is kept in the folder `run`, and later processes take the same files of the same commits.
pub fn localize(
    plan: &DataPlan,
    run: Option<&Path>,
    supervisor: &mut dyn Supervisor,
) -> Result<DataPlan, Break> {
    if !data::is_remote(plan) {
        return Ok(plan.clone());
    }
    let path = run.map(|run| run.join(FILE));
    let before = path.as_deref().map_or(Ok(Vec::new()), read)?;
    let report = |(what, fetching): (String, Fetching)| {
        let of = format!("data set {what}: ");
        report_fetching(fetching, what, &of, supervisor)
    };
    let LocalData { plan, taken, notices } = reporting(report, |report| {
        data::localize(plan, &before, &mut |what, fetching| report((what.to_owned(), fetching)))
    })?;
    if let Some(path) = path.filter(|_| taken != before) {
        write(&path, &taken)?;
    }
    for notice in notices {
        let level = if notice.is_warning { Level::Warning } else { Level::Info };
        supervisor.events().notice(level, notice.text)?;
    }
    Ok(plan)
}

fn read(path: &Path) -> Result<Vec<TakenFiles>, TrainError> {
    let text = match disk::read_text(path, disk::LARGEST_TEXT) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TrainError::io("read", path, error)),
    };
    ron::from_str(&text).map_err(|error| {
        let fix = "restore it, or remove it to have the data sets looked up anew, which can be continued \
                   only if they are as they were";
        TrainError::stored(path, format!("{error}; {fix}"))
    })
}

fn write(path: &Path, taken: &[TakenFiles]) -> Result<(), TrainError> {
    let text = ron::ser::to_string_pretty(taken, ron::ser::PrettyConfig::default())
        .map_err(|error| TrainError::stored(path, error.to_string()))?;
    write_atomic(path, format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Files, LoadOptions};
    use crate::hub::testing::{COMMIT, Hub, TOKEN, Trouble, data_files, route_at};
    use crate::telemetry::Event;
    use crate::train::events::EventSink;
    use crate::train::preflight::Unattended;
    use std::cell::RefCell;
    use std::process::Command;
    use std::rc::Rc;

    const NEW: &str = "fedcba9876543210fedcba9876543210fedcba98";

    /// A Hub that has had these commits, the newest first.
    fn hub(commits: &'static [&'static str]) -> Hub {
        Hub::answering(move |request| {
            let files = data_files();
            let history: Vec<_> = commits.iter().map(|commit| (*commit, &files[..])).collect();
            route_at(request, &history, Trouble::None)
        })
    }

    /// The notices of the test below, which runs in a process of its own: the environment says where the
    /// Hub is.
    fn notices(hub: &Hub, home: &Path, run: &Path) -> String {
        let test = "train::data_files::tests::takes_the_files_in_a_process_of_its_own";
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", test, "--nocapture", "--test-threads=1"])
            .envs([("HF_ENDPOINT", hub.url.as_str()), ("HF_TOKEN", TOKEN)])
            .envs([("HF_HOME", home), ("RUN", run)])
            .env_remove("HF_HUB_CACHE")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        text
    }

    #[test]
    fn a_resume_keeps_to_the_commit_of_its_run_when_the_hub_has_moved_on() {
        let [home, run, other] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let first = notices(&hub(&[COMMIT]), home.path(), run.path());
        assert!(first.contains("data set owner/rows at commit 0123456: 2 of 3"), "{first}");
        assert!(first.contains("owner/rows: 0 of"), "progress: {first}");
        let kept = std::fs::read_to_string(run.path().join(FILE)).unwrap();
        assert!(kept.contains(COMMIT) && kept.contains("hf://datasets/owner/rows"), "{kept}");
        let moved = hub(&[NEW, COMMIT]);
        let again = notices(&moved, home.path(), run.path());
        assert!(again.contains("at commit 0123456, with which the run began: 2 files"), "{again}");
        assert!(moved.requests().is_empty());
        let fresh = notices(&moved, home.path(), other.path());
        assert!(fresh.contains("at commit fedcba9: 2 of 3"), "{fresh}");
        std::fs::write(run.path().join(FILE), "(").unwrap();
        assert!(matches!(read(&run.path().join(FILE)), Err(TrainError::Stored { .. })));
    }

    #[test]
    #[ignore = "run by the test above, with other environment variables"]
    fn takes_the_files_in_a_process_of_its_own() {
        let Some(run) = std::env::var_os("RUN") else { return };
        let text = r#"(
            model: "nowhere",
            data: (domains: [(name: "a", train: "hf://datasets/owner/rows")]),
            mixing: (reference: Given([1.0]), every: 5),
            training: (length: Steps(100)),
        )"#;
        let options =
            LoadOptions { files: Files::MayBeMissing, ..LoadOptions::from_env().unwrap() };
        let plan = config::load_str(text, Path::new("test.ron"), &[], &options).unwrap().plan;
        let events = Rc::new(RefCell::new(Vec::new()));
        let keep = events.clone();
        let sink = EventSink::new(move |event| {
            keep.borrow_mut().push(event);
            Ok(())
        });
        let local = localize(&plan.data, Some(Path::new(&run)), &mut Unattended { events: sink });
        assert!(local.unwrap().domains[0].train.iter().all(|file| file.is_file()));
        for event in events.borrow().iter() {
            match event {
                Event::Notice { text, .. } => println!("{text}"),
                Event::Progress { what, done, total: Some(total), .. } => {
                    println!("{what}: {done} of {total}");
                }
                _ => {}
            }
        }
    }
}
