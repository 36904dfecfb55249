/** A person who is told by chat, and the chats that tell her. */

import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { directoryPk, personPrefix } from '../../adapters/rows.ts';
import type { Channel } from '../../core/directory.ts';
import { type ChatEndpoint, slackToken, startChatEndpoint } from '../functions/chat-endpoint.ts';
import { approvalIntent, aws, dynamo, restartEmulator, stack, tables } from './world.ts';

const key = { pk: directoryPk, sk: `${personPrefix}dora` };

export interface Dora {
  chat: ChatEndpoint;
  /** What came to her chats of the task with this title. */
  told(title: string): ChatEndpoint['received'];
  chooses(channels: Channel[]): Promise<void>;
  leaves(): Promise<void>;
}

export const asksDora = (title: string) => ({ ...approvalIntent(), human_task: { title, assignees: ['dora'] } });

/** The secret's one Slack and its two webhooks lead to `chat`; whoever mails is cold, since a warm function keeps what it read of it for minutes. */
export async function startChats(): Promise<Dora> {
  await restartEmulator();
  const chat = await startChatEndpoint();
  const SecretString = JSON.stringify({
    slack: { token: slackToken, url: `${chat.url}/slack` },
    webhooks: { 'dora-slack': `${chat.url}/hooks/slack/T0/B0/x`, 'dora-teams': `${chat.url}/hooks/teams/1` },
  });
  const secrets = new SecretsManagerClient(aws);
  await secrets.send(new PutSecretValueCommand({ SecretId: stack.outputs.ChatSecretArn, SecretString }));
  return {
    chat,
    told: (title) => chat.received.filter(({ body }) => JSON.stringify(body).includes(title)),
    async chooses(channels) {
      const Item = { ...key, name: 'Dora Example', mail: 'dora@example.com', roles: [], channels };
      await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
    },
    async leaves() {
      await dynamo.send(new DeleteCommand({ TableName: tables.people, Key: key }));
      await chat.close();
    },
  };
}
