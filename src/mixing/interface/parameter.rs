use crate::unit::DomainId;
use crate::unit::allowed::Allowed;
use serde::{Serialize, Serializer};

/// One parameter of a strategy, bound to the field that holds it. In a strategy that was just made
/// the field has the default.
pub struct Parameter<'a> {
    /// Its name in a config; [`Parameter::UNNAMED`] for the one parameter of a strategy that is
    /// written without a name.
    pub name: &'static str,
    /// What it means, in a few words.
    pub help: &'static str,
    /// The field, and the values that it may have.
    pub slot: Slot<'a>,
}

/// The field of a parameter, by the type of its values.
pub enum Slot<'a> {
    /// A number.
    Number {
        /// Where it is held.
        field: &'a mut f64,
        /// The numbers that a config may give.
        allowed: Allowed<f64>,
        /// Whether a config must give it.
        required: bool,
    },
    /// One of a few words.
    Word(&'a mut dyn Word),
    /// One of the run's domains.
    Domain {
        /// Where it is held.
        field: &'a mut DomainId,
        /// Which one, if the config names none.
        default: DefaultDomain,
    },
}

/// The domain that a parameter means where a config leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultDomain {
    /// None: the config has to name one.
    Required,
    /// The domain of this name.
    Named(&'static str),
    /// The one domain of `mixing.target`.
    Target,
}

/// The value of a parameter. `D` stands for a domain: a name in a config, an id in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<D = DomainId> {
    /// A number.
    Number(f64),
    /// A word, as the config writes it.
    Word(&'static str),
    /// A domain.
    Domain(D),
}

impl<'a> Parameter<'a> {
    /// The name of a parameter that is written without one: `Only("law")`.
    pub const UNNAMED: &'static str = "";

    /// A number that may be left out.
    pub fn number(
        name: &'static str,
        field: &'a mut f64,
        allowed: Allowed<f64>,
        help: &'static str,
    ) -> Self {
        Parameter { name, help, slot: Slot::Number { field, allowed, required: false } }
    }

    /// Makes a number one that a config must give; changes no other parameter.
    pub fn required(mut self) -> Self {
        if let Slot::Number { required, .. } = &mut self.slot {
            *required = true;
        }
        self
    }

    /// One of a few words.
    pub fn word(name: &'static str, field: &'a mut dyn Word, help: &'static str) -> Self {
        Parameter { name, help, slot: Slot::Word(field) }
    }

    /// One of the run's domains.
    pub fn domain(
        name: &'static str,
        field: &'a mut DomainId,
        default: DefaultDomain,
        help: &'static str,
    ) -> Self {
        Parameter { name, help, slot: Slot::Domain { field, default } }
    }

    /// Whether a config that leaves it out is wrong.
    pub fn is_required(&self) -> bool {
        match &self.slot {
            Slot::Number { required, .. } => *required,
            Slot::Word(_) => false,
            Slot::Domain { default, .. } => *default == DefaultDomain::Required,
        }
    }

    /// The value that it has now.
    pub fn value(&self) -> Value {
        match &self.slot {
            Slot::Number { field, .. } => Value::Number(**field),
            Slot::Word(field) => Value::Word(field.word()),
            Slot::Domain { field, .. } => Value::Domain(**field),
        }
    }

    /// Takes a value of its type; one of another type changes nothing.
    pub fn set(&mut self, value: &Value) {
        match (&mut self.slot, value) {
            (Slot::Number { field, .. }, Value::Number(number)) => **field = *number,
            (Slot::Word(field), Value::Word(word)) => field.set_word(word),
            (Slot::Domain { field, .. }, Value::Domain(domain)) => **field = *domain,
            (Slot::Number { .. } | Slot::Word(_) | Slot::Domain { .. }, _) => {}
        }
    }
}

impl<D: Serialize> Serialize for Value<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(number) => number.serialize(serializer),
            Value::Word(word) => serializer.serialize_unit_variant("Word", 0, word),
            Value::Domain(domain) => domain.serialize(serializer),
        }
    }
}

/// A field that holds one of a few words.
pub trait Word {
    /// The words, the usual one first.
    fn options(&self) -> &'static [&'static str];

    /// The word that the field holds.
    fn word(&self) -> &'static str;

    /// Makes the field hold `word`; a word that is none of the options changes nothing.
    fn set_word(&mut self, word: &str);
}

/// An enum without data whose variants a config names. Every such enum is a [`Word`].
pub(in crate::mixing) trait Options: Copy + PartialEq + 'static {
    /// The variants' names.
    const NAMES: &'static [&'static str];
    /// The variants, in the same order.
    const VARIANTS: &'static [Self];
}

impl<T: Options> Word for T {
    fn options(&self) -> &'static [&'static str] {
        T::NAMES
    }

    fn word(&self) -> &'static str {
        let mut named = T::VARIANTS.iter().zip(T::NAMES);
        named.find(|(variant, _)| *variant == self).map_or("", |(_, name)| name)
    }

    fn set_word(&mut self, word: &str) {
        let mut named = T::VARIANTS.iter().zip(T::NAMES);
        if let Some((variant, _)) = named.find(|(_, name)| **name == word) {
            *self = *variant;
        }
    }
}
