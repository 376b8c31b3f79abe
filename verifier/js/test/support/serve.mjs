// Runs the command many times in one process, for tests of another language: a line of standard input is a JSON
// array of arguments, and is answered by a line {"exit": n, "stdout": text, "stderr": text}. It ends with its input.

import { createInterface } from 'node:readline';
import { run } from '../../src/command.mjs';
import { remember } from '../../src/memory.mjs';

remember();
for await (const line of createInterface({ input: process.stdin })) {
  const written = { stdout: '', stderr: '' };
  const to = (name) => ({ write: (text) => (written[name] += text) });
  const exit = run(JSON.parse(line), { stdout: to('stdout'), stderr: to('stderr') });
  process.stdout.write(`${JSON.stringify({ exit, ...written })}\n`);
}
