//! The domains, and how their rows become tokens.

use super::super::fields::{Spec, data as fields};
use super::super::given::Given;
use super::super::plan::{
    DataPlan, DomainPlan, FieldIs, HeldOut, LossRule, RowFormat, TemplateChoice,
};
use super::super::words::{any_of, did_you_mean};
use super::super::written::{self, Data, Domain, Format, Template};
use super::checker::Checker;
use crate::control::check_domain_name;
use crate::data::{HubAddress, template_names};
use crate::unit::allowed::BETWEEN;
use std::path::{Path, PathBuf};

/// The fields of `data` that apply to all domains without a field of their own.
struct Common {
    train: Option<Vec<String>>,
    held_out: Option<written::HeldOut>,
    format: Option<Format>,
    domain_field: Option<String>,
}

impl Checker<'_> {
    pub(super) fn data(&mut self, given: Given<Data>) -> Option<DataPlan> {
        let Some(data) = given.0 else {
            self.error(
                "data",
                "the data to tune on",
                "add `data: (domains: [(name: …, train: …)])`",
            );
            return None;
        };
        let common = Common {
            train: data.train.0,
            held_out: data.held_out.0,
            format: data.format.0,
            domain_field: data.domain_field.0,
        };
        let written = data.domains.or(Vec::new());
        if written.is_empty() {
            let fix = "add `domains: [(name: \"law\", train: \"law.jsonl\"), …]`";
            self.error("data.domains", "at least one domain", fix);
        }
        let domains: Vec<DomainPlan> = written
            .into_iter()
            .enumerate()
            .map(|(i, domain)| self.domain(&format!("data.domains[{i}]"), domain, &common))
            .collect();
        self.unique_names(&domains);
        let cache_dir = match data.cache_dir.0 {
            Some(written) => self.path("data.cache_dir", &written),
            None => self.options.cache.join("versatune/tokens"),
        };
        Some(DataPlan {
            domains,
            sequence_length: self.value(&fields::SEQUENCE_LENGTH, data.sequence_length),
            template: self.template(data.template),
            too_long: self.value(&fields::TOO_LONG, data.too_long),
            on_bad_row: self.value(&fields::ON_BAD_ROW, data.on_bad_row),
            loss: self.loss(data.loss),
            roles: self.value(&fields::ROLES, data.roles),
            tools: self.tools(data.tools),
            ignore_fields: self.value(&fields::IGNORE_FIELDS, data.ignore_fields),
            cache_dir,
            trust_cache: self.value(&fields::TRUST_CACHE, data.trust_cache),
            held_out_limit: self.value(&fields::HELD_OUT_LIMIT, data.held_out_limit),
        })
    }

    fn domain(&mut self, path: &str, domain: Domain, common: &Common) -> DomainPlan {
        let name = self.domain_name(&format!("{path}.name"), domain.name.0);
        let shared = domain.train.0.is_none();
        let train = self.train_files(path, domain.train.0, common);
        let held_out = match domain.held_out.0 {
            Some(own) => self.held_out(&format!("{path}.held_out"), own),
            None => match common.held_out.clone() {
                Some(all) => self.held_out("data.held_out", all),
                None => (fields::HELD_OUT.default)(),
            },
        };
        self.never_both(&format!("{path}.held_out"), &train, &held_out);
        let only = match (domain.only.0, &common.domain_field) {
            (Some(own), _) => own,
            (None, Some(field)) if shared => {
                Some(FieldIs { field: field.clone(), is: name.clone() })
            }
            (None, _) => None,
        };
        let limit = format!("{path}.limit");
        DomainPlan {
            name,
            train,
            held_out,
            format: format(domain.format.0.or(common.format.clone())),
            only,
            limit: self.value_at(&limit, &fields::DOMAIN_LIMIT, domain.limit),
        }
    }

    /// A name that commands can use, too.
    fn domain_name(&mut self, path: &str, name: Option<String>) -> String {
        let Some(name) = name else {
            self.error(path, "a name", "add `name: \"…\"`");
            return String::new();
        };
        if check_domain_name(&name).is_err() {
            self.error(path, fields::DOMAIN_NAME, "");
        }
        name
    }

    fn unique_names(&mut self, domains: &[DomainPlan]) {
        for (i, domain) in domains.iter().enumerate() {
            if let Some(first) = domains[..i].iter().position(|other| other.name == domain.name)
                && !domain.name.is_empty()
            {
                let found = format!("\"{}\", which domain [{first}] has already", domain.name);
                let path = format!("data.domains[{i}].name");
                let fix = "rename one, or list all files in one `train: […]`";
                self.error_found(&path, found, "a name of its own for every domain", fix);
            }
        }
    }

    fn train_files(
        &mut self,
        path: &str,
        own: Option<Vec<String>>,
        common: &Common,
    ) -> Vec<PathBuf> {
        let (field, written) = match (own, &common.train) {
            (Some(own), _) => (format!("{path}.train"), own),
            (None, Some(all)) => ("data.train".to_owned(), all.clone()),
            (None, None) => {
                let fix = "add `train: \"rows.jsonl\"` here, or `data.train` for all domains";
                self.error(&format!("{path}.train"), "the files with its rows", fix);
                return Vec::new();
            }
        };
        self.files(&field, written)
    }

    fn held_out(&mut self, path: &str, written: written::HeldOut) -> HeldOut {
        match written {
            written::HeldOut::Files(files) => HeldOut::Files(self.files(path, files)),
            written::HeldOut::Share(share) => {
                if !(BETWEEN.holds)(&share) {
                    self.error(
                        path,
                        "a share above 0 and below 1, or files",
                        "such as Share(0.02)",
                    );
                }
                HeldOut::Share(share)
            }
        }
    }

    /// The files of a list, each of which must exist and be listed once.
    fn files(&mut self, field: &str, written: Vec<String>) -> Vec<PathBuf> {
        if written.is_empty() {
            self.error(field, "at least one file", "");
        }
        let mut files: Vec<PathBuf> = Vec::new();
        for (i, entry) in written.iter().enumerate() {
            let field = format!("{field}[{i}]");
            for path in self.data_files(&field, entry) {
                if files.contains(&path) && !path.as_os_str().is_empty() {
                    let found = format!("{} a second time", path.display());
                    self.error_found(&field, found, "each file once", "take one out");
                }
                files.push(path);
            }
        }
        files
    }

    /// No file is both trained on and held out. A data set on the Hub has other files for each.
    fn never_both(&mut self, path: &str, train: &[PathBuf], held_out: &HeldOut) {
        let HeldOut::Files(files) = held_out else { return };
        let is_twice = |file: &&PathBuf| train.contains(file) && !has_splits(file);
        if let Some(both) = files.iter().find(is_twice) {
            let found = format!("{}, which is trained on too", both.display());
            let fix = "name other files, or keep a share of these out: `held_out: Share(0.02)`";
            self.error_found(path, found, "files that `train` does not name", fix);
        }
    }

    fn loss(&mut self, given: Given<LossRule>) -> LossRule {
        let loss = self.value(&fields::LOSS, given);
        if loss == LossRule::Roles(Vec::new()) {
            self.error("data.loss", "at least one role", "such as Roles([Assistant])");
        }
        loss
    }

    fn tools(&mut self, given: Given<Option<String>>) -> Option<PathBuf> {
        let written = given.0.flatten()?;
        Some(self.file("data.tools", &written))
    }

    fn template(&mut self, given: Given<Template>) -> TemplateChoice {
        let Some(template) = given.0 else { return (fields::TEMPLATE.default)() };
        match template {
            Template::Tokenizer => TemplateChoice::Tokenizer,
            Template::File(file) => TemplateChoice::File(self.file("data.template", &file)),
            Template::BuiltIn(name) => {
                let known = template_names();
                if !known.contains(&name.as_str()) {
                    let allowed = format!("Tokenizer, File(…), or the name {}", any_of(&known));
                    self.error("data.template", allowed, did_you_mean(&name, known));
                }
                TemplateChoice::BuiltIn(name)
            }
        }
    }
}

/// Whether this is a data set on the Hub, or a folder of one, of which training and held-out rows take
/// different files.
fn has_splits(file: &Path) -> bool {
    let address = HubAddress::in_place_of(file).and_then(|text| HubAddress::parse(text).ok());
    address.is_some_and(|address| address.depends_on_use())
}

fn format(written: Option<Format>) -> RowFormat {
    let or = |given: Given<String>, spec: Spec<String>| given.0.unwrap_or_else(spec.default);
    let Some(written) = written else { return (fields::FORMAT.default)() };
    match written {
        Format::Auto {} => RowFormat::Auto,
        Format::Alpaca { instruction, input, output } => RowFormat::Alpaca {
            instruction: or(instruction, fields::INSTRUCTION),
            input: or(input, fields::INPUT),
            output: or(output, fields::OUTPUT),
        },
        Format::ShareGpt { conversations } => {
            RowFormat::ShareGpt { conversations: or(conversations, fields::CONVERSATIONS) }
        }
        Format::Messages { messages } => {
            RowFormat::Messages { messages: or(messages, fields::MESSAGES) }
        }
        Format::PromptCompletion { prompt, completion } => RowFormat::PromptCompletion {
            prompt: or(prompt, fields::PROMPT),
            completion: or(completion, fields::COMPLETION),
        },
        Format::Text { text } => RowFormat::Text { text: or(text, fields::TEXT) },
    }
}
