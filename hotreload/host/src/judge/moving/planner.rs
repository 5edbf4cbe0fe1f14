//! A node of the plan for each pair of types.

use std::ptr;

use hot_rt::rt::versioned::{Form, Migrate, Moves};
use rustc_hash::FxHashMap;

use super::{
    Id, Node, Number, Plan,
    alike::{Alikes, Pair, pair},
    members::{members, same_name},
    names::Name as _,
    obstacles::Obstacles,
    place::Place,
    plan::{Park, Source, StructPlan, Widened},
    refusals,
};
use crate::{platform, said::Reason};

/// What is parked at a place.
#[derive(Clone, Copy)]
pub(crate) struct Aside {
    /// Of its type.
    pub(crate) moves: &'static Moves,
    /// Somebody may have changed the value that it was taken from, and the order in its collections.
    pub(crate) written: bool,
}

/// One value that moves, and what is parked of it.
pub(crate) struct Subject<'a> {
    pub(crate) old: &'static Moves,
    pub(crate) new: &'static Moves,
    /// What is parked at a place, if it may come back.
    pub(crate) parked: &'a dyn Fn(&str) -> Option<Aside>,
    /// The new version is an earlier one.
    pub(crate) back: bool,
    /// The functions of both images that make whole types: those of the new one first.
    pub(crate) migrates: &'a [Vec<&'static Migrate>; 2],
}

/// What is planned so far.
pub(super) struct Planner<'a> {
    pub(super) subjects: &'a [Subject<'a>],
    pub(super) nodes: Vec<Node>,
    pub(super) sources: Vec<Source>,
    pub(super) parks: Vec<Park>,
    pub(super) forgotten: Vec<String>,
    pub(super) unless_written: Vec<String>,
    pub(super) reasons: Vec<Reason>,
    pub(super) alikes: Alikes,
    /// The same, of a type and what stands for an older version of it.
    pub(super) versions: Alikes,
    pub(super) obstacles: Obstacles,
    /// Nodes that depend on no route.
    done: FxHashMap<(Pair, bool), Id>,
    /// Nodes that are being planned: within the first the others.
    open: Vec<((Pair, bool), Id)>,
    /// The outermost of these that the current one leads back to.
    leads_back: usize,
    /// Of what is shared: old and new.
    classes: Vec<(&'static Moves, &'static Moves)>,
}

/// A plan for all values of a transaction, or every reason why there is none.
pub(crate) fn plan(subjects: &[Subject<'_>]) -> Result<Plan, Vec<Reason>> {
    let mut planner = Planner {
        subjects,
        nodes: Vec::new(),
        sources: Vec::new(),
        parks: Vec::new(),
        forgotten: Vec::new(),
        unless_written: Vec::new(),
        reasons: Vec::new(),
        alikes: Alikes::default(),
        versions: Alikes::of_versions(),
        obstacles: Obstacles::default(),
        done: FxHashMap::default(),
        open: Vec::new(),
        leads_back: usize::MAX,
        classes: Vec::new(),
    };
    let roots = subjects.iter().enumerate().map(|(index, subject)| {
        let Subject { old, new, .. } = *subject;
        let [was, is] = [old, new].map(|moves| moves.table.ty().spelled());
        planner.node(old, new, &Place::root(index, was, is))
    });
    let roots = roots.collect();
    let Planner { nodes, sources, parks, forgotten, unless_written, reasons, .. } = planner;
    if reasons.is_empty() {
        Ok(Plan::new(nodes, roots, sources, parks, (forgotten, unless_written)))
    } else {
        Err(reasons)
    }
}

impl Planner<'_> {
    pub(super) fn node(&mut self, old: &'static Moves, new: &'static Moves, place: &Place) -> Id {
        let key = (pair(old, new), place.in_cell);
        if let Some(id) = self.done.get(&key) {
            return *id;
        }
        if let Some(depth) = self.open.iter().position(|(open, _)| *open == key) {
            self.leads_back = self.leads_back.min(depth);
            return self.open[depth].1;
        }
        let (id, depth) = (self.nodes.len(), self.open.len());
        self.nodes.push(Node::Open);
        self.open.push((key, id));
        let around = self.leads_back;
        self.leads_back = usize::MAX;
        let (routes, refused) = ((self.parks.len(), self.sources.len()), self.reasons.len());
        let node = platform::deep(|| self.build(old, new, place));
        self.nodes[id] = node;
        self.open.pop();
        // Columns of what is parked are told apart by the route to them, and so are values that are made:
        // a node with some is planned for each route.
        let on_its_own = routes == (self.parks.len(), self.sources.len());
        // What is refused is, at each place: the author is told all of them at once.
        let is_done = on_its_own && self.reasons.len() == refused;
        if is_done && self.leads_back >= depth {
            self.done.insert(key, id);
        }
        let further = if self.leads_back < depth { self.leads_back } else { usize::MAX };
        self.leads_back = around.min(further);
        id
    }

    pub(super) fn refuse(&mut self, reason: Reason) -> Node {
        // One type may be reached by many ways.
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        Node::Open
    }

    fn build(&mut self, old: &'static Moves, new: &'static Moves, place: &Place) -> Node {
        if self.alikes.are_alike(old, new) {
            if let Some((path, what)) = self.obstacles.within(old, new) {
                return self.refuse(refusals::may_lead_anywhere(&place.step(&path), what));
            }
            return Node::Struct(StructPlan::bits(old.table.layout().size()));
        }
        if let Some(node) = self.whole(old, new, place) {
            return node;
        }
        let refused = self.reasons.len();
        let node = self.by_itself(old, new, place);
        let node = node.unwrap_or_else(|| self.by_form(old, new, place));
        if self.reasons.len() > refused {
            self.refuse_other_versions(old, new, place);
        }
        node
    }

    /// What needs no word of an author: a wider number, and a value that gets a wrapper.
    fn by_itself(
        &mut self,
        old: &'static Moves,
        new: &'static Moves,
        place: &Place,
    ) -> Option<Node> {
        let (old_type, new_type) = (old.table.ty(), new.table.ty());
        if let (Some(from), Some(to)) = (Number::of(old_type), Number::of(new_type)) {
            let widened = vec![Widened { from: (0, from), to: (0, to) }];
            return to
                .holds(from)
                .then(|| Node::Struct(StructPlan { widened, ..Default::default() }));
        }
        match &new.form {
            Form::Choice(choice) if new_type.is_std("Option") && !old_type.is_std("Option") => {
                let to = choice.variants[1].fields[0]();
                self.fits_into(old, to).then(|| {
                    let element = self.node(old, to, &place.step("::Some.0"));
                    Node::IntoOption { element, new: choice, to: to.table.layout() }
                })
            }
            Form::Boxed(to) if !matches!(old.form, Form::Boxed(_)) => {
                let to = to();
                self.fits_into(old, to).then(|| {
                    let element = self.node(old, to, place);
                    Node::IntoBox { element, to: to.table.layout() }
                })
            }
            _ => None,
        }
    }

    /// Whether the one is the other's type, of whatever version.
    fn fits_into(&mut self, old: &'static Moves, new: &'static Moves) -> bool {
        same_name(old.table, new.table)
    }

    fn by_form(&mut self, old: &'static Moves, new: &'static Moves, place: &Place) -> Node {
        let (old_type, new_type) = (old.table.ty(), new.table.ty());
        if !same_name(old.table, new.table) {
            return self.refuse(refusals::other_type(
                place,
                old_type.spelled(),
                new_type.spelled(),
            ));
        }
        match (&old.form, &new.form) {
            (Form::Struct { .. }, Form::Struct { .. })
            | (Form::Tuple { .. }, Form::Tuple { .. }) => self.structs(old, new, place, None),
            (Form::Choice(from), Form::Choice(to)) => self.choices((old, from), (new, to), place),
            (Form::Array(from, count), Form::Array(to, new_count)) => {
                if count != new_count {
                    let what = format!("has {new_count} elements in place of {count}");
                    return self.refuse(refusals::needs_conversion(place, &what));
                }
                let (from, to) = (from(), to());
                let element = self.node(from, to, &place.step("[]").many());
                let size = |moves: &Moves| moves.table.layout().size();
                Node::Array { element, count: *count, from: size(from), to: size(to) }
            }
            (Form::Sequence(old), Form::Sequence(new)) => {
                let (from, to) = ((old.element)(), (new.element)());
                let place = place.step("[]").many();
                let layouts = [from.table.layout(), to.table.layout()];
                if layouts.iter().any(|layout| layout.size() == 0) {
                    let what = "has elements without a size, in one version at least";
                    return self.refuse(refusals::needs_conversion(&place, what));
                }
                let element = self.node(from, to, &place);
                let [from, to] = layouts;
                Node::Sequence { old, new, element, from, to }
            }
            (Form::Boxed(from), Form::Boxed(to)) => {
                let (from, to) = (from(), to());
                let element = self.node(from, to, place);
                Node::Boxed { element, from: from.table.layout(), to: to.table.layout() }
            }
            (Form::Shared(old), Form::Shared(new)) if old.is_weak == new.is_weak => {
                let (from, to) = ((old.element)(), (new.element)());
                let mut place = place.clone().many();
                // It does not keep the value: that may lie in a cell, and go with it.
                place.in_cell |= old.is_weak;
                let element = self.node(from, to, &place);
                let class = self.class(from, to);
                Node::Shared { old, new, element, class, path: place.new.clone() }
            }
            (Form::Map(old), Form::Map(new)) => self.map(old, new, place),
            (Form::Container(old), Form::Container(new)) => self.container(old, new, place),
            (Form::Unchanged(old), Form::Unchanged(_)) => {
                self.refuse(refusals::behind(place, old.what))
            }
            // Handles of other types, and such.
            (Form::Leaf, Form::Leaf) if old_type != new_type => {
                self.refuse(refusals::other_type(place, old_type.spelled(), new_type.spelled()))
            }
            (Form::Opaque, Form::Opaque) => self.refuse(refusals::other_opaque(place)),
            _ => {
                let what = "is of another kind, or its layout has changed";
                self.refuse(refusals::needs_conversion(place, what))
            }
        }
    }

    fn class(&mut self, old: &'static Moves, new: &'static Moves) -> usize {
        let alikes = &mut self.alikes;
        let known = self
            .classes
            .iter()
            .position(|(was, is)| alikes.are_alike(was, old) && alikes.are_alike(is, new));
        known.unwrap_or_else(|| {
            self.classes.push((old, new));
            self.classes.len() - 1
        })
    }

    /// Whether values of a type may be behind one another.
    pub(super) fn is_recursive(&self, moves: &'static Moves) -> bool {
        let mut todo = parts(moves);
        let mut seen: Vec<*const Moves> = Vec::new();
        while let Some(part) = todo.pop() {
            if ptr::eq(part, moves) || part.table.ty() == moves.table.ty() {
                return true;
            }
            if !seen.contains(&ptr::from_ref(part)) {
                seen.push(part);
                todo.extend(parts(part));
            }
        }
        false
    }
}

/// What values of a type are made of.
pub(super) fn parts(moves: &'static Moves) -> Vec<&'static Moves> {
    match &moves.form {
        Form::Leaf | Form::Fixed(_) | Form::Opaque => Vec::new(),
        Form::Unchanged(it) => it.within.iter().map(|of| of()).collect(),
        Form::Struct { .. } | Form::Tuple { .. } => {
            members(moves).into_iter().flatten().map(|member| member.moves).collect()
        }
        Form::Choice(choice) => {
            choice.variants.iter().flat_map(|branch| branch.fields).map(|of| of()).collect()
        }
        Form::Array(of, _) | Form::Boxed(of) => vec![of()],
        Form::Sequence(sequence) => vec![(sequence.element)()],
        Form::Shared(shared) => vec![(shared.element)()],
        Form::Map(map) => vec![(map.key)(), (map.value)()],
        Form::Container(container) => container.types.iter().map(|of| of()).collect(),
    }
}
