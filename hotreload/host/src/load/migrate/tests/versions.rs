//! Two versions of types in one program, under one name, as two images have them.

use std::mem::MaybeUninit;

use hot_rt::rt::versioned::{Moves, Versioned};

use crate::{
    load::migrate::{Move, Moved, Parked, Room, Value},
    said::Reason,
};

/// Leads out of a function to the type of this name in it.
pub trait Of {
    type It;
}

/// Defines types twice, as `old::World` and `new::World`. What is defined within functions has a path that does not
/// say which one: so both have one name.
macro_rules! versions {
    (
        types { $($name:ident)* } $(of { $($of:ident = $ty:ty),* })?
        old { $($old:item)* } new { $($new:item)* }
    ) => {
        #[allow(dead_code, reason = "not every type is named")]
        mod names {
            pub mod old { $(pub enum $name {})* $($(pub enum $of {})*)? }
            pub mod new { $(pub enum $name {})* $($(pub enum $of {})*)? }
        }
        crate::load::migrate::tests::versions::version!(_old old { $($name)* } { $($($of = $ty),*)? } { $($old)* });
        crate::load::migrate::tests::versions::version!(_new new { $($name)* } { $($($of = $ty),*)? } { $($new)* });
    };
}

/// One of them.
macro_rules! version {
    ($function:ident $version:ident { $($name:ident)* } { $($of:ident = $ty:ty),* } { $($item:item)* }) => {
        #[allow(
            dead_code,
            non_local_definitions,
            reason = "what is defined in it is used from outside, by these implementations"
        )]
        fn $function() {
            mod it {
                #[allow(unused_imports, reason = "not every version needs any")]
                use super::*;
                $(#[hot::versioned] $item)*
            }
            $(impl crate::load::migrate::tests::versions::Of for names::$version::$name {
                type It = it::$name;
            })*
            #[allow(unused_imports, reason = "only what stands under `of` names these")]
            use it::*;
            $(impl crate::load::migrate::tests::versions::Of for names::$version::$of {
                type It = $ty;
            })*
        }
        #[allow(dead_code, reason = "not every type is named")]
        mod $version {
            use crate::load::migrate::tests::versions::Of;
            $(pub(super) type $name = <super::names::$version::$name as Of>::It;)*
            $(pub(super) type $of = <super::names::$version::$of as Of>::It;)*
        }
    };
}
pub(super) use version;
pub(super) use versions;

/// How a move is asked for.
#[derive(Default, Clone, Copy)]
pub(super) struct How {
    pub(super) written: bool,
    pub(super) back: bool,
}

fn record<T: Versioned>() -> &'static Moves {
    T::moves()
}

/// Moves a value; on failure gives it back, with the reasons.
pub(super) fn moved<Old: Versioned, New: Versioned>(
    old: Old,
    parked: &mut Parked,
    how: How,
) -> Result<(New, Moved), (Old, Vec<Reason>)> {
    if how.written {
        parked.mark_written();
    }
    let mut old = MaybeUninit::new(old);
    let new = Room::of(record::<New>());
    let value = Value {
        old: record::<Old>(),
        new: record::<New>(),
        at: old.as_mut_ptr().cast(),
        parked,
        back: how.back,
        migrates: Default::default(),
    };
    // SAFETY: the value is there, nobody else uses it, and there is room for the new one, which is there if
    // nothing fails; otherwise the old one still is.
    unsafe {
        let moved = (|| {
            let mut moving = Move::plan(vec![value])?;
            moving.stage()?;
            moving.verify()?;
            Ok(moving.fill(&[new.at()]))
        })();
        match moved {
            Ok(moved) => Ok((new.at().cast::<New>().read(), moved)),
            Err(reasons) => Err((old.assume_init(), reasons)),
        }
    }
}

/// Moves a value of which nothing is parked before.
pub(super) fn simply<Old: Versioned, New: Versioned>(old: Old) -> New {
    match moved(old, &mut Parked::default(), How::default()) {
        Ok((new, _)) => new,
        Err((_, reasons)) => panic!("{reasons:#?}"),
    }
}

/// Gives the value back that cannot be moved, for these reasons: each a code and a path.
pub(super) fn refused<Old: Versioned, New: Versioned>(old: Old, expected: &[(&str, &str)]) -> Old {
    let (old, reasons) = match moved::<Old, New>(old, &mut Parked::default(), How::default()) {
        Ok(_) => panic!("it was moved"),
        Err(refused) => refused,
    };
    let found =
        reasons.iter().map(|reason| (reason.code.id(), reason.path.as_deref().unwrap_or_default()));
    assert_eq!(found.collect::<Vec<_>>(), expected, "{reasons:#?}");
    old
}
