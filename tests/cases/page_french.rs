//! The page in French: what the engine says is French as well, and what it quotes is marked.

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::specs;
use crate::common::ui::{Ui, is_for_all};

#[test]
fn a_french_reader_is_answered_refused_and_told_of_it_in_french() {
    let home = TestHome::with_cluster();
    let Some(browser) = Browser::start(&home) else { return };
    let cluster = Cluster::new(home, &specs::sized("velib", 1, 2, ""));
    cluster.cluster(&["up", &cluster.spec]).ok();
    let ui = Ui::of(&cluster, &[]);
    let page = browser.page();
    page.headers(&[("Accept-Language", "fr-FR,fr;q=0.9,en;q=0.5")]);
    page.goto(&ui.url);
    page.until(
        "French, which the browser prefers",
        "document.documentElement.lang == 'fr' && document.getElementById('view')",
    );
    ui.show(&page, "overview");
    let says = |what: &str, selector: &str, text: &str| {
        let one = format!("one.textContent.includes('{text}') && !one.querySelector('[lang=en]')");
        page.until(what, &format!("[...document.querySelectorAll('{selector}')].some(one => {one})"));
    };

    page.click("#node-broker-1 button[value=pause]");
    says("the answer", "#answer .done", "broker-1 est suspendu");
    says("the event", "#last-events li", "broker-1 suspendu");
    page.click("#node-broker-1 button[value=resume]");
    says("the answer", "#answer .done", "broker-1 a repris");
    page.click("#node-broker-1 button[value=kill]");
    says("the answer", "#answer .done", "broker-1\\u00a0: tué par SIGKILL");
    says("why it is down", "#node-broker-1 .note", "tué\\u00a0; reste arrêté jusqu’à `cluster start`");

    let last = specs::coordinator(1).to_string();
    page.click(&format!("#node-{last} button[value=pause]"));
    let refusal = format!("sans {last}, le quorum des ");
    says("the guard's refusal", "#answer .refused", &refusal);
    is_for_all(&page);

    ui.show(&page, "events");
    says("the journal", "#timeline li", "broker-1 a repris");
    says("what was answered", "#timeline li", "réponse\\u00a0: broker-1\\u00a0: tué par SIGKILL");
    says("what was refused", "#timeline li", &format!("refusé\\u00a0: {refusal}"));
    says("what was asked for", "#timeline li", "demandé\\u00a0: pause broker-1, par la page");
    assert_eq!(page.problems(), Vec::<String>::new());
}
