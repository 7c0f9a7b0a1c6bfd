//! The orders in which chains may be applied: every graph of five revisions.

use super::*;

const COUNT: usize = 5;

/// The chains of five owners with a revision each, and who needs whom by the bits of a number; and the same as pairs.
fn chains(bits: usize) -> (History, Vec<(usize, usize)>) {
    let pairs = (0..COUNT).flat_map(|one| (one + 1..COUNT).map(move |other| (one, other)));
    let needs: Vec<_> = pairs.enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, pair)| pair).collect();
    let revision = |index: usize| {
        let needed = needs.iter().filter(|(_, other)| *other == index).map(|(one, _)| one.to_string());
        let needed: Vec<_> = needed.collect();
        let needed: Vec<_> = needed.iter().map(String::as_str).collect();
        ours(&format!("plugin{index}"), &format!("{index}_x"), &[]).needs(&needed)
    };
    (history((0..COUNT).map(revision)), needs)
}

/// Where each revision stands.
fn places(order: &[&Revision]) -> Vec<usize> {
    let place = |index: usize| order.iter().position(|revision| revision.version.as_str() == index.to_string());
    (0..COUNT).map(|index| place(index).expect("every order has all")).collect()
}

#[test]
fn every_two_that_nothing_orders_are_turned_round_and_no_others() {
    for bits in 0..1 << (COUNT * (COUNT - 1) / 2) {
        let (history, needs) = chains(bits);
        let usual = places(&history.revisions().iter().collect::<Vec<_>>());
        let mut must = [[false; COUNT]; COUNT];
        needs.iter().for_each(|&(one, other)| must[one][other] = true);
        for middle in 0..COUNT {
            for one in 0..COUNT {
                for other in 0..COUNT {
                    must[one][other] |= must[one][middle] && must[middle][other];
                }
            }
        }
        let orders = history.other_orders();
        for one in 0..COUNT {
            for other in 0..COUNT {
                if usual[one] > usual[other] {
                    continue;
                }
                let turned = orders.iter().map(|order| places(order)).any(|place| place[one] > place[other]);
                assert_eq!(turned, one != other && !must[one][other], "{one} and {other}, needs {needs:?}");
            }
        }
    }
}

#[test]
fn swaps_of_neighbours_lead_there_through_orders_that_are_allowed() {
    for bits in 0..1 << (COUNT * (COUNT - 1) / 2) {
        let (history, needs) = chains(bits);
        for order in history.other_orders() {
            let mut here: Vec<_> = history.revisions().iter().collect();
            for at in history.swaps_to(&order) {
                here.swap(at, at + 1);
                let place = places(&here);
                assert!(needs.iter().all(|&(one, other)| place[one] < place[other]), "{here:?}");
            }
            assert_eq!(here, order);
        }
    }
}

#[test]
fn what_the_host_wrote_by_hand_comes_first_in_every_order() {
    let history =
        history([plain("core", "1_a"), plain("core", "2_b"), ours("usb", "0_x", &[]), ours("net", "3_x", &[])]);
    let orders: Vec<_> = history.other_orders().into_iter().map(names).collect();
    assert_eq!(orders, [["1_a", "2_b", "3_x", "0_x"]]);
}
