//! Which documents chains of shared bands connect. A component is a proposal, never a reason to drop.

use crate::{Item, Scope};

/// Documents that chains of shared bands connect: what is decided of one has no part in what is decided of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its documents, in order of number.
    pub items: Vec<u32>,
    /// Those of its documents that share one value of one band, at least two in each.
    pub groups: Vec<Vec<u32>>,
}

/// Returns the components of living documents, in order of their first document.
///
/// `groups` are the numbers of documents that share one value of one band, in any order. [`crate::near()`] of all groups
/// is the same as of each component's groups alone.
pub fn components(
    items: &[Item],
    alive: &[bool],
    groups: &[Vec<u32>],
    scope: Scope,
) -> Vec<Component> {
    let bands = Bands::of_items(items, alive, groups, scope);
    let mut of_item = vec![u32::MAX; items.len()];
    let mut components: Vec<Component> = Vec::new();
    for (number, items) in (0u32..).zip(bands.components()) {
        for &item in &items {
            of_item[item as usize] = number;
        }
        components.push(Component {
            items,
            groups: Vec::new(),
        });
    }
    for group in bands.groups {
        let component = of_item[group[0] as usize];
        components[component as usize].groups.push(group);
    }
    components
}

/// Shared bands of the living documents, and the components they make.
#[derive(Debug)]
pub(crate) struct Bands {
    /// Documents that share one value of one band; at least two in each.
    pub(crate) groups: Vec<Vec<u32>>,
    /// Groups of each document: `of[start[item]..start[item + 1]]`.
    start: Vec<usize>,
    of: Vec<u32>,
}

impl Bands {
    /// Takes over the groups of items that the scope lets be compared.
    pub(crate) fn of_items(
        items: &[Item],
        alive: &[bool],
        groups: &[Vec<u32>],
        scope: Scope,
    ) -> Self {
        Self::new(groups, alive, |item| match scope {
            Scope::Global => 0,
            Scope::Source => items[item as usize].source,
        })
    }

    /// Takes over the groups, without dead members, cut by `part` (documents of different parts are never compared).
    pub(crate) fn new(groups: &[Vec<u32>], alive: &[bool], part: impl Fn(u32) -> u32) -> Self {
        let mut cut = Vec::with_capacity(groups.len());
        for group in groups {
            let mut members: Vec<u32> = group
                .iter()
                .copied()
                .filter(|&item| alive[item as usize])
                .collect();
            members.sort_unstable_by_key(|&item| (part(item), item));
            members.dedup();
            cut.extend(
                members
                    .chunk_by(|&left, &right| part(left) == part(right))
                    .filter(|same| same.len() > 1)
                    .map(<[u32]>::to_vec),
            );
        }
        let mut start = vec![0; alive.len() + 1];
        for &item in cut.iter().flatten() {
            start[item as usize + 1] += 1;
        }
        for at in 0..alive.len() {
            start[at + 1] += start[at];
        }
        let mut next = start.clone();
        let mut of = vec![0; start.last().copied().unwrap_or_default()];
        for (number, group) in (0u32..).zip(&cut) {
            for &item in group {
                of[next[item as usize]] = number;
                next[item as usize] += 1;
            }
        }
        Self {
            groups: cut,
            start,
            of,
        }
    }

    /// Groups of a document.
    pub(crate) fn of(&self, item: u32) -> &[u32] {
        let at = item as usize;
        &self.of[self.start[at]..self.start[at + 1]]
    }

    /// Returns the connected components, each in order of number; documents that share no band are in none.
    pub(crate) fn components(&self) -> Vec<Vec<u32>> {
        let items = self.start.len() - 1;
        let mut parent: Vec<u32> = (0u32..).take(items).collect();
        for group in &self.groups {
            for pair in group.windows(2) {
                let (left, right) = (root(&mut parent, pair[0]), root(&mut parent, pair[1]));
                // The lower number becomes the root: no rank is needed as paths are halved on the way.
                parent[left.max(right) as usize] = left.min(right);
            }
        }
        let mut place = vec![u32::MAX; items];
        let mut components: Vec<Vec<u32>> = Vec::new();
        for item in (0u32..).take(items) {
            if self.of(item).is_empty() {
                continue;
            }
            let root = root(&mut parent, item) as usize;
            if place[root] == u32::MAX {
                place[root] = u32::try_from(components.len()).unwrap_or(u32::MAX);
                components.push(Vec::new());
            }
            components[place[root] as usize].push(item);
        }
        components
    }
}

fn root(parent: &mut [u32], mut item: u32) -> u32 {
    while parent[item as usize] != item {
        let above = parent[parent[item as usize] as usize];
        parent[item as usize] = above;
        item = above;
    }
    item
}

#[cfg(test)]
mod tests {
    use super::Bands;

    #[test]
    fn components_as_a_table() {
        let check = |groups: &[&[u32]], dead: &[usize], parts: [u32; 7], expected: &[&[u32]]| {
            let groups: Vec<Vec<u32>> = groups.iter().map(|group| group.to_vec()).collect();
            let mut alive = [true; 7];
            for &at in dead {
                alive[at] = false;
            }
            let bands = Bands::new(&groups, &alive, |item| parts[item as usize]);
            assert_eq!(bands.components(), expected);
        };
        let one = [0; 7];
        check(&[], &[], one, &[]);
        check(
            &[&[3, 1], &[5, 3], &[2, 6]],
            &[],
            one,
            &[&[1, 3, 5], &[2, 6]],
        );
        check(&[&[3, 1], &[5, 3]], &[3], one, &[]);
        check(&[&[0, 0]], &[], one, &[]);
        check(
            &[&[0, 1, 2, 3]],
            &[],
            [0, 1, 0, 1, 0, 0, 0],
            &[&[0, 2], &[1, 3]],
        );
    }

    #[test]
    fn a_document_knows_its_groups() {
        let bands = Bands::new(&[vec![0, 1], vec![2, 1], vec![0]], &[true; 3], |_| 0);
        assert_eq!(bands.of(0), [0]);
        assert_eq!(bands.of(1), [0, 1]);
        assert_eq!(bands.of(2), [1]);
    }
}
