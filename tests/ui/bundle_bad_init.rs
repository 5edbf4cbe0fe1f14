// An init function takes nothing and gives nothing or a Result.

hot::bundle!(init = start);

fn start() -> u8 {
    1
}

mod missing {
    hot::bundle!(init = nowhere);
}

mod arguments {
    hot::bundle!(init = start);

    fn start(_: u8) {}
}

fn main() {}
