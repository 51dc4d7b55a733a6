/** Every point at which a test may let the agent die, in the order in which a release meets them. */
export const failpointNames = [
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
export const handoverFailpointNames = [
  'handover-prepared',
  'handing-over-recorded',
  'handover-recorded',
  'trial-begun',
  'handover-confirmed',
  'handover-given-back',
  'agents-swept',
  'handover-forgotten',
] as const;

/** The same where a service manager runs: for a release that stops services, for restarts, reboots and migrations. */
const managedFailpointNames = [
  'services-recorded',
  'restarting-recorded',
  'units-recorded',
  'unit-restarted',
  'rebooting-recorded',
  'boot-recorded',
  'reboot-asked',
  'migrating-recorded',
] as const;

export type FailpointName =
  (typeof failpointNames)[number] | (typeof handoverFailpointNames)[number] | (typeof managedFailpointNames)[number];

/** Hears when the agent passes a point; only tests do anything there. */
export interface Failpoints {
  pass(point: FailpointName): void;
}

/** Does nothing, as in production. */
export const noFailpoints: Failpoints = { pass: () => undefined };
