//! `hot::lookup!`: a call site that the host learns of when it is used.

use std::{
    ptr,
    sync::{Arc, PoisonError},
};

use super::{
    Code, Error, Host, Reason, Result,
    conflicts::{Conflicts, Holder, Party},
    host::Inner,
    image::Site,
    layout::Tables,
    manifest::Shared,
    world::Placed,
};
use crate::{Undefined, rt::Accessor};

impl Host {
    /// What `hot::lookup!` expands to.
    #[doc(hidden)]
    pub fn look_up<H>(&self, accessor: &'static Accessor, handle: H) -> Result<H> {
        // A slot that leads somewhere leads to a definition of this very signature; the host knows
        // it, and turns it back to the resolver when nothing defines the name any more.
        if accessor.slot.entry() == accessor.cold {
            self.inner.look_up(accessor)?;
        }
        Ok(handle)
    }
}

impl Inner {
    /// Resolves the accessor's slot, and from then on counts it among the host's own.
    fn look_up(&self, accessor: &'static Accessor) -> Result<()> {
        let tables = Tables::of_accessor(accessor)?;
        let site = Arc::new(Site::new(accessor, &Arc::new(tables), &mut Shared::default())?);
        let mut world = self.write()?;
        let current = self.current(&site.item.path).ok_or_else(|| Undefined::of(accessor))?;
        if !site.can_call(&current) {
            return Err(other_signature(&site, &current.site));
        }
        // Resolvers must not put an older version over this one. The writer's lock keeps loads out.
        let publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        site.point_at(&current);
        drop(publishing);
        let known = world.world_mut().sites.entry(site.item.path.clone()).or_default();
        if !known.iter().any(|placed| ptr::eq(placed.site.accessor, accessor)) {
            known.push(Placed { site, image: None });
        }
        Ok(())
    }
}

fn other_signature(asked: &Site, is: &Site) -> Error {
    let what = format!("`{}` has another signature than it is looked up with", asked.item.path);
    let mut reason = Reason::new(Code::OtherSignature, what)
        .fact("asked", &*asked.item.display)
        .fact("is", &*is.item.display);
    if asked.item.kind != is.item.kind {
        return reason.fact("why", format!("it is a {}", is.item.kind)).into();
    }
    let mut conflicts = Conflicts::default();
    let host = Holder::Host("the host");
    conflicts.add(host, Party::site(asked), Party::site(is));
    for conflict in conflicts.reasons() {
        let own = format!("`{}` ", asked.item.path);
        let why = conflict.message.strip_prefix(&own).unwrap_or(&conflict.message).to_owned();
        reason = reason.fact("why", why);
    }
    reason.into()
}
