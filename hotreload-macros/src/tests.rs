//! Whole expansions.
//!
//! `HOT_BLESS=1 cargo test -p hotreload-macros` rewrites the files in `snapshots/`; read the
//! difference before it is committed.

use std::{fs, path::Path};

use proc_macro2::TokenStream;

use crate::{bundle, each, export, hook, import, lookup, migrate, tweak, versioned};

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap()
}

fn exported(options: &str, item: &str) -> String {
    export::expand(tokens(options), tokens(item)).to_string()
}

fn compare_with_snapshot(name: &str, expansion: TokenStream) {
    let text = prettyplease::unparse(&syn::parse2(expansion).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name);
    if std::env::var_os("HOT_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let blessed = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == blessed, "the expansion differs from snapshots/{name}:\n{text}");
}

#[test]
fn snapshot_of_an_export() {
    let item = "/// Doc.\n#[inline] pub(super) fn find<'a>(text: &'a str, mut at: (u8, u8)) -> &'a str { text }";
    compare_with_snapshot("export.rs", export::expand(TokenStream::new(), tokens(item)));
}

#[test]
fn snapshot_of_an_export_with_options() {
    let options = tokens("crate = renamed, handle = stop_handle, name = \"halt\"");
    let item = "pub unsafe extern \"C\" fn stop(code: u8) -> ! { exit(code) }";
    compare_with_snapshot("export_options.rs", export::expand(options, tokens(item)));
}

#[test]
fn snapshot_of_an_import() {
    let items = "pub game::math => { /// Adds.\n fn add(a: &mut World, b: i32) -> i32; \
                 #[cfg(unix)] unsafe fn raw(at: *const u8); }";
    compare_with_snapshot("import.rs", import::expand(tokens(items)));
}

#[test]
fn snapshot_of_methods() {
    let block = "impl<'a> View<'a> { pub const LIMIT: u8 = 1; \
                 /// Doc. \n #[inline] #[must_use] #[cfg(unix)] #[expect(unused_mut)] \
                 pub fn find(&self, mut text: &str, (a, _): (u8, Self)) -> &str { text } \
                 #[hot(skip)] pub fn skipped<T>() {} fn private(&self) {} }";
    compare_with_snapshot("methods.rs", export::expand(TokenStream::new(), tokens(block)));
}

#[test]
fn snapshot_of_a_direct_export() {
    let item = "/// Adds.\n #[track_caller] pub fn add(mut a: i32, _: i32) -> i32 { a }";
    compare_with_snapshot("export_direct.rs", export::expand(tokens("direct"), tokens(item)));
}

#[test]
fn snapshot_of_an_async_function() {
    let item = "/// Doc. \n #[expect(unused)] pub async fn page<'a>(name: &'a str, mut at: &mut Vec<&str>) \
                -> &'a str { if done() { name } else { page(name, at).await } }";
    compare_with_snapshot("export_async.rs", export::expand(TokenStream::new(), tokens(item)));
}

#[test]
fn snapshot_of_async_methods() {
    let block =
        "impl View<'_> { pub async fn find(&self, (a, _): (u8, u8)) -> &str { self.text } }";
    compare_with_snapshot("methods_async.rs", export::expand(tokens("local"), tokens(block)));
}

#[test]
fn snapshot_of_a_boxed_future() {
    let item =
        "fn page(name: &str) -> Pin<Box<dyn Future<Output = u8> + Send + '_>> { make(name) }";
    compare_with_snapshot("export_boxed.rs", export::expand(tokens("direct"), tokens(item)));
}

#[test]
fn snapshot_of_tweaked_literals() {
    let item = "pub fn speed(a: f32) -> f32 { if a > 1.5 { -2.0_f32 } else { scale(a, 3) } }";
    compare_with_snapshot("export_tweak.rs", export::expand(tokens("tweak, direct"), tokens(item)));
}

#[test]
fn snapshot_of_a_tweak() {
    let expansion = tweak::expand(tokens("\"text\""));
    compare_with_snapshot("tweak.rs", quote::quote!(fn read() -> &'static str { #expansion }));
}

#[test]
fn snapshot_of_closures() {
    let item = "fn each<'a>(pick: &dyn Fn(&'a str, &u8) -> bool, \
                note: &mut (dyn FnMut(&str) -> &str + Send), last: Box<dyn FnOnce() + 'a>) {}";
    compare_with_snapshot("export_closures.rs", export::expand(TokenStream::new(), tokens(item)));
}

#[test]
fn snapshot_of_a_look_up() {
    let expansion = lookup::expand(tokens("self.host, \"game::step\", fn(&mut World, f32) -> u8"));
    // A file is items.
    compare_with_snapshot("lookup.rs", quote::quote!(const LOOKUP: () = #expansion;));
}

#[test]
fn snapshot_of_each() {
    let expansion = each::expand(tokens("host, \"game::*::name\", fn(&World, f32) -> &str"));
    compare_with_snapshot("each.rs", quote::quote!(const EACH: () = #expansion;));
}

#[test]
fn snapshot_of_a_migrate_function() {
    let item = "#[cfg(unix)] fn up(old: &v1::World) -> Result<Made, String> { Err(old.text()) }";
    compare_with_snapshot("migrate.rs", migrate::expand(tokens("into = World"), tokens(item)));
}

#[test]
fn snapshot_of_a_hook() {
    let item = "#[cfg(unix)] fn start() -> Result<(), String> { listen() }";
    let expansion = hook::expand(hook::When::Load, tokens("crate = renamed"), tokens(item));
    compare_with_snapshot("hook.rs", expansion);
}

#[test]
fn snapshot_of_a_bundle() {
    let expansion =
        bundle::expand(tokens("init = self::start, after = self::started"), Some("my_game"));
    compare_with_snapshot("bundle.rs", expansion);
}

/// What the attribute leaves, and what the derive behind it adds where there is one.
fn versioned_type(options: &str, item: &str) -> TokenStream {
    let item = versioned::expand(tokens(options), tokens(item));
    if !item.to_string().contains("VersionedFields") {
        return item;
    }
    let derived = versioned::derive(item.clone());
    quote::quote!(#item #derived)
}

/// A definition in which nothing is left to `#[cfg]` needs no derive, and gets the same.
#[test]
fn a_definition_that_is_final_is_expanded_at_once() {
    let kept =
        "struct T < 'x > { #[serde(skip)] a : & 'x str , #[hot(default = 3)] b : Vec < u8 > }";
    let at_once = versioned::expand(tokens("invariants = 2"), tokens(kept)).to_string();
    assert!(!at_once.contains("VersionedFields"), "{at_once}");
    let derived = versioned::derive(tokens(&format!("#[hot(invariants = 2)] {kept}"))).to_string();
    assert!(at_once.ends_with(&derived), "{at_once} does not end with {derived}");
    // Rustc has no use for an attribute that no derive declares.
    let item = kept.replace("#[hot(default = 3)] ", "");
    assert!(at_once.starts_with(&tokens(&item).to_string()), "{at_once}");

    for item in [
        "struct T { #[cfg(unix)] a: u8, b: u8 }",
        "struct T<#[cfg(unix)] 'x> { a: &'x u8 }",
        "enum T { A, #[cfg_attr(unix, cfg(windows))] B }",
        "enum T { A { #[cfg(unix)] a: u8 } }",
        "#[cfg_attr(unix, adds_a_field)] struct T { a: u8 }",
        "#[adds_a_field] struct T { a: u8 }",
    ] {
        let text = versioned::expand(TokenStream::new(), tokens(item)).to_string();
        assert!(text.contains("VersionedFields") && !text.contains("impl"), "{text}");
    }
}

#[test]
fn snapshot_of_a_versioned_struct() {
    let item = "/// Doc. \n #[derive(Clone)] pub struct View<'x> { pub text: &'x str, \
                #[hot(unsafe(opaque(Foreign)))] list: Vec<Foreign>, r#type: Option<Box<Self>>, \
                at: [(u32, f32); 2], #[hot(unsafe(opaque))] hidden: u8 }";
    compare_with_snapshot("versioned_struct.rs", versioned_type("invariants = 2", item));
}

#[test]
fn snapshot_of_a_versioned_enum() {
    let item = "#[repr(u8)] enum State<T: Iterator, const N: usize> where T: Clone { Idle = 3, \
                Moving { to: [T::Item; N] }, Held(T) }";
    compare_with_snapshot("versioned_enum.rs", versioned_type("crate = renamed", item));
}

#[test]
fn snapshot_of_a_versioned_trait() {
    let item = "pub trait Shape<'x>: Base + Send { fn area(&self, by: &'x f32) -> f32; \
                #[cfg(unix)] unsafe fn raw<'a>(self: Box<Self>, at: &'a u8) -> &'a u8; \
                fn generic<T>(t: T) where Self: Sized; }";
    compare_with_snapshot("versioned_trait.rs", versioned::expand(tokens(""), tokens(item)));
}

#[test]
fn what_the_spelling_of_a_field_says() {
    let item = "struct T<'y, 'x> { a: extern fn(&'x u8, &u8) -> &'y u8, \
                b: for<'z> extern fn(&'z u8) -> &'z u8, c: a::b::C<'x, d::E>, \
                e: hot::Dyn<dyn f::F + 'y>, g: &'static str }";
    let text = versioned_type("", item).to_string();
    for (lifetimes, tokens) in [
        ("b 0 a", "extern \"C\" fn(&u8, &u8) -> &u8"),
        ("0 0", "extern \"C\" fn(&u8) -> &u8"),
        ("b", "C<E>"),
        ("a", "Dyn<dyn F>"),
        ("", "&str"),
    ] {
        let mut laid = Vec::new();
        for part in [lifetimes, tokens] {
            laid.extend((part.len() as u32).to_le_bytes());
            laid.extend(part.as_bytes());
        }
        let laid = proc_macro2::Literal::byte_string(&laid).to_string();
        // It stands behind the field's name, and before the next field.
        let laid = laid.trim_start_matches("b\"").trim_end_matches('"');
        assert!(text.contains(laid), "no {laid} in {text}");
    }
}

#[test]
fn a_wrong_versioned_type_stays_with_its_helper_attributes() {
    for (options, item) in [
        ("invariants = \"one\"", "struct T { #[hot(unsafe(opaque))] a: u8 }"),
        ("nme = 1", "enum T { A }"),
    ] {
        let text = versioned::expand(tokens(options), tokens(item)).to_string();
        assert!(text.contains(&tokens(item).to_string()), "{text}");
        assert_eq!(text.matches("compile_error").count(), 1, "{text}");
    }
    for item in ["union T { a: u8 }", "fn f() {}", "type T = u8;", "mod m;"] {
        let text = versioned::expand(TokenStream::new(), tokens(item)).to_string();
        assert!(text.starts_with(&tokens(item).to_string()), "{text}");
        assert_eq!(text.matches("compile_error").count(), 1, "{text}");
    }
}

#[test]
fn all_errors_of_a_versioned_type_are_collected() {
    let item = "struct T { #[hot(opaque)] a: u8, #[hot(unsafe(opaque(B)))] b: u8, c: *const u8, \
                #[hot(unsafe(other))] d: u8, e: Vec<(NonNull<u8>, PhantomData<*mut u8>)>, \
                #[hot(unsafe(opaque))] #[hot(unsafe(opaque))] f: fn(*const u8) }";
    let text = versioned_type("", item).to_string();
    assert_eq!(text.matches("compile_error").count(), 6, "{text}");
    let text = versioned_type("invariants = 1", "struct T { c: *const u8 }").to_string();
    assert!(!text.contains("compile_error"), "{text}");
}

#[test]
fn a_direct_function_is_untouched_and_first() {
    let items = [
        "#[inline] pub(crate) fn add(a: u8, (b, _): (u8, u8)) -> u8 { a + b }",
        "fn with_a_half_written_body() { value. }",
        "fn macro_body() { say!(a b c); let x = ; }",
    ];
    for item in items {
        let expansion = exported("direct", item);
        assert!(expansion.starts_with(&tokens(item).to_string()), "{expansion}");
    }
}

#[test]
fn a_wrong_item_is_untouched_and_first() {
    let items = [
        "const fn generic<T: Copy>(value: T) -> T { value }",
        "fn elided(a: &str, b: &str) -> &str { a }",
        "struct NotAFunction { field: u8 }",
        "fn without_a_body();",
    ];
    for item in items {
        let expansion = exported("", item);
        assert!(expansion.starts_with(&tokens(item).to_string()), "{expansion}");
    }
}

#[test]
fn a_half_written_body_still_has_its_accessor() {
    let expansion = exported("", "fn half() { value. }");
    assert!(expansion.contains("enum half") && expansion.contains("{ value . }"), "{expansion}");
}

#[test]
fn half_written_methods_still_have_their_slots() {
    let block = "impl World { pub fn half(&self) { value. } pub fn other() { let x = ; } }";
    let expansion = exported("", block);
    assert!(expansion.contains("__hot_call_half") && !expansion.contains("compile_error"));
}

#[test]
fn a_wrong_block_stays_without_its_helper_attributes() {
    let expansion = exported("", "impl World { #[hot(skip)] pub fn a() {} pub const fn b() {} }");
    let block = "impl World { pub fn a() {} pub const fn b() {} }";
    assert!(expansion.starts_with(&tokens(block).to_string()), "{expansion}");
    assert_eq!(expansion.matches("compile_error").count(), 1);
}

#[test]
fn all_errors_are_collected() {
    let expansion = exported(
        "nme = 1, handle = 2",
        "async fn wrong<'a: 'b, 'b, T>(a: &dyn A, b: impl B, c: fn()) -> Box<dyn C> where T: D {}",
    );
    assert_eq!(expansion.matches("compile_error").count(), 9, "{expansion}");
}

#[test]
fn what_rustc_reports_is_not_reported_again() {
    for item in [
        "fn f(a: &str, b: &str) -> &str { a }",
        "fn f(a: &'a str) {}",
        "fn f(a: Vec<_>) {}",
        "fn f(a: &dyn Fn(&str, &str) -> &str) {}",
        "impl W { pub fn f(a: &str, b: &str) -> &str { a } }",
        "impl W { pub fn f(&self) -> Vec<_> { a } }",
    ] {
        assert_eq!(exported("", item), tokens(item).to_string());
    }
}

#[test]
fn types_from_macro_fragments_are_seen_through() {
    use proc_macro2::{Delimiter, Group};
    let fragment = |text| {
        TokenStream::from(proc_macro2::TokenTree::from(Group::new(Delimiter::None, tokens(text))))
    };
    let (never, object) = (fragment("!"), fragment("&dyn A"));
    let expansion = export::expand(TokenStream::new(), quote::quote!(fn f() -> #never {}));
    assert!(expansion.to_string().contains("Infallible"));
    let expansion = export::expand(TokenStream::new(), quote::quote!(fn f(a: #object) {}));
    assert!(expansion.to_string().contains("compile_error"));
}

#[test]
fn a_bundle_needs_cargo() {
    let expansion = bundle::expand(TokenStream::new(), None).to_string();
    assert!(expansion.contains("compile_error") && expansion.contains("CARGO_CRATE_NAME"));
}
