//! `hot::lookup!`: a call site that the host learns of when it is used.

use std::{ptr, sync::Arc};

use crate::file::Tables;
use crate::file::manifest::Shared;
use crate::judge::{Conflicts, Holder, Party};
use crate::said::{Code, Error, Reason, Result};
use crate::state::world::Placed;
use crate::state::{Inner, Site, publishing};
use hot_rt::rt::Accessor;
use hot_rt::rt::Undefined;

impl Inner {
    /// Resolves the accessor's slot, and from then on counts it among the host's own.
    pub(crate) fn look_up(&self, accessor: &'static Accessor) -> Result<()> {
        let tables = Tables::of_accessor(accessor)?;
        let site = Arc::new(Site::new(accessor, &Arc::new(tables), &mut Shared::default())?);
        let mut world = self.write()?;
        let current = self.current(&site.item.path).ok_or_else(|| Undefined::of(accessor, None))?;
        // Resolvers must not put an older version over this one. The writer's lock keeps loads out.
        let publishing = publishing();
        let can_call = site.point_at(&current);
        if can_call {
            site.slot().mark_used();
        }
        drop(publishing);
        if !can_call {
            return Err(other_signature(&site, &current.site));
        }
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
