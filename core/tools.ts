import type { z } from 'zod';
import type { Spends } from './budget.ts';
import { canonicalJson, type JsonObject } from './json.ts';
import type { EffectClass } from './plan.ts';

/**
 * One side effect (or one read) behind a contract. Order of times, all seconds:
 * provider timeout + two commits < function timeout < lease < state timeout.
 */
export interface ToolContract<In extends z.ZodObject = z.ZodObject, Out extends z.ZodObject = z.ZodObject> {
  name: string;
  /** Goes into the plan's hash: raise it when the meaning of the input changes. */
  version: string;
  /**
   * Earlier versions whose plans this one executes too: those under which the same arguments mean the same. They are
   * validated again first. A plan of any other version is not executed, and has to be asked for anew.
   */
  alsoExecutes?: readonly string[];
  owner: string;
  effectClass: EffectClass;
  /** Strict: unknown fields are refused, in and out. */
  input: In;
  output: Out;
  /** How much money a call moves, for budgets. A tool that moves money says it. */
  moves?(args: z.infer<In>): { minorUnits: number; currency: string };
  /** Input fields that are masked in mail, logs and errors. */
  sensitive: readonly string[];
  providerTimeoutSeconds: number;
  functionTimeoutSeconds: number;
  leaseSeconds: number;
  stateTimeoutSeconds: number;
  /** How long after a call its result is certain to show in a look-up. */
  settleAfterSeconds: number;
}

/** What a call uses up of budgets. USD count as cost too; nothing is converted. */
export function spendsOf({ moves }: ToolContract, args: JsonObject): Spends {
  const moved = moves?.(args);
  if (!moved) return { tool_calls: 1 };
  const usd = moved.currency === 'USD' ? { cost_usd: moved.minorUnits * microsPerCent } : {};
  return { tool_calls: 1, [`money_${moved.currency}`]: moved.minorUnits, ...usd };
}

const microsPerCent = 10_000;

/** What two commits may take at most; part of the order of times. */
const commitsSeconds = 4;

/** Declares a tool; throws at load if its times can't hold their order, a version stands beside itself, or it moves money and does not say how much. */
export function defineTool<In extends z.ZodObject, Out extends z.ZodObject>(
  tool: ToolContract<In, Out>,
): ToolContract<In, Out> {
  const order = [
    tool.providerTimeoutSeconds + commitsSeconds,
    tool.functionTimeoutSeconds,
    tool.leaseSeconds,
    tool.stateTimeoutSeconds,
  ];
  if (order.some((seconds, i) => i > 0 && seconds <= (order[i - 1] ?? 0)))
    throw new RangeError(
      `${tool.name}: provider + commits < function < lease < state does not hold: ${order.join(' < ')}`,
    );
  const versions = [tool.version, ...(tool.alsoExecutes ?? [])];
  if (new Set(versions).size < versions.length)
    throw new RangeError(`${tool.name}: a version is named twice: ${versions.join(', ')}`);
  if (tool.effectClass === 'money' && !tool.moves) throw new RangeError(`${tool.name}: how much money does it move?`);
  return tool;
}

/**
 * The fields for which a tool does not take arguments as they are: refused by its input schema, or changed by it, since
 * what is executed is exactly what was approved. Paths only, never a value. Empty: it takes them.
 */
export function misfits({ input }: ToolContract, args: JsonObject): string[] {
  const parsed = input.safeParse(args);
  if (parsed.success) return changedFields(args, parsed.data as JsonObject);
  const paths = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  return [...new Set(paths.map((path) => path.map(String).join('.') || '(arguments)'))];
}

const changedFields = (before: JsonObject, after: JsonObject): string[] =>
  Object.keys({ ...before, ...after }).filter((field) => textOf(before[field]) !== textOf(after[field]));

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : canonicalJson(value));

/** A tool's arguments as mail, logs and errors may show them: of a sensitive value only that there is one. */
export const maskArgs = (args: Record<string, unknown>, sensitive: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [key, sensitive.includes(key) ? '••••' : value]));
