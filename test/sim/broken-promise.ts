/** What is looked at, by the promises of docs/ARCHITECTURE.md. */
export type PromiseName =
  | 'one ledger'
  | 'a slot has no other life'
  | 'free needs an end and evidence'
  | 'everything down counts'
  | 'disturbed only under a begun slot'
  | 'what UVS sets, UVS unsets'
  | 'no silent waiting'
  | 'all comes to its end';

/** What is wrong, in one sentence; the first one ends a run. */
export class BrokenPromise extends Error {
  readonly promise: PromiseName;

  constructor(promise: PromiseName, sentence: string) {
    super(sentence);
    this.promise = promise;
  }
}

export type Demand = (holds: boolean, otherwise: string) => void;

/** Makes what throws a BrokenPromise where something does not hold. */
export function demandOf(promise: PromiseName): Demand {
  return (holds, otherwise) => {
    if (!holds) throw new BrokenPromise(promise, otherwise);
  };
}
