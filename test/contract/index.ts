import { agentCases } from './agents.ts';
import { peopleCases } from './people.ts';
import type { Case } from './place.ts';
import { scenarioCases } from './scenarios.ts';

/** What holds in every place: the world for users' tests, and the deployed stack. */
export const contract: readonly Case[] = [...agentCases, ...peopleCases, ...scenarioCases];
