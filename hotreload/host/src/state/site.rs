//! An accessor of an image, as the host knows it; and what a definition leads to.

use std::{any::TypeId, sync::Arc};

use hot_rt::rt::{Accessor, Slot, Version, versioned::Told};

use crate::{
    file::{
        Numbers, Tables,
        manifest::{Item, Shared, untracked},
    },
    said::{Code, Reason},
};

/// An accessor of one image with what the host knows of it.
pub(crate) struct Site {
    pub(crate) accessor: &'static Accessor,
    pub(crate) item: Arc<Item>,
    /// The signature in one number.
    shape: u128,
    /// What the types in it are made of, in another.
    layout: Numbers,
    /// The types, as its image has them.
    pub(crate) tables: Arc<Tables>,
    pub(crate) signature: TypeId,
    lifetimes: Told,
    opaque: TypeId,
    pub(crate) identity: TypeId,
}

impl Site {
    /// Of an accessor, as one of those whose records share something.
    pub(crate) fn new(
        accessor: &'static Accessor,
        tables: &Arc<Tables>,
        shared: &mut Shared<'static>,
    ) -> Result<Site, Reason> {
        let item = Item::of(accessor.record, shared)?;
        Ok(Site {
            accessor,
            shape: item.shape(),
            layout: tables.hash(item.types.iter().map(|ty| &ty.ty)),
            tables: tables.clone(),
            item: Arc::new(item),
            signature: (accessor.signature)(),
            lifetimes: (accessor.lifetimes)(),
            opaque: (accessor.opaque)(),
            identity: (accessor.identity)(),
        })
    }

    pub(crate) fn slot(&self) -> &'static Slot {
        self.accessor.slot
    }

    /// A number for what the types in it are made of: sites with the same one lay out the same.
    pub(crate) fn layout(&self) -> u128 {
        self.layout.layout
    }

    /// Whether somebody calls through it, or may.
    pub(crate) fn is_used(&self) -> bool {
        self.slot().is_used()
    }

    /// Whether a caller compiled like this site can call that version.
    pub(crate) fn can_call(&self, current: &Current) -> bool {
        self.is_alike(&current.site)
    }

    /// Whether both sites were compiled with the same types, of which this one, the older or the
    /// caller, may write no field that the other's code holds private.
    pub(crate) fn is_alike(&self, other: &Site) -> bool {
        let same = self.shape == other.shape && self.layout.layout == other.layout.layout;
        same && !self.keeps_apart(other) && hidden_change(self, other).is_none()
    }

    /// Whether this site may write fields that are private to the other, or has opaque ones of another
    /// type.
    fn keeps_apart(&self, other: &Site) -> bool {
        let types = self.item.types.iter().map(|ty| &ty.ty);
        self.layout.aside != other.layout.aside && self.tables.keep_apart(&other.tables, types)
    }

    /// Makes what lies behind this accessor a version of its definition: the function's entry, or
    /// the var's storage.
    pub(crate) fn version(
        self: &Arc<Self>,
        entry: *const (),
        generation: u64,
        born: u64,
    ) -> Arc<Current> {
        // Never freed: slots and threads may point at it for ever.
        let version = Box::leak(Box::new(Version { entry, generation, born }));
        Arc::new(Current { version, site: self.clone() })
    }

    /// Points the slot at a version, if a caller compiled like this site can call it.
    pub(crate) fn point_at(&self, current: &Current) -> bool {
        if !self.can_call(current) {
            return false;
        }
        // SAFETY: the signatures were just compared, with all types in them. The entry, or the storage,
        // is that of a site's accessor, whose image stays mapped, or null for a static without a value;
        // versions are never freed.
        unsafe { self.slot().point_at(current.version.entry, current.version) };
        true
    }

    /// Points the slot at what lies behind an export of its own image, or a value that it keeps,
    /// before there is a version of it.
    ///
    /// # Safety
    /// `place` is the body of an export that [is alike](Site::is_alike), or the storage of a var which
    /// is.
    pub(crate) unsafe fn point_at_own(accessor: &Accessor, place: *const ()) {
        // SAFETY: sites that are alike have one signature, with all types in it, by the caller's
        // promise; images stay mapped, and storage is never freed.
        unsafe { accessor.slot.point_at(place, std::ptr::null()) };
    }

    /// Points the slot back at its resolver.
    pub(crate) fn reset(&self) {
        // SAFETY: its own cold path; null for a var.
        unsafe { self.slot().point_at(self.accessor.cold, std::ptr::null()) };
    }
}

/// A definition's current version with what a caller must have been compiled with to reach it.
pub(crate) struct Current {
    pub(crate) version: &'static Version,
    pub(crate) site: Arc<Site>,
}

impl Current {
    /// Whether it has its value: a static that is linked into the host gets its first value when that
    /// is needed.
    pub(crate) fn is_made(&self) -> bool {
        !self.version.entry.is_null()
    }
}

/// What only the compiler's identities of types tell: a lifetime that an alias hides, another opaque
/// type of one name.
pub(crate) fn hidden_change(old: &Site, new: &Site) -> Option<(Code, String)> {
    let (was, now) = (&*old.item, &*new.item);
    let lifetimes = old.lifetimes != new.lifetimes;
    if old.signature == new.signature && !lifetimes {
        return None;
    }
    let of_std = |item: &Item| item.types.iter().all(|ty| ty.ty.is_of_std());
    // TypeIds of these are the same in every crate.
    let exact = lifetimes || of_std(was) || of_std(now);
    let opaque = |item: &Item| untracked(item).next().is_some();
    if !exact && (old.opaque == new.opaque || !opaque(was) && !opaque(now)) {
        // The tables decide. An author's type has another TypeId when a field of it becomes public,
        // or is declared elsewhere; or with another version, dependency, feature or profile of its
        // crate.
        return None;
    }
    if exact || old.identity == new.identity {
        let mut names = was.types.iter().zip(&now.types);
        return Some(if names.all(|(was, now)| was.name == now.name) {
            let what = "is spelled as before, but an alias in it stands for something else now";
            (Code::HiddenChange, what.to_owned())
        } else {
            (Code::TypeChanged, "has another type".to_owned())
        });
    }
    let what = "has types of a crate that was compiled differently: they cannot be compared";
    Some((Code::OtherCrate, what.to_owned()))
}
