import { defineConfig } from 'vitest/config';

/** One project for each kind of test: `npx vitest run --project unit`. */
const project = (name: string, include: string[], test: object = {}) => ({ test: { name, include, ...test } });

/** These start processes (emulator, CDK) and wait for what they do. */
const slow = { testTimeout: 240_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/{core,wire,intents,functions,statemachines,clients,docs,price,simulation}/**/*.test.ts']),
      // They only read templates: the CDK is loaded, and the stack synthesized, once for several files.
      project('infra', ['test/infra/**/*.test.ts'], { ...slow, isolate: false, globalSetup: ['test/infra/setup.ts'] }),
      project('local', ['test/local/**/*.test.ts'], { ...slow, fileParallelism: false }),
      // One deployed stack for all of them; faults are injected into it, so one file runs at a time.
      project('deployed', ['test/deployed/**/*.test.ts', 'test/browser/**/*.test.ts'], {
        ...slow,
        fileParallelism: false,
        globalSetup: ['test/deployed/setup.ts'],
      }),
      // Long proofs, each with a document of its own; `npm test` leaves them out.
      project('crash', ['test/crash/**/*.test.ts'], {
        ...slow,
        fileParallelism: false,
        globalSetup: ['test/deployed/setup.ts'],
      }),
      project('iam', ['test/iam/**/*.test.ts'], {
        ...slow,
        fileParallelism: false,
        globalSetup: ['test/deployed/setup.ts'],
      }),
    ],
  },
});
