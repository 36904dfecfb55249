import { tablesEnv } from '../../../../../adapters/lambda/tables.ts';
import { providerEnv } from '../../../../../functions/tools/provider.ts';

export const env = tablesEnv.extend(providerEnv.shape);
