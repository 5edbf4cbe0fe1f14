// Every option is looked at, and the signature as well.

#[hot::export(direct, nme = "x")]
fn unknown() {}

#[hot::export(direct = true)]
fn a_value() {}

#[hot::export(handle = "text", name = ident)]
fn wrong_kind() {}

#[hot::export(handle, name =)]
fn no_value() {}

#[hot::export(name = "a::b")]
fn not_an_identifier() {}

#[hot::export(name = "a", name = "b")]
fn twice() {}

#[hot::export(crate = 1)]
fn not_a_path() {}

#[hot::export(always)]
fn as_it_was_once() {}

#[hot::export(nme = "x")]
const fn option_and_signature() {}

fn main() {
    unknown();
    a_value();
    wrong_kind();
    no_value();
    not_an_identifier();
    twice();
    not_a_path();
    as_it_was_once();
    option_and_signature();
}
