// Does on a page what a voter would, and tells the test what was to be seen: served beside proof.js, to the same policy.
const violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));

const shown = (element) => [...element.querySelectorAll("[data-when]")].filter((s) => !s.hidden).map((s) => s.dataset.when).join();

// What is to be seen of a section.
const look = (section) => ({
  buttons: [...section.querySelectorAll("button")].every((b) => !b.hidden),
  list: !section.querySelector("[data-steps]").hidden,
  busy: section.querySelector("[data-steps]").getAttribute("aria-busy"),
  status: shown(section.querySelector("[role=status]")),
  steps: Object.fromEntries([...section.querySelectorAll("li")].filter((li) => !li.hidden).map((li) => [li.dataset.step, shown(li)])),
});

// Clicks, twice, as some do, and waits for the end.
async function click(section, which) {
  const button = section.querySelector(`button[data-${which}]`);
  button.click();
  button.click();
  const during = look(section);
  while (look(section).busy !== "false") await new Promise((done) => setTimeout(done, 10));
  return { during, after: look(section) };
}

addEventListener("load", async () => {
  const seen = [];
  for (const section of document.querySelectorAll("section")) {
    const before = look(section);
    const proof = section.dataset.skip === undefined ? await click(section, "run") : null;
    const maths = await click(section, "maths");
    const again = proof && (await click(section, "run"));
    seen.push({ before, proof, maths, again });
  }
  await fetch("/seen", { method: "POST", body: JSON.stringify({ seen, violations }) });
});
