/** Deployments of Holdpoint and of the bare sample side by side, in one emulated AWS. */

import { cdkFor } from '../local/cdk.ts';
import { configure, type LocalStack, type LocalStackOptions, startLocalStack } from '../local/stack.ts';
import { bareSide } from './bare-side.ts';
import { holdpointSide } from './holdpoint-side.ts';
import { surroundings } from './surroundings.ts';

type Outputs = Record<string, string>;

export interface Pair {
  name: string;
  outputs: { holdpoint: Outputs; bare: Outputs };
  holdpoint: Awaited<ReturnType<typeof holdpointSide>>;
  bare: ReturnType<typeof bareSide>;
}

export interface Deployed {
  stack: LocalStack;
  pairs: Pair[];
}

const app = 'node bench/app.ts';
export const holdpointStackName = (pair: string) => `Holdpoint${pair}`;
const bareStackName = (pair: string) => `Bare${pair}`;

/** Starts the local AWS and deploys a pair for each name; stop its `stack` when done. */
export async function startPairs(
  names: string[],
  options: Pick<LocalStackOptions, 'dir' | 'faultProxy' | 'step' | 'signal'>,
): Promise<Deployed> {
  const [first = ''] = names;
  const stack = await startLocalStack({
    ...options,
    fresh: true,
    app: { command: app, stackName: holdpointStackName(first) },
    context: { pairs: names.join(',') },
  });
  try {
    // It asks for all mails each second, which would cost more from run to run; here they are read when one has come.
    stack.mailbox.close();
    const cdk = cdkFor({ emulatorUrl: stack.emulatorUrl, app, dir: options.dir });
    const deploy = async (name: string): Promise<Outputs> => {
      const outputs = await cdk.deploy(name);
      await configure(stack.aws, outputs);
      return outputs;
    };
    const around = surroundings(stack);
    const pairs: Pair[] = [];
    for (const name of names) {
      options.signal?.throwIfAborted();
      const holdpoint = name === first ? stack.outputs : await deploy(holdpointStackName(name));
      const bare = await deploy(bareStackName(name));
      pairs.push({
        name,
        outputs: { holdpoint, bare },
        holdpoint: await holdpointSide(stack, around, holdpoint),
        bare: bareSide(around, bare),
      });
    }
    return { stack, pairs };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
