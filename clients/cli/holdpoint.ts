#!/usr/bin/env node
/** The `holdpoint` command. AWS modules are loaded by the commands that need them, never by this file. */

import { main } from './main.ts';

// `holdpoint audit export … | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await main(process.argv.slice(2));
