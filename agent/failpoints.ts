/** Points at which a test may let the agent die, in the order in which a release, or going back from it, meets them. */
const updateFailpoints = [
  'opened',
  'segment-staged',
  'segments-marked',
  'everything-staged',
  'staged-proven',
  'staged-recorded',
  'grant-recorded',
  'begun-recorded',
  'pre-recorded',
  'pre-task-recorded',
  'pre-task-ran',
  'pre-task-end-recorded',
  'stopping-recorded',
  'services-stopped',
  'plan-written',
  'half-of-originals-linked',
  'originals-linked',
  'committing-recorded',
  'directories-made',
  'first-file-renamed',
  'half-of-files-renamed',
  'files-renamed',
  'half-of-removals-done',
  'committed',
  'committed-and-synced',
  'starting-recorded',
  'services-started',
  'post-recorded',
  'post-task-recorded',
  'post-task-ran',
  'post-task-end-recorded',
  'confirming-recorded',
  'read-back',
  'release-remembered',
  'way-back-described',
  'cleanup-task-recorded',
  'cleanup-task-ran',
  'cleanup-task-end-recorded',
  'done-recorded',
  'installed-written',
  'originals-retained',
  'retained-recorded',
  'end-settled',
  'staging-removed',
  'back-recorded',
  'back-services-stopped',
  'back-half-restored',
  'back-restored',
  'back-services-started',
  'rolled-back-recorded',
] as const;

/** The same for a release that brings another agent; from `trial-begun` on they are met by that one. */
const handoverFailpoints = [
  'handover-prepared',
  'handing-over-recorded',
  'handover-recorded',
  'trial-begun',
  'handover-confirmed',
  'handover-given-back',
  'agents-swept',
  'handover-forgotten',
] as const;

/** The same for a release that stops services. */
const serviceFailpoints = ['services-recorded', 'service-stopped', 'units-reread', 'service-started'] as const;

/** The same for restarts, reboots and migrations. */
const actionFailpoints = [
  'restarting-recorded',
  'units-recorded',
  'unit-restarted',
  'rebooting-recorded',
  'boot-recorded',
  'reboot-asked',
  'migrating-recorded',
] as const;

/** All of them. The names of each list are demanded by one test, which sees that they are passed and dies there: test/cuts/named-points.ts. */
export const failpointLists = {
  update: updateFailpoints,
  handover: handoverFailpoints,
  service: serviceFailpoints,
  action: actionFailpoints,
} as const;

export type FailpointName = (typeof failpointLists)[keyof typeof failpointLists][number];

/** Hears when the agent passes a point; only tests do anything there. */
export interface Failpoints {
  pass(point: FailpointName): void;
}

/** Does nothing, as in production. */
export const noFailpoints: Failpoints = { pass: () => undefined };
