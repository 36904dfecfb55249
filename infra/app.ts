import { App } from 'aws-cdk-lib';
import { intentTypes } from '../intents/index.ts';
import { loadConfig } from './config.ts';
import { HoldpointStack } from './holdpoint-stack.ts';
import { loadTools } from './tools.ts';

const app = new App();
new HoldpointStack(app, 'Holdpoint', {
  config: loadConfig(app.node),
  intentTypes,
  tools: await loadTools(intentTypes),
});
app.synth();
