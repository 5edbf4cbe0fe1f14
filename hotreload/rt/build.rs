//! Records which compiler and target build this crate: the fingerprint compares them.

use std::{env, process::Command};

fn main() {
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("rustc -vV prints UTF-8");
    let mut lines = text.lines();
    let version = lines.next().unwrap_or_default();
    let commit = lines.find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    println!("cargo:rustc-env=HOT_RUSTC_VERSION={version}");
    println!("cargo:rustc-env=HOT_RUSTC_COMMIT={commit}");
    for (name, variable) in [("HOT_TARGET", "TARGET"), ("HOT_OUT_DIR", "OUT_DIR")] {
        let value = env::var(variable).expect("cargo sets it");
        println!("cargo:rustc-env={name}={value}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
