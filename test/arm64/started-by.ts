/** Loaded into each Node of the emulated run: by this what it starts is emulated as well, as the program itself would be no file that this machine can run. */
const node = process.env['UVS_EMULATED_NODE'];
if (node === undefined) throw new Error('UVS_EMULATED_NODE names no program');
const isRunner = /\/tap\/dist\/|\/@tapjs\/run\//.test(process.argv[1] ?? '');
if (process.arch !== 'arm64' && !isRunner) throw new Error(`${process.argv[1] ?? ''} was to run on arm64, and runs on ${process.arch}`);
process.execPath = node;
