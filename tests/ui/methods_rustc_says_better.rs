// What is wrong with a method as such is rustc's to say, once.

#[hot::versioned]
struct World {
    name: String,
}

#[hot::export]
impl World {
    pub fn ambiguous(a: &str, b: &str) -> &str {
        a
    }

    pub fn undeclared(&self, a: &'a str) {}

    pub fn no_such_type(&self, a: Missing) {}

    pub fn type_error(&self) -> &str {
        1
    }

    pub fn name(&self, other: &str) -> &str {
        &self.name
    }
}

#[hot::export]
impl World {
    pub fn wrong_body(&self) -> &str {
        &self.nme
    }

    pub fn elided_from_self(&self, other: &str) -> &str {
        other
    }
}

fn main() {
    let world = World { name: String::new() };
    world.wrong_body(1);
}
