/** Evidence: read tools of effect class `read`, called through their contracts before a policy decides. */

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RetryableError, TerminalError } from '../core/errors.ts';
import type { ActionType, Evidence } from '../core/intent-type.ts';
import type { JsonObject } from '../core/json.ts';
import type { ToolContract } from '../core/tools.ts';

/** Whether the function threw one of ours that no other try mends; `text`: what Lambda tells of an error. */
function isTerminal(text: string): boolean {
  try {
    return (JSON.parse(text) as { errorType?: unknown }).errorType === 'TerminalError';
  } catch {
    return false;
  }
}

const refused = (tool: ToolContract) =>
  new TerminalError('evidence_refused', `What ${tool.name} was asked, its source refused.`);

/** `arns`: name of a read tool → ARN of its function. Reads all sources side by side. Throws RetryableError, TerminalError. */
export function evidenceReader(arns: Record<string, string>) {
  const lambda = new LambdaClient({});

  async function read(tool: ToolContract, args: JsonObject): Promise<JsonObject> {
    const arn = arns[tool.name];
    if (arn === undefined) throw new TerminalError('unknown_tool', `No function is deployed for ${tool.name}.`);
    const unread = (cause?: unknown) => new RetryableError(`${tool.name} could not be read.`, cause);
    const asked = new InvokeCommand({ FunctionName: arn, Payload: JSON.stringify({ args: tool.input.parse(args) }) });
    const answer = await lambda.send(asked).catch((error: unknown) => {
      throw unread(error);
    });
    const text = answer.Payload?.transformToString() ?? '';
    if (answer.FunctionError) throw isTerminal(text) ? refused(tool) : unread();
    return tool.output.parse(JSON.parse(text)) as JsonObject;
  }

  return async (type: ActionType, payload: JsonObject): Promise<Record<string, Evidence>> => {
    const found = type.evidence.map(async (source): Promise<[string, Evidence]> => {
      const value = await read(source.tool, source.args(payload));
      const readAt = new Date().toISOString();
      return [
        source.name,
        {
          source: source.tool.name,
          title: source.title,
          readAt,
          value,
          shown: source.shown(value),
          ...(source.url ? { url: source.url(value) } : {}),
        },
      ];
    });
    return Object.fromEntries(await Promise.all(found));
  };
}
