//! A name, a kind, and an atomic cell with what the name means at the moment.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;

use crate::file::TypeLayout;
use crate::said::{Code, Error, Reason, Result, bytes};
use crate::state::Current;
use hot_rt::rt::Kind;

/// One name of a [`Namespace`](super::Namespace): what it is, and an atomic pointer to its current
/// version.
///
/// ```
/// use hot::{Kind, Namespace};
///
/// static ONE: u32 = 1;
/// static TWO: u32 = 2;
/// # fn main() -> Result<(), hot::Error> {
/// let numbers = Namespace::new();
/// let number = numbers.define("number", Kind::Var, (&raw const ONE).cast())?;
/// let old = number.update((&raw const TWO).cast())?;
/// assert_eq!(old, (&raw const ONE).cast());
/// assert_eq!((number.pointer(), number.generation()), (Some((&raw const TWO).cast()), Some(2)));
/// # Ok(())
/// # }
/// ```
pub struct Definition {
    path: Box<str>,
    kind: Kind,
    /// Whether it changes by the host's commits only.
    sealed: bool,
    meaning: ArcSwapOption<Meaning>,
}

/// What a definition holds.
enum Meaning {
    /// The host's: compiled code or storage.
    Compiled(Arc<Current>),
    /// The host's: a type, of this generation.
    Type(Arc<TypeLayout>, Kind, u64),
    /// What a user of the namespace put there: an address that is passed on, and how many there
    /// have been.
    Pointer(*const (), u64),
}

// SAFETY: the pointer is never followed here; whoever does so says in his own unsafe block why he
// may.
unsafe impl Send for Meaning {}
// SAFETY: as above.
unsafe impl Sync for Meaning {}

impl Meaning {
    fn pointer(&self) -> Option<*const ()> {
        match self {
            Meaning::Compiled(current) => current.is_made().then_some(current.version.entry),
            Meaning::Type(..) => None,
            Meaning::Pointer(pointer, _) => Some(*pointer),
        }
    }

    fn generation(&self) -> u64 {
        match self {
            Meaning::Compiled(current) => current.version.generation,
            Meaning::Type(_, _, generation) | Meaning::Pointer(_, generation) => *generation,
        }
    }
}

impl Definition {
    /// One of the host's, not defined yet.
    pub(crate) fn sealed(path: String, kind: Kind) -> Self {
        Definition { path: path.into(), kind, sealed: true, meaning: ArcSwapOption::empty() }
    }

    pub(crate) fn open(path: String, kind: Kind, pointer: *const ()) -> Self {
        let meaning = ArcSwapOption::from_pointee(Meaning::Pointer(pointer, 1));
        Definition { path: path.into(), kind, sealed: false, meaning }
    }

    /// The full name, `crate::module::name`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is; what it was, if nothing defines it now.
    pub fn kind(&self) -> Kind {
        match self.meaning.load().as_deref() {
            Some(Meaning::Compiled(current)) => current.site.item.kind,
            Some(Meaning::Type(_, kind, _)) => *kind,
            Some(Meaning::Pointer(..)) | None => self.kind,
        }
    }

    /// Whether anything defines it now: a loaded bundle or the baseline, in the host's namespace.
    pub fn is_defined(&self) -> bool {
        self.meaning.load().is_some()
    }

    /// What it points at now; `None`, nothing defines it.
    ///
    /// Of the host's definitions: a var's storage, and a function's entry, whose way of being
    /// called is a secret of `hot::get!`. A type has none, and no static that is linked into the
    /// program before its first value is needed.
    pub fn pointer(&self) -> Option<*const ()> {
        self.meaning.load().as_ref().and_then(|meaning| meaning.pointer())
    }

    /// The generation that defines it now, 0 being the baseline; outside of the host's namespace,
    /// how many pointers it has held. `None`: nothing defines it.
    pub fn generation(&self) -> Option<u64> {
        self.meaning.load().as_ref().map(|meaning| meaning.generation())
    }

    /// The current signature for people, for example `fn(&str) -> String`; of a type its size, `struct
    /// of 8 bytes`. `None` outside of the host's namespace too.
    pub fn signature(&self) -> Option<String> {
        match self.meaning.load().as_deref()? {
            Meaning::Compiled(current) => Some(current.site.item.display.to_string()),
            Meaning::Type(layout, kind, _) => Some(format!("{kind} of {}", bytes(layout.size))),
            Meaning::Pointer(..) => None,
        }
    }

    /// Lets the name mean something else from now on, and gives what it meant before. Of updates on
    /// several threads each gets another one's pointer.
    ///
    /// # Errors
    /// [`Code::Undefined`] after the name was taken away; [`Code::HostOwned`] in the host's
    /// namespace.
    pub fn update(&self, pointer: *const ()) -> Result<*const ()> {
        if self.sealed {
            return Err(host_owned(&self.path));
        }
        let old = self.meaning.rcu(|old| {
            let old = old.as_ref()?;
            Some(Arc::new(Meaning::Pointer(pointer, old.generation() + 1)))
        });
        old.and_then(|old| old.pointer()).ok_or_else(|| undefined(&self.path))
    }

    /// Takes the meaning away, and gives it.
    pub(crate) fn take(&self) -> Option<*const ()> {
        self.meaning.swap(None).and_then(|meaning| meaning.pointer())
    }

    pub(crate) fn current(&self) -> Option<Arc<Current>> {
        match &**self.meaning.load().as_ref()? {
            Meaning::Compiled(current) => Some(current.clone()),
            Meaning::Type(..) | Meaning::Pointer(..) => None,
        }
    }

    /// How a struct or an enum is laid out now; `None` for other definitions. Types are there once
    /// they are marked `#[hot::versioned]` and have no parameters.
    pub fn layout(&self) -> Option<TypeLayout> {
        match self.meaning.load().as_deref()? {
            Meaning::Type(layout, ..) => Some(TypeLayout::clone(layout)),
            Meaning::Compiled(_) | Meaning::Pointer(..) => None,
        }
    }

    /// Lets the name mean a type, or nothing any more. A function or var of the name goes before.
    pub(crate) fn set_type(&self, layout: Option<(Arc<TypeLayout>, Kind, u64)>) {
        if self.current().is_none() {
            let meaning =
                layout.map(|(layout, kind, generation)| Meaning::Type(layout, kind, generation));
            self.meaning.store(meaning.map(Arc::new));
        }
    }

    pub(crate) fn set(&self, current: Option<Arc<Current>>) {
        self.meaning.store(current.map(|current| Arc::new(Meaning::Compiled(current))));
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("path", &self.path)
            .field("kind", &self.kind())
            .field("generation", &self.generation())
            .finish()
    }
}

pub(crate) fn undefined(path: &str) -> Error {
    Reason::new(Code::Undefined, format!("`{path}` is not defined")).into()
}

pub(crate) fn host_owned(path: &str) -> Error {
    Reason::new(Code::HostOwned, format!("`{path}` is in the host's own namespace")).into()
}
