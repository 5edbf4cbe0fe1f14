//! `hot::Dyn` for a versioned trait: calls of its methods that cross images.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, FnArg, ItemTrait, Path, ReceiverKind, ReturnType, Signature, Token, TraitItem,
    TypeParamBound,
};

use super::trait_item::of_sized_only;
use crate::signature::is_unsafe;

/// The implementation of the trait for `Dyn`; nothing for a trait whose objects cannot cross, which
/// rustc says where one is asked for.
pub(super) fn expand(item: &ItemTrait, krate: &Path) -> TokenStream {
    let Some(methods) = methods(item) else { return TokenStream::new() };
    let (ident, unsafety) = (&item.ident, &item.unsafety);
    let object = quote!(dyn #ident);
    let fields = methods.iter().map(|Method { cfg, sig }| {
        let name = &sig.ident;
        quote!(#(#cfg)* #name: *const (),)
    });
    let declared = methods.iter().map(|method| {
        let (cfg, sig) = (&method.cfg, method.caught(krate));
        quote!(#(#cfg)* #sig;)
    });
    let defined = methods.iter().map(|method| {
        let (cfg, sig, args) = (&method.cfg, method.caught(krate), method.args());
        let name = &sig.ident;
        let this = method.this();
        let call = quote_spanned!(Span::mixed_site()=> <Self as #ident>::#name(#this, #(#args),*));
        // SAFETY (of the generated code): the caller of the `unsafe` method promised it.
        let call = if is_unsafe(&sig) { quote!(unsafe { #call }) } else { call };
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)* #sig {
                #krate::rt::catch(move || #call)
            }
        }
    });
    let entries = methods.iter().map(|Method { cfg, sig }| {
        let name = &sig.ident;
        quote!(#(#cfg)* #name: <#object as __HotCatch>::#name as *const (),)
    });
    let forwarded = methods.iter().map(|method| method.forward(krate));
    quote_spanned! {Span::mixed_site()=>
        /// The methods, each caught.
        #[repr(C)]
        struct __HotEntries {
            __hot_drop: unsafe fn(*mut #object) -> #krate::rt::MaybeUninit<()>,
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
        unsafe fn __hot_drop(object: *mut #object) -> #krate::rt::MaybeUninit<()> {
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

struct Method<'a> {
    cfg: Vec<&'a Attribute>,
    sig: &'a Signature,
}

/// The methods in the vtable; none if the trait's objects cannot cross.
fn methods(item: &ItemTrait) -> Option<Vec<Method<'_>>> {
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
    if !plain {
        return None;
    }
    let mut methods = Vec::new();
    for method in &item.items {
        let TraitItem::Fn(method) = method else { continue };
        let sig = &method.sig;
        if of_sized_only(sig.generics.where_clause.as_ref()) {
            // One without a body would have to be written for `Dyn` too.
            method.default.as_ref()?;
            continue;
        }
        let FnArg::Receiver(receiver) = sig.inputs.first()? else { return None };
        let by_reference = matches!(receiver.kind, ReceiverKind::Reference(..));
        if !by_reference || sig.abi.is_some() {
            return None;
        }
        let cfg = method.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        methods.push(Method { cfg: cfg.collect(), sig });
    }
    Some(methods)
}

impl Method<'_> {
    /// The author's `self`: another one would be another name.
    fn this(&self) -> Token![self] {
        match self.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => receiver.self_token,
            _ => unreachable!("`methods` found it"),
        }
    }

    fn args(&self) -> Vec<Ident> {
        (1..self.sig.inputs.len()).map(|index| format_ident!("__hot_{index}")).collect()
    }

    /// With plain parameters.
    fn named(&self) -> Signature {
        let mut sig = self.sig.clone();
        for (input, name) in sig.inputs.iter_mut().skip(1).zip(self.args()) {
            if let FnArg::Typed(input) = input {
                input.attrs.clear();
                *input.pat = syn::parse_quote!(#name);
            }
        }
        sig
    }

    /// With what an entry returns.
    fn caught(&self, krate: &Path) -> Signature {
        let mut sig = self.named();
        sig.output = match &sig.output {
            ReturnType::Default => syn::parse_quote!(-> #krate::rt::MaybeUninit<()>),
            ReturnType::Type(_, ty) => syn::parse_quote!(-> #krate::rt::MaybeUninit<#ty>),
        };
        sig
    }

    /// The method of `Dyn`: a call through the table.
    fn forward(&self, krate: &Path) -> TokenStream {
        let (cfg, sig, args, this) = (&self.cfg, self.named(), self.args(), self.this());
        let name = &sig.ident;
        let mutable = matches!(
            sig.inputs.first(),
            Some(FnArg::Receiver(receiver))
                if matches!(&receiver.kind, ReceiverKind::Reference(_, _, Some(_)))
        );
        let object = if mutable { quote!(object_mut) } else { quote!(object) };
        let holes = std::iter::repeat_n(quote!(_), args.len() + 1);
        let safety = &sig.safety;
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)* #[inline]
            #sig {
                let __hot_pin = #krate::rt::Pin::enter();
                let __hot_entries = #krate::Dyn::entries(#this);
                // SAFETY: the table of the image that made the object; its type follows from the
                // trait's record, on which the images agree, and so does the function's.
                let __hot_code = unsafe {
                    ::core::mem::transmute::<
                        *const (),
                        #safety fn(#(#holes),*) -> #krate::rt::MaybeUninit<_>,
                    >((*__hot_entries.cast::<__HotEntries>()).#name)
                };
                // SAFETY: what an entry returned inside this pin; the caller of an `unsafe` method
                // promised what the method asks for.
                unsafe {
                    __hot_pin.leave(__hot_code(#krate::Dyn::#object(#this), #(#args),*))
                }
            }
        }
    }
}
