import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { readShape, type State, shapeNames as shapes, targets, waitsForToken } from '../../infra/state-machine.ts';
import { reachable } from '../../statemachines/testing/walk.ts';
import { forms } from './forms.ts';

const graphs = [
  ...shapes.map((shape) => ({ name: `statemachines/${shape}.asl.json`, definition: readShape(shape) })),
  ...forms,
];
const retryable = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
  'RetryableError',
];
const retries = (state: State) => (state.Retry ?? []) as { ErrorEquals: string[]; [field: string]: unknown }[];

function* strings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value && typeof value === 'object') for (const inner of Object.values(value)) yield* strings(inner);
}

describe.each(graphs)('$name', ({ definition }) => {
  const states = Object.entries(definition.States);
  const tasks = states.filter(([, state]) => state.Type === 'Task');

  it('is valid Amazon States Language in JSONata', () => {
    // It fills in defaults where it reads.
    expect(validate(structuredClone(definition))).toMatchObject({ isValid: true });
    expect(definition.QueryLanguage).toBe('JSONata');
    expect(states.filter(([, state]) => 'QueryLanguage' in state)).toEqual([]);
  });

  it('has every state reachable and every target present', () => {
    expect([...reachable(definition)].sort()).toEqual(Object.keys(definition.States).sort());
    const ends = states.filter(([, state]) => state.Type === 'Succeed' || state.End || targets(state).length > 0);
    expect(ends).toHaveLength(states.length);
  });

  it('ends every wait for a token at an absolute time', () => {
    for (const [, state] of states.filter(([, { Resource }]) => Resource?.includes('waitForTaskToken'))) {
      expect(waitsForToken(state)).toBe(true);
      expect(state.TimeoutSeconds).toBe(
        '{% $max([1, $ceil(($toMillis($states.input.waitUntil) - $millis()) / 1000)]) %}',
      );
      expect(state.HeartbeatSeconds).toBeUndefined();
    }
  });

  it('retries what the service or the handler calls retryable, with full jitter, and nothing else', () => {
    for (const [, state] of tasks) {
      expect(retries(state)).toHaveLength(1);
      for (const { ErrorEquals, JitterStrategy } of retries(state)) {
        expect(retryable).toEqual(expect.arrayContaining(ErrorEquals));
        expect(JitterStrategy).toBe('FULL');
      }
    }
  });

  it('catches everything last, and a superseded or cancelled run before', () => {
    for (const [name, { Catch = [] }] of tasks) {
      const caughtBy = (error: string) => Catch.find(({ ErrorEquals }) => ErrorEquals.includes(error))?.Next;
      expect(caughtBy('Superseded'), name).toBe('ENDED');
      expect(caughtBy('Cancelled'), name).toBe('ENDED');
      if (name === 'RECORD_FAILURE') expect(caughtBy('States.ALL')).toBeUndefined();
      else expect(Catch.at(-1), name).toMatchObject({ ErrorEquals: ['States.ALL'], Next: 'RECORD_FAILURE' });
    }
    expect(definition.States.RECORD_FAILURE?.Next).toBe('ENDED');
  });

  it('never retries a timeout or an unknown end of a side effect: those wait and look up', () => {
    for (const [name, state] of tasks.filter(([, { Arguments }]) => JSON.stringify(Arguments).includes('Tools'))) {
      const retried = retries(state).flatMap(({ ErrorEquals }) => ErrorEquals);
      const lookedUp = state.Catch?.find(({ Next }) => Next === 'WAIT_FOR_TOOL')?.ErrorEquals;
      expect(retried).not.toContain('Lambda.ClientExecutionTimeoutException');
      expect(lookedUp, name).toEqual(
        expect.arrayContaining(['OutcomeUnknownError', 'States.Timeout', 'Lambda.Unknown']),
      );
      // Retries that ran out leave the outcome open as well.
      expect(lookedUp, name).toEqual(expect.arrayContaining(retryable));
    }
  });

  it('keeps what it was given: every Output and Catch starts from the input', () => {
    for (const [name, state] of tasks) {
      const outputs = [state.Output, ...(state.Catch ?? []).map(({ Output }) => Output)];
      for (const output of outputs)
        expect(output, name).toMatch(/^{% (\$states\.input %}$|\$merge\(\[\$states\.input, )/);
    }
  });

  it('names no resource of an account', () => {
    const arns = [...strings(definition)].filter(
      (text) => text.includes('arn:') && !text.startsWith('arn:aws:states:::'),
    );
    expect(arns).toEqual([]);
  });
});

describe.each(shapes)('statemachines/%s.asl.json as a file', (shape) => {
  const text = readFileSync(new URL(`../../statemachines/${shape}.asl.json`, import.meta.url), 'utf8');

  it('has substitutions only inside strings', () => {
    const inStrings = [...strings(JSON.parse(text))].join('\n').match(/\$\{\w+\}/g) ?? [];
    expect(text.match(/\$\{/g)).toHaveLength(inStrings.length);
    const names = inStrings.map((placeholder) => placeholder.slice(2, -1));
    expect([...new Set(names)].sort()).toEqual(shape === 'action' ? ['StepsArn', 'Tools'] : ['StepsArn']);
  });
});
