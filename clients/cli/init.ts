/** `holdpoint init`: a deployment of one's own in a new folder, with one intent type and one tool to begin from. */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { placed } from './example.ts';
import { answer, exitCodes, Refused, strong } from './outcome.ts';

const root = join(import.meta.dirname, '..', '..');

/** The product: what runs in AWS, what deploys it, what runs it here, and this command. */
const product = [
  'adapters',
  'clients',
  'core',
  'docs/openapi.json',
  'functions',
  'infra',
  'intents',
  'local',
  'pages',
  'statemachines',
  'wire',
  '.gitignore',
  '.npmrc',
  'LICENSE',
  'cdk.json',
  'holdpoint.config.schema.json',
  'package-lock.json',
  'tsconfig.json',
];
const notCopied = new Set(['node_modules', 'cdk.out', '.holdpoint', 'coverage']);

/** Whose files go into the project, each where its folder says. */
const example = 'examples/credit';

/** Development packages that only this repository's own tests and documents need. */
const notNeeded: ReadonlySet<string> = new Set([
  '@aws-sdk/client-cloudwatch-logs',
  '@axe-core/playwright',
  '@biomejs/biome',
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/conformance',
  '@modelcontextprotocol/sdk',
  '@sparticuz/chromium',
  'ajv',
  'ajv-formats',
  'asl-validator',
  'bun',
  'cdk-nag',
  'deno',
  'fast-check',
  'jsonata',
  'knip',
  'playwright-core',
  'standardwebhooks',
]);

export function addInit(program: Command): void {
  program
    .command('init')
    .description('make a new project: a deployment with one intent type and one tool, its tests and its configuration')
    .argument('<folder>', 'a folder that is not there yet, or is empty')
    .option('--sender <mail>', 'the address that mails come from', mailOf, 'approvals@example.com')
    .option('--approver <mail>', 'who is asked first', mailOf, 'ada@example.com')
    .option('--json', 'answer with JSON')
    .action(init);
}

function mailOf(given: string): string {
  if (/^[^\s@]+@[^\s@]+$/.test(given)) return given;
  throw new InvalidArgumentError('A mail address is name@example.com.');
}

function init(given: string, options: { sender: string; approver: string; json?: boolean }) {
  const folder = resolve(given);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Refused(`${folder} is not empty: name a folder that is not there yet.`);
  if (!relative(root, folder).startsWith('..'))
    throw new Refused(`${folder} is within the folder that is copied: name one beside it.`, exitCodes.usage);
  // A made project has the command, and no examples.
  if (!existsSync(join(root, example)))
    throw new Refused(`${root} was made by holdpoint init itself: make the next project from Holdpoint's repository.`);
  const made = !existsSync(folder);
  try {
    writeProject(folder, options);
  } catch (error) {
    // A half project helps nobody.
    for (const name of made ? [] : readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    if (made) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  answer(
    options.json,
    { folder, type: 'intent.credit.v1', tool: 'add_credit' },
    `${strong(folder)} has the intent type intent.credit.v1 and the tool add_credit to begin from.

  cd ${given}
  npm install
  npm run check && npm test
  npm start        all of it on this machine
  npx cdk deploy   in your AWS account; README.md says what comes first`,
  );
}

function writeProject(folder: string, given: { sender: string; approver: string }): void {
  mkdirSync(folder, { recursive: true });
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const path of product)
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      filter: (source) => !notCopied.has(basename(source)),
    });
  for (const path of filesOf(example))
    write(relative(example, path), placed(path, readFileSync(join(root, path), 'utf8')));
  write('intents/index.ts', withType(readFileSync(join(root, 'intents/index.ts'), 'utf8')));
  write('package.json', json(packageOf(basename(folder))));
  write('holdpoint.config.json', json(configOf(given)));
  write('README.md', readme(basename(folder)));
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const filesOf = (path: string): string[] =>
  readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** `intents/index.ts` with the example's type. Throws where it no longer looks as this knows it. */
function withType(index: string): string {
  const listed = /(export const intentTypes: readonly IntentType\[\] = \[)([^\]]*)(\];)/;
  if (!listed.test(index)) throw new TypeError('intents/index.ts declares no list of types');
  return index
    .replace(/^(import \{ approval \} .*\n)/m, "$1import { credit } from './credit.ts';\n")
    .replace(listed, '$1$2, credit$3');
}

function packageOf(folder: string): object {
  const { engines, dependencies, devDependencies, allowScripts, overrides, workspaces } = manifest;
  return {
    name:
      folder
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '') || 'approvals',
    version: '0.1.0',
    private: true,
    type: 'module',
    engines,
    workspaces,
    scripts: {
      start: 'node local/start.ts',
      check: 'tsc --noEmit',
      test: 'vitest run',
      synth: 'cdk synth --quiet',
      'config-schema': 'node infra/config-schema.ts',
    },
    dependencies,
    devDependencies: needed(devDependencies),
    allowScripts: needed(allowScripts),
    overrides,
  };
}

const needed = <T>(packages: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(packages).filter(([name]) => !notNeeded.has(name)));

const configOf = ({ sender, approver }: { sender: string; approver: string }): object => ({
  $schema: './holdpoint.config.schema.json',
  stage: 'kept',
  sender,
  providerUrl: 'https://api.stripe.com',
  directory: {
    people: [
      {
        id: approver.split('@')[0]?.replace(/[^A-Za-z0-9._-]+/g, '-') || 'first',
        name: approver,
        mail: approver,
        roles: ['approvers', 'refunds', 'finance', 'operators'],
      },
    ],
  },
});

const readme = (name: string): string => `# ${name}

A deployment of Holdpoint, made by \`holdpoint init\` of version ${manifest.version}. What is yours:

| | |
| --- | --- |
| \`intents/credit.ts\`, a line in \`intents/index.ts\` | an intent type: what may be asked, who decides when, what would be done |
| \`functions/tools/add_credit/\` | a tool: one side effect behind a contract |
| \`test/credit.test.ts\` | what the type asks of whom |
| \`holdpoint.config.json\` | who decides, and the address that mails come from |

Everything else is the product as it was. To take a newer version, make a new project with it and copy your files over.

\`\`\`sh
npm install
npm run check && npm test
npm start                        # all of it on this machine; holdpoint commands mean it at once
npx holdpoint trigger refund     # asks for something
npx holdpoint doctor             # what is missing, here or in AWS
npx cdk deploy                   # needs AWS credentials, and npx cdk bootstrap once for each account and Region
\`\`\`
`;
