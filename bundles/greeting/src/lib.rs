//! What `tour` and `greeting_demo` call, and what they edit and break in scratch copies.

hot::bundle!();

/// The guest book. The host owns it: reloads of this code keep it.
#[hot::export]
pub static BOOK: hot::State<Vec<String>> = hot::State::new(Vec::new);

/// A greeting for the guest.
#[hot::export]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Writes the guest into the book, and says how many are in it now.
#[hot::export]
pub fn enter(name: &str) -> usize {
    let mut book = BOOK.write();
    book.push(name.to_owned());
    book.len()
}

/// A guest's card. The program holds cards itself, so it is compiled against their layout.
#[hot::versioned]
#[derive(Debug, Clone, Default)]
pub struct Card {
    /// Whose it is.
    pub name: String,
    /// How often the guest was here.
    pub visits: u32,
    /// What the guest likes to drink.
    pub drink: Option<String>,
}

/// A card for the guest.
#[hot::export]
pub fn card(name: &str) -> Card {
    let visits = BOOK.read().iter().filter(|guest| *guest == name).count() as u32;
    Card { name: name.to_owned(), visits, ..Card::default() }
}

/// A room. The program holds it by a handle and knows nothing of its layout.
#[hot::versioned]
#[derive(Debug, Default)]
pub struct Room {
    guests: Vec<String>,
}

/// Opens a room.
#[hot::export]
pub fn open() -> hot::Live<Room> {
    hot::Live::new(Room::default())
}

/// Lets the guest in, and says who is there.
#[hot::export]
pub fn let_in(room: &mut hot::Live<Room>, name: &str) -> String {
    let room = room.get_mut();
    room.guests.push(name.to_owned());
    room.guests.join(", ")
}
