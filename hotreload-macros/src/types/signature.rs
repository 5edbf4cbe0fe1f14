//! A signature as the manifest records it: types without their paths, lifetimes as a skeleton.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    GenericArgument, Lifetime, PathArguments, PathSegment, ReturnType, Type, ext::IdentExt,
    visit_mut::VisitMut,
};

use crate::{
    parse::callable::{Callable, Output, abi_name},
    types::{closure::peel, skeleton::Skeleton},
};

/// One type of a signature.
pub(crate) struct Described {
    /// Its spelling without lifetimes and module paths.
    pub(crate) name: String,
    /// Its lifetimes in the order of their appearance, renamed in the order of the signature.
    pub(crate) lifetimes: String,
    /// The type with the function's named lifetimes replaced by `'static`: what `size_of` takes.
    pub(crate) concrete: TokenStream,
}

/// The parameters, then the result.
pub(crate) fn describe(callable: &Callable) -> Vec<Described> {
    describe_with(callable, Skeleton::default(), "static")
}

/// The types of a trait's method, whose lifetimes come after the trait's own. In place of the
/// method's own there is `'_`: the types of a generic trait may not be `'static`.
pub(crate) fn describe_method<'a>(
    callable: &Callable,
    of_trait: impl Iterator<Item = &'a Lifetime>,
) -> Vec<Described> {
    describe_with(callable, Skeleton::of_a_method(of_trait), "_")
}

fn describe_with(callable: &Callable, mut skeleton: Skeleton, lifetime: &str) -> Vec<Described> {
    let describe = |ty: &Type, skeleton: &mut Skeleton| Described {
        name: render(ty, false),
        lifetimes: skeleton.of(ty),
        concrete: concrete(ty, callable, lifetime),
    };
    let mut described: Vec<_> = callable.types().map(|ty| describe(ty, &mut skeleton)).collect();
    skeleton.end_parameters();
    let without = |name: &str, concrete| Described {
        name: name.to_owned(),
        lifetimes: String::new(),
        concrete,
    };
    described.push(match &callable.output {
        Output::Unit => without("()", quote!(())),
        Output::Never => without("!", quote!(::core::convert::Infallible)),
        Output::Type(ty) => describe(ty, &mut skeleton),
    });
    described
}

/// The name and the lifetimes of a static's type, in which an elided lifetime is `'static`.
pub(crate) fn describe_static(ty: &Type) -> (String, String) {
    let mut skeleton = Skeleton::of_a_static();
    (render(ty, false), skeleton.of(ty))
}

/// A type for people.
pub(crate) fn display_type(ty: &Type) -> String {
    render(ty, true)
}

/// The signature for people, as it was written but without parameter names and paths.
pub(crate) fn display(callable: &Callable) -> String {
    if let Some(future) = &callable.future {
        return future.display.clone();
    }
    written(callable)
}

/// An `async fn`, before it is a function that gives a future.
pub(crate) fn display_async(callable: &Callable, local: bool) -> String {
    let written = written(callable);
    if local { format!("async {written} (local)") } else { format!("async {written}") }
}

fn written(callable: &Callable) -> String {
    let parameters: Vec<_> = callable.types().map(|ty| render(ty, true)).collect();
    let output = match &callable.output {
        Output::Unit => String::new(),
        Output::Never => " -> !".to_owned(),
        Output::Type(ty) => format!(" -> {}", render(ty, true)),
    };
    format!("{}fn({}){output}", qualifiers(callable), parameters.join(", "))
}

/// What is written before a function: `unsafe extern "C" `.
pub(crate) fn qualifiers(callable: &Callable) -> String {
    let safety = if callable.is_unsafe() { "unsafe " } else { "" };
    let abi = callable.abi.as_ref();
    safety.to_owned()
        + &abi.map_or_else(String::new, |_| format!("extern {:?} ", callable.abi_name()))
}

/// A type's spelling without lifetimes and module paths.
pub(crate) fn name_of(ty: &Type) -> String {
    render(ty, false)
}

/// The type with the function's own lifetimes replaced by another.
fn concrete(ty: &Type, callable: &Callable, other: &str) -> TokenStream {
    struct Replace<'a>(&'a Callable, &'a str);
    impl VisitMut for Replace<'_> {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if self.0.declares(lifetime) {
                lifetime.ident = syn::Ident::new(self.1, lifetime.ident.span());
            }
        }
    }
    let mut ty = ty.clone();
    Replace(callable, other).visit_type_mut(&mut ty);
    ty.into_token_stream()
}

/// The type's spelling: paths by their last segment, with or without lifetimes.
fn render(ty: &Type, lifetimes: bool) -> String {
    match ty {
        Type::Paren(ty) => render(&ty.elem, lifetimes),
        Type::Group(ty) => render(&ty.elem, lifetimes),
        Type::Reference(ty) => {
            let lifetime = match &ty.lifetime {
                Some(lifetime) if lifetimes && lifetime.ident != "_" => format!("{lifetime} "),
                _ => String::new(),
            };
            let mutability = if ty.mutability.is_some() { "mut " } else { "" };
            let pointee = render(&ty.elem, lifetimes);
            let several = pointee.contains(" + ") && matches!(peel(&ty.elem), Type::TraitObject(_));
            let pointee = if several { format!("({pointee})") } else { pointee };
            format!("&{lifetime}{mutability}{pointee}")
        }
        Type::Ptr(ty) => {
            let kind = match ty.mutability {
                syn::PointerMutability::Const(_) => "const",
                syn::PointerMutability::Mut(_) => "mut",
            };
            format!("*{kind} {}", render(&ty.elem, lifetimes))
        }
        Type::Tuple(ty) => {
            let elements: Vec<_> = ty.elems.iter().map(|ty| render(ty, lifetimes)).collect();
            match &elements[..] {
                [one] => format!("({one},)"),
                elements => format!("({})", elements.join(", ")),
            }
        }
        Type::Array(ty) => format!("[{}; {}]", render(&ty.elem, lifetimes), spelled(&ty.len)),
        Type::Slice(ty) => format!("[{}]", render(&ty.elem, lifetimes)),
        Type::Path(ty) => {
            let last = ty.path.segments.last().expect("a path has a segment");
            let last = segment(last, lifetimes);
            let Some(qself) = &ty.qself else { return last };
            let of = render(&qself.ty, lifetimes);
            match qself.position.checked_sub(1) {
                Some(of_trait) => {
                    let of_trait = segment(&ty.path.segments[of_trait], lifetimes);
                    format!("<{of} as {of_trait}>::{last}")
                }
                None => format!("<{of}>::{last}"),
            }
        }
        Type::TraitObject(ty) => trait_object(ty, lifetimes),
        Type::FnPtr(ty) => fn_pointer(ty, lifetimes),
        other => spelled(other),
    }
}

fn fn_pointer(ty: &syn::TypeFnPtr, lifetimes: bool) -> String {
    let unsafety = if ty.unsafety.is_some() { "unsafe " } else { "" };
    let abi = ty
        .abi
        .as_ref()
        .map_or_else(String::new, |abi| format!("extern {:?} ", abi_name(Some(abi))));
    let inputs: Vec<_> = ty.inputs.iter().map(|input| render(&input.ty, lifetimes)).collect();
    let variadic = if ty.variadic.is_some() { ", ..." } else { "" };
    let output = match &ty.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, ty) => format!(" -> {}", render(ty, lifetimes)),
    };
    format!("{unsafety}{abi}fn({}{variadic}){output}", inputs.join(", "))
}

/// The bounds in one order, whatever theirs was: closures first, then other traits, then lifetimes.
fn trait_object(ty: &syn::TypeTraitObject, lifetimes: bool) -> String {
    let mut bounds: Vec<_> = ty
        .bounds
        .iter()
        .filter_map(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => {
                let binder = bound.lifetimes.as_ref().filter(|_| lifetimes).map(|binder| {
                    let names =
                        binder.lifetimes.iter().map(spelled).map(|name| name.replace(' ', ""));
                    format!("for<{}> ", names.collect::<Vec<_>>().join(", "))
                });
                let last = bound.path.segments.last().expect("a path has a segment");
                let closure = matches!(last.arguments, PathArguments::Parenthesized(_));
                let text = binder.unwrap_or_default() + &segment(last, lifetimes);
                Some((if closure { 0 } else { 1 }, text))
            }
            syn::TypeParamBound::Lifetime(lifetime) => lifetimes.then(|| (2, lifetime.to_string())),
            other => Some((1, spelled(other))),
        })
        .collect();
    bounds.sort();
    let bounds: Vec<_> = bounds.into_iter().map(|(_, text)| text).collect();
    format!("dyn {}", bounds.join(" + "))
}

fn segment(segment: &PathSegment, lifetimes: bool) -> String {
    format!("{}{}", segment.ident.unraw(), arguments(&segment.arguments, lifetimes))
}

fn arguments(arguments: &PathArguments, lifetimes: bool) -> String {
    let arguments = match arguments {
        PathArguments::None => return String::new(),
        PathArguments::Parenthesized(arguments) => {
            let inputs: Vec<_> =
                arguments.inputs.iter().map(|input| render(&input.ty, lifetimes)).collect();
            let output = match &arguments.output {
                ReturnType::Default => "()".to_owned(),
                ReturnType::Type(_, ty) => render(ty, lifetimes),
            };
            let output = if output == "()" { String::new() } else { format!(" -> {output}") };
            return format!("({}){output}", inputs.join(", "));
        }
        PathArguments::AngleBracketed(arguments) => arguments,
    };
    let arguments: Vec<_> = arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Lifetime(lifetime) => lifetimes.then(|| lifetime.to_string()),
            GenericArgument::Type(ty) => Some(render(ty, lifetimes)),
            other => Some(spelled(other)),
        })
        .collect();
    if arguments.is_empty() { String::new() } else { format!("<{}>", arguments.join(", ")) }
}

/// The tokens one by one: how rustc prints them together depends on the source's spacing, and a
/// reformatted file must not look like another signature.
pub(crate) fn spelled(tokens: impl ToTokens) -> String {
    let trees = tokens.to_token_stream().into_iter().map(|tree| match tree {
        TokenTree::Group(group) => {
            let inner = spelled(group.stream());
            match group.delimiter() {
                Delimiter::Parenthesis => format!("({inner})"),
                Delimiter::Bracket => format!("[{inner}]"),
                Delimiter::Brace => format!("{{{inner}}}"),
                Delimiter::None => inner,
            }
        }
        tree => tree.to_string(),
    });
    trees.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callable(signature: &str) -> Callable {
        Callable::of(&syn::parse_str(signature).unwrap(), Default::default())
    }

    fn lifetimes(signature: &str) -> Vec<String> {
        describe(&callable(signature)).into_iter().map(|described| described.lifetimes).collect()
    }

    #[test]
    fn elided_and_named_lifetimes_have_one_skeleton() {
        assert_eq!(lifetimes("fn f(a: &str) -> &str"), ["a", "a"]);
        assert_eq!(lifetimes("fn f<'x>(a: &'x str) -> &'x str"), ["a", "a"]);
        assert_eq!(lifetimes("fn f(a: &'_ str) -> &'_ str"), ["a", "a"]);
        assert_eq!(lifetimes("fn f(a: &str) -> &'static str"), ["a", ""]);
        assert_eq!(lifetimes("fn f(a: &'static str) -> &str"), ["", ""]);
    }

    #[test]
    fn each_elided_parameter_is_its_own_lifetime() {
        assert_eq!(lifetimes("fn f(a: &str, b: &str)"), ["a", "b", ""]);
        assert_eq!(lifetimes("fn f<'x>(a: &'x str, b: &'x str) -> &'x str"), ["a", "a", "a"]);
        assert_eq!(lifetimes("fn f<'y, 'x>(a: &'x str, b: &'y str) -> &'y str"), ["a", "b", "b"]);
        assert_eq!(lifetimes("fn f(a: &mut Vec<&str>)"), ["a b", ""]);
        assert_eq!(lifetimes("fn f(a: u32, w: World<'_>) -> Part<'_>"), ["", "a", "a"]);
    }

    fn names(signature: &str) -> Vec<String> {
        describe(&callable(signature)).into_iter().map(|described| described.name).collect()
    }

    #[test]
    fn paths_and_lifetimes_are_left_out_of_names() {
        let sig = "fn f<'a>(a: &'a mut std::vec::Vec<crate::World<'a, u8>>, b: *const [u8; 4], \
                   c: (i32,)) -> Option<&'a str>";
        assert_eq!(names(sig), ["&mut Vec<World<u8>>", "*const [u8; 4]", "(i32,)", "Option<&str>"]);
        assert_eq!(
            display(&callable(sig)),
            "fn(&'a mut Vec<World<'a, u8>>, *const [u8; 4], (i32,)) -> Option<&'a str>"
        );
        assert_eq!(
            names("fn f<'a>(a: <a::World<'a> as b::Has<'a>>::Part)")[0],
            "<World as Has>::Part"
        );
        assert_eq!(names("fn f(a: <World>::Part)")[0], "<World>::Part");
    }

    #[test]
    fn formatting_of_the_source_is_left_out_of_names() {
        assert_eq!(names("fn f(a: [u8; 2*N])"), names("fn f(a: [u8;2 * N])"));
        assert_eq!(
            names("fn f(a: [u8; {f::<u8>( N )}])"),
            names("fn f(a: [u8; { f :: <u8>(N) }])")
        );
        assert_eq!(names("fn f(a: ((r#type)))")[0], "type");
    }

    #[test]
    fn closures_have_one_name_and_one_skeleton() {
        let spellings = [
            "fn f(g: &dyn Fn(&str) -> &str)",
            "fn f<'x>(g: &'x (dyn Fn(&str) -> &str + 'x))",
            "fn f<'x>(g: &'x dyn for<'y> ::std::ops::Fn(&'y str) -> &'y str)",
            "fn f(g: (&(dyn Fn(&'_ str) -> &'_ str)))",
        ];
        for spelling in spellings {
            assert_eq!(names(spelling)[0], "&dyn Fn(&str) -> &str", "{spelling}");
            assert_eq!(lifetimes(spelling)[0], "a 0 0 a", "{spelling}");
        }
        let two = names("fn f(g: Box<dyn Sync + FnOnce(u8) -> () + Send + 'static>)");
        assert_eq!(two, ["Box<dyn FnOnce(u8) + Send + Sync>", "()"]);
        assert_eq!(names("fn f(g: &mut (dyn FnMut() + Send))")[0], "&mut (dyn FnMut() + Send)");
        let display = |text| display(&callable(text));
        assert_eq!(
            display("fn f<'a>(g: Box<dyn for<'x> Fn(&'x u8, &'a u8) -> &'x u8 + 'a>)"),
            "fn(Box<dyn for<'x> Fn(&'x u8, &'a u8) -> &'x u8 + 'a>)"
        );
    }

    #[test]
    fn lifetimes_within_a_closure_are_its_own() {
        assert_eq!(
            lifetimes("fn f(g: Box<dyn FnOnce(&u8)>, a: &u8) -> &u8"),
            ["0 static", "a", "a"]
        );
        assert_eq!(lifetimes("fn f(g: &dyn Fn(&u8, &u8), a: &u8)"), ["a 0 1 a", "b", ""]);
        assert_eq!(lifetimes("fn f<'a>(g: &dyn Fn(&'a u8), a: &'a u8)"), ["a b a", "b", ""]);
        assert_eq!(lifetimes("fn f(g: &(dyn Fn() + '_))"), ["a b", ""]);
        assert_eq!(lifetimes("fn f(g: Box<dyn Fn(&u8) -> &'static u8 + '_>)"), ["0 static a", ""]);
        assert_eq!(lifetimes("fn f<'a>(g: Box<dyn Fn() -> &'a u8>) -> &'a u8"), ["a static", "a"]);
    }

    #[test]
    fn unsafety_and_abi_are_displayed() {
        let function = callable("unsafe extern \"C\" fn f(a: u8) -> !");
        assert_eq!(display(&function), "unsafe extern \"C\" fn(u8) -> !");
        assert_eq!(abi_name(None), "Rust");
    }
}
