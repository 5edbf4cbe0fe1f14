#[cfg(unix)]
fn start() -> Result<(), String> {
    listen()
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(deprecated)]
const _: () = {
    static __HOT_HOOK: renamed::rt::Hook = renamed::rt::Hook {
        path: ::core::concat!(::core::module_path!(), "::", "start"),
        when: renamed::rt::When::Load,
        line: ::core::line!(),
        column: ::core::column!(),
        run: || renamed::rt::run_hook(start),
    };
    renamed::rt::inventory::submit! {
        renamed::rt::RegisteredHook(& __HOT_HOOK)
    }
};
