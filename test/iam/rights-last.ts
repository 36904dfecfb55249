import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The proof of the rights looks at what every other test of the deployed stack did: its file runs after them. */
export class RightsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLast = ({ moduleId }: TestSpecification) => moduleId.includes('/test/iam/');
    return [...sorted.filter((file) => !isLast(file)), ...sorted.filter(isLast)];
  }
}
