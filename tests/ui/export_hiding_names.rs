// The accessor is a type: it would take these names away from the module.

#[hot::export]
fn str(text: &str) -> &str {
    text
}

#[hot::export(handle = u8)]
fn byte() {}

#[hot::export]
fn std() {}

#[hot::export]
fn hot() {}

fn main() {
    str("");
    byte();
    std();
    hot();
}
