import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensurePython } from '../../local/python.ts';
import { synthesize } from './synth.ts';

const root = join(import.meta.dirname, '..', '..');

interface Finding {
  Rule: { Id: string };
  Message: string;
  Filename: string;
}

/** What the linter says and we don't follow, each with why. */
const exceptions: { id: string; message: RegExp; reason: string }[] = [
  {
    id: 'W3005',
    message: /^'\w*Role\w*' dependency already enforced/,
    reason:
      'The CDK lets a function or machine wait for its role and the policies of it; naming the role too is harmless.',
  },
  {
    id: 'E3601',
    message: /^["']{% .+ %}["'] is not of type 'number' at 'States\/\w+\/TimeoutSeconds'$/,
    reason:
      "The linter's schema knows no JSONata there; Step Functions does. asl-validator checks the same definitions.",
  },
];

/** The interpreter of an environment of its own, made once. */
const lintPython = (): Promise<string> =>
  ensurePython(undefined, join(root, '.holdpoint', 'lint-venv'), join(root, 'local', 'lint-requirements.txt'));

/** Its script names the folder in which it was installed, which has been renamed since. */
const runCfnLint = 'import sys, cfnlint.runner; sys.exit(cfnlint.runner.main())';

/** cfn-lint ends with a code other than 0 when it finds something: that is an answer, not a failure. */
const lint = (python: string, files: string[]): Promise<Finding[]> =>
  new Promise((done, fail) => {
    const args = [
      '-c',
      runCfnLint,
      '--format',
      'json',
      '--regions',
      'us-east-1',
      'eu-central-1',
      '--template',
      ...files,
    ];
    execFile(python, args, { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (stderr || (error && !stdout)) fail(new Error(stderr || String(error)));
      else done(JSON.parse(stdout || '[]'));
    });
  });

describe('cfn-lint', () => {
  it.each(['kept', 'disposable'] as const)('finds nothing in the templates of a %s stage', async (stage) => {
    const { templates } = await synthesize({ stage });
    const found = await lint(
      await lintPython(),
      templates.map(({ file }) => file),
    );
    const excepted = ({ Rule, Message }: Finding) =>
      exceptions.some(({ id, message }) => id === Rule.Id && message.test(Message));
    expect(found.filter((finding) => !excepted(finding))).toEqual([]);
    // An exception that no longer occurs must go.
    const unused = exceptions.filter(({ id }) => !found.some(({ Rule }) => Rule.Id === id));
    expect(unused).toEqual([]);
  });
});
