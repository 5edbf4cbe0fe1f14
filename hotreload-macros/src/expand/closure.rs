//! The two halves that carry a call of a closure across.
//!
//! The caller packs a closure into a `rt::Callback`, raw pointers and functions of its own image
//! that catch; the callee gets a closure of its own image around that, which goes on panicking in
//! its own std.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Path};

use crate::{
    parse::callable::Callable,
    types::{
        closure::{Closure, Family, Pointer},
        lifetimes::mentioned_lifetimes,
    },
};

impl Closure<'_> {
    /// What the entry takes in its place.
    pub(crate) fn raw(&self, krate: &Path, callable: &Callable) -> TokenStream {
        let auto: Vec<_> = self.auto_traits().collect();
        let marker = if auto.is_empty() { quote!(*const ()) } else { quote!(dyn #(#auto)+*) };
        // A lifetime that only the closure has must stay in the signature.
        let declared =
            mentioned_lifetimes(self.ty).into_iter().filter(|lifetime| callable.declares(lifetime));
        let declared = declared.map(|lifetime| quote!(&#lifetime ()));
        quote!(#krate::rt::Callback<#marker, (#(#declared,)*)>)
    }

    /// The caller's half, a statement that turns the variable into a `Callback`.
    pub(crate) fn pack(&self, krate: &Path, var: &Ident) -> TokenStream {
        let call = self.call(krate);
        let args = self.args();
        let bound = self.bound();
        let auto = self.auto_traits();
        let object = quote!(dyn #bound #(+ #auto)*);
        let pointer = quote_spanned!(Span::mixed_site()=> __hot_object.pointer::<#object>());
        let (address, closure, invoke) = match (self.pointer, self.family) {
            (Pointer::Box, Family::FnOnce) => (
                quote!(#krate::rt::Box::into_raw(#var)),
                quote!(#krate::rt::Box::from_raw(#pointer)),
                quote_spanned!(Span::mixed_site()=> __hot_closure(#(#args),*)),
            ),
            (pointer_kind, family) => (
                match pointer_kind {
                    Pointer::Shared(_) => quote!(::core::ptr::from_ref(#var)),
                    Pointer::Mutable(_) => quote!(::core::ptr::from_mut(#var)),
                    Pointer::Box => quote!(#krate::rt::Box::into_raw(#var)),
                },
                if family == Family::Fn { quote!(&*#pointer) } else { quote!(&mut *#pointer) },
                quote_spanned!(Span::mixed_site()=> (*__hot_closure)(#(#args),*)),
            ),
        };
        let drop = if self.pointer == Pointer::Box {
            quote_spanned! {Span::mixed_site()=>
                ::core::option::Option::Some(|__hot_object: #krate::rt::Object| {
                    // SAFETY: packed from this type; the callee drops or calls it, once.
                    let __hot_closure = unsafe { #krate::rt::Box::from_raw(#pointer) };
                    #krate::rt::catch(move || ::core::mem::drop(__hot_closure))
                })
            }
        } else {
            quote!(::core::option::Option::None)
        };
        quote_spanned! {Span::mixed_site()=>
            let #var = {
                let __hot_call: #call = |__hot_object, #(#args),*| {
                    // SAFETY: packed from this type; the callee calls it as this type allows, and
                    // no longer than the parameter lives.
                    let __hot_closure = unsafe { #closure };
                    #krate::rt::catch(move || #invoke)
                };
                let __hot_address = #krate::rt::Object::of(#address);
                let __hot_drop: ::core::option::Option<#krate::rt::DropObject> = #drop;
                // SAFETY: the closure's address, and what calls and drops a closure of its type;
                // the callback's own type is made of the parameter's.
                unsafe {
                    #krate::rt::Callback::new(__hot_address, __hot_call as *const (), __hot_drop)
                }
            };
        }
    }

    /// The callee's half: a statement that prepares the variable, and the argument made of it.
    pub(crate) fn unpack(&self, krate: &Path, var: &Ident) -> (TokenStream, TokenStream) {
        let call = self.call(krate);
        let args = self.args();
        let object = match self.family {
            Family::FnOnce => quote!(#var.into_object()),
            _ => quote!(#var.object()),
        };
        let closure = quote_spanned! {Span::mixed_site()=>
            move |#(#args),*| {
                // SAFETY: the caller packed a function of this type.
                let __hot_call = unsafe {
                    ::core::mem::transmute::<*const (), #call>(#var.call())
                };
                __hot_call(#object, #(#args),*).get()
            }
        };
        let argument = match self.pointer {
            Pointer::Shared(_) => quote!(&#closure),
            Pointer::Mutable(_) => quote!(&mut #closure),
            Pointer::Box => quote!(#krate::rt::Box::new(#closure)),
        };
        (quote!(let #var = #var.erase();), argument)
    }

    /// The type of the function that calls it in the caller's image.
    fn call(&self, krate: &Path) -> TokenStream {
        let binder = &self.bound().lifetimes;
        let (inputs, output) = self.types();
        let output = output.map_or_else(|| quote!(()), |ty| quote!(#ty));
        quote!(#binder fn(#krate::rt::Object, #(#inputs),*) -> #krate::rt::Returned<#output>)
    }

    fn args(&self) -> Vec<Ident> {
        (0..self.types().0.count()).map(|index| format_ident!("__hot_arg_{index}")).collect()
    }
}
