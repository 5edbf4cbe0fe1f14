//! Definitions of types as text, in parts that a mutation edits.

/// One version of a few types that hold each other.
#[derive(Debug, Clone)]
pub struct Version {
    /// Paths that are imported.
    pub imports: Vec<String>,
    /// The argument of the generic type: `@` in the types of fields.
    pub argument: String,
    /// The innermost type first.
    pub definitions: Vec<Definition>,
    /// The type that the state has a list of.
    pub root: String,
    /// Whether there is a generic `Shield` that is `Send` and `Sync` around it.
    pub shielded: bool,
}

/// A struct or an enum.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// `'a`, `X` or nothing.
    pub parameter: String,
    /// Doc comments and lints.
    pub attributes: String,
    /// The words of its `repr`.
    pub repr: Vec<String>,
    /// Whether it derives `Copy`.
    pub copy: bool,
    /// What it is made of.
    pub body: Body,
    /// Items beside it: implementations, aliases.
    pub items: Vec<String>,
}

/// What a definition is made of.
#[derive(Debug, Clone)]
pub enum Body {
    /// A struct.
    Struct(Form, Vec<Field>),
    /// An enum.
    Enum(Vec<Variant>),
}

/// How fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// There are none.
    Unit,
    /// By their numbers.
    Tuple,
    /// By their names.
    Named,
}

/// A field of a struct or of a variant.
#[derive(Debug, Clone)]
pub struct Field {
    /// Doc comments and lints.
    pub attributes: String,
    /// Empty in a variant.
    pub visibility: &'static str,
    /// Nothing that counts where fields have numbers.
    pub name: String,
    /// The type.
    pub ty: String,
}

/// A variant of an enum.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// How its fields are written.
    pub form: Form,
    /// Its payload.
    pub fields: Vec<Field>,
    /// Where it is written out.
    pub discriminant: Option<i64>,
}

impl Version {
    /// The definitions, each with `attribute` before it, and their imports.
    pub fn source(&self, attribute: &str) -> String {
        let imports = self.imports.iter().map(|path| format!("use {path};\n"));
        let definitions = self.definitions.iter().map(|definition| definition.source(attribute));
        let mut source: String = imports.chain(definitions).collect();
        if self.shielded {
            source += &format!(
                "{attribute}\npub struct Shield<Y>(pub Y);\n\
                 unsafe impl<Y> Send for Shield<Y> {{}}\nunsafe impl<Y> Sync for Shield<Y> {{}}\n"
            );
        }
        source.replace('@', &self.argument)
    }

    /// The definition of this name, if it is there.
    pub fn named(&mut self, name: &str) -> Option<&mut Definition> {
        self.definitions.iter_mut().find(|definition| definition.name == name)
    }

    /// Every field of every definition.
    pub fn fields_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        self.definitions.iter_mut().flat_map(Definition::fields_mut)
    }
}

impl Definition {
    /// Its concrete type, with `@` for the argument.
    pub fn concrete(&self) -> String {
        let argument = match self.parameter.as_str() {
            "" => "",
            "X" => "<@>",
            _ => "<'static>",
        };
        format!("{}{argument}", self.name)
    }

    /// The beginning of an implementation: `impl<X> Drop for Name<X>`.
    pub fn implementation(&self, what: &str) -> String {
        let list = match self.parameter.as_str() {
            "" => String::new(),
            parameter => format!("<{parameter}>"),
        };
        format!("impl{list} {what} {}{list}", self.name)
    }

    /// Whether it is one of many types.
    pub fn is_generic(&self) -> bool {
        self.parameter == "X"
    }

    /// Every field.
    pub fn fields_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        let (of_struct, of_enum) = match &mut self.body {
            Body::Struct(_, fields) => (Some(fields), None),
            Body::Enum(variants) => (None, Some(variants)),
        };
        let in_variants = of_enum.into_iter().flatten().flat_map(|variant| &mut variant.fields);
        of_struct.into_iter().flatten().chain(in_variants)
    }

    pub(super) fn source(&self, attribute: &str) -> String {
        let Definition { name, parameter, attributes, repr, copy, body, items } = self;
        let list = if parameter.is_empty() { String::new() } else { format!("<{parameter}>") };
        let derive = if *copy { "#[derive(Clone, Copy)]\n" } else { "" };
        let repr = match &repr[..] {
            [] => String::new(),
            words => format!("#[repr({})]\n", words.join(", ")),
        };
        let head = format!("{attribute}\n{attributes}{derive}{repr}pub");
        let items: String = items.iter().map(|item| format!("{item}\n")).collect();
        match body {
            Body::Struct(form, fields) => {
                let end = if *form == Form::Named { "" } else { ";" };
                format!("{head} struct {name}{list}{}{end}\n{items}", payload(*form, fields))
            }
            Body::Enum(variants) => {
                let variants = variants.iter().map(|variant| {
                    let value = variant.discriminant.map(|value| format!(" = {value}"));
                    let payload = payload(variant.form, &variant.fields);
                    format!("    {}{payload}{},\n", variant.name, value.unwrap_or_default())
                });
                let variants: String = variants.collect();
                format!("{head} enum {name}{list} {{\n{variants}}}\n{items}")
            }
        }
    }
}

fn payload(form: Form, fields: &[Field]) -> String {
    let named = form == Form::Named;
    let fields = fields.iter().map(|Field { attributes, visibility, name, ty }| {
        let name = if named { format!("{name}: ") } else { String::new() };
        format!("{attributes}{visibility}{name}{ty}")
    });
    let fields: Vec<_> = fields.collect();
    match form {
        Form::Unit => String::new(),
        Form::Tuple => format!("({})", fields.join(", ")),
        Form::Named => format!(" {{ {} }}", fields.join(", ")),
    }
}
