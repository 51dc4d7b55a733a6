/** A mistake that somebody might make: what a source says, and what it would say then. */
export interface PlantedBug {
  readonly path: string;
  readonly sound: string;
  readonly bug: string;
}

/** The test of the test: each is found within a thousand seeds, by a broken promise. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = {};
