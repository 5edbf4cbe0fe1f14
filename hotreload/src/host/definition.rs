//! A name, a kind, and an atomic cell with what the name means at the moment.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;

use super::{Code, Error, Reason, Result, TypeLayout, image::Site};
use crate::rt::{Kind, Version};

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
    content: ArcSwapOption<Content>,
}

/// What a definition holds.
enum Content {
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
unsafe impl Send for Content {}
// SAFETY: as above.
unsafe impl Sync for Content {}

/// A definition's current version with what a caller must have been compiled with to reach it.
pub(crate) struct Current {
    pub(crate) version: &'static Version,
    pub(crate) site: Arc<Site>,
}

impl Content {
    fn pointer(&self) -> Option<*const ()> {
        match self {
            Content::Compiled(current) => Some(current.version.entry),
            Content::Type(..) => None,
            Content::Pointer(pointer, _) => Some(*pointer),
        }
    }

    fn generation(&self) -> u64 {
        match self {
            Content::Compiled(current) => current.version.generation,
            Content::Type(_, _, generation) | Content::Pointer(_, generation) => *generation,
        }
    }
}

impl Definition {
    /// One of the host's, not defined yet.
    pub(super) fn sealed(path: String, kind: Kind) -> Self {
        Definition { path: path.into(), kind, sealed: true, content: ArcSwapOption::empty() }
    }

    pub(super) fn open(path: String, kind: Kind, pointer: *const ()) -> Self {
        let content = ArcSwapOption::from_pointee(Content::Pointer(pointer, 1));
        Definition { path: path.into(), kind, sealed: false, content }
    }

    /// The full name, `crate::module::name`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is; what it was, if nothing defines it now.
    pub fn kind(&self) -> Kind {
        match self.content.load().as_deref() {
            Some(Content::Compiled(current)) => current.site.item.kind,
            Some(Content::Type(_, kind, _)) => *kind,
            Some(Content::Pointer(..)) | None => self.kind,
        }
    }

    /// Whether anything defines it now: a loaded bundle or the baseline, in the host's namespace.
    pub fn is_defined(&self) -> bool {
        self.content.load().is_some()
    }

    /// What it points at now; `None`, nothing defines it.
    ///
    /// Of the host's definitions: a var's storage, and a function's entry, whose way of being
    /// called is a secret of `hot::get!`. A type has none.
    pub fn pointer(&self) -> Option<*const ()> {
        self.content.load().as_ref().and_then(|content| content.pointer())
    }

    /// The generation that defines it now, 0 being the baseline; outside of the host's namespace,
    /// how many pointers it has held. `None`: nothing defines it.
    pub fn generation(&self) -> Option<u64> {
        self.content.load().as_ref().map(|content| content.generation())
    }

    /// The current signature for people, for example `fn(&str) -> String`; of a type its size, `struct
    /// of 8 bytes`. `None` outside of the host's namespace too.
    pub fn signature(&self) -> Option<String> {
        match self.content.load().as_deref()? {
            Content::Compiled(current) => Some(current.site.item.display.to_string()),
            Content::Type(layout, kind, _) => Some(format!("{kind} of {} bytes", layout.size)),
            Content::Pointer(..) => None,
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
        let old = self.content.rcu(|old| {
            let old = old.as_ref()?;
            Some(Arc::new(Content::Pointer(pointer, old.generation() + 1)))
        });
        old.and_then(|old| old.pointer()).ok_or_else(|| undefined(&self.path))
    }

    /// Takes the meaning away, and gives it.
    pub(super) fn take(&self) -> Option<*const ()> {
        self.content.swap(None).and_then(|content| content.pointer())
    }

    pub(crate) fn current(&self) -> Option<Arc<Current>> {
        match &**self.content.load().as_ref()? {
            Content::Compiled(current) => Some(current.clone()),
            Content::Type(..) | Content::Pointer(..) => None,
        }
    }

    /// How a struct or an enum is laid out now; `None` for other definitions. Types are there once
    /// they are marked `#[hot::versioned]` and have no parameters.
    pub fn layout(&self) -> Option<TypeLayout> {
        match self.content.load().as_deref()? {
            Content::Type(layout, ..) => Some(TypeLayout::clone(layout)),
            Content::Compiled(_) | Content::Pointer(..) => None,
        }
    }

    /// Lets the name mean a type, or nothing any more. A function or var of the name goes before.
    pub(crate) fn set_type(&self, layout: Option<(Arc<TypeLayout>, Kind, u64)>) {
        if self.current().is_none() {
            let content =
                layout.map(|(layout, kind, generation)| Content::Type(layout, kind, generation));
            self.content.store(content.map(Arc::new));
        }
    }

    pub(crate) fn set(&self, current: Option<Arc<Current>>) {
        self.content.store(current.map(|current| Arc::new(Content::Compiled(current))));
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

pub(super) fn undefined(path: &str) -> Error {
    Reason::new(Code::Undefined, format!("`{path}` is not defined")).into()
}

pub(super) fn host_owned(path: &str) -> Error {
    Reason::new(Code::HostOwned, format!("`{path}` is in the host's own namespace")).into()
}
