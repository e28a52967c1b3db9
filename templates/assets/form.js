// Live limits under the fields, and a question before unsent words are left behind. The form is
// whole without this script.
"use strict";
const number = new Intl.NumberFormat("en-GB");
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
  field.addEventListener("input", count);
  count();
}
const form = document.querySelector("main form");
// The back button brings the words back into the form, but a new token with them. With the old one,
// sending the same words again is no second submission. The address of an edit page, which has its
// words from the service, does not end with a slash.
if (form.getAttribute("action").endsWith("/")) {
  const { token } = form.elements;
  if (history.state?.token) token.value = history.state.token;
  else history.replaceState({ token: token.value }, "");
}
let unsent = false;
form.addEventListener("input", () => { unsent = true; });
form.addEventListener("submit", () => { unsent = false; });
for (const line of form.querySelectorAll("[data-line]")) {
  line.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) event.preventDefault();
  });
}
addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });
