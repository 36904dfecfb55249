import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  LINK_KEY_ID: z.string(),
  /** The queue that this function works off. */
  QUEUE_URL: z.string(),
  /** The address mails come from. */
  SENDER: z.string(),
  /** With which links begin, without a slash at the end. */
  BASE_URL: z.string(),
  CONFIGURATION_SET: z.string(),
  /** Empty where the deployment has no chats. */
  CHAT_SECRET_ARN: z.string(),
});
