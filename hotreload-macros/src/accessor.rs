//! The expansion that exports and imports share: entry, slot, record, accessor.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Ident, Path, ReturnType, Signature, Visibility};

use crate::signature::{abi_name, describe, display, is_never, is_unsafe, parameters};

/// Everything that the expansion depends on.
pub(crate) struct Accessor<'a> {
    /// Where `hot` is.
    pub(crate) krate: &'a Path,
    /// The conditions under which the accessor exists; for an export rustc has settled them.
    pub(crate) cfg: &'a [&'a Attribute],
    pub(crate) vis: &'a Visibility,
    /// The accessor's name.
    pub(crate) name: &'a Ident,
    /// The definition's full name, an expression of type `&'static str`.
    pub(crate) path: TokenStream,
    pub(crate) sig: &'a Signature,
    /// The function behind it; none for an import.
    pub(crate) body: Option<&'a Ident>,
}

/// The pieces of a signature as tokens.
struct Parts {
    /// `for<'a, ..>` or nothing.
    binder: TokenStream,
    /// `<'a, ..>` or nothing.
    generics: TokenStream,
    types: Vec<TokenStream>,
    args: Vec<Ident>,
    /// The declared result.
    result: TokenStream,
    /// What the entry returns.
    raw_result: TokenStream,
    never: bool,
}

impl Parts {
    fn new(accessor: &Accessor<'_>) -> Self {
        let sig = accessor.sig;
        let krate = accessor.krate;
        let lifetimes: Vec<_> = sig.generics.lifetimes().map(|param| &param.lifetime).collect();
        let types: Vec<_> = parameters(sig).map(|ty| quote!(#ty)).collect();
        let never = is_never(sig);
        let result = match &sig.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => quote!(#ty),
        };
        let uninit = quote!(#krate::rt::MaybeUninit);
        Parts {
            binder: if lifetimes.is_empty() { quote!() } else { quote!(for<#(#lifetimes),*>) },
            generics: if lifetimes.is_empty() { quote!() } else { quote!(<#(#lifetimes),*>) },
            args: (0..types.len()).map(|index| format_ident!("__hot_{index}")).collect(),
            types,
            raw_result: if never { quote!(#uninit<()>) } else { quote!(#uninit<#result>) },
            result,
            never,
        }
    }
}

/// Emits the accessor. `sig` has been checked.
pub(crate) fn expand(accessor: &Accessor<'_>) -> TokenStream {
    let parts = Parts::new(accessor);
    let Accessor { krate, cfg, vis, name, .. } = accessor;
    let entry = entry(accessor, &parts);
    let statics = statics(accessor, &parts);
    let handle = handle(accessor, &parts);
    // Errors about the accessor point at the name, not at the attribute.
    let here = Span::mixed_site().located_at(name.span());
    let accessor = if accessor.body.is_some_and(|body| body != *name) {
        // `hot::get!` mentions the accessor's name as a value too: here no function has it.
        quote_spanned!(here=> struct #name;)
    } else {
        quote_spanned!(here=> enum #name {})
    };
    quote_spanned! {Span::mixed_site()=>
        #(#cfg)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis #accessor

        #(#cfg)*
        #[doc(hidden)]
        // The function's types appear here again: what the user allowed on it is allowed here.
        #[allow(
            deprecated, elided_lifetimes_in_paths, mismatched_lifetime_syntaxes,
            single_use_lifetimes, clippy::all, clippy::pedantic, clippy::nursery
        )]
        const _: () = {
            #entry
            #statics
            impl #krate::rt::Exported for #name {}
            impl #name {
                #handle
            }
        };
    }
}

/// The function that callers jump to, and the one that an unresolved slot jumps to.
fn entry(accessor: &Accessor<'_>, parts: &Parts) -> TokenStream {
    let Parts { binder, generics, types, args, raw_result, never, .. } = parts;
    let krate = accessor.krate;
    let entry = accessor.body.map(|body| {
        let call = quote!(#body(#(#args),*));
        let call = if is_unsafe(accessor.sig) {
            // SAFETY (of the generated code): the handle of an `unsafe fn` is an `unsafe fn`, so
            // its caller has promised what the body asks for.
            quote_spanned!(Span::mixed_site()=> unsafe { #call })
        } else {
            call
        };
        let catch = if *never { quote!(catch_never) } else { quote!(catch) };
        quote_spanned! {Span::mixed_site()=>
            fn __hot_entry #generics (#(#args: #types),*) -> #raw_result {
                #krate::rt::#catch(move || #call)
            }
        }
    });
    quote_spanned! {Span::mixed_site()=>
        type __HotEntry = #binder fn(#(#types),*) -> #raw_result;
        #entry
        #[cold]
        fn __hot_cold #generics (#(#args: #types),*) -> #raw_result {
            match #krate::rt::resolve(&__HOT_ACCESSOR) {
                ::core::option::Option::Some(__hot_code) => {
                    // SAFETY: the host resolves only to an entry of this signature.
                    let __hot_code = unsafe {
                        ::core::mem::transmute::<*const (), __HotEntry>(__hot_code)
                    };
                    __hot_code(#(#args),*)
                }
                // The flag is set: nobody reads the result.
                ::core::option::Option::None => #krate::rt::MaybeUninit::uninit(),
            }
        }
    }
}

/// The slot, the manifest record and what ties them together.
fn statics(accessor: &Accessor<'_>, parts: &Parts) -> TokenStream {
    let Accessor { krate, name, path, sig, body, .. } = accessor;
    let Parts { binder, types, result, .. } = parts;
    let (safety, abi) = (&sig.safety, &sig.abi);
    let is_unsafe = is_unsafe(sig);
    let abi_text = abi_name(abi.as_ref());
    let display = display(sig);
    let described = describe(sig).into_iter().map(|ty| {
        let (name, lifetimes, concrete) = (ty.name, ty.lifetimes, ty.concrete);
        quote!(#krate::rt::manifest::Type::of::<#concrete>(#name, #lifetimes))
    });
    let exported = body.is_some();
    let entry = match body {
        Some(_) => quote!(__hot_entry as *const ()),
        None => quote!(::core::ptr::null()),
    };
    quote_spanned! {Span::mixed_site()=>
        static __HOT_SLOT: #krate::rt::Slot = #krate::rt::Slot::new(__hot_cold as *const ());
        const __HOT_FUNCTION: #krate::rt::manifest::Function = #krate::rt::manifest::Function {
            package: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
            path: #path,
            exported: #exported,
            is_unsafe: #is_unsafe,
            abi: #abi_text,
            display: #display,
            types: &[#(#described),*],
        };
        #krate::__manifest_record!(__HOT_RECORD, __HOT_FUNCTION);
        static __HOT_ACCESSOR: #krate::rt::Accessor = #krate::rt::Accessor {
            record: &__HOT_RECORD,
            slot: &__HOT_SLOT,
            cold: __hot_cold as *const (),
            body: #entry,
            signature: || ::core::any::TypeId::of::<#binder #safety #abi fn(#(#types),*) -> #result>(),
            identity: || ::core::any::TypeId::of::<#name>(),
        };
        #krate::rt::inventory::submit! { #krate::rt::Registered(&__HOT_ACCESSOR) }
    }
}

/// What `hot::get!` gives: a closure, or a function pointer where a closure cannot say it.
fn handle(accessor: &Accessor<'_>, parts: &Parts) -> TokenStream {
    let Parts { binder, generics, types, args, result, never, .. } = parts;
    let Accessor { krate, name, sig, .. } = accessor;
    let leave = if *never {
        quote_spanned! {Span::mixed_site()=>
            let _ = __hot_result;
            #krate::rt::leave_never(__hot_pin)
        }
    } else {
        // SAFETY (of the generated code): the result is what the entry returned inside this pin.
        quote_spanned!(Span::mixed_site()=> unsafe { __hot_pin.leave(__hot_result) })
    };
    let call = quote_spanned! {Span::mixed_site()=>
        let __hot_pin = #krate::rt::Pin::enter();
        // SAFETY: a slot holds only entries of the signature it was compiled with.
        let __hot_code = unsafe {
            ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
        };
        let __hot_result = __hot_code(#(#args),*);
        #leave
    };
    if is_unsafe(sig) || *never {
        let safety = &sig.safety;
        quote_spanned! {Span::mixed_site()=>
            #[doc(hidden)]
            #[inline(always)]
            pub fn handle() -> #binder #safety fn(#(#types),*) -> #result {
                #safety fn __hot_glue #generics (#(#args: #types),*) -> #result { #call }
                __hot_glue
            }
        }
    } else {
        // rustc shows where the opaque type is when an argument is wrong.
        let here = Span::mixed_site().located_at(name.span());
        let closure = quote_spanned! {here=>
            impl #binder ::core::ops::Fn(#(#types),*) -> #result
                + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static
        };
        quote_spanned! {Span::mixed_site()=>
            #[doc(hidden)]
            #[inline(always)]
            pub fn handle() -> #closure {
                |#(#args),*| { #call }
            }
        }
    }
}
