/** Where the contract is kept: the world in memory, or the deployed stack. */

import type { HoldpointClient } from '../../clients/sdk/index.ts';

export interface Place {
  /** An agent of the place's tenant. */
  agent(name: string): HoldpointClient;
  /** A person of the directory, who is signed in. */
  person(id: 'ada' | 'ben'): HoldpointClient;
  /** An agent of another tenant. */
  stranger(): HoldpointClient;
  /** With this key, whatever it is. */
  withKey(key: string): HoldpointClient;
  /** An agent's key that may bring a person's decisions. */
  speaking(agent: string, person: 'ada' | 'ben'): HoldpointClient;
  /** A request as it is, by an agent's key. */
  raw(agent: string, path: string, init?: { method?: string; headers?: Record<string, string> }): Promise<Response>;
  /** Until it is there: what a deployment does takes its time. */
  eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
}

export interface Case {
  name: string;
  run(at: Place): Promise<void>;
}
