import { describe, expect, it } from 'vitest';
import { codeBlocks, documents, inPlace, textOf } from './markdown.ts';

describe.each(documents)('%s', (path) => {
  it('shows files as they are', () => {
    for (const { says, code } of codeBlocks(path)) if (says.file) expect(code, says.file).toBe(inPlace(says.file));
  });
});

describe('README.md', () => {
  it('shows every file of the example, where it would stand in a deployment', () => {
    const [asks, ...shown] = codeBlocks('README.md').flatMap(({ says }) => says.file ?? []);
    expect(asks).toBe('examples/agent/ask.mjs');
    const folder = 'functions/tools/add_credit';
    const files = [`${folder}/contract.ts`, `${folder}/env.ts`, `${folder}/handler.ts`, 'intents/credit.ts'];
    expect(shown).toEqual(files.map((file) => `examples/credit/${file}`));
    for (const file of files) expect(textOf('README.md')).toContain(`\`${file}\``);
  });
});
