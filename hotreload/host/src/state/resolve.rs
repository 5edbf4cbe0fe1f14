//! What a slot leads to that nobody has resolved yet. Runs on any thread, also under the loader's lock
//! and within a bundle's init.

use std::{
    cell::RefCell,
    mem, ptr,
    sync::{Arc, PoisonError},
};

use hot_rt::rt::{self as rt, Accessor, Kind};

use crate::{
    file::{Tables, manifest::Shared},
    state::{Current, Inner, Site, World, moment, publishing, world::Stored},
};

/// Why a slot leads nowhere.
pub(crate) enum Nowhere {
    /// Nothing defines the name.
    Undefined,
    /// The definition is another one than the caller was compiled with, or is gone.
    Closed(&'static str),
    /// As that, where no commit has looked: of a site in a retired image, or in a function of the
    /// feature `static`.
    Other,
    /// What defines it has no value, and why.
    Failed(String),
}

thread_local! {
    /// The linked statics whose first value this thread is making, each needed by the one before.
    static MAKING: RefCell<Vec<Arc<Current>>> = const { RefCell::new(Vec::new()) };
}

impl Inner {
    /// Resolves the slot, which is used from now on, and gives the entry or the storage.
    pub(crate) fn resolve(&self, accessor: &'static Accessor) -> Result<*const (), Nowhere> {
        let site = site_of(accessor).ok_or(Nowhere::Undefined)?;
        loop {
            // Against `publish`: else the version that is current now could be stored over a newer one.
            let publishing = publishing();
            let current = self.fitting(&site)?;
            if current.is_made() {
                let is_pointed = site.point_at(&current);
                debug_assert!(is_pointed, "it was just found to fit");
                site.slot().mark_used();
                return Ok(current.version.entry);
            }
            // An author's code makes the value: not under the lock.
            drop(publishing);
            self.make(&current).map_err(Nowhere::Failed)?;
        }
    }

    /// Whether the slot would lead somewhere. Changes nothing.
    pub(crate) fn look(&self, accessor: &'static Accessor) -> Result<(), Nowhere> {
        let site = site_of(accessor).ok_or(Nowhere::Undefined)?;
        self.fitting(&site).map(drop)
    }

    /// What defines the site's name now, if the site fits it.
    fn fitting(&self, site: &Site) -> Result<Arc<Current>, Nowhere> {
        let closed = || self.closed(site.accessor);
        match self.current(&site.item.path) {
            Some(current) if site.can_call(&current) => Ok(current),
            Some(_) => Err(closed().map_or(Nowhere::Other, Nowhere::Closed)),
            None => Err(closed().map_or(Nowhere::Undefined, Nowhere::Closed)),
        }
    }

    /// Makes the first value of a static that is linked into the host.
    fn make(&self, unmade: &Arc<Current>) -> Result<(), String> {
        let path = &unmade.site.item.path;
        // At the thread's end nothing is known: a static that needs itself then recurses.
        let begin = MAKING.try_with(|making| {
            let mut making = making.borrow_mut();
            let is_new = !making.iter().any(|known| Arc::ptr_eq(known, unmade));
            making.extend(is_new.then(|| unmade.clone()));
            is_new
        });
        if begin == Ok(false) {
            return Err(format!("HOT0402: the first value of `{path}` needs itself"));
        }
        // SAFETY: the accessor of an exported static.
        let made = unsafe { rt::new_storage(unmade.site.accessor) };
        if begin == Ok(true) {
            // Gone, if the value's maker has ended the thread's own values.
            let _ = MAKING.try_with(|making| making.borrow_mut().pop());
        }
        let place = made.map_err(|text| {
            format!("HOT0402: the first value of `{path}` panicked\n  said:  {text}")
        })?;
        let _publishing = publishing();
        let definition = self.namespace.get(path).filter(|definition| {
            // Another thread may have been faster, or a load: all must see one value.
            definition.current().is_some_and(|current| Arc::ptr_eq(&current, unmade))
        });
        if let Some(definition) = definition {
            definition.set(Some(unmade.site.version(place, 0, 0)));
        }
        Ok(())
    }

    /// Has the world know what has come to be without its lock since it was asked last.
    pub(crate) fn catch_up(&self, world: &mut World) {
        self.record_made(world);
        self.record_enumerated(world);
    }

    /// Has the world know the sites that were enumerated since it was asked last, and says whether there were
    /// any.
    pub(crate) fn record_enumerated(&self, world: &mut World) -> bool {
        let new = {
            let _moment = moment();
            mem::take(&mut *self.enumerated.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let are_any = !new.is_empty();
        for placed in new {
            world.sites.entry(placed.site.item.path.clone()).or_default().push(placed);
        }
        are_any
    }

    /// Has the world know the first values of linked statics that were made since it was asked last.
    fn record_made(&self, world: &mut World) {
        let made: Vec<_> = self.unrecorded(world).collect();
        for stored in made {
            world.vars.insert(stored.site.item.path.clone(), stored);
        }
    }

    /// First values of linked statics that the world does not know.
    pub(crate) fn unrecorded(&self, world: &World) -> impl Iterator<Item = Stored> {
        let vars = world.baseline.iter().filter(|(_, it)| it.site.item.kind == Kind::Var);
        vars.filter_map(|(path, linked)| {
            let current = self.current(path).filter(|current| current.is_made())?;
            let is_linked = ptr::eq(current.site.accessor, linked.site.accessor);
            let is_known = world.vars.get(path).is_some_and(|it| it.place == current.version.entry);
            let place = current.version.entry;
            (is_linked && !is_known).then(|| Stored::new(place, current.site.clone()))
        })
    }
}

fn site_of(accessor: &'static Accessor) -> Option<Site> {
    let tables = Tables::of_accessor(accessor).ok()?;
    Site::new(accessor, &Arc::new(tables), &mut Shared::default()).ok()
}
