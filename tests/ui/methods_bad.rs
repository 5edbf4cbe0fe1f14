// Every method that cannot be hot is reported at once; the block itself survives.

struct World;

#[hot::export]
impl World {
    pub const fn constant() {}

    pub async fn asynchronous(&self) {}

    pub fn generic<T>(&self, value: T) -> T {
        value
    }

    pub fn anonymous(&self, value: impl Copy) -> impl Copy {
        value
    }

    pub fn bounded<'a, 'b: 'a>(&self, a: &'a str, b: &'b str) -> &'a str {
        if a.is_empty() { b } else { a }
    }

    #[target_feature(enable = "sse2")]
    pub fn with_features(&self) {}

    #[hot::export]
    pub fn twice(&self) {}

    #[track_caller]
    pub fn tracked(&self) {}

    #[hot(skp)]
    pub fn misspelt(&self) {}

    #[hot(skip)]
    pub fn skipped<T>(&self, value: T) -> T {
        value
    }

    const fn private() {}
}

#[hot::export(handle = world, always, nme = "x")]
impl World {
    pub fn options() {}
}

#[hot::export(name = "a b")]
impl World {
    pub fn name() {}
}

struct Wrapper<T>(T);

#[hot::export]
impl<T: Copy, const N: usize> Wrapper<[T; N]> {
    pub fn get(&self) -> &[T; N] {
        &self.0
    }
}

struct Pair<'a, 'b>(&'a str, &'b str);

#[hot::export]
impl<'a: 'b, 'b> Pair<'a, 'b> {
    pub fn second(&self) -> &'b str {
        self.1
    }
}

#[hot::export]
impl<'a, 'b> Pair<'a, 'b>
where
    'a: 'b,
{
    pub fn first(&self) -> &'b str {
        self.0
    }
}

#[hot::export]
impl<'a> Pair<'a, 'static> {
    pub fn only_in_the_result() -> Self {
        Pair("", "")
    }
}

#[hot::export]
impl Default for World {
    fn default() -> Self {
        World
    }
}

#[hot::export]
impl World {
    fn all_private() {}

    pub(crate) fn restricted() {}
}

// They are all still there.
fn main() {
    World::constant();
    World::private();
    World::options();
    World::name();
    World::all_private();
    World::restricted();
    let world = World::default();
    drop(world.asynchronous());
    world.generic(1);
    world.anonymous(2);
    world.bounded("", "");
    world.twice();
    world.tracked();
    world.misspelt();
    world.skipped(3);
    Wrapper([4]).get();
    Pair("", "").first();
    Pair("", "").second();
    Pair::only_in_the_result();
}
