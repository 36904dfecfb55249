/** Minor units (cents) as people read them: `18000, 'EUR'` → `180.00 EUR`. Two-decimal currencies only. */
export const money = (minorUnits: number, currency: string): string =>
  `${(minorUnits / 100).toFixed(2)} ${currency.toUpperCase()}`;
