/** A copy of the app that tests may change and deploy again, as its owners would over the months. */

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../local/emulator.ts';

/** What `infra/app.ts` reads and bundles. */
const parts = [
  'adapters',
  'core',
  'docs/openapi.json',
  'functions',
  'infra',
  'intents',
  'pages',
  'statemachines',
  'wire',
  'cdk.json',
  'holdpoint.config.json',
  'package.json',
];

/** Where the copy lies in a stack's folder. */
const appIn = (dir: string): string => join(dir, 'app');

export function copyApp(dir: string): string {
  const app = appIn(dir);
  for (const part of parts) cpSync(join(repositoryRoot, part), join(app, part), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(app, 'node_modules'));
  return app;
}

/** Replaces text of a file of the copy, everywhere in it. Throws where it is not there: a change must change something. */
export function change(dir: string, file: string, from: string, to: string): void {
  const path = join(appIn(dir), file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(path, text.replaceAll(from, to));
}
