fn main() {
    let host = hot::Host::start().unwrap();
    let name = "math::add";
    let _ = hot::lookup!(host, name, fn());
    let _ = hot::lookup!(host, "math add", fn());
    let _ = hot::lookup!(host, "", fn());
    let _ = hot::lookup!(host, "math::add::", fn());
    let _ = hot::lookup!(host, "math::add");
    let _ = hot::lookup!(host, "math::add", i32);
    let _ = hot::lookup!(host, "math::add", fn(), fn());
    let _ = hot::lookup!(host, "math::add", fn(fn()) -> Box<dyn Send>);
    let _ = hot::lookup!(host, "math::add", unsafe extern "C" fn(*const u8, ...));
    let _ = hot::lookup!(host, "math::add", for<'a, 'b: 'a> fn(&'a str, &'b str));
    // What rustc says better.
    let _ = hot::lookup!(host, "math::add", fn(&str, &str) -> &str);
    let _ = hot::lookup!(host, "math::add", fn(_));
    let _ = hot::lookup!(host, "math::add", fn(&'a str));
}
