fn read() -> &'static str {
    {
        static __HOT_LITERALS: [::hot::rt::Literal; 1usize] = [
            ::hot::rt::Literal::new(::hot::rt::LiteralKind::Str),
        ];
        ::hot::__literals! {
            ::core::module_path!(), & [::hot::rt::LiteralPlace { file : ::core::file!(),
            line : ::core::line!(), column : ::core::column!(), text : "\"text\"",
            is_negated : false, }], & __HOT_LITERALS
        }
        ::hot::rt::tweak::<
            &'static ::core::primitive::str,
        >(&__HOT_LITERALS[0usize], "text")
    }
}
