//! `hot::bundle!`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    errors::Errors,
    hook::{self, When},
    package,
    parse::options::Options,
};

/// `crate_name` is cargo's name of the crate that is compiled.
pub(crate) fn expand(input: TokenStream, crate_name: Option<&str>) -> TokenStream {
    try_expand(input, crate_name).unwrap_or_else(|error| error.to_compile_error())
}

fn try_expand(input: TokenStream, crate_name: Option<&str>) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = Options::parse(input, &["init", "after", "crate"], &mut errors);
    errors.propagate()?;
    let krate = options.krate();
    let crate_name = crate_name.ok_or_else(|| {
        syn::Error::new(
            Span::call_site(),
            "`hot::bundle!` needs cargo: CARGO_CRATE_NAME is not set",
        )
    })?;
    // Two crates with one exported name cannot be linked together, and bundles may depend on each
    // other as rlibs: the name carries the crate's.
    let symbol = format_ident!("bundle_init_{crate_name}");
    let init = match &options.init {
        Some(init) => {
            // A wrong result is reported on the path.
            let here = Span::mixed_site().located_at(init.span());
            quote_spanned!(here=> || #krate::rt::Outcome::outcome(#init()))
        }
        None => quote!(|| ::core::result::Result::Ok(())),
    };
    let after = options.after.as_ref().map(|after| {
        // By its path: the function may be another module's.
        let here = Span::mixed_site().located_at(after.span());
        let name = quote!(#after).to_string().replace(' ', "");
        let name = name.trim_start_matches("crate::").trim_start_matches("self::");
        hook::registered(&krate, When::Load, name, &quote_spanned!(here=> #after))
    });
    let (package, version) = (package::name(), package::version());
    Ok(quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        // Only our own builds pass this cfg.
        #[allow(unexpected_cfgs)]
        const _: () = {
            const __HOT_HEADER: #krate::rt::manifest::Header = #krate::rt::manifest::Header {
                package: #package,
                version: #version,
                crate_name: #crate_name,
                manifest_dir: ::core::env!("CARGO_MANIFEST_DIR"),
                features: #krate::__target_features!(),
                forwards_allocation: ::core::cfg!(hot_forward_allocator),
            };
            #krate::__manifest_record!(__HOT_RECORD, __HOT_HEADER);
            static __HOT_BUNDLE: #krate::rt::Bundle = #krate::rt::Bundle {
                name: #package,
                record: &__HOT_RECORD,
                init: #init,
            };
            #krate::rt::inventory::submit! { #krate::rt::RegisteredBundle(&__HOT_BUNDLE) }
            #after

            #[cfg(hot_forward_allocator)]
            #[global_allocator]
            static __HOT_ALLOCATOR: #krate::rt::Forward = #krate::rt::Forward;

            /// # Safety
            /// Called by the host only, with its table and stage.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #symbol(
                host: *const #krate::rt::HostTable,
                stage: *mut #krate::rt::Stage,
            ) -> #krate::rt::InitStatus {
                // SAFETY: passed on.
                unsafe { #krate::rt::init(host, stage, &__HOT_BUNDLE) }
            }
        };
    })
}
