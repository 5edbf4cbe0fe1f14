//! What an image says of its types once it runs: generic ones too.

use super::Tables;
use crate::{
    host::{Code, Reason},
    rt::{Accessor, DescribeTo, ImageInfo, Text, versioned::Describe},
};

/// An answer: the records, and types that share a name.
#[derive(Default)]
struct Answer {
    records: Vec<u8>,
    clash: String,
}

impl Tables {
    /// Of an image, for everything that it exports or calls.
    pub(crate) fn of_image(image: &ImageInfo) -> Result<Tables, Reason> {
        let mut answer = Answer::default();
        let with = (&raw mut answer).cast();
        // SAFETY: it calls `take` before it returns, with what is passed here.
        unsafe { (image.describe)(DescribeTo { take, with }) };
        answer.tables()
    }

    /// Of this program's own image.
    pub(crate) fn of_host() -> Result<Tables, Reason> {
        let description = crate::rt::description();
        let clash = description.clashes.first().map(ToString::to_string).unwrap_or_default();
        Answer { records: description.bytes, clash }.tables()
    }

    /// Of one accessor of this program's own image.
    pub(crate) fn of_accessor(accessor: &Accessor) -> Result<Tables, Reason> {
        Tables::of_described(&Describe::all(accessor.describe.iter().copied()).bytes)
    }
}

impl Answer {
    fn tables(&self) -> Result<Tables, Reason> {
        if self.clash.is_empty() {
            return Tables::of_described(&self.records);
        }
        let what = format!("{} have one name: nothing could tell one from the other", self.clash);
        let help = "give one of them a name of its own: `#[hot::versioned(name = \"..\")]`";
        Err(Reason::new(Code::Manifest, what).help(help))
    }
}

unsafe extern "C" fn take(with: *mut (), records: *const u8, length: usize, clash: Text) {
    // SAFETY: `of_image` passed it along, and waits.
    let answer = unsafe { &mut *with.cast::<Answer>() };
    // SAFETY: the image's bytes and text, which outlive the call.
    let (records, clash) = unsafe { (std::slice::from_raw_parts(records, length), clash.as_str()) };
    answer.records.extend_from_slice(records);
    clash.clone_into(&mut answer.clash);
}
