// The command as a function. It reads its arguments and the asker's own files, and writes what verify.mjs finds.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { verify } from './verify.mjs';
import { parsePolicy, UsageError } from './policy.mjs';
import { parseElectionId } from './transcript.mjs';
import { printable } from './report.mjs';
import { fromUtf8 } from './bytes.mjs';

const HELP = `Judge the public record of an election. DIR is a directory with the board's files.

Usage:
  node verifier/js/bin/rollcall-verify.mjs DIR [flags]

Flags:
      --checkpoint FILE        an older checkpoint that you kept; may be given often
      --election ID            the election id on the voters' letters, all 27 characters
      --expected-counts FILE   CSV file "unit,voters" of the voters on the roll, as published elsewhere
  -h, --help                   this help
      --json                   write JSON to standard output
      --policy FILE            file that names the log's key and its witnesses (C2SP tlog-policy)

Exit codes: 0 verified, 1 not verified, 2 wrong usage, 3 incomplete.
`;

/** Seconds of silence before and between lines of progress. */
const PROGRESS_EVERY = 2;

/** Files that the user names have at most so many bytes (section 17). */
const MAX_FILE = 1048576;

function readFile(path) {
  let bytes;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new UsageError(`can not read ${path}: ${error.code ?? error.message}`);
  }
  if (bytes.length > MAX_FILE) throw new UsageError(`${path} has more than ${MAX_FILE} bytes`);
  return bytes;
}

/**
 * Reads expected counts, a file of CSV in the form of section 16.
 * @param {Uint8Array} bytes
 * @returns {Map<string, bigint>}
 * @throws {UsageError}
 */
export function parseCounts(bytes) {
  let text;
  try {
    text = fromUtf8(bytes).replaceAll('\r\n', '\n');
  } catch {
    throw new UsageError('expected counts: not UTF-8');
  }
  const counts = new Map();
  const field = '("(?:[^"]|"")*"|[^",\\n]*)';
  const line = new RegExp(`${field},${field}(?:\\n|$)|\\n`, 'y');
  while (line.lastIndex < text.length) {
    const at = line.lastIndex;
    const parts = line.exec(text);
    if (parts === null) throw new UsageError(`expected counts: not "unit,voters" in line ${text.slice(0, at).split('\n').length}`);
    if (parts[1] === undefined) continue; // an empty line
    const [id, voters] = [parts[1], parts[2]].map((written) => (written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written));
    if (at === 0 && id === 'unit' && voters === 'voters') continue;
    if (!/^[0-9]+$/.test(voters) || BigInt(voters) >= 2n ** 32n) throw new UsageError(`expected counts: ${JSON.stringify(voters)} is no number of voters`);
    if (counts.has(id)) throw new UsageError(`expected counts: unit ${JSON.stringify(id)} stands there twice`);
    counts.set(id, BigInt(voters));
  }
  return counts;
}

function parseArguments(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        checkpoint: { type: 'string', multiple: true, default: [] },
        election: { type: 'string' },
        'expected-counts': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        policy: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values, positionals } = parsed;
  if (values.help) return null;
  if (positionals.length !== 1) throw new UsageError('give exactly one directory; see --help');
  const election = values.election === undefined ? null : parseElectionId(values.election);
  if (values.election !== undefined && election === null) throw new UsageError('that is no election id: 27 characters, of which the last is a check character');
  return {
    directory: positionals[0],
    json: Boolean(values.json),
    options: {
      election,
      policy: values.policy === undefined ? null : parsePolicy(readFile(values.policy)),
      checkpoints: values.checkpoint.map(readFile),
      expectedCounts: values['expected-counts'] === undefined ? null : parseCounts(readFile(values['expected-counts'])),
    },
  };
}

/** Says on standard error how far a long run is. */
function progressTo(stream) {
  let last = Date.now();
  return (done, total) => {
    if (Date.now() - last < 1000 * PROGRESS_EVERY) return;
    last = Date.now();
    stream.write(`rollcall-verify: ${done} of ${total} entries\n`);
  };
}

/**
 * Runs the command.
 * @param {string[]} args
 * @param {{stdout: {write: (text: string) => void}, stderr: {write: (text: string) => void}}} to
 * @returns {number} the exit code
 */
export function run(args, { stdout, stderr }) {
  try {
    const asked = parseArguments(args);
    if (asked === null) {
      stdout.write(HELP);
      return 0;
    }
    const start = Date.now();
    const report = verify(asked.directory, { ...asked.options, progress: progressTo(stderr) });
    const elapsed = Date.now() - start;
    const text = asked.json ? JSON.stringify(report.toJSON(elapsed), null, 2) : report.toText(elapsed);
    stdout.write(`${text}\n`);
    return report.exitCode;
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`rollcall-verify: ${printable(error.message)}\n`);
      return 2;
    }
    // A defect of this program, or no memory left: nothing was found, which is neither "verified" nor "not verified".
    stderr.write(`rollcall-verify: the record could not be judged: ${printable(String(error.stack))}\n`);
    return 3;
  }
}
