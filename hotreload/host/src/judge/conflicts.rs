//! What stands in the way of a change, gathered: who holds which type in its old form, and what
//! became of it. One difference is one reason, however many hold it and however it is reached.

use std::{fmt, ptr};

use rustc_hash::FxHashMap;

use crate::file::Tables;
use crate::file::manifest::{Item, TypeName};
use crate::judge::Holder;
use crate::judge::layout::{Change, Differ, Difference, Place};
use crate::judge::signature::{compare, resized};
use crate::said::{Code, Reason, bytes};
use crate::state::Site;
use crate::state::site::hidden_change;

/// One side of a comparison: an export, or what holds on to one.
#[derive(Clone, Copy)]
pub(crate) struct Party<'a> {
    pub(crate) item: &'a Item,
    /// The types, as its image has them.
    pub(crate) tables: &'a Tables,
    /// With the compiler's types, once it is in memory.
    pub(crate) site: Option<&'a Site>,
}

impl<'a> Party<'a> {
    pub(crate) fn site(site: &'a Site) -> Self {
        Party { item: &site.item, tables: &site.tables, site: Some(site) }
    }
}

/// What only the compiler's identities of types tell, once both are in memory.
fn hidden(was: Party<'_>, now: Party<'_>) -> Option<(Code, String)> {
    hidden_change(was.site?, now.site?)
}

/// Everything that conflicts with one image or one file.
#[derive(Default)]
pub(crate) struct Conflicts<'a> {
    signatures: Signatures<'a>,
    comparisons: Vec<Comparison<'a>>,
    /// Where the comparison of a holder is; the tables are told by their addresses.
    known: FxHashMap<(Holder<'a>, [*const Tables; 2]), usize>,
}

/// Conflicts over signatures, each once.
#[derive(Default)]
struct Signatures<'a> {
    all: Vec<Signature<'a>>,
    of_path: FxHashMap<&'a str, Vec<usize>>,
}

/// A conflict over a signature itself.
#[derive(PartialEq)]
struct Signature<'a> {
    code: Code,
    what: String,
    was: &'a str,
    export: &'a Item,
    held: Vec<Holder<'a>>,
}

/// The types of one holder against those of the new image.
struct Comparison<'a> {
    holder: Holder<'a>,
    differ: Differ<'a>,
    /// For each type that was added, what has it in its signature; none for a value's own type.
    users: Vec<Option<&'a Item>>,
}

impl<'a> Conflicts<'a> {
    /// Compares what somebody holds with what there will be.
    pub(crate) fn add(&mut self, holder: Holder<'a>, was: Party<'a>, now: Party<'a>) {
        let conflict = |(code, what)| Signature {
            code: holder.code(code),
            what,
            was: &was.item.display,
            export: now.item,
            held: vec![holder],
        };
        let conflicts = compare(was.item, now.item);
        let is_alike = conflicts.is_empty();
        // What a state holds becomes what it shall hold, if a plan is found once both are in memory.
        let is_state = |item: &Item| item.types.first().is_some_and(|ty| ty.ty.is_state());
        let moves = matches!(holder, Holder::State(_)) && is_state(now.item);
        let conflicts =
            conflicts.into_iter().filter(|(code, _)| !moves || *code != Code::TypeChanged);
        for found in conflicts.map(conflict) {
            self.signatures.note(found);
        }
        let unexplained = resized(was.item, now.item).map(|what| (Code::TypeChanged, what));
        let unexplained = unexplained.or_else(|| hidden(was, now)).filter(|_| is_alike);
        // What is being loaded has the newer types; the older ones are what it would call.
        let (was, now) = if let Holder::Loading(_) = holder { (now, was) } else { (was, now) };
        let pairs = || {
            let pairs = was.item.types.iter().zip(&now.item.types);
            pairs.filter(|(old, new)| old.ty.id == new.ty.id).map(|(old, new)| (&old.ty, &new.ty))
        };
        // It counts only if no table says why.
        let explained = || {
            let mut differ = differ(holder, (was.tables, now.tables));
            pairs().for_each(|(old, new)| differ.add(old, new));
            !differ.finish().is_empty()
        };
        if let Some(found) = unexplained.map(conflict).filter(|_| !explained()) {
            self.signatures.note(found);
        }

        let comparison = self.comparison(holder, (was.tables, now.tables));
        for (old, new) in pairs() {
            comparison.differ.add(old, new);
            comparison.users.push(Some(now.item));
        }
    }

    /// Compares the type of values that are alive.
    pub(crate) fn add_values(
        &mut self,
        holder: Holder<'a>,
        ty: &'a TypeName,
        old: &'a Tables,
        new: &'a Tables,
    ) {
        let comparison = self.comparison(holder, (old, new));
        comparison.differ.add(ty, ty);
        comparison.users.push(None);
    }

    fn comparison(
        &mut self,
        holder: Holder<'a>,
        tables: (&'a Tables, &'a Tables),
    ) -> &mut Comparison<'a> {
        let key = (holder, [ptr::from_ref(tables.0), ptr::from_ref(tables.1)]);
        let index = match self.known.get(&key) {
            Some(index) => *index,
            None => {
                let differ = differ(holder, tables);
                self.comparisons.push(Comparison { holder, differ, users: Vec::new() });
                self.known.insert(key, self.comparisons.len() - 1);
                self.comparisons.len() - 1
            }
        };
        &mut self.comparisons[index]
    }

    /// A reason for each conflict.
    pub(crate) fn reasons(self) -> Vec<Reason> {
        let mut differences: Vec<Held<'_>> = Vec::new();
        for Comparison { holder, differ, users, .. } in self.comparisons {
            let moves = |difference: &Difference| {
                holder.moves() && !difference.of_trait && moves_with(difference.change)
            };
            let found = differ.finish().into_iter().filter(|difference| !moves(difference));
            for difference in found {
                let used = users[difference.root];
                let code = holder.code(code(&difference));
                let known = differences
                    .iter_mut()
                    .find(|known| known.code == code && is_one(&known.difference, &difference));
                match known {
                    Some(known) => known.holders.push((holder, used)),
                    None => {
                        differences.push(Held { code, difference, holders: vec![(holder, used)] })
                    }
                }
            }
        }
        let signatures = self.signatures.all.into_iter().map(Signature::reason);
        let differences = differences.iter().map(|held| held.reason(&differences));
        signatures.chain(differences).collect()
    }
}

impl<'a> Signatures<'a> {
    /// Adds a conflict over a signature, or its holder to the same one.
    fn note(&mut self, mut found: Signature<'a>) {
        let of_path = self.of_path.entry(&found.export.path).or_default();
        let is_same = |known: &Signature<'_>| {
            (known.code, &known.what, known.was) == (found.code, &found.what, found.was)
        };
        match of_path.iter().find(|index| is_same(&self.all[**index])) {
            Some(index) => {
                let known = &mut self.all[*index];
                found.held.retain(|holder| !known.held.contains(holder));
                known.held.append(&mut found.held);
            }
            None => {
                of_path.push(self.all.len());
                self.all.push(found);
            }
        }
    }
}

impl Signature<'_> {
    fn reason(self) -> Reason {
        let held: Vec<_> = self.held.iter().map(ToString::to_string).collect();
        let reason = Reason::new(self.code, format!("`{}` {}", self.export.path, self.what))
            .fact("was", self.was)
            .fact("now", &*self.export.display)
            .fact("held", format!("by {}", held.join(", ")));
        together(titled(reason), self.held.iter())
    }
}

/// A difference with everybody whom it breaks, each with an export that leads there.
struct Held<'a> {
    code: Code,
    difference: Difference,
    holders: Vec<(Holder<'a>, Option<&'a Item>)>,
}

impl Held<'_> {
    /// The reason, `among` all differences.
    fn reason(&self, among: &[Held<'_>]) -> Reason {
        let Difference { old, new, .. } = &self.difference;
        let mut reason = titled(Reason::new(self.code, message(&self.difference)));
        reason.path = Some(self.difference.path.clone());
        for (label, place) in [("was", old), ("now", new)] {
            if let Some(place) = place {
                reason = reason.fact(label, place.to_string());
            }
        }
        let held = self.holders.iter().map(|(holder, used)| match used {
            Some(export) => holder.using(export),
            None => holder.to_string(),
        });
        let held: Vec<_> = held.collect();
        let reason = reason.fact("held", format!("by {}", held.join(", ")));
        // To give the value up is not enough where code was compiled against the old form, too.
        let of_code = |other: &&Held<'_>| {
            other.code == code(&other.difference) && is_one(&other.difference, &self.difference)
        };
        let can_be_reset = matches!(self.code, Code::VarLayout | Code::StateLayout);
        match among.iter().find(of_code).filter(|_| can_be_reset) {
            Some(other) => reason.help(format!(
                "undo the change, or do what {} says: code relies on the old form too, so that \
                 `#[hot(reset)]` alone does not help",
                other.code.id()
            )),
            None => together(reason, self.holders.iter().map(|(holder, _)| holder)),
        }
    }
}

/// The message of a state's value begins with what is wrong with it: the change alone is what code says of it.
fn titled(mut reason: Reason) -> Reason {
    if reason.code == Code::StateLayout {
        reason.message = format!("a state's value would mean something else: {}", reason.message);
    }
    reason
}

/// Compares older and newer types for a holder.
fn differ<'a>(holder: Holder<'_>, (old, new): (&'a Tables, &'a Tables)) -> Differ<'a> {
    let differ = Differ::new(old, new);
    if let Holder::Loading(_) = holder { differ.for_newer() } else { differ }
}

/// Where only bundles stand in the way of each other, the way out is to replace them at once.
fn together<'a>(reason: Reason, mut holders: impl Iterator<Item = &'a Holder<'a>>) -> Reason {
    if holders.all(|holder| matches!(holder, Holder::Bundle(..) | Holder::Loading(_))) {
        reason.help(
            "rebuild the bundles that hold it, and reload all of them in one `host.transaction()`; or \
             keep the old form",
        )
    } else {
        reason
    }
}

/// Whether both say the same of one type, reached on two ways.
fn is_one(a: &Difference, b: &Difference) -> bool {
    (&a.within, a.change, &a.old, &a.new) == (&b.within, b.change, &b.old, &b.new)
}

/// Whether the value of a state becomes one of its new type where only such things have changed. Whether it
/// can is planned once both images are in memory.
fn moves_with(change: Change) -> bool {
    match change {
        Change::Added
        | Change::Removed
        | Change::Renamed
        | Change::Moved
        | Change::Retyped
        | Change::Resized
        | Change::VariantAdded
        | Change::VariantRemoved
        | Change::VariantReordered
        | Change::Discriminant
        | Change::Form
        | Change::Kind
        | Change::Repr
        | Change::Drop
        | Change::Copy
        | Change::Send
        | Change::Sync
        | Change::Unpin => true,
        // The same bits would mean something else.
        Change::Opaque
        | Change::Safety
        | Change::Generics
        | Change::Lifetimes
        | Change::Private
        | Change::Invariants => false,
    }
}

/// The code of a difference that code stands in the way of.
fn code(difference: &Difference) -> Code {
    if difference.of_trait {
        return Code::TraitChanged;
    }
    match difference.change {
        Change::Added => Code::FieldAdded,
        Change::Removed => Code::FieldRemoved,
        Change::Renamed => Code::FieldRenamed,
        Change::Moved => Code::FieldMoved,
        Change::Retyped | Change::Opaque => Code::FieldType,
        Change::Resized => Code::Resized,
        Change::VariantAdded => Code::VariantAdded,
        Change::VariantRemoved => Code::VariantRemoved,
        Change::VariantReordered | Change::Discriminant => Code::VariantMoved,
        Change::Form => Code::VariantForm,
        Change::Kind => Code::OtherKind,
        Change::Repr => Code::ReprChanged,
        Change::Safety => Code::TraitChanged,
        Change::Generics => Code::ParametersChanged,
        Change::Lifetimes => Code::FieldLifetime,
        Change::Private => Code::FieldPrivate,
        Change::Invariants => Code::InvariantsChanged,
        Change::Drop => Code::DropChanged,
        Change::Copy | Change::Send | Change::Sync | Change::Unpin => Code::PromiseChanged,
    }
}

fn message(difference: &Difference) -> String {
    let Difference { path, change, old, new, of_trait, .. } = difference;
    let what = |place: &Option<Place>| place.as_ref().map_or("", |place| &place.what).to_owned();
    let (was, is) = (what(old), what(new));
    let (field, variant) = match of_trait {
        // A supertrait, a parameter or a result, which the path tells.
        true => ("", "the method "),
        false => ("the field ", ""),
    };
    match change {
        Change::Added => format!("{field}`{path}` was added"),
        Change::Removed => format!("{field}`{path}` was removed"),
        Change::Renamed => format!("{field}`{path}` is called `{is}` now"),
        Change::Moved => format!("{field}`{path}` is at another place"),
        Change::Retyped => format!("`{path}` has another type: `{was}` became `{is}`"),
        Change::Opaque => format!("`{path}` is opaque, and has another type of the same name"),
        Change::Resized => format!("`{path}` has another size, alignment or niche"),
        Change::VariantAdded => format!("{variant}`{path}` was added"),
        Change::VariantRemoved => format!("{variant}`{path}` was removed"),
        Change::VariantReordered => format!("{variant}`{path}` is in another place"),
        Change::Discriminant => format!("`{path}` has another value: {was} became {is}"),
        Change::Form => format!("{variant}`{path}` has another form: `{was}` became `{is}`"),
        Change::Kind => format!("`{path}` was {was} and is {is}"),
        Change::Safety => format!("`{path}` was {was} and is {is}"),
        Change::Repr => format!("`{path}` has another repr: `{was}` became `{is}`"),
        Change::Generics => format!("`{path}` has other parameters or bounds"),
        Change::Lifetimes => format!("`{path}` has other lifetimes"),
        Change::Private => format!("{field}`{path}` was {was} and is {is}"),
        Change::Invariants => {
            format!("`{path}` promises something else: its `invariants` were {was} and are {is}")
        }
        Change::Drop => format!("`{path}` is dropped in another way: {was} became {is}"),
        Change::Copy | Change::Send | Change::Sync | Change::Unpin => {
            format!("`{path}` was {was} and is {is}")
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.what.is_empty() { "the type" } else { &self.what })?;
        let Some(size) = self.size else { return Ok(()) };
        write!(f, ", {}", bytes(size))?;
        self.offset.map_or(Ok(()), |offset| write!(f, " at offset {offset}"))
    }
}
