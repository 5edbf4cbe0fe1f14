//! State survives its own type: the value moves to the new layout, and back.

use examples::checks::{Checks, say};
use hot::Code;

use crate::tour::{Outcome, Tour};

type Edit = (&'static str, &'static str);

/// What the edits do to the tab.
const TIP: Edit = ("cents: u32,", "cents: u32,\n    #[hot(default = 50)]\n    tip: u32,");
const NO_TIP: Edit = ("cents: u32,", "cents: u32,\n    // tip: u32,");
const SHORT: Edit =
    ("cents: u32,", "#[hot(convert = |cents: &u32| u8::try_from(*cents))]\n    cents: u8,");
const SHORT_SUM: Edit = ("tab.cents += cents;", "tab.cents += cents as u8;");
const JUICE: Edit = ("    Tea,\n", "    Tea,\n    /// New.\n    Juice,\n");
const TIPPED: Edit = ("tab.cents += cents;", "tab.cents += cents;\n    tab.tip += 7;");
const SHOWN: Edit =
    ("{} cents\", tab.orders, tab.cents", "{} cents, {} tip\", tab.orders, tab.cents, tab.tip");

pub(crate) fn grown(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A struct that lives gets a field, an enum in it a variant: the data stays");
    checks.equal("order(280)", greeting::order(280), "[Tea], 280 cents");
    checks.equal("order(450)", greeting::order(450), "[Tea, Soup], 730 cents");
    let report = tour.greeting.edit_all(&[TIP, JUICE, TIPPED, SHOWN])?;
    let moved = report.migration.as_ref().ok_or("nothing has moved")?;
    checks.equal("moved", moved.states.join(" "), "greeting::TAB");
    checks.equal("order(250)", greeting::order(250), "[Tea, Soup, Tea], 980 cents, 57 tip");
    Ok(())
}

pub(crate) fn back_and_forth(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A rollback brings the old layout back, and the new data with it");
    let bundle = tour.greeting.bundle()?;
    bundle.rollback()?;
    checks.equal("order(320)", greeting::order(320), "[Tea, Soup, Tea, Soup], 1300 cents");
    say("and forward again, with the same file");
    bundle.reload()?;
    let tab = "[Tea, Soup, Tea, Soup, Tea], 1400 cents, 64 tip";
    checks.equal("order(100)", greeting::order(100), tab);
    Ok(())
}

pub(crate) fn conversion_fails(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A conversion fails: nothing has changed");
    let before = tour.greeting.bundle()?.generation()?;
    let refused = tour.greeting.edit_all(&[SHORT, SHORT_SUM, JUICE]).err().ok_or("accepted")?;
    checks.equal("code", refused.code(), Code::AuthorsCode);
    checks.equal("generation", tour.greeting.bundle()?.generation()?, before);
    let tab = "[Tea, Soup, Tea, Soup, Tea, Tea], 1500 cents, 71 tip";
    checks.equal("order(100)", greeting::order(100), tab);
    Ok(())
}

pub(crate) fn field_comes_back(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A field is commented out and back: it has the value that it had");
    tour.greeting.edit_all(&[NO_TIP, JUICE])?;
    let tab = "[Tea, Soup, Tea, Soup, Tea, Tea, Tea], 1600 cents";
    checks.equal("order(100)", greeting::order(100), tab);
    tour.greeting.edit_all(&[TIP, JUICE, TIPPED, SHOWN])?;
    let tab = "[Tea, Soup, Tea, Soup, Tea, Tea, Tea, Tea], 1700 cents, 78 tip";
    checks.equal("order(100)", greeting::order(100), tab);
    Ok(())
}
