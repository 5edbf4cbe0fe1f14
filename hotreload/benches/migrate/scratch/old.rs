//! The types before the edit.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

#[hot::versioned]
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    pub id: u64,
    pub x: f64,
    pub y: f64,
    pub health: u32,
    pub team: u32,
    pub speed: [f64; 2],
}

#[hot::versioned]
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: u64,
    pub name: String,
    pub health: u32,
}

#[hot::versioned]
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub value: u32,
    pub kids: Vec<Box<Tree>>,
}

pub type Units = Vec<Unit>;
pub type Texts = Vec<Row>;
pub type Rows = HashMap<String, Row>;

pub fn unit(id: u64) -> Unit {
    let x = id as f64;
    Unit { id, x, y: x + 1.0, health: 100, team: (id % 7) as u32, speed: [0.5, 0.25] }
}

pub fn row(id: u64) -> Row {
    Row { id, name: format!("name {id}"), health: (id % 100) as u32 }
}

pub fn tree(value: u32, kids: Vec<Box<Tree>>) -> Tree {
    Tree { value, kids }
}
