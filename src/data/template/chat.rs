use super::habits::Habits;
use super::renderer::Renderer;
use super::source::TemplateSource;
use super::{builtin, locate, marks};
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::{RowError, Unusable};
use crate::data::tokenizer::TokenizerFolder;
use std::collections::BTreeMap;
use std::ops::Range;

/// A chat template that was tried on a question and an answer.
#[derive(Debug)]
pub(in crate::data) struct ChatTemplate {
    /// Warnings as sentences, such as of tokens that the tokenizer lacks.
    pub warnings: Vec<String>,
    renderer: Renderer,
    habits: Habits,
}

/// A rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct Rendered {
    /// The text, special tokens written out.
    pub text: String,
    /// Byte ranges of it that the loss counts, in order: answers, each with its end-of-turn token.
    pub answers: Vec<Range<usize>>,
    /// Whether the template left out a part of one of these answers, such as its thoughts.
    pub shortened: bool,
}

impl Rendered {
    fn new(text: String, answers: Vec<Range<usize>>, turns: &[Turn]) -> Self {
        let counted: Vec<_> = turns.iter().filter(|turn| turn.counted).collect();
        // A template that marks spans of its own choice cannot be compared.
        let shortened = counted.len() == answers.len()
            && answers
                .iter()
                .zip(counted)
                .any(|(range, turn)| !locate::is_whole(&text[range.clone()], &turn.content));
        Rendered { text, answers, shortened }
    }
}

impl ChatTemplate {
    /// The template, tried once.
    ///
    /// # Errors
    /// It is no template, or does not work.
    pub fn load(source: &TemplateSource, tokenizer: &TokenizerFolder) -> Result<Self, Unusable> {
        match source {
            TemplateSource::BuiltIn(name) => Self::built_in(name, tokenizer),
            TemplateSource::Jinja { name, text } => {
                Self::new(name.clone(), text, tokenizer.files.special.clone())
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
        Ok(ChatTemplate { warnings, renderer, habits })
    }

    /// The `bos_token` that it is given, which for a built-in template depends on the tokenizer.
    pub fn bos_token(&self) -> &str {
        self.renderer.bos_token()
    }

    /// What it writes behind answers, of the last one and of others.
    pub fn ends_of_answers(&self) -> [&str; 2] {
        [&self.habits.end_of_turn, &self.habits.end_before_question]
    }

    /// Renders a conversation and finds the assistant's words in it.
    ///
    /// # Errors
    /// The template refuses the conversation, or an answer cannot be found in the text.
    pub fn render(&self, turns: &[Turn]) -> Result<Rendered, RowError> {
        if turns.iter().any(|turn| turn.content.contains(marks::is_reserved)) {
            return Err(RowError(
                "the text holds one of the noncharacters U+FDD0 to U+FDD2, which no text should; \
                 remove it"
                    .into(),
            ));
        }
        let text = self.renderer.text(turns, false)?;
        let is_lost =
            |turn: &&Turn| turn.role == ChatRole::Tool && !text.contains(turn.content.trim());
        if turns.iter().any(|turn| is_lost(&turn)) {
            return Err(RowError(format!(
                "the chat template {} leaves out a message of a tool; take a template that knows the role \
                 tool",
                self.renderer.name
            )));
        }
        if self.habits.marks_generation {
            let (text, answers) = marks::unmark(&text);
            let answers = self.counted(turns, answers)?;
            return Ok(Rendered::new(text, answers, turns));
        }
        let answers = locate::answers(&self.renderer, &self.habits, turns, &text)?;
        Ok(Rendered::new(text, answers, turns))
    }

    /// Those of the ranges that a template marks whose answers the loss counts.
    fn counted(
        &self,
        turns: &[Turn],
        ranges: Vec<Range<usize>>,
    ) -> Result<Vec<Range<usize>>, RowError> {
        let answers: Vec<_> =
            turns.iter().filter(|turn| turn.role == ChatRole::Assistant).collect();
        if answers.iter().all(|turn| turn.counted) {
            return Ok(ranges);
        }
        if answers.len() != ranges.len() {
            return Err(RowError(format!(
                "some of its {} answers do not count, and the chat template {} marks {} spans with {{% \
                 generation %}}, so that it is not known which",
                answers.len(),
                self.renderer.name,
                ranges.len()
            )));
        }
        let both = ranges.into_iter().zip(answers);
        Ok(both.filter(|(_, turn)| turn.counted).map(|(range, _)| range).collect())
    }
}
