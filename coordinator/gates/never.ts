/** What in a refusal no waiting will change. */
export const NEVER = 'can never be yes: ';
