/** A worker that takes on what comes and never ends it. */

import { HoldpointClient } from '../../../clients/sdk/index.ts';

const { HOLDPOINT_URL: baseUrl = '', HOLDPOINT_API_KEY: apiKey = '' } = process.env;
const hp = new HoldpointClient({ baseUrl, apiKey });
await hp.listen(
  process.argv[2] ?? '',
  async ({ intent, fencingToken }) => {
    console.log(`has ${intent.intent_id} under ${fencingToken}`);
    await new Promise((done) => setTimeout(done, 3_600_000));
    return {};
  },
  { leaseSeconds: 5 },
);
