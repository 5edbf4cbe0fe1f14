//! `hot::Dyn` for a versioned trait: calls of its methods that cross images.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, ItemTrait, Path, Receiver, ReceiverKind, Token, TraitItem, Type, TypeParamBound,
};

use super::trait_item::{Method, of_sized_only};
use crate::parse::callable::Callable;

/// The implementation of the trait for `Dyn`; nothing for a trait whose objects cannot cross, which
/// rustc says where one is asked for.
pub(super) fn expand(item: &ItemTrait, methods: &[Method<'_>], krate: &Path) -> TokenStream {
    if !crosses(item, methods) {
        return TokenStream::new();
    }
    let methods: Vec<_> = methods.iter().map(Call::of).collect();
    let (ident, unsafety) = (&item.ident, &item.unsafety);
    let object = quote!(dyn #ident);
    let fields = methods.iter().map(|Call { cfg, callable, .. }| {
        let name = &callable.ident;
        quote!(#(#cfg)* #name: *const (),)
    });
    let declared = methods.iter().map(|method| {
        let (cfg, head) = (method.cfg, method.caught(krate));
        quote!(#(#cfg)* #head;)
    });
    let defined = methods.iter().map(|method| {
        let Call { cfg, callable, this, args, .. } = method;
        let (name, head) = (&callable.ident, method.caught(krate));
        let call = quote_spanned!(Span::mixed_site()=> <Self as #ident>::#name(#this, #(#args),*));
        let call = callable.promised(call);
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)* #head {
                #krate::rt::catch(move || #call)
            }
        }
    });
    let entries = methods.iter().map(|Call { cfg, callable, .. }| {
        let name = &callable.ident;
        quote!(#(#cfg)* #name: <#object as __HotCatch>::#name as *const (),)
    });
    let forwarded = methods.iter().map(|method| method.forward(krate));
    quote_spanned! {Span::mixed_site()=>
        /// The methods, each caught.
        #[repr(C)]
        struct __HotEntries {
            __hot_drop: unsafe fn(*mut #object) -> #krate::rt::Returned<()>,
            #(#fields)*
        }
        // SAFETY: addresses of functions.
        unsafe impl ::core::marker::Sync for __HotEntries {}

        trait __HotCatch {
            #(#declared)*
        }
        impl __HotCatch for #object {
            #(#defined)*
        }
        unsafe fn __hot_drop(object: *mut #object) -> #krate::rt::Returned<()> {
            // SAFETY: `Dyn::new` leaked the box, and nobody else has it.
            let object = unsafe { #krate::rt::Box::from_raw(object) };
            #krate::rt::catch(move || ::core::mem::drop(object))
        }
        static __HOT_ENTRIES: __HotEntries = __HotEntries {
            __hot_drop,
            #(#entries)*
        };
        // SAFETY: the table follows from the trait's methods, whose record is compared.
        unsafe impl #krate::rt::DynTrait for #object {
            fn entries() -> *const () {
                (&raw const __HOT_ENTRIES).cast()
            }
        }
        #[automatically_derived]
        #unsafety impl #ident for #krate::Dyn<#object> {
            #(#forwarded)*
        }
    }
}

/// Whether the trait's objects can cross.
fn crosses(item: &ItemTrait, methods: &[Method<'_>]) -> bool {
    let marker = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| ["Send", "Sync", "Unpin"].iter().any(|one| last.ident == one))
        }
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        _ => false,
    };
    let plain = item.generics.params.is_empty()
        && item.generics.where_clause.is_none()
        && item.supertraits.iter().all(marker);
    // One outside of the vtable and without a body would have to be written for `Dyn` too.
    let complete = item.items.iter().all(|item| match item {
        TraitItem::Fn(method) => {
            !of_sized_only(method.sig.generics.where_clause.as_ref()) || method.default.is_some()
        }
        _ => true,
    });
    let callable = |Method { callable, .. }: &Method<'_>| {
        let receiver = callable.beyond.receiver.as_ref();
        let by_reference =
            receiver.is_some_and(|this| matches!(this.kind, ReceiverKind::Reference(..)));
        by_reference && callable.abi.is_none()
    };
    plain && complete && methods.iter().all(callable)
}

/// A method, as calls of it are written.
struct Call<'a> {
    cfg: &'a [&'a Attribute],
    callable: &'a Callable,
    types: Vec<&'a Type>,
    receiver: &'a Receiver,
    /// The author's `self`: another one would be another name.
    this: Token![self],
    args: Vec<Ident>,
}

impl<'a> Call<'a> {
    fn of(method: &'a Method<'_>) -> Self {
        let callable = &method.callable;
        let receiver = callable.beyond.receiver.as_ref().expect("`crosses` asks for one");
        let types: Vec<_> = method.types().collect();
        let args = (1..=types.len()).map(|index| format_ident!("__hot_{index}")).collect();
        Call { cfg: &method.cfg, callable, types, receiver, this: receiver.self_token, args }
    }

    /// With plain parameters.
    fn head(&self, result: &TokenStream) -> TokenStream {
        let Call { callable, types, receiver, args, .. } = self;
        let Callable { ident, safety, .. } = callable;
        let generics = callable.generics();
        quote!(#safety fn #ident #generics (#receiver #(, #args: #types)*) #result)
    }

    /// With what an entry returns.
    fn caught(&self, krate: &Path) -> TokenStream {
        let output = &self.callable.output;
        self.head(&quote!(-> #krate::rt::Returned<#output>))
    }

    /// The method of `Dyn`: a call through the table.
    fn forward(&self, krate: &Path) -> TokenStream {
        let Call { cfg, callable, receiver, this, args, .. } = self;
        let Callable { ident, safety, output, .. } = callable;
        let head = self.head(&output.arrow());
        let mutable = matches!(&receiver.kind, ReceiverKind::Reference(_, _, Some(_)));
        let object = if mutable { quote!(object_mut) } else { quote!(object) };
        let call = quote_spanned! {Span::mixed_site()=>
            __hot_code(#krate::Dyn::#object(#this), #(#args),*)
        };
        let call = callable.promised(call);
        let holes = std::iter::repeat_n(quote!(_), args.len() + 1);
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)* #[inline]
            #head {
                let __hot_pin = #krate::rt::Pin::enter();
                let __hot_entries = #krate::Dyn::entries(#this);
                // SAFETY: the table of the image that made the object; its type follows from the
                // trait's record, on which the images agree, and so does the function's.
                let __hot_code = unsafe {
                    ::core::mem::transmute::<
                        *const (),
                        #safety fn(#(#holes),*) -> #krate::rt::Returned<_>,
                    >((*__hot_entries.cast::<__HotEntries>()).#ident)
                };
                __hot_pin.leave(#call)
            }
        }
    }
}
