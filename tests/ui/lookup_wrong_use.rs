fn main() -> Result<(), hot::Error> {
    let host = hot::Host::start()?;
    let add = hot::lookup!(host, "math::add", fn(i32, i32) -> i32)?;
    add(1);
    add("1", 2);
    let _: String = add(1, 2);
    hot::lookup!(host, "math::add", fn(i32, i32) -> i32)(1, 2);
    let _ = hot::lookup!(7, "math::add", fn());
    let _ = hot::lookup!(host, "math::add", fn(Missing));
    Ok(())
}
