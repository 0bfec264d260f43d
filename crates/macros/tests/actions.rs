//! What derived actions are called.

use std::fmt::Debug;

/// The derive alone: the trait is not in scope under its name.
mod shop {
    use bonsaidb_core::permissions::Action as Act;

    #[derive(Act, Debug)]
    pub enum Shop<T: Act + std::fmt::Debug> {
        Order(T),
        Close,
        Empty(),
    }

    #[derive(Act, Debug)]
    #[action(actionable = bonsaidb_core::actionable)]
    pub enum Order {
        Place(Place),
    }

    #[derive(Act, Debug)]
    pub enum Place {
        Now,
    }
}

use bonsaidb_core::permissions::Action;
use shop::{Order, Place, Shop};

fn name(action: &(impl Action + Debug)) -> String {
    action.name().to_string()
}

#[test]
fn inner_actions_follow_the_variant() {
    let place = Order::Place(Place::Now);
    assert_eq!(name(&Shop::Order(place)), "Order.Place.Now");
    assert_eq!(name(&Shop::<Order>::Close), "Close");
    assert_eq!(name(&Shop::<Order>::Empty()), "Empty");
}
