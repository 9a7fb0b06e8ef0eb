// What the pages do better with a script. All of them work without it.
(() => {
  "use strict";
  const one = (selector) => document.querySelector(selector);

  // The address follows the name until somebody types an address.
  const name = one("[data-suggests]");
  const address = name && document.getElementById(name.dataset.suggests);
  if (address) {
    const plain = { æ: "ae", œ: "oe", ß: "ss", þ: "th", ø: "o", ɔ: "o", ı: "i", ł: "l", đ: "d", ð: "d", ɗ: "d", ɓ: "b", ħ: "h", ƙ: "k",
      ƴ: "y", ŋ: "n", ŧ: "t", ɛ: "e", ə: "e", ǝ: "e" };
    const suggest = (text) => text.toLowerCase().normalize("NFD")
      .replace(/[^a-z]/g, (c) => plain[c] || c).replace(/[\u0300-\u036f'’]/g, "")
      .replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, 40).replace(/-$/, "");
    let follows = address.value === "" || address.value === suggest(name.value);
    name.addEventListener("input", () => { if (follows) address.value = suggest(name.value); });
    address.addEventListener("input", () => { follows = address.value === ""; });
  }

  // Progress arrives as it happens; a connection that drops is made again.
  const progress = one("[data-events]");
  if (progress && window.EventSource) {
    const events = new EventSource(progress.dataset.events);
    let shown = "";
    events.addEventListener("progress", (event) => {
      if (event.data === shown) return;
      shown = event.data;
      progress.innerHTML = shown;
      const says = progress.firstElementChild.dataset.says;
      if (one("#said").textContent !== says) one("#said").textContent = says;
      document.title = one("h1").textContent + " · Seedbed";
    });
    events.addEventListener("end", () => events.close());
    // Refused for good, perhaps because the sign-in ran out: ask for the page again.
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
    });
  }

  // New lines of a log arrive as they are printed. The text is never markup.
  const log = one("[data-log]");
  if (log && window.EventSource) {
    log.scrollTop = log.scrollHeight;
    const lines = new EventSource(log.dataset.log);
    lines.addEventListener("lines", (event) => {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      const text = log.textContent === "" ? event.data : log.textContent + "\n" + event.data;
      log.textContent = text.length > 400000 ? text.slice(text.indexOf("\n", text.length - 300000) + 1) : text;
      if (atEnd) log.scrollTop = log.scrollHeight;
      if (one("#silent")) one("#silent").remove();
    });
    lines.addEventListener("error", () => {
      if (lines.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
    });
  }

  // A form is sent once, however often its button is pressed, unless the
  // sending was stopped: the button works again after a while.
  const again = (form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
    setTimeout(again, 10000, form);
  });
  window.addEventListener("pageshow", () => [...document.forms].forEach(again));

  // Copying what is shown once.
  for (const button of document.querySelectorAll("[data-copies]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      button.textContent = "Copied";
    });
  }
})();
