// The list of the newest entries, as they come. Without this script the page is the
// same, and does not move.
"use strict";
const every = 5000; // milliseconds between two looks, at least

const button = document.querySelector("[data-live-button]");
let source = null, timer = 0, last = 0;

// renew takes the list and its numbers from the page as it is now.
async function renew() {
  timer = 0;
  last = Date.now();
  const list = document.querySelector("[data-live]");
  if (document.hidden || list.contains(document.activeElement)) return later(); // nothing moves away from under a finger
  const res = await fetch(location.href);
  if (!res.ok) return;
  const fresh = new DOMParser().parseFromString(await res.text(), "text/html").querySelector("[data-live]");
  if (fresh && source) list.replaceWith(document.adoptNode(fresh));
}

function later() {
  if (!timer) timer = setTimeout(renew, Math.max(0, last + every - Date.now()));
}

function start() {
  source = new EventSource("/api/v1/events");
  source.addEventListener("board", later);
  // A browser comes back by itself where a stream has ended, and not where it was refused, as there are too many.
  source.addEventListener("error", () => source?.readyState === EventSource.CLOSED && stop());
  button.setAttribute("aria-pressed", "true");
}

function stop() {
  source.close();
  source = null;
  clearTimeout(timer);
  timer = 0;
  button.setAttribute("aria-pressed", "false");
}

// Whatever moves by itself can be stopped (WCAG 2.2.2).
button.hidden = false;
button.addEventListener("click", () => (source ? stop() : start()));
start();
