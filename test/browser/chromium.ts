/** A real Chromium from npm: unpacked once for each version of the package, started with a profile of its own. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import packed from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

const modules = resolve(import.meta.dirname, '../../node_modules');
const cache = join(modules, '.cache');

/** Nothing but the pages under test is asked of the network, and nothing is drawn by a graphics card. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-sync',
  '--font-render-hinting=none',
  '--no-first-run',
  '--no-pings',
];

/** The package's font for everything: screenshots look alike on machines with other fonts, or none. */
const fontConfiguration = (dir: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${dir}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${dir}/cache</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>ui-monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;

/** Unpacks into a new folder and moves it into place whole: a run that is stopped meanwhile leaves no broken browser. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(modules, '@sparticuz/chromium/package.json'), 'utf8'));
  const dir = join(cache, `chromium-${version}`);
  if (existsSync(dir)) return dir;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpacking-'));
  const before = process.env.TMPDIR;
  // The package unpacks into the folder for temporary files, and nowhere else.
  process.env.TMPDIR = fresh;
  try {
    await packed.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  try {
    renameSync(fresh, dir);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(dir)) throw error;
  }
  return dir;
}

/**
 * Starts Chromium without a window. Its profile is a new temporary folder, removed by `close()`, which also ends all
 * its processes. The package's browser runs on Linux; elsewhere name one by HOLDPOINT_CHROMIUM.
 */
export async function startChromium(): Promise<Browser> {
  const own = process.env.HOLDPOINT_CHROMIUM;
  if (own) return chromium.launch({ executablePath: own, args: flags });
  const dir = await unpacked();
  const fonts = join(dir, 'fonts.conf');
  writeFileSync(fonts, fontConfiguration(join(dir, 'fonts')));
  return chromium.launch({
    executablePath: join(dir, 'chromium'),
    args: flags,
    env: { ...process.env, FONTCONFIG_FILE: fonts },
  });
}
