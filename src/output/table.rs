//! Aligned columns, two spaces apart, without lines. Cells know their style and, apart from it, their width.

use std::fmt::Write;

use anstyle::Style;

use super::foreign::printable;
use super::style;

/// One cell. Its text may be anybody's: it is made printable here, for all tables.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn styled(style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        Cell { text: printable(&text).into_owned(), style }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
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

    /// Lines that each end in a newline and never in a space.
    pub(crate) fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.align.len())
            .map(|column| self.rows.iter().map(|row| row[column].width()).max().unwrap_or(0))
            .collect();
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
