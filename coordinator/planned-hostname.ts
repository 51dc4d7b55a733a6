import type { RolloutPlanRecord } from './domain.ts';

/** How a node of a plan was called when it was planned; undefined: it is none of its nodes, or nobody wrote it down. @param place in the order */
export function plannedHostname({ order, hostnames }: RolloutPlanRecord, uid: string, place = order.indexOf(uid)): string | undefined {
  return hostnames[place];
}
