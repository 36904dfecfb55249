import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../../core/ports.ts';

/** The clock and the ids of production. Ids sort by time (UUID v7). */
export const context = (): Context => ({ now: new Date().toISOString(), newId: () => uuidv7() });
