//! Lifetimes that an alias hides: nothing in the source of a signature, a trait or a field shows that
//! they changed, and a caller that was compiled before would read what is gone.

use std::{
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use tests::{
    Workspace,
    refusal::{assert_complete, codes},
    workspace::BUNDLE,
};

/// The process's host; only one test at a time loads.
fn host() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

hot::import! {
    hidden_cow_user => { fn run() -> String; }
    hidden_option_user => { fn run() -> String; }
    hidden_field_user => { fn run() -> String; }
    hidden_method_user => { fn run() -> String; }
    hidden_text_user => { fn run() -> String; }
}

/// A bundle, and one that was compiled against its first form: `run` keeps a text for longer than what
/// the bundle got it from lives.
struct Pair {
    workspace: Workspace,
    name: &'static str,
    run: fn() -> String,
}

impl Pair {
    fn load(
        host: &Host,
        name: &'static str,
        source: &str,
        (run, code): (fn() -> String, &str),
    ) -> Pair {
        let workspace = Workspace::new(name);
        workspace.package(name, BUNDLE, "", "");
        let user = format!("{name}_user");
        let dependency = format!("{name} = {{ path = \"../{name}\" }}");
        workspace.package(&user, BUNDLE, "", &dependency);
        let code = format!(
            "hot::bundle!();
             use {name}::*;
             #[hot::export] pub fn run() -> String {{ {code} }}"
        );
        workspace.write(&format!("{user}/src/lib.rs"), &code);
        let pair = Pair { workspace, name, run };
        pair.write(source);
        let built = pair.workspace.cargo(&["build", "--lib", "-p", name, "-p", &user]);
        host.load(built.library(name)).unwrap();
        host.load(built.library(&user)).unwrap();
        pair
    }

    fn write(&self, source: &str) {
        let file = format!("{}/src/lib.rs", self.name);
        self.workspace.write(&file, &format!("hot::bundle!();\n{source}"));
    }

    fn build(&self, source: &str) -> PathBuf {
        self.write(source);
        self.workspace.cargo(&["build", "--lib", "-p", self.name]).library(self.name)
    }

    fn refuse(&self, host: &Host, source: &str, code: Code, message: &str) {
        let library = self.build(source);
        let refused = host.load(&library).unwrap_err();
        assert_complete(&refused, &library);
        assert_eq!(codes(&refused), [code], "{refused}");
        assert!(refused.reasons()[0].message.contains(message), "{refused}");
        assert_eq!((self.run)(), "static");
    }

    fn accept(&self, host: &Host, source: &str) {
        host.load(self.build(source)).unwrap();
        assert_eq!((self.run)(), "static");
    }
}

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
    let library = pair.build(&function("", "", spelled, "\"static\".into()"));
    // The source shows another lifetime, whatever it stands for.
    assert_eq!(codes(&host.load(library).unwrap_err()), [Code::LifetimeChanged]);
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
    let refused = host.load(&library).unwrap_err();
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
