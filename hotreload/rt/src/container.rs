//! A container of erased values with the types that they are of, and what takes it apart and puts it
//! together again.

use core::{
    any::{TypeId, type_name},
    marker::PhantomData,
    mem, ptr,
    sync::atomic::{AtomicPtr, Ordering},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::{Mutex, PoisonError},
};

use crate::{
    Erased, ErasedOf, Found, Values,
    cells::{LiveCell, OtherLayout, cell_of},
    init::{IMAGE, ImageInfo},
    panic::text_of_payload,
    rt::versioned::{
        Container, ContainerFunctions, Filled, Form, KindOf, Known, MovesOf, Versioned,
    },
};

/// A container of erased values that says which types they are of. It counts for the layouts that
/// these have in each image that has used it.
#[derive(Debug)]
pub struct Tracked<C> {
    /// The image that was found to agree last.
    agrees: AtomicPtr<ImageInfo>,
    cells: Mutex<Vec<Cell>>,
    /// Whether it can move.
    moves: bool,
    container: C,
}

/// A type of the values in a container: its id, the layout that they have, and what the container
/// itself knows it by.
pub type Cell = (u128, &'static LiveCell, TypeId);

/// The cell of a type, for [`Tracked`].
pub fn tracked<T: Versioned + 'static>() -> (Cell, &'static str) {
    ((T::REF.id(), cell_of::<T>(), TypeId::of::<T>()), type_name::<T>())
}

impl<C> Tracked<C> {
    /// A new container.
    pub const fn new(container: C, moves: bool) -> Self {
        Tracked {
            agrees: AtomicPtr::new(ptr::null_mut()),
            cells: Mutex::new(Vec::new()),
            moves,
            container,
        }
    }

    /// The container, if this image lays all types in it out as the values are; `types` are those
    /// that it may put there.
    #[inline]
    pub fn get(&self, types: fn() -> Vec<(Cell, &'static str)>) -> Result<&C, OtherLayout> {
        self.compare(types)?;
        Ok(&self.container)
    }

    /// As [`get`](Tracked::get).
    #[inline]
    pub fn get_mut(
        &mut self,
        types: fn() -> Vec<(Cell, &'static str)>,
    ) -> Result<&mut C, OtherLayout> {
        self.compare(types)?;
        Ok(&mut self.container)
    }

    #[inline]
    fn compare(&self, types: fn() -> Vec<(Cell, &'static str)>) -> Result<(), OtherLayout> {
        // Acquire: pairs with the Release below, so that the types are counted before any is used.
        if ptr::eq(self.agrees.load(Ordering::Acquire), &IMAGE) {
            return Ok(());
        }
        self.count(types())
    }

    #[cold]
    fn count(&self, types: Vec<(Cell, &'static str)>) -> Result<(), OtherLayout> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for ((id, cell, ty), what) in &types {
            // A crate that was compiled with another feature or dependency has other TypeIds, whatever
            // the layout: the container would find none of its values, in silence.
            let is_other = |(known, other, known_type): &Cell| {
                known == id && !(ptr::eq(*other, *cell) && known_type == ty)
            };
            if cells.iter().any(is_other) {
                return Err(OtherLayout::named(what));
            }
        }
        for (new, _) in types {
            if !cells.iter().any(|(known, ..)| *known == new.0) {
                new.1.containers.fetch_add(1, Ordering::Relaxed);
                if !self.moves {
                    new.1.fixed.fetch_add(1, Ordering::Relaxed);
                }
                cells.push(new);
            }
        }
        self.agrees.store(ptr::from_ref(&IMAGE).cast_mut(), Ordering::Release);
        Ok(())
    }

    fn known(&self) -> Vec<Known> {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.iter().copied().map(known).collect()
    }
}

impl<C> Drop for Tracked<C> {
    fn drop(&mut self) {
        let cells = self.cells.get_mut().unwrap_or_else(PoisonError::into_inner);
        uncount(cells, self.moves);
    }
}

/// A container counts for nothing any more.
fn uncount(cells: &mut Vec<Cell>, moves: bool) {
    for (_, cell, _) in mem::take(cells) {
        cell.containers.fetch_sub(1, Ordering::Relaxed);
        if !moves {
            cell.fixed.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// As a record has it.
pub fn known((id, cell, ty): Cell) -> Known {
    Known { id, layout: ptr::from_ref(cell).cast(), ty }
}

/// Asks whether a container is one that can be taken apart. An inherent constant hides that of the trait.
#[derive(Debug)]
pub struct ProbeContainer<C>(PhantomData<C>);

impl<C: Erased> ProbeContainer<C> {
    /// It is.
    pub const IS_ERASED: bool = true;
    /// What does it.
    pub const FUNCTIONS: Option<ContainerFunctions> = Some(ContainerFunctions {
        frame: <C::Frame as Versioned>::moves,
        accepts: accepts::<C>,
        counts: counts::<C>,
        list: list::<C>,
        take_apart: take_apart::<C>,
        put_together: put_together::<C>,
    });
}

/// The answer for other containers.
pub trait NoContainer {
    /// It is not.
    const IS_ERASED: bool = false;
    /// There are none.
    const FUNCTIONS: Option<ContainerFunctions> = None;
}

impl<C> NoContainer for ProbeContainer<C> {}

/// Asks whether a container knows what it needs to know of a type.
#[derive(Debug)]
pub struct ProbeKind<C, T>(PhantomData<(C, T)>);

impl<C: ErasedOf<T>, T> ProbeKind<C, T> {
    /// It does.
    pub const KIND: Option<KindOf> = Some(|| ptr::from_ref(C::KIND).cast());
}

/// The answer where it does not.
pub trait NoKind {
    /// There is none.
    const KIND: Option<KindOf> = None;
}

impl<C, T> NoKind for ProbeKind<C, T> {}

const fn has_all(kinds: &[Option<KindOf>]) -> bool {
    let mut index = 0;
    while index < kinds.len() {
        if kinds[index].is_none() {
            return false;
        }
        index += 1;
    }
    true
}

/// Whether a container can move that is one of these, with what it knows of its types.
pub const fn moves_with(is_erased: bool, kinds: &[Option<KindOf>]) -> bool {
    is_erased && has_all(kinds)
}

/// How a container moves, if it does.
pub const fn form_of(
    functions: Option<ContainerFunctions>,
    types: &'static [MovesOf],
    kinds: &'static [Option<KindOf>],
    known: fn() -> Vec<Known>,
) -> Form {
    match functions {
        Some(functions) if has_all(kinds) => {
            Form::Container(Container { types, kinds, known, functions })
        }
        _ => Form::Fixed("a container of erased types that nothing takes apart"),
    }
}

// SAFETY, of every function here: whoever calls it gives the record of this container's type, whose kinds are
// of the same type; the address of such a container, or room for one; and a frame once. What `Erased` asks
// for besides is the host's promise: it has listed the values before, and moves all of them between.

fn kinds<C: Erased>(of: &Container) -> Vec<&'static C::Kind> {
    let kind = |kind: &Option<KindOf>| {
        let kind = kind.expect("a container without one does not move");
        // SAFETY: above.
        unsafe { &*kind().cast::<C::Kind>() }
    };
    of.kinds.iter().map(kind).collect()
}

fn accepts<C: Erased>(of: &Container) -> Result<(), String> {
    catch_unwind(|| C::accepts(&kinds::<C>(of))).map_err(text_of_payload)?
}

/// # Safety
/// Above.
unsafe fn counts<C: Erased>(at: *const u8) -> Vec<*const ()> {
    // SAFETY: above.
    let tracked = unsafe { &*at.cast::<Tracked<C>>() };
    tracked.known().iter().map(|known| known.layout).collect()
}

/// # Safety
/// Above.
unsafe fn list<C: Erased>(
    of: &Container,
    at: *const u8,
    found: &mut Found<'_>,
) -> Result<(), String> {
    // SAFETY: above.
    let tracked = unsafe { &*at.cast::<Tracked<C>>() };
    let (counts, known) = (tracked.known(), (of.known)());
    // The values are of the types that code has put there, which this code may have in another form.
    let is_other = |it: &Known| known.iter().any(|known| known.id == it.id && known != it);
    if counts.iter().any(is_other) {
        return Err("older code has put values there, of types that have changed since".to_owned());
    }
    let mut is_empty = true;
    let mut add = |kind, at, count| {
        is_empty &= count == 0;
        found.add(kind, at, count);
    };
    let listed = catch_unwind(AssertUnwindSafe(|| {
        tracked.container.list(&kinds::<C>(of), &mut Found::new(&mut add))
    }));
    listed.map_err(text_of_payload)??;
    if counts.is_empty() && !is_empty {
        return Err("it had values before it was tracked".to_owned());
    }
    Ok(())
}

/// What cannot be taken back must not fail.
fn completes<T>(run: impl FnOnce() -> T) -> T {
    // The hook of panics has told of it.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| process::abort())
}

/// # Safety
/// Above.
unsafe fn take_apart<C: Erased>(of: &Container, at: *mut u8) -> *mut u8 {
    completes(|| {
        // SAFETY: above. Of the other fields nothing is left that would have to be dropped.
        let frame = unsafe {
            let Tracked { cells, moves, container, .. } = &mut *at.cast::<Tracked<C>>();
            // It counts for nothing any more.
            uncount(cells.get_mut().unwrap_or_else(PoisonError::into_inner), *moves);
            ptr::from_mut(container).read().take_apart(&kinds::<C>(of))
        };
        Box::into_raw(Box::new(frame)).cast()
    })
}

/// # Safety
/// Above.
unsafe fn put_together<C: Erased>(
    of: &Container,
    frame: *mut u8,
    values: &mut [Filled],
    out: *mut u8,
) {
    completes(|| {
        // SAFETY: above.
        unsafe {
            let frame = *Box::from_raw(frame.cast::<C::Frame>());
            let container = C::put_together(frame, &kinds::<C>(of), &mut Values::new(values));
            let tracked = Tracked::new(container, true);
            let types = (of.known)().into_iter().map(|Known { id, layout, ty }| {
                // A cell's address, of this host's; cells are never freed.
                ((id, &*layout.cast::<LiveCell>(), ty), "")
            });
            if tracked.count(types.collect()).is_err() {
                unreachable!("it has counted for nothing yet");
            }
            out.cast::<Tracked<C>>().write(tracked);
        }
    });
}
