/** The tables in memory, as DynamoDB's document client shows them: the adapters' own commands, conditions and items. */

import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

// biome-ignore lint/suspicious/noExplicitAny: an item holds whatever was put
export type Item = Record<string, any>;
/** Table → its items. */
export type Content = Record<string, Item[]>;

interface Written {
  TableName: string;
  Key?: Item;
  Item?: Item;
  ConditionExpression?: string;
  UpdateExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
}
interface Command {
  constructor: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: looked at by the command's name
  input: any;
}

const idOf = (table: string, { pk, sk }: Item): string => `${table} ${pk} ${sk}`;

export class TablesInMemory {
  #items = new Map<string, { table: string; item: Item }>();

  /** All items, in the order they came. */
  content(): Content {
    const content: Content = {};
    for (const { table, item } of this.#items.values()) {
      content[table] ??= [];
      content[table].push(structuredClone(item));
    }
    return content;
  }

  restore(content: Content): void {
    this.#items = new Map(
      Object.entries(content).flatMap(([table, items]) =>
        items.map((item) => [idOf(table, item), { table, item: structuredClone(item) }] as const),
      ),
    );
  }

  async send(command: Command): Promise<unknown> {
    const { input } = command;
    switch (command.constructor.name) {
      case 'GetCommand':
        return { Item: this.#get(input.TableName, input.Key) };
      case 'QueryCommand':
        return { Items: this.#query(input) };
      case 'PutCommand':
      case 'DeleteCommand':
      case 'UpdateCommand':
        if (!this.#holds(input)) throw new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
        return { Attributes: this.#write(input) };
      case 'TransactWriteCommand':
        return this.#transact(input.TransactItems);
      default:
        throw new Error(`no table knows ${command.constructor.name}`);
    }
  }

  #get(table: string, key: Item): Item | undefined {
    const found = this.#items.get(idOf(table, key))?.item;
    return found && structuredClone(found);
  }

  #query({ TableName, IndexName, ExpressionAttributeValues: values }: Item): Item[] {
    const items = (this.content()[TableName] ?? []).sort((a, b) => (a.sk < b.sk ? -1 : 1));
    if (IndexName) return items.filter((one) => one.shard === values[':shard'] && one.dueAt <= values[':now']);
    return items.filter((one) => one.pk === values[':pk'] && one.sk >= values[':from'] && one.sk <= values[':to']);
  }

  #transact(operations: Record<string, Written>[]): object {
    const parts = operations.map((operation) => Object.values(operation)[0] as Written);
    const reasons = parts.map((part) => {
      if (this.#holds(part)) return { Code: 'None' };
      const item = this.#get(part.TableName, part.Key ?? part.Item ?? {});
      return { Code: 'ConditionalCheckFailed', ...(item ? { Item: marshall(item) } : {}) };
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: 'no', $metadata: {}, CancellationReasons: reasons });
    for (const [index, part] of parts.entries()) if (!operations[index]?.ConditionCheck) this.#write(part);
    return {};
  }

  #holds(part: Written): boolean {
    const { ConditionExpression, ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = part;
    const item = this.#get(part.TableName, part.Key ?? part.Item ?? {}) ?? {};
    const term = (text: string): boolean => {
      const [, not, attribute = ''] = /^attribute_(not_)?exists\((\S+)\)$/.exec(text) ?? [];
      if (attribute) return (item[attribute] === undefined) === (not !== undefined);
      const [, one = '', among] = /^(\S+) IN \((.*)\)$/.exec(text) ?? [];
      if (among !== undefined) return among.split(', ').some((name) => values[name] === item[names[one] ?? one]);
      const [left = '', sign, right = ''] = text.split(' ');
      const [is, wanted] = [item[names[left] ?? left], values[right]];
      return sign === '=' ? is === wanted : is <= wanted;
    };
    return (ConditionExpression ?? '')
      .split(' OR ')
      .some((all) => all === '' || all.split(' AND ').every((text) => term(text.trim())));
  }

  #write({ TableName, Key, Item: put, UpdateExpression, ExpressionAttributeValues: values = {} }: Written): Item {
    const key = put ?? Key ?? {};
    if (!put && !UpdateExpression) {
      this.#items.delete(idOf(TableName, key));
      return {};
    }
    // What the client leaves out of an item, and numbers as numbers: as it would come back.
    const item: Item = JSON.parse(JSON.stringify(put ?? { ...key, ...this.#get(TableName, key) }));
    for (const [, name = '', first, value = ''] of (UpdateExpression ?? '').matchAll(
      /(\w+) = (if_not_exists\(\w+, )?(:\w+)/g,
    ))
      item[name] = first ? (item[name] ?? values[value]) : values[value];
    for (const [, name = '', value = ''] of (UpdateExpression ?? '').matchAll(/ADD (\w+) (:\w+)/g))
      item[name] = (item[name] ?? 0) + values[value];
    this.#items.set(idOf(TableName, item), { table: TableName, item });
    return structuredClone(item);
  }
}
