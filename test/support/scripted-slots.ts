import type { HealthVerdict, SlotAnswer, SlotKeeper } from '../../agent/ports.ts';
import { sampleToken } from './sample-node.ts';

export const yes: SlotAnswer = { isYes: true, reason: '' };

/** A slot keeper that writes down what it is asked, with a clock that only it moves. */
export class ScriptedSlots implements SlotKeeper {
  readonly asked: string[] = [];
  /** Also hears what else happens, so that the order shows. */
  readonly heard: string[] = [];
  nowMs = 1000;
  answer: (question: string, count: number) => SlotAnswer | Promise<SlotAnswer> = () => yes;

  awaitGrant(): Promise<typeof sampleToken> {
    this.#note('grant');
    return Promise.resolve(sampleToken);
  }

  begin(): Promise<SlotAnswer> {
    return this.#ask('begin');
  }

  confirm(): Promise<SlotAnswer> {
    return this.#ask('confirm');
  }

  verdict: HealthVerdict | Promise<HealthVerdict> = { verdict: 'healthy', reason: '' };

  async judge(): Promise<HealthVerdict> {
    this.#note('judge');
    return await this.verdict;
  }

  async #ask(question: string): Promise<SlotAnswer> {
    this.#note(question);
    return await this.answer(question, this.asked.filter((asked) => asked === question).length);
  }

  #note(question: string): void {
    this.asked.push(question);
    this.heard.push(question);
  }
}
