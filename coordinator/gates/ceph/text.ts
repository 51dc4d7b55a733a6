import * as v from 'valibot';

/** A sentence of Ceph's own, fit to be shown: no control characters, not longer than a line. */
export const answerText = v.pipe(
  v.string(),
  v.transform((text) => text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300)),
);
