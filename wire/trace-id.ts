/** What a client may choose as its trace id; everything else gets one of ours. */

const traceIdShape = /^[A-Za-z0-9._:-]{1,64}$/;

export const isTraceId = (given: string | null | undefined): given is string => traceIdShape.test(given ?? '');
