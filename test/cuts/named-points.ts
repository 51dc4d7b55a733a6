import { failpointLists } from '../../agent/failpoints.ts';

type FailpointList = keyof typeof failpointLists;

/** Of each list of failpoints that the agent has the test that demands its names. */
export const demandedBy = {
  update: 'killed.slow.test.ts',
  handover: 'handover.slow.test.ts',
  service: 'services.slow.test.ts',
  action: 'actions.test.ts',
} as const satisfies Record<FailpointList, string>;

/** What a list has that is none of the points that were passed. */
export function notPassed(list: FailpointList, points: Iterable<string>): readonly string[] {
  const passed = new Set(points);
  return failpointLists[list].filter((name) => !passed.has(name));
}
