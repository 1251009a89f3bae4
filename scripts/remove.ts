#!/usr/bin/env node
/** Removes every vantage, and nothing without --yes. `npm run remove -- --help` lists what it takes. */
import { processTerminal } from './deploy/process-terminal.ts';
import { removeCommand } from './deploy/remove-command.ts';

process.exitCode = await removeCommand(process.argv.slice(2), processTerminal());
