/** Makes the package: plain JavaScript, with types, of this folder and what it uses of the repository. `node clients/sdk/build.ts [folder]` */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const out = resolve(process.argv[2] ?? join(here, 'dist'));

/** Each with the oldest platform that it runs on. */
const entries = { index: { platform: 'neutral' }, testing: { platform: 'node' } } as const;

/** Nothing here does anything by being imported: what is not used is left out, clients of AWS among it. */
const pure: Plugin = {
  name: 'pure',
  setup(bundle) {
    bundle.onResolve({ filter: /.*/ }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === 'pure') return undefined;
      const found = await bundle.resolve(path, { ...rest, pluginData: 'pure' });
      return found.external ? found : { ...found, sideEffects: false };
    });
  },
};

async function bundle(): Promise<void> {
  for (const [name, { platform }] of Object.entries(entries))
    await build({
      entryPoints: [join(here, name === 'index' ? 'index.ts' : 'testing/index.ts')],
      outfile: join(out, `${name}.js`),
      bundle: true,
      format: 'esm',
      platform,
      target: 'es2022',
      external: ['zod'],
      plugins: [pure],
      legalComments: 'eof',
      logLevel: 'warning',
      banner: name === 'testing' ? { js: requireForBundled } : {},
    });
}

/** Some of what is bundled is CommonJS. */
const requireForBundled =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Declarations of the entries and of all that they lead to, as they lie in the repository. */
function declare(): void {
  const all = mkdtempSync(join(out, 'types-'));
  try {
    const flags = [
      '--noEmit',
      'false',
      '--declaration',
      '--emitDeclarationOnly',
      '--typeRoots',
      join(root, 'node_modules/@types'),
      '--rootDir',
      root,
      '--outDir',
      all,
    ];
    const config = join(all, 'tsconfig.json');
    const files = [join(here, 'index.ts'), join(here, 'testing/index.ts')];
    writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), files, include: [] }));
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config, ...flags], { cwd: root });
    if (status !== 0) throw new Error(`tsc: ${stdout}`);
    for (const file of reachable(
      files.map((file) => relative(root, file).replace(/\.ts$/, '.d.ts')),
      all,
    )) {
      mkdirSync(dirname(join(out, 'types', file)), { recursive: true });
      copyFileSync(join(all, file), join(out, 'types', file));
    }
  } finally {
    rmSync(all, { recursive: true, force: true });
  }
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');

/** Files by what they import from beside themselves. */
function reachable(from: string[], folder: string): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, path = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /(?:from |import\()["'](\.[^"']*)\.ts["']/g,
    ))
      visit(join(dirname(file), `${path}.d.ts`));
  };
  from.forEach(visit);
  return seen;
}

const { name, version, description, license, type, engines, sideEffects } = JSON.parse(
  readFileSync(join(here, 'package.json'), 'utf8'),
);
const { zod } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies;
const entry = (file: string, types: string) => ({
  types: `./types/clients/sdk/${types}.d.ts`,
  default: `./${file}.js`,
});

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await bundle();
declare();
copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'));
copyFileSync(join(root, 'docs/sdk.md'), join(out, 'README.md'));
writeFileSync(
  join(out, 'package.json'),
  JSON.stringify(
    {
      ...{ name, version, description, license, type, engines, sideEffects },
      exports: { '.': entry('index', 'index'), './testing': entry('testing', 'testing/index') },
      dependencies: { zod },
    },
    undefined,
    2,
  ),
);
