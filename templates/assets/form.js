// Live limits under the fields, saving, and a question before unsent words are left behind. The form
// is whole without this script.
"use strict";
const number = new Intl.NumberFormat("en-GB");
// What a screen reader says of a limit, once nobody has typed for a second.
const said = document.querySelector("main [role=status].unseen");
let pause;
for (const limit of document.querySelectorAll("[data-for]")) {
  const field = document.getElementById(limit.dataset.for);
  const { min, max } = limit.dataset;
  const words = limit.textContent;
  const count = () => {
    const length = [...field.value.trim().replace(/\r\n/g, "\n")].length;
    const over = length > max;
    limit.classList.toggle("over", over);
    if (length === 0) limit.textContent = words;
    else if (over) limit.textContent = `${number.format(length - max)} characters too many`;
    else if (length < min) limit.textContent = `${number.format(min - length)} more characters needed`;
    else limit.textContent = `${number.format(max - length)} characters left`;
  };
  field.addEventListener("input", () => {
    count();
    clearTimeout(pause);
    pause = setTimeout(() => { said.textContent = limit.textContent; }, 1000);
  });
  count();
}

// What is typed into a new form stays in this browser for a day, so that a page that closes loses
// nothing: what is not public stays out of it, because others may use this device.
const DAY = 24 * 3600 * 1000;
const PREFIX = "intake ";
const storage = (() => { try { return localStorage; } catch { return null; } })();
const kept = () => Object.keys(storage ?? {}).filter((key) => key.startsWith(PREFIX)).map((key) => {
  try { return { key, ...JSON.parse(storage[key]) }; } catch { return { key, at: 0 }; }
});
const drop = (key) => storage?.removeItem(key);
for (const { key, at } of kept()) if (!(Date.now() - at < DAY)) drop(key);
// What has been sent or saved is kept elsewhere.
const done = document.getElementById("reference")?.textContent ?? location.pathname;
for (const { key, token } of kept()) if (done.includes(token.split(".")[0])) drop(key);

// Above a text that takes Markdown there are buttons for it, and beside it what it will look like.
const BUTTONS = [
  ["Bold", (words) => `**${words || "bold"}**`],
  ["Italic", (words) => `*${words || "italic"}*`],
  ["Link", (words) => `[${words || "words"}](https://)`],
  ["List", (words) => `\n\n* ${(words || "item").replace(/\n+/g, "\n* ")}\n\n`],
  ["Quote", (words) => `\n\n> ${(words || "quote").replace(/\n/g, "\n> ")}\n\n`],
];
// Keeps what the browser can undo.
const insert = (field, text) => {
  field.focus();
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
};
const ask = async (field, path, input) => {
  const answer = await fetch(`${field.dataset.base}${path}`, { method: "POST", body: new URLSearchParams(input), signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
};
const write = (field) => {
  const bar = document.createElement("div");
  bar.className = "marks";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Formatting");
  for (const [name, mark] of BUTTONS) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: name, className: "second small" });
    button.setAttribute("aria-controls", field.id);
    button.addEventListener("click", () => {
      const { selectionStart: from, selectionEnd: to, value } = field;
      const marked = mark(value.slice(from, to));
      insert(field, marked);
      if (name === "Link") field.setSelectionRange(from + marked.length - 1, from + marked.length - 1);
    });
    bar.append(button);
  }
  field.before(bar);
  field.addEventListener("paste", async (event) => {
    const html = event.clipboardData.getData("text/html");
    const plain = event.clipboardData.getData("text/plain");
    if (!html) return;
    event.preventDefault();
    // At once as plain text, which waits for nobody; then as Markdown, unless somebody has typed on.
    const from = field.selectionStart;
    insert(field, plain);
    const { value } = field;
    try {
      const markdown = await ask(field, "/paste", { html });
      if (!markdown || field.value !== value) return;
      field.setSelectionRange(from, from + plain.replace(/\r\n?/g, "\n").length);
      insert(field, markdown);
    } catch { /* The plain text stands. */ }
  });
  // Edit pages show the post elsewhere, and those of the desk have no room beside.
  if (field.form.elements.version) return;
  const wide = matchMedia("(min-width: 80rem)");
  const live = document.createElement("div");
  live.className = "live post";
  live.setAttribute("role", "region");
  live.setAttribute("aria-label", `How it will look: ${field.labels[0].firstChild.textContent}`);
  live.tabIndex = 0;
  const heading = document.createElement("h3");
  heading.textContent = "How it will look";
  const body = document.createElement("div");
  body.className = "post-body";
  body.dir = "auto";
  live.append(heading, body);
  field.parentElement.append(live);
  let timer, shown;
  const show = async () => {
    if (!wide.matches || field.value === (shown ?? "")) return;
    shown = field.value;
    try {
      const html = await ask(field, "/preview", { text: field.value });
      body.innerHTML = html;
      live.hidden = !html;
    } catch { /* The next key tries again. */ }
  };
  live.hidden = true;
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 600); });
  wide.addEventListener("change", show);
  show();
};
document.querySelectorAll("[data-markdown]").forEach(write);

const form = document.querySelector("main form:has([name=token], [name=revision])");
let unsent = false;

const keep = (form) => {
  const { token } = form.elements;
  const action = form.getAttribute("action");
  const key = `${PREFIX}${action} ${token.value.split(".")[0]}`;
  // The back button brings the words back into the form, but a new token with them. With the old
  // one, sending the same words again is no second submission. A page that was answered to a post is
  // left alone: the browser would forget what was posted.
  if ("new" in form.dataset) {
    if (history.state?.token) token.value = history.state.token;
    else history.replaceState({ token: token.value }, "");
  }
  const isPrivate = (name) => {
    const inputs = form.elements[name];
    return (inputs instanceof RadioNodeList ? inputs[0] : inputs).closest(".private, .consent");
  };
  const pairs = () => [...new FormData(form)].filter(([name, text]) => text && typeof text === "string" && !isPrivate(name)
    && !["token", "action", "enter", "contact_website"].includes(name));
  const offer = document.getElementById("begun");
  const found = kept().filter((it) => it.action === action && it.token !== token.value)
    .sort((one, other) => other.at - one.at)[0];
  // A list may have something chosen by default.
  const isTouched = () => pairs().some(([name]) => !form.elements[name].selectedOptions?.[0].defaultSelected);
  if (offer && found && !isTouched()) {
    offer.querySelector("span").textContent = new Date(found.at).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
    offer.hidden = false;
    document.getElementById("forget").addEventListener("click", () => { drop(found.key); offer.hidden = true; });
    document.getElementById("go-on").addEventListener("click", () => {
      const again = document.createElement("form");
      again.method = "post";
      again.setAttribute("action", action);
      for (const [name, value] of [...found.pairs, ["token", found.token], ["action", "edit"]]) {
        const input = document.createElement("textarea");
        Object.assign(input, { name, value });
        again.append(input);
      }
      again.hidden = true;
      document.body.append(again);
      again.submit();
    });
  }
  const note = document.getElementById("kept");
  let off = !storage || sessionStorage.getItem(`${PREFIX}off`);
  note.hidden = Boolean(off);
  document.getElementById("keep-none").addEventListener("click", () => {
    off = true;
    sessionStorage.setItem(`${PREFIX}off`, "yes");
    for (const { key } of kept()) drop(key);
    note.textContent = "Nothing is kept on this device.";
    note.tabIndex = -1;
    note.focus();
  });
  const save = () => {
    if (!off && unsent) {
      try { storage.setItem(key, JSON.stringify({ at: Date.now(), action, token: token.value, pairs: pairs() })); } catch { /* It is full. */ }
    }
  };
  let timer;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 500); });
  form.addEventListener("submit", save);
  addEventListener("pagehide", save);
};

// A saved form saves itself from then on.
const saveAlong = (form) => {
  const said = document.getElementById("saving");
  // Where it was sent before, the revision of the page is that of what was sent.
  const seen = form.elements.saved ?? form.elements.revision;
  let timer, saving, changed = false, stopped = false;
  const save = async () => {
    if (!changed || saving || stopped) return;
    saving = true;
    changed = false;
    try {
      const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      body.set("action", "save");
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const revision = page.querySelector(`form [name=${seen.name}]`)?.value;
      if (answer.ok && revision) {
        seen.value = revision;
        const at = page.getElementById("saved-at").textContent;
        document.getElementById("saved-at").textContent = at;
        said.textContent = `Saved at ${new Date().toLocaleTimeString("en-GB", { timeStyle: "short" })}.`;
        unsent = changed;
      } else {
        changed = true;
        stopped = answer.status === 409 || answer.status === 404;
        said.textContent = answer.status === 409
          ? "Not saved: this has changed since you opened it. Save again to see both."
          : "Not saved. Try to save again.";
      }
    } catch {
      changed = true;
      said.textContent = "Not saved yet: there is no connection. We’ll try again.";
    }
    saving = false;
    if (changed && !stopped) timer = setTimeout(save, 20000);
  };
  form.addEventListener("input", () => { changed = true; clearTimeout(timer); timer = setTimeout(save, 5000); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
};

if (form) {
  form.addEventListener("input", () => { unsent = true; });
  if (document.getElementById("kept")) keep(form);
  if ("saved" in form.dataset) saveAlong(form);
  form.addEventListener("submit", () => { unsent = false; });
  for (const line of form.querySelectorAll("[data-line]")) {
    line.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
    });
  }
  // Enter in a field goes on only when all is filled in that must be: it is pressed by mistake too.
  const isEmpty = (field) => (field.type === "checkbox" ? !field.checked : field.value.trim() === "");
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
    if (event.target.type === "file") return;
    if ([...form.querySelectorAll("[aria-required=true]")].some(isEmpty)) event.preventDefault();
  });
  addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });
}
