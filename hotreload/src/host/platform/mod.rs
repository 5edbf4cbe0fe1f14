//! The one module that talks to the operating system. Linux is tested; macOS and Windows are
//! compiled and written with care, and have not been run.

use std::env::consts;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(target_vendor = "apple")]
mod macos;
#[cfg(target_vendor = "apple")]
pub(crate) use macos::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
compile_error!("the feature `host` of hotreload knows Linux, macOS and Windows");

/// How the names of shared libraries end here: `.so`, `.dylib`, `.dll`.
pub(crate) const DLL_SUFFIX: &str = consts::DLL_SUFFIX;

#[cfg(test)]
mod tests;
