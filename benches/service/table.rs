//! The one table, in Markdown.

/// What a row is measured by.
#[derive(Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

/// The rows, and what stands below them.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 6]>,
    foot: Vec<String>,
}

const HEAD: [&str; 6] = ["what", "Intake", "against", "comes to", "aim", "met"];

impl Table {
    /// A row whose aim is a ratio.
    pub fn ratio(&mut self, what: &str, ours: String, against: String, ratio: f64, aim: Aim) {
        let aimed = aim.words("×");
        self.row(
            what,
            ours,
            against,
            format!("{ratio:.2}×"),
            aimed,
            aim.met(ratio),
        );
    }

    /// A row whose aim is a figure with its unit.
    pub fn figure(&mut self, what: &str, figure: f64, unit: &str, aim: Aim) {
        let ours = format!("{figure:.2}{unit}");
        self.row(
            what,
            ours,
            String::new(),
            String::new(),
            aim.words(unit),
            aim.met(figure),
        );
    }

    /// Any row.
    pub fn row(
        &mut self,
        what: &str,
        ours: String,
        against: String,
        comes_to: String,
        aim: String,
        met: bool,
    ) {
        let met = if met { "yes" } else { "**no**" };
        self.add([
            what.to_owned(),
            ours,
            against,
            comes_to,
            aim,
            met.to_owned(),
        ]);
    }

    /// A row that could not be measured, and why.
    pub fn left_out(&mut self, what: &str, aim: &str, why: &str) {
        let why = format!("left out: {why}");
        let row = [what, &why, "", "", aim, "–"];
        self.add(row.map(str::to_owned));
    }

    /// A line below the table.
    pub fn foot(&mut self, line: String) {
        self.foot.push(line);
    }

    /// Whoever waits for the table sees each row when it is there.
    fn add(&mut self, row: [String; 6]) {
        eprintln!("{}", row.join(" | "));
        self.rows.push(row);
    }

    pub fn print(&self) {
        let head = HEAD.map(str::to_owned);
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&head]);
            cells
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; 6] = std::array::from_fn(width);
        let line = |row: &[String; 6]| {
            let cells: Vec<String> = std::iter::zip(row, widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            println!("| {} |", cells.join(" | "));
        };
        println!();
        line(&head);
        line(&widths.map(|width| "-".repeat(width)));
        self.rows.iter().for_each(line);
        println!();
        for line in &self.foot {
            println!("{line}");
        }
    }
}

impl Aim {
    fn met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(aim) => figure >= aim,
            Self::AtMost(aim) => figure <= aim,
        }
    }

    fn words(self, unit: &str) -> String {
        match self {
            Self::AtLeast(aim) => format!("≥ {aim}{unit}"),
            Self::AtMost(aim) => format!("≤ {aim}{unit}"),
        }
    }
}
