/** A tool's function: what `useTool` does, on AWS. */

import type { Store } from '../../core/ports.ts';
import type { ToolContract } from '../../core/tools.ts';
import { context as production } from './context.ts';
import { stepHandler } from './step.ts';
import { type Provider, toolEvent, useTool } from './use-tool.ts';

export const effectTool = <C extends ToolContract>(tool: C, store: Store, provider: Provider<C>) =>
  stepHandler(toolEvent, useTool(tool, store, provider, production));
