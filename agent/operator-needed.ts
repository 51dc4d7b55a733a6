import { acceptCommands, ADVICE } from '../common/acceptance.ts';

/** Room for the advice in what is told to a coordinator. */
const WHY_CHARACTERS = 1_500;

/**
 * Says why an operation was left to an operator, and what ends it: wherever it is shown, that is what somebody has to know.
 * @param root that this agent manages
 */
export function operatorNeeded(operation: string, why: string, root: string): string {
  return `${why.slice(0, WHY_CHARACTERS)}${ADVICE}${acceptCommands(operation, root)}`;
}

/** The reason alone, for who has followed the advice. */
export function whyNeeded(message: string): string {
  const at = message.lastIndexOf(ADVICE);
  return at < 0 ? message : message.slice(0, at);
}
