#!/usr/bin/env node
import { run } from '../src/command.mjs';

process.exitCode = run(process.argv.slice(2), process);
