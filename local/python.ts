/** Virtual environments for tools from Python: the emulator in `.holdpoint/venv` of the repository. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { spawnChild } from './child.ts';

const venvFolder = join(import.meta.dirname, '..', '.holdpoint', 'venv');
const emulatorRequirements = join(import.meta.dirname, 'emulator', 'requirements.txt');

/** A problem that the user can solve; its message says how. */
export class Advice extends Error {
  override name = 'Advice';
}

/**
 * Makes the virtual environment if it isn't there or was made from other requirements (about 15 s), and returns its interpreter.
 * @throws Advice if there is no Python 3.10 or newer, or if installing fails
 */
export async function ensurePython(
  candidates = ['python3', 'python'],
  venv = venvFolder,
  requirements = emulatorRequirements,
): Promise<string> {
  const interpreter = join(venv, 'bin', 'python');
  const mark = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (markOf(venv) === mark && existsSync(interpreter)) return interpreter;

  const python = await findPython(candidates);
  // Made beside and renamed, so that an interrupted installation or a second start at the same time leaves no half.
  const fresh = `${venv}.${process.pid}`;
  mkdirSync(dirname(venv), { recursive: true });
  rmSync(fresh, { recursive: true, force: true });
  try {
    await run(
      python,
      ['-m', 'venv', fresh],
      (output) => `Python can't make a virtual environment; on Debian and Ubuntu, install python3-venv.\n${output}`,
    );
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-input',
      '-r',
      requirements,
    ];
    await run(
      join(fresh, 'bin', 'python'),
      install,
      (output) =>
        `What ${basename(dirname(requirements))}/${basename(requirements)} lists can't be installed from the Python package index; look at your network or pip's settings, then start again.\n${output}`,
    );
    writeFileSync(join(fresh, 'requirements.sha256'), mark);
    if (markOf(venv) !== mark) {
      rmSync(venv, { recursive: true, force: true });
      renameSync(fresh, venv);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return interpreter;
}

function markOf(venv: string): string | undefined {
  const file = join(venv, 'requirements.sha256');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

async function findPython(candidates: string[]): Promise<string> {
  const tooOld: string[] = [];
  for (const candidate of candidates) {
    const child = spawnChild(candidate, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    if ((await child.exited) !== 0) continue;
    const [major = 0, minor = 0] = child.tail().split('.').map(Number);
    if (major === 3 && minor >= 10) return candidate;
    tooOld.push(`${candidate} is ${child.tail()}`);
  }
  const found = tooOld.length > 0 ? ` (${tooOld.join(', ')})` : '';
  throw new Advice(
    `Python 3.10 or newer is needed to run AWS locally${found}. Install it from https://www.python.org/downloads/ or with your package manager, then start again.`,
  );
}

async function run(command: string, args: string[], explain: (output: string) => string): Promise<void> {
  const child = spawnChild(command, args);
  if ((await child.exited) !== 0) throw new Advice(explain(child.tail()));
}
