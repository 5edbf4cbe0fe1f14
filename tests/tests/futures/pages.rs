//! The bundles that give the futures.

use std::{path::PathBuf, sync::LazyLock};

use tests::Fixture;

/// Each says the number of the version that it runs in.
fn pages(number: u32, fields: &str, more: &str) -> String {
    format!(
        "use std::{{future::Future, pin::{{Pin, pin}}, rc::Rc, task::{{Context, Poll, Waker}}, thread}};
         hot::import! {{ futures => {{
             async fn turn();
             async fn fails_here(at: u32) -> u32;
             fn dropped();
             fn closes();
             fn is_closed_to_others() -> u32;
         }} }}
         use futures::turn;

         #[hot::versioned] #[derive(Default)] pub struct Book {{ pub pages: u32, {fields} }}
         #[hot::export] pub static BOOK: hot::State<Book> = hot::State::new(Book::default);

         struct Counted;
         impl Drop for Counted {{ fn drop(&mut self) {{ futures::dropped() }} }}
         struct Fails;
         impl Drop for Fails {{ fn drop(&mut self) {{ panic!(\"in drop of {number}\") }} }}

         #[hot::export] pub async fn page(name: &str, steps: u32) -> String {{
             for _ in 0..steps {{ turn().await }}
             format!(\"{{name}} of {number}\")
         }}
         #[hot::export] pub async fn held(steps: u32) -> u32 {{
             let before = BOOK.read().pages;
             for _ in 0..steps {{ turn().await }}
             BOOK.write().pages = before + 1;
             {number}
         }}
         #[hot::export] pub async fn counted(steps: u32) -> u32 {{
             let _counted = Counted;
             for _ in 0..steps {{ turn().await }}
             {number}
         }}
         #[hot::export] pub async fn fails(at: u32) -> u32 {{
             let _counted = Counted;
             for step in 0.. {{
                 if step == at {{ panic!(\"at {{at}} of {number}\") }}
                 turn().await
             }}
             unreachable!()
         }}
         #[hot::export] pub async fn relays(at: u32) -> u32 {{
             let _counted = Counted;
             futures::fails_here(at).await + 1
         }}
         #[hot::export] pub async fn fails_in_drop(steps: u32) {{
             let _fails = Fails;
             for _ in 0..steps {{ turn().await }}
             std::mem::forget(_fails);
         }}
         #[hot::export] pub async fn both<'a>(first: &'a str, all: &mut Vec<String>) -> &'a str {{
             all.push(first.to_owned());
             turn().await;
             all.push(first.to_owned());
             first
         }}
         #[hot::export] pub async fn again(depth: u32) -> u32 {{
             if depth == 0 {{ return {number} }}
             turn().await;
             again(depth - 1).await
         }}
         #[hot::export] pub async fn wakes_elsewhere() -> u32 {{
             let mut is_over = false;
             std::future::poll_fn(|cx| {{
                 if std::mem::replace(&mut is_over, true) {{ return Poll::Ready(()) }}
                 let waker = cx.waker().clone();
                 thread::spawn(move || waker.wake());
                 Poll::Pending
             }}).await;
             {number}
         }}
         #[hot::export(local)] pub async fn local(steps: u32) -> u32 {{
             let number = Rc::new({number});
             for _ in 0..steps {{ turn().await }}
             *number
         }}
         #[hot::export] pub fn boxed(name: &str) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {{
             let called = format!(\"{{name}} of {number}\");
             Box::pin(async move {{ turn().await; called }})
         }}
         fn block_on<R>(future: impl Future<Output = R>) -> R {{
             let mut future = pin!(future);
             loop {{
                 match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {{
                     Poll::Ready(value) => return value,
                     Poll::Pending => {{}}
                 }}
             }}
         }}
         #[hot::export] pub fn begins() -> hot::Future<'static, u32> {{
             futures::closes();
             let mut begun = held(1);
             let polled = Pin::new(&mut begun).poll(&mut Context::from_waker(Waker::noop()));
             assert!(polled.is_pending());
             begun
         }}
         #[hot::export] pub fn blocks(at: u32) -> String {{
             let caught = std::panic::catch_unwind(|| block_on(relays(at)));
             caught.map_or_else(|it| *it.downcast::<String>().unwrap(), |it| it.to_string())
         }}

         #[hot::versioned] pub struct Shelf<'n> {{ pub name: &'n str, pub steps: u32 }}
         #[hot::export]
         impl<'n> Shelf<'n> {{
             pub async fn new(name: &'n str) -> Shelf<'n> {{ turn().await; Shelf {{ name, steps: 0 }} }}
             pub async fn walk(&mut self, steps: &u32) -> &u32 {{
                 for _ in 0..*steps {{ turn().await; self.steps += 1 }}
                 &self.steps
             }}
             pub async fn name(&self) -> &'n str {{ self.name }}
             pub async fn end(self, mut last: u32) -> u32 {{ last += self.steps; last }}
         }}
         #[hot::export] pub async fn shelf(steps: u32) -> String {{
             let name = \"shelf\".to_owned();
             let mut shelf = Shelf::new(&name).await;
             let walked = *shelf.walk(&steps).await;
             let name = shelf.name().await;
             format!(\"{{name}} {{walked}} {{}} of {number}\", shelf.end(1).await)
         }}
         {more}"
    )
}

/// The second has the first one's types; the third another state; in the others `page` is something else.
pub(crate) static VERSIONS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let fixture = Fixture::new("ft_pages");
    let moved = "#[hot(default = futures::is_closed_to_others())] pub lines: u32";
    let plain = pages(4, "", "").replacen("async fn page", "fn page", 1);
    let plain = plain.replacen("for _ in 0..steps { turn().await }", "let _ = steps;", 1);
    let local = pages(5, "", "").replacen(
        "#[hot::export] pub async fn page",
        "#[hot::export(local)] pub async fn page",
        1,
    );
    let other = Fixture::new("ft_other");
    let serves = "hot::import! { futures => { async fn turn(); } }
                  #[hot::export] pub async fn serves() { loop { futures::turn().await } }";
    vec![
        fixture.build(&pages(1, "", "")),
        fixture.build(&pages(2, "", "")),
        fixture.build(&pages(3, moved, "")),
        fixture.build(&plain),
        fixture.build(&local),
        other.build(serves),
    ]
});

pub(crate) const FIRST: usize = 0;
pub(crate) const SECOND: usize = 1;
pub(crate) const MOVED: usize = 2;
pub(crate) const PLAIN: usize = 3;
pub(crate) const LOCAL: usize = 4;
pub(crate) const OTHER: usize = 5;
