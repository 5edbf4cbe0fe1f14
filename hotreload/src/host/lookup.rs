//! `hot::lookup!`: a call site that the host learns of when it is used.

use std::{ptr, sync::PoisonError};

use super::{
    Code, Error, Host, Reason, Result, host::Inner, image::Site, manifest::Item,
    signature::compare, world::Placed,
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
        let site = Site::new(accessor)?;
        let mut world = self.write()?;
        let current = self.current(&site.item.path).ok_or_else(|| Undefined::of(accessor))?;
        if !site.can_call(&current) {
            return Err(other_signature(&site.item, &current.item));
        }
        // Resolvers must not put an older version over this one. The writer's lock keeps loads out.
        let publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        site.point_at(&current);
        drop(publishing);
        let known = world.world_mut().sites.entry(site.item.path.clone()).or_default();
        if !known.iter().any(|placed| ptr::eq(placed.site.accessor, accessor)) {
            known.push(Placed { site: site.into(), image: None });
        }
        Ok(())
    }
}

fn other_signature(asked: &Item, is: &Item) -> Error {
    let what = format!("`{}` has another signature than it is looked up with", asked.path);
    let mut reason = Reason::new(Code::OtherSignature, what)
        .fact("asked", asked.display.clone())
        .fact("is", is.display.clone());
    let conflicts = compare(asked, is).conflicts;
    if asked.kind != is.kind {
        reason = reason.fact("why", format!("it is a {}", is.kind));
    } else if conflicts.is_empty() {
        // Only the TypeIds tell.
        reason = reason.fact("why", "a type in it is another one, whatever it is called");
    } else {
        for (_, why) in conflicts {
            reason = reason.fact("why", why);
        }
    }
    reason.into()
}
