//! A call of rustc. What it has linked is looked at before anybody hears of it.

use std::{
    io::{self, BufRead as _, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

use hot_host::command::Wrapper;
use serde::Deserialize;

pub(super) struct Call {
    pub(super) command: Command,
    /// One that waits for its arguments, if it does what the command would do. Without any it ends.
    pub(super) waiting: Option<Child>,
}

/// A file that rustc has written, in its own words.
#[derive(Deserialize)]
struct Notice {
    artifact: PathBuf,
}

impl Call {
    /// Has a rustc wait for its arguments.
    pub(super) fn waiting(mut rustc: Command) -> io::Result<Child> {
        rustc.arg(Wrapper::GIVEN_LATER).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    /// Runs rustc.
    pub(super) fn status(mut self) -> io::Result<ExitCode> {
        if self.waiting.is_some() {
            return self.checked(Path::new(""), || Ok(Ok(())));
        }
        Ok(code(self.command.status()?.code()))
    }

    /// Runs rustc, and has what it has made looked at: the image as soon as it is linked, and before rustc's
    /// notice of it is passed on. Who waits for the notice uses the image while rustc tidies up. What is wrong
    /// is said, and is this call's failure.
    pub(super) fn checked(
        self,
        image: &Path,
        check: impl FnOnce() -> io::Result<Result<(), String>>,
    ) -> io::Result<ExitCode> {
        self.checked_to(&mut io::stderr(), image, check)
    }

    fn checked_to(
        mut self,
        listener: &mut impl Write,
        image: &Path,
        check: impl FnOnce() -> io::Result<Result<(), String>>,
    ) -> io::Result<ExitCode> {
        let mut rustc = self.started()?;
        let (mut check, mut checked) = (Some(check), Ok(Ok(())));
        let mut lines = BufReader::new(rustc.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let is_of_image = is_notice(&line, image);
            if is_of_image && let Some(check) = check.take() {
                checked = check();
            }
            if !is_of_image || matches!(checked, Ok(Ok(()))) {
                listener.write_all(&line)?;
            }
            line.clear();
        }
        let status = rustc.wait()?;
        // Without an image there was nothing to wait for.
        if status.success()
            && let Some(check) = check.take()
        {
            checked = check();
        }
        match checked? {
            Err(what) if status.success() => {
                write!(listener, "{what}")?;
                Ok(ExitCode::FAILURE)
            }
            Ok(()) | Err(_) => Ok(code(status.code())),
        }
    }

    fn started(&mut self) -> io::Result<Child> {
        match self.waiting.take().map(|waiting| self.give(waiting)) {
            Some(Ok(given)) => Ok(given),
            Some(Err(_)) | None => self.command.stderr(Stdio::piped()).spawn(),
        }
    }

    /// Gives rustc its arguments, a line each.
    fn give(&self, mut waiting: Child) -> io::Result<Child> {
        let mut text = Vec::new();
        for argument in self.command.get_args() {
            text.extend([argument.as_encoded_bytes(), b"\n"].concat());
        }
        let mut input = waiting.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(&text)?;
        Ok(waiting)
    }
}

/// Whether rustc says in this line that it has written the file.
fn is_notice(line: &[u8], file: &Path) -> bool {
    serde_json::from_slice::<Notice>(line).is_ok_and(|it| it.artifact == file)
}

/// That of a program which a signal has ended is a failure.
fn code(code: Option<i32>) -> ExitCode {
    let code = code.and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, env, fs, rc::Rc};

    use super::*;

    /// What was said so far.
    #[derive(Clone, Default)]
    struct Said(Rc<RefCell<Vec<u8>>>);

    impl Write for Said {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Said {
        fn has(&self, what: &str) -> bool {
            String::from_utf8_lossy(&self.0.borrow()).contains(what)
        }
    }

    /// Compiles a text to a library, as cargo has it compiled, with what the check says. Gives what was said,
    /// whether it ended well, and whether the check ran.
    fn compile(text: &str, wrong: Result<(), String>) -> (Said, bool, bool) {
        let folder = tempfile::tempdir().unwrap();
        let (source, image) = (folder.path().join("it.rs"), folder.path().join("libit.so"));
        fs::write(&source, text).unwrap();
        let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let json = ["--error-format=json", "--json=artifacts", "--crate-type", "cdylib"];
        command.args(json).arg("-o").args([&image, &source]);
        let said = Said::default();
        let mut has_run = false;
        let check = || {
            has_run = true;
            assert!(image.is_file() && !said.has("libit.so"), "nobody has heard of it yet");
            Ok(wrong)
        };
        let call = Call { command, waiting: None };
        let code = call.checked_to(&mut said.clone(), &image, check).unwrap();
        (said, code == ExitCode::SUCCESS, has_run)
    }

    #[test]
    fn an_image_is_looked_at_before_anybody_hears_of_it() {
        let (said, is_well, has_run) = compile("fn unused() {}", Ok(()));
        assert!(is_well && has_run && said.has("libit.so") && said.has("never used"));
        let (said, is_well, has_run) = compile("fn unused() {}", Err("it is twice\n".to_owned()));
        assert!(!is_well && has_run && said.has("it is twice") && said.has("never used"));
        assert!(!said.has("libit.so"));
        let (said, is_well, has_run) = compile("fn one() -> u8 { true }", Ok(()));
        assert!(!is_well && !has_run && said.has("mismatched types"));
    }
}
