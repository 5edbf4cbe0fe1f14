//! Lifetimes in fields of generic types, where they follow from an argument.

use hot::Code;
use tests::LoadLibrary as _;

use crate::{
    Pair, assert_changed, hidden_deep_user, hidden_item_user, hidden_place_user,
    hidden_within_user, host,
};

/// An iterator whose items are `'static` texts, or those that it borrows.
fn words(item: &str, text: &str) -> String {
    format!(
        "#[hot::versioned] pub struct Words<'a>(pub &'a str);
         impl<'a> Iterator for Words<'a> {{
             type Item = &'{item} str;
             fn next(&mut self) -> Option<Self::Item> {{ Some({text}) }}
         }}
         #[hot::versioned] pub struct Peeked<I: Iterator> {{ pub next: Option<I::Item>, pub of: I }}
         impl<I: Iterator> Peeked<I> {{
             fn new(mut of: I) -> Self {{ Peeked {{ next: of.next(), of }} }}
         }}"
    )
}

const PEEK: &str = "
    let next = { let short = String::from(\"short\"); hot::get!(peek)(&short).next.unwrap() };
    next.to_owned()";

/// What a generic type's field is follows from its argument: nothing of the type's own changes.
#[test]
fn a_field_of_a_parameters_associated_type() {
    let (_lock, host) = host();
    let source = |item: &str, text: &str, more: &str| {
        let words = words(item, text);
        format!(
            "{words}
             pub type Item<I> = <I as Iterator>::Item;
             #[hot::versioned] pub struct Tuple<I: Iterator<Item: hot::Versioned>>(pub Option<Item<I>>, pub I);
             #[hot::versioned] pub enum Each<I: Iterator<Item: hot::Versioned>> {{ None, One(I, [Option<Item<I>>; 2]) }}
             #[hot::versioned] pub struct Named<'n, I: Iterator<Item: hot::Versioned>> {{ pub item: Option<&'n [Item<I>]>, pub of: I }}
             #[hot::export] pub fn peek(s: &str) -> Peeked<Words<'_>> {{ Peeked::new(Words(s)) }}
             #[hot::export] pub fn hidden(_: &Peeked<Words>) {{}}
             #[hot::export] pub fn tuple<'s>(_: Tuple<Words<'s>>, _: &'s str) {{}}
             #[hot::export] pub fn each(_: &mut [Each<Words<'_>>]) {{}}
             #[hot::export] pub fn named<'s>(_: Option<Box<Named<'_, Words<'s>>>>) {{}}
             #[hot::export] pub fn closure(_: &mut dyn FnMut(&u8, Peeked<Words<'_>>)) {{}}
             #[hot::export] pub fn apart(_: &Words<'_>, _: Peeked<Words<'static>>) {{}}
             {more}"
        )
    };
    let first = source("static", "\"static\"", "");
    let pair = Pair::load(&host, "hidden_item", &first, (hidden_item_user::run, PEEK));
    let refused = host.load_library(pair.build(&source("a", "self.0", ""))).unwrap_err();
    let changed = ["::closure`", "::each`", "::hidden`", "::named`", "::peek`", "::tuple`"];
    assert_changed(&refused, Code::HiddenChange, &changed);
    assert_eq!((pair.run)(), "static");
    pair.accept(&host, &first);
    let respelled = source("static", "\"static\"", "pub fn other() {}")
        .replace("<'s>", "<'t>")
        .replace("&'s str", "&'t str");
    pair.accept(&host, &respelled);
}

/// The type whose field it is stands in other generic types, which may contain each other.
#[test]
fn a_field_of_a_generic_type_within_others() {
    let (_lock, host) = host();
    let source = |item: &str, text: &str, more: &str| {
        let words = words(item, text);
        format!(
            "{words}
             #[hot::versioned] pub struct Outer<J: Iterator<Item: hot::Versioned>> {{ pub list: Vec<Middle<J>>, pub more: Option<std::marker::PhantomData<J>> }}
             #[hot::versioned] pub enum Middle<K: Iterator<Item: hot::Versioned>> {{ Peeked(Box<Peeked<K>>), Outer(Option<Outer<K>>), Own(Vec<Self>) }}
             #[hot::versioned] pub struct Chain<T> {{ pub first: Option<Box<Chain<T>>>, pub second: Option<Box<Chain<T>>>, pub of: T }}
             #[hot::versioned] pub struct View<'v> {{ pub outer: Outer<Words<'v>>, pub size: u8 }}
             #[hot::versioned] pub trait Shown {{
                 fn show(&self, _: &Outer<Words<'_>>);
                 fn size(&self, _: &Chain<Words<'_>>) -> u8;
             }}
             #[hot::export] pub fn peek(s: &str) -> Peeked<Words<'_>> {{ Peeked::new(Words(s)) }}
             #[hot::export] pub fn chain(_: &Chain<Words<'_>>) {{}}
             #[hot::export] pub fn outer(_: &Outer<Words<'_>>) {{}}
             #[hot::export] pub fn chained(_: &Chain<Outer<Words<'_>>>) {{}}
             #[hot::export] pub fn view(_: &View<'_>) {{}}
             #[hot::export] pub fn shown(_: hot::Dyn<dyn Shown>) {{}}
             {more}"
        )
    };
    let first = source("static", "\"static\"", "");
    let pair = Pair::load(&host, "hidden_deep", &first, (hidden_deep_user::run, PEEK));
    let refused = host.load_library(pair.build(&source("a", "self.0", ""))).unwrap_err();
    let text = refused.to_string();
    let expected = [
        "`hidden_deep::chained` is spelled as before",
        "`hidden_deep::outer` is spelled as before",
        "`hidden_deep::peek` is spelled as before",
        "`View.outer` has other lifetimes",
        "`Shown::show()` has other lifetimes",
    ];
    for one in expected {
        assert!(text.contains(one), "{one}: {text}");
    }
    assert_eq!(refused.reasons().len(), expected.len(), "{text}");
    assert_eq!((pair.run)(), "static");
    pair.accept(&host, &source("static", "\"static\"", "pub fn other() {}"));
}

/// Two lifetimes of an argument change places; the parameter is a constant; a macro says the type.
#[test]
fn which_lifetime_a_field_takes_from_an_argument() {
    let (_lock, host) = host();
    let source = |item: &str, text: &str| {
        format!(
            "#[hot::versioned] pub struct Two<'a, 'b>(pub &'a str, pub &'b str);
             impl<'a, 'b> Iterator for Two<'a, 'b> {{
                 type Item = &'{item} str;
                 fn next(&mut self) -> Option<Self::Item> {{ Some({text}) }}
             }}
             #[hot::versioned] pub struct Peeked<I: Iterator> {{ pub next: Option<I::Item>, pub of: I }}
             #[hot::versioned] pub struct Outer<I: Iterator<Item: hot::Versioned>>(pub Peeked<I>);
             pub struct Number<const N: usize>;
             pub trait Of<'a, 'b> {{ type Text; }}
             impl<'a, 'b> Of<'a, 'b> for Number<3> {{ type Text = &'{item} str; }}
             macro_rules! text {{ ($a:lifetime $b:lifetime $n:expr) => {{ <Number<$n> as Of<$a, $b>>::Text }} }}
             #[hot::versioned] pub struct Sized<'x, 'y, const N: usize>
             where Number<N>: for<'p, 'q> Of<'p, 'q, Text: hot::Versioned>
             {{
                 pub text: Option<<Number<N> as Of<'x, 'y>>::Text>, pub of: std::marker::PhantomData<(&'x (), &'y ())>,
             }}
             #[hot::versioned] pub struct Made<'x, 'y> {{ pub text: text!('x 'y 3), pub of: std::marker::PhantomData<(&'x (), &'y ())> }}
             #[hot::export] pub fn peek<'a, 'b>(a: &'a str, b: &'b str) -> Outer<Two<'a, 'b>> {{
                 let mut of = Two(a, b);
                 Outer(Peeked {{ next: of.next(), of }})
             }}
             #[hot::export] pub fn elided(_: &[Outer<Two<'_, '_>>]) {{}}
             #[hot::export] pub fn sized<'a, 'b>(_: Sized<'a, 'b, 3>) {{}}
             #[hot::export] pub fn made(_: &Made<'_, '_>) {{}}"
        )
    };
    let run = "let next = {
            let short = String::from(\"short\");
            hot::get!(peek)(\"static\", &short).0.next.unwrap()
        };
        next.to_owned()";
    let first = source("a", "self.0");
    let pair = Pair::load(&host, "hidden_place", &first, (hidden_place_user::run, run));
    let refused = host.load_library(pair.build(&source("b", "self.1"))).unwrap_err();
    let text = refused.to_string();
    for one in ["::elided` is", "::peek` is", "::sized` is", "`Made.text` has other lifetimes"] {
        assert!(text.contains(one), "{one}: {text}");
    }
    assert_eq!(refused.reasons().len(), 4, "{text}");
    assert_eq!((pair.run)(), "static");
    pair.accept(&host, &first);
}

/// As ratatui's demo has it: with arguments that have no lifetimes there is nothing to be told.
#[test]
fn fields_of_associated_types_without_lifetimes() {
    let (_lock, host) = host();
    let source = |step: &str, more: &str| {
        format!(
            "#[hot::versioned] pub struct Sine {{ pub x: f64, pub interval: f64 }}
             impl Iterator for Sine {{
                 type Item = (f64, f64);
                 fn next(&mut self) -> Option<Self::Item> {{ self.x += {step}; Some((self.x, self.x.sin())) }}
             }}
             #[hot::versioned] pub struct Signal<S: Iterator> {{ pub source: S, pub points: Vec<S::Item>, tick_rate: usize }}
             impl<S: Iterator> Signal<S> {{
                 fn on_tick(&mut self) {{ self.points.extend(self.source.by_ref().take(self.tick_rate)); }}
             }}
             #[hot::versioned] pub struct Signals {{ pub sine: Signal<Sine>, pub window: [f64; 2] }}
             #[hot::versioned] pub struct App<'a> {{ pub title: &'a str, pub signals: Signals, pub one: Signal<Sine>, pub names: Vec<&'a str> }}
             #[hot::export] pub static SIGNALS: hot::State<Signals> = hot::State::new(|| Signals {{
                 sine: Signal {{ source: Sine {{ x: 0.0, interval: 0.2 }}, points: Vec::new(), tick_rate: 3 }},
                 window: [0.0, 20.0],
             }});
             #[hot::export] pub fn tick() -> usize {{
                 let mut signals = SIGNALS.write();
                 signals.sine.on_tick();
                 signals.sine.points.len()
             }}
             #[hot::export] pub fn draw<'a>(app: &mut App<'a>, title: &'a str) {{ app.title = title; }}
             {more}"
        )
    };
    let run = "tick(); \"static\".to_owned()";
    let first = source("self.interval", "");
    let pair = Pair::load(&host, "hidden_within", &first, (hidden_within_user::run, run));
    pair.accept(&host, &source("2.0 * self.interval", "fn other() {}"));
    pair.accept(&host, &source("3.0", ""));
    let changed = source("0.5", "").replace("type Item = (f64, f64);", "type Item = (f64, f32);");
    let changed = changed.replace("self.x.sin()", "0.0");
    let refused = host.load_library(pair.build(&changed)).unwrap_err();
    assert!(refused.to_string().contains("Signal"), "{refused}");
}
