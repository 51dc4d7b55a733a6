import { acceptCommands } from '../common/acceptance.ts';

/** Room for the advice in what is told to a coordinator. */
const WHY_CHARACTERS = 1_500;

/** Says why an operation was left to an operator, and what ends it: wherever it is shown, that is what somebody has to know. */
export function operatorNeeded(operation: string, why: string): string {
  return `${why.slice(0, WHY_CHARACTERS)}${advice(operation)}`;
}

/** The reason alone, for who has followed the advice. */
export function whyNeeded(operation: string, message: string): string {
  return message.endsWith(advice(operation)) ? message.slice(0, -advice(operation).length) : message;
}

function advice(operation: string): string {
  return `: see that the node is in order, then, on it: ${acceptCommands(operation)}`;
}
