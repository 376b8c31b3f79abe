// Steps of a check: each runs to its end, whatever it meets, and says ok, wrong, or not to be told.
import { Unknown } from "./bytes.js";

/**
 * `ok` is true, false (what is there is wrong) or null (it could not be checked). `detail` is for whoever helps the
 * voter, in English; it holds no secret.
 * @typedef {{id: string, ok: boolean | null, detail: string}} Step
 */

/** Runs steps one after the other and keeps what they say. */
export class Steps {
  /** @type {Step[]} */
  list = [];

  /** @param {(step: Step) => void} report is told each step when it is done */
  constructor(report) {
    this.report = report;
  }

  /**
   * @param {string} id
   * @param {() => Promise<string | void>} work returns a detail, or throws
   */
  async run(id, work) {
    /** @type {Step} */
    let step;
    try {
      step = { id, ok: true, detail: (await work()) || "" };
    } catch (e) {
      // Whatever is not known to be no fault of the record's is one: no input may turn false into null.
      const error = /** @type {Error & {unknown?: boolean}} */ (e);
      step = { id, ok: error.unknown ? null : false, detail: error.name === "Error" ? error.message : String(error) };
    }
    this.list.push(step);
    this.report(step);
  }
}

/**
 * What an earlier step has found, without which this one can not be made.
 * @template T
 * @param {T | null | undefined} found
 * @param {string} name
 * @returns {T}
 */
export function needs(found, name) {
  if (found === null || found === undefined) throw new Unknown(`needs ${name}`);
  return found;
}
