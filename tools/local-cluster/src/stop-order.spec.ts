import { describe, expect, it } from 'vitest';
import { stopOrder, type Running } from './stop-order.js';
import type { SupervisedProcess } from './supervised-process.js';

const running = (kind: Running['kind'], nodeId?: number): Running => ({ kind, nodeId, process: { name: `${kind}-${nodeId}` } as SupervisedProcess });
const everything = [running('nats'), running('controller', 1), running('controller', 2), running('controller', 3), running('broker', 101), running('broker', 102), running('gateway'), running('exporter')];
const names = (leaderId: number | undefined): string[][] => stopOrder(everything, leaderId).map((step) => step.map((entry) => entry.process.name));

describe('stopOrder', () => {
  it('stops brokers, exporter, gateway, followers, leader, and NATS last', () => {
    expect(names(2)).toEqual([
      ['broker-101', 'broker-102'],
      ['exporter-undefined'],
      ['gateway-undefined'],
      ['controller-1', 'controller-3'],
      ['controller-2'],
      ['nats-undefined'],
    ]);
  });

  it('stops all controllers together when nobody knows the leader', () => {
    expect(names(undefined)[3]).toEqual(['controller-1', 'controller-2', 'controller-3']);
  });
});
