/** A process that has an intent's id and nothing else: tells each event's number, and how it ended. */

import { HoldpointClient } from '../../../clients/sdk/index.ts';

const { HOLDPOINT_URL: baseUrl = '', HOLDPOINT_API_KEY: apiKey = '' } = process.env;
const hp = new HoldpointClient({ baseUrl, apiKey });
const { approved, decidedBy } = await hp.decisionOf(process.argv[2] ?? '', {
  onEvent: ({ seq, event_type }) => console.log(`event ${seq} ${event_type}`),
});
console.log(`decided ${approved} by ${decidedBy}`);
