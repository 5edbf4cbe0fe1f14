//! What stands in the way of a change, gathered: who holds which type in its old form, and what
//! became of it. One difference is one reason, however many hold it and however it is reached.

use std::{fmt, ptr};

use rustc_hash::FxHashMap;

use super::{
    Code, Reason,
    image::Site,
    layout::{Change, Differ, Difference, Place, Tables, bytes},
    manifest::{Item, TypeName},
    signature::{compare, resized, untracked},
};

/// Who has compiled code or a value of the old form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder<'a> {
    /// The host's code, which was compiled against it; or how messages call it.
    Host(&'static str),
    /// The code of another bundle: its package and generation.
    Bundle(&'a str, u64),
    /// The code of a bundle that is loaded at the same time, or is about to be: its package.
    Loading(&'a str),
    /// The value of a var of this path.
    Var(&'a str),
    /// The value of a `hot::State` of this path.
    State(&'a str),
    /// So many values behind `hot::Live`.
    Handles(usize),
    /// So many containers of `hot::tracked!`, which may have values of it.
    Containers(usize),
}

impl<'a> Holder<'a> {
    /// The value of a var.
    pub(crate) fn value(item: &'a Item) -> Self {
        match item.types[0].ty.is_state() {
            true => Holder::State(&item.path),
            false => Holder::Var(&item.path),
        }
    }

    /// The code of a difference that is in its way; `usual` if it is code.
    fn code(&self, usual: Code) -> Code {
        match self {
            Holder::Host(_) | Holder::Bundle(..) | Holder::Loading(_) => usual,
            Holder::Var(_) => Code::VarLayout,
            Holder::State(_) => Code::StateLayout,
            Holder::Handles(_) | Holder::Containers(_) => Code::HandleLayout,
        }
    }

    /// The holder with an export that leads there.
    fn calling(&self, export: &str) -> String {
        match self {
            Holder::Host(_) | Holder::Bundle(..) => format!("{self}, which calls `{export}`"),
            Holder::Loading(_) => format!("{self} and calls `{export}`"),
            Holder::Var(_) | Holder::State(_) | Holder::Handles(_) | Holder::Containers(_) => {
                self.to_string()
            }
        }
    }
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Host(who) => f.write_str(who),
            Holder::Bundle(package, generation) => {
                write!(f, "bundle `{package}` (generation {generation})")
            }
            Holder::Loading(package) => write!(f, "bundle `{package}`, which is being loaded"),
            Holder::Var(path) => write!(f, "the value of the var `{path}`"),
            Holder::State(path) => write!(f, "the value of the state `{path}`"),
            Holder::Handles(1) => f.write_str("1 value that a `hot::Live` holds"),
            Holder::Handles(count) => write!(f, "{count} values that `hot::Live`s hold"),
            Holder::Containers(1) => f.write_str("1 container of `hot::tracked!`"),
            Holder::Containers(count) => write!(f, "{count} containers of `hot::tracked!`"),
        }
    }
}

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
    users: Vec<&'a str>,
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
        for found in conflicts.into_iter().map(conflict) {
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
            let mut differ = Differ::new(was.tables, now.tables);
            pairs().for_each(|(old, new)| differ.add(old, new));
            !differ.finish().is_empty()
        };
        if let Some(found) = unexplained.map(conflict).filter(|_| !explained()) {
            self.signatures.note(found);
        }

        let comparison = self.comparison(holder, (was.tables, now.tables));
        for (old, new) in pairs() {
            comparison.differ.add(old, new);
            comparison.users.push(&now.item.path);
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
        comparison.users.push("");
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
                let differ = Differ::new(tables.0, tables.1);
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
            for difference in differ.finish() {
                let used: Vec<_> = users[difference.root..].first().into_iter().copied().collect();
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
        signatures.chain(differences.into_iter().map(Held::reason)).collect()
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

/// What only the compiler's identities of types tell: a lifetime that an alias hides, another opaque
/// type of one name.
pub(crate) fn hidden(was: Party<'_>, now: Party<'_>) -> Option<(Code, String)> {
    let (Some(old), Some(new)) = (was.site, now.site) else { return None };
    let lifetimes = old.lifetimes != new.lifetimes;
    if old.signature == new.signature && !lifetimes {
        return None;
    }
    let of_std = |item: &Item| item.types.iter().all(|ty| ty.ty.is_of_std());
    // TypeIds of these are the same in every crate.
    let exact = lifetimes || of_std(was.item) || of_std(now.item);
    let opaque = |item: &Item| untracked(item).next().is_some();
    if !exact && !opaque(was.item) && !opaque(now.item) {
        // The tables decide. An author's type has another TypeId when a field of it becomes public,
        // or is declared elsewhere; or with another version, dependency, feature or profile of its
        // crate.
        return None;
    }
    if exact || old.identity == new.identity {
        let mut names = was.item.types.iter().zip(&now.item.types);
        return Some(if names.all(|(was, now)| was.name == now.name) {
            let what = "is spelled as before, but an alias in it stands for something else now";
            (Code::HiddenChange, what.to_owned())
        } else {
            (Code::TypeChanged, "has another type".to_owned())
        });
    }
    let what = "has types of a crate that was compiled differently: they cannot be compared";
    Some((Code::OtherCrate, what.to_owned()))
}

impl Signature<'_> {
    fn reason(self) -> Reason {
        let held: Vec<_> = self.held.iter().map(ToString::to_string).collect();
        let reason = Reason::new(self.code, format!("`{}` {}", self.export.path, self.what))
            .fact("was", self.was)
            .fact("now", &*self.export.display)
            .fact("held", format!("by {}", held.join(", ")));
        together(reason, self.held.iter())
    }
}

/// A difference with everybody whom it breaks, each with an export that leads there.
struct Held<'a> {
    code: Code,
    difference: Difference,
    holders: Vec<(Holder<'a>, Vec<&'a str>)>,
}

impl Held<'_> {
    fn reason(self) -> Reason {
        let Difference { old, new, .. } = &self.difference;
        let mut reason = Reason::new(self.code, message(&self.difference));
        reason.path = Some(self.difference.path.clone());
        for (label, place) in [("was", old), ("now", new)] {
            if let Some(place) = place {
                reason = reason.fact(label, place.to_string());
            }
        }
        let held = self.holders.iter().map(|(holder, users)| match &users[..] {
            [export] => holder.calling(export),
            _ => holder.to_string(),
        });
        let held: Vec<_> = held.collect();
        let reason = reason.fact("held", format!("by {}", held.join(", ")));
        together(reason, self.holders.iter().map(|(holder, _)| holder))
    }
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
        Change::Retyped => Code::FieldType,
        Change::Resized => Code::Resized,
        Change::VariantAdded => Code::VariantAdded,
        Change::VariantRemoved => Code::VariantRemoved,
        Change::VariantReordered | Change::Discriminant => Code::VariantMoved,
        Change::Form => Code::VariantForm,
        Change::Kind => Code::OtherKind,
        Change::Repr => Code::ReprChanged,
        Change::Generics => Code::ParametersChanged,
        Change::Lifetimes => Code::FieldLifetime,
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
        Change::Resized => format!("`{path}` has another size, alignment or niche"),
        Change::VariantAdded => format!("{variant}`{path}` was added"),
        Change::VariantRemoved => format!("{variant}`{path}` was removed"),
        Change::VariantReordered => format!("{variant}`{path}` is in another place"),
        Change::Discriminant => format!("`{path}` has another value: {was} became {is}"),
        Change::Form => format!("{variant}`{path}` has another form: `{was}` became `{is}`"),
        Change::Kind => format!("`{path}` was {was} and is {is}"),
        Change::Repr => format!("`{path}` has another repr: `{was}` became `{is}`"),
        Change::Generics => format!("`{path}` has other parameters or bounds"),
        Change::Lifetimes => format!("`{path}` has other lifetimes"),
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
