//! Text to [`Query`]. Nothing is refused: what cannot be read is a condition on no known column, and ignored
//! like one (contract §1.4).

use super::{Alternatives, Condition, Group, Operator, Order, Query, Related};

/// Longest first where one begins with another.
const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::IsNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Is),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("NOT LIKE", Operator::NotLike),
    ("NOTLIKE", Operator::NotLike),
    ("DOES NOT CONTAIN", Operator::NotLike),
    ("NOT IN", Operator::NotIn),
    ("NOTIN", Operator::NotIn),
    ("NSAMEAS", Operator::NotSameAs),
    ("SAMEAS", Operator::SameAs),
    ("STARTSWITH", Operator::StartsWith),
    ("ENDSWITH", Operator::EndsWith),
    ("CONTAINS", Operator::Like),
    ("LIKE", Operator::Like),
    ("BETWEEN", Operator::Between),
    ("INSTANCEOF", Operator::InstanceOf),
    ("ISNOTEMPTY", Operator::NotEmpty),
    ("ISEMPTY", Operator::Empty),
    ("EMPTYSTRING", Operator::Empty),
    ("ANYTHING", Operator::Anything),
    ("DYNAMIC", Operator::Dynamic),
    ("IN", Operator::In),
];

/// Related queries inside related queries that are read; what lies deeper is ignored.
const DEEPEST: usize = 3;

/// Reads an encoded query.
pub(crate) fn parse(text: &str) -> Query {
    parse_at(text, 0)
}

fn parse_at(text: &str, depth: usize) -> Query {
    let mut query = Query::default();
    let mut group = Group::default();
    let mut started = false;
    let mut terms = text.split('^');
    while let Some(term) = terms.next() {
        if let Some(path) = term.strip_prefix("ORDERBYDESC") {
            query.order.push(Order { path: path.to_owned(), descending: true });
        } else if let Some(path) = term.strip_prefix("ORDERBY") {
            query.order.push(Order { path: path.to_owned(), descending: false });
        } else if let Some(head) = term.strip_prefix("RLQUERY") {
            let inner: Vec<&str> = terms.by_ref().take_while(|term| *term != "ENDRLQUERY").collect();
            if depth < DEEPEST {
                group.related.extend(related_list(head, &inner.join("^"), depth + 1));
            }
            started = true;
        } else if let Some(head) = term.strip_prefix("JOIN") {
            if depth < DEEPEST {
                group.related.extend(join(head, depth + 1));
            }
            started = true;
        } else if is_passed_over(term) {
        } else if let Some(rest) = term.strip_prefix("NQ") {
            query.groups.push(std::mem::take(&mut group));
            started = true;
            if !rest.is_empty() {
                group.all.push(vec![condition(rest)]);
            }
        } else if let Some(rest) = term.strip_prefix("OR") {
            match group.all.last_mut() {
                Some(any) => any.push(condition(rest)),
                None => group.all.push(vec![condition(rest)]),
            }
            started = true;
        } else {
            group.all.push(Alternatives::from([condition(term)]));
            started = true;
        }
    }
    if started {
        query.groups.push(group);
    }
    query
}

/// Terms that say nothing about which rows match.
fn is_passed_over(term: &str) -> bool {
    term.is_empty() || term == "EQ" || term.starts_with("GROUPBY") || term.starts_with("TRENDBY")
}

/// `RLQUERYtable.column,>0,m2m^…^ENDRLQUERY`
fn related_list(head: &str, inner: &str, depth: usize) -> Option<Related> {
    let mut parts = head.split(',');
    let (table, column) = parts.next()?.split_once('.')?;
    let count = parts.next().unwrap_or(">0");
    let (word, operator) = OPERATORS.iter().find(|(word, _)| count.starts_with(word))?;
    Some(Related {
        table: table.to_owned(),
        column: column.to_owned(),
        own: "sys_id".to_owned(),
        operator: *operator,
        count: count[word.len()..].trim().parse().ok()?,
        query: parse_at(inner, depth),
    })
}

/// `JOINtable.own=other.column!condition`
fn join(head: &str, depth: usize) -> Option<Related> {
    let (columns, inner) = head.split_once('!').unwrap_or((head, ""));
    let (own, other) = columns.split_once('=')?;
    let (_, own) = own.split_once('.')?;
    let (table, column) = other.split_once('.')?;
    Some(Related {
        table: table.to_owned(),
        column: column.to_owned(),
        own: own.to_owned(),
        operator: Operator::Greater,
        count: 0,
        query: parse_at(inner, depth),
    })
}

fn condition(text: &str) -> Condition {
    if let Some(words) = text.strip_prefix("123TEXTQUERY321=") {
        return build(String::new(), Operator::FullText, words);
    }
    let end = text
        .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.'))
        .unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    for (word, operator) in OPERATORS {
        if let Some(value) = rest.strip_prefix(word) {
            return build(path.to_owned(), *operator, value);
        }
    }
    // A name that is no column: the condition is ignored as one on an unknown column.
    build(format!("?{text}"), Operator::Is, "")
}

fn build(path: String, operator: Operator, value: &str) -> Condition {
    let folded = value.to_lowercase();
    let parts = match operator {
        Operator::In | Operator::NotIn => folded.split(',').map(|part| part.trim().to_owned()).collect(),
        Operator::Between => folded.split('@').map(str::to_owned).collect(),
        Operator::FullText => folded.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Condition { path, operator, value: value.to_owned(), folded, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Shape = Vec<Vec<Vec<(String, Operator, String)>>>;

    fn shape(text: &str) -> Shape {
        parse(text)
            .groups
            .into_iter()
            .map(|group| {
                group
                    .all
                    .into_iter()
                    .map(|any| any.into_iter().map(|c| (c.path, c.operator, c.value)).collect())
                    .collect()
            })
            .collect()
    }

    fn c(path: &str, operator: Operator, value: &str) -> (String, Operator, String) {
        (path.to_owned(), operator, value.to_owned())
    }

    #[test]
    fn or_binds_to_its_neighbour_and_nq_divides_groups() {
        assert_eq!(
            shape("a=1^ORa=2^b!=3^NQcLIKEx^ORDERBYd^ORDERBYDESCe"),
            vec![
                vec![
                    vec![c("a", Operator::Is, "1"), c("a", Operator::Is, "2")],
                    vec![c("b", Operator::IsNot, "3")]
                ],
                vec![vec![c("c", Operator::Like, "x")]],
            ]
        );
        let order = parse("ORDERBYd^ORDERBYDESCe").order;
        assert_eq!(
            order.iter().map(|o| (o.path.as_str(), o.descending)).collect::<Vec<_>>(),
            [("d", false), ("e", true)]
        );
    }

    #[test]
    fn operators_that_begin_alike_are_told_apart() {
        for (text, operator, value) in [
            ("nameINa,b", Operator::In, "a,b"),
            ("nameINSTANCEOFtask", Operator::InstanceOf, "task"),
            ("nameNOT INa", Operator::NotIn, "a"),
            ("nameISNOTEMPTY", Operator::NotEmpty, ""),
            ("nameISEMPTY", Operator::Empty, ""),
            ("name>=2", Operator::AtLeast, "2"),
            ("name>2", Operator::Greater, "2"),
            ("nameBETWEEN1@2", Operator::Between, "1@2"),
            ("nameSAMEASother", Operator::SameAs, "other"),
            ("nameNSAMEASother", Operator::NotSameAs, "other"),
            ("name=javascript:gs.getUserID()", Operator::Is, "javascript:gs.getUserID()"),
        ] {
            assert_eq!(shape(text), vec![vec![vec![c("name", operator, value)]]], "{text}");
        }
        assert_eq!(shape("a.b.c=1"), vec![vec![vec![c("a.b.c", Operator::Is, "1")]]]);
    }

    #[test]
    fn related_queries_end_somewhere() {
        for nested in ["RLQUERYa.b^".repeat(100_000), "JOINa.b=c.d!".repeat(100_000)] {
            let mut query = parse(&nested);
            let mut depth = 0;
            while let Some(inner) = query.groups.first_mut().and_then(|group| group.related.pop()) {
                query = inner.query;
                depth += 1;
            }
            assert_eq!(depth, DEEPEST);
        }
    }

    #[test]
    fn related_lists_and_joins_are_conditions_of_their_own() {
        let query = parse("a=1^RLQUERYt.f,>=2,m2m^x=2^y=3^ENDRLQUERY^b=2^JOINu.id=g.manager!active=true");
        let [group] = query.groups.as_slice() else { panic!("{query:?}") };
        assert_eq!(group.all.len(), 2);
        let [list, join] = group.related.as_slice() else { panic!("{group:?}") };
        assert_eq!((list.table.as_str(), list.column.as_str(), list.count), ("t", "f", 2));
        assert_eq!(list.query, parse("x=2^y=3"));
        assert_eq!((join.table.as_str(), join.column.as_str(), join.own.as_str()), ("g", "manager", "id"));
    }
}
