//! Handlers as a bundle has them; the host has the same as a plain function.

hot::bundle!();

#[hot::export]
pub fn page(guest: u64) -> String {
    format!("welcome, guest {guest}\n")
}

#[hot::export]
pub async fn later(guest: u64) -> String {
    format!("welcome, guest {guest}\n")
}
