/** What may be set of an intent after it was taken in: read beside its request, which never changes. */

import type { Controls, Grant, IntentRequest } from './model.ts';

export const noControls: Controls = { patch: {}, grants: {}, envelope: {} };

/** The request as it applies now. */
export const controlled = (
  request: IntentRequest | undefined,
  controls: Controls | undefined,
): IntentRequest | undefined => (request && controls ? { ...request, ...controls.patch } : request);

/** Whether the sender has let this agent do so. */
export const isGranted = (controls: Controls | undefined, agent: string, what: Grant): boolean =>
  controls?.grants[agent]?.includes(what) ?? false;
