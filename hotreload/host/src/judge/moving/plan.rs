//! What comes of planning.

use std::alloc::Layout;

use hot_rt::rt::versioned::{Choice, Container, Make, Map, Migrate, Moves, Sequence, Shared};

use super::Number;

/// The number of a node: types may contain themselves.
pub(crate) type Id = usize;

/// What has to happen for the values of a transaction.
pub(crate) struct Plan {
    pub(crate) nodes: Vec<Node>,
    /// Of each node, whether it needs nothing before the bits are moved.
    pub(crate) light: Vec<bool>,
    /// Of each subject.
    pub(crate) roots: Vec<Id>,
    /// Where values come from that no old one gives.
    pub(crate) sources: Vec<Source>,
    /// Where old values go that no new one takes.
    pub(crate) parks: Vec<Park>,
    /// Parked values that are not taken back, since they may be those of others.
    pub(crate) forgotten: Vec<String>,
    /// What only comes of parked values, and so of none once somebody has written to the state.
    pub(crate) unless_written: Vec<String>,
}

/// How values of one type become those of another.
pub(crate) enum Node {
    /// It is being planned, or refused: no plan that is given out has one.
    Open,
    Struct(StructPlan),
    Array {
        element: Id,
        count: usize,
        from: usize,
        to: usize,
    },
    Choice {
        old: &'static Choice,
        new: &'static Choice,
        arms: Vec<Option<Arm>>,
        path: String,
    },
    Sequence {
        old: &'static Sequence,
        new: &'static Sequence,
        element: Id,
        /// Of an old element, and of a new one.
        from: Layout,
        to: Layout,
    },
    Boxed {
        element: Id,
        from: Layout,
        to: Layout,
    },
    /// A value becomes one behind a `Box`.
    IntoBox {
        element: Id,
        to: Layout,
    },
    /// A value becomes that of `Some`.
    IntoOption {
        element: Id,
        new: &'static Choice,
        to: Layout,
    },
    Shared {
        old: &'static Shared,
        new: &'static Shared,
        element: Id,
        /// The same number: of the same two types, however it was reached.
        class: usize,
        path: String,
    },
    Map(MapPlan),
    Container(ContainerPlan),
}

/// What is done for one struct, or for all structs of a run.
#[derive(Default, Clone)]
pub(crate) struct StructPlan {
    pub(crate) copies: Vec<Copied>,
    pub(crate) widened: Vec<Widened>,
    pub(crate) made: Vec<Made>,
    pub(crate) parts: Vec<Part>,
    pub(crate) parked: Vec<Leaving>,
}

/// Bits that are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) len: usize,
}

/// A number that becomes a wider one.
#[derive(Clone, Copy)]
pub(crate) struct Widened {
    pub(crate) from: (usize, Number),
    pub(crate) to: (usize, Number),
}

/// A value from a source.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) to: usize,
    pub(crate) source: usize,
    /// Where the old fields are that it is converted from.
    pub(crate) from: Vec<usize>,
}

/// A value that moves by a node.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) node: Id,
}

/// An old value that no new one takes; in a variant, `from` is the field's number.
#[derive(Clone, Copy)]
pub(crate) struct Leaving {
    pub(crate) from: usize,
    pub(crate) park: usize,
}

/// What becomes of a variant.
pub(crate) struct Arm {
    pub(crate) to: usize,
    /// Of each field of the new variant.
    pub(crate) parts: Vec<(ArmPart, &'static Moves)>,
    /// In which order they are looked at.
    pub(crate) order: Vec<usize>,
    pub(crate) parked: Vec<Leaving>,
}

pub(crate) enum ArmPart {
    /// From the old field of this number.
    Moved(usize, Id),
    Made(Made),
}

/// What becomes of a map.
pub(crate) struct MapPlan {
    pub(crate) old: &'static Map,
    pub(crate) new: &'static Map,
    pub(crate) key: Id,
    pub(crate) value: Id,
    pub(crate) to_key: &'static Moves,
    pub(crate) key_changed: bool,
    /// The standard library's hasher is asked nothing: the table may be copied.
    pub(crate) table: bool,
    pub(crate) path: String,
}

/// What becomes of a container of erased values.
pub(crate) struct ContainerPlan {
    pub(crate) old: &'static Container,
    pub(crate) new: &'static Container,
    /// Of each of the old types what its values become; none if the new version does not list it.
    pub(crate) kinds: Vec<Option<KindPlan>>,
    pub(crate) path: String,
}

/// What becomes of the values of one type in a container.
pub(crate) struct KindPlan {
    pub(crate) node: Id,
    /// The number of the new type.
    pub(crate) to: usize,
    /// Of an old value, and of a new one.
    pub(crate) layouts: [Layout; 2],
}

impl MapPlan {
    /// Whether keys have to be looked at.
    pub(crate) fn asks(&self) -> bool {
        self.key_changed || self.new.hasher.is_some()
    }
}

/// Values of one type that no old one gives, in the order in which they are taken.
pub(crate) struct Source {
    pub(crate) how: How,
    pub(crate) moves: &'static Moves,
    pub(crate) path: String,
}

pub(crate) enum How {
    /// All get the same bits.
    Once(Make),
    /// One is made for each.
    Each(Make),
    /// A whole container is made for each, of which the field at this offset is taken.
    Within {
        make: Make,
        whole: &'static Moves,
        at: usize,
        /// The first source that takes of the same containers.
        first: usize,
    },
    /// By the addresses of the old fields.
    Convert(unsafe fn(*const *const u8, *mut u8) -> Result<(), String>),
    /// The new version of a whole type, by one function after the other, from the old value's address.
    Migrate(Vec<&'static Migrate>),
    /// A function makes a struct of some fields for each, of which the field at this offset is taken.
    Part {
        migrate: &'static Migrate,
        at: usize,
        /// The first source that takes of the same structs: it has the old value's address.
        first: usize,
    },
    /// What an earlier move has parked, of which subject and where.
    Parked(usize, String),
}

/// A column of what is parked.
pub(crate) struct Park {
    pub(crate) subject: usize,
    pub(crate) place: String,
    pub(crate) moves: &'static Moves,
    /// It may come back in another order.
    pub(crate) shuffled: bool,
}

impl StructPlan {
    /// Bits, and nothing else.
    pub(super) fn bits(len: usize) -> StructPlan {
        StructPlan { copies: vec![Copied { from: 0, to: 0, len }], ..StructPlan::default() }
    }

    /// Whether the new value is the old one's bits.
    pub(crate) fn is_bits(&self) -> bool {
        matches!(self.copies[..], [Copied { from: 0, to: 0, .. }])
            && self.widened.is_empty()
            && self.made.is_empty()
            && self.parts.is_empty()
            && self.parked.is_empty()
    }

    /// Takes in the plan of a struct that is a field.
    pub(super) fn take_in(&mut self, inner: &StructPlan, from: usize, to: usize) {
        let moved = |copy: &Copied| Copied { from: copy.from + from, to: copy.to + to, ..*copy };
        self.copies.extend(inner.copies.iter().map(moved));
        self.widened.extend(inner.widened.iter().map(|it| Widened {
            from: (it.from.0 + from, it.from.1),
            to: (it.to.0 + to, it.to.1),
        }));
        self.made.extend(inner.made.iter().map(|made| Made {
            to: made.to + to,
            source: made.source,
            from: made.from.iter().map(|at| at + from).collect(),
        }));
        let parts = inner.parts.iter();
        self.parts.extend(parts.map(|part| Part {
            from: part.from + from,
            to: part.to + to,
            ..*part
        }));
        let parked = inner.parked.iter();
        self.parked.extend(parked.map(|it| Leaving { from: it.from + from, ..*it }));
    }

    /// Neighbours become one copy, with the bytes between them: whatever else belongs there in the new
    /// struct is written after the copies, and in the old one it is between two of its fields.
    pub(super) fn merge(&mut self) {
        self.copies.retain(|copy| copy.len != 0);
        self.copies.sort_by_key(|copy| copy.to);
        self.copies.dedup_by(|next, last| {
            let near = next.to.wrapping_sub(next.from) == last.to.wrapping_sub(last.from)
                && next.to - (last.to + last.len) < 8;
            if near {
                last.len = next.to + next.len - last.to;
            }
            near
        });
    }
}

impl Plan {
    pub(super) fn new(
        nodes: Vec<Node>,
        roots: Vec<Id>,
        sources: Vec<Source>,
        parks: Vec<Park>,
        (forgotten, unless_written): (Vec<String>, Vec<String>),
    ) -> Plan {
        let light = vec![true; nodes.len()];
        let mut plan = Plan { nodes, light, roots, sources, parks, forgotten, unless_written };
        // A type that contains itself is light unless something that it reaches is not.
        loop {
            let light: Vec<_> = (0..plan.nodes.len()).map(|id| plan.is_light(id)).collect();
            if plan.light == light {
                return plan;
            }
            plan.light = light;
        }
    }

    fn is_light(&self, id: Id) -> bool {
        let made = |made: &Made| matches!(self.sources[made.source].how, How::Once(_));
        match &self.nodes[id] {
            Node::Struct(done) => {
                done.parked.is_empty()
                    && done.made.iter().all(made)
                    && done.parts.iter().all(|part| self.light[part.node])
            }
            Node::Choice { old, arms, .. } => {
                let light = |arm: &Arm| {
                    let part = |(part, _): &(ArmPart, _)| match part {
                        ArmPart::Moved(_, id) => self.light[*id],
                        ArmPart::Made(part) => made(part),
                    };
                    arm.parked.is_empty() && arm.parts.iter().all(part)
                };
                !old.is_cell && arms.iter().all(|arm| arm.as_ref().is_some_and(light))
            }
            Node::Array { element, .. }
            | Node::Sequence { element, .. }
            | Node::Boxed { element, .. }
            | Node::IntoBox { element, .. }
            | Node::IntoOption { element, .. } => self.light[*element],
            Node::Map(map) => {
                (map.table || !map.asks()) && self.light[map.key] && self.light[map.value]
            }
            Node::Shared { .. } | Node::Container(_) | Node::Open => false,
        }
    }

    /// Whether code of an author runs before the bits are moved.
    pub(crate) fn calls_authors(&self) -> bool {
        let source = |source: &Source| !matches!(source.how, How::Once(_) | How::Parked(..));
        let map = |node: &Node| matches!(node, Node::Map(map) if !map.table && map.asks());
        self.sources.iter().any(source) || self.nodes.iter().any(map)
    }
}
