//! The pages of the error codes, as they are in `docs/errors`.

use hot_host::Code;

macro_rules! pages {
    ($($id:literal)*) => {
        const PAGES: &[(&str, &str)] =
            &[$(($id, include_str!(concat!("../../docs/errors/", $id, ".md")))),*];
    };
}

pages! {
    "HOT0101" "HOT0102" "HOT0103" "HOT0104" "HOT0105" "HOT0106" "HOT0107"
    "HOT0108" "HOT0109" "HOT0110" "HOT0111" "HOT0112" "HOT0201" "HOT0202"
    "HOT0203" "HOT0204" "HOT0205" "HOT0206" "HOT0207" "HOT0208" "HOT0209" "HOT0301"
    "HOT0302" "HOT0303" "HOT0304" "HOT0310" "HOT0311" "HOT0312" "HOT0313"
    "HOT0314" "HOT0315" "HOT0316" "HOT0317" "HOT0318" "HOT0319" "HOT0320"
    "HOT0321" "HOT0322" "HOT0323" "HOT0324" "HOT0325" "HOT0326" "HOT0327"
    "HOT0328" "HOT0329" "HOT0401" "HOT0402" "HOT0403" "HOT0404" "HOT0405"
    "HOT0406" "HOT0407" "HOT0408" "HOT0409" "HOT0410" "HOT0411" "HOT0412"
    "HOT0413" "HOT0414" "HOT0415" "HOT0416" "HOT0417" "HOT0418" "HOT0419"
    "HOT0420" "HOT0421" "HOT0422" "HOT0423" "HOT0501"
    "HOT0502" "HOT0503" "HOT0504" "HOT0505" "HOT0506" "HOT0507" "HOT0601"
    "HOT0602" "HOT0603" "HOT0604" "HOT0605" "HOT0606" "HOT0607" "HOT0608"
    "HOT0609" "HOT0610" "HOT0611" "HOT0701" "HOT0702" "HOT0703" "HOT0704" "HOT0705" "HOT0706"
    "HOT0711" "HOT0712" "HOT0714" "HOT0715" "HOT0716" "HOT0719"
}

/// What a code means, why, and what to do (Markdown).
pub(super) fn page(code: Code) -> &'static str {
    let known = PAGES.iter().find(|(id, _)| *id == code.id());
    known.expect("each code has its page").1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_page_and_each_page_its_code() {
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
        assert_eq!(codes, PAGES.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        for (id, page) in PAGES {
            assert!(page.starts_with(&format!("# {id}: ")), "{id}");
        }
    }
}
