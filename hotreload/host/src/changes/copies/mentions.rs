//! Which items use an item, as far as words tell.

use std::{cell::OnceCell, collections::HashSet};

use super::{
    Item, Items, Owner, Place, Source,
    items::{Kind, Name},
};

/// More files than these are not parsed for one item.
const MOST_FILES: usize = 64;

/// Sources, parsed as they are asked for.
pub(super) struct Mentions<'a> {
    sources: &'a [Source],
    parsed: Vec<OnceCell<Option<Items>>>,
}

/// The items that use one.
#[derive(Default)]
pub(super) struct Users<'m> {
    pub(super) found: Vec<(&'m Item, &'m Source)>,
    /// Some were not looked for.
    pub(super) are_too_many: bool,
}

impl<'a> Mentions<'a> {
    pub(super) fn new(sources: &'a [Source]) -> Mentions<'a> {
        Mentions { sources, parsed: sources.iter().map(|_| OnceCell::new()).collect() }
    }

    fn items(&self, index: usize) -> Option<&Items> {
        self.parsed[index].get_or_init(|| Items::parse(&self.sources[index].text)).as_ref()
    }

    /// Who mentions the item, who mentions those, and so on: to the exports, which are called
    /// through their slots, and to implementations, which nobody has to mention.
    pub(super) fn users(&self, item: &Item, source: &Source) -> Users<'_> {
        let mut users = Users::default();
        let of = |source: &Source| self.sources.iter().position(|it| it.file == source.file);
        let Some(index) = of(source) else { return users };
        let mut seen: HashSet<(usize, Name)> = HashSet::from([(index, item.name.clone())]);
        let mut files = HashSet::new();
        let mut open = vec![(item.name.clone(), item.is_open, source)];
        while let Some((name, is_open, of)) = open.pop() {
            for (index, source) in self.sources.iter().enumerate() {
                let may_name = is_open || source.place.crate_name == of.place.crate_name;
                if !may_name || !source.text.contains(&name.last) {
                    continue;
                }
                files.insert(index);
                if files.len() > MOST_FILES {
                    users.are_too_many = true;
                    return users;
                }
                for user in self.items(index).into_iter().flat_map(|items| &items.items) {
                    if !user.mentions(&name) || !seen.insert((index, user.name.clone())) {
                        continue;
                    }
                    users.found.push((user, source));
                    let is_named = !matches!(user.name.owner, Owner::Trait(..));
                    if !user.is_exported && is_named && user.kind != Kind::Type {
                        open.push((user.name.clone(), user.is_open, source));
                    }
                }
            }
        }
        users
    }

    /// Whether another crate may use the item: it is `pub`, and so are the modules around it, or
    /// there is a `pub use`.
    pub(super) fn is_open(&self, item: &Item, place: &Place) -> bool {
        if !item.is_open || matches!(item.name.owner, Owner::Trait(..)) || item.kind == Kind::Macro
        {
            return item.is_open;
        }
        let path = [&*place.modules, &item.name.modules].concat();
        let named = match &item.name.owner {
            Owner::Type(ty) => ty,
            Owner::Module | Owner::Trait(..) => &item.name.last,
        };
        (1..=path.len()).all(|length| {
            let (module, last) = (&path[..length], &path[length - 1]);
            let is_private = self.of_crate(&place.crate_name).any(|(index, source)| {
                let within = module.strip_prefix(&*source.place.modules);
                let within = within.filter(|within| !within.is_empty());
                within.is_some_and(|within| {
                    self.items(index).is_some_and(|it| it.private_modules.contains(within))
                })
            });
            let is_reexported = || {
                let mut with_use = self
                    .of_crate(&place.crate_name)
                    .filter(|(_, source)| source.text.contains("pub use"));
                with_use.any(|(index, _)| {
                    let words = self.items(index).map(|items| &items.reexported);
                    words.is_some_and(|it| it.contains_key(named) || it.contains_key(last))
                })
            };
            !is_private || is_reexported()
        })
    }

    fn of_crate(&self, crate_name: &str) -> impl Iterator<Item = (usize, &'a Source)> {
        let sources = self.sources.iter().enumerate();
        sources.filter(move |(_, source)| source.place.crate_name == crate_name)
    }
}
