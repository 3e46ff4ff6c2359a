//! Serde for strategies: each reads and writes as the variant of an enum that has one per entry of
//! [`STRATEGIES`], with the strategy's parameters as fields.

use super::{STRATEGIES, StrategyKind};
use crate::mixing::interface::{Parameter, Slot, StrategySpec, Value};
use crate::unit::DomainId;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, VariantAccess,
    Visitor,
};
use serde::ser::{Serialize, SerializeStructVariant, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

/// Names of the strategies, in the order of [`STRATEGIES`]. Serde takes names as static lists.
static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| STRATEGIES.iter().map(|spec| spec.name).collect());

/// Names of each strategy's parameters, in the same order.
static PARAMETER_NAMES: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
    let names = |spec: &&StrategySpec| {
        (spec.new)(1).parameters().iter().map(|parameter| parameter.name).collect()
    };
    STRATEGIES.iter().map(names).collect()
});

/// How a strategy without parameters is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Bare {
    /// `Constant`.
    Word,
    /// `Constant()`: configs, once their short forms are expanded.
    Brackets,
}

/// A strategy as it was read; `None` for what was left out. `D` stands for a domain.
pub(super) struct Read<D> {
    pub spec: &'static StrategySpec,
    pub values: Vec<Option<Value<D>>>,
}

/// Reads a strategy.
pub(super) fn read<'de, R: Deserializer<'de>, D: Deserialize<'de>>(
    deserializer: R,
    bare: Bare,
) -> Result<Read<D>, R::Error> {
    deserializer.deserialize_enum("Strategy", &NAMES, StrategyVisitor { bare, domain: PhantomData })
}

struct StrategyVisitor<D> {
    bare: Bare,
    domain: PhantomData<D>,
}

impl<'de, D: Deserialize<'de>> Visitor<'de> for StrategyVisitor<D> {
    type Value = Read<D>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mixing strategy")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Read<D>, A::Error> {
        let (index, content) = access.variant_seed(NameSeed::variant(&NAMES))?;
        let spec = STRATEGIES[index];
        let mut prototype = (spec.new)(1);
        let parameters = prototype.parameters();
        let values = match parameters.as_slice() {
            [] if self.bare == Bare::Word => {
                content.unit_variant()?;
                Vec::new()
            }
            [only] if only.name == Parameter::UNNAMED => {
                vec![Some(content.newtype_variant_seed(ValueSeed::new(only))?)]
            }
            parameters => {
                let names = &PARAMETER_NAMES[index];
                let visitor = ParametersVisitor { names, parameters, domain: PhantomData };
                content.struct_variant(names, visitor)?
            }
        };
        Ok(Read { spec, values })
    }
}

/// Reads `name: value, …`.
struct ParametersVisitor<'p, D> {
    names: &'static [&'static str],
    parameters: &'p [Parameter<'p>],
    domain: PhantomData<D>,
}

impl<'de, D: Deserialize<'de>> Visitor<'de> for ParametersVisitor<'_, D> {
    type Value = Vec<Option<Value<D>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters of a mixing strategy")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values: Self::Value = self.names.iter().map(|_| None).collect();
        while let Some(index) = map.next_key_seed(NameSeed::field(self.names))? {
            if values[index].is_some() {
                return Err(A::Error::duplicate_field(self.names[index]));
            }
            values[index] = Some(map.next_value_seed(ValueSeed::new(&self.parameters[index]))?);
        }
        let mut given = self.parameters.iter().zip(&values);
        match given.find(|(parameter, value)| parameter.is_required() && value.is_none()) {
            Some((parameter, _)) => Err(A::Error::missing_field(parameter.name)),
            None => Ok(values),
        }
    }
}

/// Reads the value of one parameter.
struct ValueSeed<'p, D> {
    parameter: &'p Parameter<'p>,
    domain: PhantomData<D>,
}

impl<'p, D> ValueSeed<'p, D> {
    fn new(parameter: &'p Parameter<'p>) -> Self {
        ValueSeed { parameter, domain: PhantomData }
    }
}

impl<'de, D: Deserialize<'de>> DeserializeSeed<'de> for ValueSeed<'_, D> {
    type Value = Value<D>;

    fn deserialize<R: Deserializer<'de>>(self, deserializer: R) -> Result<Value<D>, R::Error> {
        match &self.parameter.slot {
            Slot::Number { .. } => f64::deserialize(deserializer).map(Value::Number),
            Slot::Word(field) => {
                let options = field.options();
                deserializer.deserialize_enum("", options, WordVisitor(options)).map(Value::Word)
            }
            Slot::Domain { .. } => D::deserialize(deserializer).map(Value::Domain),
        }
    }
}

/// Reads one of a few words.
struct WordVisitor(&'static [&'static str]);

impl<'de> Visitor<'de> for WordVisitor {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.join(", "))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<&'static str, A::Error> {
        let (index, content) = access.variant_seed(NameSeed::variant(self.0))?;
        content.unit_variant()?;
        Ok(self.0[index])
    }
}

/// Reads a name, as its index in a list; an unknown name is an error that has the list.
struct NameSeed {
    names: &'static [&'static str],
    is_field: bool,
}

impl NameSeed {
    fn field(names: &'static [&'static str]) -> Self {
        NameSeed { names, is_field: true }
    }

    fn variant(names: &'static [&'static str]) -> Self {
        NameSeed { names, is_field: false }
    }
}

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = usize;

    fn deserialize<R: Deserializer<'de>>(self, deserializer: R) -> Result<usize, R::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.names.join(", "))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let index = self.names.iter().position(|known| *known == name);
        index.ok_or_else(|| match self.is_field {
            true => E::unknown_field(name, self.names),
            false => E::unknown_variant(name, self.names),
        })
    }
}

impl<'de> Deserialize<'de> for StrategyKind {
    fn deserialize<R: Deserializer<'de>>(deserializer: R) -> Result<Self, R::Error> {
        let Read { spec, values } = read::<R, DomainId>(deserializer, Bare::Word)?;
        let mut prototype = (spec.new)(1);
        let defaults = prototype.parameters();
        let values = values.into_iter().zip(&defaults);
        let values = values.map(|(value, default)| value.unwrap_or_else(|| default.value()));
        Ok(StrategyKind { spec, values: values.collect() })
    }
}

impl Serialize for StrategyKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const ENUM: &str = "Strategy";
        let name = self.name();
        let index = NAMES.iter().position(|known| *known == name).unwrap_or_default();
        let names = PARAMETER_NAMES[index].as_slice();
        let variant = index as u32;
        match (names, self.values.as_slice()) {
            ([], _) => serializer.serialize_unit_variant(ENUM, variant, name),
            ([Parameter::UNNAMED], [value]) => {
                serializer.serialize_newtype_variant(ENUM, variant, name, value)
            }
            (names, values) => {
                let mut fields =
                    serializer.serialize_struct_variant(ENUM, variant, name, names.len())?;
                for (name, value) in names.iter().zip(values) {
                    fields.serialize_field(name, value)?;
                }
                fields.end()
            }
        }
    }
}
