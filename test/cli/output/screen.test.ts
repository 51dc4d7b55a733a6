import * as fc from 'fast-check';
import t from 'tap';
import { Screen } from '../../../cli/output/screen.ts';
import { ScreenEmulator } from '../../support/screen-emulator.ts';

await t.test('whatever is drawn after whatever, the terminal shows the last frame below the lines that stay', async () => {
  const frame = fc.array(fc.stringMatching(/^[a-z]{0,12}$/), { maxLength: 6 });
  const act = fc.oneof(
    frame.map((lines) => ({ lines })),
    fc.stringMatching(/^[A-Z]{1,8}$/).map((print) => ({ print })),
    fc.constant({ reset: true }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      const emulator = new ScreenEmulator(40);
      using screen = new Screen((text) => emulator.write(text));
      const stay: string[] = [];
      let last: readonly string[] = [];
      for (const step of acts) {
        if ('lines' in step) screen.draw((last = step.lines));
        else if ('print' in step) {
          screen.print(step.print);
          stay.push(step.print);
        } else {
          screen.reset();
          last = [];
        }
      }
      const expected = [...stay, ...last];
      while (expected.at(-1) === '') expected.pop();
      return !emulator.hasOverflowed && emulator.lines.join('\n') === expected.join('\n');
    }),
    { numRuns: 300 },
  );
});

await t.test('a frame writes only the lines that changed, at once, and gives the cursor back', async (t) => {
  const writes: string[] = [];
  const screen = new Screen((text) => writes.push(text));
  screen.draw(['one', 'two', 'three']);
  screen.draw(['one', 'TWO', 'three']);
  screen.draw(['one', 'TWO', 'three']);
  t.equal(writes.length, 2);
  t.notMatch(writes[1], 'one');
  t.match(writes[1], 'TWO');
  screen[Symbol.dispose]();
  t.equal(writes.at(-1), '\u001b[?25h');
});
