//! All of the authors' code that a move needs: defaults, conversions, hashes and comparisons of keys. What it
//! makes is kept aside; if something fails, it is dropped, and the old values are as that code left them.

use std::ptr;

use hot_rt::rt::versioned::{Make, Migrate, Moves};

use super::{
    dropping,
    keys::{self, Ordered},
    memory::{Block, Run, copy, size},
    supply::Supply,
    walk::Seen,
};
use crate::{
    judge::moving::{How, Plan},
    said::{Code, Reason},
};

/// What was made in advance.
pub(super) struct Ready {
    /// Of each source.
    pub(super) supplies: Vec<Supply>,
    /// Of each map whose keys were asked for.
    pub(super) maps: Vec<Ordered>,
}

/// Makes what was counted.
///
/// # Safety
/// This was seen of values that nobody but the authors' code itself has changed since.
pub(super) unsafe fn call(plan: &Plan, seen: &Seen) -> Result<Ready, Reason> {
    let mut supplies = Vec::new();
    for (source, count) in plan.sources.iter().zip(&seen.counts) {
        supplies.push(match source.how {
            How::Once(_) => Supply::once(source.moves),
            How::Parked(..) => Supply::with_room_for(source.moves, 0),
            _ => Supply::with_room_for(source.moves, *count),
        });
    }
    for (index, source) in plan.sources.iter().enumerate() {
        let count = seen.counts[index];
        // SAFETY: of each call: there is room for so many; the arguments are the fields that were seen, of
        // the types that the conversion takes. None lies in a cell, nor is it owned by one: so they stay
        // where they are and what they are, as long as there are references to the old value.
        let made = unsafe {
            match source.how {
                How::Once(make) => make_some(make, &mut supplies[index], 1),
                How::Each(make) if count > 0 => make_some(make, &mut supplies[index], count),
                How::Convert(call) => {
                    let taken = seen.arguments[index].len().checked_div(count).unwrap_or(0);
                    let mut fields = seen.arguments[index].chunks_exact(taken.max(1));
                    fields.try_for_each(|fields| {
                        call(fields.as_ptr(), supplies[index].end())?;
                        supplies[index].add(1);
                        Ok(())
                    })
                }
                How::Migrate(ref steps) => seen.arguments[index].iter().try_for_each(|old| {
                    in_order(steps, *old, supplies[index].end())?;
                    supplies[index].add(1);
                    Ok(())
                }),
                How::Part { migrate, first, .. } if first == index => {
                    let fields = made_with(plan, first);
                    take_apart(migrate, &fields, &mut supplies, &seen.arguments[index])
                }
                How::Within { make, whole, first, .. } if first == index => {
                    let fields = made_with(plan, first);
                    take_out((make, whole), &fields, &mut supplies, count)
                }
                _ => Ok(()),
            }
        };
        made.map_err(|why| failed(&source.path, &why))?;
    }
    let mut maps = Vec::new();
    for map in &seen.maps {
        // SAFETY: the map and its keys are as they were seen, as above.
        maps.push(unsafe { keys::ask(plan, map, &supplies) }?);
    }
    Ok(Ready { supplies, maps })
}

/// The sources of the fields that are taken out of one value, and where in it they are; by the first source.
fn made_with(plan: &Plan, first: usize) -> Vec<(usize, usize)> {
    let sources = plan.sources.iter().enumerate();
    let fields = sources.filter_map(|(index, source)| match source.how {
        How::Part { first: of, at, .. } | How::Within { first: of, at, .. } if of == first => {
            Some((index, at))
        }
        _ => None,
    });
    fields.collect()
}

pub(super) fn failed(path: &str, why: &str) -> Reason {
    let mut reason = Reason::new(Code::AuthorsCode, format!("`{path}` could not be made: {why}"));
    reason.path = Some(path.to_owned());
    reason
}

/// # Safety
/// There is room for so many, and it makes such values.
unsafe fn make_some(make: Make, supply: &mut Supply, count: usize) -> Result<(), String> {
    // SAFETY: the caller's promise.
    let made = unsafe { make(supply.end(), count) };
    supply.add(made.as_ref().map_or_else(|(some, _)| *some, |()| count));
    made.map_err(|(_, why)| why)
}

/// Calls one function after the other, each with what the one before has made.
///
/// # Safety
/// The first takes this old value, and each the one's that the one before makes; there is room for what
/// the last one makes.
unsafe fn in_order(steps: &[&'static Migrate], old: *const u8, out: *mut u8) -> Result<(), String> {
    let [step, rest @ ..] = steps else { unreachable!("a way has steps") };
    let Some(last) = rest.last() else {
        // SAFETY: the caller's promise.
        return unsafe { step.call(old, out) };
    };
    let made = step.makes();
    let room = Block::of(made, 1);
    // SAFETY: the caller's promise. What is made on the way is dropped once, and so is what comes of it if
    // that has panicked.
    unsafe {
        step.call(old, room.at())?;
        let result = in_order(rest, room.at(), out);
        let dropped = dropping::drop_all(made, room.at(), 1);
        if result.is_ok() && dropped.is_err() {
            let _ = dropping::drop_all(last.makes(), out, 1);
        }
        result.and(dropped)
    }
}

/// Makes structs of some fields, and takes the fields at these offsets out, each for its source: that is all of
/// them.
///
/// # Safety
/// The function takes each of these old values, and has no `Drop` on what it makes; there is room for as many
/// fields.
unsafe fn take_apart(
    migrate: &'static Migrate,
    fields: &[(usize, usize)],
    supplies: &mut [Supply],
    olds: &[*const u8],
) -> Result<(), String> {
    let part = migrate.fields().expect("it was planned as one");
    let room = Block::of(part, 1);
    for old in olds {
        // SAFETY: the caller's promise; each field is moved out once.
        unsafe {
            migrate.call(*old, room.at())?;
            for (source, at) in fields {
                let supply = &mut supplies[*source];
                ptr::copy_nonoverlapping(room.at().add(*at), supply.end(), supply.size());
                supply.add(1);
            }
        }
    }
    Ok(())
}

/// How many containers are made at a time.
const AT_ONCE: usize = 64;

/// Makes whole containers, takes the fields at these offsets out, each for its source, and drops the others.
///
/// # Safety
/// The containers are structs of the type, whose `Drop` they do not implement; there is room for so many fields.
unsafe fn take_out(
    (make, whole): (Make, &'static Moves),
    fields: &[(usize, usize)],
    supplies: &mut [Supply],
    count: usize,
) -> Result<(), String> {
    let room = Block::of(whole, count.min(AT_ONCE));
    let size_of_whole = size(whole);
    let mut done = 0;
    while done < count {
        let some = (count - done).min(AT_ONCE);
        // SAFETY: there is room for so many. What was made of some that failed is dropped.
        unsafe {
            if let Err((made, why)) = make(room.at(), some) {
                return dropping::drop_all(whole, room.at(), made).and(Err(why));
            }
        }
        let containers = Run { at: room.at(), stride: size_of_whole };
        for (source, at) in fields {
            let supply = &mut supplies[*source];
            // SAFETY: each field is moved out of each container once.
            unsafe {
                let to = Run { at: supply.end(), stride: supply.size() };
                copy(containers.part(*at), to, supply.size(), some);
            }
            supply.add(some);
        }
        for index in 0..some {
            // SAFETY: these fields were not moved out, and each is dropped once.
            unsafe {
                let container = containers.nth(index);
                dropping::drop_fields(whole, container, |at| {
                    fields.iter().all(|(_, taken)| *taken != at)
                })?;
            }
        }
        done += some;
    }
    Ok(())
}
