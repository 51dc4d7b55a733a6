/** Below so many monitors, one less is no majority: no rollout could ever disturb one of them (design: facts about Ceph). */
export const FEWEST_MONITORS = 3;
