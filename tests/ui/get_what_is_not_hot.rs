fn plain() {}

struct World;

static COUNT: u8 = 0;

mod inner {
    #[hot::export]
    fn private() {}
}

#[hot::export]
fn exported() {}

fn main() {
    hot::get!(plain)();
    hot::get!(World);
    hot::get!(COUNT);
    hot::get!(inner);
    hot::get!(missing)();
    hot::get!(inner::missing)();
    hot::get!(inner::private)();
    hot::get!(exported::<u8>)();
    hot::get!(exported());
}
