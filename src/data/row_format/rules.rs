use super::fields::Fields;
use crate::data::conversation::ChatRole;
use crate::data::plan::DataPlan;
use crate::data::template::TemplateSource;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How the rows of a run are read, whatever their format.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Rules {
    ignored: Vec<String>,
    roles: BTreeMap<String, ChatRole>,
    /// Name of the chat template and the words in its source; `None` where there is none.
    template: Option<(String, BTreeSet<String>)>,
}

impl Rules {
    pub fn new(plan: &DataPlan, template: Option<&TemplateSource>) -> Self {
        Rules {
            ignored: plan.ignore_fields.clone(),
            roles: plan.roles.clone(),
            template: template.map(|source| (source.name().to_owned(), source.words())),
        }
    }

    /// Rules of tests: fields that are ignored, and the source of a template.
    #[cfg(test)]
    pub fn of(ignored: &[&str], source: &str) -> Self {
        let template =
            TemplateSource::Jinja { name: "t".into(), text: source.into(), with_tools: None };
        Rules {
            ignored: ignored.iter().map(|name| name.to_string()).collect(),
            roles: BTreeMap::from([("narrator".into(), ChatRole::User)]),
            template: Some((template.name().to_owned(), template.words())),
        }
    }

    /// Whether the config leaves out a field of rows or messages that it would be wrong to leave out
    /// unsaid.
    pub fn ignores(&self, field: &str) -> bool {
        self.ignored.iter().any(|name| name == field)
    }

    /// The fields that the config does not leave out.
    pub fn without_ignored<'a>(&self, fields: &'a Fields) -> Cow<'a, Fields> {
        if !fields.keys().any(|name| self.ignores(name)) {
            return Cow::Borrowed(fields);
        }
        let kept = fields.iter().filter(|(name, _)| !self.ignores(name));
        Cow::Owned(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Whether the chat template reads a field: its source has the name.
    pub fn template_reads(&self, field: &str) -> bool {
        self.template.as_ref().is_some_and(|(_, words)| words.contains(field))
    }

    /// The chat template, for messages.
    pub fn template_name(&self) -> &str {
        self.template.as_ref().map_or("(there is none)", |(name, _)| name)
    }

    /// The role that data sets call by this name, in any case.
    pub fn role(&self, name: &str) -> Option<ChatRole> {
        let own = self.roles.get(name).copied();
        own.or_else(|| match name.to_ascii_lowercase().as_str() {
            "system" | "developer" => Some(ChatRole::System),
            "user" | "human" | "prompter" => Some(ChatRole::User),
            "assistant" | "gpt" | "model" | "bot" | "chatgpt" => Some(ChatRole::Assistant),
            "tool" | "function" | "observation" | "ipython" | "function_response"
            | "tool_response" => Some(ChatRole::Tool),
            _ => None,
        })
    }
}
