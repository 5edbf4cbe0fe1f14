//! What has to happen for values to become those of the next version of their type. Nothing of a value is
//! looked at: two records become a plan, or reasons why there is none.
//!
//! ```text
//! planner    a node of the plan for each pair of types
//! containers of erased values
//! fields     fields and what they become of; variants: of enums; maps
//! foreseen   what manifests tell of it before anything is in memory
//! made       values that no old one gives
//! alike      whether the bits of the one type are those of the other
//! obstacles  what may not be moved at all
//! names      of types, fields and variants: which is which
//! place      where in a type it is, by the old names and by the new ones
//! tables     the hash maps of the standard library
//! tidy       attributes and functions that no value needs
//! numbers    which number holds all values of which
//! whole      what functions of an author make of whole types
//! versions   whether a type is an older version of another, and where they differ
//! refusals   the reasons, each with its remedy
//! plan       what comes of it
//! ```

mod alike;
mod containers;
mod fields;
mod foreseen;
mod made;
mod maps;
mod members;
mod names;
mod numbers;
mod obstacles;
mod place;
mod plan;
mod planner;
pub(crate) mod refusals;
mod tables;
mod tidy;
mod variants;
mod versions;
mod whole;

pub(crate) use containers::{have_contradicting_lists, have_other_lists};
pub(crate) use foreseen::{Leads, foresee};
pub(crate) use numbers::Number;
pub(crate) use plan::{
    Arm, ArmPart, ContainerPlan, Copied, How, Id, KindPlan, Leaving, MapPlan, Node, Park, Plan,
    Source, StructPlan, Widened,
};
pub(crate) use planner::{Aside, Subject, plan};
pub(crate) use tables::tables;
pub(crate) use tidy::{untidy, untidy_functions};
