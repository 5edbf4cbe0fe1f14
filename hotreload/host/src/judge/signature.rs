//! Comparing the signature that a caller was compiled with and the one that a bundle exports.

use crate::file::manifest::{Item, Type};
use crate::said::{Code, bytes, counted};
use hot_rt::rt::Kind;

/// What in two signatures differs in itself, whatever the types in them are made of: codes and what
/// they are about.
pub(crate) fn compare(importer: &Item, exporter: &Item) -> Vec<(Code, String)> {
    let mut conflicts = Vec::new();
    let mut conflict = |code, what: String| conflicts.push((code, what));
    if importer.kind != exporter.kind {
        let (was, now) = (importer.kind, exporter.kind);
        conflict(Code::TypeChanged, format!("is a {now} now, was a {was}"));
        return conflicts;
    }
    if importer.is_unsafe != exporter.is_unsafe {
        let now = if exporter.is_unsafe { "unsafe" } else { "safe" };
        conflict(Code::SafetyChanged, format!("is {now} now"));
    }
    if importer.abi != exporter.abi {
        let (was, now) = (&importer.abi, &exporter.abi);
        conflict(Code::SafetyChanged, format!("has another ABI: {was:?} became {now:?}"));
    }
    if importer.types.len() != exporter.types.len() {
        let count = |function: &Item| function.types.len() - 1;
        let (was, now) = (count(importer), count(exporter));
        conflict(Code::TypeChanged, format!("takes {}, not {was}", counted(now, "parameter")));
        return conflicts;
    }
    for (index, (was, now)) in importer.types.iter().zip(&exporter.types).enumerate() {
        // Nearly all: what is spelled alike is a closure on both sides or on none.
        if was.ty.id == now.ty.id && was.name == now.name && was.lifetimes == now.lifetimes {
            continue;
        }
        let is_result = importer.kind == Kind::Function && index == importer.types.len() - 1;
        let (was_form, now_form) = (form(was), form(now));
        if is_result && was_form != now_form {
            conflict(Code::TypeChanged, format!("is {now_form} now, was {was_form}"));
            continue;
        }
        if was.ty.id != now.ty.id {
            let (was, now) = told_apart(was, now);
            let place = place(importer, index);
            let what = format!("has another {place}: `{was}` became `{now}`");
            conflict(Code::TypeChanged, what);
        }
        // Else it would be accepted, and yet nobody could call it.
        if was.ty.id == now.ty.id && was.is_closure() != now.is_closure() {
            let place = place(importer, index);
            let (was, now) = (&was.name, &now.name);
            let what = format!("passes its {place} in another way: `{was}` became `{now}`");
            conflict(Code::TypeChanged, what);
        }
        if was.lifetimes != now.lifetimes {
            let place = place(importer, index);
            conflict(Code::LifetimeChanged, format!("has another lifetime in its {place}"));
        }
    }
    conflicts
}

/// The types whose size or alignment in a signature changed though they have one name: some table
/// should say why.
pub(crate) fn resized(importer: &Item, exporter: &Item) -> Option<String> {
    let layout = |ty: &Type| (ty.size, ty.align, ty.option_size);
    let mut pairs = importer.types.iter().zip(&exporter.types).enumerate();
    let (index, (was, now)) =
        pairs.find(|(_, (was, now))| was.ty.id == now.ty.id && layout(was) != layout(now))?;
    let (place, name, change) = (place(importer, index), &now.name, layout_change(was, now));
    Some(format!("has another {place}: `{name}` {change}"))
}

/// What a function is that has this result.
fn form(result: &Type) -> &'static str {
    match (&*result.ty.package, &*result.ty.path) {
        ("hotreload", "hot::Future") => "an `async fn`",
        ("hotreload", "hot::LocalFuture") => "an `async fn` with `local`",
        _ => "a plain `fn`",
    }
}

fn place(item: &Item, index: usize) -> String {
    match item.kind {
        Kind::Var => "type".to_owned(),
        _ if index == item.types.len() - 1 => "result".to_owned(),
        _ => format!("parameter {}", index + 1),
    }
}

/// As they are spelled; what they are, if that is not enough.
fn told_apart(was: &Type, now: &Type) -> (String, String) {
    if was.name != now.name {
        return (was.name.to_string(), now.name.to_string());
    }
    let (old, new) = (was.ty.to_string(), now.ty.to_string());
    if old != new {
        return (old, new);
    }
    (was.ty.with_version(), now.ty.with_version())
}

fn layout_change(was: &Type, now: &Type) -> String {
    if was.size != now.size {
        format!("has {}, had {}", bytes(now.size), was.size)
    } else if was.align != now.align {
        format!("is aligned to {}, was to {}", now.align, was.align)
    } else {
        "has other niches (the size of its Option changed)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::file::manifest::TypeName;

    fn name(path: &str) -> TypeName {
        let mut name = TypeName {
            id: 0,
            package: String::new(),
            version: String::new(),
            path: path.to_owned(),
            args: Vec::new(),
        };
        name.id = name.hash();
        name
    }

    fn function(types: &[(&str, &str, u64)]) -> Item {
        let types = types.iter().map(|(path, lifetimes, size)| {
            Arc::new(Type {
                name: (*path).into(),
                lifetimes: (*lifetimes).into(),
                size: *size,
                align: 8,
                option_size: size + 8,
                ty: name(path),
            })
        });
        Item {
            kind: Kind::Function,
            tokens: 0,
            path: "c::f".to_owned(),
            package: "c".into(),
            version: "0.1.0".into(),
            exported: true,
            is_unsafe: false,
            reset: false,
            renamed_from: String::new(),
            abi: "Rust".into(),
            display: Arc::default(),
            types: types.collect(),
        }
    }

    fn verdict(was: (&str, &str, u64), now: (&str, &str, u64)) -> Vec<Code> {
        let conflicts = compare(&function(&[was]), &function(&[now]));
        conflicts.into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn types_and_lifetimes_count_spellings_do_not() {
        assert_eq!(verdict(("u32", "", 4), ("u32", "", 4)), []);
        assert_eq!(verdict(("u32", "", 4), ("f32", "", 4)), [Code::TypeChanged]);
        assert_eq!(verdict(("str", "a", 16), ("str", "b", 16)), [Code::LifetimeChanged]);
        let (mut alias, mut plain) = (function(&[("Id", "", 4)]), function(&[("u32", "", 4)]));
        Arc::make_mut(&mut alias.types[0]).ty = name("u32");
        assert_eq!(compare(&alias, &plain), []);
        assert_eq!(alias.shape(), plain.shape());
        assert_eq!(resized(&alias, &plain), None);
        Arc::make_mut(&mut plain.types[0]).size = 8;
        let said = "has another result: `u32` has 8 bytes, had 4";
        assert_eq!(resized(&alias, &plain).as_deref(), Some(said));
        assert_ne!(alias.shape(), plain.shape());
    }
}
