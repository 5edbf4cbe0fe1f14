//! `#[hot::export]` on a static, and statics of `hot::import!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Lifetime, LitStr, Path, StaticMutability, ext::IdentExt};

use crate::{
    check,
    errors::{Errors, beside},
    expand::{
        known::{self, Known},
        tokens,
    },
    package,
    parse::{
        opaque::{self, Markers},
        options::Options,
        owner,
        var::Static,
    },
    types::signature,
};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["name", "crate"], &mut errors);
    let mut item: Static = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(error) => {
            errors.push(error);
            let error = errors.propagate().expect_err("one was pushed");
            return beside(item, &error);
        }
    };
    item.take_helpers(&mut errors);
    let krate = options.krate();
    item.check(&krate, &mut errors);
    check::definition_name(options.name.as_ref(), &mut errors);
    if item.value.is_none() {
        errors.on(&item.ident, "an exported static needs a first value");
    }
    if let Err(error) = errors.propagate() {
        return beside(item.plain(), &error);
    }
    let last = options.name.as_ref().map_or_else(|| item.ident.unraw().to_string(), LitStr::value);
    let path = quote!(::core::concat!(::core::module_path!(), "::", #last));
    // The static itself becomes a `Var`.
    item.expand(&krate, &path)
}

impl Static {
    /// Notes what cannot be a var.
    pub(crate) fn check(&self, krate: &Path, errors: &mut Errors) {
        if let StaticMutability::Mut(token) = &self.mutability {
            errors.on(
                token,
                "a `static mut` cannot be exported: nothing would order the accesses of host and \
                 bundles; use an atomic, a `Mutex` or `hot::State`",
            );
        }
        check::name(&self.ident, krate, "rename the static", errors);
        check::crossing(&self.ty, errors);
    }

    /// As it was written, but for the helper attributes.
    fn plain(&self) -> TokenStream {
        let Static { attrs, vis, ends: (begin, end), mutability, ident, ty, value, .. } = self;
        let value = value.as_ref().map(|value| quote!(= #value));
        quote!(#(#attrs)* #vis #begin #mutability #ident: #ty #value #end)
    }

    /// The static as a `Var` with its accessor; `path` is the definition's full name.
    pub(crate) fn expand(&self, krate: &Path, path: &TokenStream) -> TokenStream {
        let Static { attrs, vis, ident, ty, value, .. } = self;
        let accessor = self.accessor(krate, path);
        // In a static's type an elided lifetime is `'static`; in a result it is not.
        let mut concrete = ty.clone();
        owner::for_elided(&mut concrete, |lifetime| {
            *lifetime = Some(Lifetime::new("'static", Span::call_site()));
        });
        let cfg = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        let cfg: Vec<_> = cfg.collect();
        let doc = value.is_none().then(|| {
            let doc = format!("The var `{}` of another crate.", ident.unraw());
            quote!(#[doc = #doc])
        });
        let here = Span::mixed_site().located_at(ident.span());
        let accessor_type = quote_spanned!(here=> enum #ident {});
        quote_spanned! {Span::mixed_site()=>
            #doc
            #(#attrs)*
            #vis static #ident: #krate::Var<#ty> = {
                #accessor
                // SAFETY: the accessor is that of a var of this type, and its home a static.
                unsafe { #krate::Var::new(&__HOT_ACCESSOR, __HOT_HOME) }
            };

            #(#cfg)*
            #[doc(hidden)]
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #vis #accessor_type

            #(#cfg)*
            #[doc(hidden)]
            const _: () = {
                impl #krate::rt::Exported for #ident {
                    fn accessor() -> &'static #krate::rt::Accessor {
                        #ident.accessor()
                    }
                    #[inline(always)]
                    fn mark_used() {
                        #ident.accessor().slot.mark_used();
                    }
                }
                impl #ident {
                    #[doc(hidden)]
                    #[inline(always)]
                    pub fn handle() -> &'static #krate::Var<#concrete> {
                        &#ident
                    }
                }
            };
        }
    }

    fn accessor(&self, krate: &Path, path: &TokenStream) -> TokenStream {
        let Static { ident, ty, value, opaque, reset, renamed_from, .. } = self;
        let renamed_from = renamed_from.as_ref().map_or_else(String::new, LitStr::value);
        let mut markers = Markers::default();
        let mut known = ty.clone();
        if let Some(opaque) = opaque {
            opaque.hide(&mut known, krate, &mut markers);
        }
        let moved = known.clone();
        let hidden = opaque::hidden(std::slice::from_mut(&mut known.clone()));
        let witness = known::witness(ident);
        let known = Known::of_static(&known);
        let markers = markers.definitions(krate);
        let (known, describes) = (known.name(krate), known.describes(krate));
        let (name, lifetimes) = signature::describe_static(ty);
        let display = signature::display_type(ty);
        let exported = value.is_some();
        let tokens = value.as_ref().map_or(0, |value| tokens::hash(quote!(#value)));
        // Rustc chooses its methods by the type itself, which may be an alias.
        let of_type = quote_spanned!(Span::mixed_site()=> (&#krate::rt::VarType::<#ty>::NEW));
        let initialise = value.as_ref().map(|value| {
            quote_spanned! {Span::mixed_site()=>
                static __HOT_FIRST: #ty = #value;
                unsafe fn __hot_initialise(place: *mut ()) -> bool {
                    let place = place.cast::<#ty>();
                    #krate::rt::completes(|| {
                        // SAFETY: whoever calls it gives fresh storage of this layout. The static
                        // is moved out of, and nothing else ever looks at it: it is called only
                        // where the static is not the var itself.
                        unsafe { place.copy_from_nonoverlapping(&raw const __HOT_FIRST, 1) };
                        // SAFETY: it was written just before.
                        #of_type.force(unsafe { &*place });
                    })
                }
            }
        });
        let lock = match value {
            Some(_) => quote_spanned! {Span::mixed_site()=>
                ::core::option::Option::Some(|place| {
                    // SAFETY: whoever calls it gives the storage that `__hot_initialise` filled,
                    // which is never freed.
                    #of_type.lock(unsafe { &*place.cast::<#ty>() })
                })
            },
            None => quote!(::core::option::Option::None),
        };
        let moving = match value {
            Some(_) => quote_spanned! {Span::mixed_site()=>
                || (&#krate::rt::VarType::<#moved>::NEW).moving(#of_type.storage())
            },
            None => quote!(#krate::rt::moves_nothing),
        };
        let (body, home) = match value {
            Some(_) => (
                quote!(__hot_initialise as *const ()),
                quote!(if #krate::rt::STATIC { (&raw const __HOT_FIRST).cast() } else { ::core::ptr::null() }),
            ),
            None => (quote!(::core::ptr::null()), quote!(::core::ptr::null())),
        };
        let (package, version) = (package::name(), package::version());
        quote_spanned! {Span::mixed_site()=>
            #[allow(unused_imports)]
            use #krate::rt::{Moved as _, Special as _, Still as _, Usual as _};
            #markers
            #initialise
            // With the feature `static` the first value's static is the var.
            const __HOT_HOME: *const () = #home;
            static __HOT_SLOT: #krate::rt::Slot = #krate::rt::Slot::new(__HOT_HOME);
            const __HOT_VAR: #krate::rt::manifest::Var = #krate::rt::manifest::Var {
                package: #package,
                version: #version,
                path: #path,
                exported: #exported,
                display: #display,
                ty: #krate::rt::manifest::Type::of::<#ty>(#name, #lifetimes, #known),
                reset: #reset,
                renamed_from: #renamed_from,
                tokens: #tokens,
            };
            #krate::__manifest_record!(__HOT_RECORD, __HOT_VAR);
            static __HOT_ACCESSOR: #krate::rt::Accessor = #krate::rt::Accessor {
                kind: #krate::rt::Kind::Var,
                record: &__HOT_RECORD,
                slot: &__HOT_SLOT,
                cold: ::core::ptr::null(),
                body: #body,
                layout: ::core::alloc::Layout::new::<#ty>(),
                lock: #lock,
                moving: #moving,
                describe: &[#(#describes),*],
                signature: || #of_type.signature(),
                // All of them are `'static`.
                lifetimes: || #krate::rt::versioned::Told::NONE,
                type_name: ::core::any::type_name::<#ty>,
                opaque: ::core::any::TypeId::of::<(#(#hidden,)*)>,
                identity: ::core::any::TypeId::of::<#witness>,
                // SAFETY: all of it is made of one static's type, the slot for this accessor.
                promise: unsafe { #krate::rt::Promise::given() },
            };
            #krate::rt::inventory::submit! { #krate::rt::Registered(&__HOT_ACCESSOR) }
        }
    }
}
