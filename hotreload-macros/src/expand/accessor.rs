//! The expansion that exports and imports share: entry, slot, record, accessor.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Ident, Path, Type, Visibility};

use crate::{
    expand::{
        future,
        known::{self, Known},
    },
    package,
    parse::{callable::Callable, opaque::Markers},
    types::{
        closure::Closure,
        signature::{describe, display},
    },
};

/// Everything that the expansion depends on.
pub(crate) struct Accessor<'a> {
    /// Where `hot` is.
    pub(crate) krate: &'a Path,
    /// The conditions under which the accessor exists; for an export rustc has settled them.
    pub(crate) cfg: &'a [&'a Attribute],
    pub(crate) place: Place<'a>,
    /// The definition's full name, an expression of type `&'static str`.
    pub(crate) path: TokenStream,
    /// Without a receiver.
    pub(crate) callable: &'a Callable,
    /// What the entry calls; none for an import.
    pub(crate) body: Option<TokenStream>,
    /// A hash of the function as it is written.
    pub(crate) tokens: u128,
    /// Whether it is in the manifest and the image's list; else the host learns of it when it is
    /// used.
    pub(crate) listed: bool,
}

/// How callers reach the slot.
pub(crate) enum Place<'a> {
    /// By a type of this name, which has a function `handle`.
    Type {
        vis: &'a Visibility,
        name: &'a Ident,
        /// Whether there is a function of that name too.
        beside_function: bool,
    },
    /// By a closure for each accessor that is like this one but for its path: the host makes them.
    Each {
        /// A type of this name has a function `site`, with what the host needs for that.
        name: &'a Ident,
    },
    /// By an associated function of this name, which makes the call.
    Method {
        name: Ident,
        /// The type as an `impl` names it, its lifetimes elided.
        owner: &'a Type,
        /// The same with all lifetimes `'static`.
        concrete: &'a Type,
    },
}

/// The pieces of a signature as tokens.
struct Parts {
    /// `for<'a, ..>` or nothing.
    binder: TokenStream,
    /// `<'a, ..>` or nothing.
    generics: TokenStream,
    types: Vec<TokenStream>,
    /// The parameters of the entry.
    raw_types: Vec<TokenStream>,
    args: Vec<Ident>,
    /// Turns arguments into those of the entry.
    pack: TokenStream,
    /// Turns the entry's arguments into those of the body: statements, then expressions.
    unpack: (TokenStream, Vec<TokenStream>),
    /// The declared result.
    result: TokenStream,
    /// What the entry returns.
    raw_result: TokenStream,
    never: bool,
}

impl Parts {
    fn new(accessor: &Accessor<'_>) -> Self {
        let Accessor { krate, callable, .. } = accessor;
        let types: Vec<_> = callable.types().map(ToTokens::to_token_stream).collect();
        let never = callable.never_returns();
        let result = callable.output.to_token_stream();
        let args: Vec<_> = (0..types.len()).map(|index| format_ident!("__hot_{index}")).collect();
        let (mut raw_types, mut pack) = (Vec::new(), TokenStream::new());
        let mut unpack = (TokenStream::new(), Vec::new());
        for (ty, arg) in callable.types().zip(&args) {
            match Closure::of(ty) {
                Some(closure) => {
                    raw_types.push(closure.raw(krate, callable));
                    pack.extend(closure.pack(krate, arg));
                    let (prepare, argument) = closure.unpack(krate, arg);
                    unpack.0.extend(prepare);
                    unpack.1.push(argument);
                }
                None => {
                    raw_types.push(quote!(#ty));
                    unpack.1.push(quote!(#arg));
                }
            }
        }
        Parts {
            binder: callable.binder(),
            generics: callable.generics(),
            args,
            types,
            raw_types,
            pack,
            unpack,
            raw_result: if never {
                quote!(#krate::rt::Returned<::core::convert::Infallible>)
            } else {
                quote!(#krate::rt::Returned<#result>)
            },
            result,
            never,
        }
    }
}

/// Emits the accessor.
pub(crate) fn expand(accessor: &Accessor<'_>) -> TokenStream {
    let parts = Parts::new(accessor);
    let Accessor { krate, cfg, .. } = accessor;
    let entry = entry(accessor, &parts);
    let statics = statics(accessor, &parts);
    let (named, reached) = match &accessor.place {
        Place::Type { vis, name, beside_function } => {
            // Errors about the accessor point at the name, not at the attribute.
            let here = Span::mixed_site().located_at(name.span());
            let named = if *beside_function {
                quote_spanned!(here=> enum #name {})
            } else {
                // `hot::get!` mentions the accessor's name as a value too: here no function has it.
                quote_spanned!(here=> struct #name;)
            };
            let glue = glue(accessor, &parts, &format_ident!("__hot_glue"));
            let handle = handle(accessor, &parts, name);
            let pointer = accessor.listed.then(|| pointer(accessor, &parts));
            (
                quote_spanned! {Span::mixed_site()=>
                    #(#cfg)*
                    #[doc(hidden)]
                    #[allow(non_camel_case_types)]
                    #vis #named
                },
                quote_spanned! {Span::mixed_site()=>
                    #glue
                    impl #krate::rt::Exported for #name {
                        fn accessor() -> &'static #krate::rt::Accessor {
                            &__HOT_ACCESSOR
                        }
                        #[inline(always)]
                        fn mark_used() {
                            __HOT_SLOT.mark_used();
                        }
                    }
                    impl #name {
                        #handle
                        #pointer
                    }
                },
            )
        }
        Place::Each { name } => {
            let (object, bind) = bind(accessor, &parts);
            (
                quote_spanned!(Span::mixed_site()=> struct #name;),
                quote_spanned! {Span::mixed_site()=>
                    impl #name {
                        fn site() -> &'static #krate::EachSite<#object> {
                            #bind
                            static __HOT_SITE: #krate::EachSite<#object> =
                                #krate::EachSite::new(&__HOT_ACCESSOR, __hot_bind);
                            &__HOT_SITE
                        }
                    }
                },
            )
        }
        Place::Method { name, owner, .. } => {
            let glue = glue(accessor, &parts, name);
            (
                TokenStream::new(),
                quote_spanned! {Span::mixed_site()=>
                    impl #owner {
                        #[doc(hidden)]
                        #[allow(non_snake_case)]
                        #glue
                    }
                },
            )
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #named

        #(#cfg)*
        #[doc(hidden)]
        // The function's types appear here again: what the user allowed on it is allowed here.
        #[allow(
            deprecated, elided_lifetimes_in_paths, improper_ctypes_definitions,
            mismatched_lifetime_syntaxes, single_use_lifetimes, clippy::all, clippy::pedantic, clippy::nursery
        )]
        const _: () = {
            #entry
            #statics
            #reached
        };
    }
}

/// The function that callers jump to, and the one that an unresolved slot jumps to.
fn entry(accessor: &Accessor<'_>, parts: &Parts) -> TokenStream {
    let Parts { binder, generics, raw_types: types, args, raw_result, .. } = parts;
    let krate = accessor.krate;
    let entry = accessor.body.as_ref().map(|body| {
        let (prepare, arguments) = &parts.unpack;
        // The handle of an `unsafe fn` is an `unsafe fn`.
        let call = accessor.callable.promised(quote!(#body(#(#arguments),*)));
        let call = if prepare.is_empty() { call } else { quote!({ #prepare #call }) };
        quote_spanned! {Span::mixed_site()=>
            fn __hot_entry #generics (#(#args: #types),*) -> #raw_result {
                #krate::rt::catch(move || #call)
            }
        }
    });
    let types = quote_spanned! {Span::mixed_site()=>
        type __HotEntry = #binder fn(#(#types),*) -> #raw_result;
    };
    if let Place::Each { .. } = accessor.place {
        // Who calls asks first.
        return types;
    }
    let Parts { raw_types, .. } = parts;
    quote_spanned! {Span::mixed_site()=>
        #types
        #entry
        #[cold]
        fn __hot_cold #generics (#(#args: #raw_types),*) -> #raw_result {
            // SAFETY: the host resolves only to an entry of this signature. Only the slot leads here, so
            // the glue has just pinned.
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(
                    #krate::rt::resolve(&__HOT_ACCESSOR)
                )
            };
            __hot_code(#(#args),*)
        }
    }
}

/// The slot, the manifest record and what ties them together.
fn statics(accessor: &Accessor<'_>, parts: &Parts) -> TokenStream {
    let Accessor { krate, path, callable, body, tokens, place, .. } = accessor;
    let Parts { binder, types, result, .. } = parts;
    // Its TypeId must not depend on what else the crate exports, as that of a type in here would.
    let identity = match place {
        Place::Type { name, .. } | Place::Each { name } => quote!(#name),
        Place::Method { concrete, .. } => quote!(#concrete),
    };
    let Callable { safety, abi, .. } = callable;
    let (is_unsafe, abi_text) = (callable.is_unsafe(), callable.abi_name());
    let display = display(callable);
    let mut markers = Markers::default();
    let known = Known::of_callable(callable, krate, &mut markers);
    let lifetimes = known::lifetimes(callable, krate, &mut markers);
    let opaque = known::opaque(callable, krate);
    let identity = known::witness(identity);
    let markers = markers.definitions(krate);
    let described = describe(callable).into_iter().zip(&known).map(|(ty, known)| {
        let (name, lifetimes, concrete) = (ty.name, ty.lifetimes, ty.concrete);
        let known = known.name(krate);
        quote!(#krate::rt::manifest::Type::of::<#concrete>(#name, #lifetimes, #known))
    });
    let describes = known.iter().flat_map(|known| known.describes(krate));
    let exported = body.is_some();
    let (package, version) = (package::name(), package::version());
    let (record, listed) = if accessor.listed {
        (
            quote!(#krate::__manifest_record!(__HOT_RECORD, __HOT_FUNCTION);),
            quote!(#krate::rt::inventory::submit! { #krate::rt::Registered(&__HOT_ACCESSOR) }),
        )
    } else {
        (
            quote!(
                static __HOT_RECORD: [u8; __HOT_FUNCTION.size()] = __HOT_FUNCTION.encode();
            ),
            TokenStream::new(),
        )
    };
    let cold = match place {
        Place::Each { .. } => quote!(::core::ptr::null()),
        Place::Type { .. } | Place::Method { .. } => quote!(__hot_cold as *const ()),
    };
    let entry = match body {
        Some(_) => quote!(__hot_entry as *const ()),
        None => quote!(::core::ptr::null()),
    };
    quote_spanned! {Span::mixed_site()=>
        #markers
        static __HOT_SLOT: #krate::rt::Slot = #krate::rt::Slot::new(#cold);
        const __HOT_FUNCTION: #krate::rt::manifest::Function = #krate::rt::manifest::Function {
            package: #package,
            version: #version,
            path: #path,
            exported: #exported,
            is_unsafe: #is_unsafe,
            abi: #abi_text,
            display: #display,
            types: &[#(#described),*],
            tokens: #tokens,
        };
        #record
        static __HOT_ACCESSOR: #krate::rt::Accessor = #krate::rt::Accessor {
            kind: #krate::rt::Kind::Function,
            record: &__HOT_RECORD,
            slot: &__HOT_SLOT,
            cold: #cold,
            body: #entry,
            layout: ::core::alloc::Layout::new::<()>(),
            lock: ::core::option::Option::None,
            moving: #krate::rt::moves_nothing,
            describe: &[#(#describes),*],
            signature: ::core::any::TypeId::of::<#binder #safety #abi fn(#(#types),*) -> #result>,
            lifetimes: || #lifetimes,
            type_name: ::core::any::type_name::<#binder #safety #abi fn(#(#types),*) -> #result>,
            opaque: ::core::any::TypeId::of::<#opaque>,
            identity: ::core::any::TypeId::of::<#identity>,
            // SAFETY: all of it is made of one function's signature, the slot for this accessor.
            promise: unsafe { #krate::rt::Promise::given() },
        };
        #listed
    }
}

/// The call as its caller's image makes it.
fn glue(accessor: &Accessor<'_>, parts: &Parts, name: &Ident) -> TokenStream {
    let Parts { generics, types, args, pack, result, never, .. } = parts;
    let krate = accessor.krate;
    let safety = &accessor.callable.safety;
    let leave = if *never {
        quote_spanned!(Span::mixed_site()=> match __hot_pin.leave(__hot_result) {})
    } else {
        quote_spanned!(Span::mixed_site()=> __hot_pin.leave(__hot_result))
    };
    let through_slot = quote_spanned! {Span::mixed_site()=>
        #pack
        let __hot_pin = #krate::rt::Pin::enter();
        // SAFETY: a slot holds only entries of the signature it was compiled with.
        let __hot_code = unsafe {
            ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
        };
        let __hot_result = __hot_code(#(#args),*);
        #leave
    };
    let (through_slot, proof) = match &accessor.callable.future {
        None => (through_slot, None),
        Some(of) => {
            // An export's future holds its arguments, and is checked where it is made.
            let check = of.check.as_ref().filter(|_| accessor.body.is_none());
            let check = check.map(|check| quote!(let (#(#args,)*) = #check((#(#args,)*));));
            let future = &of.ty;
            let later = quote_spanned! {Span::mixed_site()=>
                #check
                __HOT_SLOT.mark_used();
                // SAFETY: what it holds are the arguments, and `__hot_proof` compiles.
                unsafe { #future::of_call(move || { #through_slot }) }
            };
            (later, Some(future::proof(accessor.callable, args, krate)))
        }
    };
    let call = match direct(accessor, parts) {
        // A macro cannot see the features of `hot`; rustc drops the branch that is not taken.
        Some(direct) => quote_spanned! {Span::mixed_site()=>
            if #krate::rt::STATIC { #direct } else { #through_slot }
        },
        None => through_slot,
    };
    quote_spanned! {Span::mixed_site()=>
        #[inline(always)]
        #safety fn #name #generics (#(#args: #types),*) -> #result {
            #proof
            #call
        }
    }
}

/// The plain call, for the feature `static`; none for an import, whose body is elsewhere.
fn direct(accessor: &Accessor<'_>, parts: &Parts) -> Option<TokenStream> {
    let (body, args) = (accessor.body.as_ref()?, &parts.args);
    Some(accessor.callable.promised(quote!(#body(#(#args),*))))
}

/// What `hot::get!` gives: the glue, as a function pointer where `impl Fn` cannot say it.
fn handle(accessor: &Accessor<'_>, parts: &Parts, name: &Ident) -> TokenStream {
    let Parts { binder, types, result, never, .. } = parts;
    let callable = accessor.callable;
    let handle = if callable.is_unsafe() || *never {
        let safety = &callable.safety;
        quote_spanned!(Span::mixed_site()=> #binder #safety fn(#(#types),*) -> #result)
    } else {
        // rustc shows where the opaque type is when an argument is wrong.
        let here = Span::mixed_site().located_at(name.span());
        quote_spanned! {here=>
            impl #binder ::core::ops::Fn(#(#types),*) -> #result
                + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #[inline(always)]
        pub fn handle() -> #handle {
            __hot_glue
        }
    }
}

/// The type of what `hot::each!` gives for a function, and what makes it: a call that is none where the function
/// is gone.
fn bind(accessor: &Accessor<'_>, parts: &Parts) -> (TokenStream, TokenStream) {
    let Parts { binder, types, args, pack, result, .. } = parts;
    let krate = accessor.krate;
    let call = quote!(::core::ops::Fn(#(#types),*) -> ::core::option::Option<#result>);
    let object = quote! {
        dyn #binder #call + ::core::marker::Send + ::core::marker::Sync
    };
    let bind = quote_spanned! {Span::mixed_site()=>
        // The bound says which lifetimes the closure is for.
        fn __hot_boxed<F>(call: F) -> #krate::rt::Box<#object>
        where
            F: #binder #call + ::core::marker::Send + ::core::marker::Sync + 'static,
        {
            #krate::rt::Box::new(call)
        }
        /// # Safety
        /// The accessor is like the one here, but for its path.
        unsafe fn __hot_bind(accessor: &'static #krate::rt::Accessor) -> #krate::rt::Box<#object> {
            __hot_boxed(move |#(#args),*| {
                #pack
                let __hot_pin = #krate::rt::Pin::enter();
                let ::core::option::Option::Some(__hot_code) = #krate::rt::entry_if_any(accessor)
                else {
                    __hot_pin.end();
                    return ::core::option::Option::None;
                };
                // SAFETY: a slot holds only entries of the signature its accessor was compiled with: of the
                // one here, by the caller's promise.
                let __hot_code = unsafe {
                    ::core::mem::transmute::<*const (), __HotEntry>(__hot_code.as_ptr().cast_const())
                };
                let __hot_result = __hot_code(#(#args),*);
                ::core::option::Option::Some(__hot_pin.leave(__hot_result))
            })
        }
    };
    (object, bind)
}

/// What `hot::fn_ptr!` gives: the glue, in the function's own ABI.
fn pointer(accessor: &Accessor<'_>, parts: &Parts) -> TokenStream {
    let Parts { binder, generics, types, args, result, .. } = parts;
    let Callable { safety, abi, .. } = accessor.callable;
    let glue = if accessor.callable.abi_name() == "Rust" {
        quote!(__hot_glue)
    } else {
        let call = accessor.callable.promised(quote!(__hot_glue(#(#args),*)));
        quote_spanned! {Span::mixed_site()=>
            #safety #abi fn __hot_foreign #generics (#(#args: #types),*) -> #result {
                #call
            }
            __hot_foreign
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> #binder #safety #abi fn(#(#types),*) -> #result {
            #glue
        }
    }
}
