//! The types after the edit: each has one field more, and another order.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

#[hot::versioned]
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    pub id: u64,
    pub y: f64,
    pub x: f64,
    pub health: u32,
    pub team: u32,
    #[hot(default = 1.0)]
    #[serde(default = "one")]
    pub scale: f64,
    pub speed: [f64; 2],
}

#[hot::versioned]
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub id: u64,
    #[hot(default = 2)]
    #[serde(default = "two")]
    pub armor: u64,
    pub health: u32,
}

#[hot::versioned]
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub value: u32,
    #[hot(default = 3)]
    #[serde(default = "three")]
    pub weight: u64,
    pub kids: Vec<Box<Tree>>,
}

pub type Units = Vec<Unit>;
pub type Texts = Vec<Row>;
pub type Rows = HashMap<String, Row>;

fn one() -> f64 {
    1.0
}

fn two() -> u64 {
    2
}

fn three() -> u64 {
    3
}

pub fn unit(id: u64) -> Unit {
    let (x, team) = (id as f64, (id % 7) as u32);
    Unit { id, x, y: x + 1.0, health: 100, team, scale: one(), speed: [0.5, 0.25] }
}

pub fn row(id: u64) -> Row {
    Row { id, name: format!("name {id}"), armor: two(), health: (id % 100) as u32 }
}

pub fn tree(value: u32, kids: Vec<Box<Tree>>) -> Tree {
    Tree { value, weight: three(), kids }
}
