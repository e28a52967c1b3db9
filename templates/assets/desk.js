// Shows by itself how far publishing is. Without this script people look again by a link.
"use strict";
const box = document.getElementById("publishing");
const isLeft = () => [...document.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
const look = async () => {
  const answer = await fetch(box.dataset.again, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("publishing");
  if (now) {
    if (now.innerHTML !== box.innerHTML) box.innerHTML = now.innerHTML;
    setTimeout(look, 2000);
  } else if (!isLeft()) {
    const isDone = !page.getElementById("trouble");
    location.replace(isDone ? `${box.dataset.again}?done` : box.dataset.again);
  } else {
    // Words that are still being typed stay.
    box.querySelector("h2").textContent = "It’s finished. Reload this page to see the result.";
  }
};
if (box?.dataset.again) setTimeout(look, 1000);
