//! From a plan with addresses of the Hub to one with files on this machine.

use super::address::HubAddress;
use super::configs::{self, Config, README};
use super::files::{Choice, DataFiles, Readme, Which, shown};
use super::taken::{DataUse, TakenFiles};
use crate::data::error::DataError;
use crate::data::plan::{DataPlan, DomainPlan, HeldOut};
use crate::data::summary::DataNotice;
use crate::disk;
use crate::hub::{self, Fetching, HubError, Repo, RepoKind, Settings, Snapshot, Source, Want};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Digits of a commit that messages show.
const COMMIT_SHOWN: usize = 7;

/// A plan whose files are all on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalData {
    /// The plan, with files of the cache in place of addresses.
    pub plan: DataPlan,
    /// The files that the addresses stood for.
    pub taken: Vec<TakenFiles>,
    /// Which files were taken, and what the user should know of the choice.
    pub notices: Vec<DataNotice>,
}

/// Called while the data set of this name is fetched, several times a second; it may break off.
pub type OnFetching<'a> = &'a mut dyn FnMut(&str, Fetching) -> ControlFlow<()>;

/// Fetches the data that the plan names by addresses of the Hub. An address of `before` is taken to be the
/// files that it was then.
///
/// # Errors
/// A data set or its files cannot be fetched, or a file would serve twice; [`DataError::Stopped`] where
/// `progress` broke off.
pub fn localize(
    plan: &DataPlan,
    before: &[TakenFiles],
    progress: OnFetching<'_>,
) -> Result<LocalData, DataError> {
    localize_by(&Settings::of_this_process, plan, before, progress)
}

/// Gives the settings by which a repository is fetched.
pub(super) type SettingsOf<'a> = &'a dyn Fn(&Repo) -> Result<Settings, HubError>;

pub(super) fn localize_by(
    settings: SettingsOf<'_>,
    plan: &DataPlan,
    before: &[TakenFiles],
    progress: OnFetching<'_>,
) -> Result<LocalData, DataError> {
    let mut local = LocalData { plan: plan.clone(), taken: Vec::new(), notices: Vec::new() };
    let mut localizer =
        Localizer { settings, before, progress, repos: Vec::new(), done: Vec::new() };
    for domain in &mut local.plan.domains {
        domain.train = localizer.files(&domain.train, DataUse::Train)?;
        if let HeldOut::Files(files) = &domain.held_out {
            domain.held_out = HeldOut::Files(localizer.files(files, DataUse::HeldOut)?);
        }
        require_once(domain)?;
    }
    for Done { taken, notice, .. } in localizer.done {
        local.taken.push(taken);
        local.notices.push(notice);
    }
    Ok(local)
}

/// An address that was looked up.
struct Done {
    taken: TakenFiles,
    /// Where the files lie.
    paths: Vec<PathBuf>,
    notice: DataNotice,
}

struct Localizer<'a> {
    settings: SettingsOf<'a>,
    before: &'a [TakenFiles],
    progress: OnFetching<'a>,
    /// Repositories that were asked for, each with the commit that it was at: a run takes all of its
    /// files from one.
    repos: Vec<(Repo, String)>,
    done: Vec<Done>,
}

impl Localizer<'_> {
    /// The files of a list, those of its addresses in their places.
    fn files(&mut self, list: &[PathBuf], used_for: DataUse) -> Result<Vec<PathBuf>, DataError> {
        let mut files = Vec::with_capacity(list.len());
        for file in list {
            match HubAddress::in_place_of(file) {
                Some(address) => files.extend(self.address(address, used_for)?),
                None => files.push(file.clone()),
            }
        }
        Ok(files)
    }

    fn address(&mut self, address: &str, used_for: DataUse) -> Result<Vec<PathBuf>, DataError> {
        let is_same = |taken: &TakenFiles| taken.address == address && taken.used_for == used_for;
        if let Some(done) = self.done.iter().find(|done| is_same(&done.taken)) {
            return Ok(done.paths.clone());
        }
        let parsed = HubAddress::parse(address).map_err(|error| HubError::Failed {
            kind: RepoKind::DataSet,
            id: address.into(),
            reason: error.problem,
        })?;
        let before = self.before.iter().find(|taken| is_same(taken));
        let mut repo = parsed.repo();
        repo.revision = self.known_commit(&repo).or(repo.revision);
        let which = match before {
            Some(taken) => {
                repo.revision = Some(taken.commit.clone());
                Which::These(taken.files.clone())
            }
            None => Which::For(used_for),
        };
        let configs = match (&parsed.path, &which) {
            (None, Which::For(_)) => self.configs(&mut repo)?,
            _ => Vec::new(),
        };
        let want = DataFiles { path: parsed.path.clone(), which, configs };
        let snapshot = self.fetch(&repo, &want)?;
        self.repos.push((parsed.repo(), snapshot.commit.clone()));
        let names: Vec<&str> = snapshot.names.iter().map(String::as_str).collect();
        let choice = want.choice(&names).map_err(|why| HubError::of(&repo, why))?;
        let paths: Vec<PathBuf> =
            choice.files.iter().map(|file| snapshot.folder.join(file)).collect();
        let notice = notice(&parsed.id, &snapshot, &choice, before.is_some());
        let (address, commit, files) = (address.to_owned(), snapshot.commit, choice.files);
        let taken = TakenFiles { address, used_for, commit, files };
        self.done.push(Done { taken, paths: paths.clone(), notice });
        Ok(paths)
    }

    /// The commit from which other files of the repository come.
    fn known_commit(&self, repo: &Repo) -> Option<String> {
        let is_of_it = |taken: &&TakenFiles| {
            HubAddress::parse(&taken.address).is_ok_and(|address| address.repo() == *repo)
        };
        let now = self.repos.iter().find(|(known, _)| known == repo).map(|(_, commit)| commit);
        now.or_else(|| Some(&self.before.iter().find(is_of_it)?.commit)).cloned()
    }

    /// What the README.md says of the files; `repo` is at that commit from then on.
    fn configs(&mut self, repo: &mut Repo) -> Result<Vec<Config>, DataError> {
        let snapshot = self.fetch(repo, &Readme)?;
        repo.revision = Some(snapshot.commit);
        let text = match disk::read_text(&snapshot.folder.join(README), disk::LARGEST_TEXT) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(HubError::of(repo, format!("its {README}: {error}")).into()),
        };
        Ok(configs::read(&text).map_err(|why| HubError::of(repo, why))?)
    }

    fn fetch(
        &mut self,
        repo: &Repo,
        want: &(impl Want + Clone + 'static),
    ) -> Result<Snapshot, DataError> {
        let settings = (self.settings)(repo)?;
        let progress = &mut *self.progress;
        let report = &mut |fetching| progress(&repo.id, fetching);
        Ok(hub::fetch(&settings, repo, Arc::new(want.clone()), report)?)
    }
}

/// Which files were taken.
fn notice(id: &str, snapshot: &Snapshot, choice: &Choice, again: bool) -> DataNotice {
    let Choice { files, among, config, remarks } = choice;
    let commit = snapshot.commit.get(..COMMIT_SHOWN).unwrap_or(&snapshot.commit);
    let began = if again { ", with which the run began" } else { "" };
    let count = match (files.len(), *among) {
        (1, 1) => "1 file".to_owned(),
        (taken, all) if taken == all => format!("{taken} files"),
        (taken, all) => format!("{taken} of {all} data files"),
    };
    let names = shown(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let of = config.as_ref().map_or(String::new(), |name| format!(" of its config {name}"));
    let mut text = format!("data set {id} at commit {commit}{began}: {count}{of}: {names}");
    let unasked = (snapshot.source == Source::CacheAlone && !again).then(|| {
        "they are those that lie in the cache; the Hub was not asked whether it has more of them"
            .to_owned()
    });
    for remark in remarks.iter().chain(&unasked) {
        text += &format!("; {remark}");
    }
    DataNotice { text, is_warning: !remarks.is_empty() || unasked.is_some() }
}

/// # Errors
/// A file serves twice in a domain: two addresses name it.
fn require_once(domain: &DomainPlan) -> Result<(), DataError> {
    let held_out: &[PathBuf] = match &domain.held_out {
        HeldOut::Files(files) => files,
        HeldOut::Share(_) => &[],
    };
    let twice = |files: &[PathBuf]| {
        let mut seen = BTreeSet::new();
        files.iter().find(|file| !seen.insert(*file)).cloned()
    };
    let train: BTreeSet<&PathBuf> = domain.train.iter().collect();
    let both = held_out.iter().find(|file| train.contains(file)).cloned();
    let found = [
        (twice(&domain.train), "is named twice by `train`"),
        (twice(held_out), "is named twice by `held_out`"),
        (both, "is both trained on and held out"),
    ];
    match found.into_iter().find_map(|(file, how)| Some((file?, how))) {
        None => Ok(()),
        Some((path, how)) => Err(DataError::FileTwice { domain: domain.name.clone(), path, how }),
    }
}

/// Whether data of the plan lie on the Hub.
pub fn is_remote(plan: &DataPlan) -> bool {
    let remote = |files: &[PathBuf]| files.iter().any(|file| is_address(file));
    plan.domains.iter().any(|domain| {
        remote(&domain.train) || matches!(&domain.held_out, HeldOut::Files(files) if remote(files))
    })
}

fn is_address(file: &Path) -> bool {
    HubAddress::in_place_of(file).is_some()
}
