//! `alerts` and `notify`.

use super::super::fields::schedule as fields;
use super::super::plan::{Address, AlertPlan, AlertWay, KeySource, NotifyPlan, Repeat};
use super::super::written;
use super::checker::Checker;
use crate::disk;
use crate::telemetry::RECORD_FILE;
use std::fs;
use std::os::unix::fs::MetadataExt;
use url::Url;

/// What an address may be, in words.
const ADDRESS: &str = "an address that begins with https:// (or http://)";
/// Most alerts of a config.
const MOST_ALERTS: usize = 100;
const OTHERS_WRITE: u32 = 0o002;

impl Checker<'_> {
    pub(super) fn alerts(
        &mut self,
        written: Vec<written::Alert>,
        domains: &[String],
    ) -> Vec<AlertPlan> {
        if written.len() > MOST_ALERTS {
            let found = format!("{} alerts", written.len());
            self.error_found("alerts", found, format!("at most {MOST_ALERTS}"), "");
        }
        let mut alerts = Vec::new();
        for (i, alert) in written.into_iter().enumerate() {
            let when = self.condition(&format!("alerts[{i}].when"), alert.when.0, domains);
            let path = format!("alerts[{i}].alert");
            if alert.alert.0.is_none() {
                self.error(&path, "how people are told: `Bell`, `Desktop`, …", "");
            }
            let ways = self.ways(&path, alert.alert.or_default());
            let repeat = alert.repeat.or(Repeat::Each);
            alerts.extend(when.map(|when| AlertPlan { when, ways, repeat }));
        }
        alerts
    }

    pub(super) fn notify(&mut self, written: written::Notify) -> NotifyPlan {
        let usual = self.value(&fields::USUAL, written.usual);
        let token = self.value(&fields::TOKEN, written.webhook_token);
        NotifyPlan {
            usual: self.ways(fields::USUAL.path, usual),
            webhook_token: self.key(fields::TOKEN.path, token),
            webhook_form: self.value(&fields::FORM, written.webhook_form),
        }
    }

    /// In a stored plan, what would leave the process is only noted to have been there.
    fn ways(&mut self, path: &str, ways: Vec<AlertWay>) -> Vec<AlertWay> {
        let leaves = ways.iter().any(AlertWay::leaves_the_process);
        if leaves && !self.options.is_stored {
            self.require_own_config(path);
        }
        let checked = ways.into_iter().map(|way| match way {
            way if way.leaves_the_process() && self.options.is_stored => AlertWay::NotKept,
            AlertWay::Command(line) if line.trim().is_empty() => {
                self.error_found(path, "an empty command", "a command line for sh", "");
                AlertWay::NotKept
            }
            AlertWay::Webhook(address) => AlertWay::Webhook(self.webhook(path, address)),
            way => way,
        });
        checked.collect()
    }

    fn webhook(&mut self, path: &str, address: Address) -> Address {
        match address {
            Address::Here(text) => {
                let url = Url::parse(&text).ok();
                let fits = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
                if !url.is_some_and(|url| fits(&url)) {
                    self.error_found(path, "a text (not shown)", ADDRESS, "");
                }
                Address::Here(text)
            }
            Address::Env(name) => match self.key(path, KeySource::Env(name)) {
                KeySource::Env(name) => Address::Env(name),
                KeySource::File(_) | KeySource::None => Address::Here(String::new()),
            },
            Address::File(file) => Address::File(self.file(path, &file.to_string_lossy())),
        }
    }

    /// Commands and addresses are the owner's word: no file of another user, none that others may write, and none
    /// that a run left behind gives them.
    fn require_own_config(&mut self, path: &str) {
        let file = self.options.cwd.join(self.source.file());
        // Where there is no file, the text did not come from one.
        let Ok(found) = fs::metadata(&file) else { return };
        if self.is_override(path) {
            return;
        }
        let is_of_a_run = file.parent().is_some_and(|folder| folder.join(RECORD_FILE).exists());
        let whose = match found.uid() {
            uid if uid != 0 && uid != disk::own_uid() => format!("in a file of user {uid}"),
            _ if found.mode() & OTHERS_WRITE != 0 => "in a file that every user may change".into(),
            _ if is_of_a_run => "in a file of a run's folder".into(),
            _ => return,
        };
        let found = format!("a command or webhook {whose}");
        let allowed = "one in a config of your own: it is carried out in your name";
        let fix = "read it, and copy the config to a file of your own; or take it out";
        self.error_found(path, found, allowed, fix);
    }
}
