#[hot::versioned]
struct World;

fn main() -> Result<(), hot::Error> {
    let host = hot::Host::start()?;
    let raw = hot::lookup!(host, "math::raw", unsafe fn(*const u8))?;
    raw(&1);
    let find = hot::lookup!(host, "math::find", fn(&World) -> &str)?;
    let found = find(&World {});
    let gone = {
        let world = Box::new(World);
        find(&world)
    };
    println!("{found}{gone}");
    let keep = hot::lookup!(host, "math::keep", fn(&'static str))?;
    keep(&String::from("short"));
    std::thread::spawn(move || keep("long"));
    Ok(())
}
