/** Where webhooks are sent to, behind a proxy: that one never comes, or comes and is not heard of, is a fault like any other. */

import { startFaultProxy } from '../../local/fault-proxy.ts';
import type { Invocations } from '../../local/invocations.ts';
import { type Received, startReceiver } from '../deployed/receiver.ts';
import { hooksPath } from './points.ts';

export interface Hooks {
  url: string;
  got: Received[];
}

export async function startHooks(invocations: Invocations) {
  const receiver = await startReceiver();
  const proxy = await startFaultProxy({ target: new URL(receiver.url('/')).origin, invocations });
  return {
    proxy,
    of: (mark: string): Hooks => ({
      url: `${proxy.url}${hooksPath}${mark}`,
      got: receiver.at(`${hooksPath}${mark}`),
    }),
    async close(): Promise<void> {
      await proxy.close();
      receiver.close();
    },
  };
}
