// What the desk's pages do besides with JavaScript; all of it can be done without.
"use strict";
const $ = (css) => document.querySelector(css);
const $$ = (css) => [...document.querySelectorAll(css)];

// Whoever leaves a page with words that were not sent is asked first, also where another form of it
// is sent.
const isTyped = (field) => field.value !== (field.form.dataset.asks ? "" : field.defaultValue);
const unsent = (but) => $$("form[data-asks] textarea").some((field) => field.form !== but && isTyped(field));
let isSent = false;
addEventListener("submit", (event) => {
  if (unsent(event.target) && !confirm("What you typed isn’t sent yet. Continue without it?")) {
    event.preventDefault();
  } else {
    isSent = true;
  }
});
addEventListener("beforeunload", (event) => { if (!isSent && unsent()) event.preventDefault(); });
addEventListener("pageshow", () => { isSent = false; });

// How far publishing is. Without this script people look again by a link.
const box = $("#publishing");
const look = async () => {
  const answer = await fetch(box.dataset.again, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("publishing");
  if (now) {
    if (now.innerHTML !== box.innerHTML) box.innerHTML = now.innerHTML;
    setTimeout(look, 2000);
  } else if (!unsent()) {
    const isDone = !page.getElementById("trouble");
    location.replace(isDone ? `${box.dataset.again}?done` : box.dataset.again);
  } else {
    // Words that are still being typed stay.
    box.querySelector("h2").textContent = "It’s finished. Reload this page to see the result.";
  }
};
if (box?.dataset.again) setTimeout(look, 1000);

// How many are selected is said, too.
const chosen = $(".chosen");
const all = $("[name=all]");
const count = () => {
  const many = $$(".entries :checked").length;
  chosen.textContent = all.checked ? all.labels[0].textContent.match(/\d+/)[0] : many;
};
if (chosen) {
  addEventListener("change", count);
  addEventListener("pageshow", count);
  count();
}

// Keys of the queue. They can be turned off, because single letters may be what somebody's software
// for speech hears.
const keys = $("#keys");
const OFF = "intake desk keys off";
const storage = (() => { try { return localStorage; } catch { return null; } })();
const links = () => $$(".entries a");
const go = (step) => {
  const all = links();
  const at = all.indexOf(document.activeElement);
  all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
};
const does = {
  j: () => go(1),
  k: () => go(-1),
  "/": () => $("#q").focus(),
  "?": () => keys.showModal(),
};
if (keys) {
  const toggle = keys.querySelector("input");
  toggle.checked = !storage?.getItem(OFF);
  toggle.addEventListener("change", () => {
    if (toggle.checked) storage?.removeItem(OFF);
    else storage?.setItem(OFF, "yes");
  });
  const shows = $("#show-keys");
  shows.hidden = false;
  shows.addEventListener("click", () => keys.showModal());
  addEventListener("keydown", (event) => {
    const isWriting = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting || keys.open || !toggle.checked) return;
    if (does[event.key]) {
      event.preventDefault();
      does[event.key]();
    }
  });
}

// What happens while the page is open. A page that is out of sight does not listen: browsers allow
// few connections to one place, and whoever does not look is not looking.
const live = $("[data-live]");
let source;
const listen = () => {
  source?.close();
  if (document.hidden) return;
  source = new EventSource(live.dataset.live);
  source.onmessage = ({ data }) => {
    const { text = "", is_stale, counts = {} } = JSON.parse(data);
    for (const one of $$("[data-count]")) one.textContent = counts[one.dataset.count];
    live.textContent = text;
    if (is_stale && live.dataset.page) {
      const again = document.createElement("a");
      again.href = live.dataset.page;
      again.textContent = "Show it as it is now";
      live.append(" ", again);
    }
  };
};
if (live) {
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", listen);
}
