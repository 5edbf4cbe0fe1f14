//! `hot::each!`: the functions whose paths fit a pattern.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Deref,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use hot_rt::rt::{Accessor, EPOCH, Kind};

use crate::{
    api::Host,
    file::{Tables, manifest::Shared},
    load::accessor_like,
    said::Result,
    state::{Inner, Pattern, Site, publishing},
};

/// The functions whose paths fit a pattern, from [`each!`](../hot/macro.each.html): those that are there now.
///
/// `F` is what a function is called as, `dyn Fn(&mut World) -> Option<()> + Send + Sync` for `fn(&mut World)`,
/// so that a struct can hold an `Each`. A call of one that is gone by then is `None`.
///
/// To look through it again costs a comparison of two numbers, and takes no lock, as long as nothing was
/// loaded, reloaded, rolled back or unloaded since.
pub struct Each<F: ?Sized + 'static> {
    inner: &'static Inner,
    pattern: Pattern,
    site: &'static EachSite<F>,
    /// The types in the signature.
    tables: Arc<Tables>,
    list: ArcSwap<List<F>>,
}

struct List<F: ?Sized + 'static> {
    /// The commit that it is of; 0: of none yet.
    epoch: u64,
    found: Vec<Result<EachFn<F>>>,
}

/// A function that an [`Each`] has found. It can be copied, kept and sent.
///
/// A call reaches the newest definition, as one of a [`get!`](../hot/macro.get.html) handle does, and gives
/// `Some` of its result; or `None` if nothing defines the function any more.
pub struct EachFn<F: ?Sized + 'static> {
    path: &'static str,
    call: &'static F,
}

impl<F: ?Sized> EachFn<F> {
    /// The full path, `plugins::fire::on_hit`.
    pub fn path(&self) -> &'static str {
        self.path
    }
}

impl<F: ?Sized> Clone for EachFn<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: ?Sized> Copy for EachFn<F> {}

// A panic that passes through leaves nothing behind: the list is replaced at once, and a call has nothing of
// its own.
impl<F: ?Sized> UnwindSafe for Each<F> {}
impl<F: ?Sized> RefUnwindSafe for Each<F> {}
impl<F: ?Sized> UnwindSafe for EachFn<F> {}
impl<F: ?Sized> RefUnwindSafe for EachFn<F> {}

/// So that it is called like a function.
impl<F: ?Sized> Deref for EachFn<F> {
    type Target = F;

    fn deref(&self) -> &F {
        self.call
    }
}

impl<F: ?Sized> fmt::Debug for EachFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EachFn").field(&self.path).finish()
    }
}

/// A place in the source with a `hot::each!`.
#[doc(hidden)]
pub struct EachSite<F: ?Sized + 'static> {
    like: &'static Accessor,
    bind: unsafe fn(&'static Accessor) -> Box<F>,
    /// Made once for each path, and never freed. Under the lock of publishing, so that no fork finds it held.
    known: Mutex<BTreeMap<String, Known<F>>>,
}

struct Known<F: ?Sized + 'static> {
    site: Arc<Site>,
    function: EachFn<F>,
    /// Whether the host counts the site among its own.
    counts: bool,
}

#[doc(hidden)]
impl<F: ?Sized> EachSite<F> {
    /// `bind` makes a call of an accessor that is like this one, but for its path.
    pub const fn new(
        like: &'static Accessor,
        bind: unsafe fn(&'static Accessor) -> Box<F>,
    ) -> EachSite<F> {
        EachSite { like, bind, known: Mutex::new(BTreeMap::new()) }
    }

    fn make(&self, path: &str, tables: &Arc<Tables>) -> Result<Known<F>> {
        let accessor = accessor_like(self.like, path);
        let site = Arc::new(Site::new(accessor, tables, &mut Shared::default())?);
        // SAFETY: it was just made so.
        let call = Box::leak(unsafe { (self.bind)(accessor) });
        let function = EachFn { path: site.item.path.clone().leak(), call };
        Ok(Known { site, function, counts: false })
    }
}

impl Host {
    /// What `hot::each!` expands to.
    #[doc(hidden)]
    pub fn each<F: ?Sized>(
        &self,
        pattern: impl AsRef<str>,
        site: &'static EachSite<F>,
    ) -> Result<Each<F>> {
        let pattern = Pattern::new(pattern.as_ref())?;
        let tables = Arc::new(Tables::of_accessor(site.like)?);
        let list = ArcSwap::from_pointee(List { epoch: 0, found: Vec::new() });
        Ok(Each { inner: self.inner, pattern, site, tables, list })
    }
}

impl<F: ?Sized> Each<F> {
    /// The pattern.
    pub fn pattern(&self) -> &str {
        self.pattern.text()
    }

    /// The functions that are there now, by their paths. One that has another signature is an error,
    /// [`Code::OtherSignature`](crate::Code::OtherSignature), each time: it may have come long after this was
    /// made, and would be missed in silence.
    pub fn iter(&self) -> EachIter<F> {
        EachIter { list: self.now(), at: 0 }
    }

    fn now(&self) -> Arc<List<F>> {
        // Before the look: what is published meanwhile is looked for the next time.
        let epoch = EPOCH.now();
        let list = self.list.load_full();
        if list.epoch == epoch {
            return list;
        }
        let Inner { namespace, .. } = self.inner;
        let fits = namespace.definitions().into_iter();
        let fits: Vec<_> = fits.filter(|it| self.pattern.matches(it.path())).collect();
        // A handler of this thread's own fork.
        let Some(_publishing) = publishing() else { return list };
        let mut known = self.site.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = fits.iter().filter_map(|definition| {
            let current = definition.current().filter(|it| it.site.item.kind == Kind::Function)?;
            if !known.contains_key(definition.path()) {
                match self.site.make(definition.path(), &self.tables) {
                    Ok(new) => _ = known.insert(definition.path().to_owned(), new),
                    Err(error) => return Some(Err(error)),
                }
            }
            let Known { site, function, counts } = known.get_mut(definition.path())?;
            let function = *function;
            Some(self.inner.enumerate(site, &current, counts).map(|()| function))
        });
        let list = Arc::new(List { epoch, found: found.collect() });
        self.list.store(list.clone());
        list
    }
}

impl<F: ?Sized> IntoIterator for &Each<F> {
    type Item = Result<EachFn<F>>;
    type IntoIter = EachIter<F>;

    fn into_iter(self) -> EachIter<F> {
        self.iter()
    }
}

impl<F: ?Sized> fmt::Debug for Each<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Each").field("pattern", &self.pattern()).finish_non_exhaustive()
    }
}

/// What an [`Each`] finds, as it was when that was asked.
pub struct EachIter<F: ?Sized + 'static> {
    list: Arc<List<F>>,
    at: usize,
}

impl<F: ?Sized> Iterator for EachIter<F> {
    type Item = Result<EachFn<F>>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.list.found.get(self.at)?;
        self.at += 1;
        Some(found.clone())
    }
}

impl<F: ?Sized> fmt::Debug for EachIter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list.found[self.at..]).finish()
    }
}
