//! The data, and each domain.

use super::super::plan::{
    ChatRole, FieldIs, HeldOut, LossRule, OnBadRow, RowFormat, TemplateChoice, TooLong,
};
use super::field::{Field, Read, adopt, at};
use super::limits::or_none;
use super::section::Section;
use super::spec::Spec;
use super::types::FieldType;
use crate::unit::allowed::{Allowed, SIZE, whole};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(in crate::config) const HELD_OUT: Spec<HeldOut> =
    Spec::new("data.held_out", || HeldOut::Share(0.02));
pub(in crate::config) const FORMAT: Spec<RowFormat> = Spec::new("data.format", || RowFormat::Auto);
/// One token to see and one to predict.
const AT_LEAST_TWO: Allowed<usize> = whole!(2 to 16_777_216);
pub(in crate::config) const SEQUENCE_LENGTH: Spec<usize> =
    Spec::within("data.sequence_length", || 2048, AT_LEAST_TWO);
pub(in crate::config) const TEMPLATE: Spec<TemplateChoice> =
    Spec::new("data.template", || TemplateChoice::Tokenizer);
pub(in crate::config) const TOO_LONG: Spec<TooLong> = Spec::new("data.too_long", || TooLong::Cut);
pub(in crate::config) const ON_BAD_ROW: Spec<OnBadRow> =
    Spec::new("data.on_bad_row", || OnBadRow::Stop);
pub(in crate::config) const LOSS: Spec<LossRule> = Spec::new("data.loss", LossRule::default);
pub(in crate::config) const ROLES: Spec<BTreeMap<String, ChatRole>> =
    Spec::new("data.roles", BTreeMap::new);
pub(in crate::config) const TOOLS: Spec<Option<PathBuf>> = Spec::new("data.tools", || None);
pub(in crate::config) const IGNORE_FIELDS: Spec<Vec<String>> =
    Spec::new("data.ignore_fields", Vec::new);
pub(in crate::config) const TRUST_CACHE: Spec<bool> = Spec::new("data.trust_cache", || false);
pub(in crate::config) const HELD_OUT_LIMIT: Spec<Option<usize>> =
    Spec::within("data.held_out_limit", || Some(256), or_none!(SIZE));
pub(in crate::config) const DOMAIN_LIMIT: Spec<Option<usize>> =
    Spec::within("data.domains[].limit", || None, or_none!(SIZE));

/// Fields of a row, by the names that they usually have.
pub(in crate::config) const INSTRUCTION: Spec<String> =
    Spec::new("data.domains[].format.instruction", || "instruction".into());
pub(in crate::config) const INPUT: Spec<String> =
    Spec::new("data.domains[].format.input", || "input".into());
pub(in crate::config) const OUTPUT: Spec<String> =
    Spec::new("data.domains[].format.output", || "output".into());
pub(in crate::config) const CONVERSATIONS: Spec<String> =
    Spec::new("data.domains[].format.conversations", || "conversations".into());
pub(in crate::config) const MESSAGES: Spec<String> =
    Spec::new("data.domains[].format.messages", || "messages".into());
pub(in crate::config) const PROMPT: Spec<String> =
    Spec::new("data.domains[].format.prompt", || "prompt".into());
pub(in crate::config) const COMPLETION: Spec<String> =
    Spec::new("data.domains[].format.completion", || "completion".into());
pub(in crate::config) const TEXT: Spec<String> =
    Spec::new("data.domains[].format.text", || "text".into());

/// What may be held out.
const SHARE: &str = "a share above 0 and below 1, or files that `train` does not name";
/// What domains may be called, so that commands can name them.
pub(in crate::config) const DOMAIN_NAME: &str =
    "letters, digits, `_`, `-` and `.`, a letter or digit first; not `none`";

pub(super) fn data() -> Section {
    Section {
        path: "data",
        help: "What the model is tuned on, and how rows become tokens; see `versatune help data`.",
        fields: vec![
            Field::required::<String>(
                "data.domains",
                Read::Domains,
                "The domains, at least one, in the order that every list of the run follows. A \
                 name alone, `\"law\"`, is short for `(name: \"law\")`.",
            )
            .form("list of the fields below"),
            Field::derived::<Vec<PathBuf>>(
                "data.train",
                "none",
                Read::UsedFor("data.domains[].train"),
                "Files with the rows of all domains that have no `train` of their own.",
            ),
            Field::new(
                &HELD_OUT,
                Read::UsedFor("data.domains[].held_out"),
                "Held-out rows of all domains that have no `held_out` of their own.",
            )
            .allowed(SHARE),
            Field::new(
                &FORMAT,
                Read::UsedFor("data.domains[].format"),
                "Format of the rows of all domains that have no `format` of their own.",
            ),
            Field::derived::<String>(
                "data.domain_field",
                "none",
                Read::UsedFor("data.domains[].only"),
                "The field of a row whose value is the name of its domain, for files that hold \
                 several domains.",
            ),
            Field::new(
                &SEQUENCE_LENGTH,
                at!(data.sequence_length),
                "Longest example, and length of a packed sequence.",
            )
            .unit("tokens"),
            Field::new(
                &TEMPLATE,
                at!(data.template),
                "The chat template: the tokenizer's own, a built-in one, or a Jinja file.",
            )
            .allowed("Tokenizer, File(…), or chatml, llama2, llama3, mistral, alpaca or plain"),
            Field::new(
                &TOO_LONG,
                at!(data.too_long),
                "What happens to a row of more than `sequence_length` tokens: `Cut` cuts its end \
                 off, `Drop` leaves it out. Both are counted.",
            ),
            Field::new(
                &ON_BAD_ROW,
                at!(data.on_bad_row),
                "What happens to a row that cannot be read. `Stop` ends the run with an error at \
                 the first one; `Skip(100)` leaves out and counts up to 100 per domain before it \
                 does.",
            ),
            Field::new(
                &LOSS,
                at!(data.loss),
                "Which messages of a conversation the loss counts, each with its end-of-turn token. The calls \
                 of tools are the assistant's, what a tool answers is the tool's; `All` counts what the \
                 chat template writes, too. A message with `weight: 0` never counts.",
            ),
            Field::new(
                &ROLES,
                at!(data.roles),
                "Who speaks under a name of the data's own. Known are system (developer), user (human), \
                 assistant (gpt), tool (function, observation) and function_call.",
            ),
            Field::new(
                &TOOLS,
                at!(data.tools),
                "A JSON file with a list of tools, which the chat template gets for conversations whose rows \
                 have no `tools`.",
            ),
            Field::new(
                &IGNORE_FIELDS,
                at!(data.ignore_fields),
                "Fields of rows and messages that are left out although they would change what a row \
                 means, such as `[\"tools\"]`; without it such a row is a bad one.",
            ),
            Field::derived::<PathBuf>(
                "data.cache_dir",
                "`versatune/tokens` in the user's cache folder",
                at!(data.cache_dir),
                "Where tokens are cached.",
            )
            .obeyed(adopt!(data.cache_dir)),
            Field::new(
                &TRUST_CACHE,
                at!(data.trust_cache),
                "Whether tokens that other users cached there are used, and those of this run shared \
                 with the users of the folder. Without it a cache of another user is refused, and \
                 one's own is closed to others.",
            )
            .obeyed(adopt!(data.trust_cache)),
            Field::new(
                &HELD_OUT_LIMIT,
                at!(data.held_out_limit),
                "Most held-out rows of a domain that are measured, chosen by a hash of the row. \
                 `None` measures all.",
            )
            .unit("rows"),
        ],
    }
}

pub(super) fn domain() -> Section {
    Section {
        path: "data.domains[]",
        help: "One domain. On the command line it is named: \
               `--set data.domains.law.limit=5000`.",
        fields: vec![
            Field::required::<String>(
                "data.domains[].name",
                Read::Domain(|domain| domain.name.to_value()),
                "Name of the domain, in commands, logs and reports.",
            )
            .allowed(DOMAIN_NAME),
            Field::derived::<Vec<PathBuf>>(
                "data.domains[].train",
                "`data.train`",
                Read::Domain(|domain| domain.train.to_value()),
                "Files with the domain's rows: JSON lines, JSON, CSV or TSV, also compressed, Parquet or Arrow; \
                 or data sets on the Hub, `hf://datasets/owner/name`. `\"rows.jsonl\"` is short for a list \
                 of one.",
            ),
            Field::derived::<HeldOut>(
                "data.domains[].held_out",
                "`data.held_out`",
                Read::Domain(|domain| domain.held_out.to_value()),
                "Rows that are measured and never trained on: files of their own, or a share of \
                 the training rows, chosen by a hash of the row.",
            )
            .allowed(SHARE),
            Field::derived::<RowFormat>(
                "data.domains[].format",
                "`data.format`",
                Read::Domain(|domain| domain.format.to_value()),
                "Format of the domain's rows. `Auto` recognizes it by the fields of each row.",
            ),
            format_field(&INSTRUCTION, "Alpaca", "Name of the field with the instruction."),
            format_field(&INPUT, "Alpaca", "Name of the field with the optional input."),
            format_field(&OUTPUT, "Alpaca", "Name of the field with the answer."),
            format_field(&CONVERSATIONS, "ShareGpt", "Name of the field with the list of turns."),
            format_field(&MESSAGES, "Messages", "Name of the field with the list of messages."),
            format_field(&PROMPT, "PromptCompletion", "Name of the field with the prompt."),
            format_field(&COMPLETION, "PromptCompletion", "Name of the field with the completion."),
            format_field(&TEXT, "Text", "Name of the field with the text."),
            Field::derived::<Option<FieldIs>>(
                "data.domains[].only",
                "`data.domain_field` and the domain's name where the files are `data.train`, \
                 else `None`",
                Read::Domain(|domain| domain.only.to_value()),
                "Which rows of the files belong to the domain: those with this value in this field. \
                 `None` takes all.",
            ),
            Field::required::<String>(
                "data.domains[].only.field",
                Read::Inside(""),
                "Name of the field.",
            ),
            Field::required::<String>(
                "data.domains[].only.is",
                Read::Inside(""),
                "Value of the field, as text.",
            ),
            Field::new(
                &DOMAIN_LIMIT,
                Read::Domain(|domain| domain.limit.to_value()),
                "Most training rows, chosen by a hash of the row: to balance domains, or to skew \
                 them. `None` takes all.",
            )
            .unit("rows"),
        ],
    }
}

fn format_field(spec: &Spec<String>, variant: &'static str, help: &'static str) -> Field {
    Field::new(spec, Read::Inside(variant), help)
}
