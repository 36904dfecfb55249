import { RemovalPolicies } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { pascalCase } from '../names.ts';
import type { Tool } from '../tools.ts';
import { type EnvironmentOf, NodeFunction } from './node-function.ts';
import type { ProviderSecret } from './provider-secret.ts';
import { commitEffects, commitIntents, heedStops, settleOwed, spendBudgets } from './table-rights.ts';
import type { Tables } from './tables.ts';

/** A tool mostly waits for its provider. */
const memoryMegabytes = 512;

export interface ToolFunctionProps {
  tool: Tool;
  config: Config;
  tables: Tables;
  secret: ProviderSecret;
}

/**
 * The function of a tool. It gets what its `env.ts` asks for, and the rights that go with it: the provider's key; for an
 * effect also the tables. Runs may wait for it for months, so its logical id is pinned and a kept stage never deletes it.
 */
export class ToolFunction extends NodeFunction {
  constructor(scope: Construct, id: string, props: ToolFunctionProps) {
    const { tool, config, tables, secret } = props;
    super(scope, id, {
      folder: `tools/${tool.contract.name}`,
      env: tool.env,
      environment: asked(tool, {
        PROVIDER_SECRET_ARN: secret.arn,
        PROVIDER_URL: config.providerUrl,
        ...(tool.contract.effectClass === 'read' ? {} : tables.environment),
      }),
      config,
      memoryMegabytes,
      timeoutSeconds: tool.contract.functionTimeoutSeconds,
    });
    (this.function.node.defaultChild as CfnFunction).overrideLogicalId(toolLogicalId(tool.contract.name));
    if (config.stage === 'kept') RemovalPolicies.of(this).retain();
    if ('PROVIDER_SECRET_ARN' in tool.env.shape) secret.usedBy(this);
    if (tool.contract.effectClass === 'read') return;
    commitIntents(this, tables);
    heedStops(this, tables);
    spendBudgets(this, tables);
    commitEffects(this, tables);
    settleOwed(this, tables);
  }
}

/** The pinned logical id of a tool's function. */
const toolLogicalId = (name: string): string => `Tool${pascalCase(name)}`;

function asked(tool: Tool, known: Record<string, string>): EnvironmentOf<Tool['env']> {
  const unknown = Object.keys(tool.env.shape).filter((key) => !(key in known));
  if (unknown.length > 0) {
    throw new Error(`functions/tools/${tool.contract.name}/env.ts asks for ${unknown.join(', ')}, which it can't get`);
  }
  return Object.fromEntries(Object.entries(known).filter(([key]) => key in tool.env.shape));
}
