//! The order in which the blocks of a page are read.

use std::collections::HashMap;

use super::parse::{Block, Page};

/// Returns the indices of blocks in reading order: an explicit order (version 4.3) that names all of them, else the
/// chains of `IDNEXT`, else the order of the file.
pub(super) fn blocks(
    page: &Page<'_>,
    reading_order: &HashMap<&str, usize>,
    is_wanted: impl Fn(&Block<'_>) -> bool,
) -> Vec<usize> {
    let wanted: Vec<usize> = (0..page.blocks.len())
        .filter(|index| is_wanted(&page.blocks[*index]))
        .collect();
    if let Some(order) = explicit(page, &wanted, reading_order) {
        return order;
    }
    if wanted
        .iter()
        .all(|index| page.blocks[*index].next.is_empty())
    {
        return wanted;
    }
    chained(page, &wanted)
}

fn explicit(page: &Page<'_>, wanted: &[usize], ranks: &HashMap<&str, usize>) -> Option<Vec<usize>> {
    if ranks.is_empty() {
        return None;
    }
    let mut ranked = wanted
        .iter()
        .map(|index| Some((*ranks.get(page.blocks[*index].id)?, *index)))
        .collect::<Option<Vec<_>>>()?;
    ranked.sort_unstable();
    Some(ranked.into_iter().map(|(_, index)| index).collect())
}

/// Follows the chains from their heads, in the order of the heads; what is in a circle comes last.
fn chained(page: &Page<'_>, wanted: &[usize]) -> Vec<usize> {
    let by_id: HashMap<&str, usize> = wanted
        .iter()
        .map(|index| (page.blocks[*index].id, *index))
        .filter(|(id, _)| !id.is_empty())
        .collect();
    let next = |index: usize| {
        by_id
            .get(page.blocks[index].next)
            .copied()
            .filter(|next| *next != index)
    };
    let mut is_followed = vec![false; page.blocks.len()];
    for index in wanted {
        if let Some(next) = next(*index) {
            is_followed[next] = true;
        }
    }
    let heads = wanted.iter().filter(|index| !is_followed[**index]);
    let rest = wanted.iter().filter(|index| is_followed[**index]);
    let mut is_taken = vec![false; page.blocks.len()];
    let mut order = Vec::with_capacity(wanted.len());
    for start in heads.chain(rest) {
        let mut at = Some(*start);
        while let Some(index) = at.filter(|index| !is_taken[*index]) {
            is_taken[index] = true;
            order.push(index);
            at = next(index);
        }
    }
    order
}
