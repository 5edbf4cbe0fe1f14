//! Who has built an image's library.

use std::sync::Arc;

use crate::{file::machine_code::MachineCode, said::BuiltBy};

/// How a library was made.
///
/// rustc makes other machine code of the same source when it is asked for the library that is loaded and
/// nothing else: what nobody else can call is called directly. So the two are not compared; but what
/// cargo has built last, rustc alone has compiled once more.
#[derive(Debug, Clone)]
pub(crate) struct Maker {
    pub(crate) by: BuiltBy,
    /// The number of cargo's build, or of the one that rustc's call was taken from.
    pub(crate) number: u64,
    /// What rustc alone has made of the sources of cargo's build.
    pub(crate) twin: Option<Arc<MachineCode>>,
}

impl PartialEq for Maker {
    fn eq(&self, other: &Maker) -> bool {
        (&self.by, self.number) == (&other.by, other.number)
    }
}

impl Eq for Maker {}

impl Maker {
    fn is_by_rustc(&self) -> bool {
        matches!(self.by, BuiltBy::Rustc)
    }

    /// Whether both come from the same builder.
    pub(crate) fn is_like(&self, other: &Maker) -> bool {
        self.is_by_rustc() == other.is_by_rustc()
    }

    /// What stands for the machine code of cargo's build beside this one.
    pub(crate) fn twin_of(&self, other: &Maker) -> Option<&MachineCode> {
        self.twin.as_deref().filter(|_| self.number == other.number)
    }
}
