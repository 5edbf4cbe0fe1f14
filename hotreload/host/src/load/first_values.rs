//! The statics that an image gets: those that have a value already, and new ones.

use std::{mem, sync::Arc};

use hot_rt::rt::{self as rt, Accessor, Kind};
use rustc_hash::FxHashMap;

use crate::{
    boundary::first_values::{self, New},
    load::{
        containers::{fits, stays},
        giving_up::discard,
    },
    said::{Code, Reason},
    state::{
        Site, World,
        world::{Past, Stored, crate_of},
    },
};

/// A var of an image that shall become current, with its storage.
pub(crate) struct Var {
    pub(crate) stored: Stored,
    pub(crate) site: Arc<Site>,
    /// Whether the storage was made for it.
    pub(crate) is_new: bool,
    /// The value that somebody may use until then, of this name or of the one that it had.
    pub(crate) before: Option<Stored>,
}

impl Var {
    /// The name that it had until now, if that was another.
    pub(crate) fn renamed_from(&self) -> Option<&str> {
        let before = &*self.before.as_ref()?.writer.item.path;
        (before != self.site.item.path).then_some(before)
    }
}

/// All of them. What was made for them comes to its end here, unless it is kept.
#[must_use]
#[derive(Default)]
pub(crate) struct Vars(Vec<Var>);

impl Vars {
    pub(crate) fn extend(&mut self, mut more: Vars) {
        self.0.append(&mut more.0);
    }

    /// Those that were made for it.
    pub(crate) fn made(&self) -> impl Iterator<Item = &Var> {
        self.0.iter().filter(|var| var.is_new)
    }

    /// Those that had another name until now: the old one and the new.
    pub(crate) fn renamed(&self) -> Vec<(String, String)> {
        let renamed =
            |var: &Var| Some((var.renamed_from()?.to_owned(), var.site.item.path.clone()));
        self.0.iter().filter_map(renamed).collect()
    }

    /// The image becomes current.
    pub(crate) fn keep(mut self) -> Vec<Var> {
        mem::take(&mut self.0)
    }
}

impl Drop for Vars {
    fn drop(&mut self) {
        // The latest first: it may hold on to those that it was made from.
        for var in self.0.drain(..).rev().filter(|var| var.is_new) {
            // One that is in use stays: by a thread that the image's init has started. So does what
            // is no state, since there may be references to it.
            if let Some(locked) = var.stored.lock() {
                discard(&var.stored, locked);
            }
        }
    }
}

/// The storage that an image's vars shall have: what is there, or new. The slots of these
/// accessors of its image lead to a var as soon as it is there.
pub(crate) fn make_vars(
    world: &World,
    exports: &[Arc<Site>],
    accessors: impl Fn(&Site) -> Vec<&'static Accessor>,
) -> std::result::Result<Vars, Vec<Reason>> {
    let (mut vars, mut new, mut reasons) = (Vars::default(), Vec::new(), Vec::new());
    let befores = world.befores(exports.iter().map(|site| &*site.item));
    for site in exports.iter().filter(|site| site.item.kind == Kind::Var) {
        let live = befores.get(&*site.item.path).copied();
        let before = live.cloned();
        // What nobody defines does not move, nor does what would be given up.
        let may_move = live.is_some() && !site.item.reset;
        let is_alike = |stored: &&Stored| match may_move {
            true => stays(stored, site),
            false => fits(stored, site),
        };
        let other = live.filter(|live| !site.item.reset && !is_alike(live));
        if let Some(live) = other {
            match (live.moving(), (site.accessor.moving)()) {
                (Some(_), Some(moving)) => {
                    // SAFETY: it is the accessor's.
                    let place = unsafe { rt::empty_storage(site.accessor, moving) };
                    for own in accessors(site) {
                        // SAFETY: the storage of this var, and accessors of it that are alike.
                        unsafe { Site::point_at_own(own, place) };
                    }
                    let (stored, site) = (live.moved(place, site.clone()), site.clone());
                    vars.0.push(Var { stored, site, is_new: true, before });
                }
                _ => {
                    // No difference was found, and yet they are not one: never take it for the other.
                    let what = format!("the value of `{}` is laid out differently", site.item.path);
                    reasons.push(Reason::new(Code::VarLayout, what));
                }
            }
            continue;
        }
        match live.or_else(|| world.vars.get(&site.item.path)).filter(is_alike) {
            Some(stored) => {
                for own in accessors(site) {
                    // SAFETY: of a var that is alike, as was just found; so are the accessors, which
                    // are the site's own.
                    unsafe { Site::point_at_own(own, stored.place) };
                }
                let site = site.clone();
                let stored = Stored { writer: site.clone(), ..stored.clone() };
                vars.0.push(Var { stored, site, is_new: false, before });
            }
            // Either nothing is defined under that name now, and the old value is left where it
            // is; or it is given up.
            None => new.push((New { site: site.clone(), accessors: accessors(site) }, before)),
        }
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let (new, befores): (Vec<_>, Vec<_>) = new.into_iter().unzip();
    let mut befores: FxHashMap<_, _> = befores
        .into_iter()
        .zip(&new)
        .map(|(before, new)| (new.site.item.path.clone(), before))
        .collect();
    let (made, reasons) = first_values::make(new);
    vars.0.extend(made.into_iter().map(|stored| {
        let site = stored.site.clone();
        let made_by = world.next_generation(crate_of(&site.item.path));
        let stored = Stored { past: Past { made_by, moves: 0 }, ..stored };
        let before = befores.remove(&site.item.path).flatten();
        Var { stored, site, is_new: true, before }
    }));
    if reasons.is_empty() { Ok(vars) } else { Err(reasons) }
}

/// The values that somebody may use and that make way for these, each with what it makes way for.
pub(crate) fn replaced_by(vars: &Vars) -> Vec<(Stored, Stored)> {
    let replaced = vars.0.iter().filter_map(|var| {
        let live = var.before.as_ref()?;
        (live.place != var.stored.place).then(|| (live.clone(), var.stored.clone()))
    });
    replaced.collect()
}
