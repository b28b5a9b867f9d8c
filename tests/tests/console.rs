//! The console in a real Chromium, on a real sidecar: an SDK call becomes a chart.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::time::Duration;

use empmix_tests::{browser::Browser, sidecar::Sidecar};

/// A sidecar that the async test may drop: its client is a blocking one.
async fn sidecar() -> Sidecar {
    tokio::task::spawn_blocking(|| {
        let sidecar = Sidecar::start();
        sidecar.default_project();
        sidecar
    })
    .await
    .unwrap()
}

async fn end(sidecar: Sidecar) {
    tokio::task::spawn_blocking(move || drop(sidecar))
        .await
        .unwrap();
}

fn link(sidecar: &Sidecar) -> String {
    sidecar.cli(&["token", "--link"])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_demo_shop_sells_is_seen_live_and_on_a_chart() {
    let sidecar = sidecar().await;
    let browser = Browser::chromium().await;
    browser.go(&link(&sidecar)).await;
    browser.says("Send your first event").await;
    let console = browser.tab().await;
    browser.open_tab().await;
    browser.go(&format!("{}/demo", sidecar.url)).await;
    browser.click("button", "Buy now").await;
    browser.says("Purchase").await;
    browser.switch_to(console).await;
    browser.click("button", "Live").await;
    browser.says("Purchase").await;
    browser.picture("shop-live").await;
    browser.click("button", "Insights").await;
    browser.says("unique users: total 1,").await;
    browser.picture("shop-insights").await;
    end(sidecar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_run_to_a_filtered_table() {
    let sidecar = sidecar().await;
    let browser = Browser::chromium().await;
    browser.go(&link(&sidecar)).await;
    browser.says("Send your first event").await;
    browser.picture("path-1-first-run").await;
    browser.click("button", "Load sample data").await;
    browser.says("12 months to 22 Aug 2026").await;
    browser.says("unique users: total 658,").await;
    browser.picture("path-2-sample").await;
    choose(&browser, "Add breakdown", "repo").await;
    browser.says("rerun-io/rerun: total").await;
    browser.picture("path-3-breakdown").await;
    choose(&browser, "Add filter", "bot").await;
    browser.click("option", "false").await;
    browser.says("where bot is false").await;
    browser.picture("path-4-filter").await;
    browser.click("", "Table").await;
    browser.says("rerun-io/rerun").await;
    browser.picture("path-5-table").await;
    end(sidecar).await;
}

/// Opens a list and picks one of its entries.
async fn choose(browser: &Browser, list: &str, entry: &str) {
    browser.click("combobox", list).await;
    browser.click("option", entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_keeps_the_page_through_reload_back_and_forward() {
    let sidecar = sidecar().await;
    let browser = Browser::chromium().await;
    browser.go(&link(&sidecar)).await;
    browser.click("button", "Load sample data").await;
    browser.says("unique users: total 658,").await;
    choose(&browser, "Add breakdown", "repo").await;
    browser.says("rerun-io/rerun: total").await;
    browser.click("button", "Live").await;
    browser.says("Events").await;
    browser.script("history.back()", vec![]).await;
    browser.says("rerun-io/rerun: total").await;
    browser.script("location.reload()", vec![]).await;
    browser.says("rerun-io/rerun: total").await;
    let address = browser.script("return location.hash", vec![]).await;
    let address = address.as_str().unwrap();
    assert!(address.starts_with("#/p/") && address.contains("/insights?r=1."));
    browser.script("history.back()", vec![]).await;
    browser.says("unique users: total 658,").await;
    browser.script("history.forward()", vec![]).await;
    browser.says("rerun-io/rerun: total").await;
    end(sidecar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_other_layouts_press_what_is_at_their_place() {
    let sidecar = sidecar().await;
    let browser = Browser::chromium().await;
    browser.go(&link(&sidecar)).await;
    browser.says("Send your first event").await;
    // On a Russian keyboard the key of K makes л, and those of G and L make п and д.
    let press = "const press = (key, code, ctrlKey) => !document.querySelector('canvas').dispatchEvent(\n\
                   new KeyboardEvent('keydown', {key, code, ctrlKey, bubbles: true, cancelable: true}));";
    let prevented = browser
        .script(&format!("{press} return press('л', 'KeyK', true);"), vec![])
        .await;
    assert_eq!(prevented, true, "the browser does not take it");
    browser.find("listbox", "Commands").await;
    let prevented = browser
        .script(
            &format!("{press} return press('Escape', 'Escape', false);"),
            vec![],
        )
        .await;
    assert!(prevented.is_boolean());
    browser.gone("listbox", "Commands").await;
    let paste = format!("{press} return press('м', 'KeyV', true);");
    let prevented = browser.script(&paste, vec![]).await;
    assert_eq!(prevented, false, "the clipboard is left to the browser");
    let go = format!("{press} press('п', 'KeyG', false); press('д', 'KeyL', false);");
    browser.script(&go, vec![]).await;
    browser.says("Events appear here as they arrive").await;
    end(sidecar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_drawing_surface_is_reported() {
    let sidecar = sidecar().await;
    let browser = Browser::chromium().await;
    browser.go(&link(&sidecar)).await;
    browser.says("Send your first event").await;
    let lose = "const canvas = document.getElementById('console');\n\
                const gl = canvas.getContext('webgl2') ?? canvas.getContext('webgl');\n\
                gl.getExtension('WEBGL_lose_context').loseContext();";
    browser.script(lose, vec![]).await;
    browser.says("The drawing surface was lost").await;
    browser.click("button", "Reload").await;
    browser.says("Send your first event").await;
    end(sidecar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_and_the_wheel_on_a_row_scroll_the_table() {
    let sidecar = sidecar().await;
    let browser = Browser::chromium().await;
    browser.go(&link(&sidecar)).await;
    browser.click("button", "Load sample data").await;
    browser.says("unique users: total 658,").await;
    browser.click("button", "Live").await;
    browser.find("row", "22 Aug").await;
    let first = first_row(&browser).await;
    let [from, by] = [[700.0, 600.0], [0.0, -400.0]];
    browser.drag_with_a_finger(from, by).await;
    let began = tokio::time::Instant::now();
    while first_row(&browser).await == first {
        assert!(began.elapsed() < Duration::from_secs(20), "{first} stays");
        browser.drag_with_a_finger(from, by).await;
    }
    assert!(
        browser.look("tablist", "Details").await.is_none(),
        "a drag is not a click"
    );
    a_touch_goes_on_after_its_row_has_left(&browser).await;
    let first = first_row(&browser).await;
    let began = tokio::time::Instant::now();
    while first_row(&browser).await == first {
        assert!(began.elapsed() < Duration::from_secs(20), "{first} stays");
        browser.turn_the_wheel([700, 600], -300).await;
    }
    end(sidecar).await;
}

/// Drags from a low row to above the table, so that the row in which the touch began is scrolled away.
async fn a_touch_goes_on_after_its_row_has_left(browser: &Browser) {
    let watch = "globalThis.finger = {};\n\
                 document.addEventListener('touchstart', (event) => {\n\
                   if (event.target.closest('#a11y [role=row]')) finger.began = event.target;\n\
                 }, true);\n\
                 document.querySelector('canvas').addEventListener('touchend', () => {\n\
                   finger.ended = finger.began?.isConnected === false;\n\
                 });";
    browser.script(watch, vec![]).await;
    let began = tokio::time::Instant::now();
    let ended = "return finger.ended === true";
    while browser.script(ended, vec![]).await != true {
        // On a busy machine the frames may come only when the finger is up again.
        assert!(began.elapsed() < Duration::from_secs(30), "the touch stops");
        browser
            .drag_with_a_finger([700.0, 700.0], [0.0, -690.0])
            .await;
    }
}

/// What the uppermost row says.
async fn first_row(browser: &Browser) -> String {
    let ask = "const rows = [...document.querySelectorAll('#a11y [role=row]')];\n\
               const data = rows.filter((row) => row.querySelector('[role=cell], [role=gridcell]'));\n\
               return data[0]?.textContent + data[0]?.getAttribute('aria-label');";
    browser.script(ask, vec![]).await.to_string()
}
