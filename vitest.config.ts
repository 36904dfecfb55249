import { defineConfig } from 'vitest/config';
import { RightsLast } from './test/iam/rights-last.ts';
import { times } from './test/properties.ts';

/** One project for each kind of test: `npx vitest run --project unit`. */
const project = (name: string, include: string[], test: object = {}) => ({
  test: { name, include, setupFiles: ['test/properties.ts'], ...test },
});

/** What draws pages or walks whole stories takes seconds on a machine that does other things; a hang is all this finds. */
const patient = { testTimeout: 60_000 * times };

/** These start processes (emulator, CDK) and wait for what they do. */
const slow = { testTimeout: 240_000, hookTimeout: 300_000 };

/** What a file runs concurrently mostly waits: for a lease, a provider's timeout, an hour. All of it at once. */
const maxConcurrency = 12;

const deployed = { fileParallelism: false, maxConcurrency, globalSetup: ['test/deployed/setup.ts'] };

export default defineConfig({
  test: {
    sequence: { sequencer: RightsLast },
    projects: [
      project(
        'unit',
        [
          'test/{core,wire,intents,functions,pages,statemachines,clients,corpus,docs,price,bench,simulation}/**/*.test.ts',
        ],
        patient,
      ),
      // They only read templates: the CDK is loaded, and the stack synthesized, once for several files.
      project('infra', ['test/infra/**/*.test.ts'], { ...slow, isolate: false, globalSetup: ['test/infra/setup.ts'] }),
      project('local', ['test/local/**/*.test.ts'], { ...slow, fileParallelism: false }),
      // One deployed stack for all of them; faults are injected into it, so one file runs at a time.
      project('deployed', ['test/deployed/**/*.test.ts'], { ...slow, ...deployed }),
      project('browser', ['test/browser/**/*.test.ts'], { ...slow, ...deployed }),
      // Deploys anew what others rely on: a stack of its own, after theirs has gone.
      project('deploy', ['test/deploy/**/*.test.ts'], { ...slow, globalSetup: ['test/deploy/setup.ts'] }),
      // Long proofs, each with a document of its own; `npm test` leaves them out.
      project('crash', ['test/crash/**/*.test.ts'], {
        ...slow,
        ...deployed,
        maxConcurrency: 8,
      }),
      // All that runs deployed, with every function held to its role; then what the rights themselves are asked.
      project('iam', ['test/{deployed,browser,iam}/**/*.test.ts'], {
        ...slow,
        ...deployed,
      }),
    ],
  },
});
