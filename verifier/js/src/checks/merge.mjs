// Merging (SPEC section 12): the partition of a contest's units into parts that are counted together.

/** @typedef {{units: number[], count: number}} Part its units ascending, so that units[0] is its order */

const byCountThenOrder = (a, b) => a.count - b.count || a.units[0] - b.units[0];

/**
 * The partition of one contest.
 * @param {any} manifest
 * @param {number} contest position
 * @param {(unit: number) => number} castIn the number of cast ballots of a unit
 * @returns {Part[]} in order
 */
export function partition(manifest, contest, castIn) {
  const asked = new Set(manifest.contests[contest].units.map(Number));
  const minimum = Number(manifest.minimum);
  const children = manifest.units.map(() => []);
  for (const [position, unit] of manifest.units.entries()) if (position > 0) children[Number(unit.parent)].push(position);

  // Every unit's parent has a smaller position, so that going down from the last unit children come first.
  const parts = manifest.units.map(() => []);
  for (let unit = manifest.units.length - 1; unit >= 0; unit--) {
    if (children[unit].length === 0) {
      parts[unit] = asked.has(unit) ? [{ units: [unit], count: castIn(unit) }] : [];
    } else {
      parts[unit] = mergeSmall(children[unit].flatMap((child) => parts[child]), minimum);
    }
  }
  return parts[0].sort((a, b) => a.units[0] - b.units[0]);
}

/** Joins the smallest part that is too small with the smallest other one, until there is none or no other. */
function mergeSmall(parts, minimum) {
  for (;;) {
    const [s, t] = parts.filter((part) => part.count >= 1).sort(byCountThenOrder);
    if (s === undefined || t === undefined || s.count >= minimum) return parts;
    const union = { units: [...s.units, ...t.units].sort((a, b) => a - b), count: s.count + t.count };
    parts = [...parts.filter((part) => part !== s && part !== t), union];
  }
}
