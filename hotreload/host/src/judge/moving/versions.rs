//! Types that stand for an older version of another, `#[hot::versioned(of = "..")]`: by their names, and how they
//! differ. Their content is compared as that of any type is.

use hot_rt::rt::versioned::{Form, Moves, TypeRef};

use super::{
    members::{Member, members, members_of},
    names::Name as _,
};

/// Whether the one may be the other, by what it is called.
pub(super) fn is_version(old: &Moves, new: &Moves) -> bool {
    let (was, is) = (old.table.ty(), new.table.ty());
    match new.form {
        // What they lead to is not followed.
        Form::Leaf | Form::Fixed(_) | Form::Unchanged(_) | Form::Opaque => was == is,
        _ if new.table.is_version_of(was) => are_arguments(was, is),
        _ => is_one(was, is) && was.path == is.path,
    }
}

/// Types of an author may be called otherwise: all that they are used for in fields is followed.
fn is_one(was: &TypeRef, is: &TypeRef) -> bool {
    let is_author = !matches!(was.package, "" | "std" | "hotreload");
    was == is
        || was.package == is.package
            && (was.path == is.path && are_arguments(was, is) || was.path != is.path && is_author)
}

fn are_arguments(was: &TypeRef, is: &TypeRef) -> bool {
    was.args.len() == is.args.len() && was.args.iter().zip(is.args).all(|(was, is)| is_one(was, is))
}

/// How a value's type differs from what stands for it; nothing more is known of types whose insides nobody
/// follows.
pub(super) fn difference(
    old: &'static Moves,
    of: &'static Moves,
    is_alike: &mut impl FnMut(&'static Moves, &'static Moves) -> bool,
) -> String {
    let differs = match (&old.form, &of.form) {
        (Form::Struct { .. }, Form::Struct { .. }) => {
            let (was, is) = (members(old).unwrap_or_default(), members(of).unwrap_or_default());
            fields("", &was, &is, is_alike)
        }
        (Form::Choice(from), Form::Choice(to)) => {
            let pairs = from.variants.iter().enumerate().find_map(|(index, variant)| {
                let Some(at) = to.variants.iter().position(|is| is.name == variant.name) else {
                    return Some(format!("it has no variant `{}`", variant.name));
                };
                let was = members_of(old, index, variant);
                let is = members_of(of, at, &to.variants[at]);
                fields(&format!("{}.", variant.name), &was, &is, is_alike)
            });
            pairs.or_else(|| {
                let is_new = |name: &str| from.variants.iter().all(|was| was.name != name);
                let new = to.variants.iter().find(|is| is_new(is.name))?;
                Some(format!("the value's type has no variant `{}`", new.name))
            })
        }
        _ => Some("it is of another kind".to_owned()),
    };
    differs.unwrap_or_else(|| "its fields are in another order, or its `repr`, `invariants` or variants' order is another".to_owned())
}

fn fields(
    before: &str,
    was: &[Member],
    is: &[Member],
    is_alike: &mut impl FnMut(&'static Moves, &'static Moves) -> bool,
) -> Option<String> {
    let by_name = |of: &[Member], name: &str| of.iter().position(|field| field.name == *name);
    for field in was {
        let Some(at) = by_name(is, &field.name) else {
            return Some(format!("it has no field `{before}{}`", field.name));
        };
        if !is_alike(field.moves, is[at].moves) {
            let (was, is) = (field.moves.table.ty().spelled(), is[at].moves.table.ty().spelled());
            let how =
                if was == is { "in another version".to_owned() } else { format!("not as `{was}`") };
            return Some(format!("it has `{before}{}` as `{is}`, {how}", field.name));
        }
    }
    let more = is.iter().find(|field| by_name(was, &field.name).is_none())?;
    Some(format!("the value has no field `{before}{}`", more.name))
}
