/** What resources are called in the code, for tables that people read: ARN → name. */

import { targetName } from '../deployed/targets.ts';

/** `Intents`, `Intents index due`, `runs queue`, `machine intent.refund.v1`, … An ARN that has no name stays as it is. */
export type NameOf = (arn: string) => string;

/** Named by the outputs of the stack; what has no output, by its kind: there is one of each. */
export function namesOf(outputs: Record<string, string>): NameOf {
  const known = new Map<string, string>([['*', '*']]);
  for (const table of ['Intents', 'Effects', 'Audit', 'Control', 'People', 'Mailboxes', 'Webhooks', 'Meters'])
    known.set(outputs[`${table}Table`] ?? '', table);
  const queues = {
    RunsQueueUrl: 'runs queue',
    MailQueueUrl: 'mail queue',
    DeliverQueueUrl: 'deliver queue',
    PushQueueUrl: 'push queue',
    PushDeadLettersUrl: 'push dead letters',
    AnnounceQueueUrl: 'announce queue',
    CallbacksQueueUrl: 'callbacks queue',
    ParkedUrl: 'parked queue',
  };
  for (const [output, name] of Object.entries(queues)) known.set(lastOf(outputs[output] ?? '', '/'), name);
  for (const [name, physical] of Object.entries(parsed(outputs.Functions))) known.set(physical, name);
  for (const [type, arn] of Object.entries(parsed(outputs.StateMachines))) known.set(lastOf(arn, ':'), type);

  known.set(outputs.CheckpointKeyId ?? '', 'checkpoint key');
  known.set(outputs.WebhookKeyId ?? '', 'webhook key');
  known.set(outputs.CheckpointBucket ?? '', 'checkpoint bucket');
  known.set(outputs.MediaBucket ?? '', 'media bucket');

  const resource = (arn: string): string => {
    const [, , service, , , ...rest] = arn.split(':');
    const text = rest.join(':');
    if (service === 'logs') return 'its log group';
    if (service === 'cloudformation') return 'the stack';
    if (service === 'events') return text === `event-bus/${targetName}` ? targetName : 'event bus';
    if (service === 'kms') return known.get(lastOf(text, '/')) ?? 'link key';
    if (service === 'secretsmanager') return arn === outputs.ChatSecretArn ? 'chat secret' : 'provider key';
    if (service === 's3') {
      const [bucket = '', folder] = text.split('/');
      return [known.get(bucket) ?? bucket, folder && `/${folder}/*`].filter(Boolean).join(' ');
    }
    if (service === 'ses') return text.startsWith('configuration-set/') ? 'configuration set' : text.replace('/', ' ');
    if (service === 'dynamodb') {
      const [, table = '', kind, index] = text.split('/');
      return [known.get(table) ?? table, kind === 'stream' ? 'stream' : kind && `${kind} ${index}`]
        .filter(Boolean)
        .join(' ');
    }
    const [, name = text, alias] = text.split(':');
    return [known.get(name) ?? name, alias].filter(Boolean).join(':');
  };
  return (arn) => known.get(arn) ?? (arn.startsWith('arn:') ? resource(arn) || arn : arn);
}

const lastOf = (text: string, separator: string) => text.slice(text.lastIndexOf(separator) + 1);
const parsed = (json = '{}') => JSON.parse(json) as Record<string, string>;
