//! Types whose names and promises follow from how they are spelled: numbers, `bool`, `char`, the usual ones
//! of the standard library, and arrays and tuples of these. Rustc only compares: that a type spelled so is
//! the one that is meant.

use siphasher::sip128::{Hasher128 as _, SipHasher24};
use syn::{Expr, ExprLit, GenericArgument, Lit, PathArguments, Type, TypePath};

use super::laid::Laid;
/// What is known of a type.
pub(super) enum Known {
    /// It consists of numbers, `bool`s and `char`s.
    Plain(Option<Name>),
    /// It is one of the standard library's, and so are its arguments.
    Library(Option<Name>),
}

/// A name as records have it.
pub(super) struct Name {
    pub(super) id: u128,
    pub(super) laid: Laid,
}

const PLAIN: [&str; 16] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "bool", "char",
];
const LEAVES: [&str; 3] = ["String", "PathBuf", "Duration"];
const OF_OTHERS: [&str; 8] =
    ["Vec", "VecDeque", "Option", "Box", "HashMap", "HashSet", "BTreeMap", "BTreeSet"];

impl Known {
    /// What is known of a type; nothing if the spelling does not say it.
    pub(super) fn of(ty: &Type) -> Option<Known> {
        match ty {
            Type::Path(TypePath { qself: None, path, .. }) => {
                let mut segments = path.segments.iter();
                let (Some(last), None) = (segments.next(), segments.next()) else { return None };
                let ident = last.ident.to_string();
                let is_one_of = |names: &[&str]| names.contains(&ident.as_str());
                match &last.arguments {
                    PathArguments::None if is_one_of(&PLAIN) => {
                        Some(Known::Plain(Some(Name::new("", &ident, []))))
                    }
                    PathArguments::None if is_one_of(&LEAVES) => {
                        Some(Known::Library(Some(Name::new("std", &ident, []))))
                    }
                    PathArguments::AngleBracketed(arguments) if is_one_of(&OF_OTHERS) => {
                        let known = arguments.args.iter().map(|argument| match argument {
                            GenericArgument::Type(ty) => Known::of(ty),
                            _ => None,
                        });
                        let known: Vec<_> = known.collect::<Option<_>>()?;
                        let hasher = matches!(
                            (ident.as_str(), known.len()),
                            ("HashMap", 2) | ("HashSet", 1)
                        );
                        let hasher = hasher.then(|| Some(Name::new("std", "RandomState", [])));
                        let names = known.into_iter().map(Known::into_name).chain(hasher);
                        Some(Known::Library(Name::of_all("std", &ident, names)))
                    }
                    _ => None,
                }
            }
            Type::Array(array) => {
                let element = Known::of(&array.elem)?;
                let length = length(&array.len).map(|length| Name::new("", &length, []));
                Some(element.map(|element| Name::of_all("", "[;]", [element, length])))
            }
            // Of a macro's parameter.
            Type::Group(group) => Known::of(&group.elem),
            // Of longer ones nothing is known.
            Type::Tuple(tuple) if (1..=12).contains(&tuple.elems.len()) => {
                let all = tuple.elems.iter().map(Known::of).collect::<Option<Vec<_>>>()?;
                let is_plain = all.iter().all(|one| matches!(one, Known::Plain(_)));
                let name = Name::of_all("", "(,)", all.into_iter().map(Known::into_name));
                Some(if is_plain { Known::Plain(name) } else { Known::Library(name) })
            }
            _ => None,
        }
    }

    fn into_name(self) -> Option<Name> {
        let (Known::Plain(name) | Known::Library(name)) = self;
        name
    }

    fn map(self, with: impl FnOnce(Option<Name>) -> Option<Name>) -> Known {
        match self {
            Known::Plain(name) => Known::Plain(with(name)),
            Known::Library(name) => Known::Library(with(name)),
        }
    }
}

/// The length of an array as a name has it, if it is written as a number.
fn length(length: &Expr) -> Option<String> {
    match length {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

impl Name {
    /// Of a type that has no version.
    fn new(package: &str, path: &str, arguments: impl IntoIterator<Item = Name>) -> Name {
        let arguments: Vec<_> = arguments.into_iter().collect();
        let count = arguments.len() as u32;
        let text = Laid::default().text(package).text("").text(path).u32(count);
        let mut hashed = text.clone();
        let mut laid = text;
        for Name { id, laid: argument } in &arguments {
            hashed = hashed.bytes(&id.to_le_bytes());
            laid = laid.then(argument);
        }
        Name { id: hash(&hashed), laid }
    }

    fn of_all(
        package: &str,
        path: &str,
        arguments: impl IntoIterator<Item = Option<Name>>,
    ) -> Option<Name> {
        Some(Name::new(package, path, arguments.into_iter().collect::<Option<Vec<_>>>()?))
    }
}

/// As `hotreload/types/src/hash.rs` does it.
fn hash(laid: &Laid) -> u128 {
    let key = std::array::from_fn(|index| index as u8);
    let mut hasher = SipHasher24::new_with_key(&key);
    std::hash::Hasher::write(&mut hasher, laid.as_bytes());
    hasher.finish128().as_u128()
}
