//! The layouts of versioned types, as `inspect` shows them.

use std::fmt::Write as _;

use serde::Serialize;

use super::output;
use hot_host::command::{Field, Table, Variant, bytes};
use hot_types::rt::versioned::TypeKind;

/// A heading for each type, then its fields; nothing if there are none.
pub(super) fn text(types: &[Table]) -> String {
    let mut text = String::new();
    for table in types {
        let name = output::plain(&table.name.with_version());
        let kind = kind(table.kind);
        let _ = match table.kind {
            TypeKind::Trait | TypeKind::Unsized => writeln!(text, "  {kind} {name}"),
            _ => {
                let (size, align) = (table.size, table.align);
                writeln!(text, "  {kind} {name}: {}, aligned to {align}", bytes(size))
            }
        };
        if table.fields.iter().any(|field| field.offset.is_some()) {
            let _ = writeln!(text, "    offset    size");
        }
        table.fields.iter().for_each(|field| line(&mut text, field));
        for variant in &table.variants {
            let _ = writeln!(text, "    {}", variant_line(variant));
        }
    }
    output::section("layouts", &text)
}

fn line(text: &mut String, field: &Field) {
    let described = described(field);
    let size = field.size;
    let _ = match field.offset {
        Some(offset) => writeln!(text, "    {offset:>6}  {size:>6}  {described}"),
        None => writeln!(text, "    {described}"),
    };
}

fn described(field: &Field) -> String {
    output::plain(&format!("{}: {}", field.name, type_of(field)))
}

fn type_of(field: &Field) -> String {
    field.ty.as_ref().map_or_else(|| field.spelling.clone(), ToString::to_string)
}

fn variant_line(variant: &Variant) -> String {
    let Variant { name, discriminant, fields, .. } = variant;
    let mut line = output::plain(name);
    if !fields.is_empty() {
        let fields: Vec<_> = fields.iter().map(described).collect();
        let _ = write!(line, " {{ {} }}", fields.join(", "));
    }
    if let Some(discriminant) = discriminant {
        let _ = write!(line, " = {discriminant}");
    }
    line
}

fn kind(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Builtin => "type",
        TypeKind::Opaque => "opaque type",
        TypeKind::Unsized => "unsized type",
        TypeKind::Struct | TypeKind::Tuple | TypeKind::Unit => "struct",
        TypeKind::Enum => "enum",
        TypeKind::Trait => "trait",
    }
}

/// The same type in its form as JSON.
#[derive(Serialize)]
pub(super) struct LayoutForm<'a> {
    name: String,
    package: &'a str,
    version: &'a str,
    kind: &'static str,
    size: u64,
    align: u32,
    option_size: u64,
    repr: &'a str,
    fields: Vec<FieldForm<'a>>,
    variants: Vec<VariantForm<'a>>,
}

#[derive(Serialize)]
struct FieldForm<'a> {
    name: &'a str,
    offset: Option<u64>,
    size: u64,
    align: u32,
    #[serde(rename = "type")]
    ty: String,
}

#[derive(Serialize)]
struct VariantForm<'a> {
    name: &'a str,
    form: &'a str,
    /// A text: it may be greater than what numbers of JSON are read as.
    discriminant: Option<String>,
    fields: Vec<FieldForm<'a>>,
}

impl<'a> LayoutForm<'a> {
    pub(super) fn of(table: &'a Table) -> LayoutForm<'a> {
        LayoutForm {
            name: table.name.to_string(),
            package: &table.name.package,
            version: &table.name.version,
            kind: kind(table.kind),
            size: table.size,
            align: table.align,
            option_size: table.option_size,
            repr: &table.repr,
            fields: table.fields.iter().map(FieldForm::of).collect(),
            variants: table.variants.iter().map(VariantForm::of).collect(),
        }
    }
}

impl<'a> FieldForm<'a> {
    fn of(field: &'a Field) -> FieldForm<'a> {
        let Field { name, offset, size, align, .. } = field;
        FieldForm { name, offset: *offset, size: *size, align: *align, ty: type_of(field) }
    }
}

impl<'a> VariantForm<'a> {
    fn of(variant: &'a Variant) -> VariantForm<'a> {
        let Variant { name, form, discriminant, fields, .. } = variant;
        let discriminant = discriminant.map(|it| it.to_string());
        let fields = fields.iter().map(FieldForm::of).collect();
        VariantForm { name, form, discriminant, fields }
    }
}
