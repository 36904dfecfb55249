import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tells workers how many files of tests run before. */
export const filesBefore = 'HOLDPOINT_FILES_BEFORE';

/** The tests of rights and secrets look at what all others of the deployed stack did: they run after them, by name. */
export class RightsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLast = ({ moduleId }: TestSpecification) => moduleId.includes('/test/iam/');
    const last = sorted.filter(isLast).sort((a, b) => a.moduleId.localeCompare(b.moduleId));
    process.env[filesBefore] = String(sorted.length - last.length);
    return [...sorted.filter((file) => !isLast(file)), ...last];
  }
}
