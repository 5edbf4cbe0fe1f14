//! Types that are spelled as numbers, `bool`, `char`, the usual ones of the standard library, and arrays and
//! tuples of these: what they promise follows from what their arguments do, and rustc need not be asked for each
//! field. It says so if a type that is spelled like this is another one.

use syn::{GenericArgument, PathArguments, Type, TypePath};

/// What is known of a type.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Known {
    /// It consists of numbers, `bool`s and `char`s.
    Plain,
    /// It is one of the standard library's, and so are its arguments.
    Library,
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
                // Once: it is a call of rustc.
                let ident = last.ident.to_string();
                let is_one_of = |names: &[&str]| names.contains(&ident.as_str());
                match &last.arguments {
                    PathArguments::None if is_one_of(&PLAIN) => Some(Known::Plain),
                    PathArguments::None if is_one_of(&LEAVES) => Some(Known::Library),
                    PathArguments::AngleBracketed(arguments) if is_one_of(&OF_OTHERS) => {
                        let mut arguments = arguments.args.iter();
                        let is_known = |argument: &GenericArgument| match argument {
                            GenericArgument::Type(ty) => Known::of(ty).is_some(),
                            _ => false,
                        };
                        arguments.all(is_known).then_some(Known::Library)
                    }
                    _ => None,
                }
            }
            Type::Array(array) => Known::of(&array.elem),
            // Of a macro's parameter.
            Type::Group(group) => Known::of(&group.elem),
            // Of longer ones nothing is known.
            Type::Tuple(tuple) if (1..=12).contains(&tuple.elems.len()) => {
                let all = tuple.elems.iter().map(Known::of).collect::<Option<Vec<_>>>()?;
                let is_plain = all.iter().all(|one| *one == Known::Plain);
                Some(if is_plain { Known::Plain } else { Known::Library })
            }
            _ => None,
        }
    }
}
