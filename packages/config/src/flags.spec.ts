import { describe, expect, it } from 'vitest';
import { parseFlags } from './flags.js';

describe('the command line', () => {
  it.each([[['--config', 'a.properties']], [['--config=a.properties']], [['-c', 'a.properties']]])('%j names the file', (args) => {
    expect(parseFlags(args)).toMatchObject({ configFile: 'a.properties', settings: [], problems: [] });
  });

  it('sets any key, with any value', () => {
    expect(parseFlags(['--node.id=1', '--listeners=A://h:1,B://h:2', '--broker.rack=']).settings).toEqual([
      { key: 'node.id', value: '1' },
      { key: 'listeners', value: 'A://h:1,B://h:2' },
      { key: 'broker.rack', value: '' },
    ]);
  });

  it('asks for help or the version', () => {
    expect(parseFlags(['--help', '--version'])).toMatchObject({ help: true, version: true, problems: [] });
  });

  it.each([
    [['start'], '"start" is no flag; write --key=value, or --config FILE'],
    [['--node.id', '1'], '"--node.id" is no flag; write --key=value, or --config FILE'],
    [['--config'], '--config needs the path of a properties file behind it'],
  ])('refuses %j', (args, problem) => {
    expect(parseFlags(args).problems[0]).toBe(problem);
  });
});
