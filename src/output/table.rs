//! Aligned columns, two spaces apart, without lines. Cells know their style and, apart from it, their width.

use std::fmt::Write;

use anstyle::Style;

use super::foreign::printable;
use super::style;
use super::width::{Width, list, middle};
use crate::model::partitions::runs;

/// One cell. Its text may be anybody's: it is made printable here, for all tables.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Style,
    narrow: Narrow,
}

/// What a cell does where the row does not fit.
#[derive(Clone, Debug)]
enum Narrow {
    /// It stays as it is.
    Whole,
    /// It is shortened in the middle.
    Name,
    /// The first of its items stay, behind which stands this; and how many things the others are.
    List(Vec<(String, usize)>, &'static str),
}

impl Cell {
    pub(crate) fn styled(style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        Cell { text: printable(&text).into_owned(), style, narrow: Narrow::Whole }
    }

    /// What others have named, as long as they like.
    pub(crate) fn name(text: impl Into<String>) -> Self {
        Cell { narrow: Narrow::Name, ..Cell::from(text) }
    }

    /// Several things, with a comma between them.
    pub(crate) fn list(items: impl IntoIterator<Item = String>) -> Self {
        Cell::of_items(items.into_iter().map(|item| (item, 1)).collect(), ", ")
    }

    /// Numbers of partitions, as ranges.
    pub(crate) fn partitions(numbers: &[i32]) -> Self {
        Cell::of_items(runs(numbers.iter().copied()).collect(), ",")
    }

    fn of_items(items: Vec<(String, usize)>, between: &'static str) -> Self {
        let text = items.iter().map(|(item, _)| item.as_str()).collect::<Vec<_>>().join(between);
        Cell { narrow: Narrow::List(items, between), ..Cell::from(text) }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }

    fn narrows(&self) -> bool {
        !matches!(self.narrow, Narrow::Whole)
    }

    fn fit(&mut self, columns: usize) {
        self.text = match &self.narrow {
            Narrow::List(items, between) if self.width() > columns => {
                printable(&list(items, between, columns)).into_owned()
            }
            Narrow::Name => middle(&self.text, columns),
            _ => return,
        };
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell::styled(style::PLAIN, text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A name is not shortened below this.
const LEAST: usize = 8;

/// Rows of cells under a header.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The columns: what stands above each, and to which side its cells go.
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        let header = columns.iter().map(|(title, _)| Cell::styled(style::HEADER, *title)).collect();
        Table { align: columns.iter().map(|(_, align)| *align).collect(), rows: vec![header] }
    }

    /// A row has as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.align.len());
        self.rows.push(cells);
    }

    /// As [`Table::text`], with names and lists shortened as far as it takes for every row to fit, and as it can be.
    pub(crate) fn fit(mut self, width: Width) -> String {
        let Width::Columns(columns) = width else { return self.text() };
        // Lists first: whole items of them go, which leaves room for names.
        for names_too in [false, true] {
            let most = self.most(columns);
            for row in &mut self.rows {
                for (cell, most) in row.iter_mut().zip(&most) {
                    if names_too || !matches!(cell.narrow, Narrow::Name) {
                        cell.fit(*most);
                    }
                }
            }
        }
        self.text()
    }

    /// How wide each column may be: the widest of those that can be narrower give first, as far as their other cells
    /// let them.
    fn most(&self, columns: usize) -> Vec<usize> {
        let mut widths = self.widths();
        let least = |column: usize| {
            let whole = self.rows.iter().map(|row| &row[column]).filter(|cell| !cell.narrows());
            whole.map(Cell::width).max().unwrap_or(0).max(LEAST)
        };
        let gaps = 2 * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(columns);
        while excess > 0 {
            let wide = (0..widths.len()).filter(|column| widths[*column] > least(*column));
            let Some(widest) = wide.max_by_key(|column| widths[*column]) else { break };
            widths[widest] -= 1;
            excess -= 1;
        }
        widths
    }

    fn widths(&self) -> Vec<usize> {
        (0..self.align.len())
            .map(|column| self.rows.iter().map(|row| row[column].width()).max().unwrap_or(0))
            .collect()
    }

    /// Lines that each end in a newline and never in a space.
    pub(crate) fn text(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let last = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |at| at + 1);
            for (column, cell) in row[..last].iter().enumerate() {
                let gap = if column == 0 { 0 } else { 2 };
                let padding = widths[column] - cell.width();
                let (before, after) = match self.align[column] {
                    Align::Right => (gap + padding, 0),
                    Align::Left => (gap, if column + 1 == last { 0 } else { padding }),
                };
                let painted = style::paint(cell.style, &cell.text);
                // Writing to a String cannot fail.
                let _ = write!(text, "{:before$}{painted}{:after$}", "", "");
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::foreign::samples;

    #[test]
    fn whatever_stands_in_a_cell_it_is_one_row_and_obeyed_by_no_terminal() {
        let mut table = Table::new(&[("A", Align::Left), ("B", Align::Right), ("C", Align::Left)]);
        for column in 0..3 {
            let mut row = ["x", "y", "z"].map(Cell::from);
            row[column] = Cell::styled(style::BAD, samples::hostile());
            table.row(row);
        }
        let text = table.text();
        assert_eq!((text.lines().count(), samples::obeyed(&text)), (4, None), "{text:?}");
        let plain = anstream::adapter::strip_str(&text).to_string();
        let b = plain.lines().map(|line| line.trim_end().chars().count()).collect::<Vec<_>>();
        assert_eq!(b[1], b[2], "escapes count in the width: {plain}");
    }

    /// A long name and what there is on four brokers.
    fn wide() -> Table {
        let mut table =
            Table::new(&[("TOPIC", Align::Left), ("PARTITIONS", Align::Right), ("LEADERS", Align::Left)]);
        let leaders = (0..4).map(|id| format!("broker-{id}: 7"));
        table.row([Cell::name("n".repeat(160)), "28".into(), Cell::list(leaders)]);
        table.row([Cell::name("short"), "1".into(), Cell::partitions(&[0, 1, 2, 5, 9, 11, 13, 15])]);
        table
    }

    #[test]
    fn rows_fit_the_terminal_and_are_whole_without_one() {
        for columns in [60, 80, 200] {
            let text = wide().fit(Width::Columns(columns));
            let plain = anstream::adapter::strip_str(&text).to_string();
            assert!(plain.lines().all(|line| line.chars().count() <= columns), "{columns}: {plain}");
            assert!(plain.contains("nn…nn") && plain.contains("PARTITIONS  LEADERS"), "{plain}");
        }
        assert_eq!(wide().fit(Width::Whole), wide().text());
        assert!(wide().text().contains(&"n".repeat(160)));
        insta::assert_snapshot!(anstream::adapter::strip_str(&wide().fit(Width::Columns(60))).to_string(), @r"
        TOPIC                     PARTITIONS  LEADERS
        nnnnnnnnnnnn…nnnnnnnnnnn          28  broker-0: 7 ... 3 more
        short                              1  0-2,5,9,11,13,15
        ");
    }

    #[test]
    fn columns_line_up_whatever_their_style() {
        let mut table = Table::new(&[("NAME", Align::Left), ("PID", Align::Right), ("NOTE", Align::Left)]);
        table.row(["broker-0".into(), Cell::styled(style::BAD, "7"), "x".into()]);
        table.row(["b".into(), "4711".into(), "".into()]);
        let text = anstream::adapter::strip_str(&table.text()).to_string();
        insta::assert_snapshot!(text, @r"
        NAME       PID  NOTE
        broker-0     7  x
        b         4711
        ");
        assert!(text.lines().all(|line| line.trim_end() == line));
    }
}
