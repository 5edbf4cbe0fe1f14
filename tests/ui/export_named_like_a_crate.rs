// An accessor hides a crate of its name: `#[hot::export(handle = other_name)]`.

mod quiet {
    #[hot::export]
    pub fn trybuild() {}

    pub fn test() {
        trybuild::TestCases::new();
    }
}

fn main() {
    quiet::test();
}
