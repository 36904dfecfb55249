import type { z } from 'zod';
import type { IntentType } from '../core/intent-type.ts';
import type { ToolContract } from '../core/tools.ts';

/** A tool's contract, and the schema of its function's environment. */
export interface Tool {
  contract: ToolContract;
  env: z.ZodObject;
}

/**
 * The tools that the intent types use, each once: effects and reads.
 *
 * @throws Error when a tool has no folder `functions/tools/<name>` with an `env.ts`, or two contracts share a name
 */
export async function loadTools(types: readonly IntentType[]): Promise<Tool[]> {
  const contracts = new Map<string, ToolContract>();
  for (const contract of types.flatMap(contractsOf)) {
    const known = contracts.get(contract.name);
    if (known && known !== contract) throw new Error(`Two tools are named ${contract.name}`);
    contracts.set(contract.name, contract);
  }
  return Promise.all(
    [...contracts.values()].map(async (contract) => {
      const { env } = (await import(`../functions/tools/${contract.name}/env.ts`)) as { env: z.ZodObject };
      return { contract, env };
    }),
  );
}

/** What a type acts with and reads with. */
function contractsOf(type: IntentType): ToolContract[] {
  return type.shape === 'approval' ? [] : [...type.tools, ...type.evidence.map(({ tool }) => tool)];
}
