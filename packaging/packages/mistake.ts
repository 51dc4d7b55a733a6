/** What whoever builds has to mend: told in a sentence, without where in the sources it was found. */
export class Mistake extends Error {}

/** Builds; a mistake is told, and ends the program with status 2. */
export async function building(build: () => Promise<void> | void): Promise<void> {
  try {
    await build();
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
