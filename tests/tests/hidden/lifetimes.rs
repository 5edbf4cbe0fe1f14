//! Lifetimes that an alias hides.

use hot::Code;
use tests::LoadLibrary as _;
use tests::refusal::codes;

use crate::{
    Pair, hidden_cow_user, hidden_field_user, hidden_method_user, hidden_object_user,
    hidden_option_user, hidden_self_user, hidden_swap_user, hidden_text_user, host,
};

const CALL: &str = "
    let text = { let short = String::from(\"short\"); hot::get!(name)(&short, World { size: 1 }) };
    text.to_string()";

/// An exported function; `alias` says what a `Cow` is there.
fn function(alias: &str, world: &str, name: &str, body: &str) -> String {
    format!(
        "{alias}
         #[hot::versioned] pub struct World {{ pub size: u8, {world} }}
         #[hot::export] pub fn {name} {{ {body} }}"
    )
}

#[test]
fn an_alias_called_as_a_type_of_the_library() {
    let (_lock, host) = host();
    let name = "name(_x: &str, _: World) -> Cow<str>";
    let first = function(
        "pub type Cow<T> = std::borrow::Cow<'static, T>;",
        "",
        name,
        "Cow::Borrowed(\"static\")",
    );
    let pair = Pair::load(&host, "hidden_cow", &first, (hidden_cow_user::run, CALL));
    let now = function("use std::borrow::Cow;", "", name, "Cow::Borrowed(_x)");
    pair.refuse(&host, &now, Code::HiddenChange, "an alias in it stands for something else");
    pair.accept(&host, &first);
    let spelled =
        "name<'x>(_: &'x str, _: World) -> std::borrow::Cow<'static, std::primitive::str>";
    pair.accept(&host, &function("", "", spelled, "\"static\".into()"));
}

/// Of `'static`, which alone a `hot::Dyn` has, the spelling of a trait object says nothing.
#[test]
fn a_trait_object_behind_an_alias() {
    let (_lock, host) = host();
    let source = |alias: &str, signature: &str, text: &str| {
        format!(
            "#[hot::versioned] pub trait Shape {{ fn text(&self) -> String; }}
             pub struct Text<'a>(pub &'a str);
             impl Shape for Text<'_> {{ fn text(&self) -> String {{ self.0.to_owned() }} }}
             {alias}
             #[hot::export] pub fn name{signature} {{ let _ = x; hot::Dyn::new(Box::new(Text({text}))) }}"
        )
    };
    let first = source("", "(x: &str) -> hot::Dyn<dyn Shape>", "\"static\"");
    let run = "let shape = { let short = String::from(\"short\"); hot::get!(name)(&short) };
        shape.text()";
    let pair = Pair::load(&host, "hidden_object", &first, (hidden_object_user::run, run));
    let alias = "pub type Any = hot::Dyn<dyn Shape>;";
    pair.accept(&host, &source(alias, "(x: &str) -> Any", "\"static\""));
    let spelled = "(x: &str) -> hot::Dyn<dyn Shape + 'static>";
    pair.accept(&host, &source("", spelled, "\"static\""));
    pair.accept(&host, &first);
}

#[test]
fn an_alias_that_takes_a_lifetime_out_of_its_argument() {
    let (_lock, host) = host();
    let name = "name(_x: &str, _: World) -> Option<&str>";
    let forever = "pub trait Forever { type Of; }
        impl Forever for &str { type Of = &'static str; }
        pub type Option<T> = std::option::Option<<T as Forever>::Of>;";
    let first = function(forever, "", name, "Some(\"static\")");
    let run = CALL.replace("text.to", "text.unwrap().to");
    let pair = Pair::load(&host, "hidden_option", &first, (hidden_option_user::run, &run));
    let now = function("", "", name, "Some(_x)");
    pair.refuse(&host, &now, Code::HiddenChange, "an alias in it stands for something else");
}

/// What a caller may know of an author's type says nothing of a lifetime.
#[test]
fn who_may_see_a_field_is_no_lifetime() {
    let (_lock, host) = host();
    let source = |field: &str, more: &str| {
        format!(
            "#[hot::versioned] #[derive(Clone, Copy)]
             pub struct View<'a, 'b: 'a, T: 'a> {{ pub size: u8, {field} of: &'a T, b: &'b str }}
             #[hot::versioned] pub struct Two<'x, 'y>(pub View<'x, 'y, &'y u8>, Option<&'x Self>);
             #[hot::export] pub fn view<'x>(x: &'x u8, y: &'static str) -> View<'x, 'static, u8> {{
                 View {{ size: 1, of: x, b: y }}
             }}
             {more}
             #[hot::export] pub fn name<'a>(v: &'a View<u8>, more: Option<Vec<&'a str>>) -> Option<&'a str> {{
                 more.and_then(|more| more.first().copied()).or(Some(v.b))
             }}"
        )
    };
    let closure = "#[hot::export] pub fn each(f: &mut dyn FnMut(&str, View<'_, 'static, u8>) -> usize) { let _ = f; }
        #[hot::export] pub fn two<'x, 'y>(two: Two<'x, 'y>, f: &dyn for<'q> Fn(&'q u8, &'x u8) -> &'q u8) -> View<'x, 'y, &'y u8> { let _ = f; two.0 }";
    let run = "let one = hot::get!(view)(&1, \"static\");
        hot::get!(name)(&one, None).unwrap().to_owned()";
    let pair =
        Pair::load(&host, "hidden_field", &source("", closure), (hidden_field_user::run, run));
    pair.accept(&host, &source("pub", closure));
    let respelled = closure
        .replace("'q", "'r")
        .replace("'x", "'z")
        .replace("'static, u8", "'static, std::primitive::u8");
    pair.accept(&host, &source("pub(crate)", &respelled));
}

#[test]
fn an_alias_in_a_method_of_a_trait() {
    let (_lock, host) = host();
    let of = |alias: &str, method: &str, body: &str, own: &str| {
        format!(
            "{alias}
             #[hot::versioned] pub trait Named {{
                 fn other(&self, list: &mut Vec<String>) -> usize {{ list.len() }}
                 {method};
                 {own} {{ _x.1 }}
             }}
             struct One(String);
             impl Named for One {{ {method} {{ {body} }} }}
             #[hot::export] pub fn make() -> hot::Dyn<dyn Named> {{
                 hot::Dyn::new(Box::new(One(\"short\".to_owned())))
             }}"
        )
    };
    let own = "fn own(&self, _x: (u8, &'static str), _y: &str) -> &str";
    let source = |alias: &str, method: &str, body: &str| of(alias, method, body, own);
    let method = "fn name(&self, _x: &u8) -> Name";
    let first = source("pub type Name = &'static str;", method, "let _ = &self.0; \"static\"");
    let run = "let object = hot::get!(make)();
        let text = object.name(&1);
        drop(object);
        text.to_owned()";
    let pair = Pair::load(&host, "hidden_method", &first, (hidden_method_user::run, run));
    let now = source("pub type Name<'a> = &'a str;", method, "&self.0");
    pair.refuse(&host, &now, Code::TraitChanged, "`Named::name()` has other lifetimes");
    let renamed = "fn name<'s, 'x>(&'s self, _x: &'x std::primitive::u8) -> Name";
    let own = "fn own<'s, 'y>(&'s self, _x: (u8, &'static str), _y: &'y str) -> &'s str";
    let alias = "pub type Text = str; pub type Name = &'static Text;";
    let other = of(alias, renamed, "\"static\"", own);
    pair.accept(&host, &other);
}

#[test]
fn an_alias_in_a_field() {
    let (_lock, host) = host();
    let source = |alias: &str, text: &str| {
        format!(
            "use std::marker::PhantomData;
             {alias}
             #[hot::versioned] pub struct Holder<'a> {{ pub text: Text<'a>, pub more: Option<Box<Self>> }}
             #[hot::versioned] pub enum Kind<'a> {{ Held {{ holder: Holder<'a> }}, Text(Text<'a>), Generic(Generic<'a, u8>) }}
             #[hot::versioned] pub struct Generic<'a, T> {{ pub text: Text<'a>, pub of: Option<&'a T> }}
             #[hot::export] pub fn hold(x: &str) -> Kind<'_> {{
                 let _ = x;
                 Kind::Held {{ holder: Holder {{ text: ({text}, PhantomData), more: None }} }}
             }}"
        )
    };
    let first = source("pub type Text<'a> = (&'static str, PhantomData<&'a ()>);", "\"static\"");
    let run = "let short = String::from(\"short\");
        let text = match hot::get!(hold)(&short) {
            Kind::Held { holder } => holder.text.0,
            Kind::Text(text) | Kind::Generic(Generic { text, .. }) => text.0,
        };
        drop(short);
        text.to_owned()";
    let pair = Pair::load(&host, "hidden_text", &first, (hidden_text_user::run, run));
    let library =
        pair.build(&source("pub type Text<'a> = (&'a str, PhantomData<&'static ()>);", "x"));
    let refused = host.load_library(&library).unwrap_err();
    assert_eq!(codes(&refused), [Code::FieldLifetime; 3], "{refused}");
    let text = refused.to_string();
    assert!(text.contains("`Kind::Text.0` has other lifetimes"), "{text}");
    assert!(text.contains("`Kind::Held.holder.text` has other lifetimes"), "{text}");
    assert!(text.contains("`Kind::Generic.0.text` has other lifetimes"), "{text}");
    assert_eq!((pair.run)(), "static");
    let same =
        "type Marked<T> = PhantomData<T>; pub type Text<'a> = (&'static str, Marked<&'a ()>);";
    pair.accept(&host, &source(same, "\"static\""));
}

/// No lifetime comes or goes: two change places, in a struct, a tuple struct and an enum.
#[test]
fn two_lifetimes_of_a_type_that_change_places() {
    let (_lock, host) = host();
    let source = |one: &str, text: &str| {
        format!(
            "use std::marker::PhantomData;
             pub type One<'a, 'b> = &'{one} str;
             #[hot::versioned] pub struct Named<'a, 'b> {{ pub x: One<'a, 'b>, pub of: PhantomData<(&'a (), &'b ())> }}
             #[hot::versioned] pub struct Tuple<'a, 'b>(pub One<'a, 'b>, pub PhantomData<(&'a (), &'b ())>);
             #[hot::versioned] pub enum Each<'a, 'b> {{
                 Named(Named<'a, 'b>), Tuple(Tuple<'a, 'b>), Own {{ x: One<'a, 'b>, of: PhantomData<(&'a (), &'b ())> }},
             }}
             #[hot::export] pub fn each<'a, 'b>(a: &'a str, b: &'b str) -> Each<'a, 'b> {{
                 let _ = (a, b);
                 Each::Named(Named {{ x: {text}, of: PhantomData }})
             }}"
        )
    };
    let run = "let text = {
            let short = String::from(\"short\");
            match hot::get!(each)(\"static\", &short) {
                Each::Named(Named { x, .. }) | Each::Tuple(Tuple(x, _)) | Each::Own { x, .. } => x,
            }
        };
        text.to_owned()";
    let pair = Pair::load(&host, "hidden_swap", &source("a", "a"), (hidden_swap_user::run, run));
    let refused = host.load_library(pair.build(&source("b", "b"))).unwrap_err();
    assert_eq!(codes(&refused), [Code::FieldLifetime; 3], "{refused}");
    assert_eq!((pair.run)(), "static");
    pair.accept(&host, &source("a", "a"));
}

/// A method's own lifetime and that of `self` change places behind an alias.
#[test]
fn a_lifetime_of_self_that_changes_places() {
    let (_lock, host) = host();
    let source = |first: &str, second: &str, text: &str| {
        format!(
            "pub type Two<'a, 'b> = (&'{first} str, &'{second} str);
             #[hot::versioned] pub trait Named {{
                 fn name<'s, 'x>(&'s self, x: Two<'x, 's>) -> Two<'x, 's>;
                 fn size(&self, _x: &str) -> usize {{ 0 }}
                 fn change<'s>(&'s mut self, _x: &'s str) {{}}
                 fn text<'x>(&self, x: &'x str) -> &'x str {{ x }}
                 fn own(&mut self, _x: &str) -> &str {{ \"\" }}
             }}
             struct One(String);
             impl Named for One {{
                 fn name<'s, 'x>(&'s self, x: Two<'x, 's>) -> Two<'x, 's> {{ let _ = (&x, &self.0); {text} }}
             }}
             #[hot::export] pub fn make() -> hot::Dyn<dyn Named> {{
                 hot::Dyn::new(Box::new(One(\"short\".to_owned())))
             }}"
        )
    };
    let run = "let object = hot::get!(make)();
        let text = object.name((\"static\", \"static\")).0;
        drop(object);
        text.to_owned()";
    let first = source("a", "b", "x");
    let pair = Pair::load(&host, "hidden_self", &first, (hidden_self_user::run, run));
    let now = source("b", "a", "(&self.0, x.1)");
    pair.refuse(&host, &now, Code::TraitChanged, "`Named::name()` has other lifetimes");
    pair.accept(&host, &first);
    // Lifetimes that get a name, or lose it, are the same.
    let respelled = first
        .replace("fn size(&self, _x: &str)", "fn size<'t, 'y>(&'t self, _x: &'y str)")
        .replace(
            "fn change<'s>(&'s mut self, _x: &'s str)",
            "fn change<'t>(&'t mut self, _x: &'t str)",
        )
        .replace(
            "fn text<'x>(&self, x: &'x str) -> &'x str",
            "fn text<'t, 'y>(&'t self, x: &'y str) -> &'y str",
        )
        .replace(
            "fn own(&mut self, _x: &str) -> &str",
            "fn own<'t>(&'t mut self, _x: &str) -> &'t str",
        );
    assert_ne!(respelled, first);
    pair.accept(&host, &respelled);
}
