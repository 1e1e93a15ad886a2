//! In which order new articles are made, so that none is ever published with a link to an article that is not
//! there yet, and as few as possible are written twice (protocol §5.3).

use std::collections::{BTreeSet, HashMap};

/// A new article: whether it has files, and which other new articles it links to.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// With files it is written twice in any case: as a draft, then with its body.
    pub twice: bool,
    /// The new articles it links to, as positions in the list.
    pub links: Vec<usize>,
}

/// The articles that are made as drafts first and get their body in a second write.
///
/// Every cycle has a member among them. Beside those that are written twice anyway, their number is at most the
/// number of articles that lie on a cycle of the others less the number of such cycles' components; the choice
/// takes the member with the most links through it first, so that trees of mutual links cost about one in two
/// and stars one.
pub fn drafts_first(nodes: &[Node]) -> BTreeSet<usize> {
    let mut drafts: BTreeSet<usize> =
        (0..nodes.len()).filter(|&n| nodes[n].twice || nodes[n].links.contains(&n)).collect();
    let mut work: Vec<Vec<usize>> = vec![(0..nodes.len()).filter(|n| !drafts.contains(n)).collect()];
    while let Some(group) = work.pop() {
        for component in components(nodes, &group) {
            if component.len() < 2 {
                continue;
            }
            let member: BTreeSet<usize> = component.iter().copied().collect();
            let mut inner: HashMap<usize, (usize, usize)> = HashMap::new();
            for &from in &component {
                for to in nodes[from].links.iter().filter(|to| member.contains(to)) {
                    inner.entry(from).or_default().0 += 1;
                    inner.entry(*to).or_default().1 += 1;
                }
            }
            let weight = |n: &usize| inner.get(n).map_or(0, |(out, into)| out * into);
            // The lowest of equals, so that every run chooses alike.
            let Some(busiest) = component.iter().copied().max_by_key(|n| (weight(n), std::cmp::Reverse(*n)))
            else {
                continue;
            };
            drafts.insert(busiest);
            work.push(component.into_iter().filter(|&n| n != busiest).collect());
        }
    }
    drafts
}

/// Strongly connected components of the nodes in `group` (Tarjan), without recursion: link chains can be long.
fn components(nodes: &[Node], group: &[usize]) -> Vec<Vec<usize>> {
    let local: HashMap<usize, usize> =
        group.iter().copied().enumerate().map(|(at, node)| (node, at)).collect();
    let links: Vec<Vec<usize>> = group
        .iter()
        .map(|&n| nodes[n].links.iter().filter_map(|to| local.get(to).copied()).collect())
        .collect();
    let mut search = Search {
        order: vec![usize::MAX; group.len()],
        low: vec![usize::MAX; group.len()],
        on_stack: vec![false; group.len()],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for start in 0..group.len() {
        if search.order[start] == usize::MAX {
            search.from(start, &links);
        }
    }
    search.found.into_iter().map(|component| component.into_iter().map(|at| group[at]).collect()).collect()
}

struct Search {
    order: Vec<usize>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn enter(&mut self, node: usize) {
        self.order[node] = self.next;
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
    }

    fn from(&mut self, start: usize, links: &[Vec<usize>]) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((node, at)) = path.last_mut() {
            let node = *node;
            if let Some(&to) = links[node].get(*at) {
                *at += 1;
                if self.order[to] == usize::MAX {
                    self.enter(to);
                    path.push((to, 0));
                } else if self.on_stack[to] {
                    self.low[node] = self.low[node].min(self.order[to]);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                self.low[*above] = self.low[*above].min(self.low[node]);
            }
            if self.low[node] == self.order[node] {
                let mut component = Vec::new();
                while let Some(member) = self.stack.pop() {
                    self.on_stack[member] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                component.sort_unstable();
                self.found.push(component);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes(links: &[&[usize]]) -> Vec<Node> {
        links.iter().map(|links| Node { twice: false, links: links.to_vec() }).collect()
    }

    #[test]
    fn a_chain_needs_no_second_write() {
        assert!(drafts_first(&nodes(&[&[1], &[2], &[]])).is_empty());
    }

    #[test]
    fn a_circle_needs_one() {
        assert_eq!(drafts_first(&nodes(&[&[1], &[2], &[0]])).len(), 1);
    }

    #[test]
    fn a_hub_that_all_link_back_to_is_enough() {
        let star: Vec<Vec<usize>> =
            std::iter::once((1..50).collect()).chain((1..50).map(|_| vec![0])).collect();
        let star: Vec<Node> = star.into_iter().map(|links| Node { twice: false, links }).collect();
        assert_eq!(drafts_first(&star), BTreeSet::from([0]));
    }

    #[test]
    fn articles_with_files_break_circles_for_nothing() {
        let mut circle = nodes(&[&[1], &[0]]);
        circle[1].twice = true;
        assert_eq!(drafts_first(&circle), BTreeSet::from([1]));
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let chain: Vec<Node> =
            (0..200_000).map(|n| Node { twice: false, links: vec![(n + 1) % 200_000] }).collect();
        assert_eq!(drafts_first(&chain).len(), 1);
    }

    #[test]
    fn of_those_that_all_link_to_each_other_all_but_one_are_written_twice() {
        let all: Vec<Vec<usize>> = (0..6).map(|n| (0..6).filter(|to| *to != n).collect()).collect();
        let all: Vec<Node> = all.into_iter().map(|links| Node { twice: false, links }).collect();
        assert_eq!(drafts_first(&all).len(), 5);
    }

    proptest! {
        #[test]
        fn second_writes_keep_their_bound(links in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec(0_usize..14, 0..5)), 14)) {
            let nodes: Vec<Node> = links.into_iter().map(|(twice, links)| Node { twice, links }).collect();
            let own = |n: &usize| nodes[*n].twice || nodes[*n].links.contains(n);
            let rest: Vec<usize> = (0..nodes.len()).filter(|n| !own(n)).collect();
            let bound: usize = components(&nodes, &rest).iter().map(|component| component.len() - 1).sum();
            let more = drafts_first(&nodes).into_iter().filter(|n| !own(n)).count();
            prop_assert!(more <= bound, "{more} of {bound}");
        }

        #[test]
        fn what_is_not_drafted_first_has_an_order(links in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec(0_usize..12, 0..4)), 12)) {
            let nodes: Vec<Node> = links.into_iter().map(|(twice, links)| Node { twice, links }).collect();
            let drafts = drafts_first(&nodes);
            let mut done = drafts;
            for _ in 0..nodes.len() {
                let ready: Vec<usize> = (0..nodes.len())
                    .filter(|n| !done.contains(n) && nodes[*n].links.iter().all(|to| done.contains(to)))
                    .collect();
                done.extend(ready);
            }
            prop_assert_eq!(done.len(), nodes.len());
        }
    }
}
