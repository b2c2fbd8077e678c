//! Aligned columns, two spaces apart, without lines. Cells know their style and, apart from it, their width.

use std::fmt::Write;

use anstyle::Style;

use super::foreign::printable;
use super::style;
use super::width::{Width, columns, first_items, list, middle, words};
use crate::model::partitions::runs;

/// One cell. Its text may be anybody's: it is made printable here, for all tables.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// In one line; in several once it is fitted.
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
    /// It goes on in further lines, between words.
    Words,
    /// Of a column: the same, also behind hyphens, and only when nothing else can give.
    Title,
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

    /// A sentence, or some words.
    pub(crate) fn words(text: impl Into<String>) -> Self {
        Cell { narrow: Narrow::Words, ..Cell::from(text) }
    }

    pub(crate) fn in_style(self, style: Style) -> Self {
        Cell { style, ..self }
    }

    /// Several things, with a comma between them.
    pub(crate) fn list(items: impl IntoIterator<Item = String>) -> Self {
        Cell::of_items(items.into_iter().map(|item| (item, 1)).collect(), ", ")
    }

    /// `127.0.0.1:9092,127.0.0.1:9093`, as Kafka's clients take them.
    pub(crate) fn addresses(text: &str) -> Self {
        Cell::of_items(text.split(',').map(|item| (item.to_owned(), 1)).collect(), ",")
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
        self.text.split('\n').map(columns).max().unwrap_or(0)
    }

    fn is_list(&self) -> bool {
        matches!(self.narrow, Narrow::List(..))
    }

    /// How narrow it can be. `fairly`: and still tell enough.
    fn least(&self, fairly: bool) -> usize {
        let longest = |hyphens| words(&self.text, 1, hyphens).iter().map(|word| columns(word)).max();
        let least = match (&self.narrow, fairly) {
            (Narrow::Whole, _) | (Narrow::Title, true) => usize::MAX,
            (Narrow::Name, true) => FAIR_NAME,
            (Narrow::Name, false) => LEAST_NAME,
            (Narrow::List(items, between), _) => columns(&first_items(items, between, usize::from(fairly))),
            (Narrow::Words, true) => longest(false).unwrap_or(0).max(FAIR_WORDS),
            (Narrow::Words, false) => longest(false).unwrap_or(0),
            (Narrow::Title, false) => longest(true).unwrap_or(0),
        };
        least.min(self.width())
    }

    fn fit(&mut self, most: usize) {
        if self.width() <= most {
            return;
        }
        self.text = match &self.narrow {
            Narrow::Whole => return,
            Narrow::Name => middle(&self.text, most),
            Narrow::List(items, between) => printable(&list(items, between, most)).into_owned(),
            Narrow::Words => words(&self.text, most, false).join("\n"),
            Narrow::Title => words(&self.text, most, true).join("\n"),
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
const LEAST_NAME: usize = 8;
/// Nor below this while something else can give.
const FAIR_NAME: usize = 15;
/// The same of words.
const FAIR_WORDS: usize = 20;

/// Rows of cells under a header.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The columns: what stands above each, and to which side its cells go.
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        let title = |title: &str| Cell { narrow: Narrow::Title, ..Cell::styled(style::HEADER, title) };
        let header = columns.iter().map(|(name, _)| title(name)).collect();
        Table { align: columns.iter().map(|(_, align)| *align).collect(), rows: vec![header] }
    }

    /// A row has as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.align.len());
        self.rows.push(cells);
    }

    /// As [`Table::text`], with names and lists shortened, and words in further lines, as far as it takes for every row
    /// to fit, and as it can be.
    pub(crate) fn fit(mut self, width: Width) -> String {
        let Width::Columns(columns) = width else { return self.text() };
        // Lists first: whole items of them go, which leaves room for the others.
        for lists in [true, false] {
            let mut most = self.most(columns);
            let overflows = most.iter().sum::<usize>() + self.gaps() > columns;
            // Whatever is done, it does not fit: the end of each row, its words whole, goes on below it.
            if let Some(last) = most.last_mut().filter(|_| overflows && self.ends_in_words()) {
                *last = usize::MAX;
            }
            for row in &mut self.rows {
                let cells = row.iter_mut().zip(&most).filter(|(cell, _)| cell.is_list() == lists);
                let cells = cells.filter(|(cell, _)| !(overflows && matches!(cell.narrow, Narrow::Title)));
                cells.for_each(|(cell, most)| cell.fit(*most));
            }
        }
        self.text()
    }

    fn ends_in_words(&self) -> bool {
        self.rows.iter().filter_map(|row| row.last()).any(|cell| matches!(cell.narrow, Narrow::Words))
    }

    /// Between all columns.
    fn gaps(&self) -> usize {
        2 * self.align.len().saturating_sub(1)
    }

    /// How wide each column may be: the widest of those that can be narrower give first, fairly as long as that is
    /// enough.
    fn most(&self, columns: usize) -> Vec<usize> {
        let mut widths = self.widths();
        let mut excess = (widths.iter().sum::<usize>() + self.gaps()).saturating_sub(columns);
        for fairly in [true, false] {
            if excess == 0 {
                break;
            }
            let least = self.column_by_column(|cell| cell.least(fairly));
            while excess > 0 {
                let wide = (0..widths.len()).filter(|column| widths[*column] > least[*column]);
                let Some(widest) = wide.max_by_key(|column| widths[*column]) else { break };
                widths[widest] -= 1;
                excess -= 1;
            }
        }
        widths
    }

    fn widths(&self) -> Vec<usize> {
        self.column_by_column(Cell::width)
    }

    /// The largest of each column.
    fn column_by_column(&self, of: impl Fn(&Cell) -> usize) -> Vec<usize> {
        (0..self.align.len())
            .map(|column| self.rows.iter().map(|row| of(&row[column])).max().unwrap_or(0))
            .collect()
    }

    /// Lines that each end in a newline and never in a space.
    pub(crate) fn text(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut cells: Vec<_> = row.iter().map(|cell| (cell.style, cell.text.split('\n'))).collect();
            let height = row.iter().map(|cell| cell.text.split('\n').count()).max().unwrap_or(0);
            for _ in 0..height {
                let line: Vec<(Style, &str)> = cells
                    .iter_mut()
                    .map(|(style, lines)| (*style, lines.next().unwrap_or_default()))
                    .collect();
                self.line(&line, &widths, &mut text);
            }
        }
        text
    }

    fn line(&self, cells: &[(Style, &str)], widths: &[usize], text: &mut String) {
        let last = cells.iter().rposition(|(_, cell)| !cell.is_empty()).map_or(0, |at| at + 1);
        for (column, (style, cell)) in cells[..last].iter().enumerate() {
            let gap = if column == 0 { 0 } else { 2 };
            let padding = widths[column] - columns(cell);
            let (before, after) = match self.align[column] {
                Align::Right => (gap + padding, 0),
                Align::Left => (gap, if column + 1 == last { 0 } else { padding }),
            };
            let painted = if cell.is_empty() { String::new() } else { style::paint(*style, cell) };
            // Writing to a String cannot fail.
            let _ = write!(text, "{:before$}{painted}{:after$}", "", "");
        }
        text.push('\n');
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

    fn fitted(table: Table, columns: usize) -> String {
        anstream::adapter::strip_str(&table.fit(Width::Columns(columns))).to_string()
    }

    #[test]
    fn each_column_keeps_a_fair_part_and_titles_give_last() {
        let table = || {
            let mut table = Table::new(&[
                ("TOPIC", Align::Left),
                ("PARTITIONS", Align::Right),
                ("UNDER-REPLICATED", Align::Right),
                ("OFFLINE", Align::Right),
                ("LEADERS", Align::Left),
            ]);
            let leaders = (0..3).map(|id| format!("broker-{id}: 100"));
            let name = Cell::name("n".repeat(160));
            table.row([name, "300".into(), "0".into(), "0".into(), Cell::list(leaders)]);
            table
        };
        insta::assert_snapshot!(fitted(table(), 80), @r"
        TOPIC            PARTITIONS  UNDER-REPLICATED  OFFLINE  LEADERS
        nnnnnnn…nnnnnnn         300                 0        0  broker-0: 100 ... 2 more
        ");
        insta::assert_snapshot!(fitted(table(), 60), @r"
        TOPIC          PARTITIONS      UNDER-  OFFLINE  LEADERS
                                   REPLICATED
        nnnnnn…nnnnnn         300           0        0  ... 3 more
        ");
    }

    #[test]
    fn words_go_on_in_their_column_or_below_the_row_where_that_is_too_narrow() {
        let table = || {
            let mut table =
                Table::new(&[("NODE", Align::Left), ("PID", Align::Right), ("NOTE", Align::Left)]);
            table.row([
                "broker-0".into(),
                "4711".into(),
                Cell::words("killed; stays down until it is started").in_style(style::WARN),
            ]);
            table.row(["broker-1".into(), "4712".into(), Cell::words("controller")]);
            table
        };
        insta::assert_snapshot!(fitted(table(), 40), @r"
        NODE       PID  NOTE
        broker-0  4711  killed; stays down until
                        it is started
        broker-1  4712  controller
        ");
        assert_eq!(fitted(table(), 20), anstream::adapter::strip_str(&table().text()).to_string());
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let mut table = Table::new(&[("GROUP", Align::Left), ("LAG", Align::Right)]);
        table.row([Cell::name("自転車"), "1".into()]);
        insta::assert_snapshot!(fitted(table, 80), @r"
        GROUP   LAG
        自転車    1
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
