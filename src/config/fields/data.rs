//! The data, and each domain.

use super::super::plan::{FieldIs, HeldOut, OnBadRow, RowFormat, TemplateChoice, TooLong};
use super::field::{Field, Read, adopt, at};
use super::limits::or_none;
use super::section::Section;
use super::spec::Spec;
use super::types::FieldType;
use crate::unit::allowed::{Allowed, SIZE};
use std::path::PathBuf;

pub(in crate::config) const HELD_OUT: Spec<HeldOut> =
    Spec::new("data.held_out", || HeldOut::Share(0.02));
pub(in crate::config) const FORMAT: Spec<RowFormat> = Spec::new("data.format", || RowFormat::Auto);
/// One token to see and one to predict.
const AT_LEAST_TWO: Allowed<usize> =
    Allowed { holds: |n| *n >= 2, text: "a whole number of tokens, 2 or above" };
pub(in crate::config) const SEQUENCE_LENGTH: Spec<usize> =
    Spec::within("data.sequence_length", || 2048, AT_LEAST_TWO);
pub(in crate::config) const TEMPLATE: Spec<TemplateChoice> =
    Spec::new("data.template", || TemplateChoice::Tokenizer);
pub(in crate::config) const TOO_LONG: Spec<TooLong> = Spec::new("data.too_long", || TooLong::Cut);
pub(in crate::config) const ON_BAD_ROW: Spec<OnBadRow> =
    Spec::new("data.on_bad_row", || OnBadRow::Stop);
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

/// What a share of held-out rows may be.
const SHARE: &str = "a share above 0 and below 1, or files that `train` does not name";
/// What domains may be called: commands name them, too.
pub(in crate::config) const DOMAIN_NAME: &str =
    "letters, digits, `_`, `-` and `.`, a letter or digit first; not `none`";

pub(super) fn data() -> Section {
    Section {
        path: "data",
        help: "What the model is tuned on, and how rows become tokens.",
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
                "Files with the rows of every domain that names none of its own.",
            ),
            Field::of(
                &HELD_OUT,
                Read::UsedFor("data.domains[].held_out"),
                "Held-out rows of every domain that says nothing of its own.",
            )
            .allowed(SHARE),
            Field::of(
                &FORMAT,
                Read::UsedFor("data.domains[].format"),
                "Form of the rows of every domain that says nothing of its own.",
            ),
            Field::derived::<String>(
                "data.domain_field",
                "none",
                Read::UsedFor("data.domains[].only"),
                "The field of a row whose value is the name of its domain, for files that hold \
                 several domains.",
            ),
            Field::of(
                &SEQUENCE_LENGTH,
                at!(data.sequence_length),
                "Longest example, and capacity of a packed sequence.",
            )
            .unit("tokens"),
            Field::of(
                &TEMPLATE,
                at!(data.template),
                "The chat template: the tokenizer's own, a built-in one, or a Jinja file.",
            )
            .allowed("Tokenizer, File(…), or chatml, llama2, llama3, mistral, alpaca or plain"),
            Field::of(
                &TOO_LONG,
                at!(data.too_long),
                "What happens to a row of more than `sequence_length` tokens: its end is cut off, \
                 or it is left out. Both are counted.",
            ),
            Field::of(
                &ON_BAD_ROW,
                at!(data.on_bad_row),
                "What happens to a row that cannot be read. `Skip(100)` leaves out up to 100 per \
                 domain and counts them; one more ends the run with an error, as `Stop` does at \
                 the first.",
            ),
            Field::derived::<PathBuf>(
                "data.cache_dir",
                "`versatune/tokens` in the user's cache folder",
                at!(data.cache_dir),
                "Where tokens are cached.",
            )
            .obeyed(adopt!(data.cache_dir)),
            Field::of(
                &HELD_OUT_LIMIT,
                at!(data.held_out_limit),
                "Most held-out rows of a domain that are measured: the first by a hash of the row.",
            )
            .unit("rows"),
        ],
    }
}

pub(super) fn domain() -> Section {
    Section {
        path: "data.domains[]",
        help: "A domain. On the command line it goes by its name: \
               `--set data.domains.law.limit=5000`.",
        fields: vec![
            Field::required::<String>(
                "data.domains[].name",
                Read::Domain(|domain| domain.name.to_value()),
                "Its name.",
            )
            .allowed(DOMAIN_NAME),
            Field::derived::<Vec<PathBuf>>(
                "data.domains[].train",
                "`data.train`",
                Read::Domain(|domain| domain.train.to_value()),
                "Files with its rows (JSON, JSON lines, Parquet, compressed or not). Short form \
                 of one: `\"rows.jsonl\"`.",
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
                "Form of its rows. `Auto` recognises it by the fields of the first row.",
            ),
            format_field(&INSTRUCTION, "Alpaca", "Field of the instruction."),
            format_field(&INPUT, "Alpaca", "Field of the optional input."),
            format_field(&OUTPUT, "Alpaca", "Field of the answer."),
            format_field(&CONVERSATIONS, "ShareGpt", "Field of the list of turns."),
            format_field(&MESSAGES, "Messages", "Field of the list of messages."),
            format_field(&PROMPT, "PromptCompletion", "Field of the prompt."),
            format_field(&COMPLETION, "PromptCompletion", "Field of the completion."),
            format_field(&TEXT, "Text", "Field of the text."),
            Field::derived::<Option<FieldIs>>(
                "data.domains[].only",
                "`data.domain_field` and the domain's name where the files are `data.train`, \
                 else `None`",
                Read::Domain(|domain| domain.only.to_value()),
                "Only rows of which a field has a value belong to the domain.",
            ),
            Field::required::<String>("data.domains[].only.field", Read::Inside(""), "The field."),
            Field::required::<String>(
                "data.domains[].only.is",
                Read::Inside(""),
                "Its value, as text.",
            ),
            Field::of(
                &DOMAIN_LIMIT,
                Read::Domain(|domain| domain.limit.to_value()),
                "Most training rows: the first by a hash of the row. To balance, or to skew.",
            )
            .unit("rows"),
        ],
    }
}

fn format_field(spec: &Spec<String>, variant: &'static str, help: &'static str) -> Field {
    Field::of(spec, Read::Inside(variant), help)
}
