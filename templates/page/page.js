// What the libraries leave to us: telling whether the page still hears from the supervisor, and closing an answer.
(() => {
  // The server says something every two seconds; after this long (in ms) it is gone, or stands still.
  const SILENCE = 6000;
  const [unlinked, down] = ["unlinked", "down"].map((id) => document.getElementById(id));
  let heard = Date.now();
  // The last that was heard is that the cluster was taken down.
  let wentDown = false;
  const link = (isUp) => {
    if (isUp) [heard, wentDown] = [Date.now(), false];
    unlinked.hidden = isUp || wentDown;
    down.hidden = isUp || !wentDown;
    document.documentElement.toggleAttribute("data-linked", isUp);
    document.documentElement.toggleAttribute("data-unlinked", !isUp);
  };
  document.addEventListener("htmx:sse:after:connection", () => link(true));
  document.addEventListener("htmx:sse:after:message", (event) => {
    wentDown = event.detail.message.event === "down";
    link(!wentDown);
  });
  for (const event of ["error", "close"]) {
    document.addEventListener(`htmx:sse:${event}`, () => link(false));
  }
  // Messages that come together are put in place one by one, so that the browser draws and listens in between.
  document.addEventListener("htmx:sse:before:message", (event) => {
    event.detail.waitUntil(new Promise((go) => setTimeout(go)));
  });
  // The place of a part that has not changed, or comes next: what stands there is kept.
  htmx.registerExtension("kept", {
    htmx_before_morph_node: (_, { newNode }) => !newNode.hasAttribute?.("data-kept"),
  });
  // A connection that ends is opened again by the library, one that was never there is not.
  setInterval(() => {
    if (document.hidden || Date.now() - heard < SILENCE) return;
    link(false);
    htmx.trigger(document.getElementById("link"), "relink");
  }, 2000);
  document.addEventListener("visibilitychange", () => { heard = Date.now(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) document.getElementById("answer").replaceChildren();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.getElementById("answer").replaceChildren();
  });
})();
