//! What an image says of its types once it runs: generic ones too.

use std::slice;

use crate::file::Tables;
use crate::said::{Code, Reason};
use hot_rt::rt::{
    Accessor, DescribeTo, Described, ImageInfo,
    versioned::{BehindHandle, Describe},
};

/// An answer: the records, types that share a name, and those of values that are held by handle.
#[derive(Default)]
struct Answer {
    records: Vec<u8>,
    clash: String,
    behind_handles: Vec<BehindHandle>,
}

impl Tables {
    /// Of an image, for everything that it exports or calls; with the types of values behind handles.
    pub(crate) fn of_image(image: &ImageInfo) -> Result<(Tables, Vec<BehindHandle>), Reason> {
        let mut answer = Answer::default();
        let with = (&raw mut answer).cast();
        // SAFETY: it calls `take` before it returns, with what is passed here.
        unsafe { (image.describe)(DescribeTo { take, with }) };
        Ok((answer.tables()?, answer.behind_handles))
    }

    /// Of this program's own image.
    pub(crate) fn of_host() -> Result<(Tables, Vec<BehindHandle>), Reason> {
        let description = hot_rt::rt::description();
        let clash = description.clashes.first().map(ToString::to_string).unwrap_or_default();
        let behind_handles = description.behind_handles;
        let answer = Answer { records: description.bytes, clash, behind_handles };
        Ok((answer.tables()?, answer.behind_handles))
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

unsafe extern "C" fn take(with: *mut (), described: &Described) {
    // SAFETY: `of_image` passed it along, and waits.
    let answer = unsafe { &mut *with.cast::<Answer>() };
    let Described { records, length, clash, behind_handles, count } = *described;
    // SAFETY: the image's bytes, text and list, which outlive the call.
    let (records, clash, behind_handles) = unsafe {
        let records = slice::from_raw_parts(records, length);
        (records, clash.as_str(), slice::from_raw_parts(behind_handles, count))
    };
    answer.records.extend_from_slice(records);
    clash.clone_into(&mut answer.clash);
    answer.behind_handles.extend_from_slice(behind_handles);
}
