//! `hot::lookup!` and `hot::each!`: call sites that the host learns of when they are used.

use std::{
    ptr,
    sync::{Arc, PoisonError},
};

use crate::file::Tables;
use crate::file::manifest::Shared;
use crate::judge::{Conflicts, Holder, Party};
use crate::said::{Code, Error, Reason, Result};
use crate::state::world::Placed;
use crate::state::{Current, Inner, Site, publishing};
use hot_rt::rt::{Accessor, Promise, Slot, Undefined};

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
            known.push(Placed { site, image: None, may_go: false });
        }
        Ok(())
    }

    /// Has a site of `hot::each!` lead to what its name means now, and counts it among the host's own from
    /// then on: a transaction that is under way meets it before it publishes. `is_known` says whether it does
    /// so already. Under the lock of publishing: nobody puts a newer version into the slot meanwhile.
    pub(crate) fn enumerate(
        &self,
        site: &Arc<Site>,
        current: &Current,
        is_known: &mut bool,
    ) -> Result<()> {
        if !site.point_at(current) {
            return Err(other_signature(site, &current.site));
        }
        site.slot().mark_used();
        if !*is_known {
            let placed = Placed { site: site.clone(), image: None, may_go: true };
            self.enumerated.lock().unwrap_or_else(PoisonError::into_inner).push(placed);
            *is_known = true;
        }
        Ok(())
    }
}

/// An accessor of its own for this path, which is called as the other one is. Never freed, as any.
pub(crate) fn accessor_like(like: &'static Accessor, path: &str) -> &'static Accessor {
    // A record is a tag, the length of the rest, and the rest, which begins with the path (`rt::manifest`).
    let (old, rest) = like.record[5..].split_at(4);
    let old = u32::from_le_bytes([old[0], old[1], old[2], old[3]]) as usize;
    let length = |length: usize| u32::try_from(length).expect("a path is short").to_le_bytes();
    let body = [&length(path.len()), path.as_bytes(), &rest[old..]].concat();
    let record = [&like.record[..1], &length(body.len()), &body].concat();
    Box::leak(Box::new(Accessor {
        record: record.leak(),
        slot: Box::leak(Box::new(Slot::new(like.cold))),
        kind: like.kind,
        cold: like.cold,
        body: ptr::null(),
        layout: like.layout,
        lock: like.lock,
        moving: like.moving,
        describe: like.describe,
        signature: like.signature,
        lifetimes: like.lifetimes,
        type_name: like.type_name,
        opaque: like.opaque,
        identity: like.identity,
        // SAFETY: all but the path is what the other one's maker has promised; the slot is its own, and it
        // has no body.
        promise: unsafe { Promise::given() },
    }))
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
