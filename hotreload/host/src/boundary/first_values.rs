//! First values of an image's statics. They are made before anything of the image is published, each
//! when it is needed: one may be made from another.

use std::{
    cell::{Cell, RefCell},
    ptr,
    rc::Rc,
    sync::Arc,
};

use crate::said::{Code, Reason};
use crate::state::Site;
use crate::state::world::Stored;
use hot_rt::rt::{self as rt, Accessor, Text};

thread_local! {
    /// What this thread is making.
    static MAKING: RefCell<Option<Rc<Making>>> = const { RefCell::new(None) };
}

/// A static without a value, and those accessors of its image whose slots lead to it as soon as it
/// has one.
pub(crate) struct New {
    pub(crate) site: Arc<Site>,
    pub(crate) accessors: Vec<&'static Accessor>,
}

#[derive(Clone, Copy)]
enum Progress {
    Waiting,
    UnderWay,
    Made(*const ()),
    Failed,
}

struct Making {
    vars: Vec<(New, Cell<Progress>)>,
    /// Those that are under way, each needed by the one before.
    chain: RefCell<Vec<usize>>,
    made: RefCell<Vec<Stored>>,
    reasons: RefCell<Vec<Reason>>,
    /// The first value under way was told that another failed: its own failure says nothing new.
    told: Cell<bool>,
}

/// Makes them. Gives the storage in the order in which it was made, and what was refused.
pub(crate) fn make(vars: Vec<New>) -> (Vec<Stored>, Vec<Reason>) {
    let making = Rc::new(Making {
        vars: vars.into_iter().map(|var| (var, Cell::new(Progress::Waiting))).collect(),
        chain: RefCell::default(),
        made: RefCell::default(),
        reasons: RefCell::default(),
        told: Cell::new(false),
    });
    MAKING.set(Some(making.clone()));
    for index in 0..making.vars.len() {
        // A failure is among the reasons.
        let _ = making.value(index);
    }
    MAKING.set(None);
    (making.made.take(), making.reasons.take())
}

/// The storage of a static that this thread is making, or that is made together with it; null where
/// there is none, and the calling thread's record says why. `None`: it is none of these.
pub(crate) fn resolve(accessor: &'static Accessor) -> Option<*const ()> {
    let (making, index) = find(accessor)?;
    Some(making.value(index).unwrap_or_else(|text| {
        making.told.set(true);
        // SAFETY: the text outlives the call.
        unsafe { rt::fail_here(Text::new(&text)) }
        ptr::null()
    }))
}

/// Whether the accessor is of a static that this thread is making.
pub(crate) fn is_awaited(accessor: &Accessor) -> bool {
    find(accessor).is_some()
}

fn find(accessor: &Accessor) -> Option<(Rc<Making>, usize)> {
    // Gone at the thread's end, when it makes nothing.
    let making = MAKING.try_with(|making| making.borrow().clone()).ok()??;
    let is_of = |(var, _): &(New, _)| var.accessors.iter().any(|own| ptr::eq(*own, accessor));
    let index = making.vars.iter().position(is_of)?;
    Some((making, index))
}

impl Making {
    /// The static's storage, made now unless it is there; or why there is none.
    fn value(&self, index: usize) -> Result<*const (), String> {
        let (New { site, accessors }, progress) = &self.vars[index];
        let path = &site.item.path;
        match progress.get() {
            Progress::Waiting => {}
            Progress::Made(place) => return Ok(place),
            Progress::UnderWay => return Err(self.cycle(index)),
            Progress::Failed => return Err(format!("HOT0402: `{path}` has no first value")),
        }
        progress.set(Progress::UnderWay);
        self.chain.borrow_mut().push(index);
        // SAFETY: `vars` are exported statics of the image.
        let made = unsafe { rt::new_storage(site.accessor) };
        self.chain.borrow_mut().pop();
        let told = self.told.replace(false);
        match made {
            Ok(place) => {
                progress.set(Progress::Made(place));
                self.made.borrow_mut().push(Stored::new(place, site.clone()));
                for own in accessors {
                    // SAFETY: the storage of this var, and accessors of it that are alike.
                    unsafe { Site::point_at_own(own, place) };
                }
                Ok(place)
            }
            Err(text) => {
                progress.set(Progress::Failed);
                let what = format!("the first value of `{path}` panicked");
                if !told {
                    let reason = Reason::new(Code::VarInitialiser, &*what).fact("said", text);
                    self.reasons.borrow_mut().push(reason);
                }
                Err(format!("HOT0402: {what}"))
            }
        }
    }

    /// Says that the static needs itself.
    fn cycle(&self, index: usize) -> String {
        let chain = self.chain.borrow();
        let path = |index: &usize| &*self.vars[*index].0.site.item.path;
        let around = chain.iter().skip_while(|known| **known != index).chain([&index]);
        let around: Vec<_> = around.map(path).collect();
        let what = format!("the first value of `{}` needs itself", path(&index));
        let reason = Reason::new(Code::VarInitialiser, &*what);
        self.reasons.borrow_mut().push(reason.fact("needs", around.join(" -> ")));
        format!("HOT0402: {what}")
    }
}
