#!/usr/bin/env node
/** Deploys every vantage. `npm run deploy -- --help` lists what it takes. */
import { deployCommand } from './deploy/deploy-command.ts';
import { processTerminal } from './deploy/process-terminal.ts';

process.exitCode = await deployCommand(process.argv.slice(2), processTerminal());
