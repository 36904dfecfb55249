/** `node --import`: loads one file of the product with the bug that PLANT names. */

import { registerHooks } from 'node:module';
import { plants } from './plants.ts';

const plant = plants[process.env.PLANT ?? ''];
if (!plant) throw new Error(`There is no plant ${process.env.PLANT}.`);
const url = new URL(`../../${plant.file}`, import.meta.url).href;

registerHooks({
  load(loaded, context, next) {
    const module = next(loaded, context);
    if (loaded !== url) return module;
    const source = String(module.source);
    if (source.split(plant.find).length !== 2) throw new Error(`${plant.file} no longer has once: ${plant.find}`);
    return { ...module, source: source.replace(plant.find, () => plant.put) };
  },
});
