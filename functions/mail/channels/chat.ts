/** The chats of a deployment: what the secret holds for them. */

import * as z from 'zod';
import { fromSecret } from '../../../adapters/secret.ts';
import type { Channel } from '../../../core/directory.ts';
import type { Notifier } from './notify.ts';
import { slackDirect, slackWebhook } from './slack.ts';
import { teamsWebhook } from './teams.ts';

/** The chat secret, as JSON. Webhooks by the names that people's channels use. */
const chatSecret = z.object({
  slack: z.object({ token: z.string(), url: z.url().default('https://slack.com/api') }).optional(),
  webhooks: z.record(z.string(), z.url()).default({}),
});
type ChatSecret = z.infer<typeof chatSecret>;

/** `arn`: empty where the deployment has no chats. */
export function chats(arn: string): Record<Exclude<Channel['by'], 'mail'>, Notifier> {
  const secret: () => Promise<ChatSecret> =
    arn === ''
      ? async () => ({ webhooks: {} })
      : fromSecret(arn, 'The chat secret', (text) => chatSecret.parse(JSON.parse(text)));
  const webhook = async (channel: Channel): Promise<string> => {
    const name = 'webhook' in channel ? channel.webhook : '';
    const url = (await secret()).webhooks[name];
    if (url === undefined) throw new Error(`the chat secret has no webhook ${name}`);
    return url;
  };
  return {
    async slack(_to, channel, message) {
      const { slack } = await secret();
      if (!slack || channel.by !== 'slack') throw new Error('the chat secret has no Slack token');
      return slackDirect(slack, channel.member, message);
    },
    slack_webhook: async (_to, channel, message) => slackWebhook(await webhook(channel), message),
    teams: async (_to, channel, message) => teamsWebhook(await webhook(channel), message),
  };
}
