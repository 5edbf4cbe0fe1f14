//! What becomes of a value, as the documentation says: by names, and nothing of how it is done.

use serde_json::{Value, json};

use super::types::{Around, Body, Field, Fields, Ty, Variant, Version};

/// The old version, then the new one.
pub(crate) struct Model<'a> {
    pub(crate) from: &'a Version,
    pub(crate) to: &'a Version,
}

/// What was there before a value moved to the version that it comes back from: where there is one in
/// that place, and no other that could be meant.
type Before<'a> = Option<&'a Value>;

impl Model<'_> {
    /// What the value of a state becomes. `before` is what was put aside of it.
    pub(crate) fn moved(&self, value: &Value, before: Before<'_>) -> Value {
        self.value(&self.from.root(), &self.to.root(), value, before)
    }

    fn value(&self, from: &Ty, to: &Ty, value: &Value, before: Before<'_>) -> Value {
        let each = |from: &Ty, to: &Ty, values: &Value| -> Value {
            let values = values.as_array().unwrap().iter();
            values.map(|value| self.value(from, to, value, None)).collect()
        };
        match (from, to) {
            (Ty::In(Around::Option, from), Ty::In(Around::Option, to)) => match value {
                Value::Null => Value::Null,
                _ => self.value(from, to, value, before.filter(|before| !before.is_null())),
            },
            (_, Ty::In(Around::Option, to)) => self.value(from, to, value, None),
            (Ty::In(Around::Boxed, from), Ty::In(Around::Boxed, to)) => {
                self.value(from, to, value, before)
            }
            (_, Ty::In(Around::Boxed, to)) => self.value(from, to, value, None),
            (Ty::Leaf(from), Ty::Leaf(to)) => match (*from != *to, *to) {
                (true, "f32" | "f64") => json!(value.as_f64().unwrap()),
                _ => value.clone(),
            },
            (Ty::Of(from), Ty::Of(_)) => self.defined(*from, value, before),
            (Ty::In(around, from), Ty::In(_, to)) => match around {
                Around::Vec | Around::Deque | Around::Slice | Around::Array => {
                    each(from, to, value)
                }
                _ => self.value(from, to, value, before),
            },
            (Ty::Tuple(from), Ty::Tuple(to)) => self.tuple(from, to, value, before),
            (Ty::Result(from), Ty::Result(to)) => match value.get("Ok") {
                Some(ok) => {
                    let before = before.and_then(|before| before.get("Ok"));
                    json!({ "Ok": self.value(from, to, ok, before) })
                }
                None => value.clone(),
            },
            (Ty::Map(_, from, _), Ty::Map(_, to, _)) => {
                let entries = value.as_object().unwrap().iter();
                let moved =
                    entries.map(|(key, value)| (key.clone(), self.value(from, to, value, None)));
                Value::Object(moved.collect())
            }
            (Ty::Set(_), Ty::Set(_)) => value.clone(),
            (Ty::Shared(from), Ty::Shared(to)) => {
                let pool = each(&Ty::Of(*from), &Ty::Of(*to), &value["pool"]);
                json!({ "pool": pool, "at": value["at"] })
            }
            _ => panic!("{from:?} does not become {to:?}"),
        }
    }

    fn tuple(&self, from: &[Ty], to: &[Ty], value: &Value, before: Before<'_>) -> Value {
        let parts = from.iter().zip(to).zip(value.as_array().unwrap()).enumerate();
        parts
            .map(|(at, ((from, to), value))| {
                self.value(from, to, value, before.map(|before| &before[at]))
            })
            .collect()
    }

    fn defined(&self, number: usize, value: &Value, before: Before<'_>) -> Value {
        let (from, to) = (&self.from.0[number], &self.to.0[number]);
        let before = before.filter(|_| !to.is_recursive);
        match (&from.body, &to.body) {
            (Body::Struct(from), Body::Struct(to)) => self.fields(from, to, value, before),
            (Body::Enum(from), Body::Enum(to)) => {
                let old = match value {
                    Value::String(name) => name,
                    _ => value.as_object().unwrap().keys().next().unwrap(),
                };
                let from = from.iter().find(|variant| variant.name == *old).unwrap();
                let is_it = |to: &&Variant| is_one(named(from), named(to));
                let same = to.iter().find(|to| to.name == from.name);
                let to = same.or_else(|| to.iter().find(is_it)).unwrap();
                if matches!(to.fields, Fields::Unit) {
                    return json!(to.name);
                }
                let before = before.and_then(|before| before.get(&to.name));
                json!({ to.name.as_str(): self.fields(&from.fields, &to.fields, &value[old], before) })
            }
            _ => panic!("another kind"),
        }
    }

    fn fields(&self, from: &Fields, to: &Fields, value: &Value, before: Before<'_>) -> Value {
        match (from, to) {
            (Fields::Named(from), Fields::Named(to)) => {
                let fields = to.iter().map(|to| {
                    let before = before.map(|before| &before[&to.name]);
                    let same = from.iter().find(|from| from.name == to.name);
                    let from = same.or_else(|| {
                        from.iter().find(|from| {
                            is_one(
                                (&from.name, &from.said.renamed_from),
                                (&to.name, &to.said.renamed_from),
                            )
                        })
                    });
                    let value = match from {
                        Some(from) => self.kept(from, to, &value[&from.name], before),
                        None => before.cloned().unwrap_or_else(|| made(to)),
                    };
                    (to.name.clone(), value)
                });
                Value::Object(fields.collect())
            }
            (Fields::Tuple(from), Fields::Tuple(to)) => self.tuple(from, to, value, before),
            _ => Value::Null,
        }
    }

    fn kept(&self, from: &Field, to: &Field, value: &Value, before: Before<'_>) -> Value {
        match (&from.ty, &to.ty) {
            (Ty::Leaf("u32"), Ty::Leaf("String")) => {
                before.cloned().unwrap_or_else(|| json!(value.to_string()))
            }
            (Ty::Leaf("String"), Ty::Leaf("u32")) => {
                before.cloned().unwrap_or_else(|| json!(value.as_str().unwrap().len()))
            }
            (from, to) => self.value(from, to, value, before),
        }
    }
}

fn named(variant: &Variant) -> (&String, &Option<String>) {
    (&variant.name, &variant.renamed_from)
}

/// Whether two names are of one thing: renamed, one way or the other.
fn is_one(from: (&String, &Option<String>), to: (&String, &Option<String>)) -> bool {
    to.1.as_ref() == Some(from.0) || from.1.as_ref() == Some(to.0)
}

/// What a field is made of that nothing is known of.
fn made(field: &Field) -> Value {
    if let Some((value, _)) = &field.said.default {
        return value.clone();
    }
    match &field.ty {
        Ty::Leaf("String") => json!(""),
        Ty::Leaf("bool") => json!(false),
        Ty::Leaf("f32" | "f64") => json!(0.0),
        Ty::Leaf("Token") => json!({ "number": 77 }),
        Ty::Leaf(_) => json!(0),
        Ty::In(Around::Option, _) => Value::Null,
        Ty::In(Around::Vec, _) | Ty::Set(_) => json!([]),
        Ty::Map(..) => json!({}),
        other => panic!("no default is known of {other:?}"),
    }
}
