//! The permanent error codes. The page of a code is a file of `docs/errors`: one text serves the
//! documentation and `cargo hotreload explain`.

/// Declares the codes once: variant, number, and the remedy printed where no better one is known.
macro_rules! codes {
    ($($variant:ident $id:literal $help:literal;)*) => {
        /// A permanent error code. A number is never given a second meaning.
        ///
        /// | range | about |
        /// |---|---|
        /// | HOT01xx | loading and files |
        /// | HOT02xx | fingerprint, allocator, manifest |
        /// | HOT03xx | signatures and layouts |
        /// | HOT04xx | live state and migration |
        /// | HOT05xx | look-up and calls |
        /// | HOT06xx | transactions and threads |
        /// | HOT07xx | building and watching |
        /// | HOT08xx | experiments |
        ///
        /// ```
        /// let code = hot::Code::TypeChanged;
        /// assert_eq!(code.id(), "HOT0301");
        /// assert!(hot::Code::ALL.contains(&code));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = include_str!(concat!("../../../docs/errors/", $id, ".md"))] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the numbers.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The number as printed, for example `HOT0301`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id,)* }
            }

            /// What to do, in one line, where the place of the error knows nothing better.
            pub(crate) fn help(self) -> &'static str {
                match self { $(Code::$variant => $help,)* }
            }
        }
    };
}

codes! {
    FileMissing "HOT0101" "check the path, and that the bundle was built";
    NotALibrary "HOT0102" "build the bundle with crate-type = [\"cdylib\"] and load the file that cargo names";
    OtherMachine "HOT0103" "build the bundle for the target that the host runs on";
    NoBundle "HOT0104" "write `hot::bundle!();` at the root of the crate and build it again";
    SeveralBundles "HOT0105" "keep the file name that cargo gave, or use `load_crate`";
    LoaderRefused "HOT0106" "see what the system's loader says";
    Shadow "HOT0107" "free space in the folder for temporary files, or choose another one with `Host::builder().shadow_dir(..)`";
    Exhausted "HOT0108" "restart the host when convenient: retired generations stay mapped until then";
    InitFailed "HOT0109" "mend what the bundle's init function reports, build and load again";
    InitPanicked "HOT0110" "mend the bundle's init function, build and load again";
    OtherBundle "HOT0111" "load the file with `Host::load`, or put the bundle's library back";
    StaticBuild "HOT0112" "build the program without the feature `static` to load bundles";
    Manifest "HOT0201" "build the bundle again; if that changes nothing, the file was altered after linking";
    Fingerprint "HOT0202" "build host and bundle with the same toolchain, target and flags";
    Allocator "HOT0203" "load the bundle with `load_crate`, which builds it so that it forwards allocation to the host";
    Disagreement "HOT0204" "build the bundle again";
    OtherCrate "HOT0205" "rebuild the host and restart it";
    DefinedTwice "HOT0206" "rename one, or write `#[hot::export(name = \"..\")]`";
    PerImage "HOT0207" "keep the value in one image, and export functions that use it";
    OtherLibrary "HOT0208" "restart the host, which maps the newer build then";
    NameMissing "HOT0209" "build host and bundles together, in one call of cargo, and restart the host";
    TypeChanged "HOT0301" "restart the host after rebuilding it, or keep the signature and export the new one under another name";
    LifetimeChanged "HOT0302" "restart the host after rebuilding it, or keep the lifetimes";
    SafetyChanged "HOT0303" "restart the host after rebuilding it, or keep `unsafe` and the ABI";
    HiddenChange "HOT0304" "restart the host after rebuilding it, or keep what the alias stands for";
    FieldAdded "HOT0310" "rebuild the host and restart it; or let it hold the value by handle, `hot::Live`: then fields may come and go";
    FieldRemoved "HOT0311" "put the field back; or rebuild the host and restart it";
    FieldRenamed "HOT0312" "keep the field's name; or rebuild the host and restart it";
    FieldMoved "HOT0313" "keep the fields' order; or rebuild the host and restart it";
    FieldType "HOT0314" "keep the type and add a field of the new one inside the bundle; or rebuild the host and restart it";
    Resized "HOT0315" "rebuild the host and restart it";
    VariantAdded "HOT0316" "rebuild the host and restart it; or let it hold the value by handle, `hot::Live`";
    VariantRemoved "HOT0317" "keep the variant; or rebuild the host and restart it";
    VariantMoved "HOT0318" "keep the variants' order and values; or rebuild the host and restart it";
    VariantForm "HOT0319" "keep the variant's payload; or rebuild the host and restart it";
    OtherKind "HOT0320" "give the new type another name; or rebuild the host and restart it";
    ReprChanged "HOT0321" "keep the `repr`; or rebuild the host and restart it";
    ParametersChanged "HOT0322" "keep the parameters and bounds; or rebuild the host and restart it";
    FieldLifetime "HOT0323" "keep the lifetimes; or rebuild the host and restart it";
    InvariantsChanged "HOT0324" "rebuild the host and restart it";
    DropChanged "HOT0325" "keep what dropping a value does; or rebuild the host and restart it";
    PromiseChanged "HOT0326" "keep the promise; or rebuild the host and restart it";
    TraitChanged "HOT0327" "keep the methods, their order and the supertraits; or rebuild the host and restart it";
    FieldPrivate "HOT0328" "keep the field public; or rebuild the host and restart it";
    UsedRemoved "HOT0329" "keep the name; or `unload` the bundle and load the new version then";
    VarLayout "HOT0401" "restart the host, give the new static another name, or write `#[hot(reset)]` on it: then the old value is given up";
    VarInitialiser "HOT0402" "mend the static's first value, build and load again";
    StateLayout "HOT0403" "restart the host, give the new state another name, or write `#[hot(reset)]` on it: then the old value is given up";
    HandleLayout "HOT0404" "drop the values before the reload; or restart the host";
    OtherLayout "HOT0405" "let code of the generation that made the value use it";
    NotMoved "HOT0406" "ask for it in a function that `hot::bundle!(after = f)` names";
    NoDefault "HOT0407" "write `#[hot(default = ..)]` on the field, or implement `Default` for its type";
    NeedsConversion "HOT0408" "write `#[hot(convert = f)]` on the field that holds it, with an `fn f(old: &Old) -> New`";
    MaybeRenamed "HOT0409" "write `#[hot(renamed_from = \"..\")]` on the field, or `#[hot(default = ..)]` if it is another one";
    LeadsAnywhere "HOT0410" "write `#[hot(unsafe(stays))]` on the field if it leads to nothing that moves, or `#[hot(convert = ..)]` on the field around it";
    BehindChanged "HOT0411" "keep the type that it leads to, or write `#[hot(convert = ..)]` on the field";
    ConvertsInCell "HOT0412" "write `#[hot(convert = ..)]` on the field that has the cell: the function can borrow or lock it";
    MapKeys "HOT0413" "keep the key and the hasher as they were, or write `#[hot(convert = ..)]` on the field that has the map";
    KeysMeet "HOT0414" "keep what tells the keys apart, or remove one of them first";
    VariantGone "HOT0415" "keep the variant until no value has it, or write `#[hot(renamed_from = \"..\")]` on the one that it has become";
    InUse "HOT0416" "let it go soon, and reload again";
    AuthorsCode "HOT0417" "mend the function, build and load again";
    ChangedMeanwhile "HOT0418" "let defaults and conversions leave the old value as it is";
    AmbiguousMigrate "HOT0419" "take one of the functions out, or write one that makes it in one step";
    MigrateLeadsNowhere "HOT0420" "write the function for the last step, to the type itself";
    OtherVersion "HOT0421" "write the older version as the value is laid out, with the fields that it has";
    WrittenSince "HOT0422" "write a function in the other direction, `#[hot::migrate] fn down(old: &World) -> v1::World`";
    TwoOfOne "HOT0423" "write `#[hot(renamed_from = \"..\")]` on one of them only";
    Undefined "HOT0501" "load a bundle that defines it first";
    OtherSignature "HOT0502" "look it up with the signature that it has";
    AlreadyDefined "HOT0503" "use `update`, or another name";
    HostOwned "HOT0504" "load, reload or unload a bundle; or define it in a namespace of your own, `Namespace::new()`";
    NoNamespace "HOT0505" "create it first";
    BadName "HOT0506" "write names that are joined by `::`, for example `game::step`";
    Closed "HOT0507" "restart what was compiled with the older form";
    SecondHost "HOT0601" "use `Host::current()`";
    NoEarlier "HOT0602" "the live one is the first since the bundle was loaded: after its next reload there is an earlier one";
    NotLoaded "HOT0603" "load the bundle again";
    Reentrant "HOT0604" "ask for it once the reload is over: in a listener of `Host::on_event`, or in the host's own loop";
    Twice "HOT0605" "name each bundle once";
    GuardHeld "HOT0606" "let the guard go soon, and reload again";
    NoHost "HOT0607" "start it first, with `Host::start()`";
    Forked "HOT0608" "fork before the host starts, or while nothing is loaded or reloaded; or start the program anew in the child";
    Inside "HOT0609" "let functions return soon, and leave the loop to the host, which calls once for each turn";
    Suspended "HOT0610" "let futures end soon, or drop them: what shall go on for ever is a loop of the host's, which makes a new future for each turn";
    HookFailed "HOT0611" "mend what the function says, build and load again";
    NoWorkspace "HOT0701" "start the host with `cargo run`, or name the folder with `Host::builder().workspace(..)`";
    NoPackage "HOT0702" "add the crate to the workspace's members, or correct the name";
    NotABundle "HOT0703" "write crate-type = [\"rlib\", \"cdylib\"] under [lib] in its Cargo.toml";
    BuildFailed "HOT0704" "mend what rustc reports; the code that ran before goes on running";
    CargoFailed "HOT0705" "see what cargo says";
    WatchFailed "HOT0706" "see what the system says; edits are not seen until the host is started again";
    BadPackageName "HOT0711" "choose a name of letters, digits, `-` and `_`";
    NotCreated "HOT0712" "mend what it says, or create it elsewhere";
    NotAlike "HOT0714" "switch the feature on in the Cargo.toml of the bundle too, or build the host without it; if it was removed there, restart the host";
    NotShared "HOT0715" "mend it there, and build again";
    Registers "HOT0716" "register it in a `#[hot::on_load]` function, or say `Host::builder().constructors_may_use(\"..\")` with the crate's name if it may be there once for each generation";
    TweakDiffers "HOT0719" "save the file again; its time may be older than its last build";
    // HOT0713 was given out once, for sources that a command read. It stays free.
}
