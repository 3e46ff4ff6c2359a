//! Conversations → text, with the places of the assistant's words.

mod builtin;
mod jinja;
mod locate;

use super::conversation::{Role, Turn};
use super::error::{DataError, RowError};
use super::tokenizer::TokenizerFolder;
use crate::data::plan::TemplateChoice;
use jinja::{GENERATION, Jinja};
use minijinja::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// A chat template that is known to work.
#[derive(Debug)]
pub(super) struct ChatTemplate {
    /// A built-in's name, or the file it came from.
    pub name: String,
    /// Its Jinja.
    pub source: String,
    /// Remarks for people, such as tokens that the tokenizer lacks.
    pub warnings: Vec<String>,
    jinja: Jinja,
    special: BTreeMap<String, String>,
    marks_generation: bool,
    /// Space between the prompt for an answer and the answer (Mistral: one space), which the model
    /// has to write itself.
    space_before_answer: String,
    /// What it writes behind an answer, without space around it (`<|im_end|>`); may be empty.
    end_of_turn: String,
}

/// A rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    /// The text, special tokens written out.
    pub text: String,
    /// Byte ranges of it that the loss counts, in order: answers, each with its end-of-turn token.
    pub answers: Vec<Range<usize>>,
}

impl ChatTemplate {
    /// The template that the plan names; `None` where it names the tokenizer's and there is none.
    pub fn load(
        choice: &TemplateChoice,
        tokenizer: &TokenizerFolder,
    ) -> Result<Option<Self>, DataError> {
        let special = tokenizer.special.clone();
        match choice {
            TemplateChoice::BuiltIn(name) => Self::built_in(name, tokenizer).map(Some),
            TemplateChoice::File(path) => {
                let source = std::fs::read_to_string(path).map_err(DataError::io("read", path))?;
                Self::new(path.display().to_string(), source, special).map(Some)
            }
            TemplateChoice::Tokenizer => tokenizer
                .chat_template
                .as_ref()
                .map(|(path, source)| {
                    Self::new(path.display().to_string(), source.clone(), special)
                })
                .transpose(),
        }
    }

    /// The error of a plan that needs a template where the tokenizer has none.
    pub fn missing() -> DataError {
        DataError::Template {
            name: "of the tokenizer".into(),
            problem: format!(
                "the tokenizer brings none (no chat_template.jinja, no chat_template in \
                 tokenizer_config.json), as is usual for base models; name a built-in one: {}",
                builtin::names()
            ),
        }
    }

    fn built_in(name: &str, tokenizer: &TokenizerFolder) -> Result<Self, DataError> {
        let fault = |problem| DataError::Template { name: format!("'{name}'"), problem };
        let Some(builtin) = builtin::by_name(name) else {
            return Err(fault(format!(
                "there is no such template; known are {}",
                builtin::names()
            )));
        };
        if builtin.needs_eos && tokenizer.eos().is_none() {
            return Err(fault(
                "it ends answers with eos_token, but the tokenizer's tokenizer_config.json names \
                 none; name one there, or choose chatml or llama3"
                    .into(),
            ));
        }
        let mut special = tokenizer.special.clone();
        let bos = special.get("bos_token").and_then(|bos| tokenizer.tokenizer.token_to_id(bos));
        if builtin.bos_as_tokenizer && !bos.is_some_and(|id| tokenizer.text_prefix.contains(&id)) {
            special.remove("bos_token");
        }
        special.entry("bos_token".into()).or_default();
        let mut template = Self::new(builtin.name.into(), builtin.source.into(), special)?;
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

    fn new(
        name: String,
        source: String,
        special: BTreeMap<String, String>,
    ) -> Result<Self, DataError> {
        let fault = |problem| DataError::Template { name: name.clone(), problem };
        let jinja = Jinja::new(&source).map_err(|error| fault(error.to_string()))?;
        let mut template = ChatTemplate {
            name: name.clone(),
            source,
            warnings: Vec::new(),
            jinja,
            special,
            marks_generation: false,
            space_before_answer: String::new(),
            end_of_turn: String::new(),
        };
        template.learn_habits().map_err(|problem| {
            fault(format!("it does not work on a question and its answer: {problem}"))
        })?;
        Ok(template)
    }

    /// Tries the template on a question and an answer.
    fn learn_habits(&mut self) -> Result<(), RowError> {
        let probe =
            [Turn::new(Role::User, "Question"), Turn::new(Role::Assistant, locate::STAND_IN)];
        let text = self.text(&probe, false)?;
        self.marks_generation = text.contains(GENERATION);
        let (before, after) = text
            .split_once(locate::STAND_IN)
            .ok_or_else(|| RowError("the answer does not appear in what it renders".into()))?;
        if !before.contains("Question") {
            self.warnings.push(format!("the chat template {} leaves the question out", self.name));
        }
        // A template that refuses an unanswered question keeps no such space.
        let prompt = self.text(&probe[..1], true).unwrap_or_default();
        let gap = before.strip_prefix(prompt.as_str()).unwrap_or_default();
        if gap.trim().is_empty() {
            self.space_before_answer = gap.to_owned();
        }
        self.end_of_turn = after.replace(GENERATION, "").trim().to_owned();
        if self.end_of_turn.is_empty() {
            self.warnings.push(format!(
                "the chat template {} writes no end-of-turn token behind an answer: the model will \
                 not learn where to stop",
                self.name
            ));
        }
        if self.source.contains("strftime_now") {
            self.warnings.push(format!(
                "the chat template {} asks for today's date; it is always given 26 July 2024, so \
                 that the tokens do not change from day to day",
                self.name
            ));
        }
        Ok(())
    }

    /// The `bos_token` that it is given: a built-in's depends on the tokenizer's habits.
    pub fn beginning(&self) -> &str {
        self.special.get("bos_token").map_or("", String::as_str)
    }

    /// Renders a conversation and finds the assistant's words in it.
    pub fn render(&self, turns: &[Turn]) -> Result<Rendered, RowError> {
        let reserved = |c: char| GENERATION.contains(&c) || locate::STAND_IN.contains(c);
        if turns.iter().any(|turn| turn.content.contains(reserved)) {
            return Err(RowError(
                "the text holds one of the noncharacters U+FDD0 to U+FDD2, which no text should; \
                 remove it"
                    .into(),
            ));
        }
        let text = self.text(turns, false)?;
        if self.marks_generation {
            return Ok(unmark(&text));
        }
        let answers = locate::answers(self, turns, &text)?;
        Ok(Rendered { text, answers })
    }

    /// The template's output as it is.
    fn text(&self, turns: &[Turn], add_generation_prompt: bool) -> Result<String, RowError> {
        let messages: Vec<Value> = turns
            .iter()
            .map(|turn| {
                minijinja::context! { role => turn.role.name(), content => turn.content.as_str() }
            })
            .collect();
        let known = minijinja::context! {
            messages => messages,
            add_generation_prompt => add_generation_prompt,
            tools => (),
            documents => (),
        };
        let special = Value::from_pairs(
            self.special.iter().map(|(name, token)| (name.as_str(), token.as_str())),
        );
        self.jinja.render(minijinja::context! { ..known, ..special }).map_err(|error| {
            RowError(format!("the chat template {} refuses the conversation: {error}", self.name))
        })
    }
}

/// Takes the generation marks out and notes where they were.
fn unmark(marked: &str) -> Rendered {
    let [start, _] = GENERATION;
    let mut text = String::with_capacity(marked.len());
    let mut answers: Vec<Range<usize>> = Vec::new();
    let mut opened = None;
    let mut rest = marked;
    while let Some(at) = rest.find(GENERATION) {
        text.push_str(&rest[..at]);
        if rest[at..].starts_with(start) {
            opened = Some(text.len());
        } else if let Some(from) = opened.take() {
            answers.push(from..text.len());
        }
        rest = &rest[at + start.len_utf8()..];
    }
    text.push_str(rest);
    Rendered { text, answers }
}

#[cfg(test)]
mod tests;
