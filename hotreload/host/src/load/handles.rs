//! The values behind handles that a transaction moves: they lie in the program's hands, so that what leads
//! to them is the list that their layout's cell keeps.

use std::{any::Any, cell::RefCell, ptr, sync::Arc};

use hot_rt::rt::{AskedAll, Gone, LiveCell, LiveLock, Maker, versioned::BehindHandle};

use crate::{
    boundary::{
        cells::{self, Alive},
        threads,
    },
    file::{Tables, manifest::TypeName},
    judge::{Conflicts, Holder, Moves, moving::have_other_lists},
    load::{after::After, giving_up::Behind},
    said::{Code, Reason},
    state::{Image, World, moment},
};

/// The values of one layout of a type, and the layout that they shall have.
pub(super) struct Handles {
    pub(super) ty: TypeName,
    /// Those that know the type.
    pub(super) tables: Arc<Tables>,
    pub(super) cell: &'static LiveCell,
    pub(super) to: BehindHandle,
    /// The new version is an earlier one.
    pub(super) back: bool,
}

/// A value that nobody looks at, until this is dropped.
pub(super) struct HandleLock(Option<LiveLock>);

/// The values behind handles of one layout.
pub(super) struct OfCell {
    pub(super) locks: Vec<HandleLock>,
    /// Who has made those that stay with other threads.
    pub(super) elsewhere: Vec<Maker>,
}

thread_local! {
    /// Values whose handles were dropped while this thread moved them. They may be of types that stay with
    /// their thread: that one is this.
    static GONE: RefCell<Vec<Gone>> = const { RefCell::new(Vec::new()) };
}

impl Handles {
    fn new(alive: &Alive, to: BehindHandle, back: bool) -> Option<Handles> {
        let lists_differ = || {
            let said = {
                let _moment = moment();
                alive.cell.said()
            };
            said.iter().any(|was| have_other_lists((was.moves)(), (to.moves)()))
        };
        let moves = !ptr::eq(layout(&to), alive.cell) || lists_differ();
        moves.then(|| Handles {
            ty: alive.ty.clone(),
            tables: alive.tables.clone(),
            cell: alive.cell,
            to,
            back,
        })
    }

    /// Why a value may not move, which threads may rely on that have it or share it.
    pub(super) fn refusal(&self, lock: &HandleLock) -> Option<Reason> {
        let (_, BehindHandle { is_send: was_send, is_sync: was_sync, .. }) = lock.get().value();
        let what = |trait_name: &str| format!("`{}` was {trait_name} and is not", self.ty);
        let lost = [("Send", was_send, self.to.is_send), ("Sync", was_sync, self.to.is_sync)];
        if let Some((lost, ..)) = lost.iter().find(|(_, was, is)| *was && !is) {
            return Some(
                Reason::new(Code::HandleLayout, what(lost))
                    .fact("held", "by values behind `hot::Live`, which may be on any thread"),
            );
        }
        None
    }

    /// Why a value may not move here that stays with the thread which made it.
    pub(super) fn elsewhere(&self, maker: &Maker) -> Reason {
        let maker = maker.record().map_or("a thread that is gone".to_owned(), threads::name);
        let what = format!(
            "a value of `{}` moves only where it was made, since the type is not `Send`",
            self.ty
        );
        let help = "reload on that thread, or drop the value before";
        Reason::new(Code::HandleLayout, what).fact("made", format!("by {maker}")).help(help)
    }

    /// A value has moved: at `at` is the new one, in a block of its own, which belongs to the handle.
    ///
    /// # Safety
    /// It is one of these values, and where it was it is not any more.
    pub(super) unsafe fn moved(&self, lock: &mut HandleLock, at: *mut u8) {
        let _moment = moment();
        // SAFETY: the caller's promise.
        unsafe { lock.get_mut().moved(&self.to, at) };
    }

    /// All of them have moved.
    pub(super) fn count_anew(&self) {
        cells::moved([self.cell, layout(&self.to)]);
    }
}

fn layout(of: &BehindHandle) -> &'static LiveCell {
    // SAFETY: it gives a cell's address, of this host's; cells are never freed.
    unsafe { &*(of.layout)().cast() }
}

impl HandleLock {
    /// All of a cell's, and the addresses of those that are in use.
    pub(super) fn take_all(cell: &LiveCell) -> (OfCell, Vec<usize>) {
        let AskedAll { locks, in_use, elsewhere } = {
            let _moment = moment();
            cell.ask_all()
        };
        let locks = locks.into_iter().map(|lock| HandleLock(Some(lock))).collect();
        (OfCell { locks, elsewhere }, in_use)
    }

    pub(super) fn get(&self) -> &LiveLock {
        self.0.as_ref().expect("it is there until it is dropped")
    }

    fn get_mut(&mut self) -> &mut LiveLock {
        self.0.as_mut().expect("it is there until it is dropped")
    }

    /// What was put aside of the value.
    pub(super) fn beside(&mut self) -> &mut Option<Box<dyn Any>> {
        self.get_mut().beside()
    }
}

impl Drop for HandleLock {
    fn drop(&mut self) {
        let gone = self.0.take().and_then(LiveLock::let_go);
        GONE.with_borrow_mut(|all| all.extend(gone));
    }
}

/// Dropped when a transaction is through, under no lock: drops the values whose handles were dropped
/// meanwhile.
pub(super) struct DropsGone;

impl Drop for DropsGone {
    fn drop(&mut self) {
        for gone in GONE.take() {
            // The hook of panics has told of one.
            let _ = gone.finish();
        }
    }
}

impl After<'_> {
    /// The values behind handles that move, now that all images are in memory. `goes_back` tells which
    /// bundles do.
    ///
    /// They become what the crate that the type is of says, if that is one of the transaction's; else what all
    /// say who can have such handles.
    pub(super) fn moving_handles(
        &self,
        goes_back: impl Fn(&str) -> bool,
    ) -> Result<Vec<Handles>, Vec<Reason>> {
        let (mut moving, mut reasons) = (Vec::new(), Vec::new());
        for alive in self.handles.iter().filter(|alive| alive.handles > 0) {
            let takers = self.images.iter().filter_map(|image| Some((image, of(image, alive)?)));
            let takers: Vec<_> = takers.collect();
            let is_home = |image: &Image| alive.ty.mentions(&image.header.crate_name);
            let home = takers.iter().find(|(image, _)| is_home(image));
            let Some((image, to)) = home.or(takers.first()) else { continue };
            let mut others = takers.iter().filter(|(_, of)| !ptr::eq(layout(of), layout(to)));
            if let Some((other, _)) = others.next() {
                reasons.push(disagree(alive, image, other));
                continue;
            }
            let back = goes_back(&image.header.crate_name);
            let Some(handles) = Handles::new(alive, *to, back) else { continue };
            // Whoever does not change, and has such handles or the type itself.
            let stays = self.world.bundles.values().map(|loaded| &loaded.image).find(|loaded| {
                let is_changed = |it: &&Image| it.header.crate_name == loaded.header.crate_name;
                let has = of(loaded, alive).is_some_and(|of| ptr::eq(layout(&of), alive.cell));
                !self.images.iter().map(|image| &**image).any(|it| is_changed(&it))
                    && (is_home(loaded) || has)
            });
            match stays.filter(|_| home.is_none()) {
                Some(stays) => reasons.push(disagree(alive, image, stays)),
                None => moving.push(handles),
            }
        }
        if reasons.is_empty() { Ok(moving) } else { Err(reasons) }
    }

    /// The values behind handles that would move to what the files have: others may know better once they are
    /// in memory.
    pub(super) fn handles_making_way(&self) -> Vec<Behind<'_>> {
        let differs = |alive: &&Alive| {
            self.candidates.iter().any(|candidate| {
                let mut conflicts = Conflicts::default();
                // Whatever differs counts.
                let held = Holder::Handles(alive.handles, Moves::Never);
                conflicts.add_values(held, &alive.ty, &alive.tables, &candidate.tables);
                !conflicts.reasons().is_empty()
            }) || self
                .images
                .iter()
                .any(|image| of(image, alive).is_some_and(|of| !ptr::eq(layout(&of), alive.cell)))
        };
        let alive = self.handles.iter().filter(|alive| alive.handles > 0).filter(differs);
        alive.map(|Alive { ty, cell, tables, .. }| Behind { ty, tables, cell }).collect()
    }
}

fn of(image: &Image, alive: &Alive) -> Option<BehindHandle> {
    image.behind_handles.iter().find(|of| of.id == alive.ty.id).copied()
}

fn disagree(alive: &Alive, image: &Image, other: &Image) -> Reason {
    let (ty, image, other) = (&alive.ty, &image.header.package, &other.header.package);
    let what = format!("bundles `{image}` and `{other}` lay out `{ty}` differently");
    let held = Holder::Handles(alive.handles, Moves::Never);
    Reason::new(Code::HandleLayout, what)
        .fact("held", format!("by {held}"))
        .help("build both, and reload them in one `host.transaction()`")
}

/// The values behind handles that code which the host is linked with could not use as they are, once this
/// bundle is gone.
pub(super) fn handles_to_linked(world: &World, name: &str, alive: &[Alive]) -> Vec<Handles> {
    let alive = alive.iter().filter(|alive| alive.handles > 0 && alive.ty.mentions(name));
    let moving = alive.filter_map(|alive| {
        let to = world.behind_handles.iter().find(|of| of.id == alive.ty.id)?;
        Handles::new(alive, *to, true)
    });
    moving.collect()
}
