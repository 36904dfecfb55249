/** For each name in `-c pairs=100,1000` a deployment of Holdpoint and one of the bare sample. */

import { App } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { loadConfig } from '../infra/config.ts';
import { HoldpointStack } from '../infra/holdpoint-stack.ts';
import { loadTools } from '../infra/tools.ts';
import { intentTypes } from '../intents/index.ts';
import { BareStack } from './bare/stack.ts';

const app = new App();
const config = loadConfig(app.node);
const tools = await loadTools(intentTypes);
for (const pair of String(app.node.getContext('pairs')).split(',')) {
  stopSweep(new HoldpointStack(app, `Holdpoint${pair}`, { config, intentTypes, tools }));
  new BareStack(app, `Bare${pair}`, { config });
}
app.synth();

/** The emulator reads all of an index where DynamoDB reads what is due: once a minute it would stand still. */
function stopSweep(stack: HoldpointStack): void {
  for (const construct of stack.node.findAll()) if (construct instanceof CfnSchedule) construct.state = 'DISABLED';
}
