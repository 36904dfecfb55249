/** Lifecycle events on the deployment's event bus. */

import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Announcement, eventSource } from '../core/announce.ts';
import { RetryableError } from '../core/errors.ts';

/** PutEvents takes this many at once. */
const maxEntries = 10;

/** Puts events onto a bus. Throws RetryableError where one of them was not taken; those that were will come twice. */
export function eventBus(name: string, events = new EventBridgeClient({})) {
  return async (tenant: string, announcements: readonly Announcement[]): Promise<void> => {
    for (let i = 0; i < announcements.length; i += maxEntries) {
      const Entries = announcements.slice(i, i + maxEntries).map(({ id, type, at, data }) => ({
        EventBusName: name,
        Source: eventSource,
        DetailType: type,
        Time: new Date(at),
        Detail: JSON.stringify({ event_id: id, tenant, ...data }),
      }));
      const { FailedEntryCount = 0 } = await events.send(new PutEventsCommand({ Entries }));
      if (FailedEntryCount > 0)
        throw new RetryableError(`The bus refused ${FailedEntryCount} of ${Entries.length} events.`);
    }
  };
}
