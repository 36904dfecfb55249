import { describe, expect, it } from 'vitest';
import { anchorsOf, documents, exists, relativeLinks } from './markdown.ts';

describe.each(documents)('%s', (path) => {
  it('leads only to what is there', () => {
    const dead = relativeLinks(path).filter(
      (link) => !exists(link.path) || (link.anchor !== '' && !anchorsOf(link.path).includes(link.anchor)),
    );
    expect(dead.map((link) => link.target)).toEqual([]);
  });
});
