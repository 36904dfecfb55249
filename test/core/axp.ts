/** AXP's lifecycle, written from the contract's own sentence and not from the product's table. */

const sentence =
  'CREATED→SUBMITTED; SUBMITTED→DELIVERED, IN_PROGRESS, WAITING, FAILED, CANCELED; DELIVERED→ACKNOWLEDGED, IN_PROGRESS, WAITING, FAILED, CANCELED; ACKNOWLEDGED→IN_PROGRESS, WAITING, FAILED, CANCELED; IN_PROGRESS→WAITING, COMPLETED, FAILED, CANCELED; WAITING→IN_PROGRESS, FAILED, CANCELED';

export const axpStatuses =
  'CREATED SUBMITTED DELIVERED ACKNOWLEDGED IN_PROGRESS WAITING COMPLETED FAILED CANCELED TIMED_OUT'.split(' ');
export const axpTerminal = ['COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'];

const ways = new Set(
  sentence.split('; ').flatMap((part) => {
    const [from, to = ''] = part.split('→');
    return to.split(', ').map((one) => `${from}→${one}`);
  }),
);

/** Any open status may time out; a resolve completes from every open status. */
export const axpAllows = (from: string, to: string): boolean =>
  !axpTerminal.includes(from) && (to === 'TIMED_OUT' || to === 'COMPLETED' || ways.has(`${from}→${to}`));
