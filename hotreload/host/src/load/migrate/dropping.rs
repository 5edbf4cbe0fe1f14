//! Drops values by their records, one by one, each with a catch of its own. After the first panic the rest
//! of what is being dropped is leaked: a second one within one `Drop` would end the process.

use std::ptr;

use hot_rt::rt::versioned::{Choice, Form, HELD, Map, Moves, MovesOf, Sequence, Shared, TypeKind};

use super::memory::{Block, free, layout, size};
use crate::platform;

/// Drops so many values, one beside the other. After a panic, whose text it gives, what is left is leaked.
///
/// # Safety
/// There are so many values of the type, which nobody else uses, now or later.
pub(super) unsafe fn drop_all(moves: &Moves, at: *mut u8, count: usize) -> Result<(), String> {
    if moves.drop.is_none() {
        return Ok(());
    }
    let each = size(moves);
    // SAFETY: the caller's promise.
    (0..count).try_for_each(|index| unsafe { drop_one(moves, at.add(index * each)) })
}

/// # Safety
/// There is a value of the type, which nobody else uses, now or later.
unsafe fn drop_one(moves: &Moves, at: *mut u8) -> Result<(), String> {
    let Some(whole) = moves.drop else { return Ok(()) };
    // An author's `Drop` comes before the fields are dropped. Of the library's types it is known what theirs
    // do.
    let is_closed = moves.abilities.has_drop && moves.table.kind() != TypeKind::Builtin;
    // SAFETY: of each call: the value's parts are there as it is; each is dropped once, and the value
    // itself by nobody else. What is only moved out of is released by the function that is for that.
    unsafe {
        match &moves.form {
            _ if is_closed => whole(at),
            Form::Struct { .. } => drop_fields(moves, at, |_| true),
            Form::Tuple { fields, offsets } => fields
                .iter()
                .zip(*offsets)
                .try_for_each(|(of, offset)| drop_one(of(), at.add(*offset))),
            Form::Choice(choice) => drop_choice(choice, whole, at),
            Form::Array(of, count) => drop_all(of(), at, *count),
            Form::Sequence(sequence) => platform::deep(|| drop_sequence(sequence, at)),
            Form::Boxed(of) => platform::deep(|| drop_boxed(*of, at)),
            Form::Shared(shared) => platform::deep(|| drop_shared(moves, shared, whole, at)),
            Form::Map(map) => platform::deep(|| drop_map(map, at)),
            Form::Leaf
            | Form::Fixed(_)
            | Form::Unchanged(_)
            | Form::Opaque
            | Form::Container(_) => whole(at),
        }
    }
}

/// Drops those fields of a struct whose offset is one of these.
///
/// # Safety
/// These fields are there, and nobody else uses them, now or later; the struct has no `Drop` of its own.
pub(super) unsafe fn drop_fields(
    moves: &Moves,
    at: *mut u8,
    which: impl Fn(usize) -> bool,
) -> Result<(), String> {
    let Form::Struct { fields, .. } = &moves.form else { return Ok(()) };
    let fields = moves.table.fields().iter().zip(*fields);
    fields.filter(|(field, _)| which(field.offset())).try_for_each(|(field, of)| {
        // SAFETY: the caller's promise.
        unsafe { drop_one(of(), at.add(field.offset())) }
    })
}

/// An enum has nothing to drop but the fields of its variant, and so has a cell: a lock of the standard
/// library that nobody holds needs nothing freed on Linux and Windows; on macOS a few bytes are leaked
/// of one that was ever contended.
///
/// # Safety
/// As [`drop_one`].
unsafe fn drop_choice(
    choice: &Choice,
    whole: unsafe fn(*mut u8) -> Result<(), String>,
    at: *mut u8,
) -> Result<(), String> {
    let most = choice.variants.iter().map(|branch| branch.fields.len()).max().unwrap_or(0);
    let mut fields = vec![ptr::null(); most];
    // SAFETY: there is such a value, and room for the fields of every variant.
    let variant = unsafe { (choice.open)(at, fields.as_mut_ptr()) };
    if variant == HELD {
        // Somebody has forgotten its guard. Dropping the whole is what Rust would do.
        // SAFETY: the caller's promise.
        return unsafe { whole(at) };
    }
    let of_variant = choice.variants[variant].fields.iter().zip(fields);
    // SAFETY: the fields of this variant are there.
    of_variant.into_iter().try_for_each(|(of, at)| unsafe { drop_one(of(), at.cast_mut()) })
}

/// # Safety
/// As [`drop_one`].
unsafe fn drop_sequence(sequence: &Sequence, at: *mut u8) -> Result<(), String> {
    let element = (sequence.element)();
    // SAFETY: there is such a sequence; each element is dropped once, and then only the buffer is freed.
    unsafe {
        for (run, count) in (sequence.open)(at).runs {
            drop_all(element, run.cast_mut(), count)?;
        }
        (sequence.release)(at);
    }
    Ok(())
}

/// # Safety
/// As [`drop_one`].
unsafe fn drop_boxed(of: MovesOf, at: *mut u8) -> Result<(), String> {
    let of = of();
    // SAFETY: a box of a type with a size is a pointer to what the heap has given with its layout.
    unsafe {
        let value = at.cast::<*mut u8>().read();
        drop_one(of, value)?;
        free(value, layout(of));
    }
    Ok(())
}

/// # Safety
/// As [`drop_one`].
unsafe fn drop_shared(
    moves: &Moves,
    shared: &Shared,
    whole: unsafe fn(*mut u8) -> Result<(), String>,
    at: *mut u8,
) -> Result<(), String> {
    // SAFETY: there is such a pointer. If it is the only one, strong or weak, then nobody can come to the
    // value, or make another pointer to it: it is moved out, its memory is given up, and then it
    // is dropped. Otherwise the standard library has to do it, in its order.
    unsafe {
        if shared.is_weak || (shared.counts)(at) != [1, 0] {
            return whole(at);
        }
        let of = (shared.element)();
        debug_assert!(moves.drop.is_some());
        let value = Block::of(of, 1);
        ptr::copy_nonoverlapping((shared.data)(at), value.at(), size(of));
        (shared.release)(at);
        drop_one(of, value.at())
    }
}

/// # Safety
/// As [`drop_one`].
unsafe fn drop_map(map: &Map, at: *mut u8) -> Result<(), String> {
    let (key, value) = ((map.key)(), (map.value)());
    // SAFETY: there is such a map, with so many entries; each is dropped once, and then the hasher, and
    // the table is freed.
    unsafe {
        let mut entries = vec![[ptr::null(); 2]; (map.len)(at)];
        (map.entries)(at, entries.as_mut_ptr());
        for [at_key, at_value] in entries {
            drop_one(key, at_key.cast_mut())?;
            drop_one(value, at_value.cast_mut())?;
        }
        if let Some(hasher) = map.hasher {
            drop_one(hasher(), (map.hasher_at)(at).cast_mut())?;
        }
        (map.release)(at);
    }
    Ok(())
}
