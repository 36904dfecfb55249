import { HoldpointClient } from '@holdpoint/sdk';

const hp = new HoldpointClient({ baseUrl: process.env.HOLDPOINT_URL, apiKey: process.env.HOLDPOINT_API_KEY });
const decision = await hp.waitForHuman({ task: 'Deploy v2 of the shop?', assignee: 'ada' });
console.log(decision.approved ? 'Deploying.' : `Not deploying: ${decision.comment}`);
