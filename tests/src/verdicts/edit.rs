//! How each mutation edits a version.

use super::{
    definition::{Body, Definition, Field, Form, Version},
    generate::field,
    mutation::Mutation,
    random::Random,
};

const FUNCTION: &str = "extern \"C\" fn(u8) -> u8";

impl Mutation {
    /// Edits `old` where the edit needs something to be there, and gives the new version.
    pub(super) fn apply(self, random: &mut Random, old: &mut Version) -> Option<Version> {
        use Mutation::*;
        let index = random.below(old.definitions.len());
        match self {
            Shown => {
                let new = old.clone();
                let fields = old.fields_mut().filter(|field| !field.visibility.is_empty());
                fields.for_each(|field| field.visibility = "pub(crate) ");
                return Some(new);
            }
            DefaultWritten => {
                let full = "HashMap<u8, u16, std::hash::RandomState>";
                let new = retyped_field(random, old, "HashMap<u8, u16>", full)?;
                let generic = new.definitions.iter().find(|it| it.is_generic());
                let is_in = |it: &Definition| it.source("").contains("RandomState");
                return (!generic.is_some_and(is_in)).then_some(new);
            }
            HasherChanged => {
                let other =
                    "HashMap<u8, u16, std::hash::BuildHasherDefault<std::hash::DefaultHasher>>";
                return retyped_field(random, old, "HashMap<u8, u16>", other);
            }
            PaddingFilled => {
                let body =
                    Body::Struct(Form::Named, vec![field("wide", "u64"), field("small", "u32")]);
                let leaf = old.named("Leaf")?;
                (leaf.parameter, leaf.body) = (String::new(), body);
                leaf.repr = random.pick(&[vec![], vec!["C".to_owned()]]);
                let [leaf, argument] = ["Leaf<'static>", "Leaf"];
                old.fields_mut().for_each(|field| field.ty = field.ty.replace(leaf, argument));
                old.argument = old.argument.replace(leaf, argument);
                let mut new = old.clone();
                new.fields_mut().find(|field| field.name == "small")?.ty = "u64".to_owned();
                return Some(new);
            }
            ArrayLonger => return retyped_field(random, old, "[u16; 3]", "[u16; 4]"),
            TupleReordered => return retyped_field(random, old, "(u8, u16)", "(u16, u8)"),
            PhantomChanged => {
                return retyped_field(random, old, "PhantomData<u8>", "PhantomData<u16>");
            }
            NicheLost => return retyped_field(random, old, "NonZero<u32>", "u32"),
            ReferenceMutable => {
                return retyped_field(random, old, "&'static u8", "&'static mut u8");
            }
            ResultChanged => {
                return retyped_field(random, old, FUNCTION, "extern \"C\" fn(u8) -> u16");
            }
            UnsafeAdded => {
                return retyped_field(random, old, FUNCTION, "unsafe extern \"C\" fn(u8) -> u8");
            }
            ReprReordered => {
                let Body::Struct(..) = old.definitions[index].body else { return None };
                old.definitions[index].repr = ["C", "align(8)"].map(str::to_owned).to_vec();
            }
            SendDropped | SyncDropped | UnpinDropped if !old.definitions[index].is_generic() => {
                return promise(old, index, self);
            }
            SendDropped | SyncDropped | UnpinDropped => return None,
            PromiseDroppedOfGeneric => {
                let what = random.pick(&[SendDropped, SyncDropped, UnpinDropped]);
                let generic = old.definitions.iter().position(Definition::is_generic)?;
                return promise(old, generic, what);
            }
            _ => {}
        }
        let mut new = old.clone();
        let changed = if self < FieldsReordered {
            self.respell(random, &mut new, index)
        } else {
            self.change(random, &mut new, index)
        };
        changed.map(|()| new)
    }

    fn respell(self, random: &mut Random, new: &mut Version, index: usize) -> Option<()> {
        use Mutation::*;
        let definition = &mut new.definitions[index];
        match self {
            Documented => {
                let more = "/// Says more.\n#[allow(non_snake_case)]\n";
                new.definitions.iter_mut().for_each(|it| it.attributes = more.to_owned());
                new.fields_mut().for_each(|field| field.attributes = more.to_owned());
            }
            Aliased => {
                let simple = |field: &&mut Field| {
                    !field.ty.contains(['\'', '@']) && !field.ty.contains("Self")
                };
                if definition.is_generic() {
                    return None;
                }
                let mut fields: Vec<_> = definition.fields_mut().filter(simple).collect();
                let chosen = random.below(fields.len().max(1));
                let field = fields.get_mut(chosen)?;
                let ty = std::mem::replace(&mut field.ty, "Other".to_owned());
                definition.items.push(format!("pub type Other = {ty};"));
            }
            PartAliased => {
                if definition.is_generic() {
                    return None;
                }
                let (from, to) =
                    random.pick(&[("Option<", "Perhaps<"), ("Vec<", "List<"), ("Box<", "One<")]);
                let field = definition.fields_mut().find(|field| field.ty.contains(from))?;
                field.ty = field.ty.replace(from, to);
                definition.items.push(format!("pub type {to}Y> = {from}Y>;"));
            }
            PathsWritten => {
                for field in new.fields_mut() {
                    field.ty = written_out(&field.ty);
                }
            }
            Imported => {
                new.imports.reverse();
                let maps = new.imports.iter_mut().find(|path| path.contains("HashMap"))?;
                *maps = maps.replace("HashMap", "HashMap as Map");
                new.imports.push("std::collections::HashMap".to_owned());
                for definition in new.definitions.iter_mut().filter(|it| !it.is_generic()) {
                    for field in definition.fields_mut() {
                        field.ty = field.ty.replace("HashMap", "Map");
                    }
                }
            }
            DefinitionsReordered => new.definitions.reverse(),
            MethodAdded => {
                let root = new.named("Root")?;
                root.items.push("impl Root { pub fn more(&self) -> u8 { 1 } }".to_owned());
            }
            ReprReordered => definition.repr.reverse(),
            RawName => {
                let field = definition.fields_mut().find(|field| field.name == "a")?;
                field.name = "r#a".to_owned();
            }
            DiscriminantWritten => {
                let Body::Enum(variants) = &mut definition.body else { return None };
                let plain = variants
                    .iter()
                    .all(|variant| variant.form == Form::Unit && variant.discriminant.is_none());
                let chosen = plain.then(|| random.below(variants.len()))?;
                variants[chosen].discriminant = Some(chosen as i64);
            }
            LifetimeRenamed => {
                let leaf = new.named("Leaf").filter(|leaf| leaf.parameter == "'a")?;
                leaf.parameter = "'other".to_owned();
                leaf.fields_mut().for_each(|field| field.ty = field.ty.replace("'a ", "'other "));
            }
            _ => {}
        }
        Some(())
    }

    fn change(self, random: &mut Random, new: &mut Version, index: usize) -> Option<()> {
        use Mutation::*;
        let definition = &mut new.definitions[index];
        match self {
            LeafChanged => match &mut new.named("Leaf")?.body {
                Body::Struct(Form::Unit, _) => return None,
                Body::Struct(_, fields) => fields.push(field("added", "u64")),
                Body::Enum(variants) => {
                    let mut more = variants.last()?.clone();
                    (more.name, more.discriminant) = ("Added".to_owned(), None);
                    variants.push(more);
                }
            },
            CopyDropped => new.definitions.iter_mut().for_each(|it| it.copy = false),
            CopyDroppedOfGeneric => {
                let generic = new.definitions.iter().position(Definition::is_generic)?;
                new.definitions[generic..].iter_mut().for_each(|it| it.copy = false);
            }
            DropAdded => {
                let head = definition.implementation("Drop for");
                definition.items.push(format!("{head} {{ fn drop(&mut self) {{}} }}"));
            }
            Represented => {
                let others: &[&str] = match (&definition.body, &definition.repr[..]) {
                    (_, [word, ..]) if word.contains("packed") => &["C"],
                    (Body::Struct(..), []) => &["C", "align(32)"],
                    (Body::Enum(_), []) => &["C", "u8", "i32"],
                    (Body::Enum(_), _) => &["u32"],
                    _ => &["transparent"],
                };
                let word = random.pick(others);
                if word == "transparent" {
                    definition.repr.clear();
                } else {
                    definition.repr = vec![word.to_owned()];
                }
            }
            ContainerChanged => {
                let pairs = [("Vec<", "VecDeque<"), ("Box<", "Arc<"), ("HashMap<", "BTreeMap<")];
                let (from, to) = random.pick(&pairs);
                let found = |field: &&mut Field| field.ty.starts_with(from);
                let field = definition.fields_mut().find(found)?;
                field.ty = field.ty.replacen(from, to, 1);
            }
            ArgumentChanged => {
                let other = if new.argument == "i8" { "u8" } else { "i8" };
                new.argument = other.to_owned();
            }
            Retyped => {
                let groups: [&[&str]; 4] = [
                    &["u8", "i8", "bool"],
                    &["u16", "i16"],
                    &["u32", "i32", "f32", "char"],
                    &["u64", "i64", "f64", "usize"],
                ];
                let group = |field: &Field| {
                    groups.into_iter().find(|group| group.contains(&field.ty.as_str()))
                };
                let field = definition.fields_mut().find(|field| group(field).is_some())?;
                let others: Vec<_> =
                    group(field)?.iter().filter(|other| **other != field.ty).collect();
                field.ty = random.pick(&others).to_string();
            }
            _ => match &mut definition.body {
                Body::Struct(form, fields) => self.change_struct(random, form, fields)?,
                Body::Enum(_) => self.change_enum(random, definition)?,
            },
        }
        Some(())
    }

    fn change_struct(
        self,
        random: &mut Random,
        form: &mut Form,
        fields: &mut Vec<Field>,
    ) -> Option<()> {
        use Mutation::*;
        match self {
            FieldsReordered if *form == Form::Named && fields.len() > 1 => fields.reverse(),
            TypesSwapped => {
                let first = random.below(fields.len().max(1));
                let mut others = (0..fields.len()).filter(|it| fields[*it].ty != fields[first].ty);
                let second = others.next()?;
                let ty = fields[first].ty.clone();
                fields[first].ty = std::mem::replace(&mut fields[second].ty, ty);
            }
            FieldAdded if *form != Form::Unit => {
                let at = random.below(fields.len() + 1);
                fields.insert(at, field("added", random.pick(&["u8", "u32", "()"])));
            }
            FieldRemoved if fields.len() > 1 => {
                let at = fields.iter().position(|field| !holds(field))?;
                fields.remove(at);
            }
            FieldRenamed if *form == Form::Named => {
                let at = random.below(fields.len());
                fields[at].name = "renamed".to_owned();
            }
            KindChanged => match form {
                Form::Named => *form = Form::Tuple,
                Form::Tuple => *form = Form::Named,
                Form::Unit => return None,
            },
            _ => return None,
        }
        Some(())
    }

    fn change_enum(self, random: &mut Random, definition: &mut Definition) -> Option<()> {
        use Mutation::*;
        let promised = definition.repr.iter().any(|word| word == "u8" || word == "i16");
        let Body::Enum(variants) = &mut definition.body else { return None };
        let fieldless = variants.iter().all(|variant| variant.form == Form::Unit);
        let at = random.below(variants.len());
        match self {
            VariantAdded => {
                let mut more = variants[at].clone();
                (more.name, more.discriminant) = ("Added".to_owned(), None);
                // Behind: else its number may be that of another one.
                variants.push(more);
            }
            VariantRemoved if variants.len() > 1 => {
                let held = variants[at].fields.iter().any(holds);
                (!held).then(|| variants.remove(at))?;
            }
            VariantsReordered if variants.len() > 1 => {
                if variants.iter().any(|variant| variant.discriminant.is_some()) {
                    return None;
                }
                variants.swap(at, if at == 0 { 1 } else { 0 });
            }
            VariantRenamed => variants[at].name = "Renamed".to_owned(),
            DiscriminantChanged if fieldless || promised => {
                variants.last_mut()?.discriminant = Some(120);
            }
            FormChanged => {
                let variant = variants.iter_mut().find(|variant| variant.form != Form::Unit)?;
                variant.form = if variant.form == Form::Tuple { Form::Named } else { Form::Tuple };
            }
            FieldAdded if variants[at].form != Form::Unit => {
                variants[at].fields.push(Field { visibility: "", ..field("added", "u8") });
            }
            _ => return None,
        }
        Some(())
    }
}

/// Adds a field of the type `from` to one of the definitions, which is of the type `to` in the new
/// version.
fn retyped_field(random: &mut Random, old: &mut Version, from: &str, to: &str) -> Option<Version> {
    let index = random.below(old.definitions.len());
    let mut new = old.clone();
    add_field(&mut old.definitions[index], from)?;
    add_field(&mut new.definitions[index], to)?;
    Some(new)
}

/// Adds a field, where one may be.
fn add_field(definition: &mut Definition, ty: &str) -> Option<()> {
    let (fields, visibility) = match &mut definition.body {
        Body::Struct(Form::Unit, _) => return None,
        Body::Struct(_, fields) => (fields, "pub "),
        Body::Enum(variants) => {
            let with = variants.iter_mut().find(|variant| variant.form != Form::Unit)?;
            (&mut with.fields, "")
        }
    };
    fields.push(Field { visibility, ..field("more", ty) });
    Some(())
}

/// Gives a definition a field that takes its promises, and implementations that give them back; one
/// is gone in the new version.
fn promise(old: &mut Version, index: usize, lost: Mutation) -> Option<Version> {
    let (lost, lacks) = match lost {
        Mutation::SendDropped => ("Send for", "PhantomData<Rc<u8>>"),
        Mutation::SyncDropped => ("Sync for", "PhantomData<Cell<u8>>"),
        _ => ("Unpin for", "PhantomPinned"),
    };
    let definition = &mut old.definitions[index];
    add_field(definition, lacks)?;
    for promise in ["unsafe Send for", "unsafe Sync for", "Unpin for"] {
        let (word, promise) = promise.split_at(promise.find(char::is_uppercase)?);
        let head = definition.implementation(promise);
        definition.items.push(format!("{word}{head} {{}}"));
    }
    // A static's value has to be both.
    old.shielded = true;
    old.root = old.root.replace("Root", "Shield<Root>");
    let mut new = old.clone();
    new.definitions[index].items.retain(|item| !item.contains(lost));
    Some(new)
}

/// Whether the field is what leads to another type.
fn holds(field: &Field) -> bool {
    ["Leaf", "Middle", "@", "X", "'a"].iter().any(|name| field.ty.contains(name))
}

fn written_out(ty: &str) -> String {
    let mut ty = ty.to_owned();
    for (from, to) in [
        ("Vec<", "std::vec::Vec<"),
        ("Option<", "core::option::Option<"),
        ("Box<", "std::boxed::Box<"),
        ("HashMap<", "std::collections::HashMap<"),
        ("String", "std::string::String"),
        ("Leaf", "self::Leaf"),
        ("Middle", "self::Middle"),
        ("Duration", "core::time::Duration"),
        ("u16", "core::primitive::u16"),
    ] {
        ty = ty.replace(from, to);
    }
    ty
}
