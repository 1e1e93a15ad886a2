//! Front matter as a tree of texts with places: YAML and TOML alike.
//!
//! Scalars stay as written (`title: 1.10` is "1.10"); what they mean is [`super::front_matter`]'s.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};
use toml::de::{DeTable, DeValue};

use crate::finding::Position;
use crate::text;

/// A value and its place in the file.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) position: Position,
    pub(super) value: Value,
}

/// What stands there.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A text, number, truth value or date, as written.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<Entry>),
}

/// A key of a table, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) position: Position,
    pub(super) value: Node,
}

/// Why front matter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) position: Position,
    pub(super) message: String,
}

/// Deeper or larger front matter is no front matter that a person wrote.
const MOST_LEVELS: usize = 64;
const MOST_NODES: usize = 20_000;

/// Reads YAML that begins on line 2 of its file.
pub(super) fn yaml(source: &str) -> Result<Node, Unreadable> {
    read(source, 2)
}

/// Reads JSON that begins on this line of its file, by the rules of YAML, which is all of JSON but tabs between its
/// words.
pub(super) fn json(source: &str, line: usize) -> Result<Node, Unreadable> {
    read(&source.replace('\t', " "), line)
}

/// Reads YAML that begins on this line of its file.
fn read(source: &str, first_line: usize) -> Result<Node, Unreadable> {
    let place = |line: usize, column| place(line.saturating_add(first_line - 1), column);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(source) {
        let (event, span) = event.map_err(|error| Unreadable {
            position: place(error.marker().line(), error.marker().col()),
            message: error.info(),
        })?;
        let position = place(span.start.line(), span.start.col());
        builder.event(event, position).map_err(|message| Unreadable { position, message: message.into() })?;
        if builder.done {
            break;
        }
    }
    Ok(builder.root.unwrap_or(Node { position: Position { line: 2, column: 1 }, value: Value::Null }))
}

fn place(line: usize, column: usize) -> Position {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: number(line), column: number(column.saturating_add(1)) }
}

/// An open list or table with its anchor; a table's key waits for its value.
type Open = (Node, usize, Option<(String, Position)>);

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
    done: bool,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, position: Position) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let null = matches!(style, ScalarStyle::Plain)
                    && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Scalar(text.into_owned()) };
                self.put(Node { position, value }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(position, Value::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.begin(position, Value::Table(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some((node, anchor, _)) => self.put(node, anchor, 1),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((node, size)) => self.put(Node { position, ..node }, 0, size),
                None => Err("an alias names an anchor that is not there"),
            },
            Event::DocumentEnd => {
                self.done = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, position: Position, value: Value, anchor: usize) -> Result<(), &'static str> {
        if self.open.len() >= MOST_LEVELS {
            return Err("it is nested too deeply");
        }
        self.open.push((Node { position, value }, anchor, None));
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), &'static str> {
        self.nodes = self.nodes.saturating_add(size);
        if self.nodes > MOST_NODES {
            return Err("it is too large");
        }
        if anchor != 0 {
            let size = size_of(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Node { value: Value::List(items), .. }, _, _)) => items.push(node),
            Some((Node { value: Value::Table(entries), .. }, _, key)) => {
                if let Some((key, position)) = key.take() {
                    entries.push(Entry { key, position, value: node });
                    return Ok(());
                }
                let text = match node.value {
                    Value::Scalar(text) => text,
                    Value::Null => "null".into(),
                    Value::List(_) | Value::Table(_) => "?".into(),
                };
                *key = Some((text, node.position));
            }
            Some(_) => {}
        }
        Ok(())
    }
}

fn size_of(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Value::Table(entries) => 1 + entries.iter().map(|entry| 1 + size_of(&entry.value)).sum::<usize>(),
    }
}

/// Reads TOML that begins on line 2 of its file.
pub(super) fn toml(source: &str) -> Result<Node, Unreadable> {
    let at = |offset: usize| {
        let at = text::position(source, offset);
        Position { line: at.line + 1, ..at }
    };
    let table = DeTable::parse(source).map_err(|error| Unreadable {
        position: at(error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    Ok(Node { position: at(0), value: of_table(table.get_ref(), &at) })
}

fn of_table(table: &DeTable<'_>, at: &dyn Fn(usize) -> Position) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            position: at(key.span().start),
            value: of_value(value, at),
        })
        .collect();
    entries.sort_by_key(|entry| (entry.position.line, entry.position.column));
    Value::Table(entries)
}

fn of_value(value: &toml::Spanned<DeValue<'_>>, at: &dyn Fn(usize) -> Position) -> Node {
    let position = at(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Scalar(text.to_string()),
        DeValue::Integer(number) => Value::Scalar(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Scalar(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Value::Scalar(truth.to_string()),
        DeValue::Datetime(date) => Value::Scalar(date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| of_value(item, at)).collect()),
        DeValue::Table(table) => of_table(table, at),
    };
    Node { position, value }
}
