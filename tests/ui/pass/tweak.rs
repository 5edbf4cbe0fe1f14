//! What a function says with literals means what it meant, whether they are read or not.

#![deny(warnings)]

hot::bundle!();

use std::{borrow::Cow, fmt::Display, time::Duration};

const SCALE: f32 = 2.0;

fn wide(value: impl Into<u64>) -> u64 {
    value.into()
}

fn later<'a>(text: &'a str, other: &dyn Display) -> Cow<'a, str> {
    format!("{text}{other}").into()
}

struct Speed(f32);

#[hot::export(tweak)]
pub fn all(x: u8, list: Vec<f32>) -> String {
    #![allow(clippy::all)]
    const LIMIT: usize = 3;
    static NAMES: [&str; LIMIT] = ["a", "b", "c"];
    fn inner() -> u8 {
        7
    }
    let byte: u8 = 5;
    let shifted = 1 << 3;
    let wrapped = -128_i8;
    let big = 3_000_000_000 as u32;
    let signed = (-1) as i64;
    let root = 4.0_f32.sqrt();
    let half = x as f32 * 0.5;
    let array: [u8; 2] = [1; 2];
    let kept: &'static [u8] = &[1, 2];
    let speed: &'static Speed = &Speed(1.5);
    let iterated = [1_u8, 2].iter();
    let text: &'static str = "text";
    let shown: &dyn Display = &"shown";
    let boxed: Box<str> = "boxed".into();
    let inferred = list[0] * 0.25 + SCALE * list[1];
    let index = NAMES[1];
    let const_block = const { 4 + 5 };
    let matched = match x {
        0 => "none",
        1..=5 if x != 3 => "few",
        _ => "many",
    };
    let mut sum = 0;
    for number in 0..=3 {
        sum += number;
    }
    let closure = move |by| by * 2 + i32::from(byte);
    let mut once = false;
    while !once {
        once = true;
    }
    let tuple = (1, 2.5, 'c', b'd', false);
    let duration = Duration::from_millis(16);
    let size = size_of::<[u8; 4]>();
    let parsed = "12".parse::<u16>().unwrap_or(3);
    let opened = if let Some(1) = Some(tuple.0) { "one" } else { "other" };
    let bits = 0xff_u8 & 0b1010;
    let most = u128::MAX - 340_282_366_920_938_463_463_374_607_431_768_211_455;
    let _ = async { 1 + 2 };
    let spoken = later("he said \"é\"\n", &'!');
    format!(
        "{byte} {shifted} {wrapped} {big} {signed} {root} {half} {array:?} {kept:?} {} {} {text} {shown} \
         {boxed} {inferred} {index} {const_block} {matched} {sum} {} {once} {tuple:?} {duration:?} {size} \
         {parsed} {opened} {bits} {most} {spoken:?} {} {} {}",
        speed.0,
        iterated.count(),
        closure(4),
        wide(9_u32),
        inner(),
        hot::tweak!(-0.5_f64) * 2.0,
    )
}

pub struct World {
    pub heat: f32,
}

#[hot::versioned]
pub struct Pond {
    pub depth: f32,
}

#[hot::export(tweak)]
impl Pond {
    pub const DEEP: f32 = 9.5;

    pub fn rise(&mut self) -> f32 {
        self.depth += 0.5;
        self.depth + Self::level(1)
    }

    fn level(by: u8) -> f32 {
        f32::from(by) * 4.0
    }

    const fn fixed() -> u8 {
        3
    }
}

#[hot::export(tweak)]
pub async fn wait(by: u32) -> u32 {
    std::future::ready(by).await + 2
}

#[hot::export(tweak, direct)]
pub fn direct() -> u8 {
    6
}

#[hot::export(tweak)]
pub fn counts(number: u32) -> u32 {
    if number == 0 { 0 } else { 1 + counts(number - 1) }
}

macro_rules! makes {
    ($name:ident, $value:expr) => {
        #[hot::export(tweak)]
        pub fn $name() -> f64 {
            $value + 0.5
        }
    };
}

makes!(made, 1.0);

fn main() {
    let said = all(3, vec![2.0, 3.0]);
    assert_eq!(
        said,
        "5 8 -128 3000000000 -1 2 1.5 [1, 1] [1, 2] 1.5 2 text shown boxed 6.5 b 9 many 6 13 true \
         (1, 2.5, 'c', 100, false) 16ms 4 12 one 10 0 \"he said \\\"é\\\"\\n!\" 9 7 -1"
    );
    let mut pond = Pond { depth: 1.0 };
    assert_eq!((pond.rise(), Pond::fixed(), Pond::DEEP), (5.5, 3, 9.5));
    assert_eq!((direct(), counts(3), made()), (6, 3, 1.5));
    let mut future = std::pin::pin!(wait(1));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(future.as_mut().poll(&mut context), std::task::Poll::Ready(3));
    let world = World { heat: hot::tweak!(0.5) };
    assert_eq!(world.heat, 0.5_f32);
    print!("{}", hot::tweak!(""));
}

use std::future::Future as _;
