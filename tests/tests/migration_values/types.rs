//! Types as data: enough of Rust's to write them as source, to make values of them and to say what
//! becomes of these.

use serde_json::{Value, json};
use tests::verdicts::Random;

/// The type of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ty {
    /// What the language or the library has: `u32`, `String`.
    Leaf(&'static str),
    /// The definition of this number.
    Of(usize),
    /// A type around another one.
    In(Around, Box<Ty>),
    Tuple(Vec<Ty>),
    /// `Result<_, String>`.
    Result(Box<Ty>),
    /// A map with keys of this type, and whether it is sorted.
    Map(&'static str, Box<Ty>, bool),
    /// A set of strings, and whether it is sorted.
    Set(bool),
    /// A list of `Arc`s of a definition, of which several may be one.
    Shared(usize),
}

/// What is around one type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Around {
    Vec,
    Deque,
    Slice,
    Array,
    Option,
    Boxed,
    Mutex,
    RwLock,
    /// In a lock, since a `State` is shared by threads.
    RefCell,
}

/// How many elements arrays have.
const COUNT: usize = 3;

/// What a field says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) renamed_from: Option<String>,
    /// The value, and the expression that makes it.
    pub(crate) default: Option<(Value, String)>,
    /// `text` or `number`.
    pub(crate) convert: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) said: Said,
}

#[derive(Debug, Clone)]
pub(crate) enum Fields {
    Named(Vec<Field>),
    /// At least two, which serde writes as a list.
    Tuple(Vec<Ty>),
    Unit,
}

#[derive(Debug, Clone)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) renamed_from: Option<String>,
    pub(crate) fields: Fields,
    /// The other version has it, too.
    pub(crate) stays: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Struct(Fields),
    Enum(Vec<Variant>),
}

#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) repr: &'static str,
    pub(crate) body: Body,
    /// Values of it are behind others.
    pub(crate) is_recursive: bool,
    /// Values of it may be in a cell, where nothing is converted.
    pub(crate) in_cell: bool,
}

/// One version of types that hold each other, later ones earlier ones; the last one is what the state
/// has.
#[derive(Debug, Clone)]
pub(crate) struct Version(pub(crate) Vec<Definition>);

impl Ty {
    pub(crate) fn text(&self) -> String {
        match self {
            Ty::Leaf(name) => (*name).to_owned(),
            Ty::Of(number) => format!("D{number}"),
            Ty::In(around, of) => {
                let of = of.text();
                match around {
                    Around::Vec => format!("Vec<{of}>"),
                    Around::Deque => format!("VecDeque<{of}>"),
                    Around::Slice => format!("Box<[{of}]>"),
                    Around::Array => format!("[{of}; {COUNT}]"),
                    Around::Option => format!("Option<{of}>"),
                    Around::Boxed => format!("Box<{of}>"),
                    Around::Mutex => format!("Mutex<{of}>"),
                    Around::RwLock => format!("RwLock<{of}>"),
                    Around::RefCell => format!("Mutex<RefCell<{of}>>"),
                }
            }
            Ty::Tuple(of) => {
                format!("({})", of.iter().map(Ty::text).collect::<Vec<_>>().join(", "))
            }
            Ty::Result(of) => format!("Result<{}, String>", of.text()),
            Ty::Map(key, of, true) => format!("BTreeMap<{key}, {}>", of.text()),
            Ty::Map(key, of, false) => format!("HashMap<{key}, {}>", of.text()),
            Ty::Set(true) => "BTreeSet<String>".to_owned(),
            Ty::Set(false) => "Bag".to_owned(),
            Ty::Shared(number) => format!("Shared<D{number}>"),
        }
    }

    /// Whether serde writes a value of it as `null`, which an `Option` around it would not tell from none.
    pub(crate) fn may_be_null(&self) -> bool {
        match self {
            Ty::In(Around::Option, _) => true,
            Ty::In(Around::Boxed | Around::Mutex | Around::RwLock | Around::RefCell, of) => {
                of.may_be_null()
            }
            _ => false,
        }
    }
}

/// A value of a leaf, which JSON writes without loss.
fn leaf(random: &mut Random, name: &str) -> Value {
    let mut below = |count: usize| random.below(count) as u64;
    match name {
        "u8" => json!(below(256)),
        "i8" => json!(below(256) as i64 - 128),
        "u16" => json!(below(1 << 16)),
        "i16" => json!(below(1 << 16) as i64 - (1 << 15)),
        "u32" => json!(below(1 << 32)),
        "i32" => json!(below(1 << 32) as i64 - (1 << 31)),
        "u64" => json!(u64::MAX - below(1 << 40)),
        "i64" => json!(i64::MIN + below(1 << 40) as i64),
        "f32" | "f64" => json!(below(1 << 20) as f64 / 8.0),
        "bool" => json!(below(2) == 1),
        "char" => json!(["a", "ä", "\u{1f41f}"][below(3) as usize]),
        "String" => json!("x".repeat(below(20) as usize) + &below(100).to_string()),
        // Counted: each is made and dropped once.
        "Token" => json!({ "number": below(1000) }),
        _ => panic!("no leaf: {name}"),
    }
}

/// How many elements a container gets.
fn count(random: &mut Random, depth: usize) -> usize {
    if depth == 0 { 0 } else { random.below(4) }
}

impl Version {
    /// A value, with variants that the other version has, too.
    pub(crate) fn value(&self, random: &mut Random, ty: &Ty, depth: usize) -> Value {
        let less = depth.saturating_sub(1);
        match ty {
            Ty::Leaf(name) => leaf(random, name),
            Ty::Of(number) => self.defined(random, *number, depth),
            Ty::In(Around::Option, _) if depth == 0 || random.one_in(3) => Value::Null,
            Ty::In(Around::Vec | Around::Deque | Around::Slice, of) => {
                (0..count(random, depth)).map(|_| self.value(random, of, less)).collect()
            }
            Ty::In(Around::Array, of) => (0..COUNT).map(|_| self.value(random, of, less)).collect(),
            Ty::In(_, of) => self.value(random, of, less),
            Ty::Tuple(of) => of.iter().map(|of| self.value(random, of, less)).collect(),
            Ty::Result(_) if random.one_in(3) => json!({ "Err": leaf(random, "String") }),
            Ty::Result(of) => json!({ "Ok": self.value(random, of, less) }),
            Ty::Map(key, of, _) => {
                let entries = (0..count(random, depth)).map(|_| {
                    let key = leaf(random, key);
                    let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                    (key, self.value(random, of, less))
                });
                Value::Object(entries.collect())
            }
            Ty::Set(_) => {
                let mut set: Vec<_> = (0..count(random, depth)).map(|n| format!("s{n}")).collect();
                set.sort();
                json!(set)
            }
            Ty::Shared(number) => {
                let pool: Vec<_> = (0..count(random, depth))
                    .map(|_| self.defined(random, *number, less))
                    .collect();
                // Each at least once, in the order in which they are met.
                let mut at: Vec<_> = (0..pool.len()).collect();
                for _ in 0..pool.len() {
                    at.push(random.below(pool.len()));
                }
                json!({ "pool": pool, "at": at })
            }
        }
    }

    fn defined(&self, random: &mut Random, number: usize, depth: usize) -> Value {
        let less = depth.saturating_sub(1);
        match &self.0[number].body {
            Body::Struct(fields) => self.fields(random, fields, less),
            Body::Enum(variants) => {
                let kept: Vec<_> = variants.iter().filter(|variant| variant.stays).collect();
                let variant = random.pick(&kept);
                match &variant.fields {
                    Fields::Unit => json!(variant.name),
                    fields => json!({ variant.name.as_str(): self.fields(random, fields, less) }),
                }
            }
        }
    }

    fn fields(&self, random: &mut Random, fields: &Fields, depth: usize) -> Value {
        match fields {
            Fields::Named(fields) => {
                let values = fields
                    .iter()
                    .map(|field| (field.name.clone(), self.value(random, &field.ty, depth)));
                Value::Object(values.collect())
            }
            Fields::Tuple(types) => types.iter().map(|ty| self.value(random, ty, depth)).collect(),
            Fields::Unit => Value::Null,
        }
    }

    /// The type of the state's value.
    pub(crate) fn root(&self) -> Ty {
        Ty::Of(self.0.len() - 1)
    }

    /// As Rust source.
    pub(crate) fn source(&self) -> String {
        let definitions = self.0.iter().enumerate();
        definitions.map(|(number, definition)| definition.source(number)).collect()
    }
}

impl Definition {
    fn source(&self, number: usize) -> String {
        let head = format!("#[hot::versioned] #[derive(Serialize, Deserialize)] {}", self.repr);
        match &self.body {
            Body::Struct(fields) => {
                let end = if matches!(fields, Fields::Named(_)) { "" } else { ";" };
                format!("{head} pub struct D{number}{}{end}\n", fields.source("pub "))
            }
            Body::Enum(variants) => {
                let variants =
                    variants.iter().map(|Variant { name, renamed_from, fields, .. }| {
                        let renamed = renamed_from
                            .as_ref()
                            .map(|from| format!("#[hot(renamed_from = {from:?})] "))
                            .unwrap_or_default();
                        format!("    {renamed}{name}{},\n", fields.source(""))
                    });
                format!("{head} pub enum D{number} {{\n{}}}\n", variants.collect::<String>())
            }
        }
    }
}

impl Fields {
    fn source(&self, visibility: &str) -> String {
        match self {
            Fields::Unit => String::new(),
            Fields::Tuple(types) => {
                let types = types.iter().map(|ty| format!("{visibility}{}", ty.text()));
                format!("({})", types.collect::<Vec<_>>().join(", "))
            }
            Fields::Named(fields) => {
                let fields = fields.iter().map(|field| {
                    let Field { name, ty, said } = field;
                    format!("        {}{visibility}{name}: {},\n", said.source(), ty.text())
                });
                format!(" {{\n{}    }}", fields.collect::<String>())
            }
        }
    }
}

impl Said {
    fn source(&self) -> String {
        let mut said = Vec::new();
        said.extend(self.renamed_from.as_ref().map(|from| format!("renamed_from = {from:?}")));
        said.extend(self.default.as_ref().map(|(_, text)| format!("default = {text}")));
        said.extend(self.convert.map(|convert| format!("convert = {convert}")));
        if said.is_empty() { String::new() } else { format!("#[hot({})] ", said.join(", ")) }
    }
}
