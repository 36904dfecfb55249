/** The templates of the deployment, synthesized without bundling the functions. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseConfig } from '../infra/config.ts';
import { HoldpointStack } from '../infra/holdpoint-stack.ts';
import { loadTools } from '../infra/tools.ts';
import { intentTypes } from '../intents/index.ts';

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are whatever CloudFormation takes
  Properties?: any;
}

const root = join(import.meta.dirname, '..');
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** All resources of all templates, of the configuration that the repository has. */
export async function resources(): Promise<Resource[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdpoint-price-'));
  try {
    const app = new App({
      outdir: folder,
      context: { ...read(join(root, 'cdk.json')).context, 'aws:cdk:bundling-stacks': [] },
    });
    const config = parseConfig(read(join(root, 'holdpoint.config.json')), 'holdpoint.config.json');
    const stack = new HoldpointStack(app, 'Holdpoint', { config, intentTypes, tools: await loadTools(intentTypes) });
    app.synth();
    return stack.node
      .findAll()
      .filter((construct) => 'templateFile' in construct)
      .flatMap((one) => Object.values<Resource>(read(join(folder, String(one.templateFile))).Resources));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
