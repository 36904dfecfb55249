import { env as approvalsEnv } from '../functions/approvals/env.ts';
import { env as decisionsEnv } from '../functions/decisions/env.ts';
import { env as inboxEnv } from '../functions/inbox/env.ts';
import { env as mediaEnv } from '../functions/media/env.ts';
import { env as scimEnv } from '../functions/scim/env.ts';
import { env as tasksEnv } from '../functions/tasks/env.ts';
import { env as viewEnv } from '../functions/view/env.ts';
import { MediaBucket } from './constructs/media-bucket.ts';
import {
  commitIntents,
  countRequests,
  findLinks,
  findMedia,
  heedStops,
  keepCodes,
  keepMedia,
  keepSessions,
  keepWishes,
  knowKeys,
  knowSessions,
  listAsked,
  openInboxes,
  readDecisions,
  readDirectory,
  readIntents,
  settleOwed,
  writeDirectory,
} from './constructs/table-rights.ts';
import type { Foundation } from './foundation.ts';

/** Where people sign in, read and decide, by mail, page or program. Agents use some of it, too. */
export function doorsOfPeople(base: Foundation) {
  return {
    approvals: approvals(base),
    inbox: inbox(base),
    view: view(base),
    tasks: tasks(base),
    scim: scim(base),
    decisions: decisions(base),
    ...media(base),
  };
}

/** Decides by a mailed link. */
function approvals(base: Foundation) {
  const { tables, environment, queues } = base;
  const door = base.make('approvals', approvalsEnv, { ...environment.tables, ...environment.mailQueue });
  commitIntents(door, tables);
  heedStops(door, tables);
  findLinks(door, tables);
  knowSessions(door, tables);
  readDirectory(door, tables);
  keepCodes(door, tables);
  queues.mail.filledBy(door);
  return door;
}

/** All that a person is asked, and who they are. */
function inbox(base: Foundation) {
  const { tables, environment, queues } = base;
  const { oidc } = base.declared.config;
  const door = base.make('inbox', inboxEnv, {
    ...environment.tables,
    ...environment.mailQueue,
    ...environment.baseUrl,
    OIDC_ISSUER: oidc?.issuer ?? '',
    OIDC_CLIENT_ID: oidc?.clientId ?? '',
    OIDC_SECRET_ARN: oidc?.clientSecretArn ?? '',
  });
  if (oidc?.clientSecretArn) door.allow(['secretsmanager:GetSecretValue'], [oidc.clientSecretArn]);
  commitIntents(door, tables);
  heedStops(door, tables);
  keepSessions(door, tables);
  keepWishes(door, tables);
  listAsked(door, tables);
  findMedia(door, tables);
  readDirectory(door, tables);
  keepCodes(door, tables);
  queues.mail.filledBy(door);
  return door;
}

/** The requester's page. */
function view(base: Foundation) {
  const door = base.make('view', viewEnv, base.environment.tables);
  readIntents(door, base.tables);
  return door;
}

/** What people decide by API, and what agents have in their inboxes. */
function tasks(base: Foundation) {
  const { tables, environment } = base;
  const door = base.make('tasks', tasksEnv, {
    ...environment.tables,
    ...environment.mailboxes,
    ...environment.rateLimit,
  });
  commitIntents(door, tables);
  heedStops(door, tables);
  knowKeys(door, tables);
  countRequests(door, tables);
  knowSessions(door, tables);
  readDirectory(door, tables);
  findMedia(door, tables);
  listAsked(door, tables);
  openInboxes(door, tables);
  settleOwed(door, tables);
  return door;
}

/** Keeps the directory of people as an identity provider has it. */
function scim(base: Foundation) {
  const { CONTROL_TABLE, PEOPLE_TABLE } = base.environment.tables;
  const door = base.make('scim', scimEnv, { CONTROL_TABLE, PEOPLE_TABLE, ...base.environment.baseUrl });
  knowKeys(door, base.tables);
  writeDirectory(door, base.tables);
  return door;
}

/** Decisions over all intents, for whoever looks back. */
function decisions(base: Foundation) {
  const { tables, environment } = base;
  const { AUDIT_TABLE, CONTROL_TABLE, PEOPLE_TABLE, METERS_TABLE } = environment.tables;
  const door = base.make('decisions', decisionsEnv, {
    AUDIT_TABLE,
    CONTROL_TABLE,
    PEOPLE_TABLE,
    METERS_TABLE,
    ...environment.rateLimit,
  });
  readDecisions(door, tables);
  knowKeys(door, tables);
  countRequests(door, tables);
  knowSessions(door, tables);
  readDirectory(door, tables);
  return door;
}

/** Files: of evidence, of answers, and what an agent wants back with its decision. */
function media(base: Foundation) {
  const { tables, environment } = base;
  const bucket = new MediaBucket(base.stack, 'MediaFiles', { stage: base.declared.config.stage });
  const door = base.make('media', mediaEnv, {
    ...environment.tables,
    ...environment.rateLimit,
    ...environment.baseUrl,
    MEDIA_BUCKET: bucket.bucketName,
  });
  commitIntents(door, tables);
  knowKeys(door, tables);
  countRequests(door, tables);
  keepMedia(door, tables);
  knowSessions(door, tables);
  readDirectory(door, tables);
  bucket.usedBy(door);
  return { media: door, mediaBucket: bucket };
}
