//! Tables of figures as Markdown.

use std::{fmt::Write, path::Path};

use anyhow::{Context, Result};

/// One table of figures.
pub(crate) struct Table {
    title: &'static str,
    note: String,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(
        title: &'static str,
        note: impl Into<String>,
        head: &'static [&'static str],
    ) -> Self {
        Self {
            title,
            note: note.into(),
            head,
            rows: Vec::new(),
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}\n", self.title, self.note);
        if !self.head.is_empty() {
            let _ = write!(
                text,
                "\n| {} |\n|{}\n",
                self.head.join(" | "),
                " --- |".repeat(self.head.len())
            );
            for row in &self.rows {
                let _ = writeln!(text, "| {} |", row.join(" | "));
            }
        }
        text
    }

    #[allow(clippy::print_stdout, reason = "the program prints the figures")]
    pub(crate) fn print(&self) {
        println!("\n{}", self.markdown());
    }
}

/// The machine that the figures were measured on, and the date.
pub(crate) fn machine() -> Table {
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or_else(
            || "unknown processor".to_owned(),
            |name| name.trim_start_matches([' ', '\t', ':']).to_owned(),
        );
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read("/proc/meminfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .trim()
                .strip_suffix(" kB")?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or_default()
        >> 20;
    #[expect(
        clippy::disallowed_methods,
        reason = "the page has the date of the measurement"
    )]
    let today = jiff::ZonedDateTime::now().date();
    Table::new(
        "Machine",
        format!(
            "{today}: {cores} cores ({cpu}), {memory} GiB. Servers, sidecar and load generator share them."
        ),
        &[],
    )
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Writes all tables under a heading.
pub(crate) fn write(path: &Path, tables: &[Table]) -> Result<()> {
    let intro = "# Benchmarks\n\n`cargo xtask bench` measures these figures with release builds and real processes on one \
        machine. Compare only figures of the same run.\n\n";
    let tables: Vec<_> = tables.iter().map(Table::markdown).collect();
    let text = format!("{intro}{}", tables.join("\n"));
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
