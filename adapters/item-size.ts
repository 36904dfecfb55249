/** Sizes and units as DynamoDB bills them (docs: "DynamoDB item sizes and formats"). */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

/** A write unit writes this much. */
const writeUnitBytes = 1024;
/** A strongly consistent read unit reads this much. */
const readUnitBytes = 4096;

/** A list or a map, and each thing in it, costs this beside its content, bytes. */
const containerBytes = 3;
const elementBytes = 1;

const utf8 = (text: string): number => Buffer.byteLength(text);

/** Bytes of an item: names and values of its attributes. Of numbers that no table holds too: whoever writes one is refused then. */
export const itemBytes = (item: object): number =>
  attributesBytes(marshall(item, { removeUndefinedValues: true, allowImpreciseNumbers: true }));

const attributesBytes = (attributes: Record<string, AttributeValue>): number =>
  Object.entries(attributes).reduce((sum, [name, value]) => sum + utf8(name) + valueBytes(value), 0);

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return utf8(value.S);
  // Two digits a byte and one more; DynamoDB also drops zeros at either end, which we don't, so that sizes don't vary.
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.M !== undefined)
    return containerBytes + elementBytes * Object.keys(value.M).length + attributesBytes(value.M);
  if (value.L !== undefined)
    return containerBytes + value.L.reduce((sum, one) => sum + elementBytes + valueBytes(one), 0);
  return 1;
}

/** At least one: also what is not there is written and read. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / writeUnitBytes));
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / readUnitBytes));
