//! Who would not fit what a transaction brings. Who uses it holds it, and the transaction is refused; the
//! others are closed, and told why when they call.

use crate::{
    judge::{Conflicts, Holder, Party},
    load::{after::After, first_values::Vars},
    said::{Code, Error, Reason, Result},
    state::{
        Image, Inner, Site,
        closed_site::ClosedSite,
        publishing,
        world::{Loaded, Placed, World, crate_of},
    },
};

/// A site that a transaction leaves without what it was compiled with.
pub(super) struct Unfit {
    placed: Placed,
    why: String,
    /// Whether the definition goes, and no other one comes.
    is_gone: bool,
}

impl After<'_> {
    /// All sites that would not fit the transaction's images, which are in memory. None of them was
    /// used when that was checked.
    pub(super) fn unfit(&self) -> Vec<Unfit> {
        self.images.iter().flat_map(|image| self.changed(image).chain(self.gone(image))).collect()
    }

    /// Those that the image's exports do not fit.
    fn changed<'s>(&'s self, image: &'s Image) -> impl Iterator<Item = Unfit> + 's {
        image.exports.iter().flat_map(move |export| {
            let placed = self.placed(&export.item.path);
            let others = placed.filter(|placed| !placed.site.is_alike(export));
            others.map(move |placed| {
                let why = self.why_changed(placed, image, export);
                Unfit { placed: placed.clone(), why, is_gone: false }
            })
        })
    }

    /// Those whose definition the image has no more, or never had though the host is linked with it.
    fn gone<'s>(&'s self, image: &'s Image) -> impl Iterator<Item = Unfit> + 's {
        let linked = linked_only(self.world, image);
        linked.flat_map(move |path| {
            self.placed(path).filter(|placed| !placed.may_go).map(move |placed| {
                let (bundle, who) = (&image.header.package, self.who(placed));
                let why = format!(
                    "bundle `{bundle}` has no `{path}`, which {who} was compiled with: {}",
                    remedy(placed, path)
                );
                Unfit { placed: placed.clone(), why, is_gone: true }
            })
        })
    }

    /// Why a site does not fit an export.
    fn why_changed(&self, placed: &Placed, image: &Image, export: &Site) -> String {
        let path = &export.item.path;
        let mut conflicts = Conflicts::default();
        let holder = Holder::Host("the host");
        conflicts.add(holder, Party::site(&placed.site), Party::site(export));
        let root = conflicts.reasons().into_iter().find_map(|reason| {
            let path = reason.path?;
            let end = path.find(['.', '[', '(', ':']).unwrap_or(path.len());
            Some(path[..end].to_owned())
        });
        let counter = self.world.counters.get(&image.header.crate_name);
        // One that was published before is older than what came after.
        let form = if counter.is_some_and(|count| image.born_as <= *count) {
            "another"
        } else {
            "an older"
        };
        let form = match root {
            Some(root) => format!("{form} `{root}`"),
            None => format!("{form} signature of it, `{}`", placed.site.item.display),
        };
        format!("{} was compiled with {form}: {}", self.who(placed), remedy(placed, path))
    }

    fn who(&self, placed: &Placed) -> String {
        let Some(image) = &placed.image else { return "the host".to_owned() };
        let generation =
            self.world.bundles.get(&image.header.crate_name).map_or(0, |it| it.generation);
        Holder::Bundle(&image.header.package, generation).to_string()
    }

    /// Whether somebody has begun to use what the transaction would close, or take away, since that was
    /// checked. Under the lock of publishing: nobody begins meanwhile who would find it.
    pub(super) fn is_overtaken(&self, unfit: &[Unfit]) -> bool {
        let removes = |image: &Image| {
            let before = self.world.bundles.get(&image.header.crate_name);
            let mut removed = removed(before, image.exports.iter().map(|site| &*site.item.path));
            let holds = |placed: &Placed| self.holds(placed) && !placed.may_go;
            removed.any(|site| self.placed(&site.item.path).any(holds))
        };
        unfit.iter().any(|unfit| !unfit.is_gone && self.holds(&unfit.placed))
            || self.images.iter().any(|image| removes(image))
    }

    /// The reasons of that, once the lock is free.
    pub(super) fn overtaken(&self) -> Error {
        let mut reasons = Vec::new();
        for image in self.images {
            let Image { header, exports, imports, tables, behind_handles, .. } = &**image;
            let types = (&**tables, &behind_handles[..]);
            reasons.extend(self.check_image(header, exports, imports, types));
        }
        if reasons.is_empty() {
            let what =
                "a definition was called for the first time while its next version was loaded";
            reasons.push(Reason::new(Code::TypeChanged, what));
        }
        Error::of(reasons)
    }
}

impl Inner {
    /// Refuses if a linked static got its first value since the transaction made one of its own for
    /// it.
    pub(super) fn check_first_values(&self, world: &World, vars: &Vars) -> Result<()> {
        let is_new = |path: &str| vars.made().any(|var| var.site.item.path == path);
        let made = self.unrecorded(world).filter(|stored| is_new(&stored.site.item.path));
        let reason = |path: &str| {
            let what =
                format!("`{path}` got its first value in the host while the bundle was loaded");
            Reason::new(Code::GuardHeld, what).help("load it again: the value is kept then")
        };
        Error::check(made.map(|stored| reason(&stored.site.item.path)).collect())
    }

    /// Before the first load of a bundle: what the host used of what it is linked with does not count.
    /// Whoever goes on using it asks anew, and is compared. In a strict host all of it counts, whether it is
    /// used or not.
    pub(super) fn forget_first_uses(&self, world: &World, crate_name: &str) {
        if world.is_strict || world.counters.contains_key(crate_name) {
            return;
        }
        let _publishing = publishing();
        let of_crate = world.sites.iter().filter(|(path, _)| crate_of(path) == crate_name);
        for placed in of_crate.flat_map(|(_, placed)| placed).filter(|it| it.image.is_none()) {
            placed.site.slot().forget_use();
            placed.site.reset();
        }
    }
}

impl Unfit {
    pub(super) fn close(self) -> ClosedSite {
        // Never freed: errors keep it. There is one for each site and commit that closes it.
        ClosedSite { placed: self.placed, why: self.why.leak(), is_gone: self.is_gone }
    }
}

/// What the host is linked with of this bundle and the image does not have.
pub(super) fn linked_only<'a>(world: &'a World, image: &'a Image) -> impl Iterator<Item = &'a str> {
    let of_crate = world.baseline.keys().filter(|path| crate_of(path) == image.header.crate_name);
    of_crate.map(String::as_str).filter(|path| image.export(path).is_none())
}

/// What the bundle has exported and is not there any more. Both are in the order of the paths.
pub(super) fn removed<'a, 'n>(
    before: Option<&'a Loaded>,
    there: impl Iterator<Item = &'n str>,
) -> impl Iterator<Item = &'a Site> {
    let exports = before.into_iter().flat_map(|loaded| &loaded.image.exports);
    let mut there = there.peekable();
    exports.map(|site| &**site).filter(move |site| {
        let path = &*site.item.path;
        while there.next_if(|it| *it < path).is_some() {}
        there.peek() != Some(&path)
    })
}

fn remedy(placed: &Placed, path: &str) -> String {
    match placed.image {
        None => format!("restart it to use `{path}`"),
        Some(_) => format!("build and reload it to use `{path}`"),
    }
}
