//! Pairs live constraints with declared ones: by name where a name is stated, else by shape.

/// What two lists of like objects have in common and what not.
pub(super) struct Matched<'a, T> {
    /// Live objects that nothing declares.
    pub(super) gone: Vec<&'a T>,
    /// Declared objects that do not exist.
    pub(super) new: Vec<&'a T>,
    /// The others, live and declared.
    pub(super) both: Vec<(&'a T, &'a T)>,
}

/// Pairs every declared object with at most one live object of the same shape. An object that
/// states a name pairs only with that name; one without takes whatever is left, so that a
/// constraint compares by what it does, however the database or an older tool named it.
pub(super) fn matched<'a, T>(
    live: &[&'a T],
    declared: &[&'a T],
    name: impl Fn(&T) -> Option<&str>,
    same_name: impl Fn(&str, &str) -> bool,
    same_shape: impl Fn(&T, &T) -> bool,
) -> Matched<'a, T> {
    let mut gone: Vec<&T> = live.to_vec();
    let (mut new, mut both) = (Vec::new(), Vec::new());
    let (named, unnamed): (Vec<&T>, Vec<&T>) = declared.iter().partition(|object| name(object).is_some());
    for wanted in named.into_iter().chain(unnamed) {
        let found = gone.iter().position(|live| {
            let named_alike = match (name(wanted), name(live)) {
                (None, _) => true,
                (Some(wanted), Some(live)) => same_name(wanted, live),
                (Some(_), None) => false,
            };
            named_alike && same_shape(live, wanted)
        });
        match found {
            Some(position) => both.push((gone.remove(position), wanted)),
            None => new.push(wanted),
        }
    }
    // Named ones were matched first, but are reported in the order of the definition.
    new.sort_by_key(|object| declared.iter().position(|declared| std::ptr::eq(*declared, *object)));
    Matched { gone, new, both }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Object = (Option<&'static str>, &'static str);

    fn run(live: &[Object], declared: &[Object]) -> (usize, usize) {
        let (live, declared): (Vec<_>, Vec<_>) = (live.iter().collect(), declared.iter().collect());
        let matched = matched(&live, &declared, |object| object.0, |a, b| a == b, |a, b| a.1 == b.1);
        (matched.gone.len(), matched.new.len())
    }

    #[test]
    fn an_unnamed_one_takes_any_name() {
        assert_eq!(run(&[(Some("odd"), "a")], &[(None, "a")]), (0, 0));
    }

    #[test]
    fn a_stated_name_is_a_difference() {
        assert_eq!(run(&[(None, "a")], &[(Some("x"), "a")]), (1, 1));
    }

    #[test]
    fn an_unnamed_one_does_not_steal_what_another_names() {
        assert_eq!(run(&[(Some("x"), "a"), (Some("y"), "a")], &[(None, "a"), (Some("x"), "a")]), (0, 0));
    }

    #[test]
    fn two_alike_need_two() {
        assert_eq!(run(&[(None, "a")], &[(None, "a"), (None, "a")]), (0, 1));
    }
}
