/** A port whose every call is a moment of the process that makes it. */

import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

type Call = (...given: never[]) => Promise<unknown>;

/** `name`: what the trace calls it. */
export function moments<P extends object>(sim: Sim, process: Process, port: P, name: string): P {
  return new Proxy(port, {
    get: (_, key) => {
      const act = port[key as keyof P] as Call;
      return (...given: never[]) => sim.call(process, { what: `${name}: ${String(key)}`, act: () => act(...given) });
    },
  });
}
