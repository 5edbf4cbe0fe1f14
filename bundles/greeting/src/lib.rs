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

/// What a guest may order.
#[hot::versioned]
#[derive(Debug)]
pub enum Order {
    /// For less than 3 euros.
    Tea,
    /// For more.
    Soup,
}

/// What was ordered. The program asks for it in words, and nobody but the value holds its layout.
#[hot::versioned]
#[derive(Debug, Default)]
pub struct Tab {
    orders: Vec<Order>,
    cents: u32,
}

/// The tab, which moves to another layout with its data.
#[hot::export]
pub static TAB: hot::State<Tab> = hot::State::new(Tab::default);

/// Orders something, and says what is on the tab.
#[hot::export]
pub fn order(cents: u32) -> String {
    let mut tab = TAB.write();
    tab.orders.push(if cents < 300 { Order::Tea } else { Order::Soup });
    tab.cents += cents;
    format!("{:?}, {} cents", tab.orders, tab.cents)
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
    let mut room = room.get_mut();
    room.guests.push(name.to_owned());
    room.guests.join(", ")
}
