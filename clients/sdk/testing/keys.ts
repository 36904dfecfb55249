/** Who may call: keys and sessions of the world, refused as a deployment refuses them. */

import type { ApiKey } from '../../../adapters/keys.ts';
import { Unauthorized } from '../../../core/errors.ts';
import { type Caller, vouchedFor } from '../../../functions/tasks/caller.ts';
import type { House } from './house.ts';

export class Keys {
  readonly #house: House;
  readonly #keys = new Map<string, ApiKey>();
  readonly #sessions = new Map<string, string>();

  constructor(house: House) {
    this.#house = house;
  }

  /** A new key of an agent. */
  add(given: Pick<ApiKey, 'tenant' | 'agent' | 'mayDecideAs'>): string {
    const keyId = this.#next();
    const token = `hp_sa_${keyId}_test`;
    this.agents.add(given.agent);
    this.#keys.set(token, { keyId, name: 'test', createdAt: this.#house.clock.iso(), ...given });
    return token;
  }

  /** Whether an agent has a key, or was made by a scenario. */
  readonly agents = new Set<string>();

  /** A new session of a person. */
  signIn(personId: string): string {
    const token = `hp_ps_${this.#next()}`;
    this.#sessions.set(token, personId);
    return token;
  }

  /** Throws Unauthorized. */
  keyOf(headers: Headers): ApiKey {
    const token = headers.get('x-api-key') ?? bearerOf(headers);
    if (!token) throw new Unauthorized('missing_platform_api_key', 'Send your key as x-api-key.');
    const key = this.#keys.get(token);
    if (!key) throw new Unauthorized('invalid_platform_api_key', 'This key is not valid.');
    return key;
  }

  /** A key, a person's session, or both. Throws Unauthorized. */
  callerOf(headers: Headers): Caller {
    const bearer = bearerOf(headers);
    const apiKey = headers.get('x-api-key');
    const isSession = bearer?.startsWith('hp_ps_') || (bearer !== undefined && apiKey !== null);
    const key = isSession && apiKey === null ? undefined : this.keyOf(headers);
    if (!isSession) return { key, person: key?.mayDecideAs ? vouchedFor(key, this.#house.directory) : undefined };
    const id = this.#sessions.get(bearer ?? '');
    if (id === undefined) throw new Unauthorized('invalid_actor_token', 'This session is not valid, or over.');
    return { key, person: { id, via: 'session', signedIn: true } };
  }

  #next = (): string => (this.#keys.size + this.#sessions.size + 1).toString(16).padStart(16, '0');
}

const bearerOf = (headers: Headers): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
