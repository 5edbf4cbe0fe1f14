//! The lifetimes of a signature without their names.

use std::collections::HashMap;

use syn::{
    GenericParam, Lifetime, ParenthesizedGenericArguments, TraitBound, Type, TypeFnPtr, TypeGroup,
    TypeParamBound, TypeParen, TypeReference, TypeTraitObject, visit_mut::VisitMut,
};

/// Numbers lifetimes by the elision rules: each elided one of a parameter is new, those of the
/// result are the parameters' only one.
#[derive(Default)]
pub(crate) struct Skeleton {
    names: HashMap<String, String>,
    used: usize,
    in_parameters: Vec<String>,
    /// In the result: what an elided lifetime means.
    elided: Option<String>,
    found: Vec<String>,
    /// The closures that the visitor is in.
    closures: Vec<Bound>,
}

impl Skeleton {
    /// For a static's type, where an elided lifetime is `'static`.
    pub(crate) fn of_a_static() -> Self {
        Skeleton { elided: Some("static".to_owned()), ..Skeleton::default() }
    }

    /// For the fields of a type with these lifetime parameters: they are named by their order.
    pub(crate) fn of_a_type<'a>(parameters: impl Iterator<Item = &'a Lifetime>) -> Self {
        Skeleton { elided: Some("static".to_owned()), ..Skeleton::of_a_method(parameters) }
    }

    /// For a method of a trait with these lifetime parameters.
    pub(crate) fn of_a_method<'a>(of_trait: impl Iterator<Item = &'a Lifetime>) -> Self {
        let mut skeleton = Skeleton::default();
        for parameter in of_trait {
            let name = skeleton.fresh();
            skeleton.names.insert(parameter.ident.to_string(), name);
        }
        skeleton
    }

    /// The lifetimes of the next parameter, or of the result after [`end_parameters`]. If all of them
    /// are `'static` there are none: an alias may hide them, and a trait object does.
    ///
    /// [`end_parameters`]: Skeleton::end_parameters
    pub(crate) fn of(&mut self, ty: &Type) -> String {
        self.found.clear();
        self.visit_type_mut(&mut ty.clone());
        if self.found.iter().all(|name| name == "static") {
            return String::new();
        }
        self.found.join(" ")
    }

    pub(crate) fn end_parameters(&mut self) {
        // With several rustc has reported an elided lifetime in the result; with none a path hides
        // one.
        self.elided = Some(self.in_parameters.first().cloned().unwrap_or_else(|| nth_name(0)));
    }

    fn fresh(&mut self) -> String {
        self.used += 1;
        nth_name(self.used - 1)
    }

    fn note(&mut self, name: String) {
        match self.closures.last_mut() {
            Some(closure) if !closure.in_result => closure.in_parameters.push(name.clone()),
            None if self.elided.is_none() => self.in_parameters.push(name.clone()),
            _ => {}
        }
        self.found.push(name);
    }

    fn note_elided(&mut self) {
        let name = match self.closures.last_mut() {
            Some(closure) if closure.in_result => {
                closure.in_parameters.first().cloned().unwrap_or_default()
            }
            Some(closure) => closure.fresh(),
            None => self.elided.clone().unwrap_or_else(|| self.fresh()),
        };
        self.note(name);
    }

    /// The lifetime of a trait object that does not say it; `default` is its container's.
    fn trait_object(&mut self, object: &mut TypeTraitObject, default: &str) {
        let (mut explicit, mut traits) = (None, Vec::new());
        for bound in &mut object.bounds {
            match bound {
                TypeParamBound::Lifetime(lifetime) => explicit = Some(lifetime),
                bound => traits.push(bound),
            }
        }
        for bound in traits {
            self.visit_type_param_bound_mut(bound);
        }
        match explicit {
            Some(lifetime) => self.visit_lifetime_mut(lifetime),
            None => self.found.push(default.to_owned()),
        }
    }
}

/// The lifetimes that a closure's own signature binds: numbers, so that they are not mixed up with
/// those of the function.
#[derive(Default)]
struct Bound {
    names: HashMap<String, Option<String>>,
    used: usize,
    in_parameters: Vec<String>,
    in_result: bool,
}

impl Bound {
    fn fresh(&mut self) -> String {
        self.used += 1;
        (self.used - 1).to_string()
    }
}

fn nth_name(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

impl VisitMut for Skeleton {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        match &mut reference.lifetime {
            Some(lifetime) => self.visit_lifetime_mut(lifetime),
            None => self.note_elided(),
        }
        let default = self.found.last().cloned().unwrap_or_default();
        let mut pointee = &mut *reference.elem;
        while let Type::Paren(TypeParen { elem, .. }) | Type::Group(TypeGroup { elem, .. }) =
            pointee
        {
            pointee = elem;
        }
        match pointee {
            Type::TraitObject(object) => self.trait_object(object, &default),
            pointee => self.visit_type_mut(pointee),
        }
    }

    fn visit_type_trait_object_mut(&mut self, object: &mut TypeTraitObject) {
        self.trait_object(object, "static");
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        let names = bound.lifetimes.iter().flat_map(|binder| &binder.lifetimes);
        let names = names.filter_map(|param| match param {
            GenericParam::Lifetime(param) => Some((param.lifetime.ident.to_string(), None)),
            _ => None,
        });
        self.closures.push(Bound { names: names.collect(), ..Bound::default() });
        self.visit_path_mut(&mut bound.path);
        self.closures.pop();
    }

    fn visit_type_fn_ptr_mut(&mut self, pointer: &mut TypeFnPtr) {
        let names = pointer.lifetimes.iter().flat_map(|binder| &binder.lifetimes);
        let names = names.filter_map(|param| match param {
            GenericParam::Lifetime(param) => Some((param.lifetime.ident.to_string(), None)),
            _ => None,
        });
        self.closures.push(Bound { names: names.collect(), ..Bound::default() });
        for input in &mut pointer.inputs {
            self.visit_type_mut(&mut input.ty);
        }
        if let Some(pointer) = self.closures.last_mut() {
            pointer.in_result = true;
        }
        self.visit_return_type_mut(&mut pointer.output);
        self.closures.pop();
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut ParenthesizedGenericArguments,
    ) {
        for input in &mut arguments.inputs {
            self.visit_type_mut(&mut input.ty);
        }
        if let Some(closure) = self.closures.last_mut() {
            closure.in_result = true;
        }
        self.visit_return_type_mut(&mut arguments.output);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        let name = lifetime.ident.to_string();
        let canonical = match name.as_str() {
            "_" => return self.note_elided(),
            "static" => name,
            _ => {
                let mut closures = self.closures.iter_mut().rev();
                match closures.find(|closure| closure.names.contains_key(&name)) {
                    Some(closure) => {
                        let known = closure.names[&name].clone();
                        let canonical = known.unwrap_or_else(|| closure.fresh());
                        closure.names.insert(name, Some(canonical.clone()));
                        canonical
                    }
                    None => {
                        let known = self.names.get(&name).cloned();
                        let canonical = known.unwrap_or_else(|| self.fresh());
                        self.names.insert(name, canonical.clone());
                        canonical
                    }
                }
            }
        };
        self.note(canonical);
    }
}
