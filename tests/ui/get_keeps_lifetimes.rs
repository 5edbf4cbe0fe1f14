// The handle borrows exactly as the function does.

#[hot::export]
fn first<'a>(a: &'a str, _: &str) -> &'a str {
    a
}

#[hot::export]
fn forever(a: &'static str) -> &'static str {
    a
}

#[hot::export]
fn store<'a>(list: &mut Vec<&'a str>, item: &'a str) {
    list.push(item);
}

fn main() {
    let first = hot::get!(first);
    let kept;
    {
        let short = String::new();
        kept = first(&short, "");
    }
    println!("{kept}");

    let text = String::new();
    hot::get!(forever)(&text);

    let mut list = Vec::new();
    {
        let short = String::new();
        hot::get!(store)(&mut list, &short);
    }
    println!("{list:?}");
}
