import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  MAIL_QUEUE_URL: z.string(),
  /** Where our pages are, without a slash at the end. */
  BASE_URL: z.string(),
  /** Who else signs people in (OpenID Connect); all three are empty where nobody does, the last where the client has no secret. */
  OIDC_ISSUER: z.string(),
  OIDC_CLIENT_ID: z.string(),
  OIDC_SECRET_ARN: z.string(),
});
