//! Every page of the console, as axe-core reads its accessibility mirror in a real Chromium: no serious
//! or critical finding.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use empmix_tests::{browser::Browser, sidecar::Sidecar};
use serde_json::{Value, json};

/// WebDriver's code of the key.
const ESCAPE: char = '\u{e00c}';

/// What is wrong with the page, one finding a line: its rule, and the elements.
async fn findings(browser: &Browser) -> Vec<String> {
    let axe = std::env::var_os("EMPMIX_AXE").expect("xtask installs it");
    let axe = std::fs::read_to_string(axe).expect("a script");
    browser.script(&axe, vec![]).await;
    let run = "axe.run(document, {resultTypes: ['violations']})\n\
                 .then(({violations}) => done(violations.map(({id, impact, nodes}) =>\n\
                   ({id, impact, where: nodes.slice(0, 3).map(({html}) => html)}))),\n\
                   (error) => done([{id: String(error), impact: 'critical', where: []}]));";
    let found = browser.script_async(run).await;
    let found = found.as_array().expect("a list").iter();
    let bad = found.filter(|one| {
        let impact = one["impact"].as_str();
        matches!(impact, Some("serious" | "critical"))
    });
    bad.map(Value::to_string).collect()
}

async fn check(browser: &Browser, page: &str, failures: &mut Vec<String>) {
    for finding in findings(browser).await {
        failures.push(format!("{page}: {finding}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_serious_finding() {
    let (sidecar, link) = tokio::task::spawn_blocking(|| {
        let sidecar = Sidecar::start();
        sidecar.default_project();
        let link = sidecar.cli(&["token", "--link"]);
        (sidecar, link)
    })
    .await
    .unwrap();
    let browser = Browser::chromium().await;
    let mut failures = Vec::new();
    browser.go(&sidecar.url).await;
    browser.says("Sign in with a link").await;
    check(&browser, "signing in", &mut failures).await;
    browser.go(&link).await;
    browser.says("Send your first event").await;
    check(&browser, "first run", &mut failures).await;
    browser.click("button", "Load sample data").await;
    browser.says("unique users: total 658,").await;
    check(&browser, "insights", &mut failures).await;
    browser.click("combobox", "Add breakdown").await;
    browser.find("listbox", "Add breakdown").await;
    check(&browser, "an open list", &mut failures).await;
    browser.click("option", "repo").await;
    browser.says("rerun-io/rerun: total").await;
    check(&browser, "a breakdown", &mut failures).await;
    browser.click("combobox", "Range").await;
    browser.says("All time").await;
    check(&browser, "the range's menu", &mut failures).await;
    browser.click("combobox", "Range").await;
    browser.click("button", "Show pipeline").await;
    browser.find("button", "Close the pipeline").await;
    check(&browser, "the pipeline", &mut failures).await;
    browser.click("button", "Close the pipeline").await;
    browser.click("button", "Search or run a command").await;
    browser.find("listbox", "Commands").await;
    check(&browser, "the palette", &mut failures).await;
    browser.press(ESCAPE).await;
    browser.gone("listbox", "Commands").await;
    browser.press('?').await;
    browser.find("button", "Close").await;
    check(&browser, "the shortcuts", &mut failures).await;
    browser.click("button", "Close").await;
    browser.click("button", "Live").await;
    browser.find("columnheader", "User").await;
    check(&browser, "live", &mut failures).await;
    // The newest event of the sample.
    browser.click("row", "22 Aug").await;
    browser.find("tablist", "Details").await;
    check(&browser, "the details of an event", &mut failures).await;
    let sidecar = tokio::task::spawn_blocking(|| refuse_an_event(sidecar));
    let sidecar = sidecar.await.unwrap();
    browser.click("button", "Show what was refused").await;
    browser.says("Refused and altered").await;
    check(&browser, "what was refused", &mut failures).await;
    for module in ["Settings", "About"] {
        browser.click("button", module).await;
        browser.says(module).await;
        check(&browser, module, &mut failures).await;
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    tokio::task::spawn_blocking(move || drop(sidecar))
        .await
        .unwrap();
}

/// Sends an event without a name.
fn refuse_an_event(sidecar: Sidecar) -> Sidecar {
    let project = sidecar.default_project();
    let nameless = json!({"apiKey": project.public_key, "distinct_id": "u"});
    let refused = sidecar.open_post("/public/track").json(&nameless).send();
    assert_eq!(refused.unwrap().status(), 400);
    sidecar
}
