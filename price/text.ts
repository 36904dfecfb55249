/** Numbers and tables as text. */

/** A hundred thousandth of a USD has no place in a table. */
export const usd = (value: number): string => value.toFixed(2);

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

export const percent = (share: number): string => {
  const value = share * 100;
  return `${value === 0 || value >= 10 ? whole(value) : value >= 0.1 ? value.toFixed(1) : '< 0.1'}%`;
};

/** Numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const numeric = head.map((_, at) => at > 0 && rows.every((row) => /^[*\d.,%< ]*$/.test(row[at] ?? '')));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(numeric.map((right) => (right ? '---:' : '---'))), ...rows.map(line)].join('\n');
}
