//! Programs that measure in a process of their own.

use std::{
    io,
    process::{Command, Stdio},
};

/// What one process printed, and its figures.
pub(crate) fn measure(program: &mut Command) -> io::Result<(String, Vec<(String, f64)>)> {
    let output = program.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("the host ended with {}", output.status)));
    }
    let (mut shown, mut figures) = (String::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.strip_prefix("figure: ").and_then(|figure| figure.split_once(' ')) {
            Some((name, value)) => {
                let value = value.parse().map_err(io::Error::other)?;
                figures.push((name.to_owned(), value));
            }
            None => shown += &format!("{line}\n"),
        }
    }
    Ok((shown, figures))
}
