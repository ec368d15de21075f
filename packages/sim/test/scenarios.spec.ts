import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../src/fault-plan.js';
import type { SimNode } from '../src/node.js';
import { cutBetween } from '../src/scenario.js';
import type { Stage, Step } from '../src/scenario.js';
import { simulate } from '../src/simulation.js';

/** Every scenario is played with several seeds: other delays, other orders. All checks of the simulator hold throughout. */
const SEEDS = [1, 2, 3, 4, 5];

interface Setting {
  readonly voters: number;
  /** Nothing in it may make anybody doubt the first leader. */
  readonly isCalm?: boolean;
  readonly change?: (plan: FaultPlan) => FaultPlan;
}

function play({ voters, isCalm = false, change = (plan) => plan }: Setting, makeSteps: () => readonly Step[]): void {
  const calmNetwork = { minDelayMs: 0.2, maxDelayMs: 1, lossProbability: 0, duplicateProbability: 0, reorderProbability: 0, reorderDelayMs: 0 };
  const adjust = (plan: FaultPlan): FaultPlan =>
    change({ ...plan, voterCount: voters, kinds: new Set(), isCalm, network: calmNetwork, thinkMs: 10, clientCount: 2, syncMs: 0.3, snapshots: { ...plan.snapshots, maxRecords: undefined } });
  for (const seed of SEEDS) {
    const outcome = simulate({ seed, adjust, scenario: makeSteps() });
    if (outcome.kind === 'failed') expect.fail(`seed ${seed}: ${outcome.failure.message}\n${outcome.failure.lastLines.join('\n')}`);
  }
}

/** The high watermark passes so many records more than there were when the step before was done. */
function committedGrows(by: number): Step {
  let from: number | undefined;
  return { what: `the high watermark grows by ${by}`, when: ({ committedEnd }) => committedEnd >= (from ??= committedEnd) + by };
}

const leaderIsThere: Step = { what: 'there is a leader', when: ({ leader }) => leader !== undefined };

/** Somebody else than these leads. */
function anotherLeads(old: () => SimNode | undefined): Step {
  return { what: 'another one leads', when: ({ leader }) => leader !== undefined && leader !== old() };
}

function everybodyHasReached(offset: () => number): Step {
  return { what: 'everybody has reached it', when: ({ nodes }) => nodes.every((node) => (node.raft?.highWatermark ?? 0) >= offset()) };
}

const othersThan = ({ nodes }: Stage, ...some: (SimNode | undefined)[]): SimNode[] => nodes.filter((node) => !some.includes(node));

describe('scenarios of the Raft simulation', () => {
  for (const voters of [1, 3, 5]) {
    it(`elects an initial leader of ${voters}, and all reach a high watermark of 10`, () => {
      play({ voters, isCalm: true }, () => [leaderIsThere, everybodyHasReached(() => 10)]);
    });
  }

  for (const how of ['kill', 'stop', 'crash'] as const) {
    it(`elects another leader when the leader is gone (${how}); the old one comes back and catches up`, () => {
      play({ voters: 3 }, () => {
        let old: SimNode | undefined;
        let reached = 0;
        return [
          { ...leaderIsThere, then: ({ leader }) => (old = leader) },
          { what: `the leader goes: ${how}`, when: ({ committedEnd }) => committedEnd >= 10, then: () => old![how]() },
          anotherLeads(() => old),
          { ...committedGrows(20), then: () => old!.start() },
          { what: 'the old one is back', when: () => old!.raft !== undefined, then: ({ committedEnd }) => (reached = committedEnd + 10) },
          everybodyHasReached(() => reached),
        ];
      });
    });
  }

  it('recovers when all were killed and a majority is started again', () => {
    play({ voters: 3 }, () => [
      leaderIsThere,
      { what: 'all are killed', when: ({ committedEnd }) => committedEnd >= 10, then: ({ nodes }) => nodes.forEach((node) => node.crash()) },
      { what: 'two are started', when: () => true, then: ({ nodes }) => nodes.slice(0, 2).forEach((node) => node.start()) },
      leaderIsThere,
      committedGrows(10),
    ]);
  });

  it('elects another leader when the leader is partitioned away, and goes on without it', () => {
    play({ voters: 3 }, () => {
      let old: SimNode | undefined;
      return [
        { ...leaderIsThere, then: ({ leader }) => (old = leader) },
        { ...committedGrows(10), then: (stage) => cutBetween(stage.network, [old!], othersThan(stage, old)) },
        anotherLeads(() => old),
        committedGrows(20),
        { what: 'the old one gives up', when: () => !old!.isLeader },
      ];
    });
  });

  it('makes progress as long as a majority is reachable, and all catch up when the parts are joined', () => {
    play({ voters: 5 }, () => {
      let reached = 0;
      return [
        leaderIsThere,
        { ...committedGrows(10), then: ({ network, nodes }) => cutBetween(network, nodes.slice(0, 2), nodes.slice(2)) },
        { what: 'one of the three leads', when: ({ leader, nodes }) => leader !== undefined && nodes.indexOf(leader) >= 2 },
        { ...committedGrows(20), then: ({ network, committedEnd }) => (network.heal(), (reached = committedEnd)) },
        everybodyHasReached(() => reached),
      ];
    });
  });

  it('assigns leadership once when two voters cannot reach each other from the start', () => {
    // Nobody may be claimed leader twice: the world is a calm one.
    play({ voters: 3, isCalm: true }, () => [
      { what: 'the world begins', when: () => true, then: ({ network, nodes }) => cutBetween(network, [nodes[1]!], [nodes[2]!]) },
      leaderIsThere,
      committedGrows(30),
      { what: 'four seconds have passed', when: ({ world }) => world.nowMs > 4000 },
    ]);
  });

  it('leaves leadership where it is while the leader has a majority, whoever else is cut off from whom', () => {
    play({ voters: 5, isCalm: true }, () => [
      leaderIsThere,
      {
        ...committedGrows(10),
        then: (stage) => {
          const [a, b, c, d] = othersThan(stage, stage.leader);
          // The leader reaches a, b and c; d hears a alone; b and c hear nobody but the leader.
          cutBetween(stage.network, [stage.leader!], [d!]);
          cutBetween(stage.network, [b!], [c!, d!]);
          cutBetween(stage.network, [c!], [a!, d!]);
        },
      },
      { ...committedGrows(20) },
      { what: 'six seconds have passed', when: ({ world }) => world.nowMs > 6000 },
    ]);
  });

  it('makes progress when the leader is isolated and then its successor', () => {
    play({ voters: 5 }, () => {
      const gone: SimNode[] = [];
      const isolate = (stage: Stage): void => {
        gone.push(stage.leader!);
        cutBetween(stage.network, [stage.leader!], othersThan(stage, stage.leader));
      };
      const nextLeads: Step = { what: 'a successor leads', when: ({ leader }) => leader !== undefined && !gone.includes(leader) };
      return [leaderIsThere, { ...committedGrows(10), then: isolate }, nextLeads, { ...committedGrows(10), then: isolate }, nextLeads, committedGrows(10)];
    });
  });

  it('recovers when one node has lost what it had committed', () => {
    play({ voters: 3 }, () => {
      let loser: SimNode | undefined;
      let reached = 0;
      return [
        {
          what: 'the disks are copied before anything was written',
          when: ({ nodes }) => nodes.every((node) => node.raft !== undefined),
          then: ({ nodes }) => nodes.forEach((node) => (node.crashAndKeepImage(), node.start())),
        },
        { ...leaderIsThere, then: (stage) => (loser = othersThan(stage, stage.leader)[0]) },
        { what: 'it has committed records', when: () => (loser!.raft?.highWatermark ?? 0) >= 15 },
        {
          what: 'it loses nothing that the others do not have',
          when: (stage) => othersThan(stage, loser).every((other) => other.atlasView().flushedEnd >= loser!.atlasView().endOffset),
          then: ({ committedEnd }) => (loser!.restoreImage(), loser!.start(), (reached = committedEnd + 10)),
        },
        everybodyHasReached(() => reached),
      ];
    });
  });
});
