//! The size of the console's wasm.

use std::io::Write;

use anyhow::{Context, Result};

use crate::table::Table;

pub(crate) fn measure() -> Result<Table> {
    let path = empmix_tests::repository().join("ui/dist/empmix_ui_bg.wasm");
    let wasm = std::fs::read(&path).with_context(|| {
        format!(
            "{} does not exist; run cargo xtask wasm --release",
            path.display()
        )
    })?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&wasm)?;
    let mut brotli = Vec::new();
    brotli::BrotliCompress(
        &mut wasm.as_slice(),
        &mut brotli,
        &brotli::enc::BrotliEncoderParams::default(),
    )?;
    let mut table = Table::new(
        "The console's wasm",
        "The release profile.",
        &["raw", "gzip", "brotli"],
    );
    #[allow(clippy::cast_precision_loss, reason = "two decimals are shown")]
    let mb = |bytes: usize| format!("{:.2} MB", bytes as f64 / 1e6);
    table.row([mb(wasm.len()), mb(gzip.finish()?.len()), mb(brotli.len())]);
    Ok(table)
}
