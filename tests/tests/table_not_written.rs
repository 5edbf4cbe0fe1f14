//! Where the host cannot write its table into a library's file, as on macOS and Windows, constructors
//! run without a host, and `bundle_init` is the first that the image hears of one.

use std::{fs, path::PathBuf, sync::LazyLock};

use hot::{Code, Host};
use tests::{Fixture, LoadLibrary, elf, fixture, wait_until};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

hot::import! {
    unwritten => {
        fn noted() -> u32;
        fn said() -> String;
        fn init_for_another_host() -> bool;
    }
    unwritten_threads => { fn noted() -> u32; }
}

#[hot::export]
fn number() -> u32 {
    panic!("no number today")
}

/// Compiles the bundle with this body of a constructor, and hides the section for the table from its
/// host.
fn library(name: &str, constructor: &str) -> PathBuf {
    let source = format!(
        r#"
        use hot::rt::{{HostTable, InitStatus, Stage}};
        use std::sync::atomic::{{AtomicU32, Ordering::SeqCst}};

        hot::import! {{ table_not_written => {{ fn number() -> u32; }} }}

        #[used]
        #[unsafe(link_section = ".init_array")]
        static CONSTRUCTOR: extern "C" fn() = {{
            extern "C" fn run() {{ {constructor} }}
            run
        }};
        static NOTED: AtomicU32 = AtomicU32::new(0);
        #[hot::export] pub fn note(number: u32) {{
            NOTED.fetch_add(number, SeqCst);
            assert!(number != 3, "three");
        }}
        #[hot::export] pub fn noted() -> u32 {{ NOTED.load(SeqCst) }}
        /// How a call of the host's function ends, as this image sees it.
        fn look() -> String {{
            match std::panic::catch_unwind(table_not_written::number) {{
                Ok(_) => "it has returned".to_owned(),
                Err(payload) => *payload.downcast().unwrap(),
            }}
        }}
        #[hot::export] pub fn said() -> String {{ look() }}

        unsafe extern "C" {{
            fn bundle_init_{name}(host: *const HostTable, stage: *mut Stage) -> InitStatus;
        }}
        #[hot::export] pub fn init_for_another_host() -> bool {{
            // SAFETY: a copy of a table, which stays; no stage is looked at for it.
            unsafe {{
                let other = Box::leak(Box::new(hot::rt::host_table().read()));
                bundle_init_{name}(other, std::ptr::null_mut()) == InitStatus::OtherHost
            }}
        }}
        "#
    );
    let built = Fixture::new(name).build(&source);
    let mut bytes = fs::read(built).unwrap();
    elf::replace(&mut bytes, ".shstrtab", ".hothost", ".nothost");
    let folder = fixture::root().join("table-not-written");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("lib{name}.so"));
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn the_record_of_a_constructor_is_given_up() {
    let constructor = "note(2); assert!(std::panic::catch_unwind(|| note(3)).is_err());";
    HOST.load_library(library("unwritten", constructor)).unwrap();
    assert_eq!(unwritten::noted(), 5, "the constructor has called");
    // The host sets the flag of a panic in the record that it has of this thread. The bundle must look
    // there: else it takes for a number what was never written.
    assert_eq!(unwritten::said(), "no number today");
    assert!(unwritten::init_for_another_host(), "an image has one host");
    assert_eq!(unwritten::said(), "no number today");
}

/// The thread waits for the system's loader, and then calls as the host comes: either one is first.
#[test]
fn a_thread_of_a_constructor_has_the_hosts_record_or_the_load_is_refused() {
    let constructor = "
        std::thread::spawn(|| while NOTED.load(SeqCst) == 0 {
            match &*look() {
                \"no number today\" => NOTED.store(7, SeqCst),
                // Nothing defines it before the bundle is published.
                said => assert!(said.starts_with(\"HOT0501\"), \"{said}\"),
            }
        });";
    match HOST.load_library(library("unwritten_threads", constructor)) {
        Ok(_) => wait_until(|| unwritten_threads::noted() == 7),
        Err(error) => {
            assert_eq!(error.code(), Code::InitFailed, "{error}");
            assert!(error.to_string().contains("called hot code before it had a host"), "{error}");
        }
    }
}
