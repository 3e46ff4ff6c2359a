//! Commands that the config gives, and what it tells people of.

use super::super::plan::{AlertWay, KeySource, NotifyPlan, Repeat, WebhookForm};
use super::field::{Field, Read, adopt, at};
use super::section::Section;
use super::spec::Spec;
use super::types::FieldType;

pub(in crate::config) const USUAL: Spec<Vec<AlertWay>> =
    Spec::new("notify.usual", || NotifyPlan::default().usual);
pub(in crate::config) const TOKEN: Spec<KeySource> =
    Spec::new("notify.webhook_token", || NotifyPlan::default().webhook_token);
pub(in crate::config) const FORM: Spec<WebhookForm> =
    Spec::new("notify.webhook_form", || NotifyPlan::default().webhook_form);

/// What a condition may be, in words.
const CONDITION: &str = "a condition over the values of the run; see `versatune help rules`";

pub(super) fn schedule() -> Section {
    Section {
        path: "schedule",
        help: "Commands that the run gives itself, at a step or on a condition, such as \
               `[(at: 1500, command: \"target none\"), (when: \"forgotten(general) > 0.02 for 3 updates\", \
               do: \"mixing hold\")]`; see `versatune help commands` and `versatune help rules`.",
        fields: vec![
            Field::derived::<String>(
                "schedule",
                "`[]`, no commands",
                Read::Schedule,
                "The commands: those with steps in the order of the steps, then those with conditions.",
            )
            .form("list of the fields below: `at` and `command`, or `when` and `do`"),
            Field::derived::<u64>(
                "schedule[].at",
                "none where there is `when`",
                Read::Scheduled(|entry| entry.at.to_value()),
                "Number of optimizer steps after which the command is carried out.",
            )
            .unit("steps")
            .allowed("before the end of the run"),
            Field::derived::<String>(
                "schedule[].command",
                "none where there is `when`",
                Read::Scheduled(|entry| entry.command.to_string().to_value()),
                "The command, as an operator types it: `target law`, `set lambda 0.3`.",
            )
            .allowed("a command of the run"),
            Field::derived::<String>(
                "schedule[].when",
                "none where there is `at`",
                Read::Rule(|rule| rule.when.to_string().to_value()),
                "The condition on which the command is given, looked at between two steps: \
                 `forgotten(general) > 0.02 for 3 updates`, `tokens_per_s < 0.5 * median`.",
            )
            .allowed(CONDITION),
            Field::derived::<String>(
                "schedule[].do",
                "none where there is `at`",
                Read::Rule(|rule| rule.command.to_string().to_value()),
                "The command that is given then; `hold` is short for `mixing hold`.",
            )
            .allowed("a command of the run, but none about rules"),
            Field::derived::<Repeat>(
                "schedule[].repeat",
                "`Once`",
                Read::Rule(|rule| rule.repeat.to_value()),
                "Whether the command is given the first time that the condition comes true, or each time that it \
                 comes true after it was not.",
            ),
        ],
    }
}

pub(super) fn alerts() -> Section {
    Section {
        path: "alerts",
        help: "What people are told of, besides the usual, such as `[(when: \"no step for 10 min\", alert: \
               Desktop)]`; see `versatune help rules`.",
        fields: vec![
            Field::derived::<String>(
                "alerts",
                "`[]`, only the usual alerts",
                Read::Alerts,
                "The alerts.",
            )
            .form("list of the fields below")
            .obeyed(adopt!(alerts)),
            Field::required::<String>(
                "alerts[].when",
                Read::Alert(|alert| alert.when.to_string().to_value()),
                "The condition: `gpu.temperature > 88`, `phase failed`, `no step for 10 min`.",
            )
            .allowed(CONDITION),
            Field::required::<Vec<AlertWay>>(
                "alerts[].alert",
                Read::Alert(|alert| alert.ways.to_value()),
                "How people are told. `Bell` and `Desktop` are for the terminals that show the screens. A command or \
                 an address is used from the config on the command line alone; stored plans have `NotKept` in its \
                 place.",
            ),
            Field::derived::<Repeat>(
                "alerts[].repeat",
                "`Each`",
                Read::Alert(|alert| alert.repeat.to_value()),
                "Whether they are told the first time that the condition comes true, or each time that it comes true \
                 after it was not.",
            ),
        ],
    }
}

pub(super) fn notify() -> Section {
    Section {
        path: "notify",
        help: "How people are told. Usual alerts are of: a failure, the end, a pause that nobody asked for, a target \
               at its mastery ceiling, a forgetting limit that is reached.",
        fields: vec![
            Field::new(
                &USUAL,
                at!(notify.usual),
                "How people are told of the usual; `[]` is not at all.",
            )
            .obeyed(adopt!(notify.usual)),
            Field::new(
                &TOKEN,
                at!(notify.webhook_token),
                "Where the token comes from that is sent to webhooks as `Authorization: Bearer …`.",
            )
            .obeyed(adopt!(notify.webhook_token)),
            Field::new(
                &FORM,
                at!(notify.webhook_form),
                "What is sent to webhooks: `Ntfy`, the text, with the head `Title`; `Slack`, `{\"text\": \"…\"}`. \
                 `Auto` is `Slack` for addresses of `hooks.slack.com`, else `Ntfy`.",
            )
            .obeyed(adopt!(notify.webhook_form)),
        ],
    }
}
