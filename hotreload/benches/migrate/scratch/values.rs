//! The values that move, in either version.

pub fn units() -> Units {
    (0..1_000_000).map(unit).collect()
}

pub fn texts() -> Texts {
    (0..100_000).map(row).collect()
}

pub fn rows() -> Rows {
    (0..100_000).map(|id| (format!("row number {id}"), row(id))).collect()
}

/// Of 100,000 nodes, which have ten kids each but for the last.
pub fn grown() -> Tree {
    fn grow(value: u32) -> Tree {
        let kids = (value * 10 + 1..=value * 10 + 10).filter(|kid| *kid < 100_000);
        tree(value, kids.map(|kid| Box::new(grow(kid))).collect())
    }
    grow(0)
}
