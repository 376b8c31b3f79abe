// The receipt page: finds what the page claims, runs the checks when asked to, and shows which of the texts that the
// server has written apply. It has no words of its own. README.md is the contract with the page.

/** @typedef {import("./proof.js").Claim} Claim */
/** @typedef {import("./proof.js").Found} Found */
/** @typedef {import("./steps.js").Step} Step */
/** @typedef {(report: (step: Step) => void) => Promise<unknown>} Check */

/** @param {string | undefined} text */
const index = (text) => (text && /^\d{1,15}$/.test(text) ? Number(text) : null);

/** @param {DOMStringMap} data @returns {Claim} */
export function readClaim(data) {
  return {
    election: data.election ?? "",
    ballot: index(data.ballot),
    number: data.number?.replace(/\D/g, "") || null,
    decision: index(data.decision),
    kind: data.kind || null,
    code: data.code?.replace(/\D/g, "") || null,
    roll: data.roll ? (index(data.roll) ?? 0) : null, // what is no index is a place where no roll is
    opened: data.opened || null,
  };
}

/** The text for an outcome. @param {boolean | null} ok */
const when = (ok) => (ok ? "ok" : ok === null ? "unknown" : "bad");

/** The outcome of several steps: the worst of them. @param {Step[]} steps */
export function verdict(steps) {
  if (steps.some((s) => s.ok === false)) return "bad";
  return when(steps.length > 0 && steps.every((s) => s.ok) ? true : null);
}

/** Shows the one text of an element that applies. @param {Element} element @param {string} which */
function say(element, which) {
  for (const text of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-when]")))
    text.hidden = text.dataset.when !== which;
}

/**
 * Makes every section with data-check work.
 * @param {Document} document
 * @param {typeof import("./proof.js").checkProof} checkProof
 */
export function start(document, checkProof) {
  for (const section of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("section[data-check]")))
    attach(section, checkProof);
}

/** @param {HTMLElement} section @param {typeof import("./proof.js").checkProof} checkProof */
function attach(section, checkProof) {
  const list = /** @type {HTMLElement | null} */ (section.querySelector("[data-steps]"));
  const status = section.querySelector("[role=status]");
  /** @type {Map<string, Step>} */
  const done = new Map();
  /** @type {Found | null} */
  let found = null;
  let running = false;

  const items = /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll("li[data-step]"));

  /** @param {Step} step */
  function report(step) {
    let shown = false;
    for (const item of items) {
      if (item.dataset.step !== step.id) continue;
      item.dataset.detail = step.detail;
      item.hidden = false;
      say(item, when(step.ok));
      shown = true;
    }
    // A step that the page has no place for does not apply, unless it fails.
    if (shown || step.ok === false) done.set(step.id, step);
  }

  async function proof() {
    done.clear();
    for (const item of items) item.hidden = true;
    ({ found } = await checkProof(location.origin, readClaim(section.dataset), report));
  }

  /** @param {string} url of maths.js */
  async function maths(url) {
    if (!found) await proof();
    const { checkMaths } = await import(url);
    await checkMaths(found, report);
  }

  /** @param {() => Promise<void>} work */
  async function run(work) {
    if (running) return;
    running = true;
    list?.toggleAttribute("hidden", false);
    list?.setAttribute("aria-busy", "true");
    if (status) say(status, "busy");
    let whole = true; // false where maths.js did not come
    await work().catch(() => (whole = false));
    list?.setAttribute("aria-busy", "false");
    const outcome = verdict([...done.values()]);
    if (status) say(status, whole || outcome === "bad" ? outcome : "unknown");
    running = false;
  }

  for (const button of /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll("button[data-run], button[data-maths]"))) {
    const url = button.dataset.maths;
    button.addEventListener("click", () => run(url === undefined ? proof : () => maths(url)));
    button.hidden = false;
  }
}
