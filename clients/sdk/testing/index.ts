export type { Tool } from './house.ts';
export { type Choice, createTestWorld, TestWorld, type TestWorldOptions } from './world.ts';
