use super::counted::Counted;
use super::habits::Habits;
use super::left_out::LeftOut;
use super::renderer::Renderer;
use super::source::TemplateSource;
use super::written::Written;
use super::{builtin, counted, locate, marks, tools};
use crate::data::conversation::{ChatRole, Conversation, Turn};
use crate::data::error::{RowError, Unusable};
use crate::data::plan::LossRule;
use crate::data::tokenizer::TokenizerFolder;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// A chat template that was tried on a question and an answer.
#[derive(Debug)]
pub(in crate::data) struct ChatTemplate {
    /// Warnings as sentences, such as of tokens that the tokenizer lacks.
    pub warnings: Vec<String>,
    renderer: Renderer,
    habits: Habits,
    is_built_in: bool,
    /// The template of conversations with tools, if that is another one.
    with_tools: Option<Box<ChatTemplate>>,
}

/// A rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct Rendered {
    /// The text, special tokens written out.
    pub text: String,
    /// Byte ranges of it that the loss counts, in order: answers, each with its end-of-turn token.
    pub counted: Vec<Range<usize>>,
    /// The words of the conversation in each of those, without what the template writes around them.
    pub words: Vec<Range<usize>>,
    pub left_out: LeftOut,
}

impl ChatTemplate {
    /// The template, tried once.
    ///
    /// # Errors
    /// It is no template, or does not work.
    pub fn load(source: &TemplateSource, tokenizer: &TokenizerFolder) -> Result<Self, Unusable> {
        match source {
            TemplateSource::BuiltIn(name) => Self::built_in(name, tokenizer),
            TemplateSource::Jinja { name, text, with_tools } => {
                let load =
                    |text: &str| Self::new(name.clone(), text, tokenizer.files.special.clone());
                let with_tools = with_tools.as_deref().map(load).transpose()?;
                Ok(ChatTemplate { with_tools: with_tools.map(Box::new), ..load(text)? })
            }
        }
    }

    fn built_in(name: &str, tokenizer: &TokenizerFolder) -> Result<Self, Unusable> {
        let unusable = |problem| Unusable::Template { name: format!("'{name}'"), problem };
        let Some(builtin) = builtin::by_name(name) else {
            return Err(unusable(format!(
                "there is no such template; known are {}",
                builtin::template_names().join(", ")
            )));
        };
        if builtin.needs_eos && tokenizer.files.eos().is_none() {
            return Err(unusable(
                "it ends answers with eos_token, but the tokenizer's tokenizer_config.json names \
                 none; name one there, or choose chatml or llama3"
                    .into(),
            ));
        }
        let mut special = tokenizer.files.special.clone();
        let bos = special.get("bos_token").and_then(|bos| tokenizer.tokenizer.token_to_id(bos));
        if builtin.bos_as_tokenizer && !bos.is_some_and(|id| tokenizer.text_prefix.contains(&id)) {
            special.remove("bos_token");
        }
        special.entry("bos_token".into()).or_default();
        let mut template = Self::new(builtin.name.into(), builtin.source, special)?;
        template.is_built_in = true;
        let lacks = |token: &&&str| tokenizer.tokenizer.token_to_id(token).is_none();
        let lacking: Vec<&str> = builtin.tokens.iter().filter(lacks).copied().collect();
        if !lacking.is_empty() {
            template.warnings.push(format!(
                "the tokenizer has no token {}, which the chat template {name} uses: it is spelled \
                 out in pieces",
                lacking.join(", ")
            ));
        }
        Ok(template)
    }

    /// The template of this source, tried once.
    ///
    /// # Errors
    /// It is no template, or does not work on a question and its answer.
    pub(super) fn new(
        name: String,
        source: &str,
        special: BTreeMap<String, String>,
    ) -> Result<Self, Unusable> {
        let unusable = |problem: String| Unusable::template(&name, problem);
        let renderer = Renderer::new(name.clone(), source, special)
            .map_err(|error| unusable(error.to_string()))?;
        let mut warnings = Vec::new();
        let habits = Habits::learn(&renderer, &mut warnings).map_err(|problem| {
            unusable(format!("it does not work on a question and its answer: {problem}"))
        })?;
        if source.contains("strftime_now") {
            warnings.push(format!(
                "the chat template {name} uses today's date; it always gets 26 July 2024 instead, so \
                 that the tokens do not change from day to day"
            ));
        }
        Ok(ChatTemplate { warnings, renderer, habits, is_built_in: false, with_tools: None })
    }

    /// The `bos_token` that it is given, which for a built-in template depends on the tokenizer.
    pub fn bos_token(&self) -> &str {
        self.renderer.bos_token()
    }

    /// What it writes behind answers, of the last one and of others.
    pub fn ends_of_answers(&self) -> [&str; 2] {
        [&self.habits.end_of_turn, &self.habits.end_before_question]
    }

    /// Renders a conversation and finds in it what the loss counts. `tools` are those of a row that names
    /// none.
    ///
    /// # Errors
    /// The template refuses the conversation or leaves out a part of it, or a message cannot be found in
    /// the text.
    pub fn render(
        &self,
        conversation: &Conversation,
        loss: &LossRule,
        tools: Option<&Value>,
    ) -> Result<Rendered, RowError> {
        let mut variables = Cow::Borrowed(&conversation.variables);
        if let Some(tools) = tools.filter(|_| !variables.contains_key("tools")) {
            variables.to_mut().insert("tools".into(), tools.clone());
        }
        if let Some(other) = self.with_tools.as_ref().filter(|_| variables.contains_key("tools")) {
            return other.render(conversation, loss, tools);
        }
        require_no_marks(conversation)?;
        let turns = self.habits.arguments.in_form(&conversation.turns)?;
        let (renderer, habits) = (&self.renderer, &self.habits);
        let marked = renderer.text(&turns, &variables, false)?;
        tools::require_offered(renderer, &turns, &variables, &marked)?;
        let (text, marks) = match habits.marks_generation {
            true => with_ends(habits, marks::unmark(&marked)),
            false => (marked, Vec::new()),
        };
        self.require_results(&turns, &text)?;
        let written =
            Written { renderer, habits, turns: &turns, variables: &variables, text: &text };
        let Counted { ranges, words, mut left_out } = counted::counted(&written, marks, loss)?;
        left_out.message = self.leaves_out_a_message(&turns, &text)?;
        Ok(Rendered { text, counted: ranges, words, left_out })
    }

    /// Whether the text lacks what the system or the user says.
    ///
    /// # Errors
    /// It does, and the template is a built-in one: those refuse what they cannot write.
    fn leaves_out_a_message(&self, turns: &[Turn], text: &str) -> Result<bool, RowError> {
        let is_lost = |turn: &Turn| {
            matches!(turn.role, ChatRole::System | ChatRole::User)
                && !tools::is_in(text, turn.text())
                && !locate::is_spoken(text, turn.text())
        };
        let lost = turns.iter().position(is_lost);
        match lost.filter(|_| self.is_built_in) {
            None => Ok(lost.is_some()),
            Some(turn) => Err(RowError(format!(
                "the chat template {} has no place for message {} of {}, the {}'s; take another template, such as \
                 chatml",
                self.renderer.name,
                turn + 1,
                turns.len(),
                turns[turn].role.name()
            ))),
        }
    }

    /// # Errors
    /// The template leaves out what a tool gave.
    fn require_results(&self, turns: &[Turn], text: &str) -> Result<(), RowError> {
        let is_lost = |turn: &Turn| turn.role == ChatRole::Tool && !tools::is_in(text, turn.text());
        match turns.iter().any(is_lost) {
            false => Ok(()),
            true => Err(RowError(format!(
                "the chat template {} leaves out a message of a tool; take a template that knows the role \
                 tool",
                self.renderer.name
            ))),
        }
    }
}

/// The spans that a template marks, each with the end-of-turn token behind it where the template writes that
/// outside.
fn with_ends(
    habits: &Habits,
    (text, mut marks): (String, Vec<Range<usize>>),
) -> (String, Vec<Range<usize>>) {
    for mark in &mut marks {
        mark.end = habits.with_end_of_turn(&text, mark.end);
    }
    (text, marks)
}

/// # Errors
/// A text holds a mark of the program's own.
fn require_no_marks(conversation: &Conversation) -> Result<(), RowError> {
    let is_marked = |value: &Value| value.to_string().contains(marks::is_reserved);
    let in_turn = |turn: &Turn| {
        turn.text().contains(marks::is_reserved) || turn.fields.values().any(is_marked)
    };
    if conversation.turns.iter().any(in_turn) || conversation.variables.values().any(is_marked) {
        return Err(RowError(
            "the text holds one of the noncharacters U+FDD0 to U+FDD2, which no text should; remove it"
                .into(),
        ));
    }
    Ok(())
}
